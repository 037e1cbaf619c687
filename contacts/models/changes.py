"""Changes that can be taken back."""

from django.db import models

from netapp.lib.models import Owned


class ChangeKind(models.TextChoices):
    """What was done."""

    PEOPLE = "people", "people edited together"
    INTERACTION = "interaction", "a contact removed"
    ACQUAINTANCE = "acquaintance", "an acquaintance forgotten"
    PHOTO = "photo", "a photo put on a card, or taken off"
    FILTER = "filter", "a saved list removed"
    CARD = "card", "a few fields of a card"
    BLOCKED = "blocked", "something kept out of imports, or let in again"


class Change(Owned):
    """What a change replaced, kept a while so that one click takes it back (contacts.services.undo)."""

    kind = models.CharField(max_length=12, choices=ChangeKind.choices)
    before = models.JSONField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="change_by_age")]

    def __str__(self) -> str:
        return f"change {self.pk}"
