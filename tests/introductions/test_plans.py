"""The plan and what-if: on a small network worked out by hand, against brute force, and against strangers."""

from __future__ import annotations

import itertools
import math
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from time_machine import travel

from contacts.models import Person, Reach, Relation, Reminder, ReminderState
from contacts.services import reminders, sending
from introductions import planning
from introductions.assessment import Assessment, assess
from introductions.lifecycle import State
from introductions.models import MemberPlan, Objective, PlanAction, Prospect, PutAside, SeatState
from introductions.planning import candidates as possible
from introductions.planning.candidates import Candidate, Situation
from introductions.planning.days import spread
from introductions.routes import refresh_routes
from introductions.services import objectives as objective_services
from introductions.services import plans, searches
from introductions.today import put_aside, take_up
from netapp.accounts.models import User
from netapp.mail.models import Letter
from tests.factories import (
    NOW,
    AcquaintanceFactory,
    IntroductionFactory,
    ObjectiveFactory,
    SeatFactory,
    SeatMatchFactory,
    UserFactory,
)
from tests.networks import card, connect, member

pytestmark = pytest.mark.django_db
LONG_AGO = NOW - timedelta(days=400)
LATELY = NOW - timedelta(days=20)


@pytest.fixture(autouse=True)
def _then():
    with travel(NOW, tick=False):
        yield


class World:
    """Alice wants an editor and a printer. Ana, strong, knows Eva the editor; Ben, dormant, knows her too and knows
    Piet the printer; Olga works where Otto does, an editor to whom nothing leads."""

    def __init__(self, alice: User) -> None:
        self.alice = alice
        self.objective = ObjectiveFactory(owner=alice, title="Publish")
        self.editor = SeatFactory(owner=alice, objective=self.objective, title="Editor", position=0)
        self.printer = SeatFactory(owner=alice, objective=self.objective, title="Printer", position=1)
        known = {"relation": Relation.KNOWN, "last_contact_at": LATELY}
        self.ana = card(alice, "Ana", "ana@x.test", strength=0.8, **known)
        self.ben = card(alice, "Ben", "ben@x.test", strength=0.3, **{**known, "last_contact_at": LONG_AGO})
        self.olga = card(alice, "Olga", "olga@x.test", strength=0.7, organisation="Tinta", **known)
        wanted = {"relation": Relation.WANTED}
        self.eva = card(alice, "Eva", role="editor", **wanted)
        self.piet = card(alice, "Piet", role="printer", **wanted)
        self.otto = card(alice, "Otto", role="editor", organisation="TINTA", **wanted)
        for one, other in ((self.ana, self.eva), (self.ben, self.eva), (self.ben, self.piet)):
            AcquaintanceFactory(one=one, other=other)
        for person, seat in ((self.eva, self.editor), (self.otto, self.editor), (self.piet, self.printer)):
            SeatMatchFactory(owner=alice, seat=seat, person=person, reasons=["by their role"], score=1.0)

    def work(self) -> list[PlanAction]:
        searches.want_all_routes(circle=_circle(self.alice), now=NOW)
        refresh_routes(member_id=self.alice.pk, now=NOW)
        planning.refresh_plan(member_id=self.alice.pk, now=NOW)
        return self.steps()

    def steps(self) -> list[PlanAction]:
        return list(PlanAction.objects.filter(owner=self.alice, rank__isnull=False).order_by("rank"))

    def view(self) -> planning.PlanView:
        return planning.plan_of(member=self.alice, assessments=self.assessments(), now=NOW)

    def assessments(self) -> list[Assessment]:
        objectives = list(Objective.objects.filter(owner=self.alice, state="open", deleted_at=None))
        return assess(member=self.alice, objectives=objectives, now=NOW)

    def titles(self) -> list[str]:
        return [way.title for way in self.view().steps]


def _circle(user: User):
    from contacts.shared import circle_of

    return circle_of(user.pk, NOW)


@pytest.fixture
def world(alice: User) -> World:
    return World(alice)


