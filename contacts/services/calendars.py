"""The secret address at which a calendar program reads what is due: made, made anew, switched off."""

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from contacts.models import CalendarFeed
from netapp.accounts.models import User
from netapp.lib import tokens

_PURPOSE = "calendar"


@transaction.atomic
def renew(*, owner: User) -> CalendarFeed:
    """A new address; the one before opens nothing any more."""
    issued = tokens.issue(_PURPOSE)
    feed, _ = CalendarFeed.objects.update_or_create(
        owner=owner, defaults={"salt": issued.salt, "token_digest": issued.digest}
    )
    return feed


def switch_off(*, owner: User) -> bool:
    """No address any more. False where there was none."""
    return bool(CalendarFeed.objects.filter(owner=owner).delete()[0])


def address_of(feed: CalendarFeed) -> str:
    """The whole address, or "" where the site's secret changed since: it still opens, but cannot be shown again."""
    token = tokens.derive(_PURPOSE, feed.salt)
    if tokens.digest(token) != feed.token_digest:
        return ""
    return settings.BASE_URL + reverse("contacts:calendar_feed", args=[token])
