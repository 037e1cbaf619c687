"""Bob and Charlie answer, from the mail or in the dashboard; nobody answers by a GET, and nobody answers twice."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from time_machine import travel

from contacts.handles import HandleKind
from contacts.models import Handle, Interaction, Person, Reach, Relation, Reminder, ReminderKind
from contacts.services import people
from contacts.services.handles import HandleInput
from introductions.lifecycle import State
from introductions.models import AddressFrom, Answer, ConsentState
from introductions.services import addresses
from introductions.services import introductions as services
from introductions.services.addresses import Typing
from netapp.mail.models import Letter
from tests.conftest import BACKEND
from tests.factories import NOW, ConnectionFactory, PersonFactory, UserFactory
from tests.introductions.story import BOB, CHARLIE, asked, begin, card, verify

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=3)


@pytest.fixture(autouse=True)
def _clock():
    with travel(LATER, tick=False):
        yield


class TestTheWay:
    """From the first yes to the introduction."""

    def test_the_friends_yes_asks_the_target(self, sent):
        sent.answer("introducer", "yes", added="She is the real thing.")
        assert sent.fresh().state == State.TARGET_ASKED
        assert sent.fresh().shown_state == State.INTRODUCER_ASKED
        assert asked(sent.introduction) == ["target"]
        (letter,) = sent.letters("target_asked")
        assert letter.to == [CHARLIE]
        assert letter.from_name == "Bob Brook via Kith"
        assert letter.reply_to == [BOB]
        assert "She is the real thing." in letter.text

    def test_both_yes_introduces_them_in_one_mail(self, sent):
        sent.answer("introducer", "yes")
        sent.answer("target", "yes", now=NOW + timedelta(days=1))
        assert sent.fresh().state == sent.fresh().shown_state == State.INTRODUCED
        (letter,) = sent.letters("introduced")
        assert letter.to == [sent.alice.email, CHARLIE]
        assert letter.cc == [BOB]
        assert letter.reply_to == [sent.alice.email, CHARLIE]
        for email in (CHARLIE, sent.alice.email):
            assert email in letter.text

    def test_the_target_stands_in_alices_book_then(self, alice):
        verify(alice)
        story = begin(alice, charlie_email="").send()
        story.answer("introducer", "yes", next_email="Charlie@Stranger.test ")
        assert not Handle.objects.filter(owner=alice, normalised=CHARLIE).exists()
        story.answer("target", "yes")
        charlie = Person.objects.get(id=story.charlie.id)
        assert charlie.relation == Relation.KNOWN
        assert charlie.met_through == story.bob
        assert charlie.handles.get().normalised == CHARLIE
        assert charlie.last_contact_at == LATER
        assert Interaction.objects.get(person=charlie).note == "Bob Brook introduced us."

    def test_a_shared_card_becomes_one_of_alices_own(self, alice, bob):
        verify(alice)
        ConnectionFactory(inviter=alice, invitee=bob)
        theirs = PersonFactory(owner=bob, full_name="Charlie Cole", role="editor", reach=Reach.MY_CONNECTIONS)
        story = begin(alice, charlie=theirs).send()
        story.answer("introducer", "yes", next_email=CHARLIE)
        story.answer("target", "yes")
        own = story.fresh().target
        assert own is not None
        assert own.owner == alice
        assert (own.full_name, own.role, own.relation) == ("Charlie Cole", "editor", Relation.KNOWN)
        assert own.handles.get().normalised == CHARLIE

    def test_reminders_follow(self, sent):
        sent.answer("introducer", "yes")
        sent.answer("target", "yes")
        due = {row.kind: row.due_at for row in Reminder.objects.filter(about=sent.introduction.id)}
        assert (due[ReminderKind.REPLY_TODAY] - LATER).days == 0
        assert (due[ReminderKind.DID_YOU_TALK] - LATER).days == 6
        services.talked(introduction=sent.introduction, now=NOW + timedelta(days=5))
        open_ones = Reminder.objects.filter(about=sent.introduction.id, state="waiting")
        assert [row.kind for row in open_ones] == [ReminderKind.THANK_INTRODUCER]
        services.tell_introducers(introduction=sent.introduction, line="We work together.", now=NOW + timedelta(days=6))
        assert not open_ones.all().exists()
        (letter,) = sent.letters("introducer_told")
        assert letter.to == [BOB]
        assert "We work together." in letter.text
        services.tell_introducers(introduction=sent.introduction, line="Again", now=NOW + timedelta(days=6))
        assert len(sent.letters("introducer_told")) == 1
        services.close(introduction=sent.introduction, outcome="A book", was_worth_it=True, now=NOW + timedelta(days=9))
        assert sent.fresh().state == State.CLOSED

    def test_passing_it_on_hands_over_the_note(self, sent, client):
        page = client.post(sent.link("introducer"), {"answer": "forward"}, follow=True).content.decode()
        assert "Would you have twenty minutes for me?" in page
        assert "mailto:?subject=" in page
        assert sent.fresh().shown_state == State.FORWARDED
        assert sent.letters("target_asked") == []
        (letter,) = sent.letters("forwarded")
        assert letter.to == [sent.alice.email]
        services.talked(introduction=sent.introduction, now=NOW + timedelta(days=3))
        assert Person.objects.get(id=sent.charlie.id).relation == Relation.KNOWN


class TestWhoseAddress:
    """The introducer's book, then what the introducer types, then the asker's; never without the introducer's yes."""

    def test_a_member_introducers_own_card_comes_first(self, alice, bob):
        verify(alice)
        verify(bob, BOB)
        PersonFactory(owner=bob, full_name="Not Charlie")
        both = "shared@charlie.test"
        story = begin(alice, charlie_email=both)
        theirs = card(bob, "C. Cole", "private@charlie.test")
        add_handle(theirs, both)
        story.send()
        question = story.question("introducer")
        assert addresses.typing(question) is Typing.NEEDLESS
        story.answer("introducer", "yes", next_email="typed@charlie.test")
        assert story.question("target").email == "private@charlie.test"
        assert story.question("target").address_from == AddressFrom.INTRODUCER

    def test_an_address_that_is_not_verified_speaks_for_nobody(self, alice, bob):
        verify(alice)
        story = begin(alice)
        card(bob, "C. Cole", CHARLIE)
        story.send()
        assert addresses.typing(story.question("introducer")) is Typing.WELCOME

    def test_what_is_typed_comes_before_the_askers(self, sent):
        sent.answer("introducer", "yes", next_email="work@charlie.test")
        assert sent.question("target").email == "work@charlie.test"
        assert sent.question("target").address_from == AddressFrom.TYPED

    def test_the_askers_own_last(self, sent):
        sent.answer("introducer", "yes")
        assert sent.question("target").address_from == AddressFrom.ASKER
        assert "used it only after Bob had said yes" in sent.letters("target_asked")[0].text

    def test_none_at_all_asks_for_one(self, alice, client):
        verify(alice)
        story = begin(alice, charlie_email="").send()
        page = client.post(story.link("introducer"), {"answer": "yes", "added": "She is good."})
        assert page.status_code == 422
        assert "Kith needs an address" in page.content.decode()
        assert "She is good." in page.content.decode()
        assert story.fresh().state == State.INTRODUCER_ASKED
        client.post(story.link("introducer"), {"answer": "yes", "next_email": CHARLIE})
        assert story.question("target").email == CHARLIE

    @pytest.mark.parametrize("typed", ["no address", "alice@kith.test", BOB])
    def test_what_cannot_be_charlies_is_refused(self, sent, client, typed):
        page = client.post(sent.link("introducer"), {"answer": "yes", "next_email": typed})
        assert page.status_code == 422
        assert sent.fresh().state == State.INTRODUCER_ASKED
        assert sent.question("introducer").state == ConsentState.ASKED


