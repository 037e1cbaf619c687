"""Spans of time in words, and other words' lines set apart, for letters and pages."""

import textwrap

from django import template

register = template.Library()


@register.filter
def days(count: int) -> str:
    """A length of time as people say it: 14 -> "two weeks", 90 -> "three months", 10 -> "10 days"."""
    words = {1: "day", 7: "week", 14: "two weeks", 21: "three weeks", 365: "year"}
    if count in words:
        return words[count]
    if count % 365 == 0:
        return f"{count // 365} years"
    months = {30: "month", 60: "two months", 90: "three months", 120: "four months", 180: "six months"}
    if count in months:
        return months[count]
    if count % 30 == 0 and count < 365:
        return f"{count // 30} months"
    return f"{count} days"


@register.filter
def days_ago(count: int) -> str:
    """How long ago, roughly: "today", "yesterday", "12 days ago", "5 weeks ago", "8 months ago", "3 years ago"."""
    if count <= 0:
        return "today"
    if count == 1:
        return "yesterday"
    for size, unit in ((365, "years"), (30, "months"), (7, "weeks")):
        if count >= 2 * size:
            return f"{count // size} {unit} ago"
    return f"{count} days ago"


@register.filter
def quoted(text: str) -> str:
    """Somebody's own words in a plain-text letter: each line set in by four spaces."""
    return textwrap.indent(text.strip(), "    ")
