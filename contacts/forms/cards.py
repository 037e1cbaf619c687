"""What can be typed on a card."""

from calendar import month_name
from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from contacts.forms.details import LinesField, TiesFields
from contacts.forms.fields import CADENCES, cadence_words, past_date
from contacts.handles import HandleKind
from contacts.models import Layer, Person, Reach, Relation
from contacts.queries.person import label_of, named
from contacts.quick import MAX_LINE
from contacts.services.handles import HandleInput, guess_kind
from contacts.words import one_line
from netapp.accounts.models import User

_MOST_HANDLES = 50


class PersonForm(TiesFields):
    """A card. `seen_at` is when the values on the page were read: it tells whether somebody changed them since."""

    full_name = forms.CharField(label="Name", max_length=300, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    relation = forms.ChoiceField(label="Do you know them?", choices=Relation.choices, widget=forms.RadioSelect)
    role = forms.CharField(max_length=300, required=False)
    organisation = forms.CharField(max_length=300, required=False)
    place = forms.CharField(max_length=200, required=False)
    nickname = forms.CharField(max_length=100, required=False)
    tags = forms.CharField(
        max_length=1000, required=False, widget=forms.TextInput(attrs={"placeholder": "photo, book fair"})
    )
    how_met = forms.CharField(label="How you met", max_length=1000, required=False)
    met_on_date = forms.DateField(
        label="When you met", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    met_through = forms.CharField(label="Through whom", max_length=610, required=False)
    birth_day = forms.IntegerField(
        label="Day",
        min_value=1,
        max_value=31,
        required=False,
        widget=forms.NumberInput(attrs={"placeholder": "Day"}),
    )
    birth_month = forms.TypedChoiceField(
        label="Month",
        coerce=int,
        empty_value=None,
        choices=[("", "Month"), *enumerate(month_name[1:], 1)],
        required=False,
    )
    birth_year = forms.IntegerField(
        label="Year",
        min_value=1880,
        max_value=2100,
        required=False,
        widget=forms.NumberInput(attrs={"placeholder": "Year"}),
    )
    layer = forms.TypedChoiceField(
        label="How close", coerce=int, empty_value=None, required=False, choices=[("", "Let Kith tell"), *Layer.choices]
    )
    cadence_days = forms.TypedChoiceField(label="Keep in touch", coerce=int, empty_value=None, required=False)
    reach = forms.TypedChoiceField(
        label="Who else may find a way to them",
        coerce=int,
        choices=Reach.choices,
        widget=forms.RadioSelect,
        help_text="They would see the name, role and organisation, never an address, a date or a note.",
    )
    needs = LinesField(label="What they need", help_text="One a line: “a translator from Czech”.")
    offers = LinesField(label="What they can give", help_text="One a line: “knows every printer in Porto”.")
    notes = forms.CharField(max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 4}))
    seen_at = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Any = None,
        *,
        member: User,
        person: Person | None = None,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        self.member, self.person = member, person
        start = values_of(person) if person else {"relation": Relation.KNOWN, "reach": Reach.ONLY_ME}
        super().__init__(data, initial={**start, **(initial or {})})
        self.offer_ties(self.initial.get("tie_kinds") or ())
        days = self.initial.get("cadence_days")
        choices = {**CADENCES, **({days: cadence_words(days)} if days else {})}
        cadence = self.fields["cadence_days"]
        assert isinstance(cadence, forms.TypedChoiceField)
        cadence.choices = [("", "No reminder"), *sorted(choices.items())]

    def clean_full_name(self) -> str:
        """Something that can be read: control characters alone are no name."""
        if not (name := one_line(self.cleaned_data["full_name"])):
            raise ValidationError("A card needs a name.")
        return name

    def clean_tags(self) -> list[str]:
        """Each tag once."""
        tags = self.cleaned_data["tags"].split(",")
        if any(len(tag.strip()) > 60 for tag in tags):
            raise ValidationError("A tag has at most 60 letters.")
        return [tag.strip() for tag in tags if tag.strip()]

    def clean_met_on_date(self) -> date | None:
        """Not to come."""
        return past_date(self.cleaned_data["met_on_date"])

    def clean_met_through(self) -> Person | None:
        """The one person whom the text means."""
        label: str = self.cleaned_data["met_through"]
        if self.person and self.person.met_through and label == _through(self.person):
            return self.person.met_through
        if not label:
            return None
        people = [one for one in named(self.member, label) if self.person is None or one.id != self.person.id]
        if not people:
            raise ValidationError("Nobody in your book has this name. Add them first, or write it under “How you met”.")
        if len(people) > 1:
            raise ValidationError("Several people have this name. Write the organisation too: “Ana Silva · Tinta”.")
        return people[0]

    def clean(self) -> dict[str, Any]:
        """A birthday is a day and a month, and a day that exists."""
        cleaned = super().clean() or {}
        day, month, year = (cleaned.get(name) for name in ("birth_day", "birth_month", "birth_year"))
        if (day is None) != (month is None) or (year is not None and day is None):
            self.add_error("birth_day", "A birthday needs a day and a month; the year may stay empty.")
        elif day is not None and month is not None:
            try:
                date(year or 2000, month, day)
            except ValueError:
                self.add_error("birth_day", "There is no such day.")
        return cleaned

    def moved_since(self) -> list[str]:
        """What the card says now and the form does not, where it was saved elsewhere since the page was read."""
        if self.person is None or self.cleaned_data.get("seen_at") in ("", seen(self.person)):
            return []
        now = values_of(self.person)
        labels = []
        for name in self.changed_data:
            if name not in ("seen_at", "tie_more"):
                field = self.fields[name]
                shown = now.get(name)
                if isinstance(shown, list):
                    shown = ", ".join(shown)
                elif isinstance(field, forms.ChoiceField):
                    shown = dict(field.choices).get(shown, "")  # type: ignore[arg-type]
                labels.append(f"{field.label or name.capitalize()}: {shown or 'empty'}")
        return labels

    def values(self) -> dict[str, Any]:
        """What `contacts.services.people` takes."""
        left_out = ("seen_at", "tie_more")
        values = {name: value for name, value in self.cleaned_data.items() if name not in left_out}
        return {**values, "tie_kinds": self.kinds()}


