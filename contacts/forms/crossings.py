"""Where the member goes, and when."""

from datetime import date
from typing import Any

from django import forms

from contacts.words import fold


class TripForm(forms.Form):
    """A town, and the first and last day there."""

    town = forms.CharField(
        label="Town",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "Lisbon"}),
        help_text="As it stands on your people’s cards.",
    )
    first = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    last = forms.DateField(label="To", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_town(self) -> str:
        """Something that has a letter in it: without one every place, or none, would do."""
        town: str = self.cleaned_data["town"]
        if not any(char.isalnum() for char in fold(town)):
            raise forms.ValidationError("Write the name of a town.")
        return town

    def clean(self) -> dict[str, Any]:
        """Days in order that are not over."""
        cleaned = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", "The last day comes before the first.")
        elif last and last < self.today:
            self.add_error("last", "This trip is over. Choose days to come.")
        return cleaned
