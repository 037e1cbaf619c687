"""Reading about members."""

from allauth.account.models import EmailAddress

from netapp.accounts.models import User


def verified_addresses(member: User) -> list[str]:
    """The addresses that the member has shown to own, in lower case, the main one first."""
    found = EmailAddress.objects.filter(user=member, verified=True).order_by("-primary", "email")
    return [address.email.lower() for address in found]


def member_by_verified_address(email: str) -> User | None:
    """Who has shown to own that address, in whatever case; None where nobody has, or the account is switched off."""
    found = (
        EmailAddress.objects.select_related("user")
        .filter(email__iexact=email, verified=True, user__is_active=True)
        .first()
    )
    return found.user if found else None
