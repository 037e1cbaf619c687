"""What keeps a book fresh: address books (CardDAV) and mailboxes (IMAP), what they hold, and what each run did."""

from typing import Final

from django.db import models
from django.db.models import Q

from contacts.models.changes import Change
from contacts.models.imports import Import
from netapp.lib.models import Owned


class SourceKind(models.TextChoices):
    """How a source is spoken to."""

    CARDDAV = "carddav", "Address book"
    IMAP = "imap", "Mailbox"


class SourceState(models.TextChoices):
    """Where a source stands."""

    CHECKING = "checking", "being looked at"
    CHOOSING = "choosing", "waiting for your choice"
    ACTIVE = "active", "kept fresh"
    PAUSED = "paused", "paused"
    STOPPED = "stopped", "needs you"


RUNNING: Final = (SourceState.CHECKING, SourceState.ACTIVE)
"""States in which a worker has something to do once it is due."""


class SourceAuth(models.TextChoices):
    """What the secret is."""

    PASSWORD = "password", "A password"
    TOKEN = "token", "An OAuth access token"


class Writes(models.TextChoices):
    """What Kith may write into an address book."""

    NOTHING = "nothing", "Nothing: Kith only reads"
    CHANGES = "changes", "What I change on cards that are in it"
    NEW = "new", "That, and people whom I add by hand"


class Source(Owned):
    """An account at another server. The secret is sealed (netapp.lib.sealing) and never leaves the worker that uses it.

    `fence` grows with each claim by a worker; a worker whose fence is no longer current must stop.
    """

    kind = models.CharField(max_length=7, choices=SourceKind.choices)
    preset = models.CharField(max_length=20, blank=True, help_text="Which provider's instructions it was added with.")
    title = models.CharField(max_length=120)
    address = models.CharField(max_length=500, help_text="https://host/path or imaps://host:port.")
    user_name = models.CharField(max_length=320)
    auth = models.CharField(max_length=8, choices=SourceAuth.choices, default=SourceAuth.PASSWORD)
    sealed_secret = models.TextField(editable=False)
    state = models.CharField(max_length=8, choices=SourceState.choices, default=SourceState.CHECKING)
    writes = models.CharField(max_length=7, choices=Writes.choices, default=Writes.NOTHING)
    since_date = models.DateField(null=True, help_text="Mails from before this day are not looked at.")
    error = models.TextField(blank=True, help_text="What stands in the way, and what the member can do.")
    failures = models.PositiveSmallIntegerField(default=0, help_text="Runs that failed since the last good one.")
    may_empty = models.BooleanField(default=False, help_text="The member said that most of its cards are really gone.")
    last_run_at = models.DateTimeField(null=True, help_text="When a run last went well to its end.")
    next_run_at = models.DateTimeField(null=True)
    fence = models.PositiveIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    lapses = models.PositiveSmallIntegerField(default=0, help_text="Workers lost since the last batch that was done.")

    class Meta:
        indexes = [
            models.Index(fields=["owner", "created_at"], name="source_by_owner"),
            models.Index(fields=["next_run_at"], name="source_due", condition=Q(state__in=["checking", "active"])),
        ]

    def __str__(self) -> str:
        return f"source {self.pk}"


class SourcePart(models.Model):
    """An address book or a mail folder of a source, and how far it was read."""

    id = models.BigAutoField(primary_key=True)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="parts")
    address = models.CharField(max_length=1000, help_text="The book's URL, or the folder's name as the server has it.")
    title = models.CharField(max_length=300)
    use = models.CharField(max_length=10, blank=True, help_text="inbox, sent, or nothing for other folders.")
    is_chosen = models.BooleanField(default=False)
    can_write = models.BooleanField(default=False)
    token = models.TextField(blank=True, help_text="The sync-token up to which the book was read.")
    ctag = models.TextField(blank=True, help_text="For servers without sync-collection.")
    uid_validity = models.BigIntegerField(null=True)
    last_uid = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["source", "address"], name="source_part_once")]

    def __str__(self) -> str:
        return f"source part {self.pk}"


class SourceItem(models.Model):
    """A card in an address book. The person it became is known by its uid (`ImportedCard`), as after a file import."""

    id = models.BigAutoField(primary_key=True)
    part = models.ForeignKey(SourcePart, on_delete=models.CASCADE, related_name="items")
    href = models.CharField(max_length=1000)
    etag = models.CharField(max_length=255, blank=True)
    uid = models.CharField(max_length=255)
    base = models.JSONField(default=dict, help_text="What the card said when it was last read or written.")
    conflicts = models.JSONField(default=dict, help_text="Fields that say one thing here and another there, both told.")
    compared_at = models.DateTimeField(null=True, help_text="`updated_at` of the person when last held against it.")

    class Meta:
        indexes = [models.Index(fields=["uid"], name="source_item_by_uid")]
        constraints = [models.UniqueConstraint(fields=["part", "href"], name="source_item_once")]

    def __str__(self) -> str:
        return f"source item {self.pk}"


class SourceRun(models.Model):
    """What a run did, or why it failed. Runs that found nothing new leave no row."""

    id = models.BigAutoField(primary_key=True)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="runs")
    ended_at = models.DateTimeField()
    error = models.TextField(blank=True)
    counts = models.JSONField(default=dict, help_text="read, gone, archived, sent, apart: how many.")
    lines = models.JSONField(default=list, help_text="Sentences for the member.")
    imported = models.ForeignKey(Import, null=True, on_delete=models.SET_NULL, related_name="+")
    change = models.ForeignKey(
        Change, null=True, on_delete=models.SET_NULL, related_name="+", help_text="Takes the archiving back."
    )

    class Meta:
        ordering = ["-ended_at", "-id"]
        indexes = [models.Index(fields=["source", "-ended_at"], name="source_run_latest")]

    def __str__(self) -> str:
        return f"source run {self.pk}"
