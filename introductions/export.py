"""What a member wanted and asked for, as plain rows for the export of everything.

No more than the member may know stands in them: an introduction as its asker sees it, never the answers of others; a
question that was put to the member, with the member's own answer and words.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from introductions import queries
from introductions.models import Introduction, MemberPlan, Objective, PutAside, Review, Seat, SeatMatch
from netapp.accounts.models import User

Row = dict[str, Any]


def export_rows(sender: object, *, member: User, **_: object) -> Mapping[str, Iterable[Row]]:
    """The tables of this room."""
    return {
        "objectives": _rows(
            Objective.objects.filter(owner=member),
            "id title why target_date review_date state outcome closed_at created_at updated_at deleted_at",
        ),
        "seats": _rows(
            Seat.objects.filter(owner=member),
            "id objective_id title organisations roles places tags offers words names position state created_at "
            "updated_at",
        ),
        # People of others who would fit are theirs, and computed anew at any time.
        "seat_matches": _rows(
            SeatMatch.objects.filter(owner=member, person__owner=member),
            "id seat_id person_id verdict by_hand created_at",
        ),
        "reviews": _rows(
            Review.objects.filter(owner=member), "id objective_id reviewed_date worked following created_at"
        ),
        "plan": _rows(MemberPlan.objects.filter(owner=member), "id weekly_minutes created_at"),
        "put_aside": _rows(PutAside.objects.filter(owner=member), "id key until_date created_at"),
        "introductions": (_introduction(member, one) for one in queries.introductions_of(member)),
        "questions_to_me": (_question(one) for one in queries.asked_of(member)),
    }


def _rows(rows: Any, names: str) -> Iterator[Row]:
    columns = names.split()
    for values in rows.order_by("created_at", "id").values_list(*columns).iterator(chunk_size=2000):
        yield {name: _plain(value) for name, value in zip(columns, values, strict=True)}


def _introduction(member: User, one: Introduction) -> Row:
    seen = queries.view(one)
    return {
        "id": str(one.id),
        "introducer_id": str(one.introducer_id) if one.introducer_id else None,
        "introducer": one.introducer_name,
        "target_id": str(seen.target_card.id) if seen.target_card else None,
        "target": one.target_name,
        "target_about": one.target_about,
        "seat_id": str(one.seat_id) if one.seat_id else None,
        "message": one.message,
        "note": one.note,
        "state": seen.state,
        "created_at": one.created_at.isoformat(),
        "asked_at": _plain(one.asked_at),
        "what_happened": [{"at": line.at.isoformat(), "what": line.text} for line in queries.timeline(one)],
        "words_back": [{"from": word.name, "words": word.word} for word in queries.shared_words(one)],
        "outcome": one.outcome,
        "was_worth_it": one.was_worth_it,
        "introducer_told_at": _plain(one.introducer_told_at),
    }


def _question(question: Any) -> Row:
    introduction = question.introduction
    return {
        "id": str(question.id),
        "asked_by": introduction.owner.display_name,
        "who_should_be_met": introduction.target_name,
        "i_am": question.party,
        "note": introduction.note,
        "asked_at": _plain(question.asked_at),
        "answered_at": _plain(question.answered_at),
        "my_answer": question.answer,
        "my_word": question.word,
        "my_word_is_shared": question.word_is_shared,
        "what_i_added": question.added,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
