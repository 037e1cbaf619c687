"""Reminders: what is due, to whom, and whether it was sent; and how often whole groups of people are thought of."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from contacts.models.people import Layer, Person
from netapp.lib.models import Owned


class ReminderKind(models.TextChoices):
    """Why. Three follow an introduction; the last one is how a member tries whether reminders work."""

    KEEP_IN_TOUCH = "keep_in_touch", "Keep in touch"
    PROMISE = "promise", "Something promised"
    PLAN = "plan", "A step of the plan"
    BIRTHDAY = "birthday", "Birthday"
    DATE = "date", "A day to think of"
    REVIEW = "review", "Look at an objective again"
    REPLY_TODAY = "reply_today", "Reply today"
    DID_YOU_TALK = "did_you_talk", "Did you talk?"
    THANK_INTRODUCER = "thank_introducer", "Thank, and tell what came of it"
    TRIAL = "trial", "A reminder to see that reminders work"


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
    path = models.CharField(max_length=200, blank=True, help_text="Where on this site it is dealt with, if not here.")
    rhythm_days = models.PositiveSmallIntegerField(null=True, help_text="The cadence that it comes from.")
    due_at = models.DateTimeField(help_text="Of a cadence: the ideal day.")
    latest_at = models.DateTimeField(
        null=True, help_text="Of a cadence: the day by which it is said once more. Null: said, or there is none."
    )
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
                fields=["latest_at"], name="reminder_latest", condition=Q(state="sent", latest_at__isnull=False)
            ),
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


class CadenceRule(Owned):
    """How often everybody with a tag, or of a layer, is thought of, unless their card says otherwise."""

    tag = models.CharField(max_length=60, blank=True)
    layer = models.PositiveSmallIntegerField(choices=Layer.choices, null=True, blank=True)
    days = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(1825)])
    latest_days = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(3650)])

    class Meta:
        ordering = ["layer", "tag", "id"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "tag"], name="cadence_rule_once_a_tag", condition=~Q(tag="")),
            models.UniqueConstraint(fields=["owner", "layer"], name="cadence_rule_once_a_layer", condition=Q(tag="")),
            models.CheckConstraint(
                name="cadence_rule_of_one_group",
                condition=(~Q(tag="") & Q(layer__isnull=True)) | (Q(tag="") & Q(layer__isnull=False)),
            ),
            models.CheckConstraint(
                name="cadence_rule_latest_after_ideal", condition=Q(latest_days__gte=models.F("days"))
            ),
        ]

    def __str__(self) -> str:
        return f"cadence rule {self.pk}"


class CalendarFeed(Owned):
    """A secret address at which a calendar program reads what is due. One a member; a new one ends the old."""

    salt = models.CharField(max_length=32)
    token_digest = models.CharField(max_length=64, unique=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner"], name="calendar_feed_once_a_member")]

    def __str__(self) -> str:
        return f"calendar feed {self.pk}"
