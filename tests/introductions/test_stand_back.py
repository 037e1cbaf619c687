"""Stand back: every figure by hand and against an independent computation; nothing of another's book."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from typing import Any

import networkx as nx
import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from time_machine import travel

from contacts.models import Closeness, Person, Relation
from contacts.services import strengths
from contacts.services.strengths import history
from introductions import overview
from introductions.lifecycle import State
from introductions.models import Overview, Prospect
from introductions.overview import shape as shapes
from introductions.overview.compute import figures_of, quarter_ends
from introductions.services import plans
from netapp.accounts.models import User
from tests.factories import (
    NOW,
    AcquaintanceFactory,
    InteractionFactory,
    IntroductionFactory,
    ObjectiveFactory,
    PersonFactory,
    SeatFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _then():
    with travel(NOW, tick=False):
        yield


def work(member: User) -> overview.OverviewView:
    overview.refresh_overview(member_id=member.pk, now=NOW)
    return overview.overview_of(member=member, now=NOW)


class TestNumbers:
    def test_quarters_that_are_over(self):
        ends = quarter_ends(date(2026, 5, 4))
        assert ends[-1] == date(2026, 4, 1)
        assert ends[0] == date(2024, 4, 1)
        assert len(ends) == 9

    def test_layers_by_hand(self):
        strength = np.array([0.9, np.nan, 0.1, *([0.5] * 5), 0.95])
        assert shapes.layers(strength).tolist() == [5, 0, 15, 5, 5, 5, 15, 15, 5]
        assert shapes.layers(np.full(200, 0.5)).tolist() == [5] * 5 + [15] * 10 + [50] * 35 + [150] * 100 + [0] * 50

    def test_who_slid_by_hand(self):
        before, now = np.array([0.5, 0.9, np.nan, 0.4]), np.array([0.45, 0.5, 0.6, np.nan])
        assert shapes.slid(before, now).tolist() == [1, 3]
        assert shapes.slid(now, before).tolist() == [2]

    def test_constraint_and_effective_size_are_networkx(self):
        rng = np.random.default_rng(5)
        for people in (2, 5, 12):
            strength = rng.uniform(0.1, 0.9, people)
            strength[0] = np.nan
            pairs = [(a, b, 0.45) for a in range(people) for b in range(a) if rng.random() < 0.4]
            found = shapes.shape(strength, pairs)
            graph: Any = nx.Graph()
            for person, value in enumerate(strength):
                graph.add_edge("me", person, weight=shapes.UNKNOWN if math.isnan(value) else value)
            graph.add_weighted_edges_from(pairs)
            assert found.constraint == pytest.approx(nx.constraint(graph, ["me"], weight="weight")["me"])
            assert found.effective == pytest.approx(nx.effective_size(graph, ["me"], weight="weight")["me"])
            assert found.ties == len(pairs)

    def test_groups_and_who_joins_them_by_hand(self):
        """Two triangles, and Zoe (6) who knows one of each; 7 knows nobody."""
        triangles = [(0, 1, 0.8), (1, 2, 0.8), (0, 2, 0.8), (3, 4, 0.8), (4, 5, 0.8), (3, 5, 0.8)]
        found = shapes.shape(np.full(8, 0.5), [*triangles, (6, 0, 0.45), (6, 3, 0.2)])
        assert found.group[7] == -1
        assert len({int(found.group[place]) for place in range(3)}) == 1
        assert len({int(found.group[place]) for place in range(3, 6)}) == 1
        assert 6 in shapes.joiners(found, 5)

    def test_without_anybody(self):
        found = shapes.shape(np.empty(0), [])
        assert found.contacts == 0
        assert math.isnan(found.constraint)

    def test_common_words_by_hand(self):
        words = ["Tinta", "tinta", "Letra", "", "TINTA", "Letra", "Orla"]
        assert shapes.common(words, 2) == [("TINTA", 3), ("Letra", 2)]

    def test_what_a_group_has_in_common(self):
        def one(organisation: str, place: str = "", *tags: str) -> dict[str, Any]:
            return {"organisation": organisation, "place": place, "tags": list(tags)}

        groups = [
            [one("Tinta"), one("Tinta"), one("Orla")],
            [one("A", "Lisbon", "choir"), one("B", "Lisbon", "choir"), one("C", "Porto")],
            [one("A"), one("B"), one("C")],
        ]
        assert shapes.named(groups) == ["Tinta", "choir", ""]


class TestHistory:
    def test_each_moment_as_it_was_then(self, alice: User):
        """The strength at a past moment is what the card would have shown on that day."""
        ana = PersonFactory(owner=alice, full_name="Ana")
        for days in (500, 480, 300, 10):
            InteractionFactory(person=ana, happened_at=NOW - days * DAY)
        moments = [NOW - 490 * DAY, NOW - 200 * DAY, NOW]
        found = history(owner_id=alice.pk, moments=moments)
        for place, moment in enumerate(moments):
            fresh = history(owner_id=alice.pk, moments=[moment])
            assert found.strengths[place, 0] == pytest.approx(fresh.strengths[0, 0])
        assert found.contact[:, 0].tolist() == [False, True, True]
        assert found.first.tolist() == [0]
        strengths.recompute(owner_id=alice.pk, now=NOW)
        ana.refresh_from_db()
        assert found.strengths[-1, 0] == pytest.approx(ana.strength)

    def test_of_nobody_elses(self, alice: User, bob: User):
        InteractionFactory(person=PersonFactory(owner=bob), happened_at=NOW - DAY)
        assert history(owner_id=alice.pk, moments=[NOW]).people == ()


class World:
    """Ana was close and fell silent; Ben is close; Dora, wanted, does not count; Carl came through Ana."""

    def __init__(self, alice: User) -> None:
        self.alice = alice
        self.ana = PersonFactory(
            owner=alice, full_name="Ana", organisation="Tinta", place="Lisbon", how_met="At school"
        )
        self.ben = PersonFactory(owner=alice, full_name="Ben", organisation="tinta", place="Lisbon")
        self.carl = PersonFactory(owner=alice, full_name="Carl", met_through=self.ana)
        self.dora = PersonFactory(owner=alice, full_name="Dora", relation=Relation.WANTED)
        for months in range(6, 18):
            InteractionFactory(person=self.ana, happened_at=NOW - months * 30 * DAY)
        for weeks in range(12):
            InteractionFactory(person=self.ben, happened_at=NOW - weeks * 7 * DAY - DAY)
        AcquaintanceFactory(one=self.ana, other=self.ben, closeness=Closeness.STRONG)
        strengths.recompute(owner_id=alice.pk, now=NOW)
        Person.objects.filter(id=self.ana.id).update(last_contact_at=NOW - 180 * DAY)
        Person.objects.filter(id=self.ben.id).update(last_contact_at=NOW - DAY)


@pytest.fixture
def world(alice: User) -> World:
    return World(alice)


class TestOverview:
    def test_by_hand(self, world: World):
        view = work(world.alice)
        assert (view.known, view.recorded, view.ties) == (3, 2, 1)
        assert [person.full_name for person in view.layers[0].people] == ["Ben", "Ana"]
        assert [one.person.full_name for one in view.resting] == ["Ana"]
        assert view.resting[0].once in ("some", "strong")
        assert (view.through, view.by_oneself, view.unsaid) == (1, 1, 1)
        assert [(person.full_name, times) for person, times in view.bringers] == [("Ana", 1)]
        assert view.organisations == [("Tinta", 2)]
        assert view.places == [("Lisbon", 2)]
        assert view.share_by_oneself is None, "two are too few"

    def test_the_trend_counts_what_was_recorded(self, world: World):
        figures = figures_of(world.alice, NOW)
        quarters = figures["quarters"]
        assert [one["from"] for one in quarters] == [day.isoformat() for day in quarter_ends(date(2026, 5, 4))]
        # By hand: Ana's contacts lie 180..510 days back, Ben's in the last 78 days.
        begins = [datetime.fromisoformat(one["from"] + "T00:00+00:00") for one in quarters] + [NOW + DAY]
        moments = {
            "Ana": [NOW - months * 30 * DAY for months in range(6, 18)],
            "Ben": [NOW - weeks * 7 * DAY - DAY for weeks in range(12)],
        }
        for place, one in enumerate(quarters):
            low, high = begins[place], begins[place + 1]
            touched = sum(any(low < at <= high for at in found) for found in moments.values())
            assert one["touch"] == touched, one
            assert one["new"] == sum(low < min(found) <= high for found in moments.values()), one

    def test_over_65_in_a_hundred_is_said(self, alice: User, alice_client: Client):
        for number in range(12):
            PersonFactory(owner=alice, how_met="At a fair" if number < 9 else "", met_through=None)
        ana = Person.objects.filter(how_met="").first()
        assert ana is not None
        PersonFactory(owner=alice, met_through=ana)
        PersonFactory(owner=alice, met_through=ana)
        view = work(alice)
        assert (view.said, view.share_by_oneself, view.is_inbred) == (11, 82, True)
        assert "82 in a hundred" in alice_client.get(reverse("introductions:stand_back")).text

    def test_introductions_count_as_through_others(self, world: World):
        IntroductionFactory(
            owner=world.alice,
            introducer=world.ana,
            target=world.ben,
            state=State.CLOSED,
            shown_state=State.CLOSED,
            asked_at=NOW - 90 * DAY,
        )
        assert work(world.alice).through == 2

    def test_worth_is_more_than_days(self, world: World):
        """Eva was slight and is silent for long; but a seat hangs on her."""
        eva = PersonFactory(owner=world.alice, full_name="Eva")
        InteractionFactory(person=eva, happened_at=NOW - 700 * DAY)
        Person.objects.filter(id=eva.id).update(last_contact_at=NOW - 700 * DAY)
        assert "Eva" not in [one.person.full_name for one in work(world.alice).resting]
        seat = SeatFactory(owner=world.alice, objective=ObjectiveFactory(owner=world.alice), title="Printer")
        opens = [{"seat": str(seat.id), "before": 0.0, "after": 0.5}]
        Prospect.objects.create(owner=world.alice, person=eva, worth=0.5, opens=opens)
        found = {one.person.full_name: one for one in work(world.alice).resting}
        assert [seat.title for seat in found["Eva"].seats] == ["Printer"]
        assert found["Eva"].is_dormant

    def test_left_alone_is_left_alone(self, world: World):
        Person.objects.filter(id=world.ana.id).update(is_left_alone=True)
        assert work(world.alice).resting == []

    def test_another_book_changes_nothing(self, world: World):
        before = figures_of(world.alice, NOW)
        World(UserFactory())
        assert figures_of(world.alice, NOW) == before

    def test_the_same_rows_give_the_same_figures(self, world: World):
        assert figures_of(world.alice, NOW) == figures_of(world.alice, NOW)

    def test_who_is_gone_is_not_shown(self, world: World):
        work(world.alice)
        Person.objects.filter(id=world.ana.id).update(deleted_at=NOW)
        Person.objects.filter(id=world.ben.id).update(archived_at=NOW)
        view = overview.overview_of(member=world.alice, now=NOW)
        assert view.layers == []
        assert view.resting == []


class TestWhen:
    def test_only_who_was_here_lately_and_once_a_day(self, world: World):
        assert overview.members_waiting(now=NOW) == []
        User.objects.filter(id=world.alice.pk).update(last_login=NOW - DAY)
        assert overview.members_waiting(now=NOW) == [world.alice.pk]
        work(world.alice)
        assert overview.members_waiting(now=NOW) == []
        assert overview.members_waiting(now=NOW + DAY) == [world.alice.pk]
        Overview.objects.update(is_stale=True)
        assert overview.members_waiting(now=NOW + timedelta(minutes=5)) == []
        assert overview.members_waiting(now=NOW + timedelta(minutes=15)) == [world.alice.pk]

    def test_a_change_meanwhile_leaves_it_stale(self, world: World, monkeypatch):
        work(world.alice)
        compute = figures_of

        def meanwhile(member: User, now: datetime) -> Any:
            plans.book_moved([member.pk])
            return compute(member, now)

        monkeypatch.setattr("introductions.overview.compute.figures_of", meanwhile)
        overview.refresh_overview(member_id=world.alice.pk, now=NOW)
        assert Overview.objects.get().is_stale


class TestPage:
    def test_it_reads_and_asks_for_one_thing(self, world: World, alice_client: Client):
        work(world.alice)
        page = alice_client.get(reverse("introductions:stand_back")).text
        for words in ("Ben", "was s", "tinta", "Burt", "Uzzi", "As a table", "Remind me"):
            assert words.lower() in page.lower()

    def test_before_it_is_worked_out(self, alice: User, alice_client: Client):
        page = alice_client.get(reverse("introductions:stand_back"))
        assert "Nothing to stand back from yet" in page.text
        work(alice)
        assert "No contact is recorded" in alice_client.get(reverse("introductions:stand_back")).text
        htmx = alice_client.get(reverse("introductions:stand_back"), headers={"HX-Request": "true"})
        assert htmx.status_code == 286

    def test_a_stranger_sees_their_own(self, world: World, charlie_client: Client):
        work(world.alice)
        page = charlie_client.get(reverse("introductions:stand_back")).text
        assert "Ana" not in page
        assert "Tinta" not in page

    def test_queries_do_not_grow(self, alice: User, alice_client: Client, django_assert_max_num_queries):
        counts = []
        for many in (5, 45):
            for _ in range(many):
                person = PersonFactory(owner=alice, strength=0.7, last_contact_at=NOW - 200 * DAY)
                InteractionFactory(person=person, happened_at=NOW - 200 * DAY)
            work(alice)
            with django_assert_max_num_queries(30) as queries:
                alice_client.get(reverse("introductions:stand_back"))
            counts.append(len(queries))
        assert counts[0] == counts[1]


class TestMap:
    def test_near_is_close_and_groups_stand_together(self):
        strength = np.array([0.9, 0.2, np.nan, 0.5, 0.5])
        group = np.array([0, 0, 0, -1, 1])
        x, y = shapes.placed(strength, group)
        distance = np.hypot(x, y)
        assert distance[0] < distance[3] < distance[1] < distance[2] < 0.951
        sector = np.arctan2(y, x) % (2 * np.pi) / (2 * np.pi / 5)
        assert set(np.floor(sector[:3])) <= {0, 1, 2}
        assert math.floor(sector[4]) == 3
        assert math.floor(sector[3]) == 4, "those in no group come last"
        x, y = shapes.placed(np.full(12, 0.5), np.array([0, 0, 0, *([-1] * 9)]))
        half = np.arctan2(y, x) % (2 * np.pi) / np.pi
        assert (half[:3] < 1).all(), "and have half of the circle at most"
        assert (half[3:] >= 1).all()

    def test_nobody_lies_on_another_and_it_is_the_same_twice(self):
        rng = np.random.default_rng(3)
        strength, group = np.full(500, 0.5), rng.integers(-1, 6, 500)
        one, other = shapes.placed(strength, group), shapes.placed(strength, group)
        assert np.array_equal(one, other)
        assert len({(round(a, 4), round(b, 4)) for a, b in zip(*one, strict=True)}) == 500

    def test_the_drawing_and_the_list_say_the_same(self, world: World, alice_client: Client):
        work(world.alice)
        drawn = overview.map_of(member=world.alice)
        assert {point.person.full_name for point in drawn.points} == {"Ana", "Ben", "Carl"}
        assert len(drawn.lines) == 1
        listed = [point.person.full_name for group in drawn.groups for point in group.points]
        assert sorted(listed) == ["Ana", "Ben", "Carl"]
        page = alice_client.get(reverse("introductions:map")).text
        assert page.count("<circle") >= 4
        assert "The same as a list" in page
        assert "style=" not in page.split("<main")[1]

    def test_searching_marks_and_drawing_a_group_alone(self, world: World, alice_client: Client):
        eva = PersonFactory(owner=world.alice, full_name="Eva")
        AcquaintanceFactory(one=eva, other=world.ana, closeness=Closeness.STRONG)
        AcquaintanceFactory(one=eva, other=world.ben, closeness=Closeness.STRONG)
        work(world.alice)
        found = overview.map_of(member=world.alice, q="ana")
        assert [point.person.full_name for point in found.points if "meant" in point.css] == ["Ana"]
        assert "1 found on the map" in alice_client.get(reverse("introductions:map") + "?q=ana").text
        alone = overview.map_of(member=world.alice, group=1)
        assert {point.person.full_name for point in alone.points} == {"Ana", "Ben", "Eva"}
        assert "The whole map" in alice_client.get(reverse("introductions:map") + "?group=1").text
        for raw in ("999", "x", "-1", "9999999999"):
            assert alice_client.get(reverse("introductions:map") + f"?group={raw}").status_code == 200

    def test_seats_without_anybody_are_dashed(self, world: World, alice_client: Client):
        seat = SeatFactory(owner=world.alice, objective=ObjectiveFactory(owner=world.alice), title="Lighthouse keeper")
        work(world.alice)
        assert [one.seat for one in overview.map_of(member=world.alice).empty] == [seat]
        assert "Lighthouse keeper" in alice_client.get(reverse("introductions:map")).text

    def test_of_nobody_else_and_of_nobody_gone(self, world: World, charlie_client: Client):
        work(world.alice)
        assert "Not drawn yet" in charlie_client.get(reverse("introductions:map")).text
        Person.objects.filter(id=world.ana.id).update(deleted_at=NOW)
        drawn = overview.map_of(member=world.alice)
        assert {point.person.full_name for point in drawn.points} == {"Ben", "Carl"}
        assert drawn.lines == []

    def test_two_thousand_at_most(self, alice: User, monkeypatch):
        monkeypatch.setattr("introductions.overview.compute.MOST_ON_MAP", 3)
        for strength in (0.1, 0.9, 0.5, 0.7, None):
            PersonFactory(owner=alice, strength=strength)
        work(alice)
        drawn = overview.map_of(member=alice)
        assert sorted(point.person.strength or 0 for point in drawn.points) == [0.5, 0.7, 0.9]
        assert drawn.left_out == 2
