"""`python -m benchmarks.assess [people]`: how long standing back takes on a large book.

A throwaway PostgreSQL, one member with 5,000 people, who note thousands of acquaintances, and 3 objectives of 5 seats
each that find their people by role, place and tag. Measured: matching, the ways, the assessment of all objectives, the
plan with everything that each person would open, and the pages that read it.
"""

from __future__ import annotations

import os
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.people import PLACES, ROLES, TAGS, words
from netapp.embedded.postgres import THROWAWAY, Postgres

if TYPE_CHECKING:
    from netapp.accounts.models import User

PEOPLE = 5_000
ROUNDS = 15
WANTED = words(
    "sculptor typesetter glazier cartographer brewer luthier cooper archivist falconer perfumer thatcher saddler"
    " engraver miller weaver"
)
"""What the seats look for: few of the member's own people do it."""


def main() -> None:
    """Fill a book, work everything out, print what it took."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE
    with tempfile.TemporaryDirectory() as place:
        database = Postgres(Path(place, "postgres"), log=Path(place, "postgres.log"), options=THROWAWAY)
        database.start()
        try:
            database.wait_until_ready()
            _measure(database.url, count)
        finally:
            database.stop()


def _measure(url: str, count: int) -> None:
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "netapp.settings",
        "SECRET_KEY": "only-for-this-benchmark-" + "k" * 40,
        "BASE_URL": "http://127.0.0.1:8000",
        "ALLOWED_HOSTS": "testserver",
        "DATABASE_URL": url,
        "LOG_LEVEL": "ERROR",
        "DEBUG": "true",  # static files need no manifest then
    }
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from contacts.shared import circle_of
    from introductions import matching, overview, planning
    from introductions.assessment import assess
    from introductions.models import Objective, PlanAction, Prospect, RouteSearch, SeatMatch
    from introductions.routes import refresh_routes
    from introductions.services import searches
    from netapp.accounts.models import User

    call_command("migrate", verbosity=0)
    alice = User.objects.create_user("alice@example.org", name="Alice")
    random.seed(11)
    now = timezone.now()
    acquaintances = _fill(alice, count, now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    load = os.getloadavg()[0]
    print(f"{count:,} people, {acquaintances:,} acquaintances, 3 objectives of 5 seats; load {load:.1f}\n")

    def stale() -> None:
        searches.books_moved(member_ids=[alice.pk], now=now)

    def all_ways() -> None:
        searches.want_all_routes(circle=circle_of(alice.pk, now), now=now)
        while refresh_routes(member_id=alice.pk, now=now):
            pass

    objectives = list(Objective.objects.filter(owner=alice))
    _time("matching 15 seats", lambda: matching.rematch(member_id=alice.pk, now=now), before=stale)
    _time("ways to everybody on them", all_ways, before=stale, rounds=3)
    assessed = _time("assessment of 3 objectives", lambda: assess(member=alice, objectives=objectives, now=now))
    planned = _time("plan and what-if of everybody", lambda: planning.refresh_plan(member_id=alice.pk, now=now))
    _time("the whole network (stand back)", lambda: overview.refresh_overview(member_id=alice.pk, now=now))
    print(f"{'assessment and plan together':34} {assessed + planned:8.0f} ms  (aim 2,000)\n")
    rows = SeatMatch.objects.count(), RouteSearch.objects.count(), PlanAction.objects.count(), Prospect.objects.count()
    print("{:,} people on seats, {:,} searched, {:,} things to do, {:,} what-ifs\n".format(*rows))
    _pages(alice)


def _fill(alice: User, count: int, now: datetime) -> int:
    from contacts.models import Acquaintance, Closeness, Direction, Interaction, InteractionKind, Person, Relation
    from contacts.services.cards import derive
    from introductions.models import Objective, Seat

    people = []
    for number in range(count):
        person = Person(
            owner=alice,
            full_name=f"Person {number:05}",
            role=random.choice(WANTED if number % 50 == 0 or number % 311 == 0 else ROLES),
            place=random.choice(PLACES),
            organisation=f"House {random.randrange(count // 8)}",
            tags=random.sample(TAGS, random.randrange(3)),
            relation=Relation.WANTED if number % 50 == 0 else Relation.KNOWN,
        )
        derive(person, [])
        if person.relation == Relation.KNOWN and random.random() < 0.8:
            person.strength = random.betavariate(1.2, 3)
            person.last_contact_at = now - timedelta(days=random.expovariate(1 / 300))
        people.append(person)
    Person.objects.bulk_create(people, batch_size=1000)
    pairs = {tuple(sorted(random.sample(range(count), 2))) for _ in range(count * 4)}
    rows = [sorted((people[one], people[other]), key=lambda person: person.id) for one, other in pairs]
    levels = [Closeness.SLIGHT, Closeness.SOME, Closeness.STRONG]
    kinds = list(InteractionKind)
    Interaction.objects.bulk_create(
        [
            Interaction(
                owner=alice,
                person=random.choice(people),
                kind=random.choice(kinds),
                direction=random.choice(list(Direction)),
                happened_at=now - timedelta(days=random.expovariate(1 / 400)),
            )
            for _ in range(count * 10)
        ],
        batch_size=2000,
    )
    Acquaintance.objects.bulk_create(
        [Acquaintance(owner=alice, a=a, b=b, closeness=random.choice(levels)) for a, b in rows], batch_size=2000
    )
    for number in range(3):
        objective = Objective.objects.create(owner=alice, title=f"Objective {number}")
        for place in range(5):
            Seat.objects.create(
                owner=alice,
                objective=objective,
                title=f"Seat {place}",
                roles=[WANTED[number * 5 + place]],
                places=PLACES[place : place + 4] if place % 2 else [],
                position=place,
            )
    return len(rows)


def _time(
    what: str, act: Callable[[], object], *, before: Callable[[], object] = lambda: None, rounds: int = 5
) -> float:
    took = []
    for _ in range(rounds):
        before()
        began = time.perf_counter()
        act()
        took.append((time.perf_counter() - began) * 1000)
    print(f"{what:34} {statistics.median(took):8.0f} ms")
    return statistics.median(took)


def _pages(alice: User) -> None:
    from django.test import Client
    from django.urls import reverse

    from introductions.models import Objective

    client = Client()
    client.force_login(alice)
    objective = Objective.objects.filter(owner=alice).first()
    what_if = reverse("introductions:what_if")
    pages = {
        "objectives": reverse("introductions:objectives"),
        "one objective": reverse("introductions:objective", args=[objective.id if objective else None]),
        "the plan": reverse("introductions:plan"),
        "stand back": reverse("introductions:stand_back"),
        "what if, everybody": what_if,
        "what if, as one types": f"{what_if}?q=person+01",
        "what if, one person": f"{what_if}?q=person+01234",
    }
    print(f"{'page':34} {'p50':>8} {'p95':>8}")
    for name, url in pages.items():
        took = []
        for _ in range(ROUNDS + 1):
            began = time.perf_counter()
            assert client.get(url, headers={"HX-Request": "true"} if "?" in url else {}).status_code in (200, 286)
            took.append((time.perf_counter() - began) * 1000)
        took = sorted(took[1:])
        print(f"{name:34} {statistics.median(took):8.0f} {took[int(len(took) * 0.95)]:8.0f} ms")


if __name__ == "__main__":
    main()
