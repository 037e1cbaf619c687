"""Small filters that every page may use."""

import hashlib
from datetime import date

from django import template
from django.utils import timezone
from django.utils.formats import date_format

register = template.Library()

HUES = 12


@register.filter
def initials(name: str) -> str:
    """At most two letters for the round picture: "Ana Maria de Silva" -> "AS"."""
    words = [word for word in name.split() if word[0].isalnum()]
    if not words:
        return "·"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


@register.filter
def hue(value: object) -> int:
    """A steady hue number, 0..11, for a name or an id; the colours stand in the style sheet."""
    return int.from_bytes(hashlib.blake2b(str(value).encode(), digest_size=2).digest(), "big") % HUES


@register.filter(expects_localtime=True)
def on_day(value: date | None) -> str:
    """A day as people say it: "3 May", with the year where it is not this one; moments in the member's zone."""
    if value is None:
        return ""
    return date_format(value, "j F" if value.year == timezone.localdate().year else "j F Y")
