"""Content lines, as vCard (RFC 6350) and iCalendar (RFC 5545) share them: escaped, folded, never broken from within."""

import re
from typing import Final

_LONGEST: Final = 75
"""Bytes of a line without its end."""
_BREAK = re.compile(r"\r\n|[\r\n\v\f\x1c-\x1f\x85\u2028\u2029]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f\ud800-\udfff]")
_ESCAPED: Final = str.maketrans({"\\": "\\\\", ",": "\\,", ";": "\\;", "\n": "\\n"})


def escape(text: str) -> str:
    """A text as the value of a property, or as a part of one."""
    return _CONTROL.sub("", _BREAK.sub("\n", text)).translate(_ESCAPED)


def bare(text: str) -> str:
    """A value that is not escaped, an address say: on one line, whatever is in it."""
    return _CONTROL.sub("", _BREAK.sub(" ", text))


def line(name: str, value: str) -> bytes:
    """A content line with its end, folded where it is longer than may be, never within a character."""
    data = f"{name}:{value}".encode("utf-8", "replace")
    if len(data) <= _LONGEST:
        return data + b"\r\n"
    pieces = []
    start, room = 0, _LONGEST
    while start < len(data):
        end = min(start + room, len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(data[start:end])
        # The space that begins a line that goes on counts.
        start, room = end, _LONGEST - 1
    return b"\r\n ".join(pieces) + b"\r\n"
