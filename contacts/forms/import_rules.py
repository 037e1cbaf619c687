"""What a member tells imports once and for all."""

from django import forms


class BlockForm(forms.Form):
    """Something that is never to come in."""

    text = forms.CharField(
        label="Never bring in",
        max_length=320,
        help_text="An address (ana@example.org), a whole domain (example.org) or a tag (#family).",
        error_messages={"required": "Write an address, a domain or a tag."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )


class OwnAddressForm(forms.Form):
    """An address of the member's own."""

    address = forms.CharField(
        label="Another address of yours",
        max_length=320,
        help_text="Old ones too: by them Kith tells what you wrote from what you were sent.",
        error_messages={"required": "Write the address."},
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
