"""Names: which part is given and which is the family's, where a file has them in one piece, and the other way round."""

import re

from nameparser import parse

from contacts.importers.records import MAX_PART

# Chinese characters, kana and Hangul: family name first, no space between.
_EAST_ASIAN = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")

_BEHIND = re.compile(
    r"(?:jr|sr|ii|iii|iv|esq|ph\.?\s?d|m\.?d|mba|m\.?sc|b\.?sc|m\.?a|b\.?a|cpa|dds|inc|ltd|llc|llp|plc|gmbh|ag|corp|co|"
    r"s\.?a|s\.?r\.?l|b\.?v|n\.?v|oy|ab|as|kg|limited|incorporated)\b\.?",
)


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


def turn_name(full_name: str) -> str:
    """ "Silva, Ana" as it is spoken; a name with a title or a firm's form behind the comma stays as it is."""
    family, comma, given = full_name.partition(",")
    if not comma or "," in given or not family.strip() or not given.strip() or _BEHIND.match(given.strip().lower()):
        return full_name
    return f"{given.strip()} {family.strip()}"
