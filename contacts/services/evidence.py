"""Acquaintances that follow from mails and meetings: counted from the gatherings, anew whenever those change.

Two people who stand on one mail of a thread of at most 8, or sat in one meeting of at most 12, are taken to know each
other; the member counts as one of the 8 or 12. The gatherings stay, so that counting again gives the same, whatever
was imported, taken back or merged in between. What the member said is never touched, nor what they denied.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.utils.formats import date_format

from contacts.models import Acquaintance, AcquaintanceSource, Closeness, InteractionKind, Merge
from contacts.services.announce import book_moved
from netapp.accounts.models import User
from netapp.lib.bulk import insert_new, unnest

MOST_IN_A_THREAD: Final = 8
MOST_IN_A_MEETING: Final = 12

_MEETING_WEIGHS: Final = 3
"""As much as this many mails."""

_WELL_FROM: Final = 5
"""From this many mails together on, two people know each other fairly well."""


@dataclass(frozen=True, slots=True)
class Seen:
    """How often two people were seen together, and when last."""

    mails: int
    last_mail_at: datetime | None
    messages: int
    last_message_at: datetime | None
    meetings: int
    last_meeting_at: datetime | None

    @property
    def count(self) -> int:
        """Gatherings of any kind."""
        return self.mails + self.messages + self.meetings

    @property
    def last_at(self) -> datetime:
        """The latest of them."""
        return max(at for at in (self.last_mail_at, self.last_message_at, self.last_meeting_at) if at)

    @property
    def closeness(self) -> Closeness:
        """Never very well: that is for the member to say."""
        weight = self.mails + self.messages + _MEETING_WEIGHS * self.meetings
        return Closeness.SOME if weight >= _WELL_FROM else Closeness.SLIGHT

    def words(self, owner: User) -> str:
        """ "5 mails together, last 3 May 2026; 2 meetings, last 1 April 2026"."""
        parts = []
        for count, one, many, last_at in (
            (self.mails, "mail together", "mails together", self.last_mail_at),
            (self.messages, "message together", "messages together", self.last_message_at),
            (self.meetings, "meeting", "meetings", self.last_meeting_at),
        ):
            if count and last_at:
                day = date_format(last_at.astimezone(owner.zone), "j F Y")
                parts.append(f"{one}, {day}" if count == 1 else f"{many}, last {day}")
                parts[-1] = f"{count:,} {parts[-1]}"
        return "; ".join(parts)


@transaction.atomic
def settle_new(*, owner: User, now: datetime) -> int:
    """Count the pairs of everybody who was at a gathering that is not counted yet. How many pairs changed."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT p.person_id FROM contacts_presence p
            JOIN contacts_gathering g ON g.id = p.gathering_id WHERE g.owner_id = %s AND NOT g.is_settled
            """,
            [owner.pk],
        )
        ids = [row[0] for row in cursor.fetchall()]
        changed = settle_pairs(owner_id=owner.pk, person_ids=ids, now=now) if ids else 0
        cursor.execute(
            "UPDATE contacts_gathering SET is_settled = true WHERE owner_id = %s AND NOT is_settled", [owner.pk]
        )
    return changed


@transaction.atomic
def settle_pairs(*, owner_id: int, person_ids: Sequence[UUID] | None = None, now: datetime) -> int:
    """Bring the inferred acquaintances of these people, or of all, in line with the gatherings. How many changed.

    What a card knew that was merged into another rests until the two are taken apart.
    """
    owner = User.objects.get(pk=owner_id)
    people = None if person_ids is None else list(person_ids)
    resting = list(Merge.objects.filter(owner=owner_id, undone_at=None).values_list("gone_id", flat=True))
    found = _count(owner_id, people, resting)
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, {"owner": owner_id, "people": people, "resting": resting, **_pairs(found)})
        changed: int = cursor.rowcount
        if found:
            told: dict[str, list[Any]] = {
                **_pairs(found),
                "closeness": [str(seen.closeness) for seen in found.values()],
                "evidence": [seen.words(owner) for seen in found.values()],
                "days": [seen.last_at.astimezone(owner.zone).date() for seen in found.values()],
                "counts": [seen.count for seen in found.values()],
            }
            cursor.execute(_CORRECT, {"owner": owner_id, "now": now, **told})
            changed += cursor.rowcount
            cursor.execute(_MISSING, {"owner": owner_id, **_pairs(found)})
            new = [
                Acquaintance(
                    owner_id=owner_id,
                    a_id=a,
                    b_id=b,
                    source=AcquaintanceSource.INFERRED,
                    closeness=found[a, b].closeness,
                    evidence=found[a, b].words(owner),
                    evidence_date=found[a, b].last_at.astimezone(owner.zone).date(),
                    seen_count=found[a, b].count,
                )
                for a, b in cursor.fetchall()
            ]
            changed += len(insert_new(new))
    if changed:
        book_moved(owner_id)
    return changed


def settle_crowds(*, owner_id: int, threads: Iterable[str]) -> None:
    """Say of these threads whether so many people took part that they tell nothing. Runs in the caller's transaction.

    Those whose answer changes are to be counted anew.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH sized AS (
                SELECT g.thread, count(DISTINCT face.face) >= %s AS is_crowd
                FROM contacts_gathering g LEFT JOIN LATERAL unnest(g.faces) AS face (face) ON true
                WHERE g.owner_id = %s AND g.thread = ANY(%s) AND g.thread <> '' GROUP BY g.thread
            )
            UPDATE contacts_gathering g SET is_crowd = sized.is_crowd, is_settled = false
            FROM sized
            WHERE g.owner_id = %s AND g.thread = sized.thread AND g.is_crowd <> sized.is_crowd
            """,
            [MOST_IN_A_THREAD, owner_id, list(set(threads)), owner_id],
        )


def _count(owner_id: int, people: list[UUID] | None, resting: list[UUID]) -> dict[tuple[UUID, UUID], Seen]:
    meetings = (InteractionKind.MET.value, InteractionKind.EVENT.value)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT p.person_id, q.person_id,
                count(*) FILTER (WHERE g.kind = 'mail'), max(g.happened_at) FILTER (WHERE g.kind = 'mail'),
                count(*) FILTER (WHERE g.kind = 'message'), max(g.happened_at) FILTER (WHERE g.kind = 'message'),
                count(*) FILTER (WHERE g.kind = ANY(%(meetings)s)),
                max(g.happened_at) FILTER (WHERE g.kind = ANY(%(meetings)s))
            FROM contacts_gathering g
            JOIN contacts_presence p ON p.gathering_id = g.id
            JOIN contacts_presence q ON q.gathering_id = g.id AND p.person_id < q.person_id
            WHERE g.owner_id = %(owner)s AND NOT g.is_crowd
            AND NOT p.person_id = ANY(%(resting)s::uuid[]) AND NOT q.person_id = ANY(%(resting)s::uuid[])
            AND (
                %(people)s::uuid[] IS NULL
                OR g.id IN (SELECT gathering_id FROM contacts_presence WHERE person_id = ANY(%(people)s::uuid[]))
            )
            AND (
                %(people)s::uuid[] IS NULL
                OR p.person_id = ANY(%(people)s::uuid[]) OR q.person_id = ANY(%(people)s::uuid[])
            )
            GROUP BY 1, 2
            """,
            {"owner": owner_id, "people": people, "resting": resting, "meetings": list(meetings)},
        )
        return {(a, b): Seen(*figures) for a, b, *figures in cursor.fetchall()}


