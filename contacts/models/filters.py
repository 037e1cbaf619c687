"""Lists of people that a member keeps under a name."""

from django.db import models
from django.db.models.functions import Lower

from netapp.lib.models import Owned


class SavedFilter(Owned):
    """A search with its filters and order, kept as what stands behind the ? of the people page."""

    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2000)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint("owner", Lower("name"), name="saved_filter_name_once")]

    def __str__(self) -> str:
        return f"saved filter {self.pk}"
