"""What the tests of imports share: small files, running an import to its end, and dumping a book."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from contacts.models import Handle, Identity, Import, ImportedCard, Person
from contacts.services.imports import uploading
from contacts.services.imports.shifts import Shift
from contacts.services.imports.uploading import Upload
from netapp.accounts.models import User
from tests.factories import NOW


def card(name: str, *lines: str, version: str = "3.0") -> str:
    """A vCard."""
    return "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", f"FN:{name}", *lines, "END:VCARD", ""])


def cards(count: int, *, start: int = 0) -> str:
    """Cards of people who share nothing."""
    return "".join(
        card(
            f"Person{n} Number{n}",
            f"EMAIL;TYPE=home:person{n}@example.org",
            f"TEL;TYPE=cell:+4930{1000000 + n}",
            f"ORG:Firm {n % 40}",
            f"TITLE:Role {n % 7}",
            f"NOTE:Note of {n}",
            f"UID:uid-{n}",
        )
        for n in range(start, start + count)
    )


def upload(owner: User, *files: str | bytes | tuple[str, str | bytes]) -> Import:
    """Take files in; without a name of their own they are a.vcf, b.vcf …"""
    uploads = []
    for number, file in enumerate(files):
        name, content = file if isinstance(file, tuple) else (f"{'abcdefgh'[number]}.vcf", file)
        uploads.append(Upload(name, [content.encode() if isinstance(content, str) else content]))
    return uploading.take_in(owner=owner, uploads=uploads)


def work(one: Import, *, now: datetime = NOW) -> Import:
    """What a worker does until there is nothing more to do; each batch a second later."""
    shift = Shift.begin(import_id=one.id, now=now)
    while shift and shift.step(now=now):
        now += timedelta(seconds=1)
    one.refresh_from_db()
    return one


def preview(owner: User, *files: str | bytes | tuple[str, str | bytes], now: datetime = NOW) -> Import:
    """Read files and compare them with the book."""
    return work(upload(owner, *files), now=now)


def run(owner: User, *files: str | bytes | tuple[str, str | bytes], now: datetime = NOW) -> Import:
    """Read, confirm and import files."""
    one = preview(owner, *files, now=now)
    assert uploading.confirm(one=one, now=now), one.error
    return work(one, now=now)


def undo(one: Import, *, now: datetime = NOW) -> Import:
    """Take an import back."""
    assert uploading.begin_undo(one=one, now=now)
    return work(one, now=now)


def said(one: Import) -> list[tuple[str, str]]:
    """(name, outcome) of each row."""
    return list(one.rows.values_list("name", "outcome"))


_SET_BY_CHANCE = {"id", "owner_id", "person_id", "identity_id", "created_at", "updated_at", "strength_at", "told_at"}


def book(owner: User, *, is_exact: bool = True) -> dict[str, list[dict[str, Any]]]:
    """Every value of a member's cards, handles and card ids; not `is_exact`: without ids and moments."""

    def rows(found: Iterator[dict[str, Any]] | Any) -> list[dict[str, Any]]:
        plain = [
            {name: value for name, value in row.items() if is_exact or name not in _SET_BY_CHANCE} for row in found
        ]
        return sorted(plain, key=lambda row: str(sorted(row.items(), key=lambda item: item[0])))

    handles: list[dict[str, Any]] = [{**row} for row in Handle.objects.filter(owner=owner).values()]
    names = dict(Person.objects.filter(owner=owner).values_list("id", "full_name"))
    identities = dict(Identity.objects.values_list("id", "value"))
    for handle in handles:
        handle["of"] = names[handle["person_id"]]
        handle["identity"] = identities.get(handle["identity_id"])
    return {
        "people": rows(Person.objects.filter(owner=owner).values()),
        "handles": rows(handles),
        "cards": rows(ImportedCard.objects.filter(owner=owner).values()),
    }


def names(owner: User) -> Sequence[str]:
    """Who is in the book, in its order."""
    return list(
        Person.objects.filter(owner=owner, deleted_at=None).order_by("sort_key").values_list("full_name", flat=True)
    )


ANA_IN_TWO_FILES = card("Ana Silva", "EMAIL:ana@example.org", "ORG:Tinta") + card(
    "Ana Silva", "EMAIL:ana@example.org", "TITLE:Photo editor"
)
"""One person, twice."""
