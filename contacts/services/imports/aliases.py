"""Cards that were merged, as an import meets them: under whatever name the file still has them.

Without this the next export of an address book would bring back every card that was merged away.
"""

from collections.abc import Collection, Iterable
from uuid import UUID

from contacts.models import Merge, OtherName


def merged_away(owner_id: int, ids: Collection[UUID]) -> set[UUID]:
    """Which of these deleted cards are part of another one now, and so stand for nobody of their own."""
    return set(
        Merge.objects.filter(owner=owner_id, gone__in=ids, undone_at=None).values_list("gone_id", flat=True)
        if ids
        else ()
    )


def other_names(owner_id: int, ids: Collection[UUID]) -> dict[UUID, tuple[str, ...]]:
    """The names of the cards that were merged into these, by card."""
    found: dict[UUID, tuple[str, ...]] = {}
    rows = OtherName.objects.filter(owner=owner_id, person__in=ids).order_by("created_at")
    for person_id, name in rows.values_list("person_id", "name") if ids else ():
        found[person_id] = (*found.get(person_id, ()), name)
    return found


def by_name_key(owner_id: int, keys: Iterable[str]) -> list[tuple[str, UUID, str]]:
    """(key, card, its name) of live cards into which one without handles was merged that had such a key."""
    rows = OtherName.objects.filter(owner=owner_id, key__in=list(keys), person__deleted_at=None).exclude(key="")
    return list(rows.values_list("key", "person_id", "person__full_name"))
