"""What Alice and Bob want to do next, and whom it takes."""

from datetime import datetime, timedelta

from introductions.demo.when import Calendar
from introductions.models import Objective, Seat
from introductions.services.objectives import SeatInput, write_objective
from netapp.accounts.models import User

EDITOR = "Commissioning editor at a photo-book publisher"
FOREWORD = "Somebody to write the foreword"
CURATOR = "Curator who would hang the pictures"
PRINTER = "Printer who still does duotone"
DIRECTOR = "Creative director at an agency"
STUDIO = "Partner in a small design studio"
MUSEUM = "Head of communications at a museum or foundation"
RECRUITER = "Recruiter for creative jobs"
ESSAY = "Essayist for the first issue"


def write_objectives(*, alice: User, bob: User, calendar: Calendar) -> dict[str, Seat]:
    """Two of Alice's and one of Bob's; their seats by title."""
    book = write_objective(
        owner=alice,
        title="Publish the photo book on the river towns",
        why=(
            "Nine summers along the Douro, the Minho and the Guadiana: the people who still live from the water. "
            "The pictures are done. They need a publisher who prints well and sells beyond Portugal, before the "
            "last ferry at Alcoutim stops."
        ),
        target_date=calendar.day + timedelta(days=210),
        review_date=calendar.day + timedelta(days=19),
        now=calendar.morning,
        seats=[
            SeatInput(title=EDITOR, roles=["commissioning editor", "publisher"]),
            SeatInput(title=CURATOR, roles=["curator"]),
            SeatInput(title=FOREWORD, roles=["essayist", "novelist", "historian"]),
            SeatInput(title=PRINTER, roles=["printer"]),
        ],
    )
    work = write_objective(
        owner=alice,
        title="Find work as an art director in Lisbon or Porto",
        why="Four days a week with other people again, and the fifth for the darkroom.",
        target_date=calendar.day + timedelta(days=120),
        review_date=calendar.day + timedelta(days=33),
        now=calendar.morning,
        seats=[
            SeatInput(title=DIRECTOR, roles=["creative director"], places=["Lisbon", "Porto"]),
            SeatInput(title=STUDIO, roles=["founder", "managing partner"], words=["design"]),
            SeatInput(title=MUSEUM, roles=["head of communications", "communications director"]),
            SeatInput(title=RECRUITER, roles=["recruiter", "talent partner"]),
        ],
    )
    quarterly = write_objective(
        owner=bob,
        title="Bring The Estuary Review back to print",
        why="Two years on a screen were enough.",
        target_date=calendar.day + timedelta(days=150),
        review_date=calendar.day + timedelta(days=12),
        now=calendar.morning,
        seats=[
            SeatInput(title=ESSAY, roles=["essayist", "poet"]),
            SeatInput(title="Printer for 600 copies", roles=["printer"]),
        ],
    )
    for objective, days in ((book, 320), (work, 96), (quarterly, 40)):
        _made(objective, calendar.at(days))
    return {seat.title: seat for seat in Seat.objects.filter(objective__in=[book, work, quarterly])}


def _made(objective: Objective, at: datetime) -> None:
    Objective.objects.filter(id=objective.id).update(created_at=at)
    Seat.objects.filter(objective=objective).update(created_at=at)
