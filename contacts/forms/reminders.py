"""What can be said to a reminder."""

from datetime import date, timedelta
from typing import Any

from django import forms

from contacts import promises
from contacts.models import InteractionKind, Layer
from contacts.services import rhythms


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

    action = forms.ChoiceField(choices=[(value, value) for value in ("done", "spoke", "snooze", "less", "stop")])
    kind = forms.ChoiceField(choices=InteractionKind.choices, required=False)

    def clean(self) -> dict[str, Any]:
        """The day only matters to a snooze, the kind only to a contact."""
        if self.cleaned_data.get("action") == "snooze":
            return super().clean()
        if self.cleaned_data.get("action") == "spoke" and not self.cleaned_data.get("kind"):
            self.add_error("kind", "Say how you were in touch.")
        return self.cleaned_data


class PromiseForm(forms.Form):
    """Something promised: a line that may end in its day ("send the deck by Friday"), or a line and a day."""

    text = forms.CharField(
        label="What you promised",
        max_length=400,
        widget=forms.TextInput(attrs={"placeholder": "send the deck by Friday", "autocomplete": "off"}),
    )
    by = forms.DateField(
        label="By when", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean(self) -> dict[str, Any]:
        """The day out of the line where none is chosen."""
        cleaned = super().clean() or {}
        if not cleaned.get("text"):
            return cleaned
        if cleaned.get("by") is None and "by" not in self.errors:
            cleaned["text"], cleaned["by"] = promises.read(cleaned["text"], self.today)
            if cleaned["by"] is None:
                self.add_error("by", "By when? Choose a day, or end the line with one: “by Friday”, “on 3 May”.")
        if cleaned.get("by") and cleaned["by"] < self.today:
            self.add_error("by", "This day is over. Choose today or a later one.")
        return cleaned


class RuleForm(forms.Form):
    """How often everybody with a tag, or of a layer, is thought of."""

    group = forms.ChoiceField(label="Everybody who is", required=False)
    tag = forms.CharField(label="or has the tag", max_length=60, required=False)
    days = forms.IntegerField(label="Every … days", min_value=1, max_value=rhythms.MOST_DAYS)
    latest_days = forms.IntegerField(
        label="At the latest after … days",
        min_value=1,
        max_value=3650,
        required=False,
        help_text="Empty: half as long again.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        group = self.fields["group"]
        assert isinstance(group, forms.ChoiceField)
        group.choices = [("", "(choose)"), *((str(value), label) for value, label in Layer.choices)]

    def clean(self) -> dict[str, Any]:
        """One of the two, and days in order."""
        cleaned = super().clean() or {}
        if bool(cleaned.get("group")) == bool((cleaned.get("tag") or "").strip()):
            self.add_error("tag", "Choose how close they are, or write a tag: one of the two.")
        latest = cleaned.get("latest_days")
        if latest and cleaned.get("days") and latest < cleaned["days"]:
            self.add_error("latest_days", "The latest day must not come before the ideal one.")
        return cleaned
