"""Connections: two members agree that each may search what the other shares."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Least


class ConnectionState(models.TextChoices):
    """Where a connection stands."""

    INVITED = "invited", "invited"
    ACCEPTED = "accepted", "in force"
    DECLINED = "declined", "declined"
    ENDED = "ended", "ended"


class Connection(models.Model):
    """One member's invitation to another by address, and what came of it. In force only while ACCEPTED.

    The invited address may belong to nobody here yet: `invitee` is set when a member with that verified address
    accepts, so that an invitation never tells whether an address has an account.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    inviter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    invitee = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    invitee_email = models.EmailField()
    state = models.CharField(max_length=8, choices=ConnectionState.choices, default=ConnectionState.INVITED)
    created_at = models.DateTimeField(auto_now_add=True)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Least("inviter", "invitee"),
                Greatest("inviter", "invitee"),
                name="connection_once_in_force",
                condition=Q(state="accepted"),
            ),
            models.UniqueConstraint(
                fields=["inviter", "invitee_email"],
                name="connection_invited_once",
                condition=Q(state="invited"),
            ),
            models.CheckConstraint(
                name="connection_accepted_by_somebody",
                condition=~Q(state="accepted") | Q(invitee__isnull=False, answered_at__isnull=False),
            ),
            models.CheckConstraint(
                name="connection_of_two", condition=Q(invitee__isnull=True) | ~Q(inviter=F("invitee"))
            ),
        ]

    def __str__(self) -> str:
        return f"connection {self.pk}"
