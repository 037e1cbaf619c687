"""Forms about objectives and seats. Lists are written with commas; seats come, go and move without script."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from contacts.words import fold, one_line
from introductions.models import Objective, ObjectiveState, Seat
from introductions.services.objectives import LISTS, SeatInput
from introductions.starters import Starter, StarterSeat

MOST_SEATS: Final = 20
MOST_ENTRIES: Final = 30
_COMMA = re.compile(r"[,;\n]")
_FIELDS: Final = ("id", "title", *LISTS)


class ListField(forms.CharField):
    """Several entries with commas between them: "BBC, Channel 4" -> ["BBC", "Channel 4"], each once."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=4000, **options)

    def clean(self, value: Any) -> list[str]:
        """The entries in order; whatever is the same but for case and accents counts once."""
        found: dict[str, str] = {}
        for part in _COMMA.split(super().clean(value)):
            entry = one_line(part)
            if len(entry) > 200:
                raise ValidationError("One of these is longer than 200 characters. Put commas between them.")
            if entry:
                found.setdefault(fold(entry), entry)
        if len(found) > MOST_ENTRIES:
            raise ValidationError(f"At most {MOST_ENTRIES} of these, please.")
        return list(found.values())


def _date(label: str, help_text: str) -> forms.DateField:
    return forms.DateField(
        required=False,
        label=label,
        help_text=help_text,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class ObjectiveForm(forms.Form):
    """What, why and when."""

    title = forms.CharField(label="What do you want to do?", max_length=200, strip=True)
    why = forms.CharField(
        label="Why?",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One or two sentences. A friend whom you ask will want to know, and the note begins from it.",
    )
    target_date = _date("By when?", "")
    review_date = _date("Look at it again on", "")

    @classmethod
    def of(cls, objective: Objective) -> "ObjectiveForm":
        """As it stands."""
        return cls(initial={name: getattr(objective, name) for name in cls.base_fields})

    def clean_title(self) -> str:
        """On one line."""
        title = one_line(self.cleaned_data["title"])
        if not title:
            raise ValidationError("Say in a few words what you want to do.")
        return title


class SeatForm(forms.Form):
    """One seat. A row left empty is no seat."""

    id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    title = forms.CharField(
        label="Who?",
        max_length=200,
        error_messages={"required": "Say in a few words whom this seat is for."},
        widget=forms.TextInput(attrs={"placeholder": "Photo editor at a magazine"}),
    )
    roles = ListField(label="Roles", widget=forms.TextInput(attrs={"placeholder": "photo editor, art director"}))
    organisations = ListField(label="Organisations", widget=forms.TextInput(attrs={"placeholder": "Tinta, Magnum"}))
    places = ListField(label="Places", widget=forms.TextInput(attrs={"placeholder": "Lisbon, Porto"}))
    tags = ListField(label="Your tags", widget=forms.TextInput(attrs={"placeholder": "photography"}))
    offers = ListField(label="What they offer", widget=forms.TextInput(attrs={"placeholder": "portfolio reviews"}))
    words = ListField(label="Words on the card", widget=forms.TextInput(attrs={"placeholder": "photobook"}))
    names = ListField(label="Or by name", widget=forms.TextInput(attrs={"placeholder": "Charlie Weber"}))

    def written(self) -> SeatInput | None:
        """The seat, or None for an empty row."""
        data = self.cleaned_data
        title = one_line(data.get("title", ""))
        if not title:
            return None
        return SeatInput(title=title, id=data["id"], **{name: data[name] for name in LISTS})

    @property
    def lists(self) -> list[forms.BoundField]:
        """The lists, in the order in which one thinks of them."""
        return [self[name] for name in ("roles", "organisations", "places", "tags", "offers", "words", "names")]

    @property
    def looks_for(self) -> str:
        """What stands in the lists, in one line; empty where nothing does."""
        return " · ".join(text for bound in self.lists if (text := one_line(str(bound.value() or ""))))


class SeatRows:
    """The seats of a form, in order. Rows are named seat-0-title, seat-1-title …; `seats` says how many there are."""

    def __init__(self, rows: list[dict[str, Any]], *, is_bound: bool = False) -> None:
        self.is_bound = is_bound
        self.forms = [
            SeatForm(
                _named(row, number) if is_bound else None,
                initial=None if is_bound else row,
                prefix=f"seat-{number}",
                empty_permitted=True,
                use_required_attribute=False,
            )
            for number, row in enumerate(rows)
        ]

    @classmethod
    def of(cls, objective: Objective) -> "SeatRows":
        """As they stand."""
        return cls([_row(seat, seat.id) for seat in objective.seats.all()])

    @classmethod
    def starting(cls, starter: Starter | None) -> "SeatRows":
        """What a starter proposes, or one empty row."""
        return cls([_row(seat, None) for seat in starter.seats] if starter else [{}])

    @classmethod
    def sent(cls, data: QueryDict) -> "SeatRows":
        """What came back, to be checked."""
        return cls(_sent(data), is_bound=True)

    @classmethod
    def changed(cls, data: QueryDict) -> "SeatRows":
        """What came back, with the change that its button asks for: add, remove-2, up-2, down-2."""
        rows = _sent(data)
        what, _, number = data.get("change", "").partition("-")
        at = int(number) if number.isdecimal() and int(number) < len(rows) else None
        if what == "add" and len(rows) < MOST_SEATS:
            rows.append({})
        elif what == "remove" and at is not None:
            del rows[at]
        elif what in ("up", "down") and at is not None:
            to = at + (1 if what == "down" else -1)
            if 0 <= to < len(rows):
                rows[at], rows[to] = rows[to], rows[at]
        return cls(rows)

    def is_valid(self) -> bool:
        """Whether every row can be saved."""
        checked = [form.is_valid() for form in self.forms]  # all of them, so that each shows its own errors
        return all(checked)

    def written(self, known: Mapping[UUID, object]) -> list[SeatInput]:
        """The seats, in order. An id that is none of `known`, or comes twice, makes a new seat."""
        seen: set[UUID] = set()
        found = []
        for seat in filter(None, (form.written() for form in self.forms)):
            is_known = seat.id is not None and seat.id in known and seat.id not in seen
            lists = {name: getattr(seat, name) for name in LISTS}
            found.append(SeatInput(title=seat.title, id=seat.id if is_known else None, **lists))
            if seat.id:
                seen.add(seat.id)
        return found

    @property
    def can_grow(self) -> bool:
        return len(self.forms) < MOST_SEATS


def _row(seat: Seat | StarterSeat, seat_id: UUID | None) -> dict[str, Any]:
    return {"id": seat_id, "title": seat.title, **{name: ", ".join(getattr(seat, name)) for name in LISTS}}


def _sent(data: QueryDict) -> list[dict[str, Any]]:
    raw = data.get("seats", "")
    count = min(int(raw), MOST_SEATS) if raw.isdecimal() else 0
    return [{name: data.get(f"seat-{number}-{name}", "") for name in _FIELDS} for number in range(count)]


def _named(row: dict[str, Any], number: int) -> dict[str, Any]:
    return {f"seat-{number}-{name}": value for name, value in row.items()}


class ReviewForm(forms.Form):
    """What one sees, looking back, and when to look again."""

    worked = forms.CharField(
        label="What worked, and what did not",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    following = forms.CharField(
        label="What comes next", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )
    next_date = forms.DateField(
        label="Look at it again on",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Kith reminds you that morning. Leave it empty for no reminder.",
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._today = today

    def clean_next_date(self) -> date | None:
        """A day to come."""
        day: date | None = self.cleaned_data["next_date"]
        if day is not None and day <= self._today:
            raise forms.ValidationError("Choose a day that is still to come.")
        return day

    def clean(self) -> dict[str, Any]:
        """Something was seen, or at least a day was chosen."""
        data = super().clean() or self.cleaned_data
        if not self.errors and not any(data.get(name) for name in ("worked", "following", "next_date")):
            raise forms.ValidationError("Write a line, or choose when to look again.")
        return data


class CloseForm(forms.Form):
    """What came of an objective."""

    state = forms.ChoiceField(
        label="How did it go?",
        choices=[(ObjectiveState.REACHED, "It is done"), (ObjectiveState.DROPPED, "I let it go")],
        initial=ObjectiveState.REACHED,
        widget=forms.RadioSelect,
    )
    outcome = forms.CharField(
        label="What came of it?",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Through whom, and what helped. For yourself: nobody else reads it.",
    )
