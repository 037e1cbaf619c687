"""Which shared cards are somebody the member has a card of already, or one human on several shared cards."""

from collections.abc import Collection
from uuid import UUID

from contacts.models import Person
from contacts.network.reading import names_of
from contacts.network.vertices import Vertices
from contacts.shared import Circle


def same_humans(circle: Circle, cards: Collection[UUID]) -> dict[UUID, UUID]:
    """For each of these shared cards the one card to show: the member's own of that human, else one of these.

    `cards` in the order of preference. A card of the member themself is left out. Three queries.
    """
    names, members = names_of(circle)[:2]
    vertices = Vertices(members)
    shown: dict[int, UUID] = {}
    for person_id in sorted(
        Person.objects.filter(owner=circle.member_id, deleted_at=None).values_list("id", flat=True)
    ):
        for vertex in vertices.card(person_id, names.get(person_id, ())):
            shown.setdefault(vertex, person_id)
    me = vertices.member(circle.member_id)
    found: dict[UUID, UUID] = {}
    for person_id in cards:
        mine = vertices.card(person_id, names.get(person_id, ()))
        if me in mine:
            continue
        card = next((shown[vertex] for vertex in mine if vertex in shown), person_id)
        found[person_id] = card
        for vertex in mine:
            shown.setdefault(vertex, card)
    return found
