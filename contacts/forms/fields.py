"""Fields and words that several forms share."""

from datetime import date
from typing import Any, Final
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

CADENCES: Final = {
    14: "Every two weeks",
    30: "Every month",
    90: "Every three months",
    180: "Twice a year",
    365: "Once a year",
}


def cadence_words(days: int) -> str:
    """A cadence as one says it: "Every month", or "Every 45 days"."""
    return CADENCES.get(days, f"Every {days} days")


def past_date(day: date | None) -> date | None:
    """The day, where it is not to come in the member's zone. Raises ValidationError."""
    if day and day > timezone.localdate():
        raise ValidationError("This day is still to come.")
    if day and day.year < 1880:
        raise ValidationError("Is the year right?")
    return day


class IdsField(forms.Field):
    """Any number of row ids; what is none is passed over."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> list[UUID]:
        """Each once, in order."""
        ids: dict[UUID, None] = {}
        for text in value or ():
            try:
                ids[UUID(text)] = None
            except ValueError:
                continue
        return list(ids)
