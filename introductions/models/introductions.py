"""Introductions and the log of what happened to them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from contacts.models import Person
from introductions import lifecycle
from introductions.models.objectives import Seat
from netapp.lib.models import Owned

STATES = [(state.value, state.value.replace("_", " ")) for state in lifecycle.State]
_NOTHING = sorted(lifecycle.CAME_TO_NOTHING)
_MAY_SHOW = (
    (~Q(state__in=[*_NOTHING, "target_asked"]) & Q(shown_state=F("state"), reveal_at__isnull=True))
    | Q(state="target_asked", shown_state="introducer_asked", reveal_at__isnull=True)
    | Q(state__in=_NOTHING, shown_state="introducer_asked", reveal_at__isnull=False)
    | Q(state__in=_NOTHING, shown_state="declined", reveal_at__isnull=True)
)


class Introduction(Owned):
    """One request, from draft to outcome. `owner` is the asker.

    Who is asked, in which order, stands in its consents, from the draft on: introducers first, the target last.
    `introducer` is the first of them, always a card of the asker's own.
    """

    introducer = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    target = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    seat = models.ForeignKey(Seat, null=True, blank=True, on_delete=models.SET_NULL, related_name="introductions")
    introducer_name = models.CharField(max_length=300)
    further_names = ArrayField(
        models.CharField(max_length=300), default=list, blank=True, help_text="Of the introducers behind the first."
    )
    introducer_count = models.PositiveSmallIntegerField(default=1)
    target_name = models.CharField(max_length=300)
    target_role = models.CharField(max_length=300, blank=True, help_text="As the asker knew when asking.")
    target_organisation = models.CharField(max_length=300, blank=True)
    message = models.TextField("to your friend", blank=True, max_length=4000)
    note = models.TextField("the note that is passed on", max_length=4000)
    state = models.CharField(max_length=20, choices=STATES, default=lifecycle.State.DRAFT)
    position = models.PositiveSmallIntegerField(
        default=0, help_text="Who has the question, by the order of asking; not for the asker's eyes."
    )
    state_at = models.DateTimeField()
    shown_state = models.CharField(
        max_length=20,
        choices=STATES,
        default=lifecycle.State.DRAFT,
        help_text="What the asker sees. A no shows only at `reveal_at`, so that its hour betrays nobody.",
    )
    reveal_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    weight = models.PositiveSmallIntegerField(
        default=1,
        help_text="What it counts in the asker's week: double where nothing shows that the two know each other.",
    )
    introduced_at = models.DateTimeField(null=True)
    replied_at = models.DateTimeField(null=True, help_text="When the asker noted that the target wrote back.")
    outcome = models.TextField("what came of it", blank=True, max_length=4000)
    was_worth_it = models.BooleanField(null=True)
    introducer_told_at = models.DateTimeField(null=True)
    told = models.TextField("what the introducers were told", blank=True, max_length=2000)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-state_at"], name="introduction_by_owner"),
            models.Index(fields=["reveal_at"], name="introduction_reveal", condition=Q(reveal_at__isnull=False)),
        ]
        constraints = [
            # By what the asker sees: were it by `state`, the refusal of a second request would tell how the first went.
            models.UniqueConstraint(
                fields=["owner", "target"],
                name="introduction_one_open_a_target",
                condition=Q(shown_state__in=sorted(lifecycle.OPEN)),
            ),
            models.CheckConstraint(name="introduction_known_state", condition=Q(state__in=sorted(lifecycle.State))),
            models.CheckConstraint(name="introduction_shows_no_more_than_it_may", condition=_MAY_SHOW),
            models.CheckConstraint(
                name="introduction_introduced_has_time",
                condition=~Q(state="introduced") | Q(introduced_at__isnull=False),
            ),
            models.CheckConstraint(
                name="introduction_has_introducers",
                condition=Q(introducer_count__gte=1, introducer_count__lte=lifecycle.MOST_INTRODUCERS),
            ),
            # Nobody reaches the target but through every introducer's yes.
            models.CheckConstraint(
                name="introduction_is_where_its_state_says",
                condition=~Q(state__in=["introducer_asked", "target_asked"])
                | Q(state="introducer_asked", position__lt=F("introducer_count"))
                | Q(state="target_asked", position=F("introducer_count")),
            ),
        ]

    def __str__(self) -> str:
        return f"introduction {self.pk}"

    @property
    def target_about(self) -> str:
        """Role and organisation, as the asker knew them."""
        return ", ".join(part for part in (self.target_role, self.target_organisation) if part)

    @property
    def introducer_names(self) -> list[str]:
        """Everybody who stands between the asker and the target, in the order of asking."""
        return [self.introducer_name, *self.further_names]

    @property
    def standing(self) -> lifecycle.Standing:
        """Where it stands, in truth and as shown."""
        return lifecycle.Standing(
            lifecycle.State(self.state), lifecycle.State(self.shown_state), self.position, self.introducer_count
        )


class Event(models.Model):
    """One thing that happened. What a party may read of it, `introductions.queries` decides, never a template."""

    id = models.BigAutoField(primary_key=True)
    introduction = models.ForeignKey(Introduction, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    party = models.CharField(max_length=10, choices=[(party.value, party.value) for party in lifecycle.Party])
    position = models.PositiveSmallIntegerField(null=True, help_text="Whose deed it was, of several introducers.")
    old = models.CharField(max_length=20, blank=True)
    new = models.CharField(max_length=20, blank=True)
    what = models.CharField(max_length=40)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"event {self.pk}"
