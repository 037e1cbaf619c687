"""How often somebody may be asked, by their own word; and who may not ask for the time being."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q

from netapp.lib.models import Owned


class AskingLimit(Owned):
    """A member's own word on how often they are asked. Without a row the site's defaults hold. Nobody else sees it."""

    most_open = models.PositiveSmallIntegerField("at one time", validators=[MaxValueValidator(5)])
    most_lately = models.PositiveSmallIntegerField("in three months", validators=[MaxValueValidator(30)])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner"], name="asking_limit_once"),
            models.CheckConstraint(name="asking_limit_sane", condition=Q(most_open__lte=5, most_lately__lte=30)),
        ]

    def __str__(self) -> str:
        return f"asking limit {self.pk}"


class AskingPause(Owned):
    """A member whom people said they do not know asks nobody until an admin has looked."""

    paused_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner"], name="asking_paused_once", condition=Q(lifted_at=None)),
        ]

    def __str__(self) -> str:
        return f"asking pause {self.pk}"
