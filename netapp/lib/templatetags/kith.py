"""Small filters that every page may use."""

import hashlib

from django import template

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
