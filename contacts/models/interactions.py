"""Dated contact with a person: what strength and cadence are made of."""

from django.db import models
from django.db.models import Q

from contacts.models.people import Person
from netapp.lib.models import Owned


class InteractionKind(models.TextChoices):
    """What happened. The engine weighs them (contacts.graph.strength)."""

    MET = "met", "Met"
    CALL = "call", "Call"
    MAIL = "mail", "Mail"
    MESSAGE = "message", "Message"
    EVENT = "event", "Both at an event"


class Direction(models.TextChoices):
    """From whom it came."""

    BOTH = "both", "Both ways"
    OUT = "out", "From me"
    IN = "in", "From them"


class Interaction(Owned):
    """One contact between the owner and a person. `source_key` names the imported item, so that it is read once."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="interactions")
    kind = models.CharField(max_length=7, choices=InteractionKind.choices, default=InteractionKind.MET)
    direction = models.CharField(max_length=4, choices=Direction.choices, default=Direction.BOTH)
    happened_at = models.DateTimeField()
    note = models.CharField(max_length=2000, blank=True)
    source_key = models.CharField(max_length=200, blank=True)
    edited_at = models.DateTimeField(null=True, editable=False, help_text="When the member last corrected it.")

    class Meta:
        indexes = [
            models.Index(fields=["person", "-happened_at"], name="interaction_timeline"),
            models.Index(fields=["owner", "-happened_at"], name="interaction_by_owner"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "source_key"], name="interaction_read_once", condition=~Q(source_key="")
            )
        ]

    def __str__(self) -> str:
        return f"interaction {self.pk}"
