"""After a yes: passing it on by hand, what the target's card becomes, closing the loop, connecting, and favours."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from time_machine import travel

from contacts.importers import vcard
from contacts.importers.records import PersonRecord
from contacts.importers.sources import Source
from contacts.models import Connection, ConnectionState, Handle, Person, Reach, Relation, Reminder, ReminderKind
from contacts.services import connections, people, reminders, sending
from introductions import contact_card, favours, queries
from introductions.lifecycle import MoveNotAllowed, State
from introductions.services import closing, connecting
from introductions.services import introductions as services
from introductions.tasks import sweep
from netapp.mail.models import Letter, LetterState
from tests.conftest import BACKEND
from tests.factories import NOW, ConnectionFactory, PersonFactory
from tests.introductions.chains import draft_chain
from tests.introductions.story import BOB, CHARLIE, Story, begin, card, verify

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _that_evening() -> Iterator[None]:
    with travel(NOW + timedelta(hours=12), tick=False):
        yield


@pytest.fixture
def introduced(sent: Story) -> Story:
    sent.answer("introducer", "yes")
    sent.answer("target", "yes")
    return sent


class TestByHand:
    """ "I'd rather do it myself": a mail ready to be forwarded, and one click to say that it is done."""

    def test_the_mail_is_ready_and_holds_no_link_of_theirs(self, sent):
        sent.answer("introducer", "forward")
        (letter,) = sent.letters("forwardable")
        assert letter.to == [BOB]
        assert letter.subject == "May I introduce Alice Anders to you?"
        assert letter.text.startswith("Hello Charlie,")
        assert "Would you have twenty minutes for me?" in letter.text
        for forbidden in ("http", sent.alice.email, CHARLIE, "kith-token"):
            assert forbidden not in letter.text
        assert "kith-token" not in letter.html
        assert not letter.is_shown

    def test_said_later_that_it_is_done(self, sent, client):
        client.post(sent.link("introducer"), {"answer": "forward"})
        sent.post()
        page = client.get(sent.link("introducer")).content.decode()
        assert "I have passed it on" in page
        for _ in range(3):
            with travel(NOW + 3 * DAY, tick=False):
                page = client.post(sent.link("introducer"), {"answer": "passed_on"}, follow=True).content.decode()
        assert "You have passed it on, and Alice knows." in page
        (letter,) = sent.letters("passed_on")
        assert letter.to == [sent.alice.email]
        lines = [line.text for line in queries.timeline(sent.fresh())]
        assert lines[-2:] == ["Bob said: I’ll pass it on myself.", "Bob has passed your note on."]
        reminder = Reminder.objects.get(about=sent.introduction.id, kind=ReminderKind.DID_YOU_TALK)
        assert (reminder.due_at - NOW).days == 9

    def test_asked_once_whether_it_is_done(self, sent):
        sent.answer("introducer", "forward")
        for day in (3, 5, 9):
            with travel(NOW + day * DAY, tick=False):
                sweep()
        (letter,) = sent.letters("did_you_pass_it_on")
        assert letter.to == [BOB]
        assert "/answer/" in letter.text

    @pytest.mark.parametrize("after", ["done", "withdrawn", "talked"])
    def test_not_once_it_is_needless(self, sent, after):
        question = sent.answer("introducer", "forward")
        if after == "done":
            services.passed_on(consent_id=question.id, now=NOW + DAY)
        elif after == "withdrawn":
            services.withdraw(introduction=sent.introduction, now=NOW + DAY)
        else:
            services.talked(introduction=sent.introduction, now=NOW + DAY)
        with travel(NOW + 5 * DAY, tick=False):
            sweep()
        assert sent.letters("did_you_pass_it_on") == []

    @pytest.mark.parametrize("answer", [None, "yes", "no"])
    def test_nobody_else_has_that_button(self, sent, client, answer):
        if answer:
            client.post(sent.link("introducer"), {"answer": answer})
        client.post(sent.link("introducer"), {"answer": "passed_on"})
        assert sent.question("introducer").passed_on_at is None
        assert sent.letters("passed_on") == []

    def test_in_the_middle_of_a_chain(self, alice):
        verify(alice)
        chain = draft_chain(alice, 3).send()
        chain.answer(0, "yes")
        chain.answer(1, "forward")
        assert chain.fresh().shown_state == State.FORWARDED
        (ready,) = chain.letters("forwardable")
        assert ready.subject == "Alice Anders would like to meet Charlie Cole"
        assert "for whom Ana Almeida vouches, would like to meet Charlie Cole" in ready.text
        (told,) = chain.letters("forwarded")
        assert told.subject == "Ben Berg passes your note on to Dora Dahl"
        services.talked(introduction=chain.introduction, now=NOW + 3 * DAY)
        services.tell_introducers(introduction=chain.introduction, line="We talked.", now=NOW + 4 * DAY)
        assert len(chain.letters("introducer_told")) == 2


class TestTheCard:
    """The target stands in the asker's book once."""

    def test_a_card_with_that_address_is_the_one(self, alice, bob):
        verify(alice)
        ConnectionFactory(inviter=alice, invitee=bob)
        theirs = PersonFactory(owner=bob, full_name="Charlie Cole", reach=Reach.MY_CONNECTIONS)
        mine = card(alice, "C. Cole", CHARLIE, relation=Relation.WANTED)
        story = begin(alice, charlie=theirs).send()
        story.answer("introducer", "yes", next_email=CHARLIE)
        story.answer("target", "yes")
        assert story.fresh().target == mine
        mine.refresh_from_db()
        assert mine.relation == Relation.KNOWN
        assert Handle.objects.filter(owner=alice, normalised=CHARLIE).count() == 1

    def test_an_address_is_not_written_on_a_second_card(self, alice):
        verify(alice)
        other = card(alice, "Somebody", CHARLIE)
        story = begin(alice, charlie_email="").send()
        story.answer("introducer", "yes", next_email=CHARLIE)
        story.answer("target", "yes")
        assert story.fresh().target == story.charlie
        assert Handle.objects.get(owner=alice, normalised=CHARLIE).person == other

    def test_passed_on_by_hand_the_same_human_is_found(self, alice, bob):
        verify(alice)
        ConnectionFactory(inviter=alice, invitee=bob)
        theirs = card(bob, "Charlie Cole", CHARLIE, reach=Reach.MY_CONNECTIONS)
        mine = card(alice, "C. Cole", CHARLIE, relation=Relation.WANTED)
        story = begin(alice, charlie=theirs).send()
        story.answer("introducer", "forward")
        before = Person.objects.filter(owner=alice).count()
        services.talked(introduction=story.introduction, now=NOW + 3 * DAY)
        assert story.fresh().target == mine
        assert Person.objects.filter(owner=alice).count() == before

    def test_a_card_deleted_meanwhile_comes_as_a_new_one_and_once(self, sent):
        sent.answer("introducer", "yes")
        people.delete_person(person=sent.charlie, now=NOW + timedelta(hours=4))
        sent.answer("target", "yes", now=NOW + timedelta(hours=5))
        own = sent.fresh().target
        assert own is not None
        assert own.deleted_at is None
        services.talked(introduction=sent.introduction, now=NOW + DAY)
        assert sent.fresh().target == own


