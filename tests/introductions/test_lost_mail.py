"""A question behind the first came back: whoever passed it on is asked for another address; the asker sees nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from time_machine import travel

from contacts.models import Handle
from introductions import queries
from introductions.lifecycle import State
from introductions.models import Consent, ConsentState
from introductions.services import answering, lost_mail
from introductions.services import introductions as services
from introductions.tasks import sweep
from netapp.accounts.models import User
from netapp.mail import bounces, returns
from netapp.mail.models import Letter, LetterState
from tests.factories import NOW, UserFactory
from tests.introductions.chains import EMAILS, HOUR, Chain, draft_chain
from tests.introductions.story import CHARLIE, card, verify
from tests.mail.test_bounces import report

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unlimited")]
TYPED = "dora@work.test"
OTHER = "dora@home.test"


@pytest.fixture
def chain(alice: User) -> Chain:
    """Ana and Ben said yes; Dora was asked at the address that Ben typed."""
    verify(alice)
    chain = draft_chain(alice, 3)
    Handle.objects.filter(normalised=EMAILS[2]).delete()
    chain.send()
    chain.answer(0, "yes")
    chain.answer(1, "yes", next_email=TYPED)
    return chain


def bounce(chain: Chain, position: int, *, status: str = "5.1.1") -> None:
    """A mail server says days later that nobody gets mail there."""
    question = chain.question(position)
    letter = Letter.objects.filter(to=[question.email]).latest("created_at")
    found = bounces.read(report(letter.message_id, question.email, status=status))
    assert found is not None
    assert returns.note(found) == 1


def swept(chain: Chain, hours: int = 10) -> None:
    with travel(NOW + hours * HOUR, tick=False):
        sweep()
    chain.post()


def give(chain: Chain, email: str, client: Client | None = None) -> Any:
    with travel(NOW + 12 * HOUR, tick=False):
        return (client or Client()).post(chain.link(1), {"answer": "address", "next_email": email})


def test_whoever_typed_it_gives_another_and_it_goes_on(chain: Chain):
    old_link = chain.link(2)
    bounce(chain, 2)
    swept(chain)
    (letter,) = chain.letters("address_wanted")
    assert letter.to == [EMAILS[1]]
    assert TYPED in letter.text
    assert chain.asked() == []
    assert Client().get(old_link).status_code == 404

    with travel(NOW + 11 * HOUR, tick=False):
        page = Client().get(chain.link(1))
    assert "The mail to Dora came back" in page.text
    assert give(chain, OTHER).status_code == 302
    question = chain.question(2)
    assert (question.state, question.email, question.lost_emails) == (ConsentState.ASKED, OTHER, [TYPED])
    assert [one.to for one in chain.letters("introducer_asked")] == [[EMAILS[0]], [EMAILS[1]], [TYPED], [OTHER]]
    chain.post()
    chain.answer(2, "yes", now=NOW + 13 * HOUR)
    chain.answer(3, "yes", now=NOW + 14 * HOUR)
    assert chain.fresh().state == State.INTRODUCED


def test_a_refusal_at_once_is_the_same(chain: Chain):
    Letter.objects.filter(to=[TYPED]).update(state=LetterState.FAILED, refused={TYPED: "550 5.1.1 No such user"})
    swept(chain)
    assert len(chain.letters("address_wanted")) == 1


@pytest.mark.parametrize("status", ["5.2.2", "5.7.1"])
def test_a_mail_that_may_still_be_read_changes_nothing(chain: Chain, status: str):
    bounce(chain, 2, status=status)
    swept(chain)
    assert chain.asked() == [2]
    assert chain.letters("address_wanted") == []


def test_two_sweeps_write_one_letter(chain: Chain):
    bounce(chain, 2)
    swept(chain)
    swept(chain, 11)
    assert len(chain.letters("address_wanted")) == 1
    assert lost_mail.found() == []


def test_the_asker_sees_no_difference(chain: Chain, alice: User, client: Client):
    client.force_login(alice)
    pages = [
        reverse("introductions:introduction", args=[chain.introduction.id]),
        reverse("introductions:introductions"),
        reverse("mail:log"),
    ]

    def seen() -> list[str]:
        with travel(NOW + 12 * HOUR, tick=False):
            found = [client.get(page).text.split("<main")[1] for page in pages]
        return [re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page) for page in found]

    before = seen()
    bounce(chain, 2)
    swept(chain)
    assert seen() == before
    give(chain, OTHER)
    assert seen() == before


@pytest.mark.parametrize(
    ("email", "words"),
    [
        ("", "Type the address"),
        ("no address", "does not look like"),
        (TYPED, "came back"),
        (TYPED.upper(), "came back"),
        (EMAILS[0], "part of this already"),
        (EMAILS[1], "your own address"),
    ],
)
def test_what_cannot_be_used_is_said_and_stays_typed(chain: Chain, email: str, words: str):
    bounce(chain, 2)
    swept(chain)
    answer = give(chain, email)
    assert answer.status_code == 422
    assert words in answer.text
    assert f'value="{email}"' in answer.text or not email
    assert chain.asked() == []


def test_given_twice_is_given_once(chain: Chain):
    bounce(chain, 2)
    swept(chain)
    give(chain, OTHER)
    assert give(chain, "dora@third.test").status_code == 302
    assert chain.question(2).email == OTHER


def test_nobody_else_is_asked_for_one(chain: Chain):
    bounce(chain, 2)
    swept(chain)
    with pytest.raises(answering.NoLongerAsked):
        lost_mail.give_address(consent_id=chain.question(0).id, typed=OTHER, now=NOW + 12 * HOUR)
    with travel(NOW + 12 * HOUR, tick=False):
        page = Client().get(chain.link(0))
    assert "came back" not in page.text


def test_an_address_of_the_askers_is_not_named(alice: User):
    verify(alice)
    chain = draft_chain(alice, 1).send()
    chain.answer(0, "yes")
    bounce(chain, 1)
    swept(chain)
    (letter,) = chain.letters("address_wanted")
    assert CHARLIE not in letter.text + letter.html
    assert "the address that Alice had" in letter.text
    assert not Handle.objects.get(owner=alice, normalised=CHARLIE).is_failing, "it would tell that Charlie was asked"
    with travel(NOW + 12 * HOUR, tick=False):
        assert CHARLIE not in Client().get(chain.link(0)).text


def test_an_address_in_the_introducers_own_book_is_marked_there_and_the_next_one_is_tried(alice: User):
    verify(alice)
    ana = UserFactory(name="Ana Almeida", email=EMAILS[0])
    verify(ana)
    charlie = card(ana, "Charlie Cole", CHARLIE)
    second = Handle.objects.create(
        owner=ana, person=charlie, kind="email", value="cc@home.test", normalised="cc@home.test", position=1
    )
    chain = draft_chain(alice, 1).send()
    chain.answer(0, "yes")
    assert chain.question(1).email == CHARLIE
    bounce(chain, 1)
    swept(chain)
    assert Handle.objects.get(owner=ana, normalised=CHARLIE).is_failing
    assert not Handle.objects.get(owner=alice, normalised=CHARLIE).is_failing
    assert chain.letters("address_wanted") == []
    assert (chain.question(1).email, chain.question(1).state) == (second.normalised, ConsentState.ASKED)


def test_a_member_finds_it_in_the_dashboard(chain: Chain, client: Client):
    ben = UserFactory(name="Ben Berg", email=EMAILS[1])
    verify(ben)
    bounce(chain, 2)
    swept(chain)
    client.force_login(ben)
    with travel(NOW + 12 * HOUR, tick=False):
        assert "needs another address" in client.get(reverse("today")).text
        assert "another address is needed" in client.get(reverse("introductions:introductions")).text
        here = reverse("introductions:asked", args=[chain.question(1).id])
        assert "The mail to Dora came back" in client.get(here).text
        client.post(here, {"answer": "address", "next_email": OTHER})
        assert not queries.asked_of(ben).get().wants_address  # type: ignore[attr-defined]
    assert chain.asked() == [2]


def test_without_another_address_it_ends_by_the_clock(chain: Chain, alice: User):
    bounce(chain, 2)
    swept(chain)
    with travel(NOW + timedelta(days=60), tick=False):
        sweep()
        assert chain.fresh().state == State.EXPIRED
        assert "expired" not in Client().get(chain.link(1)).text
    with travel(NOW + timedelta(days=90), tick=False):
        sweep()
    assert chain.fresh().shown_state == State.DECLINED


def test_withdrawn_meanwhile_nobody_is_asked_any_more(chain: Chain):
    bounce(chain, 2)
    with travel(NOW + 10 * HOUR, tick=False):
        sweep()
    services.withdraw(introduction=chain.introduction, now=NOW + 11 * HOUR)
    assert chain.letters("address_wanted")[0].state == LetterState.CANCELLED
    with pytest.raises(answering.NoLongerAsked):
        lost_mail.give_address(consent_id=chain.question(1).id, typed=OTHER, now=NOW + 12 * HOUR)
    assert {one.state for one in Consent.objects.filter(position__gt=1)} == {ConsentState.VOID}


def test_after_three_addresses_it_is_let_be(chain: Chain):
    for hours, email in ((10, "second@x.test"), (12, "third@x.test"), (14, "")):
        bounce(chain, 2)
        swept(chain, hours)
        if email:
            give(chain, email)
            chain.post()
    assert len(chain.letters("address_wanted")) == 2
    with pytest.raises(answering.NoLongerAsked):
        lost_mail.give_address(consent_id=chain.question(1).id, typed="fourth@x.test", now=NOW + 20 * HOUR)
