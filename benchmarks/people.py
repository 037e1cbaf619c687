"""`python -m benchmarks.people [people]`: how long the pages of a large book take, search above all.

A throwaway PostgreSQL, one member, 50,000 people with notes, tags, needs, addresses and contacts (names put together
from a few hundred given and family names, so that searches find many). Each page is asked for whole, through Django's
own stack without the network, and as htmx asks for it while one types.
"""

from __future__ import annotations

import os
import platform
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from netapp.embedded.postgres import THROWAWAY, Postgres

if TYPE_CHECKING:
    from django.test import Client

    from netapp.accounts.models import User

PEOPLE = 50_000
ROUNDS = 15


def words(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


GIVEN = words(
    "Ana Ben Carla Dmitri Élodie Farid Greta Håkon Inês João Kateřina Luca Mei Noor Olga Paweł Quentin Rosa Søren"
    " Tomás Uta Viktor Wanda Xavier Yusuf Zoë Aisha Bruno Chloé Daniel Eva Felix Gabriela Hugo Irina Jonas Klara"
)
FAMILY = words(
    "Silva Costa Meyer Nowak García Müller Rossi Dubois Novák Ivanov Haddad Kowalski Jensen Ferreira Lopez"
    " Schmidt Moreau Bianchi Svoboda Petrov Nilsson Almeida Fischer Laurent Ricci Dvořák Sokolov Berg Pereira"
)
PARTS = words("berg feld hof mann stein wald bach dorf rup gaard sen ova ski ini ez oux")
ROLES = words("editor printer curator bookseller photographer translator lawyer baker teacher engineer")
PLACES = words("Lisbon Porto Berlin Paris Kraków Oslo Madrid Milano Brno Sofia Lyon Graz")
WORDS = words("book fair night shift bicycle garden choir archive harbour letterpress exhibition chess bread")
TAGS = words("photo print family school work choir chess fair")


def main() -> None:
    """Fill a book, ask for its pages, print what they took."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE
    with tempfile.TemporaryDirectory() as place:
        database = Postgres(Path(place, "postgres"), log=Path(place, "postgres.log"), options=THROWAWAY)
        database.start()
        try:
            database.wait_until_ready()
            _measure(database.url, count, Path(place))
        finally:
            database.stop()


def _measure(url: str, count: int, place: Path) -> None:
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
    from django.test import Client
    from django.utils import timezone

    from netapp.accounts.models import User

    call_command("migrate", verbosity=0)
    alice = User.objects.create_user("alice@example.org", name="Alice")
    random.seed(7)
    now = timezone.now()
    began = time.perf_counter()
    names = _fill(alice, count, now)
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{count:,} people written by the services in {time.perf_counter() - began:.0f} s\n")
    client = Client()
    client.force_login(alice)
    _pages(client, names)
    _export(alice)


def _export(alice: User) -> None:
    from contacts.models import Export
    from contacts.services.exports import asking, running

    export = asking.ask(owner=alice)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    running.run(export_id=export.id, now=datetime.now(UTC))
    took = time.perf_counter() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    size = Export.objects.get(id=export.id).size / 1_000_000
    print(f"\nexport of everything: {took:.0f} s, {size:.1f} MB, memory grown by {grown:.0f} MB")


def _fill(alice: User, count: int, now: datetime) -> list[str]:
    from django.db import connection

    from contacts.handles import HandleKind
    from contacts.models import Interaction, Person
    from contacts.services import people
    from contacts.services.handles import HandleInput
    from contacts.services.people import Card

    pick = random.choice
    names = [f"{pick(GIVEN)} {pick(FAMILY)}{pick(PARTS) if random.random() < 0.7 else ''}" for _ in range(count)]
    for start in range(0, count, 2000):
        cards = [
            Card(
                {
                    "full_name": name,
                    "organisation": f"{pick(FAMILY)} {pick(['Press', 'Studio', 'GmbH', 'Books'])}",
                    "role": pick(ROLES),
                    "place": pick(PLACES),
                    "tags": random.sample(TAGS, random.randint(0, 3)),
                    "notes": " ".join(pick(WORDS) for _ in range(random.randint(0, 40))),
                    "needs": [f"a {pick(ROLES)}"] if random.random() < 0.1 else [],
                    "tie_kinds": [pick(["friend", "colleague", "family"])],
                },
                [HandleInput(HandleKind.EMAIL, f"person{start + at}@example.org")],
            )
            for at, name in enumerate(names[start : start + 2000])
        ]
        made = people.create_people(owner=alice, cards=cards, now=now, typed=False)
        Interaction.objects.bulk_create(
            Interaction(owner=alice, person=person, happened_at=now - timedelta(days=random.randint(1, 2000)))
            for person in made
            for _ in range(random.randint(0, 3))
        )
    Person.objects.filter(owner=alice).update(strength_is_stale=False)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE contacts_person p SET last_contact_at = i.at, strength = random()"
            " FROM (SELECT person_id, max(happened_at) AS at FROM contacts_interaction GROUP BY 1) i"
            " WHERE i.person_id = p.id"
        )
        cursor.execute("VACUUM ANALYZE contacts_person")
        cursor.execute("VACUUM ANALYZE contacts_handle")
    return names


def _pages(client: Client, names: list[str]) -> None:
    def typed(word: Callable[[], str]) -> Callable[[], str]:
        return lambda: f"/people/?q={word()}"

    def slip() -> str:
        word = random.choice(names).split(" ")[1]
        at = random.randrange(1, len(word) - 1)
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]

    fragments = {
        "first two letters": typed(lambda: random.choice(names)[:2]),
        "given name": typed(lambda: random.choice(names).split(" ")[0]),
        "whole name": typed(lambda: random.choice(names).replace(" ", "+")),
        "family name with a slip": typed(slip),
        "a word of the notes": typed(lambda: random.choice(WORDS)),
        "a word that nobody has": typed(lambda: "zyxwv" + random.choice(WORDS)),
        "organisation and place": typed(lambda: f"{random.choice(FAMILY)}+{random.choice(PLACES)}"),
    }
    pages = {
        "everybody": lambda: "/people/",
        "closest first": lambda: "/people/?sort=strength",
        "due to be in touch": lambda: "/people/?sort=due",
        "page 900": lambda: "/people/?page=900",
        "tag, tie and place": lambda: f"/people/?tag=photo&tie=friend&place={random.choice(PLACES)}",
        "with a need, silent for a year": lambda: "/people/?has=needs&quiet=365",
        "words for a filter": lambda: f"/people/words/?organisation={random.choice(FAMILY)[:3]}",
    }
    print(f"{'':34}{'p50 ms':>8}{'p95 ms':>8}")
    for title, group, headers in (
        ("search, as one types", fragments, {"HX-Request": "true"}),
        ("whole pages", pages, {}),
    ):
        print(title)
        for name, address in group.items():
            took = []
            for _ in range(ROUNDS):
                url = address()
                began = time.perf_counter()
                response = client.get(url, headers=headers)
                took.append((time.perf_counter() - began) * 1000)
                assert response.status_code == 200, url
            cuts = statistics.quantiles(took, n=20)
            print(f"  {name:32}{statistics.median(took):8.0f}{cuts[18]:8.0f}")


if __name__ == "__main__":
    main()
