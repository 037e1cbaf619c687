"""Starting points for an objective: common wishes, each with seats to edit. Texts, no rows."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StarterSeat:
    """A seat that a starter proposes; its lists are examples to be edited."""

    title: str
    organisations: Sequence[str] = ()
    roles: Sequence[str] = ()
    places: Sequence[str] = ()
    tags: Sequence[str] = ()
    offers: Sequence[str] = ()
    words: Sequence[str] = ()
    names: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """One starting point. `slug` stands in the address, `hint` under the question why."""

    slug: str
    label: str
    title: str
    hint: str
    seats: Sequence[StarterSeat]


STARTERS: Sequence[Starter] = (
    Starter(
        slug="find-work",
        label="Find work",
        title="Find work that I would gladly get up for",
        hint="What should be different from the last one?",
        seats=(
            StarterSeat(title="Somebody who does this work already"),
            StarterSeat(title="Somebody who hires for it", roles=("head of", "director", "lead", "founder")),
            StarterSeat(title="A recruiter who knows the field", roles=("recruiter", "talent", "headhunter")),
        ),
    ),
    Starter(
        slug="find-clients",
        label="Find clients",
        title="Find three clients whom I like to work for",
        hint="Who was the best client so far, and why?",
        seats=(
            StarterSeat(title="Somebody with the problem that I solve", roles=("founder", "owner", "director")),
            StarterSeat(title="Somebody who serves the same people", roles=("consultant", "agency", "freelance")),
            StarterSeat(title="A client of old who would say so aloud", tags=("client",)),
        ),
    ),
    Starter(
        slug="publish",
        label="Publish",
        title="Publish my book",
        hint="What is it about, and who should hold it in their hands?",
        seats=(
            StarterSeat(title="Editor at a publisher", roles=("editor", "publisher", "commissioning editor")),
            StarterSeat(title="Literary agent", roles=("agent", "literary agent")),
            StarterSeat(title="Somebody who has published such a book", roles=("author", "writer", "photographer")),
        ),
    ),
    Starter(
        slug="move",
        label="Move to a town",
        title="Move to Lisbon",
        hint="What draws you there?",
        seats=(
            StarterSeat(title="Somebody who lives there", places=("Lisbon", "Lisboa")),
            StarterSeat(title="Somebody who moved there themselves", words=("Lisbon",)),
            StarterSeat(title="Somebody with a flat to let", roles=("estate agent", "landlord"), places=("Lisbon",)),
        ),
    ),
    Starter(
        slug="learn",
        label="Learn a craft",
        title="Learn to bind books",
        hint="How far would you like to come in a year?",
        seats=(
            StarterSeat(title="Somebody who masters it", roles=("bookbinder",)),
            StarterSeat(title="Somebody who teaches it", roles=("teacher", "lecturer", "trainer")),
            StarterSeat(title="Somebody who is learning it too", words=("bookbinding",)),
        ),
    ),
    Starter(
        slug="raise-money",
        label="Raise money",
        title="Find the money for the first year",
        hint="How much, for what, and what will be there after it?",
        seats=(
            StarterSeat(title="Somebody who funds such things", roles=("investor", "partner", "programme officer")),
            StarterSeat(title="Somebody who raised money for the like", roles=("founder", "director")),
            StarterSeat(title="Somebody who reads the papers first", roles=("lawyer", "accountant", "solicitor")),
        ),
    ),
    Starter(
        slug="hire",
        label="Find somebody to work with me",
        title="Find the second person for the studio",
        hint="What would they do on a good Tuesday?",
        seats=(
            StarterSeat(title="Somebody who could be it"),
            StarterSeat(title="Somebody who taught or led such people", roles=("teacher", "professor", "head of")),
            StarterSeat(title="Somebody who would hear of them", words=("community", "meetup", "association")),
        ),
    ),
    Starter(
        slug="co-founder",
        label="Find a co-founder",
        title="Find somebody to found it with",
        hint="What do you bring, and what is missing?",
        seats=(
            StarterSeat(title="Somebody with the half that I lack"),
            StarterSeat(title="Somebody who founded with another", roles=("founder", "co-founder")),
            StarterSeat(title="Somebody who knows many builders", roles=("programme manager", "mentor", "incubator")),
        ),
    ),
)

_BY_SLUG = {starter.slug: starter for starter in STARTERS}


def starter_for(slug: str) -> Starter | None:
    """The starter of that name, or None."""
    return _BY_SLUG.get(slug)
