"""What the member put aside on the Today page."""

from django.db import models

from netapp.lib.models import Owned


class PutAside(Owned):
    """A suggestion that is not to be made before `until_date`, or never again where that is null."""

    key = models.CharField(max_length=120)
    until_date = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="put_aside_once")]

    def __str__(self) -> str:
        return f"put aside {self.pk}"