def seen(person: Person) -> str:
    """The mark of a card's present state."""
    return person.updated_at.isoformat()


def values_of(person: Person) -> dict[str, Any]:
    """What the form shows of a card."""
    values = {name: getattr(person, name) for name in PersonForm.base_fields if hasattr(person, name)}
    return {
        **values,
        "tags": ", ".join(person.tags),
        "met_through": _through(person),
        "seen_at": seen(person),
    }


def _through(person: Person) -> str:
    """Through whom, as the form shows it: nobody where their card is deleted. The link stays, for a restoration."""
    through = person.met_through
    return label_of(through) if through and not through.deleted_at else ""


class HandleForm(forms.Form):
    """One way to reach somebody. What kind it is shows in how it looks."""

    value = forms.CharField(
        label="E-mail, phone or web address",
        max_length=500,
        required=False,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
                "aria-label": "E-mail, phone or web address",
                "aria-describedby": "handles-help",
            }
        ),
    )
    label = forms.CharField(
        label="Which",
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "work", "aria-label": "Which one"}),
    )

    def __init__(self, *args: Any, country: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.country = country

    def clean(self) -> dict[str, Any]:
        """Find the kind."""
        cleaned = super().clean() or {}
        if value := cleaned.get("value"):
            cleaned["kind"] = guess_kind(value, self.country)
            if cleaned["kind"] is None:
                self.add_error(
                    "value",
                    "This is no e-mail address, phone number or web address. Numbers from abroad begin with +.",
                )
        return cleaned


HandleFormSet = forms.formset_factory(
    HandleForm, extra=3, max_num=_MOST_HANDLES, absolute_max=_MOST_HANDLES + 10, validate_max=True
)


def handles_in(formset: Any) -> list[HandleInput]:
    """The handles of a valid formset, in order; an emptied row is a handle taken away."""
    rows = (form.cleaned_data for form in formset)
    return [
        HandleInput(HandleKind(row["kind"]), row["value"], row.get("label", "")) for row in rows if row.get("value")
    ]


class QuickForm(forms.Form):
    """Somebody in one line."""

    line = forms.CharField(
        label="In one line",
        max_length=MAX_LINE,
        widget=forms.TextInput(
            attrs={"placeholder": "Ana Silva, editor at Aperture ana@example.org, Lisbon", "autocomplete": "off"}
        ),
    )