class TestReplied:
    """They wrote back: nothing is left to do today."""

    def test_noted_once(self, introduced, alice_client):
        url = reverse("introductions:replied", args=[introduced.introduction.id])
        for _ in range(2):
            alice_client.post(url)
        assert introduced.fresh().replied_at is not None
        waiting = Reminder.objects.filter(about=introduced.introduction.id, state="waiting")
        assert [one.kind for one in waiting] == [ReminderKind.DID_YOU_TALK]
        page = alice_client.get(reverse("introductions:introduction", args=[introduced.introduction.id]))
        assert "Charlie wrote back." in page.content.decode()
        assert introduced.introduction.events.filter(what="replied").count() == 1

    @pytest.mark.parametrize("state", ["draft", "sent", "talked"])
    def test_not_where_nobodys_answer_is_awaited(self, draft, state):
        if state != "draft":
            draft.send()
        if state == "talked":
            draft.answer("introducer", "yes")
            draft.answer("target", "yes")
            services.talked(introduction=draft.introduction, now=NOW + DAY)
        with pytest.raises(MoveNotAllowed):
            services.replied(introduction=draft.introduction, now=NOW + DAY)


class TestThanks:
    """Told is told by Kith; done is done by the asker. Both end the asking, and the first alone the offer."""

    def test_the_reminder_done_is_thanked_and_still_may_be_told(self, introduced, alice_client):
        services.talked(introduction=introduced.introduction, now=NOW + 2 * DAY)
        reminder = Reminder.objects.get(about=introduced.introduction.id, kind=ReminderKind.THANK_INTRODUCER)
        (view,) = queries.in_hand(introduced.alice)
        assert (view.is_told, view.css) == (False, "waiting")
        reminders.done(reminder=reminder, now=NOW + 4 * DAY)
        (view,) = queries.in_hand(introduced.alice)
        assert (view.is_told, view.css) == (True, "moving")
        page = alice_client.get(reverse("introductions:introduction", args=[introduced.introduction.id]))
        assert "Thank Bob" in page.content.decode()
        services.close(introduction=introduced.introduction, outcome="", was_worth_it=True, now=NOW + 5 * DAY)
        assert not Reminder.objects.filter(about=introduced.introduction.id, state="waiting").exists()

    def test_a_member_who_helped_reads_it_in_the_dashboard(self, introduced, bob):
        verify(bob, BOB)
        services.talked(introduction=introduced.introduction, now=NOW + 2 * DAY)
        services.tell_introducers(introduction=introduced.introduction, line="Forty prints!", now=NOW + 3 * DAY)
        client = Client()
        client.force_login(bob, backend=BACKEND)
        url = reverse("introductions:asked", args=[introduced.question("introducer").id])
        with travel(NOW + 4 * DAY, tick=False):
            page = client.get(url).content.decode()
        assert "Forty prints!" in page
        assert "Alice told you what came of it." in page


