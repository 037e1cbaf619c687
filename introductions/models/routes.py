"""Computed ways to a target. Written by Celery, read by the pages; every foreign leg is asked again when shown."""

from django.db import models
from django.db.models import Q

from contacts.models import Person
from netapp.lib.models import Owned


class RouteSearch(Owned):
    """That routes from the owner to a target are wanted, and when they were last computed.

    `is_stale` is set, and `revision` raised, in the transaction that changes something. A worker notes the revision
    before it reads and clears `is_stale` only where it still stands: a change in the meantime leaves the row stale.
    """

    target = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    is_stale = models.BooleanField(default=True)
    revision = models.PositiveIntegerField(default=0)
    asked_at = models.DateTimeField(help_text="When it last became stale; the longest waiting comes first.")
    computed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["asked_at"], name="route_search_stale", condition=Q(is_stale=True))]
        constraints = [models.UniqueConstraint(fields=["owner", "target"], name="route_search_once")]

    def __str__(self) -> str:
        return f"route search {self.pk}"


class Route(models.Model):
    """One way to the target, best first. `legs` is a list of dicts as `introductions.routes.Leg` writes them."""

    id = models.BigAutoField(primary_key=True)
    search = models.ForeignKey(RouteSearch, on_delete=models.CASCADE, related_name="routes")
    rank = models.PositiveSmallIntegerField()
    introducer = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    cost = models.PositiveIntegerField(help_text="-2048 ln chance, rounded a leg at a time.")
    chance = models.FloatField()
    weakest = models.PositiveSmallIntegerField(help_text="Index of the weakest leg.")
    legs = models.JSONField(default=list)

    class Meta:
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["search", "rank"], name="route_rank_once"),
            models.UniqueConstraint(fields=["search", "introducer"], name="route_introducer_once"),
        ]

    def __str__(self) -> str:
        return f"route {self.pk}"
