"""Names: which part is given and which is the family's, where a file has them in one piece, and the other way round."""

import re

from nameparser import parse

from contacts.importers.records import MAX_PART

# Chinese characters, kana and Hangul: family name first, no space between.
_EAST_ASIAN = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")


def split_name(full_name: str) -> tuple[str, str]:
    """(given, family) of a cleaned full name; titles and suffixes belong to neither. Both may be empty."""
    if "@" in full_name or not any(letter.isalpha() for letter in full_name):
        return "", ""
    parts = parse(full_name)
    given = " ".join(part for part in (parts.given, parts.middle) if part)
    return given[:MAX_PART].strip(), parts.family[:MAX_PART].strip()


def join_name(given: str, family: str) -> str:
    """The full name of the two parts, in the order in which it is spoken."""
    if given and family and _EAST_ASIAN.match(given) and _EAST_ASIAN.match(family):
        return family + given
    return " ".join(part for part in (given, family) if part)
