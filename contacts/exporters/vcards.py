"""People as vCards 4.0 (RFC 6350) or 3.0 (RFC 2426), which every address book reads.

What vCard has no place for stands in properties of our own (X-KITH-…), which others pass over and Kith reads back.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

from contacts.exporters.lines import bare, escape, line
from contacts.importers.records import Birthday, Labelled, PersonRecord

Version = Literal["4.0", "3.0"]

_TYPES: Final = frozenset(["home", "work", "cell", "fax", "pager", "main", "other", "car", "mobile", "isdn"])
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
_IMAGES: Final = ((b"\xff\xd8\xff", "jpeg"), (b"\x89PNG", "png"), (b"GIF8", "gif"), (b"RIFF", "webp"))


def write_vcards(records: Iterable[PersonRecord], version: Version = "4.0") -> Iterator[bytes]:
    """A card for each person, UTF-8, in order; one piece each."""
    for one in records:
        yield b"".join(_Card(one, version).lines())


class _Card:
    """One card on its way out; counts the groups that tie a label to its property."""

    def __init__(self, person: PersonRecord, version: Version) -> None:
        self._person = person
        self._is_old = version == "3.0"
        self._version = version
        self._groups = 0

    def lines(self) -> Iterator[bytes]:
        one = self._person
        yield line("BEGIN", "VCARD")
        yield line("VERSION", self._version)
        yield line("PRODID", "-//Kith//Kith 1//EN")
        if one.uid:
            yield line("UID", f"urn:uuid:{one.uid}" if _UUID.match(one.uid) else escape(one.uid))
        yield line("FN", escape(one.full_name))
        yield line("N", f"{escape(one.family)};{escape(one.given)};;;")
        for name, text in (("NICKNAME", one.nickname), ("ORG", one.organisation), ("TITLE", one.role)):
            if text:
                yield line(name, escape(text))
        yield from self._handles("EMAIL", one.emails)
        yield from self._handles("TEL", one.phones)
        yield from self._handles("URL", one.urls)
        if one.linkedin:
            yield line(
                "X-SOCIALPROFILE;TYPE=linkedin" if self._is_old else "SOCIALPROFILE;TYPE=linkedin", bare(one.linkedin)
            )
        if one.place:
            yield from self._place(one.place)
        if one.birthday:
            yield self._day("BDAY", one.birthday)
        yield from self._dates()
        if one.tags:
            yield line("CATEGORIES", ",".join(escape(tag) for tag in one.tags))
        if one.notes:
            yield line("NOTE", escape(one.notes))
        if one.how_met:
            yield line("X-KITH-HOW-MET", escape(one.how_met))
        if one.connected_on_date:
            yield line("X-KITH-CONNECTED-ON", one.connected_on_date.isoformat())
        for name, texts in (("TIE", one.tie_kinds), ("NEED", one.needs), ("OFFER", one.offers)):
            for text in texts:
                yield line(f"X-KITH-{name}", escape(text))
        for name, value in one.custom:
            yield line("X-KITH-CUSTOM", f"{escape(name)};{escape(value)}")
        if one.photo:
            yield from self._photo(one.photo)
        yield line("END", "VCARD")

    def _handles(self, name: str, handles: Sequence[Labelled]) -> Iterator[bytes]:
        for number, handle in enumerate(handles):
            value = bare(handle.value) if name == "URL" else escape(handle.value)
            types = handle.label.split(" ")
            is_plain = set(types) <= _TYPES and len(set(types)) == len(types)
            params = f";TYPE={','.join(types)}" if is_plain else ""
            if number == 0 and len(handles) > 1:
                params += (",pref" if is_plain else ";TYPE=pref") if self._is_old else ";PREF=1"
            if is_plain or not handle.label:
                yield line(f"{name}{params}", value)
            else:
                yield from self._labelled(f"{name}{params}", value, handle.label)

    def _labelled(self, name: str, value: str, label: str) -> Iterator[bytes]:
        """A property with a label of the member's own, as Apple writes it."""
        self._groups += 1
        yield line(f"item{self._groups}.{name}", value)
        yield line(f"item{self._groups}.X-ABLABEL", escape(label))

    def _place(self, place: str) -> Iterator[bytes]:
        town, comma, country = place.rpartition(", ")
        if not comma:
            town, country = place, ""
        yield line("ADR", f";;;{escape(town)};;;{escape(country)}")
        if comma and (not town.strip() or town != town.strip() or country != country.strip()):
            # What would not come out of town and country as it went in.
            yield line("X-KITH-PLACE", escape(place))

    def _day(self, name: str, day: Birthday) -> bytes:
        if not self._is_old:
            return line(
                name, f"{day.year:04}{day.month:02}{day.day:02}" if day.year else f"--{day.month:02}{day.day:02}"
            )
        if day.year:
            return line(name, f"{day.year:04}-{day.month:02}-{day.day:02}")
        # Version 3.0 has no day without a year; this is how Apple's programs write it, and most others read it.
        return line(f"{name};X-APPLE-OMIT-YEAR=1604", f"1604-{day.month:02}-{day.day:02}")

    def _dates(self) -> Iterator[bytes]:
        is_first = True
        for label, day in self._person.other_dates:
            is_first = is_first and label == "anniversary"
            if is_first:
                yield self._day("X-ANNIVERSARY" if self._is_old else "ANNIVERSARY", day)
                continue
            name, _, value = self._day("X-ABDATE", day).decode().strip().partition(":")
            yield from self._labelled(name, value, label)

    def _photo(self, text: str) -> Iterator[bytes]:
        try:
            head = base64.b64decode(text[:16])
        except (binascii.Error, ValueError):
            return
        kind = next((kind for mark, kind in _IMAGES if head.startswith(mark)), "")
        if kind and self._is_old:
            yield line(f"PHOTO;ENCODING=b;TYPE={kind.upper()}", text)
        elif kind:
            yield line("PHOTO", f"data:image/{kind};base64,{text}")
