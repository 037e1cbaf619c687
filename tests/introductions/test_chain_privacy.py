"""Over three introducers, with the usual limits: the asker cannot tell whose no it was, nor how far it had come.

Everything that Alice can open is compared, byte by byte, over all ways in which the same request can have gone: her
lists, the page, the mail log, the ways to this target and to another, and whether each of the three may be asked.
"""

import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from time_machine import travel

from contacts.models import Acquaintance, Closeness, Interaction, Layer, Person, Reach, Relation
from contacts.services import people as book
from contacts.services.acquaintances import record_acquaintance
from introductions import timing
from introductions.lifecycle import State
from introductions.models import Answer
from introductions.routes import refresh_routes, routes_to, want_routes
from introductions.services import closing, corrections
from introductions.services import introductions as services
from introductions.tasks import sweep
from netapp.mail.tasks import deliver
from tests.conftest import BACKEND
from tests.factories import NOW, ConnectionFactory, UserFactory
from tests.introductions.chains import Chain, draft_chain
from tests.introductions.story import card, verify

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
EVENING = NOW + 13 * DAY + timedelta(hours=1)
MARKS = count()


@pytest.fixture(autouse=True)
def _no_delay(monkeypatch: pytest.MonkeyPatch, smtp_sink: Any) -> None:
    """The morning drawn for silence is the first: the pages are compared, not the days."""
    monkeypatch.setattr(secrets, "randbelow", lambda _: 0)


def a_chain() -> tuple[Chain, Person]:
    """A request over three; and Eva, another whom Alice wants to meet and whom each of the three knows."""
    with travel(NOW, tick=False):
        alice = UserFactory(name="Alice Anders")
        verify(alice)
        chain = draft_chain(alice, 3, mark=f"m{next(MARKS)}-")
        eva = card(alice, "Eva Ek", relation=Relation.WANTED)
        for person in chain.people:
            Interaction.objects.create(
                owner=alice, person=person, kind="met", direction="both", happened_at=NOW - 3 * DAY
            )
            Person.objects.filter(id=person.id).update(strength=0.6, last_contact_at=NOW - 3 * DAY)
            for target in (eva, chain.charlie):
                record_acquaintance(
                    owner=alice, one=person, other=target, closeness=Closeness.SOME, evidence="Sang together", now=NOW
                )
        services.send(introduction=chain.introduction, now=NOW)
        deliver()
    return chain, eva


def answers(chain: Chain, *given: str, **extras: Any) -> None:
    """Those answers in turn, the last of them in the evening."""
    for position, answer in enumerate(given):
        last = position == len(given) - 1
        at = EVENING if last else NOW + (position + 1) * DAY
        with travel(at, tick=False):
            services.answer(
                consent_id=chain.question(position).id,
                answer=Answer(answer),
                now=at,
                extras=services.Extras(**(extras if last else {"word": "With joy", "word_is_shared": True})),
            )
            deliver()


def silence_at(chain: Chain, position: int) -> None:
    """Everybody before says yes, and there nobody answers until the evening."""
    answers(chain, *["yes"] * position)
    question = chain.question(position)
    question.expires_at = EVENING
    question.save()
    assert closing.expire(introduction_id=chain.introduction.id, now=EVENING)


def no_of(position: int) -> Callable[[Chain], None]:
    return lambda chain: answers(chain, *["yes"] * position, "no", word="No time")


def silence_of(position: int) -> Callable[[Chain], None]:
    return lambda chain: silence_at(chain, position)


ENDS: dict[str, Callable[[Chain], None]] = {
    **{f"no of {position}": no_of(position) for position in range(4)},
    **{f"silence of {position}": silence_of(position) for position in range(3)},
    "stop of the first": lambda chain: answers(chain, "stop"),
    "stop of the site by the second": lambda chain: answers(chain, "yes", "stop", stops_site=True),
    "not me of the third": lambda chain: answers(chain, "yes", "yes", "not_me"),
    "stranger": lambda chain: answers(chain, "stranger"),
    "not well of the first": lambda chain: answers(chain, "not_well", closeness=Closeness.NONE),
    "not well of the second": lambda chain: answers(chain, "yes", "not_well", closeness=Closeness.SLIGHT),
    "not now of the target": lambda chain: answers(chain, "yes", "yes", "yes", "not_now"),
}
OPEN: dict[str, Callable[[Chain], None]] = {
    "waiting": lambda chain: None,
    "one yes": lambda chain: answers(chain, "yes"),
    "two yes": lambda chain: answers(chain, "yes", "yes"),
    "three yes": lambda chain: answers(chain, "yes", "yes", "yes"),
}


