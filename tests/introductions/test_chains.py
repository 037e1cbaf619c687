"""Over two or three introducers: each is asked in turn, sees what they may see, and passes it on or does not."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from time_machine import travel

from contacts.models import Connection, Handle, Person, Reach, Relation
from introductions.lifecycle import MoveNotAllowed, State
from introductions.models import AddressFrom, Answer, Consent, ConsentState, Introduction
from introductions.services import closing
from introductions.services import introductions as services
from netapp.mail.models import Letter, LetterState
from tests.conftest import BACKEND
from tests.factories import NOW, ConnectionFactory, PersonFactory
from tests.introductions.chains import EMAILS, HOUR, NAMES, Chain, draft_chain
from tests.introductions.story import CHARLIE, NOTE, card, verify

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _that_evening() -> Iterator[None]:
    with travel(NOW + 12 * HOUR, tick=False):
        yield


@pytest.fixture(params=[1, 2, 3])
def chain(request, alice) -> Chain:
    verify(alice)
    return draft_chain(alice, request.param).send()


@pytest.fixture
def three(alice) -> Chain:
    verify(alice)
    return draft_chain(alice, 3).send()


class TestInTurn:
    """One question at a time, the target last."""

    def test_each_passes_on_to_the_next(self, chain):
        for position in range(chain.target):
            assert chain.asked() == [position]
            introduction = chain.fresh()
            assert (introduction.state, introduction.position) == (State.INTRODUCER_ASKED, position)
            chain.answer(position, "yes")
        assert chain.asked() == [chain.target]
        assert chain.fresh().state == State.TARGET_ASKED
        chain.answer(chain.target, "yes")
        assert chain.fresh().state == State.INTRODUCED

    def test_to_the_asker_it_is_on_its_way_until_everybody_said_yes(self, chain):
        for position in range(chain.target):
            chain.answer(position, "yes")
            assert chain.fresh().shown_state == State.INTRODUCER_ASKED
        chain.answer(chain.target, "yes")
        assert chain.fresh().shown_state == State.INTRODUCED

    @pytest.mark.parametrize("answer", ["no", "not_now", "not_well", "not_me", "stranger", "stop"])
    def test_anybodys_no_ends_it_and_voids_the_rest(self, three, answer):
        three.answer(0, "yes")
        three.answer(1, answer)
        assert three.fresh().state in (State.DECLINED, State.NOT_NOW)
        assert three.fresh().shown_state == State.INTRODUCER_ASKED
        states = list(three.introduction.consents.order_by("position").values_list("state", flat=True))
        assert states == ["answered", "answered", "void", "void"]

    def test_nobody_answers_out_of_turn(self, three):
        for position in (1, 2, 3):
            with pytest.raises(services.NoLongerAsked):
                services.answer(consent_id=three.question(position).id, answer=Answer.YES, now=NOW + HOUR)
        three.answer(0, "yes")
        # A second answer of the first changes nothing; it comes back as it was.
        assert three.answer(0, "no").answer == "yes"
        assert three.asked() == [1]

    def test_the_database_lets_nobody_be_skipped(self, three):
        rows = Introduction.objects.filter(id=three.introduction.id)
        for wrong in ({"state": "target_asked"}, {"position": 3}, {"introducer_count": 4}, {"introducer_count": 0}):
            with pytest.raises(IntegrityError), transaction.atomic():
                rows.update(**wrong)
        with pytest.raises(IntegrityError), transaction.atomic():
            Consent.objects.filter(introduction=three.introduction, position=3).update(
                state="asked", asked_at=NOW, expires_at=NOW, token_digest="x", email=CHARLIE
            )

    def test_an_introducers_silence_ends_it(self, three):
        three.answer(0, "yes", now=NOW + DAY)
        assert closing.expire(introduction_id=three.introduction.id, now=NOW + 14 * DAY) is False
        assert closing.expire(introduction_id=three.introduction.id, now=NOW + 15 * DAY) is True
        assert three.fresh().state == State.EXPIRED

    def test_it_lasts_a_week_longer_for_each_further_introducer(self, chain):
        for position in range(chain.target):
            chain.answer(position, "yes", now=NOW + 10 * DAY * (position + 1))
        asked = chain.question(chain.target)
        assert asked.expires_at <= NOW + (14 + 7 * chain.target) * DAY

    def test_withdrawn_everybody_who_was_asked_is_told_and_the_unsent_is_called_back(self, three):
        three.answer(0, "yes")
        services.answer(consent_id=three.question(1).id, answer=Answer.YES, now=NOW + 5 * HOUR)
        services.withdraw(introduction=three.introduction, now=NOW + 6 * HOUR)
        assert three.asked() == []
        assert [letter.to for letter in three.letters("withdrawn")] == [[EMAILS[0]], [EMAILS[1]]]
        dora = Letter.objects.get(kind="introducer_asked", to=[EMAILS[2]])
        assert dora.state == LetterState.CANCELLED

    @pytest.mark.parametrize("position", [0, 1, 2, 3])
    def test_an_answer_after_a_withdrawal_does_nothing(self, three, position):
        three.everybody_until(position)
        services.withdraw(introduction=three.introduction, now=NOW + 10 * HOUR)
        with pytest.raises(services.NoLongerAsked):
            three.answer(position, "yes", now=NOW + 11 * HOUR)
        with pytest.raises(MoveNotAllowed):
            services.withdraw(introduction=three.introduction, now=NOW + 11 * HOUR)


class TestWhatEachSees:
    """Who asks, for whom, why, the note, and what the next one will read; nobody's address before its time."""

    def test_the_first(self, three, client):
        page = client.get(three.link(0)).content.decode()
        for words in (
            "Alice would like to meet Charlie Cole",
            "Would you pass it on to Ben Berg",
            "You share a studio.",
        ):
            assert words in page
        assert "Dear Ana, would you pass this on?" in page
        # What Ben will read, in Ana's name: without the words that were for Ana.
        letter = page.split('class="letter"')[1].split("</article>")[0]
        assert "Ana Almeida passes this on to you." in letter
        assert "They sing in one choir." in letter
        assert "Dear Ana" not in letter
        assert "You share a studio." not in letter

    def test_the_second(self, three, client):
        three.answer(0, "yes", added="Ben, she is the one with the lamp.")
        (asked,) = [letter for letter in three.letters("introducer_asked") if letter.to == [EMAILS[1]]]
        assert asked.from_name == "Ana Almeida via Kith"
        assert asked.reply_to == [EMAILS[0]]
        assert not asked.is_shown
        assert "Ben, she is the one with the lamp." in asked.text
        assert "Ana Almeida passes this on to you." in asked.text
        assert "Would you pass it on to Dora Dahl" in asked.text
        for hidden in (three.alice.email, CHARLIE, "Dear Ana", EMAILS[2]):
            assert hidden not in asked.text + asked.html
        page = client.get(three.link(1)).content.decode()
        assert "passes this on to you" in page
        assert "Ben, she is the one with the lamp." in page
        assert three.alice.email not in page

    def test_the_target(self, three, client):
        three.answer(0, "yes", added="Ben, she is the one with the lamp.")
        three.answer(1, "yes", added="Dora, from the choir to you.")
        three.answer(2, "yes", added="Charlie, you will like her.")
        (asked,) = three.letters("target_asked")
        assert asked.from_name == "Dora Dahl via Kith"
        assert asked.reply_to == [EMAILS[2]]
        assert "Dora heard of Alice from Ana Almeida and Ben Berg." in asked.text
        assert "Charlie, you will like her." in asked.text
        for hidden in ("the one with the lamp", "from the choir", three.alice.email, *EMAILS):
            assert hidden not in asked.text + asked.html
        page = client.get(three.link(3)).content.decode()
        assert "Dora heard of Alice from Ana Almeida and Ben Berg." in page
        for hidden in (three.alice.email, *EMAILS):
            assert hidden not in page

    def test_introduced_all_who_helped_are_in_copy_and_two_cards_attached(self, three):
        three.everybody_until(3)
        three.answer(3, "yes")
        (letter,) = three.letters("introduced")
        assert letter.to == [three.alice.email, CHARLIE]
        assert letter.cc == list(EMAILS)
        assert letter.reply_to == [three.alice.email, CHARLIE]
        assert [file["name"] for file in letter.attachments] == ["Alice Anders.vcf", "Charlie Cole.vcf"]
        assert "Ana Almeida, Ben Berg and Dora Dahl bring you together, and are in copy." in letter.text

    def test_members_see_their_own_evidence_and_nobody_elses(self, three, bob, client):
        verify(bob, EMAILS[0])
        own = card(bob, "Benny", EMAILS[1])
        Person.objects.filter(id=own.id).update(strength_reason="14 mails since March, both ways.")
        Person.objects.filter(id=three.people[0].id).update(strength_reason="ALICES OWN REASON")
        member = Client()
        member.force_login(bob, backend=BACKEND)
        page = member.get(reverse("introductions:asked", args=[three.question(0).id])).content.decode()
        assert "14 mails since March, both ways." in page
        assert "ALICES OWN REASON" not in page
        assert "14 mails since March" not in client.get(three.link(0)).content.decode()

    def test_looking_shows_the_line_and_answers_nothing(self, three, client):
        page = client.post(three.link(0), {"answer": "look", "added": "My line."}).content.decode()
        assert page.count("My line.") == 2
        assert three.asked() == [0]


