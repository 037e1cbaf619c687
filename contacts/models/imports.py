"""Imports: files, what they would do to the book, what they did, and how to take it back."""

from datetime import datetime, timedelta
from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from contacts.models.people import Person
from netapp.lib.models import Owned

UNDO_FOR: Final = timedelta(days=30)
"""An import can be taken back this long after it ended; then what it replaced is forgotten."""


class ImportState(models.TextChoices):
    """Where an import stands."""

    READING = "reading", "being read"
    MAPPING = "mapping", "waiting for what its columns mean"
    COMPARING = "comparing", "being held against your book"
    PREVIEW = "preview", "waiting for your word"
    RUNNING = "running", "being imported"
    DONE = "done", "imported"
    FAILED = "failed", "stopped"
    UNDOING = "undoing", "being taken back"
    UNDONE = "undone", "taken back"


AT_WORK: Final = (ImportState.READING, ImportState.COMPARING, ImportState.RUNNING, ImportState.UNDOING)
"""States in which a worker has something to do."""


class RowOutcome(models.TextChoices):
    """What became, or in the preview would become, of one record of the file."""

    NEW = "new", "new"
    UPDATED = "updated", "brought up to date"
    UNCHANGED = "unchanged", "already here"
    SKIPPED = "skipped", "skipped"
    ONE_WAY = "one_way", "written with one way only"
    NOTED = "noted", "contacts"
    SEEN = "seen", "contacts known already"
    LEFT_OUT = "left_out", "left out"


class RowKind(models.TextChoices):
    """What a record is about."""

    PERSON = "person", "a card"
    CORRESPONDENT = "found", "somebody found in mails or meetings"
    CONTACT = "contact", "a mail, a message or a meeting"


class Import(Owned):
    """One upload. The bytes stay in PostgreSQL until they are read, so that any worker can go on after a crash.

    `fence` grows with each claim by a worker; a worker whose fence is no longer current must stop.
    """

    title = models.CharField(max_length=300, help_text="The file's name, or how many files they are.")
    state = models.CharField(max_length=10, choices=ImportState.choices, default=ImportState.READING)
    total = models.PositiveIntegerField(default=0, help_text="Lines or rows that the present state has to go through.")
    done = models.PositiveIntegerField(default=0, help_text="How many of them it has gone through.")
    cursor = models.PositiveIntegerField(default=0, help_text="The position of the row with which it goes on.")
    is_at_contacts = models.BooleanField(default=False, help_text="The cards are done; contacts with them come next.")
    counts = models.JSONField(default=dict, help_text="Rows by outcome, once they are known.")
    options = models.JSONField(default=dict, help_text="What the member said to the preview, and what it asks.")
    source = models.CharField(max_length=60, blank=True, help_text="The synced source it came from; empty for files.")
    error = models.TextField(blank=True)
    fence = models.PositiveIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    lapses = models.PositiveSmallIntegerField(default=0, help_text="Workers lost since the last step that was done.")
    confirmed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    forgotten_at = models.DateTimeField(null=True, help_text="When what its rows had read and replaced was removed.")

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="import_by_owner"),
            models.Index(
                fields=["leased_until"],
                name="import_at_work",
                condition=Q(state__in=["reading", "comparing", "running", "undoing"]),
            ),
            models.Index(fields=["created_at"], name="import_kept", condition=Q(forgotten_at=None)),
        ]

    def __str__(self) -> str:
        return f"import {self.pk}"

    @property
    def is_at_work(self) -> bool:
        """Whether a worker has something to do."""
        return self.state in AT_WORK

    @property
    def told(self) -> list[tuple[str, str, int]]:
        """(value, words, number) of the outcomes that occurred, in the order in which they are told."""
        found = [(outcome.value, str(outcome.label), self.counts.get(outcome.value, 0)) for outcome in RowOutcome]
        return [one for one in found if one[2]]

    @property
    def last_position(self) -> int:
        """The position of its last row; -1 where there is none. One statement."""
        last = self.rows.order_by("-position").values_list("position", flat=True).first()
        return -1 if last is None else last

    def can_undo(self, now: datetime) -> bool:
        """Whether it wrote something that may still be taken back."""
        is_over = self.state in (ImportState.DONE, ImportState.FAILED) and self.confirmed_at is not None
        return is_over and self.undo_until is not None and now < self.undo_until

    @property
    def undo_until(self) -> datetime | None:
        """Until when it can be taken back; None before it has ended."""
        return self.finished_at + UNDO_FOR if self.finished_at else None


class ImportFile(models.Model):
    """One file of an upload."""

    id = models.BigAutoField(primary_key=True)
    of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="files")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=255)
    mapping = models.JSONField(null=True, help_text="What its columns mean, where it is a table of no known program.")
    size = models.PositiveIntegerField(help_text="Bytes.")

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["of", "position"], name="import_file_once")]

    def __str__(self) -> str:
        return f"import file {self.pk}"


class ImportPiece(models.Model):
    """A few megabytes of a file: one value of 100 MB would cost several times that on its way in and out."""

    id = models.BigAutoField(primary_key=True)
    file = models.ForeignKey(ImportFile, on_delete=models.CASCADE, related_name="pieces")
    position = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["file", "position"], name="import_piece_once")]

    def __str__(self) -> str:
        return f"import piece {self.pk}"


class ImportRow(models.Model):
    """One record of an import: its report line, and enough of the state before to undo it."""

    id = models.BigAutoField(primary_key=True)
    of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="rows")
    position = models.PositiveIntegerField()
    file = models.CharField(max_length=255, blank=True)
    line = models.PositiveIntegerField()
    kind = models.CharField(max_length=7, choices=RowKind.choices, default=RowKind.PERSON)
    name = models.CharField(max_length=300, blank=True)
    outcome = models.CharField(max_length=10, choices=RowOutcome.choices)
    reason = models.CharField(max_length=500, blank=True)
    advice = models.CharField(max_length=500, blank=True)
    same_as = models.PositiveIntegerField(null=True, help_text="The earlier record of this import that took it in.")
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    record = models.JSONField(default=dict, help_text="The record as read; empty where there is none of its own.")
    keys = ArrayField(models.CharField(max_length=640), default=list, help_text="What a card is recognised by.")
    changes = models.JSONField(default=dict, help_text="What was (in the preview: would be) written over what.")
    is_applied = models.BooleanField(default=False)
    is_undone = models.BooleanField(default=False, help_text="Looked at by the undoing; see `kept`.")
    kept = models.CharField(max_length=500, blank=True, help_text="What of it was not taken back, and why.")

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["of", "position"], name="import_row_once")]
        indexes = [models.Index(fields=["of", "outcome", "position"], name="import_row_by_outcome")]

    def __str__(self) -> str:
        return f"import row {self.pk}"


class ImportedCard(Owned):
    """The name (vCard UID) that another address book has for a card, by which its next export knows it again."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="imported_cards")
    uid = models.CharField(max_length=255)

    class Meta:
        indexes = [models.Index(fields=["owner", "uid"], name="imported_card_by_uid")]
        constraints = [models.UniqueConstraint(fields=["person", "uid"], name="imported_card_once")]

    def __str__(self) -> str:
        return f"imported card {self.pk}"
