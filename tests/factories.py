"""Rows for tests. Alice asks, Bob vouches, Charlie is the stranger.

A `PersonFactory` card is as the services would leave it: folded for search, in its owner's order.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import factory
from factory.django import DjangoModelFactory

from contacts.models import (
    Acquaintance,
    Closeness,
    Connection,
    ConnectionState,
    Direction,
    Handle,
    Interaction,
    InteractionKind,
    Person,
    Relation,
)
from contacts.services.cards import derive
from introductions.models import Introduction, Objective, Seat, SeatMatch
from netapp.accounts.models import User

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
"""A Monday morning; for tests that need some moment and do not care which."""


class UserFactory(DjangoModelFactory[User]):
    """A member with the password "correct horse"."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"member{n}@kith.test")
    name = factory.Sequence(lambda n: f"Member {n}")
    time_zone = "Europe/Berlin"
    country = "GB"

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        return User.objects.create_user(password=kwargs.pop("password", "correct horse"), **kwargs)


class PersonFactory(DjangoModelFactory[Person]):
    """A card of `owner`'s."""

    class Meta:
        model = Person

    owner = factory.SubFactory(UserFactory)
    full_name = factory.Sequence(lambda n: f"Person {n:04}")
    relation = Relation.KNOWN

    @classmethod
    def _create(cls, model_class: type[Person], *args: Any, **kwargs: Any) -> Person:
        person = model_class(**kwargs)
        derive(person, [])
        person.save()
        return person


class HandleFactory(DjangoModelFactory[Handle]):
    """An e-mail address of `person`'s, without an identity unless one is given."""

    class Meta:
        model = Handle

    person = factory.SubFactory(PersonFactory)
    owner = factory.SelfAttribute("person.owner")
    kind = "email"
    value = factory.Sequence(lambda n: f"someone{n}@example.org")
    normalised = factory.LazyAttribute(lambda handle: handle.value.lower())


class InteractionFactory(DjangoModelFactory[Interaction]):
    """A meeting with `person`."""

    class Meta:
        model = Interaction

    person = factory.SubFactory(PersonFactory)
    owner = factory.SelfAttribute("person.owner")
    kind = InteractionKind.MET
    direction = Direction.BOTH
    happened_at = NOW


class AcquaintanceFactory(DjangoModelFactory[Acquaintance]):
    """`one` and `other`, two cards of one book, know each other."""

    class Meta:
        model = Acquaintance
        exclude = ("one", "other")

    owner = factory.SelfAttribute("one.owner")
    one = factory.SubFactory(PersonFactory)
    other = factory.SubFactory(PersonFactory, owner=factory.SelfAttribute("..one.owner"))
    a = factory.LazyAttribute(lambda row: min(row.one, row.other, key=lambda person: person.id))
    b = factory.LazyAttribute(lambda row: max(row.one, row.other, key=lambda person: person.id))
    closeness = Closeness.SOME


class ConnectionFactory(DjangoModelFactory[Connection]):
    """`inviter` and `invitee` are connected."""

    class Meta:
        model = Connection

    inviter = factory.SubFactory(UserFactory)
    invitee = factory.SubFactory(UserFactory)
    invitee_email = factory.SelfAttribute("invitee.email")
    state = ConnectionState.ACCEPTED
    answered_at = NOW - timedelta(days=300)


class ObjectiveFactory(DjangoModelFactory[Objective]):
    """Something that `owner` wants to do."""

    class Meta:
        model = Objective

    owner = factory.SubFactory(UserFactory)
    title = "Publish my book of photographs"


class SeatFactory(DjangoModelFactory[Seat]):
    """A seat of `objective`'s."""

    class Meta:
        model = Seat

    objective = factory.SubFactory(ObjectiveFactory)
    owner = factory.SelfAttribute("objective.owner")
    title = "Photo editor"
    roles = factory.LazyFunction(lambda: ["photo editor"])


class SeatMatchFactory(DjangoModelFactory[SeatMatch]):
    """`person` would fit `seat`."""

    class Meta:
        model = SeatMatch

    seat = factory.SubFactory(SeatFactory)
    owner = factory.SelfAttribute("seat.owner")
    person = factory.SubFactory(PersonFactory, owner=factory.SelfAttribute("..owner"))
    score = 0.8
    reasons = factory.LazyFunction(lambda: ["is Photo editor"])


class IntroductionFactory(DjangoModelFactory[Introduction]):
    """A request of `owner`'s as it would stand, without its consents and letters."""

    class Meta:
        model = Introduction

    owner = factory.SubFactory(UserFactory)
    introducer = factory.SubFactory(PersonFactory, owner=factory.SelfAttribute("..owner"))
    target = factory.SubFactory(PersonFactory, owner=factory.SelfAttribute("..owner"), relation=Relation.WANTED)
    introducer_name = factory.SelfAttribute("introducer.full_name")
    target_name = factory.SelfAttribute("target.full_name")
    note = "Hello, would you have twenty minutes for me?"
    state = "draft"
    shown_state = factory.SelfAttribute("state")
    state_at = NOW
    position = factory.LazyAttribute(lambda row: int(row.state == "target_asked"))
