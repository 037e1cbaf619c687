"""Years of contact with each person, made up from what kind of tie it is; the same for every run."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from contacts.models import Direction, InteractionKind
from introductions.demo.cards import Tie, Written
from introductions.demo.when import Calendar

_MET, _CALL, _MAIL, _MESSAGE, _EVENT = (
    InteractionKind.MET,
    InteractionKind.CALL,
    InteractionKind.MAIL,
    InteractionKind.MESSAGE,
    InteractionKind.EVENT,
)


@dataclass(frozen=True, slots=True)
class Happened:
    """One contact."""

    at: datetime
    kind: InteractionKind
    direction: Direction
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Rhythm:
    """gap: days from one contact to the next; last: days since the last one; years: how far back it goes.

    kinds: one letter a kind, drawn evenly: (m)ail, me(t), (c)all, messa(g)e.
    """

    gap: tuple[int, int]
    last: tuple[int, int]
    years: int
    kinds: str


_RHYTHMS: Final = {
    Tie.CLOSE: _Rhythm((12, 45), (2, 14), 4, "mmmmtttccg"),
    Tie.STEADY: _Rhythm((50, 170), (10, 70), 4, "mmmmmmtcgg"),
    Tie.LOOSE: _Rhythm((130, 420), (30, 260), 5, "mmmmmmmtgg"),
    Tie.FADING: _Rhythm((14, 50), (150, 260), 4, "mmmmmtccgg"),
    Tie.DORMANT: _Rhythm((14, 48), (1350, 1900), 8, "mmmmttccgg"),
}
_KINDS: Final = {"m": _MAIL, "t": _MET, "c": _CALL, "g": _MESSAGE}

# By tag, the first that fits; then what was said when they met, talked and wrote.
_NOTES: Final[dict[str, dict[InteractionKind, Sequence[str]]]] = {
    "family": {
        _MET: ("Christmas at home", "A week at the summer house", "Came to stay, brought cheese"),
        _CALL: ("Sunday call", "The usual, and the boat", "Long one. Everybody is well.", "The cat is back"),
        _MAIL: ("Photographs of the garden", "Dates for the summer"),
    },
    "river towns": {
        _MET: ("Two days on the water", "Lunch after the portraits", "Showed the prints; silence, then laughter"),
        _CALL: ("River is high, come next week", "About the date of the fair"),
        _MAIL: ("Sent the portraits", "Asked about the old landing stage"),
    },
    "books": {
        _MET: (
            "Went through the dummy page by page",
            "Fair, then dinner",
            "Paper samples on the big table",
            "A reading, and the last train",
            "Proofs and custard tarts",
        ),
        _CALL: (
            "About the sequence",
            "Prices for 800 and 1,200 copies",
            "Which cover, again",
            "Whom to ask about Lyon",
        ),
        _MAIL: ("Re: the dummy", "Titles", "Sent the new sequence", "Asked about spring", "A review, cut out"),
    },
    "photo": {
        _MET: (
            "Contact sheets and coffee",
            "A show, then supper with six others",
            "Carried frames",
            "Walked the exhibition twice",
        ),
        _CALL: ("About the edit", "Whether to print larger"),
        _MAIL: ("Re: selection", "Sent twelve scans", "Jury dates", "Thanks for the catalogue"),
    },
    "design": {
        _MET: ("Lunch near the studio", "Looked through portfolios", "Drinks after the talk"),
        _CALL: ("Who is hiring, and who should not be", "About the poster"),
        _MAIL: ("Re: poster proofs", "Sent the portfolio", "A link and three exclamation marks"),
    },
    "choir": {
        _MET: ("Rehearsal, then soup", "Walked home over the hill"),
        _CALL: ("Who sings at the wedding",),
        _MAIL: ("Scores for the spring concert",),
    },
    "clients": {
        _MET: ("Shoot on site, two days", "Went over the brief"),
        _CALL: ("Next year's calendar", "Rights for the website"),
        _MAIL: ("Re: invoice", "Selection for the annual report", "Quote for the autumn"),
    },
    "museums": {
        _MET: ("Hanging day", "Opening, then a quiet table", "Walked the rooms with the plans"),
        _CALL: ("Loans and dates", "Captions, again"),
        _MAIL: ("Re: catalogue proofs", "Floor plan, third version", "Budget for the autumn"),
    },
    "friends": {
        _MET: ("Dinner, too late", "A walk by the river", "Moved a sofa", "Swam, though it was March"),
        _CALL: ("An hour, about nothing", "Good news"),
        _MAIL: ("Plans for the long weekend", "A recipe"),
    },
}
_PLAIN: Final[dict[InteractionKind, Sequence[str]]] = {
    _MET: ("Coffee", "Lunch", "Ran into each other and stayed an hour", "At the opening"),
    _CALL: ("Caught up", "Short one"),
    _MAIL: ("Re: hello", "News after a while", "Thanks", "A question, answered the same day"),
}


def history(written: Written, calendar: Calendar) -> list[Happened]:
    """The contacts with one person, the first first; none after the calendar's day."""
    dice = random.Random(f"history of {written.name} with {calendar.member.email}")
    return sorted(_happened(written, calendar, dice), key=lambda one: one.at)


