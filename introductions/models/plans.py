"""What a worker worked out for a member to do: the plan, other ways to close a gap, and what each person would open.

Rows keep ids and numbers only. Names, evidence and whether it all still holds are read when a page is shown, so that no
row keeps what somebody may have stopped sharing.
"""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from contacts.models import Person
from netapp.lib.models import Owned


class MemberPlan(Owned):
    """One a member: how much they want to do in a week, and when the rest of this room was last worked out.

    `is_stale` is set, and `revision` raised, in the transaction that changes something; a worker that read an earlier
    revision leaves it stale.
    """

    weekly_minutes = models.PositiveSmallIntegerField(
        "minutes a week", default=60, validators=[MinValueValidator(10), MaxValueValidator(600)]
    )
    is_stale = models.BooleanField(default=True)
    revision = models.PositiveIntegerField(default=0)
    computed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner"], name="plan_once_a_member")]
        indexes = [models.Index(fields=["owner"], name="plan_stale", condition=Q(is_stale=True))]

    def __str__(self) -> str:
        return f"plan {self.pk}"


class ActionKind(models.TextChoices):
    """What could be done."""

    ASK = "ask", "Ask for one introduction"
    REVIVE = "revive", "Get back in touch"
    FIND_OUT = "find_out", "Ask whether they know somebody"


class PlanAction(Owned):
    """Something that would open a seat. With a `rank` it is a step of the plan, without one another way to do it.

    opens: a list of {"seat", "before", "after"}: chances, 0..1; in a step, after the steps before it.
    """

    kind = models.CharField(max_length=8, choices=ActionKind.choices)
    key = models.CharField(max_length=120, help_text="The same for the same thing to do, whenever it is worked out.")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", help_text="Whom to write to.")
    target = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="+")
    opens = models.JSONField(default=list)
    worth = models.FloatField(help_text="The sum of what it adds to the seats' chances, by itself.")
    minutes = models.PositiveSmallIntegerField()
    rank = models.PositiveSmallIntegerField(null=True)
    due_date = models.DateField(null=True)

    class Meta:
        ordering = ["rank", "-worth", "key"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "key"], name="plan_action_once"),
            models.CheckConstraint(
                name="plan_action_step_has_date", condition=Q(rank__isnull=True) | Q(due_date__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"plan action {self.pk}"


class Overview(Owned):
    """The whole network of a member in figures, as a worker worked them out: ids, counts and the member's own words.

    figures: what `introductions.overview` writes and reads; {} until it was computed.
    """

    figures = models.JSONField(default=dict)
    is_stale = models.BooleanField(default=True)
    revision = models.PositiveIntegerField(default=0)
    computed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner"], name="overview_once_a_member")]

    def __str__(self) -> str:
        return f"overview {self.pk}"


class Prospect(Owned):
    """What it would open if the member were on good terms with that person. opens: as in PlanAction."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    opens = models.JSONField(default=list)
    worth = models.FloatField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "person"], name="prospect_once")]
        indexes = [models.Index(fields=["owner", "-worth"], name="prospect_by_worth")]

    def __str__(self) -> str:
        return f"prospect {self.pk}"
