"""How often a member wants to be asked: theirs to say, and nobody else's to see."""

from django.db import transaction

from introductions.models import AskingLimit
from netapp.accounts.models import User


@transaction.atomic
def set_limits(*, member: User, most_open: int, most_lately: int) -> AskingLimit:
    """Be asked at most so much at one time, and in 90 days; 0 is not at all."""
    limit, _ = AskingLimit.objects.update_or_create(
        owner=member, defaults={"most_open": most_open, "most_lately": most_lately}
    )
    return limit
