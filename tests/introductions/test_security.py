"""Attacks on the links and on people's patience (TRUST.md S3–S8, S15), over a chain of three."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from time_machine import travel

from contacts.models import Relation
from introductions.models import Answer, Consent, ConsentState
from introductions.services import answering
from introductions.services import introductions as services
from netapp.lib import tokens
from netapp.lib.logs import formatter
from netapp.mail.models import Letter
from tests.conftest import BACKEND
from tests.factories import NOW, UserFactory
from tests.introductions.chains import EMAILS, HOUR, Chain, draft_chain
from tests.introductions.story import CHARLIE, NOTE, card, verify
from tests.journeys import rows

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _that_evening() -> Iterator[None]:
    with travel(NOW + 12 * HOUR, tick=False):
        yield


@pytest.fixture
def three(alice: Any) -> Chain:
    verify(alice)
    return draft_chain(alice, 3).send()


def token_of(chain: Chain, position: int) -> str:
    return tokens.derive("answer", chain.question(position).salt)


class TestScanners:
    """S3: whatever follows links answers nothing."""

    @pytest.mark.parametrize("position", [0, 1, 2, 3])
    def test_twenty_looks_change_no_row(self, three: Chain, client: Client, position: int) -> None:
        three.everybody_until(position)
        before = rows()
        for method in ("get", "head", "options"):
            for time in range(20):
                headers = {"Sec-Purpose": "prefetch;prerender", "Purpose": "prefetch"} if time % 2 else None
                link = f"{three.link(position)}?answer=yes&stop=1"
                assert getattr(client, method)(link, headers=headers).status_code == 200
        assert rows() == before
        assert client.post(three.link(position), {"answer": "no"}).status_code == 302


class TestTokens:
    """S4: one purpose, one step, one use; nothing at rest opens anything."""

    def test_long_and_nowhere_in_the_database(self, three: Chain) -> None:
        three.everybody_until(3)
        found = [token_of(three, position) for position in range(4)]
        assert all(len(token) >= 43 for token in found)  # 256 bits
        assert len(set(found)) == 4
        dump = "\n".join(row for table in rows().values() for row in table)
        assert not any(token in dump for token in found)
        assert Consent.objects.filter(token_digest=tokens.digest(found[0])).count() == 1

    def test_of_an_earlier_step_answers_no_later_one(self, three: Chain, client: Client) -> None:
        links = [three.link(0)]
        three.answer(0, "yes")
        for answer in ("yes", "no", "forward", "passed_on", "stop_site"):
            client.post(links[0], {"answer": answer})
        assert three.asked() == [1]
        assert three.question(0).answer == Answer.YES

    @pytest.mark.parametrize("position", [0, 1, 2, 3])
    @pytest.mark.parametrize("end", ["withdrawn", "expired", "tampered", "other purpose"])
    def test_refused_kindly_and_alike(self, three: Chain, client: Client, position: int, end: str) -> None:
        three.everybody_until(position)
        link = three.link(position)
        if end == "withdrawn":
            services.withdraw(introduction=three.introduction, now=NOW + 12 * HOUR)
        elif end == "expired":
            Consent.objects.filter(id=three.question(position).id).update(expires_at=NOW + 11 * HOUR)
        elif end == "tampered":
            link = link[:-3] + ("A" if link[-3] != "A" else "B") + link[-2:]
        else:
            link = reverse("introductions:answer", args=[tokens.derive("stop", three.question(position).salt)])
        unknown = client.get(reverse("introductions:answer", args=["x" * 43]))
        for method in ("get", "post"):
            response = getattr(client, method)(link, {"answer": "yes"})
            assert response.status_code in (404, 410)
            assert response.content == unknown.content
        assert three.question(position).answer == ""

    def test_a_yes_is_replayed_in_vain(self, three: Chain, client: Client) -> None:
        for _ in range(5):
            client.post(three.link(0), {"answer": "yes", "added": "Again"})
        assert Letter.objects.filter(kind="introducer_asked").count() == 2
        assert three.introduction.events.filter(what="hand_on").count() == 1


class TestLeaks:
    """S5: the address of an answer page stays between its reader and the site."""

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_no_referer_no_cache_no_index(self, three: Chain, client: Client, method: str) -> None:
        for link in (three.link(0), reverse("introductions:answer", args=["x" * 43])):
            response = getattr(client, method)(link, {"answer": "rubbish"})
            assert response["Referrer-Policy"] == "no-referrer"
            assert "no-store" in response["Cache-Control"]
            assert "noindex" in response["X-Robots-Tag"]

    @pytest.mark.parametrize("what", ["fine", "gone", "broken"])
    def test_no_log_holds_the_token(self, three: Chain, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
        written = io.StringIO()
        handler = logging.StreamHandler(written)
        handler.setFormatter(formatter())
        logging.getLogger().addHandler(handler)
        monkeypatch.setattr(logging.getLogger("django.request"), "propagate", True)
        link, token = three.link(0), token_of(three, 0)
        if what == "gone":
            services.withdraw(introduction=three.introduction, now=NOW + 12 * HOUR)
        if what == "broken":

            def fail(**_: Any) -> None:
                raise RuntimeError("out of order")

            monkeypatch.setattr(answering, "answer", fail)
        client = Client(raise_request_exception=False)
        client.get(link)
        response = client.post(link, {"answer": "no"})
        assert response.status_code == {"fine": 302, "gone": 410, "broken": 500}[what]
        logging.getLogger().removeHandler(handler)
        if what == "broken":
            assert "out of order" in written.getvalue() or "RuntimeError" in written.getvalue()
        assert token not in written.getvalue()
        assert EMAILS[0] not in written.getvalue()
        assert token.encode() not in response.content


class TestOrder:
    """S6: nobody before their turn, nobody skipped, and no address before everybody's yes."""

    @pytest.mark.parametrize("position", [1, 2, 3])
    def test_no_token_before_ones_turn(self, three: Chain, position: int) -> None:
        question = three.question(position)
        assert (question.token_digest, question.salt, question.email) == (None, "", "")
        with pytest.raises(services.NoLongerAsked):
            services.answer(consent_id=question.id, answer=Answer.YES, now=NOW + HOUR)
        assert three.asked() == [0]

    def test_the_dashboard_answers_no_sooner(self, three: Chain, bob: Any) -> None:
        verify(bob, CHARLIE)
        member = Client()
        member.force_login(bob, backend=BACKEND)
        url = reverse("introductions:asked", args=[three.question(3).id])
        assert member.get(url).status_code == 404
        assert member.post(url, {"answer": "yes"}).status_code == 404
        assert three.question(3).state == ConsentState.WAITING