def _happened(written: Written, calendar: Calendar, dice: random.Random) -> Iterator[Happened]:
    farthest = written.years * 365
    rhythm = _RHYTHMS.get(written.tie)
    if rhythm is not None:
        ago = _last(written, rhythm, dice)
        end = max(min(rhythm.years * 365, farthest), ago + 1)
        while ago <= end:
            yield _contact(written, calendar, ago, _KINDS[dice.choice(rhythm.kinds)], dice)
            ago += dice.randint(*rhythm.gap)
    elif written.tie is Tie.ONCE:
        at = _moment(calendar, written.last or dice.randint(60, max(120, farthest)), dice)
        yield Happened(at, _MET, Direction.BOTH, _note(written, _MET, dice))
    elif written.tie is Tie.EVENT:
        for _ in range(dice.randint(1, 2)):
            at = _moment(calendar, dice.randint(90, max(180, farthest)), dice)
            yield Happened(at, _EVENT, Direction.BOTH, "Both at the opening week")
    elif written.tie is Tie.UNANSWERED:
        for _ in range(dice.randint(2, 4)):
            at = _moment(calendar, dice.randint(40, 700), dice)
            yield Happened(at, _MAIL, Direction.OUT, "Asked; no answer yet")


def _last(written: Written, rhythm: _Rhythm, dice: random.Random) -> int:
    """Days since the last contact; with a cadence short enough that nobody is due whom the story does not want due."""
    low, high = rhythm.last
    cadence = written.more.get("cadence_days")
    if cadence is not None:
        high = max(1, min(high, int(cadence * 0.8)))
        low = min(low, high)
    drawn = dice.randint(low, high)
    return drawn if written.last is None else written.last


def _contact(written: Written, calendar: Calendar, ago: int, kind: InteractionKind, dice: random.Random) -> Happened:
    if kind in (_MAIL, _MESSAGE):
        direction = dice.choice((Direction.OUT, Direction.IN, Direction.BOTH, Direction.BOTH))
    else:
        direction = Direction.BOTH
    note = _note(written, kind, dice) if dice.random() < 0.55 else ""
    return Happened(_moment(calendar, ago, dice), kind, direction, note)


def _moment(calendar: Calendar, ago: int, dice: random.Random) -> datetime:
    return calendar.at(ago, dice.randint(9, 20), dice.choice((0, 5, 15, 20, 30, 40, 45)))


def _note(written: Written, kind: InteractionKind, dice: random.Random) -> str:
    for tag, notes in _NOTES.items():
        if tag in written.tags:
            return dice.choice(notes.get(kind, ("",)))
    return dice.choice(_PLAIN.get(kind, ("",)))
