"""Lists that stand on a card: needs and offers, kinds of tie, fields of the member's own, days to remember."""

from calendar import month_name
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError

from contacts.services.cards import MOST_LISTED, tidy_phrases, tidy_tags
from contacts.words import fold

TIES: Final = ("friend", "family", "colleague", "former colleague", "client", "neighbour", "mentor", "fellow student")
"""Kinds of tie that are offered; any other word will do as well."""


class LinesField(forms.CharField):
    """Phrases, one a line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=250 * MOST_LISTED, required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """What the box shows."""
        return "\n".join(value) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the phrases differ, and not just their spacing."""
        return list(initial or ()) != tidy_phrases(str(data or "").splitlines())

    def clean(self, value: Any) -> list[str]:
        """The phrases. Raises ValidationError for one that is too long, or too many."""
        lines = [line.strip() for line in str(super().clean(value)).splitlines() if line.strip()]
        if any(len(line) > 200 for line in lines):
            raise ValidationError("A line has at most 200 letters.")
        if len(lines) > MOST_LISTED:
            raise ValidationError(f"At most {MOST_LISTED} lines.")
        return tidy_phrases(lines)


class TiesFields(forms.Form):
    """Kinds of tie: some to tick, and a line for others. `kinds` has them all."""

    tie_kinds = forms.MultipleChoiceField(
        label="How you know each other", required=False, widget=forms.CheckboxSelectMultiple
    )
    tie_more = forms.CharField(
        label="Or in your own words",
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "book club, godmother", "autocomplete": "off"}),
    )

    def offer_ties(self, present: Iterable[str]) -> None:
        """Offer the usual kinds, and those that are there already."""
        field = self.fields["tie_kinds"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(kind, kind.capitalize() if kind in TIES else kind) for kind in _joined(TIES, present)]

    def clean_tie_more(self) -> str:
        """Each word fits."""
        more: str = self.cleaned_data["tie_more"]
        if any(len(word.strip()) > 60 for word in more.split(",")):
            raise ValidationError("Each has at most 60 letters; put a comma between them.")
        return more

    def kinds(self) -> list[str]:
        """What was ticked and what was written, each once."""
        return tidy_tags([*self.cleaned_data["tie_kinds"], *self.cleaned_data["tie_more"].split(",")])


class TiesForm(TiesFields):
    """How the member and a person know each other."""

    def __init__(self, data: Any = None, *, present: Sequence[str]) -> None:
        super().__init__(data, initial={"tie_kinds": list(present)})
        self.offer_ties(present)


class GivesForm(forms.Form):
    """What somebody needs, and what they can give."""

    needs = LinesField(label="What they need", help_text="One a line: “a translator from Czech”.")
    offers = LinesField(label="What they can give", help_text="One a line: “knows every printer in Porto”.")


class PhotoForm(forms.Form):
    """A picture to put on a card; what it is, `contacts.services.photos` finds out."""

    photo = forms.FileField(
        label="A picture",
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/gif"}),
        error_messages={"required": "Choose a picture first."},
    )


class OwnFieldForm(forms.Form):
    """A field of the member's own."""

    label = forms.CharField(
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "Shoe size", "aria-label": "What it is", "autocomplete": "off"}),
    )
    value = forms.CharField(
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"aria-label": "What it says", "autocomplete": "off"}),
    )

    def as_field(self) -> dict[str, str]:
        """What `contacts.services.cards` takes."""
        return {"label": self.cleaned_data.get("label", ""), "value": self.cleaned_data.get("value", "")}


class OtherDateForm(forms.Form):
    """A day to remember; the year may be missing."""

    label = forms.CharField(
        max_length=60,
        required=False,
        widget=forms.TextInput(
            attrs={"placeholder": "Wedding", "aria-label": "What is remembered", "autocomplete": "off"}
        ),
    )
    day = forms.IntegerField(
        min_value=1,
        max_value=31,
        required=False,
        widget=forms.NumberInput(attrs={"placeholder": "Day", "aria-label": "Day"}),
    )
    month = forms.TypedChoiceField(
        coerce=int,
        empty_value=None,
        required=False,
        choices=[("", "Month"), *enumerate(month_name[1:], 1)],
        widget=forms.Select(attrs={"aria-label": "Month"}),
    )
    year = forms.IntegerField(
        min_value=1600,
        max_value=2100,
        required=False,
        widget=forms.NumberInput(attrs={"placeholder": "Year", "aria-label": "Year, if you know it"}),
    )

    def clean(self) -> dict[str, Any]:
        """A day and a month that exist, or nothing at all."""
        cleaned = super().clean() or {}
        day, month, year = (cleaned.get(name) for name in ("day", "month", "year"))
        if self.errors or not any((day, month, year)):
            return cleaned
        if day is None or month is None:
            self.add_error("day", "A date needs a day and a month; the year may stay empty.")
        else:
            try:
                date(year or 2000, month, day)
            except ValueError:
                self.add_error("day", "There is no such day.")
        return cleaned

    def as_date(self) -> dict[str, Any] | None:
        """What `contacts.services.cards` takes; None for an emptied row."""
        if not self.cleaned_data.get("day"):
            return None
        return {name: self.cleaned_data.get(name) for name in ("label", "day", "month", "year")}


def _formset(form: type[forms.Form]) -> Any:
    return forms.formset_factory(form, extra=1, max_num=MOST_LISTED, absolute_max=MOST_LISTED + 10, validate_max=True)


OwnFieldFormSet = _formset(OwnFieldForm)
OtherDateFormSet = _formset(OtherDateForm)


def _joined(offered: Iterable[str], present: Iterable[str]) -> list[str]:
    mine: Mapping[str, str] = {fold(kind): kind for kind in present}
    return [*(mine.get(fold(kind), kind) for kind in offered), *(mine[key] for key in mine if key not in set(offered))]
