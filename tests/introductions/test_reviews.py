"""Looking back at an objective: what worked, through whom, what comes next, and when to look again."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from time_machine import travel

from contacts.models import Relation, Reminder, ReminderKind, ReminderState
from introductions.lifecycle import State
from introductions.models import Objective, Review
from introductions.services import objectives
from netapp.accounts.models import User
from tests.factories import NOW, IntroductionFactory, PersonFactory, SeatFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 5, 4)


@pytest.fixture(autouse=True)
def _then():
    with travel(NOW, tick=False):
        yield


@pytest.fixture
def objective(alice: User) -> Objective:
    """To be looked at again today; its reminder has been sent."""
    made = objectives.write_objective(
        owner=alice,
        title="Publish",
        why="",
        target_date=None,
        review_date=TODAY,
        seats=[],
        now=NOW - timedelta(days=90),
    )
    Reminder.objects.update(state=ReminderState.SENT, sent_at=NOW)
    return made


def url(objective: Objective) -> str:
    return reverse("introductions:objective_review", args=[objective.id])


def test_it_is_kept_and_asks_again(objective: Objective, alice_client: Client):
    assert 'value="2026-08-02"' in alice_client.get(url(objective)).text
    sent = {"worked": "Asking Ana.", "following": "A printer.", "next_date": "2026-06-01"}
    page = alice_client.post(url(objective), sent, follow=True).text
    assert "Asking Ana." in page
    assert "A printer." in page
    objective.refresh_from_db()
    assert objective.review_date == date(2026, 6, 1)
    old, new = Reminder.objects.filter(kind=ReminderKind.REVIEW).order_by("due_at")
    assert (old.state, new.state) == (ReminderState.DONE, ReminderState.WAITING)


def test_twice_on_one_day_is_one_and_no_day_is_no_reminder(objective: Objective, alice_client: Client):
    for words in ("First.", "Second."):
        alice_client.post(url(objective), {"worked": words, "following": "", "next_date": ""})
    assert Review.objects.get().worked == "Second."
    assert not Reminder.objects.filter(state__in=[ReminderState.WAITING, ReminderState.SENT]).exists()


@pytest.mark.parametrize("next_date", ["2026-05-04", "2020-01-01", "tomorrow"])
def test_a_day_that_is_no_day_to_come_is_refused_and_nothing_is_lost(objective, alice_client, next_date: str):
    answer = alice_client.post(url(objective), {"worked": "Long thoughts", "following": "", "next_date": next_date})
    assert answer.status_code == 422
    assert "Long thoughts" in answer.text
    assert not Review.objects.exists()


def test_nothing_at_all_is_said_to_be_nothing(objective: Objective, alice_client: Client):
    answer = alice_client.post(url(objective), {"worked": " ", "following": "", "next_date": ""})
    assert answer.status_code == 422
    assert "Write a line" in answer.text


def test_it_says_what_came_about_and_through_whom_as_far_as_one_may_know(objective, alice, alice_client):
    seat = SeatFactory(owner=alice, objective=objective)
    for name, state, shown, reveal_at in (
        ("Charlie", State.CLOSED, State.CLOSED, None),
        ("Dora", State.DECLINED, State.INTRODUCER_ASKED, NOW + timedelta(days=1)),
    ):
        IntroductionFactory(
            owner=alice,
            seat=seat,
            target=PersonFactory(owner=alice, full_name=name, relation=Relation.WANTED),
            introducer=PersonFactory(owner=alice, full_name="Ana"),
            target_name=name,
            introducer_name="Ana",
            state=state,
            shown_state=shown,
            reveal_at=reveal_at,
            asked_at=NOW - timedelta(days=9),
        )
    page = alice_client.get(url(objective)).text
    assert "Charlie" in page
    assert "through Ana" in page
    assert "on its way" in page.split("Dora")[1], "a no that is not told yet does not show"


def test_of_the_member_alone(objective: Objective, charlie_client: Client):
    assert charlie_client.get(url(objective)).status_code == 404
    assert charlie_client.post(url(objective), {"worked": "x"}).status_code == 404
    assert not Review.objects.exists()