def add_handle(person, email):
    here = [HandleInput(HandleKind.EMAIL, row.value) for row in person.handles.all()]
    people.update_person(
        person=person, fields={}, handles=[*here, HandleInput(HandleKind.EMAIL, email)], now=NOW, typed=True
    )


class TestTheLink:
    """What can be done with the link in the mail, and what cannot."""

    @pytest.mark.parametrize("party", ["introducer", "target"])
    def test_scanners_change_nothing(self, sent, client, party):
        if party == "target":
            sent.answer("introducer", "yes")
        before = sent.fresh().state, Letter.objects.count(), sent.introduction.events.count()
        for method in ("get", "head", "options"):
            for _ in range(20):
                response = getattr(client, method)(sent.link(party), headers={"Purpose": "prefetch"})
                assert response.status_code == 200
        for answer in ("yes", "no"):
            client.get(sent.link(party), {"answer": answer})
        assert (sent.fresh().state, Letter.objects.count(), sent.introduction.events.count()) == before
        client.post(sent.link(party), {"answer": "no"})
        assert sent.question(party).answer == "no"

    @pytest.mark.parametrize("method", ["put", "delete", "patch"])
    def test_no_other_methods(self, sent, client, method):
        assert getattr(client, method)(sent.link("introducer")).status_code == 405

    def test_goes_nowhere_else(self, sent, client):
        response = client.get(sent.link("introducer"))
        assert response["Referrer-Policy"] == "no-referrer"
        assert "no-store" in response["Cache-Control"]
        assert "noindex" in response["X-Robots-Tag"]
        assert not response.cookies

    def test_works_without_cookies_and_scripts(self, sent):
        strict = Client(enforce_csrf_checks=True)
        page = strict.get(sent.link("introducer"))
        assert "<script" not in page.content.decode()
        assert strict.post(sent.link("introducer"), {"answer": "yes"}).status_code == 302

    def test_the_second_click_is_told_what_happened(self, sent, client):
        client.post(sent.link("introducer"), {"answer": "yes"})
        for answer in ("yes", "no", "rubbish", "look"):
            page = client.post(sent.link("introducer"), {"answer": answer}, follow=True)
            assert "You said yes" in page.content.decode()
        assert sent.question("introducer").answer == Answer.YES
        assert len(sent.letters("target_asked")) == 1

    @pytest.mark.parametrize("answer", ["", "rubbish", "asked"])
    def test_what_is_no_answer_answers_nothing(self, sent, client, answer):
        assert client.post(sent.link("introducer"), {"answer": answer}).status_code == 422
        assert sent.fresh().state == State.INTRODUCER_ASKED

    @pytest.mark.parametrize("answer", ["forward", "not_well"])
    def test_the_target_has_the_targets_answers_only(self, sent, client, answer):
        sent.answer("introducer", "yes")
        assert client.post(sent.link("target"), {"answer": answer}).status_code == 422
        assert sent.fresh().state == State.TARGET_ASKED

    def test_a_link_that_is_open_no_more_says_nothing_of_anybody(self, sent, client):
        unknown = client.get(reverse("introductions:answer", args=["x" * 43]))
        assert unknown.status_code == 404
        tampered = client.get(sent.link("introducer")[:-2] + "x/")
        assert (tampered.status_code, tampered.content) == (404, unknown.content)
        link = sent.link("introducer")
        with travel(NOW + timedelta(days=15), tick=False):
            expired = client.get(link)
            assert (expired.status_code, expired.content) == (410, unknown.content)
            assert client.post(link, {"answer": "yes"}).status_code == 410
        services.withdraw(introduction=sent.introduction, now=LATER)
        for method in ("get", "post"):
            withdrawn = getattr(client, method)(link, {"answer": "yes"})
            assert (withdrawn.status_code, withdrawn.content) == (410, unknown.content)
        assert b"Alice" not in unknown.content
        assert sent.question("introducer").state == ConsentState.VOID

    def test_an_answered_link_closes_after_a_while(self, sent, client):
        client.post(sent.link("introducer"), {"answer": "yes"})
        with travel(NOW + timedelta(days=70), tick=False):
            assert client.get(sent.link("introducer")).status_code == 410

    def test_bobs_link_does_not_answer_for_charlie(self, sent, client):
        link = sent.link("introducer")
        sent.answer("introducer", "yes")
        client.post(link, {"answer": "yes"})
        assert sent.fresh().state == State.TARGET_ASKED
        assert sent.question("target").state == ConsentState.ASKED

    def test_the_target_has_no_token_before_the_friends_yes(self, sent):
        assert sent.question("target").token_digest is None
        with pytest.raises(services.NoLongerAsked):
            services.answer(consent_id=sent.question("target").id, answer=Answer.YES, now=LATER)

    def test_the_database_keeps_no_token(self, sent):
        token = sent.token("introducer")
        row = sent.question("introducer")
        assert token not in str(row.__dict__)
        assert len(row.salt) == 22

    def test_showing_what_charlie_will_see(self, sent, client):
        page = client.post(sent.link("introducer"), {"answer": "look", "added": "Trust her <b>."}).content.decode()
        assert page.count("Trust her &lt;b&gt;.") == 2
        assert "May Bob Brook introduce Alice Anders to you?" in page
        assert sent.fresh().state == State.INTRODUCER_ASKED

    def test_the_stop_link_leads_on(self, sent, client):
        page = client.get(sent.link("introducer")).content.decode()
        assert "/mail/stop/" in page
        link = "/mail/stop/" + page.split("/mail/stop/")[1].split('"')[0]
        assert client.get(link).status_code == 200