class TestWhoseAddress:
    """For every step the book of whoever asks, then what they type, then the asker's own."""

    def test_the_introducers_book_first(self, three, bob):
        verify(bob, EMAILS[0])
        card(bob, "Ben", EMAILS[1])
        three.answer(0, "yes", next_email="else@where.test")
        assert (three.question(1).email, three.question(1).address_from) == (EMAILS[1], AddressFrom.INTRODUCER)

    def test_then_what_is_typed(self, three):
        three.answer(0, "yes", next_email="Ben@Work.test")
        assert (three.question(1).email, three.question(1).address_from) == ("ben@work.test", AddressFrom.TYPED)

    def test_then_the_askers(self, three):
        three.answer(0, "yes")
        assert (three.question(1).email, three.question(1).address_from) == (EMAILS[1], AddressFrom.ASKER)
        letter = next(one for one in three.letters("introducer_asked") if one.to == [EMAILS[1]])
        assert "Alice Anders had your address; Kith used it only after Ana had said yes." in letter.text

    def test_nobody_stands_twice_on_a_way(self, three):
        three.answer(0, "yes")
        for email in (EMAILS[0], EMAILS[1], three.alice.email):
            with pytest.raises(services.AddressUnusable):
                three.answer(1, "yes", next_email=email)
        assert three.asked() == [1]

    def test_a_shared_card_in_between_needs_the_introducers_word(self, alice, bob, client):
        verify(alice)
        verify(bob)
        ConnectionFactory(inviter=alice, invitee=bob)
        ana = card(alice, "Bob Brook", bob.email)
        theirs = card(bob, "Ben Berg", EMAILS[1], reach=Reach.MY_CONNECTIONS)
        target = card(alice, "Charlie Cole", relation=Relation.WANTED)
        introduction = services.draft(
            owner=alice, target=target, introducer=ana, then=[theirs], seat=None, message="", note=NOTE, now=NOW
        )
        chain = Chain(alice, [ana, theirs], target, introduction).send()
        assert chain.question(1).expected_mailbox == ""
        chain.answer(0, "yes")
        assert (chain.question(1).email, chain.question(1).address_from) == (EMAILS[1], AddressFrom.INTRODUCER)
        page = client.post(chain.link(1), {"answer": "yes"})
        assert page.status_code == 422
        chain.answer(1, "yes", next_email=CHARLIE)
        chain.answer(2, "yes")
        assert Handle.objects.filter(owner=alice, normalised=CHARLIE).exists()
        assert not Handle.objects.filter(owner=alice, normalised=EMAILS[1]).exists()


