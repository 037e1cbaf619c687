"""Many members' reminders in one transaction: as if each had been alone, only quicker."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from time_machine import travel

from contacts.models import Reminder, ReminderState
from contacts.services import reminders, sending
from contacts.tasks import send_reminders
from netapp.accounts.models import User
from netapp.mail import outbox
from netapp.mail.models import Letter, StopLink
from tests.factories import NOW, PersonFactory, UserFactory
from tests.faults.conftest import held

pytestmark = pytest.mark.django_db


def members_with_something_due(count: int, each: int = 2) -> list[User]:
    members: list[User] = [UserFactory() for _ in range(count)]
    for member in members:
        for _ in range(each):
            person = PersonFactory(owner=member, cadence_days=1, last_contact_at=NOW - timedelta(days=5))
            reminders.refresh_cadence(person=person, now=NOW)
    return members


def test_each_member_gets_one_digest_of_their_own() -> None:
    members = members_with_something_due(3)
    night: User = UserFactory(mail_from_time=time(3), mail_until_time=time(3, 5))
    person = PersonFactory(owner=night, cadence_days=1, last_contact_at=NOW - timedelta(days=5))
    reminders.refresh_cadence(person=person, now=NOW)
    Reminder.objects.filter(owner=night).update(due_at=NOW)
    assert sending.send_all_due(owner_ids=[one.pk for one in (*members, night)], now=NOW) == []
    letters = {letter.member_id: letter for letter in Letter.objects.all()}
    assert set(letters) == {one.pk for one in members}
    for member in members:
        names = set(Reminder.objects.filter(owner=member).values_list("person__full_name", flat=True))
        assert all(name in letters[member.pk].text for name in names)
        assert letters[member.pk].to == [member.email]
    assert StopLink.objects.count() == 3
    waiting = Reminder.objects.get(owner=night)
    assert waiting.state == ReminderState.WAITING
    assert waiting.due_at > NOW


def test_statements_do_not_grow_with_the_members() -> None:
    def statements(count: int) -> int:
        ids = [one.pk for one in members_with_something_due(count, each=1)]
        with CaptureQueriesContext(connection) as queries:
            sending.send_all_due(owner_ids=ids, now=NOW)
        return len(queries)

    assert statements(5) == statements(50)


def test_one_members_fault_costs_the_others_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    good, bad, other = members_with_something_due(3)
    original = sending._digest

    def faulty(theirs: list[Reminder], now: datetime) -> outbox.Draft:
        if theirs[0].owner_id == bad.pk:
            raise RuntimeError("a card that no template can show")
        return original(theirs, now)

    monkeypatch.setattr(sending, "_digest", faulty)
    with travel(NOW, tick=False):
        send_reminders()
    assert set(Letter.objects.values_list("member_id", flat=True)) == {good.pk, other.pk}
    assert set(Reminder.objects.filter(owner=bad).values_list("state", flat=True)) == {ReminderState.WAITING}


def test_an_event_is_written_once_however_often_it_comes() -> None:
    alice = UserFactory()

    def draft(key: str) -> outbox.Draft:
        return outbox.Draft(
            key=key,
            template="account_email_confirm",
            context={"member": alice},
            to=[outbox.Recipient(alice.email)],
            member=alice,
        )

    first = outbox.post_all([draft("b")], now=NOW)[0]
    found = outbox.post_all([draft("a"), draft("b"), draft("a"), draft("c")], now=NOW)
    assert [letter.key for letter in found] == ["a", "b", "a", "c"]
    assert found[1] == first
    assert Letter.objects.count() == StopLink.objects.count() == 3
    assert outbox.post_all([], now=NOW) == []


@pytest.mark.django_db(transaction=True)
def test_a_reminder_that_somebody_holds_keeps_its_member_alone_waiting() -> None:
    first, second = members_with_something_due(2)
    one = Reminder.objects.filter(owner=second).first()
    assert one
    with held(f"SELECT 1 FROM contacts_reminder WHERE id = '{one.id}' FOR UPDATE"):
        assert sending.send_all_due(owner_ids=[first.pk, second.pk], now=NOW) == [second.pk]
        # Not one of the second's two: that would cut their digest in half.
        assert Letter.objects.get().member_id == first.pk
    assert sending.send_due(owner_id=second.pk, now=NOW) == 2


@pytest.mark.django_db(transaction=True)
def test_three_schedulers_over_the_same_members_send_one_letter_each() -> None:
    """R6 at small size."""
    members = members_with_something_due(12)

    ids = [one.pk for one in members]

    def scheduler(_: int) -> None:
        try:
            sending.send_all_due(owner_ids=ids, now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(scheduler, range(3)))
    assert Letter.objects.count() == 12
    assert set(Reminder.objects.values_list("sendings", flat=True)) == {1}
