"""Contact with a person, and who knows whom."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from contacts.forms.details import TiesFields
from contacts.forms.fields import past_date
from contacts.models import Closeness, Direction, InteractionKind, Layer

_ANY_CLOCK = timedelta(minutes=5)


class LogForm(forms.Form):
    """A contact just now, by one button."""

    kind = forms.ChoiceField(choices=[choice for choice in InteractionKind.choices if choice[0] != "event"])


class ContactForm(forms.Form):
    """A contact with its day, direction and note."""

    kind = forms.ChoiceField(label="What", choices=InteractionKind.choices, widget=forms.RadioSelect)
    direction = forms.ChoiceField(label="Who turned to whom", choices=Direction.choices, widget=forms.RadioSelect)
    happened_at = forms.DateTimeField(
        label="When",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    note = forms.CharField(
        max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3}), help_text="Only you will read it."
    )

    def clean_happened_at(self) -> datetime:
        """Not to come; a clock that is a little fast is forgiven."""
        moment: datetime = self.cleaned_data["happened_at"]
        now = timezone.now()
        if moment > now + _ANY_CLOCK:
            raise ValidationError("This moment is still to come.")
        if moment.year < 1880:
            raise ValidationError("Is the year right?")
        return min(moment, now)


class AcquaintanceForm(TiesFields):
    """Two people know each other: how well, and how the member knows."""

    closeness = forms.ChoiceField(
        label="How well do they know each other?", choices=Closeness.choices, widget=forms.RadioSelect
    )
    field_order = ("closeness", "tie_kinds", "tie_more", "evidence", "evidence_date")

    evidence = forms.CharField(
        label="How do you know?",
        max_length=500,
        required=False,
        help_text="A fact you could repeat: “They shared a studio.” The same school or employer alone is no evidence.",
    )
    evidence_date = forms.DateField(
        label="Since, or seen on",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, data: Any = None, *, initial: Mapping[str, Any]) -> None:
        super().__init__(data, initial=dict(initial))
        self.fields["tie_kinds"].label = "As what?"
        self.offer_ties(self.initial.get("tie_kinds") or ())

    def clean_evidence_date(self) -> date | None:
        """Not to come."""
        return past_date(self.cleaned_data["evidence_date"])


class LayerForm(forms.Form):
    """The member's own word on how close somebody is; empty takes it back."""

    layer = forms.TypedChoiceField(
        choices=[("", "Let Kith tell"), *Layer.choices], coerce=int, empty_value=None, required=False
    )
