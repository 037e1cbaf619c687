"""Changing a card (RFC 2426, RFC 6350) that another program wrote, without touching what we do not know.

Lines that are not changed stay byte for byte as they were, in their order: photos, X- properties, folds and all.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

_FENCE = re.compile(rb"(BEGIN|END)[ \t]*:[ \t]*VCARD[ \t]*\Z", re.IGNORECASE)
_HEADER = re.compile(r"(?:([A-Za-z0-9_-]+)\.)?([A-Za-z0-9_-]+)((?:;.*)?)\Z", re.DOTALL)
_WIDTH = 75
_UNWANTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LABELS: Final = ("X-ABLABEL", "X-ABADR")
"""Properties that only say something about another of their group."""


class Unpatchable(ValueError):
    """The card is written in a way in which Kith does not write: an old version, or several cards in one."""


@dataclass(frozen=True, slots=True)
class Day:
    """A birthday; the year may not be known."""

    year: int | None
    month: int
    day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """What a card shall say. None leaves a field as it is; "" and a `birthday` of False take it away.

    `name` is (full, given, family). E-mails and numbers are added and taken away by themselves.
    """

    name: tuple[str, str, str] | None = None
    nickname: str | None = None
    organisation: str | None = None
    role: str | None = None
    birthday: Day | bool | None = None
    emails_added: Sequence[str] = ()
    emails_gone: Sequence[str] = ()
    phones_added: Sequence[str] = ()
    phones_gone: Sequence[str] = ()


@dataclass(slots=True)
class _Line:
    """One property as it stands: its physical lines, and what it says when unfolded."""

    raw: bytes
    group: str = ""
    name: str = ""
    params: str = ""
    value: str = ""


def patched(data: bytes, patch: Patch) -> bytes:
    """The card with the patch, in the card's own version. Raises Unpatchable."""
    end = b"\r\n" if b"\r\n" in data else b"\n"
    lines = _lines(data, end)
    fences = [index for index, line in enumerate(lines) if _FENCE.match(line.raw.strip())]
    if len(fences) != 2 or not lines[fences[1]].raw.strip().upper().startswith(b"END"):
        raise Unpatchable
    head, inner, tail = lines[: fences[0] + 1], lines[fences[0] + 1 : fences[1]], lines[fences[1] :]
    version = next((line.value.strip() for line in inner if line.name == "VERSION"), "")
    if version not in ("3.0", "4.0"):
        raise Unpatchable
    card = _Card(inner, version, end)
    card.apply(patch)
    return b"".join(line.raw for line in (*head, *card.lines, *tail))


def written(uid: str, patch: Patch) -> bytes:
    """A new card, in version 3.0, which every server takes."""
    empty = f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{_escaped(uid)}\r\nEND:VCARD\r\n".encode()
    return patched(empty, patch)


