"""The export of everything tells of introductions what the member may know, and no more."""

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest

from contacts.services.exports.bundle import write_bundle
from introductions.models import Answer, Consent, SeatMatch
from introductions.services import introductions as services
from netapp.accounts.models import User
from tests.factories import NOW, PersonFactory, UserFactory
from tests.introductions.story import BOB, CHARLIE, Story, begin, verify

pytestmark = pytest.mark.django_db

CANARY = "xyzzycanary"


def everything(member: User, *, now: Any = NOW) -> dict[str, Any]:
    file = io.BytesIO()
    write_bundle(member=member, file=file, now=now)
    found: dict[str, Any] = json.loads(zipfile.ZipFile(file).read("everything.json"))
    return found


def test_objectives_seats_and_introductions_of_ones_own(sent: Story, charlie: User) -> None:
    found = everything(sent.alice)
    (introduction,) = found["introductions"]
    assert introduction["introducer"] == "Bob Brook"
    assert introduction["target_id"] == str(sent.charlie.id)
    assert "night shifts" in introduction["note"]
    assert introduction["state"] == "on its way"
    assert [line["what"] for line in introduction["what_happened"]] == ["You wrote it down.", "You asked Bob Brook."]
    assert len(found["objectives"]) == len(found["seats"]) == 1
    nothing = everything(charlie)
    assert nothing["introductions"] == nothing["objectives"] == nothing["questions_to_me"] == []


@pytest.mark.parametrize("answer", [Answer.NO, Answer.NOT_NOW, Answer.NOT_WELL])
def test_a_no_is_not_told_before_its_time(sent: Story, answer: Answer) -> None:
    before = everything(sent.alice)["introductions"]
    sent.answer("introducer", answer, word=CANARY)
    assert everything(sent.alice)["introductions"] == before
    assert CANARY not in json.dumps(everything(sent.alice, now=NOW + timedelta(days=400)))


def test_a_yes_of_one_and_a_no_of_the_other_look_alike(sent: Story) -> None:
    before = everything(sent.alice)["introductions"]
    sent.answer("introducer", Answer.YES, added=CANARY)
    assert everything(sent.alice)["introductions"] == before
    sent.answer("target", Answer.NO, now=NOW + timedelta(hours=9), word=CANARY)
    assert everything(sent.alice)["introductions"] == before


def test_no_address_that_the_introducer_typed(alice: User) -> None:
    verify(alice)
    story = begin(alice, charlie_email="").send()
    Consent.objects.filter(introduction=story.introduction, party="target").update(email=f"{CANARY}@x.example")
    assert CANARY not in json.dumps(everything(alice))


def test_what_was_asked_of_the_member_with_their_own_words(sent: Story) -> None:
    bob = UserFactory(email=BOB)
    verify(bob)
    sent.answer("introducer", Answer.YES, word="Gladly.", added="She is good.")
    charlie = UserFactory(email=CHARLIE)
    verify(charlie)
    (mine,) = everything(bob)["questions_to_me"]
    assert (mine["asked_by"], mine["my_answer"], mine["my_word"]) == (sent.alice.display_name, "yes", "Gladly.")
    assert mine["what_i_added"] == "She is good."
    (theirs,) = everything(charlie)["questions_to_me"]
    assert theirs["my_answer"] == theirs["my_word"] == theirs["what_i_added"] == ""


def test_a_card_of_somebody_else_on_a_seat_is_theirs(sent: Story, bob: User) -> None:
    seat = sent.introduction.seat
    assert seat
    SeatMatch.objects.create(owner=sent.alice, seat=seat, person=PersonFactory(owner=bob, reach=2))
    mine = SeatMatch.objects.create(owner=sent.alice, seat=seat, person=sent.charlie)
    assert [row["id"] for row in everything(sent.alice)["seat_matches"]] == [str(mine.id)]


def test_withdrawing_is_ones_own_deed(sent: Story) -> None:
    services.withdraw(introduction=sent.fresh(), now=NOW + timedelta(hours=1))
    (introduction,) = everything(sent.alice)["introductions"]
    assert introduction["state"] == "withdrawn"
