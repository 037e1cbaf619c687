"""The work behind Stand back: from the member's own book, and nothing else, to one row of figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

import numpy as np
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from contacts.models import Acquaintance, Closeness, Person, Relation
from contacts.network.chances import ACQUAINTED
from contacts.services.strengths import History, history
from introductions.lifecycle import State
from introductions.models import Introduction, Overview, Prospect
from introductions.overview import shape as shapes
from introductions.overview.shape import UNKNOWN, Floats
from netapp.accounts.models import User
from netapp.lib.times import local_date, local_moment

QUARTERS: Final = 8
"""How far the trend looks back."""
OLD: Final = timedelta(hours=20)
AT_MOST_EACH: Final = timedelta(minutes=10)
"""While somebody works on their book, the figures follow so often."""
HERE_LATELY: Final = timedelta(days=30)
SILENT: Final = timedelta(days=90)
"""Somebody close of whom one has not heard for so long is resting."""
DORMANT: Final = timedelta(days=365)
MOST_RESTING: Final = 12
MOST_SLID: Final = 10
MOST_GROUPS: Final = 8
MOST_JOINERS: Final = 5
MOST_WORDS: Final = 6
MOST_ON_MAP: Final = 2000
MOST_LINES: Final = 3000
MEMBERS_AT_ONCE: Final = 100
_MET: Final = (State.INTRODUCED, State.TALKED, State.CLOSED)


def members_waiting(*, now: datetime) -> list[int]:
    """Members who were here of late and have people, and whose figures are missing, old, or stale for a while."""
    here = User.objects.filter(is_active=True, last_login__gt=now - HERE_LATELY)
    with_people = here.filter(Exists(Person.objects.filter(owner=OuterRef("pk"), relation=Relation.KNOWN)))
    stale = Q(is_stale=True, computed_at__lt=now - AT_MOST_EACH)
    due = Overview.objects.filter(owner=OuterRef("pk")).exclude(Q(computed_at=None) | stale)
    fresh = due.filter(computed_at__gt=now - OLD)
    return list(with_people.exclude(Exists(fresh)).order_by("id").values_list("id", flat=True)[:MEMBERS_AT_ONCE])


def refresh_overview(*, member_id: int, now: datetime) -> None:
    """Work the figures out anew. What changes meanwhile leaves them stale."""
    member = User.objects.get(id=member_id)
    mine, _ = Overview.objects.get_or_create(owner=member)
    figures = figures_of(member, now)
    with transaction.atomic():
        Overview.objects.filter(id=mine.id).update(figures=figures, computed_at=now)
        Overview.objects.filter(id=mine.id, revision=mine.revision).update(is_stale=False)


@dataclass(slots=True)
class _Book:
    """The member's people and what is known of them, in one order."""

    people: list[Person]
    strength: Floats
    past: History
    at: dict[UUID, int]

    def id(self, place: int) -> str:
        return str(self.people[place].id)


def figures_of(member: User, now: datetime) -> dict[str, Any]:
    """Everything that the page shows, by the member's own book. Eight queries."""
    ends = quarter_ends(local_date(now, member.zone))
    moments = [local_moment(end, time(0), member.zone) for end in ends] + [now]
    past = history(owner_id=member.pk, moments=moments)
    known = Person.objects.filter(owner=member, relation=Relation.KNOWN, deleted_at=None, archived_at=None)
    by_id = known.defer("notes", "search_text").in_bulk(list(past.people))
    # A card that went between the two reads goes from the history, too.
    here = [place for place, person_id in enumerate(past.people) if person_id in by_id]
    past = History(
        tuple(past.people[place] for place in here), past.strengths[:, here], past.contact[:, here], past.first[here]
    )
    people = [by_id[person_id] for person_id in past.people]
    strength = np.array([np.nan if one.strength is None else one.strength for one in people], np.float64)
    book = _Book(people, strength, past, {one.id: place for place, one in enumerate(people)})
    pairs = _pairs(member, book)
    network = shapes.shape(strength, pairs)
    return {
        "known": len(people),
        "recorded": int((~np.isnan(strength)).sum()),
        "quarters": _quarters(book, ends),
        "layers": _layers(book),
        **_moved(book),
        "resting": _resting(member, book, network, now),
        **_structure(book, network),
        "map": _map(book, network, pairs),
        "introduced": _introduced(member, book),
        "organisations": shapes.common((one.organisation for one in people), MOST_WORDS),
        "places": shapes.common((one.place for one in people), MOST_WORDS),
        "fields": shapes.common((one.role for one in people), MOST_WORDS),
        "tags": shapes.common((tag for one in people for tag in one.tags), MOST_WORDS),
    }


