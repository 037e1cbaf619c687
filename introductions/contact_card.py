"""A small contact card for the letter that introduces two people: a name and the address that the letter itself shows.

vCard 3.0 (RFC 2426), which phones and mail programs read most widely. Pure text; touches no rows.
"""

import re
from typing import Final

_OCTETS: Final = 75
_ESCAPED: Final = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})


def vcard(*, name: str, email: str) -> bytes:
    """One card, UTF-8, lines folded at 75 octets and ended by CR LF."""
    given, _, family = name.partition(" ")
    lines = [
        "BEGIN:VCARD",
        "VERSION:3.0",
        f"FN:{_text(name or email)}",
        f"N:{_text(family)};{_text(given or email)};;;",
        f"EMAIL;TYPE=INTERNET:{_text(email)}",
        "END:VCARD",
    ]
    return b"".join(_folded(line) for line in lines)


def file_name(name: str) -> str:
    """ "Charlie Cole.vcf", of letters, digits, spaces and hyphens alone."""
    plain = re.sub(r"[^\w -]+", "", name).strip()[:60]
    return f"{plain or 'contact'}.vcf"


def _text(value: str) -> str:
    # What could end a line for some reader goes first; the rest is escaped as the RFC wants.
    return re.sub(r"[\x00-\x09\x0b-\x1f\x7f\x85\u2028\u2029]+", " ", value).translate(_ESCAPED)


def _folded(line: str) -> bytes:
    pieces: list[bytes] = []
    piece = b""
    for character in line:
        octets = character.encode()
        if len(piece) + len(octets) > _OCTETS:
            pieces.append(piece)
            piece = b" "
        piece += octets
    return b"\r\n".join([*pieces, piece]) + b"\r\n"
