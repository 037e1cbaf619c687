"""Writing the demo: the command, the same result each time, at any hour, and in any size."""

from collections import Counter
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings
from time_machine import travel

from contacts.models import Handle, Interaction, Person, Reminder
from introductions.demo import world
from introductions.demo.crowd import crowd
from introductions.demo.members import ALICE, PASSWORD
from introductions.models import Event, Introduction
from introductions.today import Sort, things_to_do
from netapp.accounts.models import User
from netapp.mail.models import Letter

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
"""A Monday, half past ten in Lisbon."""
MOMENTS = {
    "before the morning's reminders": datetime(2026, 5, 4, 4, 0, tzinfo=UTC),
    "late in the evening": datetime(2026, 5, 4, 22, 45, tzinfo=UTC),
    "on the day the clocks went forward": datetime(2026, 3, 29, 12, 0, tzinfo=UTC),
    "on a leap day": datetime(2028, 2, 29, 12, 0, tzinfo=UTC),
}


def demo(now: datetime = NOW, **options: Any) -> User:
    """Write the demo at that moment; Alice."""
    with travel(now, tick=False):
        return world.build(now=now, **options)


def structure() -> dict[str, Any]:
    """Everything of the demo that is not an id, a token or the password's salt."""
    people = Person.objects.order_by("owner__email", "full_name", "organisation", "role")
    return {
        "people": list(people.values_list("owner__email", "full_name", "strength_reason", "created_at", "met_on_date")),
        "handles": sorted(Handle.objects.values_list("owner__email", "normalised")),
        "contacts": sorted(Interaction.objects.values_list("owner__email", "happened_at", "kind", "note")),
        "asked": sorted(Introduction.objects.values_list("target_name", "state", "state_at", "created_at")),
        "events": sorted(Event.objects.values_list("introduction__target_name", "at", "what")),
        "letters": sorted(Letter.objects.values_list("kind", "subject", "state", "created_at", "due_at", "sent_at")),
        "reminders": sorted(
            Reminder.objects.values_list("person__full_name", "text", "kind", "due_at", "state"), key=str
        ),
    }


def test_it_is_the_same_each_time_and_can_be_replaced(db, settings: Settings, tmp_path: Path):
    settings.LOCAL_MAILBOX = tmp_path
    with travel(NOW, tick=False):
        call_command("demo", "--quiet", stdout=StringIO())
        first = structure()
        call_command("demo", "--quiet", "--again", stdout=StringIO())
        # Those who had been asked are told that the members left.
        Letter.objects.filter(member=None).delete()
        assert structure() == first


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
def test_it_looks_alive_at_any_hour(db, moment: datetime):
    alice = demo(moment)
    with travel(moment, tick=False):
        todos = things_to_do(member=alice, now=moment)
    assert Counter(todo.sort for todo in todos)[Sort.REMINDER] == 3
    assert len(todos) == 7
    assert not Letter.objects.filter(due_at__gt=moment).exists()


class TestTheCommand:
    def test_it_refuses_on_a_site_that_others_can_reach(self, db, settings: Settings):
        settings.LOCAL_MAILBOX = None
        with pytest.raises(CommandError, match="no local site"):
            call_command("demo")
        assert not User.objects.exists()

    def test_it_leaves_a_site_alone_that_has_members(self, alice, settings: Settings, tmp_path: Path):
        settings.LOCAL_MAILBOX = tmp_path
        said = StringIO()
        call_command("demo", "--if-empty", stdout=said)
        assert list(User.objects.all()) == [alice]
        assert said.getvalue() == ""

    def test_it_refuses_to_write_itself_twice_and_says_who_may_log_in_as_long_as_that_is_so(
        self, db, settings: Settings, tmp_path: Path
    ):
        settings.LOCAL_MAILBOX = tmp_path
        alice = User.objects.create_user(ALICE.email, PASSWORD)
        with pytest.raises(CommandError, match="--again"):
            call_command("demo")
        said = StringIO()
        call_command("demo", "--if-empty", "--quiet", stdout=said)
        assert ALICE.email in said.getvalue()
        assert PASSWORD in said.getvalue()
        alice.set_password("something else")
        alice.save()
        said = StringIO()
        call_command("demo", "--if-empty", "--quiet", stdout=said)
        assert said.getvalue() == ""


class TestTheCrowd:
    def test_namesakes_have_addresses_of_their_own(self):
        people = list(crowd(seed="large", count=5000, taken=()))
        addresses = [person.address for person in people if person.address]
        assert len(people) == 5000
        assert len(set(addresses)) == len(addresses)
        assert len({person.name for person in people}) > 3000

    def test_a_larger_world(self, db):
        alice = demo(people_count=600)
        assert Person.objects.filter(owner=alice).count() == 600
        assert not Person.objects.filter(strength_is_stale=True).exists()
