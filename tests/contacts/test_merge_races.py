"""Merging in the moment of another merge, an edit, a contact: whatever comes first, nothing is lost or doubled."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from contacts.handles import HandleKind
from contacts.models import Handle, InteractionKind, Merge, Person
from contacts.services import interactions, people
from contacts.services.duplicates.following import follow
from contacts.services.duplicates.merging import merge
from contacts.services.duplicates.moving import CannotMerge
from contacts.services.duplicates.unmerging import unmerge
from contacts.services.handles import HandleInput
from netapp.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 1000 if os.environ.get("FAULTS") == "full" else 12


def at_once(*acts: Callable[[], object]) -> None:
    """Run them in threads that begin together; a refusal that is meant for the member is no fault."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        try:
            barrier.wait()
            act()
        except (CannotMerge, people.CardGone):
            pass
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        for done in [pool.submit(run, act) for act in acts]:
            done.result(timeout=60)


def test_whatever_happens_at_once_nothing_is_lost_or_doubled(alice: User) -> None:
    for number in range(ROUNDS):
        a_round(alice, number)


def a_round(alice: User, number: int) -> None:
    """Three cards, five acts at once, and all of it taken apart again."""
    now = timezone.now()
    handles = [HandleInput(HandleKind.EMAIL, f"a{number}@x.test")]
    a, b, c = (
        people.add_person(owner=alice, fields={"full_name": f"{name}{number}"}, handles=handles, now=now, typed=True)
        for name in ("Ana", "Anabel", "Annabella")
    )
    at_once(
        lambda: merge(owner_id=alice.pk, survivor_id=a.id, gone_id=b.id, now=timezone.now()),
        lambda: merge(owner_id=alice.pk, survivor_id=b.id, gone_id=a.id, now=timezone.now()),
        lambda: merge(owner_id=alice.pk, survivor_id=b.id, gone_id=c.id, now=timezone.now()),
        lambda: people.update_person(person=b, fields={"role": "Editor"}, now=timezone.now(), typed=True),
        lambda: interactions.log_contact(person=b, kind=InteractionKind.MET, happened_at=now, now=timezone.now()),
    )
    follow(now=timezone.now() + timedelta(seconds=1))
    mine = Person.objects.filter(id__in=(a.id, b.id, c.id))
    live = list(mine.filter(deleted_at=None))
    in_force = Merge.objects.filter(gone__in=mine, undone_at=None)
    assert len(live) + in_force.count() == 3
    assert sum(card.interactions.count() for card in live) == 1
    assert Handle.objects.filter(person__in=live).count() == len(live)
    for row in in_force.order_by("-created_at"):
        unmerge(merge=row, now=timezone.now())
    assert mine.filter(deleted_at=None).count() == 3
    assert Handle.objects.filter(person__in=mine).count() == 3