class TestMetMeanwhile:
    """A target who becomes known in another way ends the request kindly."""

    def test_everybody_who_was_asked_is_told_so(self, sent):
        sent.answer("introducer", "yes")
        people.update_person(person=sent.charlie, fields={"relation": Relation.KNOWN}, now=NOW + DAY, typed=True)
        with travel(NOW + DAY, tick=False):
            sweep()
            sweep()
        assert sent.fresh().shown_state == State.MET
        texts = {letter.to[0]: letter.text for letter in sent.letters("withdrawn")}
        assert set(texts) == {BOB, CHARLIE}
        assert "The two have come to know each other in another way" in texts[BOB]
        assert "The two of you know each other by now" in texts[CHARLIE]
        assert "withdrawn the question" not in "".join(texts.values())

    def test_unsent_letters_are_called_back(self, draft):
        services.send(introduction=draft.introduction, now=NOW)
        people.update_person(person=draft.charlie, fields={"relation": Relation.KNOWN}, now=NOW, typed=True)
        sweep()
        assert Letter.objects.get().state == LetterState.CANCELLED

    def test_a_draft_too_and_nobody_hears_of_it(self, draft):
        people.update_person(person=draft.charlie, fields={"relation": Relation.KNOWN}, now=NOW, typed=True)
        sweep()
        assert draft.fresh().shown_state == State.MET
        assert not Letter.objects.exists()

    def test_not_once_they_were_introduced_or_it_was_passed_on(self, introduced):
        sweep()
        assert introduced.fresh().state == State.INTRODUCED
        assert closing.meet(introduction_id=introduced.introduction.id, now=NOW) is False


