"""Who is who to whom in one question: what letters, their previews and the answer pages show.

A question stands in a row of people: the asker, one to three introducers, the target. Whoever reads it is asked by the
one before them (`voucher`) and would pass it on to the one behind them (`following`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.utils.http import urlencode

from introductions.models import Consent, Introduction
from introductions.notes import first_name
from netapp.mail.outbox import Recipient

NAMELESS: Final = "A member of Kith"


@dataclass(frozen=True, slots=True)
class Word:
    """A word back that its writer chose to share with the asker; `again`: from when on they may be asked again."""

    name: str
    word: str
    again: date | None = None


def listed(names: Sequence[str]) -> str:
    """ "Ana", "Ana and Ben", "Ana, Ben and Dora"."""
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def ask_query(introducer: UUID, then: Sequence[UUID]) -> str:
    """A chain of introducers as the address of the page to ask on has it."""
    return urlencode({"introducer": str(introducer), "then": [str(card) for card in then]}, doseq=True)


def asker_name(introduction: Introduction) -> str:
    """The asker as others read of them. Not their display name: where no name was given that is the address."""
    return introduction.owner.name or NAMELESS


def names(introduction: Introduction) -> dict[str, str]:
    """The names, whole and first, as every letter and every answer page uses them."""
    asker = asker_name(introduction)
    through = introduction.introducer_names
    return {
        "asker": asker,
        "asker_first": first_name(asker) if introduction.owner.name else NAMELESS,
        "through": listed(through),
        "through_first": listed([first_name(name) for name in through]),
        "target": introduction.target_name,
        "target_first": first_name(introduction.target_name),
        "target_about": introduction.target_about,
    }


def question_context(question: Consent, *, added: str | None = None) -> dict[str, Any]:
    """What the asking letters, their previews and the answer page show.

    `question` need not be saved: position, name and because are enough. `added`: the line of whoever asks, where it is
    not to be read from the rows.
    """
    introduction = question.introduction
    shown = names(introduction)
    everybody = [*introduction.introducer_names, introduction.target_name]
    here = question.position
    voucher = everybody[here - 1] if here else shown["asker"]
    following = "" if question.is_target else everybody[here + 1]
    if added is None:
        added = line_for(question)
    return {
        **shown,
        "question": question,
        "is_target": question.is_target,
        "is_first": here == 0,
        "passes_on": here + 1 < introduction.introducer_count,
        "reader": question.name,
        "reader_first": first_name(question.name),
        "voucher": voucher,
        "voucher_first": first_name(voucher) if here else shown["asker_first"],
        "following": following,
        "following_first": first_name(following),
        "earlier": listed(everybody[: here - 1]) if here > 1 else "",
        "message": introduction.message if here == 0 else "",
        "because": question.because,
        "note": introduction.note,
        "added": added,
        "until": question.expires_at,
    }


def line_for(question: Consent) -> str:
    """The line that whoever passed the question on wrote for its reader; empty for the first."""
    if question.position == 0:
        return ""
    before = question.introduction.consents.filter(position=question.position - 1)
    return before.values_list("added", flat=True).first() or ""


def voucher_of(question: Consent) -> Recipient:
    """Who asks the reader: the one before them, at the address where they were asked; the asker for the first."""
    introduction = question.introduction
    if question.position == 0:
        return Recipient(introduction.owner.email, introduction.owner.name)
    before = introduction.consents.get(position=question.position - 1)
    return Recipient(before.email, before.name)
