"""Imports: a file, what it would do, what it did, and how to take it back."""

from django.db import models
from django.db.models import Q

from contacts.models.people import Person
from netapp.lib.models import Owned


class ImportFormat(models.TextChoices):
    """What the file was found to be."""

    VCARD = "vcard", "vCard"
    LINKEDIN = "linkedin", "LinkedIn connections"


class ImportState(models.TextChoices):
    """Where an import stands."""

    READING = "reading", "being read"
    PREVIEW = "preview", "waiting for your word"
    RUNNING = "running", "being imported"
    DONE = "done", "done"
    FAILED = "failed", "could not be read"
    UNDOING = "undoing", "being taken back"
    UNDONE = "undone", "taken back"
    CANCELLED = "cancelled", "thrown away"


class RowOutcome(models.TextChoices):
    """What became, or in the preview would become, of one record of the file."""

    NEW = "new", "new"
    UPDATED = "updated", "brought up to date"
    UNCHANGED = "unchanged", "already here"
    SKIPPED = "skipped", "skipped"


class Import(Owned):
    """One uploaded file. The bytes stay in PostgreSQL until done, so that any worker can go on after a crash.

    `fence` grows with each claim by a worker; a worker whose fence is no longer current must stop.
    """

    file_name = models.CharField(max_length=255)
    format = models.CharField(max_length=10, choices=ImportFormat.choices)
    content = models.BinaryField(null=True)
    state = models.CharField(max_length=10, choices=ImportState.choices, default=ImportState.READING)
    total = models.PositiveIntegerField(default=0, help_text="Records in the file.")
    done = models.PositiveIntegerField(default=0, help_text="Records handled in the present state.")
    error = models.TextField(blank=True)
    fence = models.PositiveIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="import_by_owner"),
            models.Index(
                fields=["leased_until"],
                name="import_at_work",
                condition=Q(state__in=["reading", "running", "undoing"]),
            ),
        ]

    def __str__(self) -> str:
        return f"import {self.pk}"


class ImportRow(models.Model):
    """One record of an import: its report line, and enough of the state before to undo it."""

    id = models.BigAutoField(primary_key=True)
    of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="rows")
    position = models.PositiveIntegerField()
    line = models.PositiveIntegerField()
    name = models.CharField(max_length=300, blank=True)
    outcome = models.CharField(max_length=10, choices=RowOutcome.choices)
    reason = models.CharField(max_length=500, blank=True)
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    record = models.JSONField(default=dict, help_text="The record as read.")
    changes = models.JSONField(default=dict, help_text="What was written, with the value before it; empty until run.")
    is_applied = models.BooleanField(default=False)
    is_undone = models.BooleanField(default=False)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["of", "position"], name="import_row_once")]

    def __str__(self) -> str:
        return f"import row {self.pk}"