def pages_of(chain: Chain, eva: Person, now: Any) -> str:
    """All that Alice can open, without what differs by chance (ids, tokens, the marks of addresses)."""
    client = Client()
    client.force_login(chain.alice, backend=BACKEND)
    found = []
    with travel(now, tick=False):
        for target in (chain.charlie, eva):
            want_routes(owner=chain.alice, target=target, now=now)
        refresh_routes(member_id=chain.alice.pk, now=now)
        ask = [
            reverse("introductions:ask", args=[target.id], query={"introducer": person.id})
            for target in (chain.charlie, eva)
            for person in chain.people
        ]
        for url in (
            reverse("today"),
            reverse("introductions:introductions"),
            reverse("introductions:introduction", args=[chain.introduction.id]),
            reverse("introductions:favours"),
            reverse("introductions:ask", args=[eva.id]),
            reverse("introductions:routes", args=[chain.charlie.id]),
            reverse("introductions:routes", args=[eva.id]),
            reverse("mail:log"),
            *(reverse("contacts:person", args=[person.id]) for person in (*chain.people, chain.charlie)),
            *ask,
        ):
            response = client.get(url, follow=True)
            assert response.status_code == 200
            found.append(response.content.decode())
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "ID", "\n".join(found))
    text = re.sub(r"member\d+@kith.test|m\d+-", "", text)
    text = re.sub(r'(csrfmiddlewaretoken" value=|X-CSRFToken": )"[^"]+"', "CSRF", text)
    return re.sub(r"hue-\d+", "HUE", text)


def one_and_the_same(pages: dict[str, str]) -> str:
    """They are; if not, the first line that differs is shown."""
    names = list(pages)
    first = pages[names[0]].splitlines()
    for name in names[1:]:
        other = pages[name].splitlines()
        differing = next(((a, b) for a, b in zip(first, other, strict=False) if a != b), None)
        assert differing is None, (names[0], name, differing)
        assert len(first) == len(other)
    return pages[names[0]]


def test_before_the_hour_every_end_looks_like_a_request_on_its_way():
    pages = {}
    for name, end in {**OPEN, **ENDS}.items():
        chain, eva = a_chain()
        end(chain)
        pages[name] = pages_of(chain, eva, EVENING + timedelta(hours=1))
    page = one_and_the_same(pages)
    assert "on its way" in page
    assert "has been asked enough of late" in page  # each of the three, whether or not they were asked


def test_after_the_hour_every_end_looks_the_same():
    pages = {}
    for name, end in ENDS.items():
        chain, eva = a_chain()
        end(chain)
        told_at = timing.reveal_time(EVENING, chain.alice.zone)
        with travel(told_at, tick=False):
            sweep()
            deliver()
        assert chain.fresh().shown_state == State.DECLINED
        pages[name] = pages_of(chain, eva, told_at + timedelta(hours=1))
    page = one_and_the_same(pages)
    assert "not this time" in page
    assert "With joy" not in page
    assert "No time" not in page


def test_withdrawn_it_looks_the_same_and_stays_so():
    pages, later = {}, {}
    for name in ("waiting", "two yes", "no of 0", "no of 3", "stop of the first", "silence of 1"):
        chain, eva = a_chain()
        {**OPEN, **ENDS}[name](chain)
        at = EVENING + timedelta(hours=1)
        with travel(at, tick=False):
            services.withdraw(introduction=chain.introduction, now=at)
            deliver()
        pages[name] = pages_of(chain, eva, at + timedelta(hours=1))
        with travel(at + 40 * DAY, tick=False):
            sweep()
        later[name] = pages_of(chain, eva, at + 40 * DAY)
    one_and_the_same(pages)
    one_and_the_same(later)


