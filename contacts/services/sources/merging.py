"""What a card of a synced address book and a person of the book say, and which of the two is news. Pure.

Three sayings meet for each field: ours, theirs, and `agreed`, the last that both sides had in common. Who differs from
it has changed it. Where both have, neither is written over: the member is told once, and whichever side they touch
next counts. What the member did not type is never sent.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from contacts.handles import HandleKind
from contacts.importers import PersonRecord
from contacts.importers.names import split_name
from contacts.models import Person
from contacts.remote.cards import Day, Patch
from contacts.services.cards import BIRTHDAY, tidy
from contacts.services.handles import read_handles
from contacts.services.imports.matching import handles_of
from contacts.services.people import HANDLES

Saying = Mapping[str, Any]
"""{"full_name": "Ana", …, "birthday": "1990-05-03" | "--05-03" | "", "email": {normalised: written}, "phone": {…}}."""

FIELDS: Final = ("full_name", "nickname", "organisation", "role", "birthday")
"""What is sent. Not notes, tags, how you met: those are between the member and Kith."""
SETS: Final = ("email", "phone")


@dataclass(slots=True)
class Memory:
    """What is remembered of a card: what it said last, what both sides last agreed on, and where they do not."""

    theirs: dict[str, Any] = field(default_factory=dict)
    agreed: dict[str, Any] = field(default_factory=dict)
    conflicts: dict[str, list[Any]] = field(default_factory=dict)


@dataclass(slots=True)
class News:
    """What to write into their card. `fields`: (field, theirs, ours). `apart`: fields newly found to be in conflict."""

    fields: list[tuple[str, Any, Any]] = field(default_factory=list)
    added: dict[str, list[str]] = field(default_factory=dict)
    gone: dict[str, list[str]] = field(default_factory=dict)
    apart: list[tuple[str, Any, Any]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.fields or any(self.added.values()) or any(self.gone.values()))


def said_by_record(record: PersonRecord, country: str | None) -> dict[str, Any]:
    """What a card says."""
    plain = tidy({name: getattr(record, name) for name in ("full_name", "nickname", "organisation", "role")})
    day = record.birthday
    handles = read_handles(handles_of(record), country)
    return {
        **plain,
        "birthday": _day(day.year, day.month, day.day) if day else "",
        "email": {one.normalised: one.value for one in handles if one.kind is HandleKind.EMAIL},
        "phone": {one.normalised: one.value for one in handles if one.kind is HandleKind.PHONE},
    }


def said_by_person(person: Person) -> dict[str, Any]:
    """What a person of the book says; handles prefetched."""
    month, day = person.birth_month, person.birth_day
    return {
        **{name: getattr(person, name) for name in ("full_name", "nickname", "organisation", "role")},
        "birthday": _day(person.birth_year, month, day) if month and day else "",
        **{kind: {one.normalised: one.value for one in person.handles.all() if one.kind == kind} for kind in SETS},
    }


def typed_by_member(person: Person) -> set[str]:
    """Which of FIELDS, and HANDLES, the member wrote or tidied by hand."""
    typed = set(person.typed_fields)
    found = typed & {*FIELDS, HANDLES}
    return found | {"birthday"} if typed & BIRTHDAY else found


def columns_of(names: Collection[str]) -> set[str]:
    """The columns of Person that some of FIELDS stand in."""
    return {column for name in names for column in (BIRTHDAY if name == "birthday" else {name})}


def receive(memory: Memory, ours: Saying, typed: Collection[str], theirs: Saying) -> set[str]:
    """Take note of what their card says now. The fields that they changed and that are to be taken, typed or not.

    What both sides changed is left to `compare`. Called where the member lets Kith write into the book: then both
    sides are in the member's own hand.
    """
    taken: set[str] = set()
    for name in FIELDS:
        our, their, agreed = ours[name], theirs[name], memory.agreed.get(name)
        if our == their or name not in typed:
            memory.agreed[name] = their
            memory.conflicts.pop(name, None)
        elif our == agreed and their != agreed:
            memory.agreed[name] = their
            memory.conflicts.pop(name, None)
            taken.add(name)
    memory.theirs = dict(theirs)
    return taken


def compare(memory: Memory, ours: Saying, typed: Collection[str], theirs: Saying) -> News:
    """What of ours is news to their card. Notes agreements and conflicts; `settle` notes what was sent."""
    news = News()
    for name in FIELDS:
        our, their, agreed = ours[name], theirs[name], memory.agreed.get(name)
        known = memory.conflicts.get(name)
        if our == their or name not in typed:
            if our == their:
                memory.agreed[name] = their
            memory.conflicts.pop(name, None)
        elif known == [our, their] or (name == "full_name" and not our):
            continue
        elif (known and our != known[0]) or (not known and (their == agreed or (agreed is None and not their))):
            news.fields.append((name, their, our))
        else:
            memory.conflicts[name] = [our, their]
            news.apart.append((name, their, our))
    for kind in SETS:
        shared = set(memory.agreed.get(kind, ()))
        mine, there = ours[kind], theirs[kind]
        news.added[kind] = [mine[key] for key in mine if key not in there and key not in shared]
        is_tidied = HANDLES in typed
        news.gone[kind] = [there[key] for key in there if is_tidied and key in shared and key not in mine]
    return news


def settle(memory: Memory, ours: Saying, theirs: Saying, news: News) -> None:
    """Note that `news` was sent, or that there was none: what their card says now, and what both sides have."""
    now = dict(theirs)
    for name, _, our in news.fields:
        now[name] = memory.agreed[name] = our
        memory.conflicts.pop(name, None)
    for kind in SETS:
        gone = set(news.gone.get(kind, ()))
        added = {key: value for key, value in ours[kind].items() if value in news.added.get(kind, ())}
        now[kind] = {key: value for key, value in theirs[kind].items() if value not in gone} | added
        mine, there = set(ours[kind]), set(now[kind])
        memory.agreed[kind] = sorted((set(memory.agreed.get(kind, ())) | (mine & there)) & (mine | there))
    memory.theirs = now


def patch_of(news: News) -> Patch:
    """The news as a change to a card."""
    told = {name: our for name, _, our in news.fields}
    name = told.get("full_name")
    return Patch(
        name=(name, *split_name(name)) if name else None,
        nickname=told.get("nickname"),
        organisation=told.get("organisation"),
        role=told.get("role"),
        birthday=_patched_day(told["birthday"]) if "birthday" in told else None,
        emails_added=news.added.get("email", ()),
        emails_gone=news.gone.get("email", ()),
        phones_added=news.added.get("phone", ()),
        phones_gone=news.gone.get("phone", ()),
    )


def whole(ours: Saying) -> Patch:
    """Everything that is sent of a person, for a new card."""
    fields = [(name, "", ours[name]) for name in FIELDS if ours[name]]
    return patch_of(News(fields=fields, added={kind: list(ours[kind].values()) for kind in SETS}))


def _day(year: int | None, month: int, day: int) -> str:
    return f"{year:04}-{month:02}-{day:02}" if year else f"--{month:02}-{day:02}"


def _patched_day(text: str) -> Day | bool:
    if not text:
        return False
    year, month, day = text.removeprefix("--").rjust(10, "-").rsplit("-", 2)
    return Day(int(year) if year.isdecimal() else None, int(month), int(day))