def p(strength: float) -> float:
    """The chance over one tie, as docs/assessment.md has it."""
    return 0.05 + 0.85 * strength


SOME = p(0.45)
"""An acquaintance that Alice noted."""


class TestByHand:
    def test_what_could_be_done_and_what_it_opens(self, world: World):
        world.work()
        found = {row.key: row for row in PlanAction.objects.all()}
        ana = p(0.8) * SOME
        ask = found[f"ask:{world.eva.id}:{world.ana.id}"]
        assert ask.worth == pytest.approx(ana, abs=2e-3)
        assert found[f"ask:{world.piet.id}:{world.ben.id}"].worth == pytest.approx(p(0.3) * SOME, abs=2e-3)
        # Ben again: both Eva and Piet are likelier through him than if he were asked out of the blue.
        revived = p(0.55) * SOME
        assert found[f"revive:{world.ben.id}"].worth == pytest.approx(2 * revived, abs=4e-3)
        knows = found[f"knows:{world.olga.id}:{world.otto.id}"]
        assert knows.worth == pytest.approx(p(0.7) * 0.3 * SOME, abs=2e-3)
        assert found[f"ask:{world.eva.id}:{world.ben.id}"].worth < ask.worth

    def test_the_plan_and_its_running_chances(self, world: World):
        steps = world.work()
        assert [step.key for step in steps] == [
            f"revive:{world.ben.id}",
            f"ask:{world.eva.id}:{world.ana.id}",
            f"knows:{world.olga.id}:{world.otto.id}",
        ]
        revived, ana = p(0.55) * SOME, p(0.8) * SOME
        first, second, _ = steps
        assert {one["seat"]: one["after"] for one in first.opens} == {
            str(world.editor.id): pytest.approx(revived, abs=2e-3),
            str(world.printer.id): pytest.approx(revived, abs=2e-3),
        }
        (opening,) = second.opens
        assert opening["before"] == pytest.approx(revived, abs=2e-3)
        assert opening["after"] == pytest.approx(1 - (1 - revived) * (1 - ana), abs=3e-3)

    def test_it_is_the_best_of_all_sets(self, world: World):
        """Against every set of at most seven, one for each friend, within the time; chances in plain Python."""
        steps = world.work()
        situation = Situation.of(world.assessments())
        every = possible.candidates(situation, {world.otto.id: [world.olga]}, refused=set(), now=NOW)

        def worth(chosen: tuple[Candidate, ...]) -> float:
            total = 0.0
            for seat in range(len(situation.seats)):
                best: dict[UUID, float] = {}
                for entry in (*situation.begun, *(one for candidate in chosen for one in candidate.entries)):
                    if entry.seat == seat:
                        best[entry.person] = max(best.get(entry.person, 0.0), entry.chance)
                total += 1 - math.prod(1 - chance for chance in best.values())
            return total

        def is_allowed(chosen: tuple[Candidate, ...]) -> bool:
            friends = {one.person for one in chosen}
            about = {one.target or one.person for one in chosen}
            return len(friends) == len(about) == len(chosen) and sum(one.minutes for one in chosen) <= 240

        sizes = range(len(every) + 1)
        sets = [chosen for size in sizes for chosen in itertools.combinations(every, size) if is_allowed(chosen)]
        best = max(worth(chosen) for chosen in sets)
        mine = {step.key for step in steps}
        assert worth(tuple(one for one in every if one.key in mine)) == pytest.approx(best)

    def test_somebody_held_needs_no_step_until_the_tie_rests(self, world: World):
        SeatMatchFactory(owner=world.alice, seat=world.printer, person=world.ana, reasons=["r"], score=2.0)
        world.work()
        assert not PlanAction.objects.filter(key=f"revive:{world.ana.id}").exists()
        Person.objects.filter(id=world.ana.id).update(last_contact_at=LONG_AGO)
        world.work()
        assert PlanAction.objects.filter(key=f"revive:{world.ana.id}").exists()

    def test_what_if_by_hand(self, world: World):
        world.work()
        rows = {row.person_id: row for row in Prospect.objects.all()}
        found = {row.name: row for row in planning.what_if(member=world.alice, q="", now=NOW)}
        # Eva, met once, fits the seat herself.
        ana, ben = p(0.8) * SOME, p(0.3) * SOME
        today = 1 - (1 - ana) * (1 - ben)
        opening = next(one for one in found["Eva"].opens if one.seat == world.editor)
        assert opening.before == pytest.approx(today, abs=3e-3)
        assert opening.after == pytest.approx(1 - (1 - today) * (1 - p(0.35)), abs=3e-3)
        # Ben as a good friend: better for both seats than he is.
        after = {one.seat.title: one.after for one in found["Ben"].opens}
        over_eva = p(0.8) * SOME**3  # Ana knows Eva, who knows Ben, who knows Piet
        assert after["Printer"] == pytest.approx(1 - (1 - over_eva) * (1 - p(0.6) * SOME), abs=3e-3)
        assert after["Editor"] == pytest.approx(1 - (1 - ana) * (1 - p(0.6) * SOME), abs=3e-3)
        assert world.ana.id not in rows, "she is as close as a what-if takes her to be"


