"""Cards that may be one human: what Kith proposes, what the member said of it, and what was merged."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from contacts.models.people import Person
from netapp.lib.models import Owned


class Lookalike(Owned):
    """Two cards that Kith takes for one human. Computed by a worker (contacts.services.duplicates.looking)."""

    a = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    b = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    score = models.FloatField(help_text="0..1: the chance that they are one, as far as the cards tell.")
    is_certain = models.BooleanField(help_text="An address or page of their own, the whole name, nothing against it.")
    reasons = models.JSONField(default=list, help_text="Phrases that speak for it, the strongest first.")
    doubts = models.JSONField(default=list, help_text="Phrases that speak against it.")

    class Meta:
        indexes = [models.Index(fields=["owner", "-score"], name="lookalike_by_owner")]
        constraints = [
            models.UniqueConstraint(fields=["a", "b"], name="lookalike_once"),
            models.CheckConstraint(name="lookalike_in_order", condition=Q(a__lt=F("b"))),
        ]

    def __str__(self) -> str:
        return f"lookalike {self.pk}"


class ToldApart(Owned):
    """The member said: these are two people. Remembered for good, whatever becomes of the cards.

    The marks are digests of what each card was recognised by (its name, its handles). A card that went for good and is
    imported again is known by them; nothing can be read out of them.
    """

    a = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    b = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    a_marks = ArrayField(models.CharField(max_length=64))
    b_marks = ArrayField(models.CharField(max_length=64))

    class Meta:
        indexes = [models.Index(fields=["owner"], name="told_apart_lost", condition=Q(a=None) | Q(b=None))]
        constraints = [
            models.UniqueConstraint(fields=["a", "b"], name="told_apart_once"),
            models.CheckConstraint(name="told_apart_in_order", condition=Q(a__lt=F("b")) | Q(a=None) | Q(b=None)),
        ]

    def __str__(self) -> str:
        return f"told apart {self.pk}"


class Merge(Owned):
    """`gone` was merged into `survivor`. `gone` lies among the deleted cards until it is taken apart again or purged.

    `journal` has every column of every row that the merge changed, as it was and as it became
    (contacts.services.duplicates.journal).
    """

    survivor = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    gone = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    together = models.UUIDField(null=True, help_text="The same for all that were merged by one click.")
    journal = models.JSONField()
    merged_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-merged_at"], name="merge_by_owner"),
            models.Index(fields=["together"], name="merge_together", condition=Q(together__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["gone"], name="merge_once_in_force", condition=Q(undone_at=None)),
            models.CheckConstraint(name="merge_of_two", condition=~Q(survivor=F("gone"))),
        ]

    def __str__(self) -> str:
        return f"merge {self.pk}"


class OtherName(Owned):
    """A name under which a card that was merged into this one stood, so that an import of it finds the card again."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="other_names")
    name = models.CharField(max_length=300)
    key = models.CharField(max_length=640, blank=True, help_text="How a card without any handle is recognised.")

    class Meta:
        indexes = [models.Index(fields=["owner", "key"], name="other_name_by_key", condition=~Q(key=""))]

    def __str__(self) -> str:
        return f"other name {self.pk}"


class DuplicateLook(models.Model):
    """When a member's book was last looked through for duplicates. Also the lock that lets one worker do it."""

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+")
    looked_at = models.DateTimeField(null=True, help_text="Cards changed before this have been compared.")
    looked_fully_at = models.DateTimeField(null=True, help_text="When all cards were last compared with all others.")
    density = models.FloatField(null=True, help_text="Pairs of one human for each card, as that look found.")

    def __str__(self) -> str:
        return f"duplicate look {self.pk}"