class TestDrafting:
    """Writing a way down."""

    @pytest.mark.parametrize("wrong", ["twice", "target", "four", "foreign"])
    def test_refused(self, alice, bob, wrong):
        people = [card(alice, name, email) for name, email in zip(NAMES, EMAILS, strict=True)]
        target = card(alice, "Charlie Cole", relation=Relation.WANTED)
        ways: dict[str, list[Person]] = {
            "twice": [people[1], people[1]],
            "target": [target],
            "four": [*people[1:], card(alice, "Eva", "eva@friends.test")],
            "foreign": [PersonFactory(owner=bob)],
        }
        then = ways[wrong]
        with pytest.raises(services.CannotAsk):
            services.draft(
                owner=alice, target=target, introducer=people[0], then=then, seat=None, message="", note="x", now=NOW
            )

    def test_sharing_that_was_withdrawn_meanwhile_stops_it(self, alice, bob):
        verify(alice)
        connection = ConnectionFactory(inviter=alice, invitee=bob)
        ana = card(alice, "Bob Brook", bob.email)
        theirs = card(bob, "Ben Berg", EMAILS[1], reach=Reach.MY_CONNECTIONS)
        target = card(alice, "Charlie Cole", relation=Relation.WANTED)
        introduction = services.draft(
            owner=alice, target=target, introducer=ana, then=[theirs], seat=None, message="", note=NOTE, now=NOW
        )
        Connection.objects.filter(id=connection.id).update(state="ended")
        with pytest.raises(services.CannotAsk, match="nor shared with you"):
            services.send(introduction=introduction, now=NOW)

    def test_on_the_page(self, alice, alice_client):
        people = [card(alice, name, email) for name, email in zip(NAMES, EMAILS, strict=True)]
        target = card(alice, "Charlie Cole", relation=Relation.WANTED)
        url = reverse(
            "introductions:ask",
            args=[target.id],
            query={"introducer": people[0].id, "then": [people[1].id, people[2].id]},
        )
        page = alice_client.get(url).content.decode()
        for words in ("passes it on to Ben Berg, then Dora Dahl, then Charlie Cole", "How Ana and Ben know each other"):
            assert words in page
        data = {"message": "Hi", "note": NOTE, "seat": "", "because_0": "Choir", "because_1": "", "because_2": "Work"}
        answer = alice_client.post(url, data)
        introduction = Introduction.objects.get()
        assert answer.url == reverse("introductions:introduction", args=[introduction.id])
        rows = introduction.consents.order_by("position").values_list("name", "party", "because", "state")
        assert list(rows) == [
            ("Ana Almeida", "introducer", "Choir", ConsentState.WAITING),
            ("Ben Berg", "introducer", "", ConsentState.WAITING),
            ("Dora Dahl", "introducer", "Work", ConsentState.WAITING),
            ("Charlie Cole", "target", "", ConsentState.WAITING),
        ]
        assert "Why you, as far as Alice knows" in alice_client.get(answer.url).content.decode()
        edit = reverse("introductions:edit", args=[introduction.id])
        assert "Choir" in alice_client.get(edit).content.decode()
        alice_client.post(edit, {**data, "because_0": "Band"})
        assert introduction.consents.get(position=0).because == "Band"
        assert introduction.consents.count() == 4

    def test_a_foreign_card_in_between_is_a_missing_one(self, alice, bob, alice_client):
        ana = card(alice, "Ana", EMAILS[0])
        target = card(alice, "Charlie", relation=Relation.WANTED)
        theirs = PersonFactory(owner=bob)
        base = {"introducer": ana.id}
        foreign = alice_client.get(reverse("introductions:ask", args=[target.id], query={**base, "then": theirs.id}))
        assert foreign.status_code == 404
        wrong = alice_client.get(reverse("introductions:ask", args=[target.id], query={**base, "then": "x"}))
        assert wrong.status_code == 404


def test_a_chain_is_told_and_thanked_whole(three):
    three.everybody_until(3)
    three.answer(3, "yes")
    services.talked(introduction=three.introduction, now=NOW + 2 * DAY)
    services.tell_introducers(introduction=three.introduction, line="It was good.", now=NOW + 3 * DAY)
    assert [letter.to[0] for letter in three.letters("introducer_told")] == list(EMAILS)
    assert three.fresh().told == "It was good."
