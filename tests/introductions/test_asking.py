"""Alice writes, looks at it as Bob will, sends it, and may take it back."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contacts.graph import Source
from contacts.models import AcquaintanceSource, Closeness, Connection, Handle, Reach, Relation
from contacts.services import people
from contacts.services.acquaintances import record_acquaintance
from introductions import notes
from introductions.lifecycle import MoveNotAllowed, State
from introductions.models import ConsentState, Introduction, Route, RouteSearch
from introductions.routes import Leg
from introductions.services import introductions as services
from introductions.services import objectives
from netapp.mail.models import Letter, LetterState, Suppression
from netapp.mail.suppression import digest_of
from netapp.mail.tasks import deliver
from tests.factories import NOW, AcquaintanceFactory, ConnectionFactory, IntroductionFactory, PersonFactory
from tests.introductions.story import BOB, CHARLIE, NOTE, asked, begin, card, verify

pytestmark = pytest.mark.django_db


def ask_url(person, **query) -> str:
    return reverse("introductions:ask", args=[person.id], query=query)


class TestDraft:
    """Writing it down."""

    def test_sends_nothing(self, draft):
        assert draft.introduction.state == State.DRAFT
        assert not Letter.objects.exists()
        assert {one.state for one in draft.introduction.consents.all()} == {ConsentState.WAITING}

    def test_one_open_request_for_a_target(self, draft):
        ann = card(draft.alice, "Ann", "ann@x.test")
        with pytest.raises(services.AlreadyOpen):
            services.draft(
                owner=draft.alice, target=draft.charlie, introducer=ann, seat=None, message="", note="x", now=NOW
            )
        with pytest.raises(IntegrityError), transaction.atomic():
            Introduction.objects.create(
                owner=draft.alice, target=draft.charlie, introducer_name="x", target_name="y", note="z", state_at=NOW
            )

    def test_a_no_that_is_not_told_yet_refuses_a_second_request_like_one_on_its_way(self, sent):
        sent.answer("introducer", "no")
        ann = card(sent.alice, "Ann", "ann@x.test")
        with pytest.raises(services.AlreadyOpen):
            services.draft(
                owner=sent.alice, target=sent.charlie, introducer=ann, seat=None, message="", note="x", now=NOW
            )

    def test_not_for_somebody_known(self, alice):
        known = card(alice, "Dora", "dora@x.test")
        with pytest.raises(services.CannotAsk, match="You know Dora already"):
            services.draft(
                owner=alice,
                target=known,
                introducer=card(alice, "Ann", "ann@x.test"),
                seat=None,
                message="",
                note="x",
                now=NOW,
            )

    @pytest.mark.parametrize("fields", [{"relation": Relation.WANTED}, {"email": ""}])
    def test_the_introducer_is_known_and_can_be_written_to(self, alice, fields):
        fields = {"email": "ann@x.test", **fields}
        ann = card(alice, "Ann", **fields)
        with pytest.raises(services.CannotAsk):
            begin_with(alice, ann)

    def test_a_strangers_card_is_no_introducer(self, alice, bob):
        with pytest.raises(services.CannotAsk):
            begin_with(alice, card(bob, "Ann", "ann@x.test"))

    def test_an_address_that_mail_came_back_from_is_none(self, draft):
        Handle.objects.filter(person=draft.bob).update(is_failing=True)
        with pytest.raises(services.CannotAsk, match="no e-mail address"):
            services.send(introduction=draft.introduction, now=NOW)


def begin_with(alice, introducer):
    target = card(alice, "Charlie Cole", CHARLIE, relation=Relation.WANTED)
    return services.draft(owner=alice, target=target, introducer=introducer, seat=None, message="", note=NOTE, now=NOW)


class TestSend:
    """Asking the friend."""

    def test_writes_one_letter_to_the_friend_and_nobody_else(self, sent):
        letter = Letter.objects.get()
        assert letter.kind == "introducer_asked"
        assert letter.to == [BOB]
        assert letter.reply_to == [sent.alice.email]
        assert letter.from_name == "Alice Anders via Kith"
        assert asked(sent.introduction) == ["introducer"]
        assert CHARLIE not in letter.text + letter.html

    def test_the_target_has_no_address_and_no_token_yet(self, sent):
        target = sent.question("target")
        assert (target.state, target.email, target.token_digest, target.asked_at) == (
            ConsentState.WAITING,
            "",
            None,
            None,
        )

    def test_twice_is_once(self, sent):
        with pytest.raises(MoveNotAllowed):
            services.send(introduction=sent.introduction, now=NOW)
        assert Letter.objects.count() == 1

    def test_the_token_is_in_the_letter_only_as_a_placeholder(self, sent):
        letter = Letter.objects.get()
        assert sent.token("introducer") not in letter.text + letter.html
        assert len(sent.token("introducer")) >= 22
        assert sent.question("introducer").token_digest not in letter.text

    @pytest.mark.parametrize("note", ["", "word " * 121, "I am [a line about you]."])
    def test_not_before_the_note_is_ready(self, draft, note):
        Introduction.objects.filter(id=draft.introduction.id).update(note=note)
        with pytest.raises(notes.NoteNotReady):
            services.send(introduction=draft.introduction, now=NOW)
        assert draft.fresh().state == State.DRAFT

    def test_somebody_who_stopped_mail_is_not_written_to_and_not_told_on(self, draft, alice_client, smtp_sink):
        Suppression.objects.create(address_digest=digest_of(BOB), reason=Suppression.Reason.ASKED)
        page = alice_client.post(reverse("introductions:send", args=[draft.introduction.id]), follow=True)
        assert "Bob Brook is asked." in page.content.decode()
        deliver()
        assert Letter.objects.get().state == LetterState.SUPPRESSED
        assert not smtp_sink.to(BOB)
        log = alice_client.get(reverse("mail:log")).content.decode()
        assert '<span class="state state--moving">done</span>' in log
        assert "takes no letters" not in log

    def test_a_target_who_is_shared_no_more_is_not_asked_for(self, alice, bob):
        verify(alice)
        connected = ConnectionFactory(inviter=alice, invitee=bob)
        shared = PersonFactory(owner=bob, full_name="Charlie Cole", role="editor", reach=Reach.MY_CONNECTIONS)
        story = begin(alice, charlie=shared)
        assert story.introduction.target_name == "Charlie Cole"
        Connection.objects.filter(id=connected.id).update(state="ended")
        with pytest.raises(services.CannotAsk, match="nor shared with you"):
            services.send(introduction=story.introduction, now=NOW)

    def test_a_member_without_a_name_says_it_first(self, draft):
        draft.alice.name = ""
        draft.alice.save()
        with pytest.raises(services.CannotAsk, match="your name first"):
            services.send(introduction=draft.introduction, now=NOW)


class TestWithdraw:
    """Taking it back."""

    def test_an_unsent_letter_is_cancelled_and_nobody_hears_of_it(self, draft):
        services.send(introduction=draft.introduction, now=NOW)
        services.withdraw(introduction=draft.introduction, now=NOW)
        letter = Letter.objects.get()
        assert letter.state == LetterState.CANCELLED
        assert draft.question("introducer").state == ConsentState.VOID

    def test_whoever_was_written_to_is_told(self, sent):
        services.withdraw(introduction=sent.introduction, now=NOW)
        (letter,) = sent.letters("withdrawn")
        assert letter.to == [BOB]
        assert not letter.is_shown

    def test_both_are_told_where_both_were_asked(self, sent):
        sent.answer("introducer", "yes")
        services.withdraw(introduction=sent.introduction, now=NOW + timedelta(days=1))
        assert sorted(letter.to[0] for letter in sent.letters("withdrawn")) == [BOB, CHARLIE]
        assert asked(sent.introduction) == []

    def test_a_no_that_is_not_told_yet_is_withdrawn_all_the_same(self, sent):
        sent.answer("introducer", "no")
        services.withdraw(introduction=sent.introduction, now=NOW + timedelta(hours=5))
        assert sent.fresh().shown_state == State.WITHDRAWN
        assert sent.letters("withdrawn") == []
        with pytest.raises(MoveNotAllowed):
            services.withdraw(introduction=sent.introduction, now=NOW)

    def test_not_once_they_are_introduced(self, sent):
        sent.answer("introducer", "yes")
        sent.answer("target", "yes")
        with pytest.raises(MoveNotAllowed):
            services.withdraw(introduction=sent.introduction, now=NOW)


class TestPages:
    """The way there in the browser."""

    def test_first_through_whom(self, alice_client, alice):
        bob, charlie = card(alice, "Bob Brook", BOB), card(alice, "Charlie Cole", relation=Relation.WANTED)
        record_acquaintance(
            owner=alice,
            one=bob,
            other=charlie,
            closeness=Closeness.STRONG,
            evidence="They shared a studio",
            evidence_date=None,
            now=NOW,
            source=AcquaintanceSource.SAID,
        )
        page = alice_client.get(ask_url(charlie)).content.decode()
        assert "Ask Bob Brook" in page
        assert "They shared a studio" in page
        assert "Kith sees no sign that you know each other" in page

    def test_routes_come_first(self, alice_client, alice):
        ann, bob = card(alice, "Ann Able", "ann@x.test"), card(alice, "Bob Brook", BOB)
        charlie = card(alice, "Charlie Cole", relation=Relation.WANTED)
        RouteSearch.objects.filter(owner=alice).delete()
        search = RouteSearch.objects.create(owner=alice, target=charlie, asked_at=NOW)
        for rank, person in enumerate([bob, ann], 1):
            known = AcquaintanceFactory(one=person, other=charlie)
            first = Leg(tail=None, head=person.id, source=Source.OWN, card=None, acquaintance=None, chance=0.7)
            second = Leg(
                tail=person.id,
                head=charlie.id,
                source=Source.ACQUAINTANCE,
                card=None,
                acquaintance=known.id,
                chance=0.7,
            )
            legs = [first.written(), second.written()]
            Route.objects.create(search=search, rank=rank, introducer=person, cost=1, chance=0.5, weakest=0, legs=legs)
        page = alice_client.get(ask_url(charlie)).content.decode()
        assert page.index("Ask Bob Brook") < page.index("Ask Ann Able")

    def test_then_the_note_drafted_from_the_objective(self, alice_client, draft):
        seat = draft.introduction.seat
        draft.introduction.delete()
        page = alice_client.get(ask_url(draft.charlie, introducer=draft.bob.id, seat=seat.id)).content.decode()
        assert "Publish my book of photographs" in page
        assert "photo editor at Tinta" in page
        assert "[one line about you" in page

    def test_writing_looking_sending(self, alice_client, draft):
        draft.introduction.delete()
        url = ask_url(draft.charlie, introducer=draft.bob.id)
        answer = alice_client.post(url, {"message": "Hello Bob", "note": NOTE, "seat": ""})
        introduction = Introduction.objects.get()
        assert answer.url == reverse("introductions:introduction", args=[introduction.id])
        page = alice_client.get(answer.url).content.decode()
        assert "As Bob will read it" in page
        assert "Would you introduce Alice Anders to Charlie Cole?" in page
        sent = alice_client.post(reverse("introductions:send", args=[introduction.id]), follow=True)
        assert "Bob Brook is asked" in sent.content.decode()
        assert Letter.objects.get().to == [BOB]

    def test_the_preview_is_the_letter(self, alice_client, draft):
        page = alice_client.get(reverse("introductions:introduction", args=[draft.introduction.id])).content.decode()
        draft.send()
        html = Letter.objects.get().html
        for sentence in ("No is a fine answer, and so is silence", "Charlie Cole</strong> (photo editor, Tinta)"):
            assert sentence in page.replace("<strong>Charlie Cole</strong>", "Charlie Cole</strong>")
            assert sentence in html.replace("<strong>Charlie Cole</strong>", "Charlie Cole</strong>")

    def test_too_long_a_note_keeps_what_was_typed(self, alice_client, draft):
        draft.introduction.delete()
        url = ask_url(draft.charlie, introducer=draft.bob.id)
        answer = alice_client.post(url, {"message": "Hi", "note": "word " * 130})
        assert answer.status_code == 422
        assert "130 words" in answer.content.decode()
        assert "word word word" in answer.content.decode()

    def test_a_draft_can_be_changed(self, alice_client, draft):
        url = reverse("introductions:edit", args=[draft.introduction.id])
        assert "Would you pass this on?" in alice_client.get(url).content.decode()
        alice_client.post(url, {"message": "Shorter", "note": "Dear Charlie", "seat": ""})
        assert draft.fresh().message == "Shorter"

    def test_no_link_leads_to_what_was_deleted(self, alice_client, sent):
        sent.answer("introducer", "yes")
        sent.answer("target", "yes")
        objective = sent.introduction.seat.objective
        links = [
            reverse("contacts:person", args=[sent.charlie.id]),
            reverse("introductions:objective", args=[objective.id]),
        ]
        here = reverse("introductions:introduction", args=[sent.introduction.id])
        assert all(link in alice_client.get(here).content.decode() for link in links)
        people.delete_person(person=sent.charlie, now=NOW)
        objectives.delete_objective(objective=objective, now=NOW)
        assert not any(link in alice_client.get(here).content.decode() for link in links)

    def test_a_draft_is_thrown_away_without_a_word_of_others(self, alice_client, draft):
        url = reverse("introductions:withdraw", args=[draft.introduction.id])
        page = alice_client.post(url, follow=True).content.decode()
        assert "Thrown away." in page
        assert "Whoever was asked" not in page

    def test_asking_again_leads_to_the_open_one(self, alice_client, sent):
        answer = alice_client.get(ask_url(sent.charlie))
        assert answer.url == reverse("introductions:introduction", args=[sent.introduction.id])

    def test_somebody_known_is_written_to_directly(self, alice_client, alice):
        known = card(alice, "Dora", "dora@x.test")
        assert alice_client.get(ask_url(known)).url == reverse("contacts:person", args=[known.id])

    def test_an_introducer_without_an_address_says_what_to_do(self, alice_client, alice):
        ann, charlie = card(alice, "Ann Able"), card(alice, "Charlie", relation=Relation.WANTED)
        page = alice_client.get(ask_url(charlie, introducer=ann.id)).content.decode()
        assert "Ann Able has no e-mail address in your book" in page

    def test_the_introducer_asks_nobody_elses_card(self, alice_client, alice, bob):
        charlie = card(alice, "Charlie", relation=Relation.WANTED)
        theirs = card(bob, "Secret", "s@x.test")
        foreign = alice_client.get(ask_url(charlie, introducer=theirs.id))
        missing = alice_client.get(ask_url(charlie, introducer=uuid4()))
        assert foreign.status_code == missing.status_code == 404
        assert foreign.content == missing.content


PAGES = ["introduction", "edit", "send", "withdraw", "talked", "close", "tell"]


class TestStrangers:
    """Charlie the member sees nothing of Alice's."""

    @pytest.mark.parametrize("name", PAGES)
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_a_foreign_introduction_is_a_missing_one(self, charlie_client, draft, name, method):
        foreign = getattr(charlie_client, method)(reverse(f"introductions:{name}", args=[draft.introduction.id]))
        missing = getattr(charlie_client, method)(reverse(f"introductions:{name}", args=[uuid4()]))
        assert foreign.status_code == missing.status_code
        assert foreign.status_code in (404, 405)
        assert foreign.content == missing.content
        assert draft.fresh().state == State.DRAFT

    def test_a_foreign_target_is_a_missing_one(self, charlie_client, draft):
        foreign = charlie_client.get(ask_url(draft.charlie))
        missing = charlie_client.get(reverse("introductions:ask", args=[uuid4()]))
        assert foreign.status_code == missing.status_code == 404
        assert foreign.content == missing.content

    @pytest.mark.parametrize("name", PAGES)
    def test_without_log_in(self, client, draft, name):
        answer = client.post(reverse(f"introductions:{name}", args=[draft.introduction.id]))
        assert answer.status_code == 302
        assert "login" in answer.url


