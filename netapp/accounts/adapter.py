"""How django-allauth fits this site."""

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    """Mails of the account go through the outbox like every other."""