class TestConnecting:
    """Two members who were introduced are offered a connection; nobody learns who has an account."""

    def test_the_asker_is_offered_it_whoever_the_target_is(self, introduced, alice_client):
        page = alice_client.get(reverse("introductions:introduction", args=[introduced.introduction.id]))
        assert "Invite Charlie to connect" in page.content.decode()
        alice_client.post(reverse("introductions:connect_target", args=[introduced.introduction.id]))
        assert Connection.objects.get().invitee_email == CHARLIE
        assert Letter.objects.filter(kind="connection_invited").count() == 1

    def test_the_target_who_is_a_member_too(self, introduced, charlie, charlie_client):
        verify(charlie, CHARLIE)
        question = introduced.question("target")
        page = charlie_client.get(reverse("introductions:asked", args=[question.id])).content.decode()
        assert "Connect with Alice" in page
        charlie_client.post(reverse("introductions:connect_asker", args=[question.id]))
        connection = Connection.objects.get()
        assert (connection.inviter, connection.invitee_email) == (charlie, introduced.alice.email)

    def test_both_is_a_connection(self, introduced, charlie, charlie_client, alice_client):
        verify(charlie, CHARLIE)
        alice_client.post(reverse("introductions:connect_target", args=[introduced.introduction.id]))
        charlie_client.post(reverse("introductions:connect_asker", args=[introduced.question("target").id]))
        connection = Connection.objects.get()
        assert (connection.state, connection.invitee) == (ConnectionState.ACCEPTED, charlie)
        assert not connecting.may_offer(introduction=introduced.fresh())
        page = alice_client.get(reverse("introductions:introduction", args=[introduced.introduction.id]))
        assert "Invite Charlie to connect" not in page.content.decode()

    def test_the_target_first_then_the_asker(self, introduced, charlie, charlie_client, alice_client):
        verify(charlie, CHARLIE)
        charlie_client.post(reverse("introductions:connect_asker", args=[introduced.question("target").id]))
        alice_client.post(reverse("introductions:connect_target", args=[introduced.introduction.id]))
        assert Connection.objects.get().state == ConnectionState.ACCEPTED

    def test_not_before_both_said_yes(self, sent, alice_client, bob):
        verify(bob, BOB)
        client = Client()
        client.force_login(bob, backend=BACKEND)
        sent.answer("introducer", "yes")
        for answer in (
            alice_client.post(reverse("introductions:connect_target", args=[sent.introduction.id])),
            client.post(reverse("introductions:connect_asker", args=[sent.question("introducer").id])),
        ):
            assert answer.status_code == 404
        assert not Connection.objects.exists()

    def test_not_from_the_mail(self, introduced, client):
        assert "connect" not in client.get(introduced.link("target")).content.decode().lower()

    def test_a_days_allowance_is_said_and_not_broken(self, introduced, alice_client, monkeypatch):
        monkeypatch.setattr(connections, "INVITATIONS_A_DAY", 0)
        url = reverse("introductions:connect_target", args=[introduced.introduction.id])
        assert "enough for today" in alice_client.post(url, follow=True).content.decode()


class TestFavours:
    """Given and received, without a count."""

    def test_both_sides(self, introduced, bob, alice_client):
        verify(bob, BOB)
        page = alice_client.get(reverse("introductions:favours")).content.decode()
        assert "Bob Brook" in page
        assert "helped you to meet Charlie Cole · has not heard yet what came of it" in page
        services.talked(introduction=introduced.introduction, now=NOW + 2 * DAY)
        services.tell_introducers(introduction=introduced.introduction, line="Forty prints!", now=NOW + 3 * DAY)
        client = Client()
        client.force_login(bob, backend=BACKEND)
        page = client.get(reverse("introductions:favours")).content.decode()
        assert "Alice Anders" in page
        assert "met Charlie Cole with your help" in page
        assert "Forty prints!" in page

    @pytest.mark.parametrize("end", ["no", "open"])
    def test_a_yes_that_came_to_nothing_tells_the_introducer_nothing(self, sent, bob, end):
        verify(bob, BOB)
        sent.answer("introducer", "yes")
        if end == "no":
            sent.answer("target", "no")
        found = favours.favours_of(bob)
        assert (found.given, found.received) == ([], [])
        assert favours.favours_of(sent.alice).received == []


class TestContactCard:
    """The card in the letter that introduces."""

    @pytest.mark.parametrize(
        "name", ["Charlie Cole", "Ünïcødé; \\ , Name", "X" * 300, "Eva\r\nBCC:evil@x.test", "", "王小明"]
    )
    def test_reads_back(self, name):
        data = contact_card.vcard(name=name, email="charlie@stranger.test")
        assert all(len(line) <= 75 for line in data.split(b"\r\n"))
        assert data.count(b"BEGIN:VCARD") == 1
        assert b"\r\nBCC" not in data
        (record,) = vcard.read("card.vcf", Source(data))
        assert isinstance(record, PersonRecord)
        assert [email.value for email in record.emails] == ["charlie@stranger.test"]
        assert contact_card.file_name(name).endswith(".vcf")

    def test_a_reminder_about_a_chain_names_everybody(self, alice):
        verify(alice)
        chain = draft_chain(alice, 2).send()
        chain.everybody_until(2)
        chain.answer(2, "yes")
        services.talked(introduction=chain.introduction, now=NOW + 2 * DAY)
        with travel(NOW + 3 * DAY, tick=False):
            sending.send_due(owner_id=alice.id, now=timezone.now())
        (letter,) = chain.letters("thank_introducer")
        assert letter.subject == "Thank Ana Almeida and Ben Berg, and tell what came of it"
