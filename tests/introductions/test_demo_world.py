"""The demo is a world in which every page has something to show, and nobody sees more than they may."""

import html
import os
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoDbBlocker
from redis import Redis
from time_machine import travel

from contacts.graph import figure_word
from contacts.handles import HandleKind
from contacts.models import (
    Acquaintance,
    Connection,
    Handle,
    Identity,
    Interaction,
    Person,
    Relation,
    Reminder,
    ReminderState,
)
from contacts.shared import circle_of, shared_people
from introductions.assessment import Place, assess
from introductions.demo import members, world
from introductions.demo.cards import DOMAINS
from introductions.demo.members import ALICE, BOB, CARLA, DAN, MEMBERS, PASSWORD, Member
from introductions.models import Consent, ConsentState, Event, Introduction, Objective, Route, RouteSearch, Seat
from introductions.notes import MAX_WORDS, word_count
from introductions.routes import routes_to
from introductions.today import Sort, things_to_do
from netapp.accounts.models import User
from netapp.accounts.queries import verified_addresses
from netapp.lib import tokens
from netapp.mail.models import Letter, LetterState, StopLink
from tests.conftest import BACKEND

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
"""A Monday, half past ten in Lisbon."""
FICTION = re.compile(
    r"\+44(2079460|1174960|1614960|1314960)\d{3}$|\+49(3023125|4066969|8999998)\d{3}$"
    r"|\+33(19900|46571)\d{4}$|\+468465004\d{2}$|\+46313900\d{3}$|\+1(212|416)55501\d{2}$"
)
"""The ranges that are kept free for films and books."""


def user(member: Member) -> User:
    return User.objects.get(email=member.email)


def browser(member: Member) -> Client:
    client = Client()
    client.force_login(user(member), backend=BACKEND)
    return client


