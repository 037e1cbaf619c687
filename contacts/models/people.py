"""Persons: the cards of a member's book, their handles, and the identities behind the handles."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from contacts.graph.wording import figure_word
from contacts.handles import HandleKind
from netapp.lib.models import Owned


class Relation(models.TextChoices):
    """Whether the member knows this person yet."""

    KNOWN = "known", "I know them"
    WANTED = "wanted", "I want to meet them"


class Reach(models.IntegerChoices):
    """How far a tie may serve others."""

    ONLY_ME = 0, "Only me"
    MY_CONNECTIONS = 1, "My connections"
    THEIR_CONNECTIONS = 2, "Their connections too"


class Layer(models.IntegerChoices):
    """The member's own word on how close somebody is (Dunbar's layers)."""

    CLOSEST = 5, "One of my closest five"
    CLOSE = 15, "A close friend"
    FRIEND = 50, "A friend"
    ACQUAINTANCE = 150, "Someone I know"


class Identity(models.Model):
    """The vertex that this site knows a human by, across books: one normalised handle. Never shown to anybody.

    Which account owns it is not stored: an account's *verified* addresses are asked for when the graph is built,
    since an address stops being an identity the moment it stops being verified.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=10)
    value = models.CharField(max_length=320)

    class Meta:
        verbose_name_plural = "identities"
        constraints = [models.UniqueConstraint(fields=["kind", "value"], name="identity_once")]

    def __str__(self) -> str:
        return f"identity {self.pk}"


