"""Lists of people kept under a name."""

from typing import Final

from django.db import IntegrityError, transaction

from contacts.models import Change, ChangeKind, SavedFilter
from contacts.words import one_line
from netapp.accounts.models import User

MOST: Final = 50


class NameTaken(ValueError):
    """The member has a list of this name."""


class TooMany(ValueError):
    """The member has as many lists as one may have."""


@transaction.atomic
def save_filter(*, owner: User, name: str, query: str) -> SavedFilter:
    """Keep a list; one of the same name, whatever its case, is kept anew. `query`: what stands behind the ?.

    Raises TooMany, ValueError for a name without letters.
    """
    name = _tidy(name)
    User.objects.select_for_update(no_key=True).get(id=owner.pk)
    present = SavedFilter.objects.filter(owner=owner, name__iexact=name).first()
    if present:
        present.name, present.query = name, query
        present.save()
        return present
    if SavedFilter.objects.filter(owner=owner).count() >= MOST:
        raise TooMany
    return SavedFilter.objects.create(owner=owner, name=name, query=query)


def rename_filter(*, saved: SavedFilter, name: str) -> None:
    """Call it otherwise. Raises NameTaken, ValueError for a name without letters."""
    saved.name = _tidy(name)
    try:
        with transaction.atomic():
            saved.save(update_fields=["name", "updated_at"])
    except IntegrityError as error:
        raise NameTaken from error


@transaction.atomic
def remove_filter(*, saved: SavedFilter) -> Change:
    """Forget it; the change that comes back undoes it. Nobody on it is touched."""
    before = {"id": str(saved.id), "name": saved.name, "query": saved.query}
    change = Change.objects.create(owner_id=saved.owner_id, kind=ChangeKind.FILTER, before=before)
    saved.delete()
    return change


def put_back(*, change: Change) -> bool:
    """Undo a removal, unless there is a list of that name again. Runs in the caller's transaction."""
    before = change.before
    again = SavedFilter(id=before["id"], owner_id=change.owner_id, name=before["name"], query=before["query"])
    SavedFilter.objects.bulk_create([again], ignore_conflicts=True)
    return SavedFilter.objects.filter(id=before["id"]).exists()


def _tidy(name: str) -> str:
    tidied = one_line(name)[:60].rstrip()
    if not tidied:
        raise ValueError("A list needs a name.")
    return tidied
