"""What imports go by, as its page reads it."""

from typing import Any

from contacts.models import Blocked, BlockedKind, ColumnMapping, OwnAddress
from netapp.accounts.models import User


def rules(member: User) -> dict[str, Any]:
    """Everything that the member told imports once and for all. Three statements."""
    return {
        "blocked": [(one, words(one)) for one in Blocked.objects.filter(owner=member).order_by("kind", "value")],
        "own": list(OwnAddress.objects.filter(owner=member).order_by("address")),
        "mappings": [
            (one, ", ".join(one.mapping["heading"][:6]))
            for one in ColumnMapping.objects.filter(owner=member).order_by("-created_at")
        ],
    }


def words(one: Blocked) -> str:
    """ "ana@example.org", "Everybody at example.org", "Whoever is tagged family"."""
    match BlockedKind(one.kind):
        case BlockedKind.ADDRESS:
            return one.value
        case BlockedKind.DOMAIN:
            return f"Everybody at {one.value}"
        case BlockedKind.TAG:
            return f"Whoever is tagged {one.value}"