class TestHowWell:
    """ "I don't know them well enough" puts a tie right, and tells the asker no more than its writer chose."""

    def test_the_members_own_card_that_nobody_else_sees_is_put_right_at_once(self, bob):
        chain, _ = a_chain()
        verify(bob, chain.question(0).email)
        own = card(bob, "Ben", chain.people[1].handles.get().value, layer=Layer.CLOSEST)
        answers(chain, "not_well", closeness=Closeness.SLIGHT)
        own.refresh_from_db()
        assert own.layer == Layer.ACQUAINTANCE

    @pytest.mark.parametrize(("closeness", "reach"), [(Closeness.SLIGHT, 1), (Closeness.NONE, 0)])
    def test_a_shared_one_on_the_day_that_was_named_to_the_asker(self, bob, closeness, reach):
        chain, _ = a_chain()
        ConnectionFactory(inviter=chain.alice, invitee=bob)
        verify(bob, chain.question(0).email)
        email = chain.people[1].handles.get().value
        own = card(bob, "Ben", email, layer=Layer.CLOSEST, reach=Reach.MY_CONNECTIONS)
        answers(chain, "not_well", closeness=closeness)
        told_by = timing.told_by(NOW, 3, chain.alice.zone)
        for moment in (EVENING, told_by - timedelta(minutes=1)):
            with travel(moment, tick=False):
                sweep()
            own.refresh_from_db()
            assert (own.layer, own.reach) == (Layer.CLOSEST, 1)
        with travel(told_by, tick=False):
            sweep()
            sweep()
        own.refresh_from_db()
        assert (own.layer, own.reach) == (Layer.ACQUAINTANCE, reach)
        assert corrections.due_to_correct(told_by + DAY) == []

    def test_alices_note_of_the_two_stays_unless_they_let_her_know(self):
        chain, _ = a_chain()
        ana, ben = chain.people[:2]
        known = record_acquaintance(owner=chain.alice, one=ana, other=ben, closeness=Closeness.STRONG, now=NOW)
        answers(chain, "not_well", closeness=Closeness.NONE)
        self.tell(chain)
        known.refresh_from_db()
        assert known.closeness == Closeness.STRONG

    def test_with_leave_it_is_put_right_dated_once_she_is_told(self):
        chain, _ = a_chain()
        ana, ben = chain.people[:2]
        known = record_acquaintance(owner=chain.alice, one=ana, other=ben, closeness=Closeness.STRONG, now=NOW)
        answers(chain, "not_well", closeness=Closeness.NONE, may_correct=True)
        known.refresh_from_db()
        assert known.closeness == Closeness.STRONG
        self.tell(chain)
        known.refresh_from_db()
        assert known.closeness == Closeness.NONE
        assert known.evidence == "Ana Almeida said so"
        assert known.evidence_date == EVENING.date()
        assert routes_to(member=chain.alice, target=ben.id, now=EVENING + 3 * DAY) == []

    @staticmethod
    def tell(chain: Chain) -> None:
        with travel(timing.reveal_time(EVENING, chain.alice.zone), tick=False):
            sweep()
        assert chain.fresh().shown_state == State.DECLINED


def test_not_now_with_a_day_tells_who_and_when():
    chain, _ = a_chain()
    day = (EVENING + 40 * DAY).date()
    answers(chain, "yes", "not_now", again_date=day)
    with travel(timing.reveal_time(EVENING, chain.alice.zone), tick=False):
        sweep()
    (letter,) = chain.letters("not_this_time")
    assert f"Ben Berg would rather be asked later: you may ask again after {day:%-d %B %Y}." in letter.text
    client = Client()
    client.force_login(chain.alice, backend=BACKEND)
    with travel(EVENING + 2 * DAY, tick=False):
        page = client.get(reverse("introductions:introduction", args=[chain.introduction.id])).content.decode()
    assert "Ben Berg would rather be asked later" in page


def test_a_target_known_meanwhile_ends_it_kindly_and_looks_the_same_after_a_hidden_no():
    pages = {}
    for name in ("waiting", "two yes", "no of 1", "silence of 0"):
        chain, eva = a_chain()
        {**OPEN, **ENDS}[name](chain)
        at = EVENING + timedelta(hours=1)
        with travel(at, tick=False):
            book.update_person(person=chain.charlie, fields={"relation": Relation.KNOWN}, now=at, typed=True)
            sweep()
            deliver()
        introduction = chain.fresh()
        assert (introduction.state, introduction.shown_state) == (State.MET, State.MET)
        assert chain.asked() == []
        told = [
            letter.to[0]
            for letter in chain.letters("withdrawn")
            if letter.key.startswith(f"introduction:{introduction.id}")
        ]
        assert len(told) == {"waiting": 1, "two yes": 3, "no of 1": 0, "silence of 0": 0}[name]
        pages[name] = pages_of(chain, eva, at + timedelta(hours=1))
    assert "met meanwhile" in one_and_the_same(pages)
    assert not Acquaintance.objects.filter(closeness=Closeness.NONE).exists()
