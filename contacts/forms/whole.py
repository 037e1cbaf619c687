"""A whole card as one page edits it: the form, and the rows of handles, own fields and dates under it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict

from contacts.forms.cards import HandleFormSet, PersonForm, handles_in
from contacts.forms.details import OtherDateFormSet, OwnFieldFormSet
from contacts.models import Person
from contacts.services.handles import HandleInput
from netapp.accounts.models import User

_FOLDED = (
    "nickname",
    "how_met",
    "met_on_date",
    "met_through",
    "birth_day",
    "tie_kinds",
    "needs",
    "offers",
    "notes",
    "layer",
    "cadence_days",
)


class CardForms:
    """Bound where `data` is given. Rows that a page does not send at all are left as they are on the card."""

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        member: User,
        person: Person | None = None,
        initial: Mapping[str, Any] | None = None,
        handles: Sequence[Mapping[str, str]] = (),
    ) -> None:
        present = [{"value": one.value, "label": one.label} for one in person.handles.all()] if person else handles
        self.form = PersonForm(data, member=member, person=person, initial=initial)
        self.handles = HandleFormSet(data, prefix="handles", initial=present, form_kwargs={"country": member.country})
        self.own = _rows(OwnFieldFormSet, data, "own", person.custom_fields if person else [])
        self.dates = _rows(OtherDateFormSet, data, "dates", person.other_dates if person else [])

    def is_valid(self) -> bool:
        """Whether everything can be saved; all errors are found at once."""
        parts = [self.form, self.handles, *(rows for rows in (self.own, self.dates) if rows.is_bound)]
        return all([part.is_valid() for part in parts])  # noqa: C419 - a generator would stop at the first

    def fields(self) -> dict[str, Any]:
        """What `contacts.services.people` takes."""
        fields = self.form.values()
        if self.own.is_bound:
            fields["custom_fields"] = [row.as_field() for row in self.own]
        if self.dates.is_bound:
            fields["other_dates"] = [day for row in self.dates if (day := row.as_date())]
        return fields

    def handle_inputs(self) -> list[HandleInput]:
        """The handles, in order."""
        return handles_in(self.handles)

    @property
    def is_open(self) -> bool:
        """Whether something is said, or wrong, in the part of the page that is folded away."""
        form = self.form
        is_said = any(form[name].value() for name in _FOLDED)
        is_wrong = any(form[name].errors for name in (*_FOLDED, "birth_year", "birth_month", "tie_more"))
        rows = any(row.errors or any(row[name].value() for name in row.fields) for row in (*self.own, *self.dates))
        return is_said or is_wrong or rows


def _rows(factory: Any, data: QueryDict | None, prefix: str, initial: Sequence[Mapping[str, Any]]) -> Any:
    is_sent = data is not None and f"{prefix}-TOTAL_FORMS" in data
    return factory(data if is_sent else None, prefix=prefix, initial=list(initial))
