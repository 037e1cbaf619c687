"""What a member can do with the account itself."""

from datetime import datetime

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction

from netapp.accounts.models import User
from netapp.accounts.signals import hours_changed, member_leaving


@transaction.atomic
def change_settings(*, member: User) -> None:
    """Save what the member changed about themself; whatever waits for their morning moves along with it."""
    before = User.objects.select_for_update(no_key=True).get(pk=member.pk)
    member.save()
    if (before.time_zone, before.mail_from_time) != (member.time_zone, member.mail_from_time):
        hours_changed.send(sender=User, member=member, zone=before.zone)


@transaction.atomic
def delete_account(*, member: User, now: datetime) -> None:
    """Delete the member and every row of theirs, for good.

    What others must be told is written first, by those who listen to `member_leaving`. Stops that readers made
    (`netapp.mail.models.Suppression`) stay: they name nobody and hold if the member comes back.
    """
    member = User.objects.select_for_update().get(pk=member.pk)
    member_id = str(member.pk)
    member_leaving.send(sender=User, member=member, now=now)
    member.delete()
    # A session without its member opens nothing, but may hold a message with a name in it.
    for session in Session.objects.iterator():
        if session.get_decoded().get(SESSION_KEY) == member_id:
            session.delete()
