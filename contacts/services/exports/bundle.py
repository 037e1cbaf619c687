"""The ZIP: what is in it, written as it is read, so that the memory does not grow with the book."""

import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, tee
from tempfile import TemporaryFile
from typing import IO, Any, Final

from django.conf import settings
from django.db.models import QuerySet

from contacts.access import people_of
from contacts.models import Person, Photo
from contacts.services.exports.cards import records_of
from contacts.services.exports.files import calendar_of, table_of, vcards_of
from contacts.services.exports.rows import member_row, tables_of
from contacts.signals import export_wanted
from netapp.accounts.models import User

FORMAT: Final = "kith-export"
VERSION: Final = 1


@dataclass(slots=True)
class Bundle:
    """What was written: how many of each."""

    counts: dict[str, int] = field(default_factory=dict)


def write_bundle(*, member: User, file: IO[bytes], now: datetime) -> Bundle:
    """Write the whole ZIP of a member's to `file`."""
    bundle = Bundle()
    stamp = now.astimezone(member.zone).timetuple()[:6]
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:

        def put(name: str, pieces: Iterable[bytes]) -> None:
            entry = zipfile.ZipInfo(name, stamp)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=True) as out:
                for piece in pieces:
                    out.write(piece)

        people = people_of(member)
        put("README.txt", [_readme(member, now).encode()])
        with TemporaryFile() as old, TemporaryFile() as table:
            put("people.vcf", _cards(people, old, table))
            put("people-vcard3.vcf", _read(old))
            put("people.csv", _read(table))
        put("dates.ics", calendar_of(people, now=now, reminders_of=member))
        put("everything.json", (text.encode() for text in _json(member, bundle, now)))
        photos = Photo.objects.filter(owner=member, removed_at=None, person__deleted_at=None).order_by("pk")
        for photo in photos.iterator(chunk_size=50):
            entry = zipfile.ZipInfo(f"photos/{photo.person_id}.jpg", stamp)
            archive.writestr(entry, bytes(photo.content), zipfile.ZIP_STORED)
    return bundle


def _cards(people: QuerySet[Person], old: IO[bytes], table: IO[bytes]) -> Iterator[bytes]:
    """The cards as vCard 4.0; on the way the same as vCard 3.0 and as a table, since an archive takes one at a time.

    Each card is read and understood once: at 50,000 that is most of the work.
    """
    first, second, third = tee(records_of(people, with_photos=True), 3)
    rows = table_of(third)
    table.write(next(rows))
    for card, old_card, row in zip(vcards_of(first), vcards_of(second, is_old=True), rows, strict=True):
        old.write(old_card)
        table.write(row)
        yield card


def _read(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(1_000_000):
        yield piece


def _json(member: User, bundle: Bundle, now: datetime) -> Iterator[str]:
    """One object: a list for each table, a row a line."""
    head = {"format": FORMAT, "version": VERSION, "exported_at": now.isoformat(), "member": member_row(member)}
    yield json.dumps(head, ensure_ascii=False)[:-1]
    answers: list[tuple[Any, Any]] = export_wanted.send(sender=User, member=member)
    for name, rows in chain(tables_of(member), *(answer.items() for _, answer in answers)):
        count = 0
        yield f",\n{json.dumps(name)}: ["
        for row in rows:
            yield ("," if count else "") + "\n" + json.dumps(row, ensure_ascii=False)
            count += 1
        yield "]"
        bundle.counts[name] = count
    yield "}\n"


def _readme(member: User, now: datetime) -> str:
    day = now.astimezone(member.zone)
    moment = f"{day:%-d %B %Y, %H:%M} ({member.time_zone})"
    return f"""{settings.SITE_NAME}: everything of {member.display_name}, as of {moment}.

people.vcf          Your people as vCard 4.0, with their photos. Most address books read it.
people-vcard3.vcf   The same as vCard 3.0, for programs that do not.
people.csv          Your people as a table. A cell that begins with ' would otherwise be taken for a formula.
dates.ics           Birthdays, other dates and what you are to be reminded of, for a calendar.
photos/             The photos, named after the id of the person.
everything.json     All of it: people, how to reach them, ties, contacts, who knows whom, objectives, introductions,
                    reminders, settings, the reports of imports. Deleted people are in it until they go for good.

Importing people.vcf or people.csv into {settings.SITE_NAME} gives the same people again.
"""
