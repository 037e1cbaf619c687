"""Whether mail is held back, and finding out that it has to be: an old copy of the database must not write to anybody.

What had been waiting when a backup was made has gone out since; sent again, it asks people what they have answered.
So a database that does not know itself any more (docs/decisions/0015-restored-backups.md) sends nothing until an admin
has looked. Letters about somebody's own account, asked for since, still go out.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

import structlog
from django.db import connection, transaction
from django.db.models import Count, F, Min, Q, QuerySet

from netapp.lib import marks
from netapp.mail.models import Letter, LetterState, PauseReason, PostOffice
from netapp.mail.signals import mail_paused

log = structlog.get_logger(__name__)

PASSING: Final = Q(kind__startswith="account_") | Q(kind="mail_paused")
"""Letters that a pause lets through, if they were written after it began: their readers wait for them now."""
HELD: Final = """EXISTS (SELECT 1 FROM mail_postoffice o WHERE o.paused_at IS NOT NULL AND NOT
    (l.created_at >= o.paused_at AND (l.kind = 'mail_paused' OR starts_with(l.kind, 'account_'))))"""
"""Whether a letter `l` is held back, as a part of a statement: the same as `PASSING` says."""

DROPPED: Final = "Not sent: it was waiting when mail was paused, and whoever runs this site had it dropped."
_TIMELINE: Final = "timeline"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Letters of one kind that a resuming sends."""

    kind: str
    count: int
    oldest_at: datetime

    @property
    def words(self) -> str:
        """The kind as words."""
        return self.kind.replace("_", " ")


def paused_since() -> datetime | None:
    """When mail was paused; None while it flows. One statement, and no look at the database's identity."""
    return PostOffice.objects.values_list("paused_at", flat=True).first()


def look(*, now: datetime) -> bool:
    """Whether mail is paused; pauses it if this database turns out to be an old copy of the site's."""
    office = PostOffice.objects.first()
    if office is None:
        # A new site, or one that comes from a version that did not look.
        PostOffice.objects.bulk_create([PostOffice(site=uuid4(), fingerprint=_fingerprint())], ignore_conflicts=True)
        return False
    if office.paused_at:
        return True
    live, mark = _fingerprint(), marks.recall(_mark(office.site))
    changed = {part for part, value in office.fingerprint.items() if live.get(part) not in ("", value)}
    if mark is not None and mark > _beats(office.site, office.beats, mark):
        changed.add("beats")
    if not changed:
        return False
    if changed == {_TIMELINE} and mark is not None:
        # A standby took over, and what Redis saw last is here: nothing was lost on the way.
        log.warning("mail.timeline_changed")
        PostOffice.objects.filter(site=office.site).update(fingerprint=live)
        return False
    pause(reason=PauseReason.RESTORED, now=now, signs=sorted(changed))
    return True


def _beats(site: UUID, beats: int, mark: int) -> int:
    """The beats of this database, read again where Redis saw more: a sweep beside us may have beaten between our two
    readings. It tells Redis once its row is committed, so what is read after the mark lacks nothing that Redis saw."""
    if mark <= beats:
        return beats
    again = PostOffice.objects.filter(site=site).values_list("beats", flat=True).first()
    return mark if again is None else again


def beat() -> None:
    """One more beat of the site's own clock, kept here and told to Redis: a database that lacks beats is an old one."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE mail_postoffice SET beats = beats + 1 WHERE paused_at IS NULL RETURNING site, beats")
        row = cursor.fetchone()
    if row:
        marks.remember(_mark(row[0]), row[1])


@transaction.atomic
def pause(*, reason: PauseReason, now: datetime, signs: list[str] | None = None) -> bool:
    """Hold mail back from now on. False where it was paused already."""
    PostOffice.objects.bulk_create([PostOffice(site=uuid4(), fingerprint=_fingerprint())], ignore_conflicts=True)
    if not PostOffice.objects.filter(paused_at=None).update(paused_at=now, reason=reason):
        return False
    log.error("mail.paused", reason=str(reason), signs=" ".join(signs or []))
    mail_paused.send(sender=PostOffice, reason=reason, now=now)
    return True


@transaction.atomic
def resume(*, now: datetime, drop_due_before: datetime | None = None) -> int:
    """Let mail flow again, and take this database for the right one. Returns how many letters were dropped."""
    office = PostOffice.objects.select_for_update().first()
    if office is None or office.paused_at is None:
        return 0
    dropped = 0
    if drop_due_before:
        dropped = (
            _waiting(now)
            .filter(due_at__lt=drop_due_before)
            .update(
                state=LetterState.CANCELLED,
                is_unwanted=True,
                leased_until=None,
                fence=F("fence") + 1,
                text="",
                html="",
                attachments=[],
                error=DROPPED,
            )
        )
    office.site, office.beats, office.fingerprint = uuid4(), 0, _fingerprint()
    office.paused_at, office.reason = None, ""
    office.save()
    log.warning("mail.resumed", dropped=dropped)
    return dropped


def waiting(*, now: datetime, due_before: datetime | None = None) -> list[Waiting]:
    """What a resuming sends at once (of that, what was due before a moment), by kind, the oldest first."""
    found = _waiting(now).filter(due_at__lt=due_before) if due_before else _waiting(now)
    rows = found.order_by().values_list("kind").annotate(count=Count("id"), oldest_at=Min("due_at"))
    return [Waiting(*row) for row in rows.order_by("oldest_at", "kind")]


def _waiting(now: datetime) -> QuerySet[Letter]:
    """Due letters that are held back, those among them that a worker had in hand when the backup was made."""
    lapsed = Q(state=LetterState.SENDING, leased_until__lt=now)
    held = Letter.objects.filter(Q(state=LetterState.QUEUED) | lapsed, due_at__lte=now)
    since = paused_since()
    return held.exclude(PASSING, created_at__gte=since) if since else held


def _mark(site: UUID) -> str:
    return f"mail.beats.{site}"


def _fingerprint() -> dict[str, Any]:
    """What tells this database from a copy of it. A part that may not be read is empty.

    `row`: the transaction that wrote the oldest row of `django_migrations`. Nobody ever writes that row again, so a
    different one means that a dump was read in, whichever way. `timeline`: grows when PostgreSQL is recovered to a
    moment of the past, or a standby takes over.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT oid FROM pg_database WHERE datname = current_database())::text,"
            " (SELECT xmin FROM django_migrations ORDER BY id LIMIT 1)::text,"
            " has_function_privilege('pg_control_system()', 'execute')"
            " AND has_function_privilege('pg_control_checkpoint()', 'execute')"
        )
        database, row, may_ask = cursor.fetchone()
        system, timeline = "", ""
        if may_ask:
            cursor.execute(
                "SELECT (SELECT system_identifier FROM pg_control_system())::text,"
                " (SELECT timeline_id FROM pg_control_checkpoint())::text"
            )
            system, timeline = cursor.fetchone()
    return {"system": system, "database": database, "row": row or "", _TIMELINE: timeline}
