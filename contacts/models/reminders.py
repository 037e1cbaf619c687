"""Reminders: what is due, to whom, and whether it was sent."""

from django.db import models
from django.db.models import Q

from contacts.models.people import Person
from netapp.lib.models import Owned


class ReminderKind(models.TextChoices):
    """Why. The last three follow an introduction."""

    KEEP_IN_TOUCH = "keep_in_touch", "Keep in touch"
    PROMISE = "promise", "Something promised"
    REPLY_TODAY = "reply_today", "Reply today"
    DID_YOU_TALK = "did_you_talk", "Did you talk?"
    THANK_INTRODUCER = "thank_introducer", "Thank, and tell what came of it"


class ReminderState(models.TextChoices):
    """Where a reminder stands."""

    WAITING = "waiting", "waiting"
    SENT = "sent", "sent"
    DONE = "done", "done"
    CANCELLED = "cancelled", "no longer wanted"


class Reminder(Owned):
    """One occurrence of something to be reminded of. `key` makes each occurrence exist once.

    Snoozing moves `due_at` and puts it back to WAITING; `sendings` then tells one letter from the next.
    """

    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="reminders")
    kind = models.CharField(max_length=20, choices=ReminderKind.choices)
    key = models.CharField(max_length=200)
    about = models.UUIDField(null=True, help_text="The introduction it follows, for the kinds that follow one.")
    text = models.CharField(max_length=500, blank=True, help_text="What was promised, in the member's words.")
    due_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=ReminderState.choices, default=ReminderState.WAITING)
    sendings = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    salt = models.CharField(max_length=32, blank=True)
    token_digest = models.CharField(max_length=64, null=True, unique=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="reminder_due", condition=Q(state="waiting")),
            models.Index(
                fields=["owner", "due_at"],
                name="reminder_by_owner",
                condition=Q(state__in=["waiting", "sent"]),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["owner", "key"], name="reminder_once"),
            models.UniqueConstraint(
                fields=["person"],
                name="reminder_one_cadence_open",
                condition=Q(kind="keep_in_touch", state__in=["waiting", "sent"]),
            ),
        ]

    def __str__(self) -> str:
        return f"reminder {self.pk}"