class TestChoosing:
    def test_nothing_twice_and_nothing_refused(self, world: World):
        world.work()
        key = world.steps()[0].key
        put_aside(member=world.alice, key=key, now=NOW, days=None)
        assert MemberPlan.objects.get().is_stale
        assert "Get back in touch with Ben" not in world.titles()
        world.work()
        assert key not in {row.key for row in PlanAction.objects.all()}
        take_up(member=world.alice, key=key)
        world.work()
        assert key in {row.key for row in PlanAction.objects.all()}

    def test_not_now_comes_back(self, world: World):
        world.work()
        key = world.steps()[0].key
        put_aside(member=world.alice, key=key, now=NOW, days=30)
        planning.refresh_plan(member_id=world.alice.pk, now=NOW + timedelta(days=29))
        assert not PlanAction.objects.filter(key=key).exists()
        planning.refresh_plan(member_id=world.alice.pk, now=NOW + timedelta(days=31))
        assert PlanAction.objects.filter(key=key).exists()

    @pytest.mark.parametrize("state", [State.DECLINED, State.WITHDRAWN, State.INTRODUCER_ASKED])
    def test_nobody_is_asked_about_the_same_again_within_a_year(self, world: World, state: State):
        IntroductionFactory(
            owner=world.alice,
            target=world.eva,
            introducer=world.ana,
            state=state,
            shown_state=state,
            asked_at=NOW - timedelta(days=200),
        )
        world.work()
        assert not PlanAction.objects.filter(target=world.eva).exists()

    def test_a_hidden_no_does_not_show(self, world: World):
        """State and what the asker is shown differ until the reveal; the plan goes by what is shown."""
        introduction = IntroductionFactory(
            owner=world.alice,
            target=world.eva,
            introducer=world.ana,
            state=State.INTRODUCER_ASKED,
            shown_state=State.INTRODUCER_ASKED,
            asked_at=NOW - timedelta(days=2),
        )
        world.work()
        before = list(PlanAction.objects.values_list("key", "worth", "opens", "rank", "due_date"))
        people = list(Prospect.objects.values_list("person", "worth", "opens"))
        introduction.state, introduction.reveal_at = State.DECLINED, NOW + timedelta(days=1)
        introduction.save()
        world.work()
        assert list(PlanAction.objects.values_list("key", "worth", "opens", "rank", "due_date")) == before
        assert list(Prospect.objects.values_list("person", "worth", "opens")) == people

    def test_taken_on_is_a_reminder_once_and_leaves_the_plan(self, world: World, alice_client: Client):
        world.work()
        key = f"revive:{world.ben.id}"
        for _ in range(2):
            alice_client.post(reverse("introductions:plan_do"), {"key": key})
        reminder = Reminder.objects.get()
        assert (reminder.text, reminder.person) == ("Get back in touch with Ben", world.ben)
        assert reminder.due_at >= NOW
        sending.send_due(owner_id=world.alice.pk, now=reminder.due_at)
        letter = Letter.objects.get(kind="digest")
        assert letter.subject == "Get back in touch with Ben"
        assert "From your plan: Get back in touch with Ben" in letter.text
        assert "From your plan: Get back in touch with Ben" in letter.html
        world.work()
        assert not PlanAction.objects.filter(key=key).exists()
        page = alice_client.get(reverse("introductions:plan")).text
        assert "You took on" in page
        alice_client.post(reverse("introductions:plan_undo", args=[reminder.id]))
        reminder.refresh_from_db()
        assert reminder.state == ReminderState.CANCELLED
        world.work()
        assert PlanAction.objects.filter(key=key).exists()

    def test_done_is_not_proposed_again_soon(self, world: World, alice_client: Client):
        world.work()
        key = f"revive:{world.ben.id}"
        alice_client.post(reverse("introductions:plan_do"), {"key": key})
        reminders.done(reminder=Reminder.objects.get(), now=NOW)
        world.work()
        assert not PlanAction.objects.filter(key=key).exists()
        assert "Done in the last three months: 1" in alice_client.get(reverse("introductions:plan")).text

    def test_an_ask_opens_the_page_to_write_it_on(self, world: World, alice_client: Client):
        world.work()
        answer = alice_client.post(reverse("introductions:plan_do"), {"key": f"ask:{world.eva.id}:{world.ana.id}"})
        assert answer.headers["Location"].startswith(reverse("introductions:ask", args=[world.eva.id]))
        assert str(world.ana.id) in answer.headers["Location"]
        assert str(world.editor.id) in answer.headers["Location"]
        assert alice_client.get(answer.headers["Location"]).status_code == 200

    def test_what_does_not_hold_any_more_is_not_shown(self, world: World, alice_client: Client):
        world.work()
        assert len(world.titles()) == 3
        Person.objects.filter(id=world.ben.id).update(deleted_at=NOW)
        Person.objects.filter(id=world.ana.id).update(archived_at=NOW)
        assert world.titles() == ["Ask Olga whether they know Otto"]
        objective_services.set_seat_state(seat=world.editor, state=SeatState.FILLED)
        assert world.titles() == []
        answer = alice_client.post(
            reverse("introductions:plan_do"), {"key": f"knows:{world.olga.id}:{world.otto.id}"}, follow=True
        )
        assert "changed meanwhile" in answer.text
        assert not Reminder.objects.exists()

    def test_the_same_rows_give_the_same_plan(self, world: World):
        world.work()
        columns = ("key", "worth", "opens", "rank", "due_date", "minutes")
        before = list(PlanAction.objects.order_by("key").values_list(*columns))
        world.work()
        assert list(PlanAction.objects.order_by("key").values_list(*columns)) == before

    def test_a_change_meanwhile_leaves_it_stale(self, world: World, monkeypatch):
        world.work()
        compute = planning.compute.assess  # type: ignore[attr-defined]

        def meanwhile(**all_: Any) -> Any:
            plans.make_stale([world.alice.pk])
            return compute(**all_)

        monkeypatch.setattr("introductions.planning.compute.assess", meanwhile)
        planning.refresh_plan(member_id=world.alice.pk, now=NOW)
        assert MemberPlan.objects.get().is_stale
        assert planning.members_waiting(now=NOW) == [world.alice.pk]

    def test_less_time_is_a_shorter_plan(self, world: World, alice_client: Client):
        world.work()
        assert alice_client.post(reverse("introductions:plan"), {"minutes": "20"}).status_code == 302
        world.work()
        assert sum(step.minutes for step in world.steps()) <= 80
        assert alice_client.post(reverse("introductions:plan"), {"minutes": "7"}).status_code == 422
        assert MemberPlan.objects.get().weekly_minutes == 20

    def test_a_closed_objective_is_planned_for_no_more(self, world: World):
        world.work()
        Objective.objects.update(state="reached")
        assert world.titles() == []
        world.work()
        assert not PlanAction.objects.exists()
        assert not Prospect.objects.exists()


