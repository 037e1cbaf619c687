"""Sources as the pages read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from contacts.models import Source, SourcePart, SourceRun, Writes
from contacts.models.sources import RUNNING
from netapp.accounts.models import User

_RUNS = 15


@dataclass(frozen=True, slots=True)
class Told:
    """What a run did, in words. `import_id`: its report. `undo_id`: takes the archiving back."""

    run: SourceRun
    words: Sequence[str]
    import_id: UUID | None
    undo_id: UUID | None


def listing(*, member: User) -> QuerySet[Source]:
    """The member's sources, the first added first; `cards` counts what is known of each."""
    cards = Count("parts__items", filter=~Q(parts__items__etag=""))
    return Source.objects.filter(owner=member).annotate(cards=cards).order_by("created_at")


def parts_of(source: Source) -> list[SourcePart]:
    """Its address books or folders, as they were found."""
    return list(source.parts.annotate(cards=Count("items", filter=~Q(items__etag=""))))


def is_busy(source: Source, *, now: datetime) -> bool:
    """Whether a worker is at it, or comes at once."""
    if source.state not in RUNNING:
        return False
    return source.leased_until is not None or (source.next_run_at is not None and source.next_run_at <= now)


def runs_of(source: Source) -> list[Told]:
    """The latest runs that did something or failed."""
    runs = source.runs.select_related("imported", "change")[:_RUNS]
    return [_told(run) for run in runs]


def _told(run: SourceRun) -> Told:
    words = []
    one = run.imported
    if one is not None and one.confirmed_at and not one.is_at_work:
        words.append(", ".join(f"{count:,} {label}" for _, label, count in one.told) or "Nothing new.")
    elif run.counts.get("read"):
        words.append(f"{run.counts['read']:,} cards read")
    elif run.counts.get("mails"):
        words.append(f"{run.counts['mails']:,} mails read")
    if run.counts.get("left_out"):
        words.append(f"{run.counts['left_out']:,} newsletters and automatic mails left out")
    if gone := run.counts.get("gone", 0):
        archived = run.counts.get("archived", 0)
        words.append(
            f"{gone:,} {'card is' if gone == 1 else 'cards are'} gone there; "
            + (f"{archived:,} of your people archived" if archived else "your people stay as they are")
        )
    is_undoable = run.change is not None and run.change.undone_at is None
    return Told(run, [*words, *run.lines], one.id if one else None, run.change_id if is_undoable else None)


def writes_words(source: Source) -> str:
    """What Kith may write there."""
    return str(Writes(source.writes).label)
