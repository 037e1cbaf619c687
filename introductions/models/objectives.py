"""Objectives, their seats, and the people who would fit a seat."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from contacts.models import Person
from netapp.lib.models import Owned


class ObjectiveState(models.TextChoices):
    """Where an objective stands."""

    OPEN = "open", "open"
    REACHED = "reached", "reached"
    DROPPED = "dropped", "given up"


class Objective(Owned):
    """What a member wants to do next, with a why and a date."""

    title = models.CharField("what you want to do", max_length=200)
    why = models.TextField(blank=True, max_length=4000)
    target_date = models.DateField("by when", null=True, blank=True)
    review_date = models.DateField("look at it again on", null=True, blank=True)
    state = models.CharField(max_length=8, choices=ObjectiveState.choices, default=ObjectiveState.OPEN)
    outcome = models.TextField("what came of it", blank=True, max_length=4000)
    closed_at = models.DateTimeField(null=True, editable=False)
    deleted_at = models.DateTimeField(
        null=True, editable=False, help_text="Gone from every page; kept a while so that it can be undone."
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [models.Index(fields=["owner", "state", "target_date"], name="objective_by_owner")]
        constraints = [models.CheckConstraint(name="objective_has_title", condition=~Q(title=""))]

    def __str__(self) -> str:
        return f"objective {self.pk}"


class Review(Owned):
    """A look back at an objective on some day: what worked, and what comes next."""

    objective = models.ForeignKey(Objective, on_delete=models.CASCADE, related_name="reviews")
    reviewed_date = models.DateField()
    worked = models.TextField("what worked", blank=True, max_length=4000)
    following = models.TextField("what comes next", blank=True, max_length=4000)

    class Meta:
        ordering = ["-reviewed_date", "-created_at", "id"]

    def __str__(self) -> str:
        return f"review {self.pk}"


class SeatState(models.TextChoices):
    """Where a seat stands."""

    OPEN = "open", "open"
    MET = "met", "met"
    FILLED = "filled", "filled"
    GIVEN_UP = "given_up", "given up"


def _words(label: str) -> "ArrayField[list[str], list[str]]":
    return ArrayField(models.CharField(max_length=200), default=list, blank=True, verbose_name=label)


class Seat(Owned):
    """A kind of person that the objective needs. Each list holds alternatives; a match needs one of each list given.

    Whoever is among `names` matches whatever the other lists say.
    """

    objective = models.ForeignKey(Objective, on_delete=models.CASCADE, related_name="seats")
    title = models.CharField("who", max_length=200)
    organisations = _words("organisations")
    roles = _words("roles")
    places = _words("places")
    tags = _words("tags")
    offers = _words("offers")
    words = _words("words")
    names = _words("by name")
    near = models.JSONField(
        default=list,
        editable=False,
        help_text="Where nobody fits: whom of the member's own people to ask, best first: [{person, why}].",
    )
    position = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=8, choices=SeatState.choices, default=SeatState.OPEN)
    matched_at = models.DateTimeField(null=True, editable=False)
    is_stale = models.BooleanField(default=True, editable=False, help_text="To be matched again by a worker.")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["position", "created_at", "id"]
        indexes = [models.Index(fields=["id"], name="seat_stale", condition=Q(is_stale=True))]
        constraints = [models.CheckConstraint(name="seat_has_title", condition=~Q(title=""))]

    def __str__(self) -> str:
        return f"seat {self.pk}"


class Verdict(models.TextChoices):
    """What the member says of a proposed match."""

    PROPOSED = "proposed", "proposed"
    CONFIRMED = "confirmed", "confirmed"
    DISMISSED = "dismissed", "dismissed"


class SeatMatch(Owned):
    """Somebody who would fit a seat: a card of the member's own, or one shared within reach.

    A shared card belongs to somebody else: it is shown through `contacts.access.shared_card`, which asks again
    whether it is still shared.
    """

    seat = models.ForeignKey(Seat, on_delete=models.CASCADE, related_name="matches")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    verdict = models.CharField(max_length=9, choices=Verdict.choices, default=Verdict.PROPOSED)
    by_hand = models.BooleanField(default=False, help_text="Put here by the member, whatever the criteria say.")
    score = models.FloatField(default=0)
    reasons = models.JSONField(default=list)
    rests_on = models.ForeignKey(
        Person,
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Where a card of the member's own fits by what another member shares of the same human: that card.",
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["seat", "person"], name="seat_match_once")]

    def __str__(self) -> str:
        return f"seat match {self.pk}"

    @property
    def is_said(self) -> bool:
        """Whether the member said something of it, so that matching leaves it where it is."""
        return self.by_hand or self.verdict != Verdict.PROPOSED
