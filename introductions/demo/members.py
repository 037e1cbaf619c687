"""Who can log in to the demo. The one place for their addresses and their password."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password

from netapp.accounts.models import User

PASSWORD: Final = "kith-demo"


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the demo."""

    name: str
    email: str
    time_zone: str
    country: str


ALICE: Final = Member("Alice Anders", "alice@example.org", "Europe/Lisbon", "PT")
BOB: Final = Member("Bob Brook", "bob@example.org", "Europe/Lisbon", "PT")
CARLA: Final = Member("Carla Conti", "carla@example.org", "Europe/Rome", "IT")
DAN: Final = Member("Dan Dorn", "dan@example.org", "America/Toronto", "CA")
MEMBERS: Final = (ALICE, BOB, CARLA, DAN)


def make_members(*, joined_at: datetime) -> dict[Member, User]:
    """Their accounts, with verified addresses and one password."""
    password = make_password(PASSWORD)
    made = {}
    for member in MEMBERS:
        user = User.objects.create_user(
            member.email,
            name=member.name,
            time_zone=member.time_zone,
            country=member.country,
            joined_at=joined_at,
        )
        User.objects.filter(pk=user.pk).update(password=password)
        EmailAddress.objects.create(user=user, email=member.email, verified=True, primary=True)
        made[member] = user
    return made


def existing_members() -> list[User]:
    """Those accounts that are there now."""
    return list(User.objects.filter(email__in=[member.email for member in MEMBERS]).order_by("id"))


def log_in_lines() -> str:
    """Who may log in, for the first page that `make run` prints; empty unless that is still so."""
    alice = User.objects.filter(email=ALICE.email, is_active=True).first()
    if alice is None or not alice.check_password(PASSWORD):
        return ""
    others = ", ".join(member.email for member in MEMBERS if member is not ALICE)
    return f"log in as     {ALICE.email}\npassword      {PASSWORD}\nothers        {others} (same password)"