class _Card:
    def __init__(self, lines: list[_Line], version: str, end: bytes) -> None:
        self.lines = lines
        self._is_4 = version == "4.0"
        self._end = end

    def apply(self, patch: Patch) -> None:
        """All of it."""
        if patch.name is not None:
            full, given, family = patch.name
            self._set("FN", _escaped(full))
            kept = (_components(self._value("N")) + [""] * 5)[3:5]
            self._set("N", ";".join((_escaped(family), _escaped(given), "", *kept)))
        if patch.nickname is not None:
            self._set("NICKNAME", _escaped(patch.nickname))
        if patch.organisation is not None:
            units = _components(self._value("ORG"))[1:]
            self._set("ORG", ";".join((_escaped(patch.organisation), *units)) if patch.organisation else "")
        if patch.role is not None:
            is_only_role = self._find("TITLE") is None and self._find("ROLE") is not None
            self._set("ROLE" if is_only_role else "TITLE", _escaped(patch.role))
        if patch.birthday is not None:
            self._set_birthday(patch.birthday)
        for name, gone, added in (
            ("EMAIL", patch.emails_gone, patch.emails_added),
            ("TEL", patch.phones_gone, patch.phones_added),
        ):
            self._take_away(name, gone)
            for value in added:
                params = ";TYPE=INTERNET" if name == "EMAIL" and not self._is_4 else ""
                self.lines.append(self._line("", name, params, _escaped(value)))

    def _find(self, name: str) -> int | None:
        return next((index for index, line in enumerate(self.lines) if line.name == name), None)

    def _value(self, name: str) -> str:
        index = self._find(name)
        return self.lines[index].value if index is not None else ""

    def _set(self, name: str, value: str, params: str | None = None) -> None:
        """Set the first property of a name, to text that is escaped already; take all of them away where it is ""."""
        index = self._find(name)
        if not value.strip(";"):
            # FN and N must stand in every card.
            if name not in ("FN", "N"):
                self._drop([line for line in self.lines if line.name == name])
            return
        if index is None:
            self.lines.append(self._line("", name, params or "", value))
            return
        old = self.lines[index]
        kept = params if params is not None else _plain_params(old.params)
        self.lines[index] = self._line(old.group, name, kept, value)

    def _set_birthday(self, birthday: Day | bool) -> None:
        if not isinstance(birthday, Day):
            self._set("BDAY", "")
            return
        month, day = f"{birthday.month:02}", f"{birthday.day:02}"
        if self._is_4:
            self._set("BDAY", f"{birthday.year or '--'}{month}{day}", "")
        elif birthday.year is None:
            # Version 3.0 knows no day without a year. This is how address books write it all the same.
            self._set("BDAY", f"1604-{month}-{day}", ";X-APPLE-OMIT-YEAR=1604")
        else:
            self._set("BDAY", f"{birthday.year:04}-{month}-{day}", "")

    def _take_away(self, name: str, values: Iterable[str]) -> None:
        gone = {_compared(value) for value in values}
        if gone:
            self._drop([line for line in self.lines if line.name == name and _compared(_plain(line.value)) in gone])

    def _drop(self, lines: Sequence[_Line]) -> None:
        """Take lines away, and labels that are left without what they label."""
        self.lines = [line for line in self.lines if not any(line is other for other in lines)]
        for group in {line.group for line in lines if line.group}:
            left = [line for line in self.lines if line.group == group]
            if all(line.name in _LABELS for line in left):
                self.lines = [line for line in self.lines if line.group != group]

    def _line(self, group: str, name: str, params: str, value: str) -> _Line:
        text = f"{f'{group}.' if group else ''}{name}{params}:{value}"
        return _Line(_folded(text, self._end), group, name, params, value)


def _lines(data: bytes, end: bytes) -> list[_Line]:
    found: list[_Line] = []
    for raw in data.splitlines(keepends=True) if end == b"\n" else _split(data):
        if raw[:1] in (b" ", b"\t") and found:
            found[-1].raw += raw
        else:
            found.append(_Line(raw))
    for line in found:
        _read(line)
    return found


def _split(data: bytes) -> list[bytes]:
    """Lines with their CR LF; a lone CR or LF belongs to the text."""
    return [piece + b"\r\n" for piece in data.removesuffix(b"\r\n").split(b"\r\n")]


def _read(line: _Line) -> None:
    text = re.sub(rb"\r?\n[ \t]", b"", line.raw).strip(b"\r\n").decode("utf-8", "replace")
    colon = _colon(text)
    found = _HEADER.match(text[:colon]) if colon >= 0 else None
    if found:
        line.group, line.name, line.params = found[1] or "", found[2].upper(), found[3]
        line.value = text[colon + 1 :]


def _colon(text: str) -> int:
    is_quoted = False
    for index, letter in enumerate(text):
        if letter == '"':
            is_quoted = not is_quoted
        elif letter == ":" and not is_quoted:
            return index
    return text.find(":")


def _plain_params(params: str) -> str:
    """Parameters without those that say how the old value was written down."""
    kept = [one for one in _split_params(params) if not re.match(r"(?:ENCODING|CHARSET|VALUE)=", one, re.IGNORECASE)]
    return "".join(f";{one}" for one in kept)


def _split_params(params: str) -> list[str]:
    return [one for one in re.findall(r';((?:"[^"]*"|[^;"])*)', params) if one]


def _components(value: str) -> list[str]:
    """The parts of a structured value, still escaped."""
    parts = [""]
    is_escaped = False
    for letter in value:
        if letter == ";" and not is_escaped:
            parts.append("")
            continue
        parts[-1] += letter
        is_escaped = letter == "\\" and not is_escaped
    return parts


def _escaped(text: str) -> str:
    text = _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace(",", "\\,").replace(";", "\\;")


def _plain(value: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value)


def _compared(value: str) -> str:
    text = " ".join(value.split()).lower()
    return re.sub(r"\A(?:mailto|tel):", "", text)


def _folded(text: str, end: bytes) -> bytes:
    """A line of at most 75 bytes, and more lines after it, never cut within a letter."""
    pieces: list[bytes] = []
    piece = b""
    for letter in text:
        raw = letter.encode("utf-8", "replace")
        if len(piece) + len(raw) > _WIDTH - bool(pieces):
            pieces.append(piece)
            piece = b""
        piece += raw
    return (end + b" ").join([*pieces, piece]) + end
