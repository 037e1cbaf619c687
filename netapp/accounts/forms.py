"""Forms about the member."""

from calendar import day_name
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from netapp.accounts.models import User
from netapp.accounts.places import countries, time_zones
from netapp.mail.texts import MAX_NAME, one_line


def clean_name(name: str) -> str:
    """A name as it may stand in a mail's header. Raises ValidationError where nothing is left of it."""
    line = one_line(name, MAX_NAME)
    if not line:
        raise ValidationError("Write the name that your friends know you by.")
    return line


class SignupForm(forms.Form):
    """What sign-up asks beside address and password (allauth adds those)."""

    name = forms.CharField(
        max_length=MAX_NAME,
        label="Your name",
        help_text="As your friends know you. It stands in the mails you have sent.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    def clean_name(self) -> str:
        """One line."""
        return clean_name(self.cleaned_data["name"])

    def signup(self, request: HttpRequest, user: User) -> None:
        """Called by allauth once the user is saved."""
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])


class SettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a member decides about themselves."""

    class Meta:
        model = User
        fields = [
            "name",
            "time_zone",
            "country",
            "theme",
            "mail_from_time",
            "mail_until_time",
            "mail_days",
            "birthdays",
        ]
        labels = {
            "name": "Your name",
            "country": "Your country",
            "theme": "How pages look",
            "mail_from_time": "Reminders not before",
            "mail_until_time": "Reminders not after",
            "birthdays": "Birthdays and other days of",
        }
        help_texts = {
            "name": "It stands in the mails you have sent.",
            "time_zone": "Times are shown, and reminders sent, by the clocks there.",
            "country": "How telephone numbers without +… are read.",
        }
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "theme": forms.RadioSelect,
            "birthdays": forms.RadioSelect,
            "mail_from_time": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "mail_until_time": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones: list[Any] = [*time_zones()]
        known = {name for _, group in time_zones() for name, _ in group}
        if self.instance.time_zone not in known:
            zones.insert(0, (self.instance.time_zone, self.instance.time_zone))
        self.fields["time_zone"] = forms.ChoiceField(
            choices=zones, label="Time zone", help_text=self.fields["time_zone"].help_text
        )
        self.fields["country"] = forms.ChoiceField(
            choices=countries(), label=self.fields["country"].label, help_text=self.fields["country"].help_text
        )
        self.fields["mail_days"] = forms.TypedMultipleChoiceField(
            label="Reminders on",
            coerce=int,
            choices=list(enumerate(day_name, 1)),
            widget=forms.CheckboxSelectMultiple,
            help_text="What is urgent, an answer to somebody who agreed to meet you, comes on any day.",
            error_messages={"required": "Choose at least one day."},
        )
        self.fields["name"].required = True
        self.fields["name"].error_messages["required"] = "Write the name that your friends know you by."

    def clean_name(self) -> str:
        """One line."""
        return clean_name(self.cleaned_data["name"])

    def clean(self) -> dict[str, Any]:
        """The hours must leave room for a reminder."""
        data = super().clean() or self.cleaned_data
        start, end = data.get("mail_from_time"), data.get("mail_until_time")
        if start and end and end <= start:
            self.add_error("mail_until_time", "This must be later than the hour above.")
        return data


class DeleteAccountForm(forms.Form):
    """Makes sure that it is the member who deletes, and that they mean this account."""

    email = forms.CharField(
        label="Your e-mail address",
        help_text="To show that you mean it.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    password = forms.CharField(
        label="Your password", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )

    def __init__(self, *args: Any, member: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._member = member

    def clean_email(self) -> str:
        """The address of this account, in whatever case."""
        email = str(self.cleaned_data["email"]).strip()
        if email.lower() != self._member.email.lower():
            raise ValidationError(f"This is not the address of this account. It is {self._member.email}.")
        return email
