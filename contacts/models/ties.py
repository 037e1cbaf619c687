"""Who of a member's people knows whom."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from contacts.models.people import Person
from netapp.lib.models import Owned


class AcquaintanceSource(models.TextChoices):
    """How the member came to know of it."""

    SAID = "said", "I was told, or I saw it"
    INFERRED = "inferred", "Seen together in mails or meetings"


class Closeness(models.TextChoices):
    """How well two people know each other, as far as the member knows."""

    UNKNOWN = "unknown", "I cannot say"
    SLIGHT = "slight", "Slightly"
    SOME = "some", "Fairly well"
    STRONG = "strong", "Very well"
    NONE = "none", "Not well enough to introduce"


class Acquaintance(Owned):
    """Two of a member's people know each other. One row a pair (`a` before `b` by id); visible to that member alone."""

    a = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    b = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    closeness = models.CharField(max_length=8, choices=Closeness.choices, default=Closeness.UNKNOWN)
    source = models.CharField(max_length=8, choices=AcquaintanceSource.choices, default=AcquaintanceSource.SAID)
    tie_kinds = ArrayField(
        models.CharField(max_length=60),
        default=list,
        blank=True,
        verbose_name="as what",
        help_text="Colleagues, family, friends …: several at once, in the member's own words.",
    )
    evidence = models.CharField("how you know", max_length=500, blank=True)
    evidence_date = models.DateField(null=True, blank=True)
    seen_count = models.PositiveIntegerField(
        default=0, editable=False, help_text="How many gatherings an inferred one was counted from; 0: none."
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["a", "b"], name="acquaintance_once"),
            models.CheckConstraint(name="acquaintance_in_order", condition=Q(a__lt=F("b"))),
        ]

    def __str__(self) -> str:
        return f"acquaintance {self.pk}"
