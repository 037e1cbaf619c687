"""The outbox. A row is the truth about one mail; a task is only the bell that makes somebody look."""

import uuid
from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class LetterState(models.TextChoices):
    """Where a letter stands."""

    QUEUED = "queued", "waiting"
    SENDING = "sending", "being sent"
    SENT = "sent", "sent"
    FAILED = "failed", "could not be delivered"
    CANCELLED = "cancelled", "cancelled"
    SUPPRESSED = "suppressed", "not sent"


class Letter(models.Model):
    """One mail, written in the transaction that causes it and sent by whoever claims it.

    `key` says which event it belongs to ("introduction:<id>:introducer-asked"), so that the same event can never
    queue two. Texts hold placeholders where tokens will be (`netapp.lib.tokens`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=40)
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="On whose behalf it is sent.",
    )
    is_shown = models.BooleanField(
        default=False,
        help_text="Whether it stands in that member's mail log. A letter to somebody they have not met does not.",
    )
    group = models.CharField(
        max_length=100,
        blank=True,
        db_index=True,
        help_text="What it is about, so that all of it can be cancelled.",
    )
    to = ArrayField(models.EmailField())
    cc = ArrayField(models.EmailField(), default=list, blank=True)
    reply_to = ArrayField(models.EmailField(), default=list, blank=True)
    names = models.JSONField(default=dict, help_text="Display name by address.")
    from_name = models.CharField(max_length=200)
    subject = models.CharField(max_length=250)
    text = models.TextField()
    html = models.TextField(blank=True)
    attachments = models.JSONField(default=list, blank=True, help_text="[{name, type, content as base64}].")
    message_id = models.CharField(max_length=200, unique=True)
    is_essential = models.BooleanField(
        default=False,
        help_text="About the account, or just agreed to; goes out whatever was stopped, and carries no unsubscribe.",
    )
    stop_salt = models.CharField(max_length=32, blank=True, help_text="Makes the readers' stop links; see StopLink.")

    state = models.CharField(max_length=12, choices=LetterState.choices, default=LetterState.QUEUED)
    due_at = models.DateTimeField()
    delivered = ArrayField(models.EmailField(), default=list, help_text="Who has it already and gets no second copy.")
    refused = models.JSONField(default=dict, help_text="Why not, by address: what the mail server said, or a stop.")
    is_unwanted = models.BooleanField(
        default=False, help_text="Cancelled while it was being sent: whatever is left of it is not tried again."
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    lapses = models.PositiveSmallIntegerField(default=0, help_text="How often its worker vanished while sending it.")
    fence = models.PositiveIntegerField(default=0, help_text="Grows with each claim; a stale worker's is too low.")
    leased_until = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    sent_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="letter_due", condition=Q(state="queued")),
            models.Index(fields=["leased_until"], name="letter_leased", condition=Q(state="sending")),
            models.Index(fields=["member", "-created_at", "-id"], name="letter_log"),
        ]
        constraints = [
            models.CheckConstraint(
                name="letter_lease_while_sending",
                condition=Q(state="sending", leased_until__isnull=False)
                | (~Q(state="sending") & Q(leased_until__isnull=True)),
            ),
            models.CheckConstraint(name="letter_sent_has_time", condition=~Q(state="sent") | Q(sent_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"letter {self.pk} ({self.kind})"

    @property
    def readers(self) -> list[str]:
        """Whom it goes to, "Bob Baker (bob@example.org)", for the mail log."""
        return [f"{self.names[one]} ({one})" if self.names.get(one) else one for one in (*self.to, *self.cc)]

    @property
    def is_to_others(self) -> bool:
        """Whether somebody else than its member reads it."""
        return self.member is None or any(one.lower() != self.member.email.lower() for one in (*self.to, *self.cc))

    @property
    def state_shown(self) -> str:
        """Where it stands, as the mail log tells it. Of a letter to somebody else it does not tell whether it was sent
        or kept back because its reader stopped such mail: that would tell who did."""
        is_over = self.state in (LetterState.SENT, LetterState.SUPPRESSED)
        return "done" if is_over and self.is_to_others else LetterState(self.state).label

    @property
    def shown_at(self) -> datetime:
        """The moment that the mail log shows: when it went out, or else when it was written; of a letter to somebody
        else always the latter, since one that was kept back never went out."""
        return self.created_at if self.is_to_others else self.sent_at or self.created_at


class PauseReason(models.TextChoices):
    """Why no mail goes out."""

    RESTORED = "restored", "a backup was restored"
    BY_HAND = "by_hand", "somebody paused it"


class PostOffice(models.Model):
    """Whether mail goes out, and how this database is known from an old copy of it (`netapp.mail.pausing`). One row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    site = models.UUIDField(help_text="Names this database's mark in Redis; another one after each resuming.")
    beats = models.PositiveBigIntegerField(default=0, help_text="Sweeps so far; Redis is told each time.")
    fingerprint = models.JSONField(help_text="Of the cluster and the database, when mail was last allowed to go out.")
    paused_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=10, choices=PauseReason.choices, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(name="post_office_is_one", condition=Q(id=1))]

    def __str__(self) -> str:
        return "post office"


class StopLink(models.Model):
    """What one reader's stop link of one letter may stop. Holds no address, and outlives the letter and the member."""

    digest = models.CharField(max_length=64, primary_key=True, help_text="Of the token in the link.")
    letter = models.ForeignKey(Letter, null=True, on_delete=models.SET_NULL, related_name="+")
    address_digest = models.CharField(max_length=64)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    member_digest = models.CharField(max_length=64, blank=True)
    kind = models.CharField(max_length=40)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"stop link {self.digest[:8]}"

    @property
    def is_own(self) -> bool:
        """Whether the reader is the member: a reminder to oneself."""
        return self.address_digest == self.member_digest


class Suppression(models.Model):
    """An address that must not be written to: by anybody here, or on behalf of one member.

    Kept as a digest, and kept when the member leaves: a stop holds for good.
    """

    class Reason(models.TextChoices):
        """Why."""

        ASKED = "asked", "the reader asked us to stop"
        BOUNCED = "bounced", "the address does not accept mail"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    address_digest = models.CharField(max_length=64)
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Still known here, so that a change of address is no way round a stop.",
    )
    member_digest = models.CharField(
        max_length=64, blank=True, help_text="Of the member's address; empty: nobody on this site may write."
    )
    kind = models.CharField(max_length=40, blank=True, help_text="Only this kind of letter; empty: every kind.")
    reason = models.CharField(max_length=10, choices=Reason.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["address_digest", "member_digest", "kind"], name="suppression_once")
        ]

    def __str__(self) -> str:
        return f"suppression {self.pk}"