def test_queries_do_not_grow(alice, alice_client):
    def some(count: int) -> int:
        for state in ("draft", "introduced", "talked", "closed", "withdrawn"):
            for _ in range(count):
                IntroductionFactory(owner=alice, state=state, introduced_at=NOW)
        with CaptureQueriesContext(connection) as queries:
            assert alice_client.get(reverse("introductions:introductions")).status_code == 200
        return len(queries)

    assert some(1) == some(10)


class TestNotes:
    """What Kith writes for Alice to begin with."""

    def test_short_enough_with_everything_given(self):
        about = notes.About(
            asker="Alice Anders",
            asker_first="Alice",
            introducer_first="Bob",
            target="Charlie Cole",
            target_role="photo editor",
            target_organisation="Tinta",
            objective="Publish my book of photographs.",
            why="Ten years of nights in hospitals. " * 30,
            seat="Commissioning editor",
        )
        note = notes.draft_note(about)
        assert notes.word_count(note) <= notes.MAX_WORDS
        assert "a commissioning editor" in note
        assert notes.gaps(note) == ["[one line about you that they would care about]"]

    @pytest.mark.parametrize(
        ("seat", "said"),
        [
            ("Editor at a publisher", "I am looking for an editor at a publisher, and"),
            ("CTO of a bank", "I am looking for a CTO of a bank, and"),
            ("Somebody who teaches it", "I am looking for somebody who teaches it, and"),
            ("A recruiter who knows the field", "I am looking for a recruiter who knows the field, and"),
        ],
    )
    def test_a_seat_is_named_as_people_would(self, seat, said):
        about = notes.About(
            asker="Alice",
            asker_first="Alice",
            introducer_first="Bob",
            target="Charlie",
            target_role="binder",
            seat=seat,
        )
        assert said in notes.draft_note(about)

    def test_honest_with_nothing_given(self):
        about = notes.About(asker="Alice", asker_first="Alice", introducer_first="Bob", target="Charlie")
        assert len(notes.gaps(notes.draft_note(about))) == 3
        assert "Charlie" in notes.draft_message(about)
