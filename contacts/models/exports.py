"""Exports: everything that a member has here, as one file to take along."""

from datetime import datetime, timedelta
from typing import Final

from django.db import models
from django.db.models import Q

from netapp.lib.models import Owned

KEPT_FOR: Final = timedelta(days=7)
"""A prepared file can be fetched this long; then it is gone from here."""


class ExportState(models.TextChoices):
    """Where an export stands."""

    WAITING = "waiting", "being prepared"
    READY = "ready", "ready"
    FAILED = "failed", "could not be prepared"


class Export(Owned):
    """One ZIP of everything. The bytes stand in PostgreSQL in pieces, until they expire.

    `fence` grows with each claim by a worker; what a worker with an older fence prepared is thrown away.
    """

    state = models.CharField(max_length=7, choices=ExportState.choices, default=ExportState.WAITING)
    fence = models.PositiveIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    lapses = models.PositiveSmallIntegerField(default=0, help_text="Workers lost while they prepared it.")
    counts = models.JSONField(default=dict, help_text="How many of each it holds.")
    size = models.PositiveBigIntegerField(default=0, help_text="Bytes.")
    salt = models.CharField(max_length=32, blank=True)
    token_digest = models.CharField(max_length=64, null=True, unique=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner"], name="export_one_at_work", condition=Q(state="waiting")),
            models.CheckConstraint(
                name="export_ready_is_whole",
                condition=~Q(state="ready") | Q(finished_at__isnull=False, token_digest__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["leased_until"], name="export_at_work", condition=Q(state="waiting")),
            models.Index(fields=["finished_at"], name="export_by_age"),
        ]

    def __str__(self) -> str:
        return f"export {self.pk}"

    @property
    def expires_at(self) -> datetime | None:
        """Until when it can be fetched; None while it is being prepared."""
        return self.finished_at + KEPT_FOR if self.finished_at else None


class ExportPiece(models.Model):
    """A few megabytes of the file."""

    id = models.BigAutoField(primary_key=True)
    of = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="pieces")
    position = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["of", "position"], name="export_piece_once")]

    def __str__(self) -> str:
        return f"export piece {self.pk}"
