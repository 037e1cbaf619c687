"""Consents: what each party was asked, at which address, and what they answered."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from contacts.models import Closeness, Person
from introductions import lifecycle
from introductions.models.introductions import Introduction


class ConsentState(models.TextChoices):
    """Where one party's question stands."""

    WAITING = "waiting", "not asked yet"
    ASKED = "asked", "asked"
    ANSWERED = "answered", "answered"
    VOID = "void", "no longer asked"


class Answer(models.TextChoices):
    """What a party can answer."""

    YES = "yes", "Yes"
    FORWARD = "forward", "I'll pass it on myself"
    NOT_NOW = "not_now", "Not now"
    NO = "no", "No"
    NOT_WELL = "not_well", "I don't know them well enough"
    NOT_ME = "not_me", "This is not me"
    STRANGER = "stranger", "I don't know who asks"
    STOP = "stop", "Stop writing to me"


class AddressFrom(models.TextChoices):
    """Where the address that a question went to came from: whoever is asked is told."""

    ASKER = "asker", "the asker's own book"
    INTRODUCER = "introducer", "the book of whoever asks them"
    TYPED = "typed", "typed by whoever asks them"


class Consent(models.Model):
    """One party's yes or no. Looked up by the digest of the token in the mail; void once the introduction moved on.

    WAITING with an address: it is their turn, and they are asked as soon as they may be (`introductions.limits`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    introduction = models.ForeignKey(Introduction, on_delete=models.CASCADE, related_name="consents")
    position = models.PositiveSmallIntegerField(help_text="The order of asking; the target is last.")
    party = models.CharField(
        max_length=10,
        choices=[(party.value, party.value) for party in (lifecycle.Party.INTRODUCER, lifecycle.Party.TARGET)],
    )
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(max_length=300)
    email = models.EmailField(blank=True, help_text="Normalised. Not shown to the asker before both said yes.")
    mailbox = models.CharField(
        max_length=64, blank=True, help_text="Keyed digest of the address without its plus-alias: counts how often."
    )
    expected_mailbox = models.CharField(
        max_length=64,
        blank=True,
        help_text="The same of the address in the asker's own book when they sent it, whether or not it was used.",
    )
    because = models.CharField(
        max_length=300, blank=True, help_text="In the asker's words, how this one and the next know each other."
    )
    address_from = models.CharField(max_length=10, choices=AddressFrom.choices, blank=True)
    lost_emails = ArrayField(
        models.EmailField(),
        default=list,
        editable=False,
        help_text="Where the question came back from. With no email beside them: another address is wanted.",
    )
    state = models.CharField(max_length=8, choices=ConsentState.choices, default=ConsentState.WAITING)
    answer = models.CharField(max_length=8, choices=Answer.choices, blank=True)
    word = models.TextField(blank=True, max_length=2000, help_text="A word back.")
    word_is_shared = models.BooleanField(default=False)
    added = models.TextField(blank=True, max_length=2000, help_text="A line of the introducer's own, for the next.")
    again_date = models.DateField(null=True, help_text="Not now, but after this day; the asker may know of it.")
    closeness = models.CharField(max_length=8, choices=Closeness.choices, blank=True)
    may_correct = models.BooleanField(default=False, help_text="The asker may learn how well they know the next.")
    correct_at = models.DateTimeField(null=True, help_text="When their own card of the next is put right.")
    passed_on_at = models.DateTimeField(null=True, help_text="When they said that they had forwarded the note.")
    salt = models.CharField(max_length=32, blank=True)
    token_digest = models.CharField(max_length=64, null=True, unique=True)
    asked_at = models.DateTimeField(null=True)
    nudge_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position"]
        indexes = [
            models.Index(fields=["expires_at"], name="consent_expiry", condition=Q(state="asked")),
            models.Index(fields=["nudge_at"], name="consent_nudge", condition=Q(state="asked", nudge_at__isnull=False)),
            models.Index(fields=["email"], name="consent_by_address", condition=~Q(email="")),
            models.Index(fields=["mailbox"], name="consent_by_mailbox", condition=~Q(mailbox="")),
            models.Index(fields=["expected_mailbox"], name="consent_by_expected", condition=~Q(expected_mailbox="")),
            models.Index(fields=["correct_at"], name="consent_correction", condition=Q(correct_at__isnull=False)),
            models.Index(
                fields=["nudge_at"],
                name="consent_forward_nudge",
                condition=Q(state="answered", nudge_at__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["introduction", "position"], name="consent_once_a_step"),
            models.UniqueConstraint(
                fields=["introduction"], name="consent_one_asked_at_a_time", condition=Q(state="asked")
            ),
            models.CheckConstraint(
                name="consent_asked_is_whole",
                condition=~Q(state="asked")
                | (Q(asked_at__isnull=False, expires_at__isnull=False, token_digest__isnull=False) & ~Q(email="")),
            ),
            models.CheckConstraint(
                name="consent_answered_is_whole",
                condition=~Q(state="answered") | (Q(answered_at__isnull=False) & ~Q(answer="")),
            ),
        ]

    def __str__(self) -> str:
        return f"consent {self.pk}"

    @property
    def asked_by(self) -> str:
        """The name of whoever asks the reader: the one before them; empty where the asker has none."""
        introduction = self.introduction
        return introduction.introducer_names[self.position - 1] if self.position else introduction.owner.name

    @property
    def is_target(self) -> bool:
        """Whether it is the target's, and not an introducer's."""
        return self.party == lifecycle.Party.TARGET