class TestDays:
    DAY = date(2026, 5, 4)

    def test_a_weeks_minutes_and_the_members_days(self):
        found = spread(
            [("a", 20), ("b", 20), ("c", 30), ("d", 20)], weekly=60, today=self.DAY, weekdays=[2, 4], before={}
        )
        assert found == [date(2026, 5, 5), date(2026, 5, 7), date(2026, 5, 12), date(2026, 5, 14)]

    def test_a_day_that_was_given_stays_until_it_has_gone_by(self):
        before = {"a": date(2026, 5, 20), "b": date(2026, 5, 1)}
        found = spread([("a", 20), ("b", 20)], weekly=60, today=self.DAY, weekdays=[], before=before)
        assert found[0] == date(2026, 5, 20)
        assert found[1] > self.DAY

    def test_what_takes_more_than_a_week_has_one_of_its_own(self):
        assert len(spread([("a", 90), ("b", 10)], weekly=20, today=self.DAY, weekdays=[1], before={})) == 2


class TestOthers:
    def test_two_plans_differ_by_what_each_may_see(self, alice: User):
        """Bob shares Eva with his connections: Alice plans over him, Carla, who is not connected, does not."""
        bob, carla = member("Bob", "bob@x.test"), member("Carla")
        mine = World(alice)
        card(alice, "Bob", "bob@x.test", strength=0.9, last_contact_at=LATELY)
        card(carla, "Bob", "bob@x.test", strength=0.9, last_contact_at=LATELY)
        connect(alice, bob)
        zoe = card(bob, "Zoe", "zoe@x.test", role="printer", strength=0.8, reach=Reach.MY_CONNECTIONS)
        SeatMatchFactory(owner=alice, seat=mine.printer, person=zoe, reasons=["by their role"], score=1.0)
        mine.work()
        hers = SeatFactory(owner=carla, objective=ObjectiveFactory(owner=carla), title="Printer")
        SeatMatchFactory(owner=carla, seat=hers, person=zoe, reasons=["by their role"], score=1.0)
        searches.want_all_routes(circle=_circle(carla), now=NOW)
        refresh_routes(member_id=carla.pk, now=NOW)
        planning.refresh_plan(member_id=carla.pk, now=NOW)
        assert "Ask Bob to introduce you to Zoe" in mine.titles()
        assert not PlanAction.objects.filter(owner=carla).exists()
        assert not Prospect.objects.filter(owner=carla).exists()

        Person.objects.filter(id=zoe.id).update(reach=Reach.ONLY_ME)
        assert "Ask Bob to introduce you to Zoe" not in mine.titles(), "in the same moment"
        assert "Zoe" not in {one.name for one in planning.what_if(member=alice, q="", now=NOW)}

    def test_anothers_book_changes_no_figure(self, world: World):
        world.work()
        mine = PlanAction.objects.filter(owner=world.alice).order_by("key").values_list("key", "worth", "rank")
        before = list(mine)
        stranger = member("Stranger")
        for number in range(5):
            friend = card(stranger, f"Friend {number}", f"f{number}@x.test", strength=0.9, organisation="Tinta")
            AcquaintanceFactory(one=friend, other=card(stranger, f"Eva {number}", role="editor"))
        world.work()
        assert (
            list(PlanAction.objects.filter(owner=world.alice).order_by("key").values_list("key", "worth", "rank"))
            == before
        )

    def test_a_stranger_does_nothing_with_anothers_step(self, world: World, charlie_client: Client):
        world.work()
        key = f"revive:{world.ben.id}"
        assert charlie_client.post(reverse("introductions:plan_do"), {"key": key}).status_code == 404
        assert not Reminder.objects.exists()
        page = charlie_client.get(reverse("introductions:plan")).text
        assert "Ben" not in page
        assert "Ben" not in charlie_client.get(reverse("introductions:what_if") + "?q=ben").text

    @pytest.mark.parametrize("key", ["", "ask:", "x:1", "knows:<script>", "answer:1"])
    def test_what_is_no_key_does_nothing(self, world: World, alice_client: Client, key: str):
        assert alice_client.post(reverse("introductions:plan_refuse"), {"key": key}).status_code == 302
        assert alice_client.post(reverse("introductions:plan_do"), {"key": key}).status_code == 302
        assert not PutAside.objects.exists()
        assert not Reminder.objects.exists()


