"""Forms about the member."""

from django import forms


class SignupForm(forms.Form):
    """What sign-up asks beside address and password (allauth adds those)."""

    name = forms.CharField(
        max_length=200,
        label="Your name",
        help_text="As your friends know you. It stands in the mails you have sent.",
    )

    def signup(self, request: object, user: object) -> None:
        """Called by allauth once the user is saved."""