def quarter_ends(today: date) -> list[date]:
    """The first day after each of the last QUARTERS + 1 quarters that are over, the oldest first."""
    year, month = today.year, 3 * ((today.month - 1) // 3) + 1
    found = []
    for _ in range(QUARTERS + 1):
        found.append(date(year, month, 1))
        year, month = (year, month - 3) if month > 3 else (year - 1, month + 9)
    return found[::-1]


def _pairs(member: User, book: _Book) -> list[tuple[int, int, float]]:
    rows = Acquaintance.objects.filter(owner=member).exclude(closeness=Closeness.NONE)
    return [
        (book.at[a], book.at[b], ACQUAINTED.get(Closeness(closeness)) or UNKNOWN)
        for a, b, closeness in rows.values_list("a_id", "b_id", "closeness")
        if a in book.at and b in book.at
    ]


def _quarters(book: _Book, ends: Sequence[date]) -> list[dict[str, Any]]:
    """Each quarter that is over, and the one that runs: with whom there was contact, who was new, who was close."""
    found = []
    for place in range(1, len(ends) + 1):
        strengths = np.nan_to_num(book.past.strengths[place], nan=0.0)
        found.append(
            {
                "from": ends[place - 1].isoformat(),
                "touch": int(book.past.contact[place].sum()),
                "new": int((book.past.first == place).sum()),
                "close": int((strengths >= 0.6).sum()),
                "some": int(((strengths >= 0.3) & (strengths < 0.6)).sum()),
            }
        )
    return found


def _layers(book: _Book) -> dict[str, list[str]]:
    layer = shapes.layers(book.strength)
    order = np.argsort(-np.nan_to_num(book.strength, nan=-1.0), kind="stable")
    return {str(one): [book.id(place) for place in order if layer[place] == one] for one in shapes.LAYERS}


def _moved(book: _Book) -> dict[str, Any]:
    """Since the end of the last quarter that is over: by contacts alone, since one's own word does not fade."""
    before, now = book.past.strengths[-2], book.past.strengths[-1]
    stated = np.array([one.layer is not None for one in book.people], np.bool_)
    down = [int(place) for place in shapes.slid(before, now) if not stated[place]]
    up = [int(place) for place in shapes.slid(now, before) if not stated[place]]
    return {
        "slid": [
            {"person": book.id(place), "before": _round(before[place]), "now": _round(now[place])}
            for place in down[:MOST_SLID]
        ],
        "rose": [book.id(place) for place in up[:MOST_SLID]],
    }


def _resting(member: User, book: _Book, network: shapes.Shape, now: datetime) -> list[dict[str, Any]]:
    """Who is fading or dormant, by what would be lost: how close it once was, the seats that would come nearer, and
    whether they join what nobody else joins."""
    opens = dict(Prospect.objects.filter(owner=member).values_list("person_id", "worth"))
    joins = set(shapes.joiners(network, MOST_JOINERS))
    best = np.nanmax(np.vstack([book.past.strengths, np.zeros(len(book.people))]), axis=0) if book.people else []
    found = []
    for place, person in enumerate(book.people):
        last = person.last_contact_at
        if last is None or last > now - SILENT or person.is_left_alone:
            continue
        once, seats = float(best[place]), float(opens.get(person.id, 0.0))
        lost = once - float(np.nan_to_num(book.past.strengths[-1][place], nan=0.0))
        worth = once + 0.5 * lost + seats + (0.3 if place in joins else 0.0)
        if once >= 0.3 or seats >= 0.05 or place in joins:
            found.append((worth, place, once, last))
    found.sort(key=lambda one: (-one[0], one[1]))
    return [
        {
            "person": book.id(place),
            "once": _round(once),
            "is_dormant": last < now - DORMANT,
            "joins": place in joins,
        }
        for _, place, once, last in found[:MOST_RESTING]
    ]


def _structure(book: _Book, network: shapes.Shape) -> dict[str, Any]:
    groups: dict[int, list[int]] = {}
    for place, label in enumerate(network.group.tolist()):
        if label >= 0:
            groups.setdefault(label, []).append(place)
    chosen = sorted(groups)[:MOST_GROUPS]
    near = np.nan_to_num(book.strength, nan=-1.0)
    names = shapes.named(
        [
            [
                {"organisation": person.organisation, "place": person.place, "tags": person.tags}
                for person in (book.people[place] for place in groups[label])
            ]
            for label in chosen
        ]
    )
    return {
        "ties": network.ties,
        "effective": _round(network.effective),
        "constraint": _round(network.constraint),
        "alone": int((network.group < 0).sum()),
        "groups": [
            {
                "name": name,
                "size": len(groups[label]),
                "people": [book.id(place) for place in sorted(groups[label], key=lambda one: (-near[one], one))[:4]],
            }
            for label, name in zip(chosen, names, strict=True)
        ],
        "joiners": [
            {"person": book.id(place), "groups": [one for one in _groups_of(network, place) if one < len(chosen)]}
            for place in shapes.joiners(network, MOST_JOINERS)
        ],
    }


def _groups_of(network: shapes.Shape, place: int) -> list[int]:
    own = int(network.group[place])
    return sorted({*network.reaches[place], *([own] if own >= 0 else [])})


def _map(book: _Book, network: shapes.Shape, pairs: Sequence[tuple[int, int, float]]) -> dict[str, Any]:
    """At most MOST_ON_MAP people, the closest, as [card, x, y, group]; lines between them, the closest pairs, as
    [place, place]. Whole numbers, in thousandths of the map's radius."""
    near = np.nan_to_num(book.strength, nan=-1.0)
    chosen = np.sort(np.argsort(-near, kind="stable")[:MOST_ON_MAP])
    x, y = shapes.placed(book.strength[chosen], network.group[chosen])
    at = {int(person): place for place, person in enumerate(chosen)}
    inside = sorted((-weight, a, b) for a, b, weight in pairs if a in at and b in at)
    return {
        "people": [
            [book.id(person), round(1000 * float(at_x)), round(1000 * float(at_y)), int(network.group[person])]
            for person, at_x, at_y in zip(chosen.tolist(), x, y, strict=True)
        ],
        "lines": [[at[a], at[b]] for _, a, b in inside[:MOST_LINES]],
    }


def _introduced(member: User, book: _Book) -> dict[str, Any]:
    """How one came to know them: through somebody, by oneself, or not said."""
    met = set(
        Introduction.objects.filter(owner=member, shown_state__in=_MET, target__isnull=False).values_list(
            "target_id", flat=True
        )
    )
    through = {one.id for one in book.people if one.met_through_id is not None or one.id in met}
    by_oneself = {one.id for one in book.people if one.id not in through and (one.how_met or one.met_on_date)}
    brought = shapes.common((str(one.met_through_id) for one in book.people if one.met_through_id), MOST_WORDS)
    return {
        "through": len(through),
        "by_oneself": len(by_oneself),
        "unknown": len(book.people) - len(through) - len(by_oneself),
        "bringers": [{"person": person, "times": times} for person, times in brought],
    }


def _round(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)