def _pairs(found: Iterable[tuple[UUID, UUID]]) -> dict[str, list[UUID]]:
    a, b = unnest(found, 2)
    return {"a": a, "b": b}


# Those that were counted from gatherings, are about these people, and are not seen any more.
_FORGET: Final = """
    DELETE FROM contacts_acquaintance old
    WHERE old.owner_id = %(owner)s AND old.source = 'inferred' AND old.seen_count > 0
    AND (
        %(people)s::uuid[] IS NULL OR old.a_id = ANY(%(people)s::uuid[]) OR old.b_id = ANY(%(people)s::uuid[])
    )
    AND NOT old.a_id = ANY(%(resting)s::uuid[]) AND NOT old.b_id = ANY(%(resting)s::uuid[])
    AND NOT EXISTS (
        SELECT FROM unnest(%(a)s::uuid[], %(b)s::uuid[]) AS seen (a, b) WHERE seen.a = old.a_id AND seen.b = old.b_id
    )
"""

# What the member said stays.
_CORRECT: Final = """
    UPDATE contacts_acquaintance old
    SET closeness = new.closeness, evidence = new.evidence, evidence_date = new.day, seen_count = new.count,
        updated_at = %(now)s
    FROM unnest(
        %(a)s::uuid[], %(b)s::uuid[], %(closeness)s::text[], %(evidence)s::text[], %(days)s::date[], %(counts)s::int[]
    ) AS new (a, b, closeness, evidence, day, count)
    WHERE old.owner_id = %(owner)s AND old.a_id = new.a AND old.b_id = new.b AND old.source = 'inferred'
    AND (old.closeness, old.evidence, old.seen_count) IS DISTINCT FROM (new.closeness, new.evidence, new.count)
"""

# Pairs of whom nothing is noted, and that the member has not denied.
_MISSING: Final = """
    SELECT new.a, new.b FROM unnest(%(a)s::uuid[], %(b)s::uuid[]) AS new (a, b)
    WHERE NOT EXISTS (
        SELECT FROM contacts_acquaintance old
        WHERE old.owner_id = %(owner)s AND old.a_id = new.a AND old.b_id = new.b
    )
    AND NOT EXISTS (SELECT FROM contacts_unacquainted no WHERE no.a_id = new.a AND no.b_id = new.b)
"""
