"""What a member tells imports once and for all: own addresses, what never comes in, what columns mean."""

from django.db import models

from netapp.lib.models import Owned


class OwnAddress(Owned):
    """An address at which the member writes and is written to, beside those of the account. Never a person."""

    address = models.CharField(max_length=320)

    class Meta:
        verbose_name_plural = "own addresses"
        constraints = [models.UniqueConstraint(fields=["owner", "address"], name="own_address_once")]

    def __str__(self) -> str:
        return f"own address {self.pk}"


class BlockedKind(models.TextChoices):
    """What is kept out."""

    ADDRESS = "address", "Address"
    DOMAIN = "domain", "Domain"
    TAG = "tag", "Tag"


class Blocked(Owned):
    """Something that no import and no sync brings in. `value` as compared: normalised address, domain, folded tag."""

    kind = models.CharField(max_length=7, choices=BlockedKind.choices)
    value = models.CharField(max_length=320)

    class Meta:
        verbose_name_plural = "blocked"
        constraints = [models.UniqueConstraint(fields=["owner", "kind", "value"], name="blocked_once")]

    def __str__(self) -> str:
        return f"blocked {self.pk}"


class ColumnMapping(Owned):
    """What the columns of a table mean, as the member confirmed it, by the signature of its heading."""

    signature = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "signature"], name="column_mapping_once")]

    def __str__(self) -> str:
        return f"column mapping {self.pk}"
