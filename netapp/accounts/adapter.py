"""How django-allauth fits this site."""

import secrets
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.utils import timezone

from netapp.accounts.models import User
from netapp.mail import outbox, texts

_PREFIX = "account/email/"


class AccountAdapter(DefaultAccountAdapter):
    """Mails of the account go through the outbox like every other, as essential letters with texts of our own."""

    def send_mail(self, template_prefix: str, email: str, context: Mapping[str, Any]) -> None:
        """Called by allauth for every mail: `account/email/x` becomes the letter `account_x`."""
        now = timezone.now()
        member = context.get("user") or self._logged_in()
        outbox.post(
            key=f"account:{uuid.uuid4()}",
            template="account_" + template_prefix.removeprefix(_PREFIX),
            context={
                "email": email,
                "member": member,
                "now": now,
                **{name: value for name, value in context.items() if name not in {"request", "user"}},
                # allauth takes the host from the request, which whoever sends the request may choose.
                **{name: rebased(value) for name, value in context.items() if name.endswith("_url")},
            },
            to=[outbox.Recipient(email)],
            member=member,
            now=now,
            is_essential=True,
        )

    def clean_email(self, email: str) -> str:
        """Every form of allauth that takes an address asks here. Django lets some through that no letter goes to."""
        try:
            return texts.address(email)
        except texts.NotAnAddress as error:
            raise ValidationError(str(error)) from error

    def send_account_already_exists_mail(self, email: str) -> None:
        """Sign-up with an address that is taken: the page is the same, and so should be the time it takes."""
        make_password(secrets.token_urlsafe())
        super().send_account_already_exists_mail(email)

    def _logged_in(self) -> User | None:
        user = getattr(self.request, "user", None)
        return user if isinstance(user, User) else None


def rebased(url: str) -> str:
    """The same page on this site's own address."""
    parts = urlsplit(url)
    base = urlsplit(settings.BASE_URL)
    return urlunsplit((base.scheme, base.netloc, parts.path, parts.query, ""))
