"""What can be said to a reminder."""

from datetime import date, timedelta
from typing import Any

from django import forms

from contacts.models import InteractionKind


class SnoozeForm(forms.Form):
    """Put off to a day: `until` itself, or a number of days from today."""

    until = forms.DateField(
        label="Another day", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    days = forms.IntegerField(required=False, min_value=1, max_value=365)

    def __init__(self, *args: Any, today: date | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean(self) -> dict[str, Any]:
        """A day after today."""
        cleaned = super().clean() or {}
        assert self.today is not None
        if cleaned.get("days"):
            cleaned["until"] = self.today + timedelta(days=cleaned["days"])
        if not cleaned.get("until") or cleaned["until"] <= self.today:
            self.add_error("until", "Choose a day after today.")
        return cleaned


class ReminderAnswerForm(SnoozeForm):
    """An answer from the mail. Which fields count depends on the button."""

    action = forms.ChoiceField(choices=[(value, value) for value in ("done", "spoke", "snooze", "stop")])
    kind = forms.ChoiceField(choices=InteractionKind.choices, required=False)

    def clean(self) -> dict[str, Any]:
        """The day only matters to a snooze, the kind only to a contact."""
        if self.cleaned_data.get("action") == "snooze":
            return super().clean()
        if self.cleaned_data.get("action") == "spoke" and not self.cleaned_data.get("kind"):
            self.add_error("kind", "Say how you were in touch.")
        return self.cleaned_data
