"""Photos of people."""

from django.db import models
from django.db.models import Q

from contacts.models.people import Person
from netapp.lib.models import Owned


class Photo(Owned):
    """A face on a card: made anew from what was uploaded, small, and without anything the camera wrote into it.

    The bytes stand in PostgreSQL, so that one backup holds everything. A photo that was replaced or taken off stays
    for a while, so that this can be undone; then the purge removes it.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="photos")
    content = models.BinaryField()
    media_type = models.CharField(max_length=20)
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=32, help_text="Of the content: another photo has another address.")
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person"], name="photo_one_a_person", condition=Q(removed_at=None))
        ]
        indexes = [models.Index(fields=["removed_at"], name="photo_removed", condition=Q(removed_at__isnull=False))]

    def __str__(self) -> str:
        return f"photo {self.pk}"