class TestInTheDashboard:
    """A member who is asked sees the same, on the same rows."""

    @pytest.fixture
    def bobs(self, bob):
        verify(bob, BOB)
        client = Client()
        client.force_login(bob, backend=BACKEND)
        return client

    def test_the_question_is_there(self, sent, bobs):
        page = bobs.get(reverse("introductions:introductions")).content.decode()
        assert "You are asked" in page
        url = reverse("introductions:asked", args=[sent.question("introducer").id])
        assert url in page
        assert "Would you have twenty minutes" in bobs.get(url).content.decode()

    def test_the_answer_is_the_same_answer(self, sent, bobs, client):
        url = reverse("introductions:asked", args=[sent.question("introducer").id])
        assert bobs.post(url, {"answer": "yes"}).status_code == 302
        assert "You said yes" in client.get(sent.link("introducer")).content.decode()

    def test_not_by_an_address_that_is_not_verified(self, sent, charlie, charlie_client):
        charlie.email = BOB
        charlie.save()
        url = reverse("introductions:asked", args=[sent.question("introducer").id])
        foreign = charlie_client.get(url)
        missing = charlie_client.get(reverse("introductions:asked", args=[uuid4()]))
        assert foreign.status_code == missing.status_code == 404
        assert foreign.content == missing.content
        assert charlie_client.post(url, {"answer": "yes"}).status_code == 404
        assert sent.fresh().state == State.INTRODUCER_ASKED

    def test_the_target_sees_nothing_before_the_friends_yes(self, sent, charlie, charlie_client):
        verify(charlie, CHARLIE)
        assert "Alice" not in charlie_client.get(reverse("introductions:introductions")).content.decode()
        url = reverse("introductions:asked", args=[sent.question("target").id])
        assert charlie_client.get(url).status_code == 404
        sent.answer("introducer", "yes")
        assert "Alice Anders" in charlie_client.get(reverse("introductions:introductions")).content.decode()

    def test_queries_do_not_grow(self, bobs, unlimited):
        def some(count):
            for _ in range(count):
                asker = UserFactory()
                verify(asker)
                begin(asker).send()
            with CaptureQueriesContext(connection) as queries:
                page = bobs.get(reverse("introductions:introductions"))
            assert page.content.decode().count("waiting on you") >= count
            return len(queries)

        assert some(2) == some(8)

    def test_csrf_holds_there(self, sent, bob):
        verify(bob, BOB)
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(bob, backend=BACKEND)
        url = reverse("introductions:asked", args=[sent.question("introducer").id])
        assert strict.post(url, {"answer": "yes"}).status_code == 403
