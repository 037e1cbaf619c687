"""Who was seen together: what inferred acquaintances are made of, anew at any time."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from contacts.models.interactions import InteractionKind
from contacts.models.people import Person
from netapp.lib.models import Owned


class Gathering(Owned):
    """A mail to several, a message to several or a meeting, at which people of the book were present together.

    `key` names the item for good, `thread` the conversation it belongs to; both are digests. `faces` are keyed
    digests of everybody's addresses, in the book or not, without the member: they are there to be counted only.
    """

    kind = models.CharField(max_length=7, choices=InteractionKind.choices)
    key = models.CharField(max_length=64)
    thread = models.CharField(max_length=64, blank=True)
    happened_at = models.DateTimeField()
    faces = ArrayField(models.BigIntegerField(), default=list)
    is_crowd = models.BooleanField(default=False, help_text="Too many people in it or its thread to tell anything.")
    is_settled = models.BooleanField(default=False, help_text="Counted in the acquaintances that follow from it.")

    class Meta:
        indexes = [
            models.Index(fields=["owner", "thread"], name="gathering_by_thread", condition=~Q(thread="")),
            models.Index(fields=["owner"], name="gathering_unsettled", condition=Q(is_settled=False)),
        ]
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="gathering_once")]

    def __str__(self) -> str:
        return f"gathering {self.pk}"


class Presence(models.Model):
    """A person of the book was there."""

    id = models.BigAutoField(primary_key=True)
    gathering = models.ForeignKey(Gathering, on_delete=models.CASCADE, related_name="presences")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["gathering", "person"], name="presence_once")]

    def __str__(self) -> str:
        return f"presence {self.pk}"


class Unacquainted(Owned):
    """The member says that these two do not know each other, whatever mails let one think. `a` before `b` by id."""

    a = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    b = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["a", "b"], name="unacquainted_once"),
            models.CheckConstraint(name="unacquainted_in_order", condition=Q(a__lt=F("b"))),
        ]

    def __str__(self) -> str:
        return f"unacquainted {self.pk}"


class UnnotedContact(Owned):
    """A contact that an import had noted and the member removed: it is not read again."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    source_key = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "source_key"], name="unnoted_once")]

    def __str__(self) -> str:
        return f"unnoted contact {self.pk}"


class Correspondent(Owned):
    """Somebody who is not in the book, as a keyed digest: whether mail came from them, and went to them.

    A synced mailbox brings question and answer on different days; without this nobody would know that both happened.
    """

    face = models.BigIntegerField()
    has_written = models.BooleanField(default=False)
    was_written_to = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "face"], name="correspondent_once")]

    def __str__(self) -> str:
        return f"correspondent {self.pk}"
