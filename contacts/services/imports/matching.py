"""Who is who: by what a card is recognised, and when two cards are the same human.

A shared e-mail address, number, LinkedIn page or card id makes two cards candidates; their names decide. A family
may share an address and a firm a number, so a shared handle alone joins nobody whose given names differ. In doubt
nothing is joined: a card too many is merged in a minute, two people in one card are hard to tell apart again.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from contacts.handles import HandleKind, is_role_address
from contacts.importers import PersonRecord
from contacts.services.handles import HandleInput, ReadHandle
from contacts.words import fold

T = TypeVar("T")

MAX_KEY: Final = 640
_WORD = re.compile(r"[^\W_]+")
_SHORTEST_PREFIX = 3


@dataclass(frozen=True, slots=True)
class Candidate(Generic[T]):
    """Somebody known who shares `keys` with the card in question."""

    who: T
    name: str
    keys: frozenset[str]
    is_deleted: bool = False
    other_names: tuple[str, ...] = ()
    """Of cards that were merged into this one."""

    @property
    def names(self) -> tuple[str, ...]:
        """All names under which they are known."""
        return (self.name, *self.other_names)


@dataclass(frozen=True, slots=True)
class Choice(Generic[T]):
    """`same`: the one it is, none, or several that cannot be told apart. `apart`: who shares a key and is another."""

    same: tuple[Candidate[T], ...] = ()
    apart: tuple[Candidate[T], ...] = ()


def handles_of(record: PersonRecord) -> list[HandleInput]:
    """The record's handles as the services take them: addresses, numbers, LinkedIn, pages."""
    found = [HandleInput(HandleKind.EMAIL, one.value, one.label) for one in record.emails]
    found += [HandleInput(HandleKind.PHONE, one.value, one.label) for one in record.phones]
    if record.linkedin:
        found.append(HandleInput(HandleKind.LINKEDIN, record.linkedin))
    found += [HandleInput(HandleKind.URL, one.value, one.label) for one in record.urls]
    return found


def keys_of(record: PersonRecord, handles: Iterable[ReadHandle]) -> list[str]:
    """What the record is recognised by ("email:ana@example.org", "uid:…"); for want of a handle by its name."""
    keys = handle_keys(handles)
    if not keys:
        keys = [name_key(record.full_name, record.organisation)]
    if record.uid:
        keys.append(f"uid:{record.uid}")
    return keys


def handle_keys(handles: Iterable[ReadHandle]) -> list[str]:
    """The keys among the handles. Desks (info@…) and web pages are none."""
    return [key for handle in handles if (key := handle_key(handle.kind, handle.normalised))]


def handle_key(kind: str, normalised: str) -> str:
    """The key that a handle is, or nothing."""
    if kind == HandleKind.URL or (kind == HandleKind.EMAIL and is_role_address(normalised)):
        return ""
    return f"{kind}:{normalised}"


def name_key(full_name: str, organisation: str) -> str:
    """By which cards without any handle are recognised."""
    return f"name:{fold(full_name)[:300]}\n{fold(organisation)[:300]}"[:MAX_KEY]


def kind_of(key: str) -> str:
    """email, phone, linkedin, uid or name."""
    return key.partition(":")[0]


def value_of(key: str) -> str:
    """What stands behind the kind."""
    return key.partition(":")[2]


def choose(name: str, candidates: Sequence[Candidate[T]]) -> Choice[T]:
    """Which of the candidates is the human called `name`. A deleted card only counts where no other is left."""
    alike = [one for one in candidates if any(_agree(name, called, one.keys) for called in one.names)]
    alike = [one for one in alike if not one.is_deleted] or alike
    apart = tuple(one for one in candidates if not one.is_deleted and one not in alike)
    if len(alike) > 1:
        # Two cards of one human, say: the one that is called exactly so, if nothing else points to another.
        exact = [
            one
            for one in alike
            if fold(name) in {fold(called) for called in one.names} and all(one.keys >= other.keys for other in alike)
        ]
        alike = exact if len(exact) == 1 else alike
    return Choice(tuple(alike), () if alike else apart)


def _agree(name: str, other: str, keys: Iterable[str]) -> bool:
    kinds = {kind_of(key) for key in keys}
    if kinds & {HandleKind.LINKEDIN, "name"} or ("uid" in kinds and len(kinds) > 1):
        return True
    words, others = _words(name), _words(other)
    if not words or not others or set(words) <= set(others) or set(others) <= set(words):
        return True
    # A switchboard or a family's telephone has many people behind it: there the whole name must be the same.
    return kinds != {HandleKind.PHONE} and _same_given_name(words[0], others[0])


def _words(name: str) -> list[str]:
    """The words of a name; none where it is an address that stands in for one."""
    return [] if "@" in name else _WORD.findall(fold(name))


def _same_given_name(one: str, other: str) -> bool:
    """Ana and A., Rob and Robert; not Bob and Robert, which only a table of nicknames could tell."""
    short, long = sorted((one, other), key=len)
    return long.startswith(short) and (len(short) == 1 or len(short) >= _SHORTEST_PREFIX or short == long)