@pytest.fixture(scope="module")
def written(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The demo, written once for the tests that only look at it."""
    with django_db_blocker.unblock(), travel(NOW, tick=False):
        world.build(now=NOW)
    yield
    with django_db_blocker.unblock():
        User.objects.filter(id__in=[one.id for one in members.existing_members()]).delete()
        for left in (Letter, StopLink, Identity):
            left.objects.all().delete()
    Redis.from_url(os.environ["REDIS_URL"]).flushdb()


@pytest.fixture
def seen(written: None, db: None) -> Iterator[None]:
    """In a test's own transaction, at the moment at which the demo was written."""
    with travel(NOW, tick=False):
        yield


@pytest.mark.usefixtures("seen")
class TestTheWorld:
    def test_everybody_is_there_and_can_log_in(self):
        for member in MEMBERS:
            one = user(member)
            assert one.check_password(PASSWORD)
            assert list(verified_addresses(one)) == [member.email]
        assert Person.objects.filter(owner=user(ALICE)).count() == world.PEOPLE
        for member in (BOB, CARLA):
            assert 40 <= Person.objects.filter(owner=user(member)).count() <= 60

    def test_ties_are_of_every_strength(self):
        people = Person.objects.filter(owner=user(ALICE))
        words = Counter(figure_word(value) for value in people.values_list("strength", flat=True))
        assert min(words[word] for word in ("strong", "some", "slight", "unknown")) >= 20, words
        assert people.filter(relation=Relation.WANTED).count() == 12
        assert people.filter(cadence_days__isnull=False).count() >= 12
        assert people.filter(birth_year=None, birth_day__isnull=False).exists()
        assert people.exclude(archived_at=None).count() == 2

    def test_what_is_derived_is_there(self):
        people = Person.objects.filter(owner__email__in=[member.email for member in MEMBERS])
        assert not people.filter(sort_key="").exists()
        assert not people.filter(search_text="").exists()
        assert not people.filter(strength_is_stale=True).exists()
        assert not people.filter(strength=None, interactions__isnull=False).exists()
        assert not Handle.objects.filter(identity=None).exists()
        assert not Seat.objects.filter(is_stale=True).exists()
        assert not RouteSearch.objects.filter(is_stale=True).exists()

    def test_nothing_lies_ahead_and_nobody_was_met_before_they_were_met(self):
        assert not Interaction.objects.filter(happened_at__gte=NOW).exists()
        assert not Event.objects.filter(at__gt=NOW).exists()
        assert not Letter.objects.filter(created_at__gt=NOW).exists()
        assert not Acquaintance.objects.filter(evidence_date__gte=NOW.date()).exists()
        assert not Person.objects.filter(created_at__gt=NOW).exists()

    def test_addresses_and_numbers_are_nobodys(self):
        for kind, value in Handle.objects.values_list("kind", "normalised"):
            if kind == HandleKind.EMAIL:
                assert value.rpartition("@")[2] in DOMAINS
            else:
                assert kind == HandleKind.PHONE
                assert FICTION.match(value), value

    def test_the_same_human_has_one_address_in_every_book(self):
        cards = Person.objects.filter(full_name="Beatriz Salgueiro")
        assert set(cards.values_list("owner__email", flat=True)) == {ALICE.email, BOB.email, DAN.email}
        assert Identity.objects.filter(handles__person__in=cards).distinct().count() == 1


@pytest.mark.usefixtures("seen")
class TestWhatAliceSees:
    def test_today_has_a_handful_of_different_things(self):
        todos = things_to_do(member=user(ALICE), now=NOW)
        assert 5 <= len(todos) <= 7
        assert {todo.sort for todo in todos} == {Sort.ANSWER, Sort.REMINDER, Sort.ASK, Sort.FADING}
        assert todos[0].sort == Sort.ANSWER

    def test_every_distance_is_on_her_objectives(self):
        assessments = assess(member=user(ALICE), objectives=list(Objective.objects.filter(owner=user(ALICE))), now=NOW)
        assert len(assessments) == 2
        for assessment in assessments:
            places = {fit.place for seat in assessment.seats for fit in seat.fits}
            assert places == set(Place), assessment.objective.title
            assert assessment.hinge
            assert assessment.hinge.friend.full_name == "Bob Brook"
            assert assessment.next
            assert assessment.next.route.distance == 1

    def test_a_way_over_two_friends_through_two_connections(self):
        target = Person.objects.get(owner=user(CARLA), full_name="Lorenzo Bassi")
        assert [route.line for route in routes_to(member=user(ALICE), target=target.id, now=NOW)] == [
            "Bob Brook → Carla Conti → Lorenzo Bassi"
        ]

    def test_introductions_in_every_state(self):
        asked = Introduction.objects.filter(owner=user(ALICE))
        assert Counter(asked.values_list("state", flat=True)) == {
            "draft": 1,
            "introducer_asked": 1,
            "target_asked": 1,
            "introduced": 1,
            "closed": 2,
            "declined": 1,
            "expired": 1,
            "withdrawn": 1,
        }
        assert not asked.exclude(reveal_at=None).exists()
        for note in Introduction.objects.values_list("note", flat=True):
            assert 30 < word_count(note) <= MAX_WORDS

    @pytest.mark.parametrize(
        ("path", "shown"),
        [
            ("/", "Bob Brook asks you for an introduction"),
            ("/people/", "Alberto Pacheco"),
            ("/people/?q=duotone", "Tomás Figueira"),
            ("/objectives/", "Publish the photo book on the river towns"),
            ("/introductions/", "Teresa Vilhena"),
            ("/reminders/", "Noor Haddad"),
            ("/mail/log/", "Would you introduce Alice Anders to Teresa Vilhena?"),
        ],
    )
    def test_the_pages_have_content(self, path, shown):
        answer = browser(ALICE).get(path)
        assert answer.status_code == 200
        assert shown in html.unescape(answer.content.decode())

    def test_every_page_about_one_thing(self):
        client, alice = browser(ALICE), user(ALICE)
        paths = [f"/objectives/{one.id}/" for one in Objective.objects.filter(owner=alice)]
        paths += [f"/introductions/{one.id}/" for one in Introduction.objects.filter(owner=alice)]
        paths += [f"/routes/{one.target_id}/" for one in RouteSearch.objects.filter(owner=alice)]
        paths += [f"/people/{one.id}/" for one in Person.objects.filter(owner=alice)[:20]]
        assert {client.get(path).status_code for path in paths} == {200}


@pytest.mark.usefixtures("seen")
class TestTheMail:
    def test_what_is_over_was_sent_when_it_happened(self):
        sent = Letter.objects.filter(state=LetterState.SENT)
        assert sent.count() > 20
        assert not sent.filter(sent_at__gte=NOW - timedelta(days=1)).exists()
        assert not sent.exclude(text="").exists()
        assert not Letter.objects.exclude(state__in=[LetterState.SENT, LetterState.QUEUED]).exists()

    def test_what_is_open_waits_to_be_sent(self):
        waiting = Letter.objects.filter(state=LetterState.QUEUED)
        assert sorted(waiting.values_list("kind", flat=True)) == [
            "did_you_talk",
            "digest",
            "introducer_asked",
            "introducer_asked",
            "target_asked",
        ]
        assert not waiting.filter(due_at__gt=NOW).exists()

    def test_nothing_goes_to_a_real_domain(self):
        for letter in Letter.objects.all():
            for address in (*letter.to, *letter.cc, *letter.reply_to):
                assert address.rpartition("@")[2] in DOMAINS

    def test_the_open_questions_can_be_answered_from_their_links(self):
        questions = Consent.objects.filter(state=ConsentState.ASKED)
        assert questions.count() == 3
        for question in questions:
            letter = Letter.objects.get(key=f"introduction:{question.introduction_id}:asked:{question.position}")
            (path,) = set(re.findall(r"/answer/[^/\s]+/", tokens.fill(letter.text)))
            page = Client().get(path)
            assert page.status_code == 200
            assert "Yes" in page.content.decode()

    def test_nobody_is_reminded_late_of_what_is_over(self):
        late = Reminder.objects.filter(state=ReminderState.WAITING, due_at__lt=NOW - timedelta(days=1))
        assert not late.exists()


@pytest.mark.usefixtures("seen")
class TestWhatNobodySees:
    def test_dan_is_a_stranger_to_all(self):
        dan = user(DAN)
        assert not Connection.objects.filter(invitee=dan).exists()
        assert not Connection.objects.filter(inviter=dan).exists()
        theirs = set(Person.objects.filter(owner=dan).values_list("id", flat=True))
        for member in (ALICE, BOB, CARLA):
            circle = circle_of(user(member).pk, NOW)
            assert dan.pk not in circle.distances
            assert not theirs & set(shared_people(circle).values_list("id", flat=True))
            on_the_way = str(list(Route.objects.filter(search__owner=user(member)).values_list("legs", flat=True)))
            assert not any(str(card) in on_the_way for card in theirs)
        assert Route.objects.filter(search__owner=dan).count() == 0

    def test_his_people_are_on_no_page_of_alices(self):
        client = browser(ALICE)
        pages = [client.get(f"/objectives/{one.id}/") for one in Objective.objects.filter(owner=user(ALICE))]
        pages += [client.get(f"/people/?q={word}") for word in ("Fairbairn", "Xiomara", "Lakeshore")]
        for page in pages:
            text = page.content.decode()
            assert "Constance Fairbairn" not in text
            assert "Xiomara Reyes" not in text

    def test_nothing_of_alices_opens_for_dan(self):
        client, alice = browser(DAN), user(ALICE)
        paths = [f"/objectives/{one.id}/" for one in Objective.objects.filter(owner=alice)]
        paths += [f"/introductions/{one.id}/" for one in Introduction.objects.filter(owner=alice)]
        paths += [f"/people/{one.id}/" for one in Person.objects.filter(owner=alice)[:10]]
        assert {client.get(path).status_code for path in paths} == {404}
