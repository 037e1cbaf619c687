"""Making a move: claimed by one conditional update, logged in the same transaction. All services go through here."""

from datetime import datetime
from typing import Any
from uuid import UUID

from introductions import lifecycle
from introductions.models import Consent, ConsentState, Event, Introduction
from introductions.services import plans


class Overtaken(Exception):
    """The introduction moved on between reading it and moving it; nothing was changed."""


def lock(introduction_id: UUID) -> Introduction:
    """The introduction, read again and held until the transaction ends. Whoever moves one locks it before its consents.

    Raises Introduction.DoesNotExist.
    """
    return (
        Introduction.objects.select_for_update(of=("self",))
        .select_related("owner", "introducer", "target", "seat__objective")
        .get(id=introduction_id)
    )


def make(
    introduction: Introduction,
    *,
    move: lifecycle.Move,
    party: lifecycle.Party,
    now: datetime,
    **fields: Any,
) -> None:
    """Make one move of the table and write it in the log; `fields` are set along with the state.

    Call it inside a transaction. Raises lifecycle.MoveNotAllowed or Overtaken.
    """
    before = introduction.standing
    after = lifecycle.after(before, move, party)
    changes = {
        "state": after.state,
        "shown_state": after.shown,
        "position": after.position,
        "state_at": now,
        "updated_at": now,
        "reveal_at": None,
        **fields,
    }
    claimed = Introduction.objects.filter(
        id=introduction.id, state=before.state, shown_state=before.shown, position=before.position
    )
    if not claimed.update(**changes):
        raise Overtaken
    for name, value in changes.items():
        setattr(introduction, name, value)
    if after.shown != before.shown:
        # Only what the asker sees: a plan that was made anew on the day of a hidden no would tell.
        plans.make_stale([introduction.owner_id])
    whose = before.position if party is lifecycle.Party.INTRODUCER else None
    log(introduction, what=move, party=party, now=now, old=before.state, new=after.state, position=whose)


def log(
    introduction: Introduction,
    *,
    what: str,
    party: lifecycle.Party,
    now: datetime,
    old: str = "",
    new: str = "",
    position: int | None = None,
) -> None:
    """Write one line of the log. Who may read it is decided in `introductions.queries`."""
    Event.objects.create(introduction=introduction, at=now, party=party, old=old, new=new, what=what, position=position)


def void_consents(introduction: Introduction) -> list[Consent]:
    """End every question that is still before somebody, and every one not asked yet; those who had been asked."""
    asked = list(introduction.consents.filter(state=ConsentState.ASKED))
    introduction.consents.filter(state__in=[ConsentState.ASKED, ConsentState.WAITING]).update(state=ConsentState.VOID)
    return asked
