"""What is asked of a member to keep their book fresh."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from contacts.models import Source, SourceAuth, SourceKind, SourcePart, Writes
from contacts.remote import imap, web
from contacts.remote.faults import Fault
from contacts.remote.guard import Guard
from contacts.services.sources.presets import BY_KEY, Preset

_YEARS: Final = {1: "The last year", 2: "The last two years", 5: "The last five years"}
_NO_FILL: Final = {"autocapitalize": "none", "autocorrect": "off", "spellcheck": "false"}


class PresetForm(forms.Form):
    """Which provider."""

    preset = forms.ChoiceField(choices=[(key, preset.title) for key, preset in BY_KEY.items()])

    @property
    def wanted(self) -> Preset | None:
        """The provider, or None where the address holds nonsense."""
        return BY_KEY[self.cleaned_data["preset"]] if self.is_valid() else None


class ConnectForm(forms.Form):
    """Address, name and password of an account elsewhere. The password is never shown again, not even here."""

    address = forms.CharField(label="Server", max_length=400, widget=forms.TextInput(attrs=_NO_FILL))
    email = forms.EmailField(label="Your e-mail address there", max_length=320)
    user_name = forms.CharField(label="User name", max_length=320, widget=forms.TextInput(attrs=_NO_FILL))
    auth = forms.ChoiceField(label="What you have", choices=SourceAuth.choices, widget=forms.RadioSelect)
    secret = forms.CharField(
        label="App password",
        max_length=5000,
        strip=True,
        # The browser must not offer the member's own password of this site.
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
    )
    years = forms.TypedChoiceField(label="Mails from", coerce=int, choices=list(_YEARS.items()), initial=2)

    def __init__(self, *args: Any, preset: Preset, source: Source | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._preset = preset
        is_mail = preset.kind == SourceKind.IMAP
        unwanted = {"years"} if source else set()
        unwanted |= set() if is_mail else {"email", "auth", "years"}
        if preset.address:
            unwanted.add("address")
        if is_mail and (preset.address or source):
            unwanted.add("email" if source else "user_name")
        for name in unwanted:
            del self.fields[name]
        self._explain(preset)
        if source:
            self.initial.update({"address": source.address, "user_name": source.user_name, "auth": source.auth})
        elif is_mail:
            self.initial["auth"] = SourceAuth.PASSWORD
            if "user_name" in self.fields:
                self.fields["user_name"].required = False

    def _explain(self, preset: Preset) -> None:
        for name, words in (
            ("address", preset.address_help),
            ("user_name", preset.user_help),
            ("secret", preset.password_help),
        ):
            if name in self.fields:
                self.fields[name].help_text = words
        if preset.kind == SourceKind.IMAP:
            self.fields["secret"].label = "App password or token"

    def clean_address(self) -> str:
        """The address as a URL. Only looked at: nobody is asked before the worker does it."""
        raw: str = self.cleaned_data["address"]
        guard = Guard(allow_hosts=settings.SYNC_ALLOW_HOSTS)
        try:
            if self._preset.kind == SourceKind.IMAP:
                url = imap.tidy_address(raw)
                guard.check(*imap.host_and_port(url), is_tls=url.startswith("imaps:"))
            else:
                url = web.tidy_url(raw)
                scheme, host, port = web.origin(url)
                guard.check(host, port, is_tls=scheme == "https")
        except Fault as fault:
            raise ValidationError(str(fault)) from fault
        if len(url) > 500:
            raise ValidationError("This address is longer than any that Kith knows.")
        return url

    def told(self) -> dict[str, Any]:
        """What `connecting.connect` and `sign_in_again` want."""
        data = self.cleaned_data
        return {
            "address": data.get("address") or self._preset.address,
            "user_name": data.get("user_name") or data.get("email", ""),
            "secret": data["secret"],
            "auth": SourceAuth(data.get("auth") or SourceAuth.PASSWORD),
        }

    @property
    def since_date(self) -> date | None:
        """From which day on mails are looked at."""
        years = self.cleaned_data.get("years")
        if not years:
            return None
        today = timezone.localdate()
        # The 28th is in every February.
        return today.replace(year=today.year - years, day=min(today.day, 28))


class PartsForm(forms.Form):
    """Which address books or folders, and whether Kith may write."""

    parts = forms.TypedMultipleChoiceField(
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one, or disconnect it below."},
    )
    writes = forms.ChoiceField(
        label="What may Kith write there?",
        choices=Writes.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Say what Kith may write there."},
    )

    def __init__(self, *args: Any, source: Source, parts: list[SourcePart], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_books = source.kind == SourceKind.CARDDAV
        field = self.fields["parts"]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        field.label = "Address books" if is_books else "Folders"
        field.choices = [(part.id, part.title) for part in parts]
        field.initial = [part.id for part in parts if part.is_chosen]
        if not is_books or not any(part.can_write for part in parts):
            del self.fields["writes"]
            return
        self.fields["writes"].initial = source.writes
        self.fields["writes"].help_text = (
            "Names, roles, organisations, birthdays, e-mail addresses and numbers. Never notes, tags or how you met; "
            "and Kith deletes no card there."
        )

    @property
    def wanted_writes(self) -> Writes:
        """Nothing, where nothing was asked."""
        return Writes(self.cleaned_data.get("writes") or Writes.NOTHING)