class Person(Owned):
    """A card in one member's book; private to its owner, always.

    A person with relation KNOWN is also the owner's tie to them: `strength` and `reach` are the tie's.
    """

    full_name = models.CharField(max_length=300)
    sort_key = models.CharField(max_length=300, editable=False)
    nickname = models.CharField(max_length=100, blank=True)
    organisation = models.CharField(max_length=300, blank=True)
    role = models.CharField(max_length=300, blank=True)
    place = models.CharField(max_length=200, blank=True)
    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    tie_kinds = ArrayField(
        models.CharField(max_length=60),
        default=list,
        blank=True,
        verbose_name="how you know each other",
        help_text="Friend, colleague, family …: several at once, in the member's own words.",
    )
    needs = ArrayField(models.CharField(max_length=200), default=list, blank=True, help_text="What they look for.")
    offers = ArrayField(models.CharField(max_length=200), default=list, blank=True, help_text="What they can give.")
    custom_fields = models.JSONField(
        default=list, blank=True, help_text="Whatever has no field of its own, in order: [{label, value}]."
    )
    other_dates = models.JSONField(
        default=list,
        blank=True,
        help_text="Anniversaries and the like, in order: [{label, year or null, month, day}].",
    )
    notes = models.TextField(blank=True, max_length=20_000)
    how_met = models.CharField("how we met", max_length=1000, blank=True)
    met_on_date = models.DateField("met on", null=True, blank=True)
    met_through = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    birth_year = models.PositiveSmallIntegerField(null=True, blank=True)
    birth_month = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(12)]
    )
    birth_day = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(31)]
    )
    relation = models.CharField(max_length=6, choices=Relation.choices, default=Relation.KNOWN)
    reach = models.PositiveSmallIntegerField(choices=Reach.choices, default=Reach.ONLY_ME)
    layer = models.PositiveSmallIntegerField(
        "how close",
        choices=Layer.choices,
        null=True,
        blank=True,
        help_text="Your word; it overrules the computed strength.",
    )
    cadence_days = models.PositiveSmallIntegerField(
        "keep in touch every", null=True, blank=True, validators=[MinValueValidator(1)]
    )
    cadence_latest_days = models.PositiveSmallIntegerField(
        "at the latest after",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Empty: half as long again.",
    )
    is_left_alone = models.BooleanField(
        default=False, help_text="No reminder about this person, whatever the rules say."
    )
    typed_fields = ArrayField(
        models.CharField(max_length=30),
        default=list,
        blank=True,
        help_text="Fields that the member typed; an import leaves them alone.",
    )
    told_at = models.JSONField(
        default=dict,
        editable=False,
        help_text='When imports were told a field last: {"organisation": "2026-05-03T…"}; under "" all others.',
    )
    archived_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(
        null=True, editable=False, help_text="Gone from every page and path; kept a while so that it can be undone."
    )
    updated_at = models.DateTimeField(auto_now=True)

    # Derived from the rows below by contacts.services.strengths; never typed.
    strength = models.FloatField(null=True, editable=False, help_text="0..1; null is unknown, which is not weak.")
    strength_reason = models.CharField(max_length=500, blank=True, editable=False)
    strength_at = models.DateTimeField(null=True, editable=False)
    strength_is_stale = models.BooleanField(default=True, editable=False)
    last_contact_at = models.DateTimeField(null=True, editable=False)
    search_text = models.TextField(editable=False, default="")
    photo_key = models.CharField(
        max_length=32, blank=True, editable=False, help_text="Names the photo (contacts.services.photos); empty: none."
    )

    class Meta:
        verbose_name_plural = "people"
        indexes = [
            # Pages far down a list, and counts, are read from this index alone, which is a tenth of the table.
            models.Index(
                fields=["owner", "sort_key", "id"],
                name="person_by_name",
                include=["archived_at"],
                condition=Q(deleted_at=None),
            ),
            models.Index(
                "owner",
                F("last_contact_at").desc(nulls_last=True),
                "sort_key",
                "id",
                name="person_by_contact",
                condition=Q(deleted_at=None),
            ),
            models.Index(
                "owner",
                F("strength").desc(nulls_last=True),
                "sort_key",
                "id",
                name="person_by_strength",
                condition=Q(deleted_at=None),
            ),
            models.Index(
                "owner", F("created_at").desc(), "sort_key", "id", name="person_by_age", condition=Q(deleted_at=None)
            ),
            models.Index(fields=["updated_at"], name="person_by_change"),
            models.Index(fields=["deleted_at"], name="person_deleted", condition=Q(deleted_at__isnull=False)),
            models.Index(fields=["strength_at"], name="person_ageing", condition=Q(strength_at__isnull=False)),
            models.Index(fields=["id"], name="person_stale", condition=Q(strength_is_stale=True)),
            # Names with a slip of the pen are found by a regular expression, which this index serves.
            GinIndex(fields=["sort_key"], name="person_names", opclasses=["gin_trgm_ops"]),
            GinIndex(fields=["search_text"], name="person_search", opclasses=["gin_trgm_ops"]),
            GinIndex(fields=["tags"], name="person_tags"),
        ]
        constraints = [
            models.CheckConstraint(name="person_has_name", condition=~Q(full_name="")),
            models.CheckConstraint(
                name="person_strength_in_unit",
                condition=Q(strength__isnull=True) | Q(strength__gte=0, strength__lte=1),
            ),
            models.CheckConstraint(
                name="person_birthday_whole",
                condition=Q(birth_month__isnull=True, birth_day__isnull=True, birth_year__isnull=True)
                | Q(birth_month__isnull=False, birth_day__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"person {self.pk}"

    @property
    def strength_word(self) -> str:
        """strong, some, slight or unknown."""
        return figure_word(self.strength)


class Handle(Owned):
    """A way to reach a person: an address, a number, a page. `value` as written, `normalised` as compared."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="handles")
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in HandleKind])
    value = models.CharField(max_length=500)
    normalised = models.CharField(max_length=320)
    label = models.CharField(max_length=60, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_failing = models.BooleanField(default=False, help_text="Mail to it came back.")
    identity = models.ForeignKey(
        Identity,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="handles",
        help_text="Null for role addresses and for what is no address or number of one human.",
    )

    class Meta:
        ordering = ["position", "created_at", "id"]
        indexes = [models.Index(fields=["owner", "kind", "normalised"], name="handle_by_value")]
        constraints = [
            models.UniqueConstraint(fields=["person", "kind", "normalised"], name="handle_once_a_person"),
            models.CheckConstraint(name="handle_not_empty", condition=~Q(normalised="")),
        ]

    def __str__(self) -> str:
        return f"handle {self.pk}"