def test_links_do_not_follow_a_forged_host(three: Chain, settings: Settings) -> None:
    """S7."""
    settings.ALLOWED_HOSTS = ["*"]
    forged = Client(HTTP_HOST="evil.example", HTTP_X_FORWARDED_HOST="evil.example")
    page = forged.post(three.link(0), {"answer": "yes"}, follow=True)
    assert "evil.example" not in page.content.decode()
    letters = Letter.objects.all()
    assert letters.count() == 2
    for letter in letters:
        assert "evil.example" not in letter.text + letter.html
        assert settings.BASE_URL in letter.text


class TestPatience:
    """S15: nobody writes to many, and nobody is written to by many."""

    def test_one_to_many(self) -> None:
        alice = UserFactory(name="Alice Anders")
        verify(alice)
        sent = 0
        for number in range(30):
            friend = card(alice, f"Friend {number}", f"friend{number}@x.test")
            target = card(alice, f"Target {number}", relation=Relation.WANTED)
            introduction = services.draft(
                owner=alice, target=target, introducer=friend, seat=None, message="", note=NOTE, now=NOW
            )
            try:
                services.send(introduction=introduction, now=NOW)
                sent += 1
            except services.CannotAsk:
                pass
        # Strangers count double in a new account's week of three.
        assert sent == 1
        assert Letter.objects.count() == 1

    def test_many_to_one_under_any_alias(self) -> None:
        sent = 0
        for number in range(20):
            asker = UserFactory(name=f"Asker {number}")
            verify(asker)
            friend = card(asker, "Bob", f"bob+{number}@x.test")
            target = card(asker, "Target", relation=Relation.WANTED)
            introduction = services.draft(
                owner=asker, target=target, introducer=friend, seat=None, message="", note=NOTE, now=NOW
            )
            try:
                services.send(introduction=introduction, now=NOW)
                sent += 1
            except services.CannotAsk:
                pass
        assert sent == 1

    def test_many_to_one_target_through_introducers_of_their_own(self) -> None:
        """An asker who answers as their own introducer still reaches a stranger once, and then not for 90 days."""
        for number in range(6):
            asker = UserFactory(name=f"Asker {number}")
            verify(asker)
            chain = draft_chain(asker, 1, charlie_email="", mark=f"own{number}-").send()
            chain.answer(0, "yes", next_email=f"charlie+{number}@stranger.test")
        assert Letter.objects.filter(kind="target_asked").count() == 1
        assert Consent.objects.filter(party="target", state=ConsentState.WAITING).count() == 5


def test_the_check_of_a_token_is_one_lookup(three: Chain, client: Client, django_assert_max_num_queries: Any) -> None:
    """No query takes longer the closer a guess is: the digest is looked up whole."""
    with django_assert_max_num_queries(2):
        client.get(reverse("introductions:answer", args=["x" * 43]))
    assert connection.vendor == "postgresql"