class TestPages:
    def test_the_plan_reads_as_a_person_would_say_it(self, world: World, alice_client: Client):
        world.work()
        page = alice_client.get(reverse("introductions:plan")).text
        assert "Get back in touch with Ben" in page
        assert "Ask Ana to introduce you to Eva" in page
        assert "Both are at Tinta" in page
        assert "from no way yet to" in page
        seat = alice_client.get(reverse("introductions:objective", args=[world.objective.id])).text
        assert "What could bring it nearer" in seat

    def test_empty_states(self, alice: User, alice_client: Client):
        assert "What do you want to do next?" in alice_client.get(reverse("introductions:plan")).text
        assert "Write down an objective first" in alice_client.get(reverse("introductions:what_if")).text
        ObjectiveFactory(owner=alice)
        assert "Kith is working it out" in alice_client.get(reverse("introductions:plan")).text
        planning.refresh_plan(member_id=alice.pk, now=NOW)
        assert "Nothing to do just now" in alice_client.get(reverse("introductions:plan")).text

    def test_polling_stops(self, world: World, alice_client: Client):
        world.work()
        MemberPlan.objects.update(is_stale=True)
        htmx = {"HX-Request": "true"}
        assert alice_client.get(reverse("introductions:plan"), headers=htmx).status_code == 200
        MemberPlan.objects.update(is_stale=False)
        assert alice_client.get(reverse("introductions:plan"), headers=htmx).status_code == 286

    def test_getting_back_in_touch_needs_no_plan(self, world: World, alice_client: Client, charlie_client: Client):
        page = alice_client.post(reverse("introductions:plan_do"), {"key": f"revive:{world.ana.id}"}, follow=True).text
        assert "Get back in touch with Ana" in page
        assert Reminder.objects.get().person == world.ana
        for key in (f"revive:{world.ana.id}", "revive:12"):
            assert charlie_client.post(reverse("introductions:plan_do"), {"key": key}).status_code == 404
        assert Reminder.objects.count() == 1

    def test_what_if_finds_by_name_and_says_where_nothing_opens(self, world: World, alice_client: Client):
        world.work()
        card(world.alice, "Zacharias Quiet")
        page = alice_client.get(reverse("introductions:what_if") + "?q=zach").text
        assert "No seat comes nearer" in page
        assert "Nobody of that name" in alice_client.get(reverse("introductions:what_if") + "?q=xyzzy").text

    @pytest.mark.parametrize("name", ["plan", "what_if"])
    def test_queries_do_not_grow(self, alice: User, alice_client: Client, name: str, django_assert_max_num_queries):
        counts = []
        for many in (1, 8):
            for number in range(many):
                world = World(alice)
                Person.objects.filter(id=world.ben.id).update(full_name=f"Ben {number}")
            world.work()
            with django_assert_max_num_queries(60) as queries:
                alice_client.get(reverse(f"introductions:{name}"))
            counts.append(len(queries))
        assert counts[1] <= counts[0]

    def test_whom_one_asks_too_often(self, world: World, alice_client: Client):
        for number in range(4):
            IntroductionFactory(
                owner=world.alice,
                introducer=world.ana,
                target=card(world.alice, f"T{number}", relation=Relation.WANTED),
                state=State.CLOSED,
                shown_state=State.CLOSED,
                asked_at=NOW - timedelta(days=30 * number + 1),
            )
        page = alice_client.get(reverse("introductions:plan")).text
        assert "Of your 4 requests within a year 4 went to Ana first" in page
        Person.objects.filter(id=world.ana.id).update(deleted_at=NOW)
        assert "went to Ana" not in alice_client.get(reverse("introductions:plan")).text


def test_an_account_without_objectives_costs_nothing(db):
    UserFactory()
    assert planning.members_waiting(now=NOW) == []
