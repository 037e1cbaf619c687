"""The only door to an introduction: by its asker, or by the token that was mailed to one of the other two."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from contacts.access import people_of, shared_card
from contacts.models import Person, Relation
from contacts.shared import SharedCard
from introductions import queries
from introductions.models import Consent, Introduction, Objective, Seat, SeatMatch
from netapp.accounts.models import User
from netapp.lib import tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Somebody to be met: a card of the member's own, or what shows of one that another member shares."""

    person_id: UUID
    name: str
    role: str
    organisation: str
    person: Person | None
    shared: SharedCard | None

    @property
    def is_known(self) -> bool:
        """Whether the member knows them already."""
        return self.person is not None and self.person.relation == Relation.KNOWN

    @property
    def about(self) -> str:
        """Role and organisation."""
        return ", ".join(part for part in (self.role, self.organisation) if part)


def target_for(member: User, person_id: UUID, now: datetime) -> Target:
    """One card that the member may look for ways to. Raises Http404."""
    person = people_of(member).filter(id=person_id).first()
    if person is not None:
        return Target(
            person_id=person_id,
            name=person.full_name,
            role=person.role,
            organisation=person.organisation,
            person=person,
            shared=None,
        )
    card = shared_card(member, person_id, now)
    return Target(
        person_id=person_id,
        name=card.name,
        role=card.role,
        organisation=card.organisation,
        person=None,
        shared=card,
    )


def seat_id_of(member: User, raw: str) -> UUID | None:
    """The id of a seat of the member's, from an address; None for anything else."""
    try:
        return Seat.objects.filter(owner=member, id=UUID(raw)).values_list("id", flat=True).first()
    except ValueError:
        return None


def objectives_of(member: User) -> QuerySet[Objective]:
    """Every objective of the member's that is not deleted, the most urgent first."""
    return Objective.objects.filter(owner=member, deleted_at=None).order_by(
        F("target_date").asc(nulls_last=True), "created_at", "id"
    )


def objective_for(member: User, objective_id: UUID) -> Objective:
    """One objective of the member's. Raises Http404."""
    return get_object_or_404(Objective, owner=member, id=objective_id, deleted_at=None)


def deleted_objective_for(member: User, objective_id: UUID) -> Objective:
    """One objective that the member deleted and may still restore. Raises Http404."""
    return get_object_or_404(Objective, owner=member, id=objective_id, deleted_at__isnull=False)


def seat_for(member: User, seat_id: UUID) -> Seat:
    """One seat of the member's. Raises Http404."""
    return get_object_or_404(
        Seat.objects.select_related("objective"), owner=member, id=seat_id, objective__deleted_at=None
    )


def match_for(member: User, match_id: UUID) -> SeatMatch:
    """One proposed match of the member's. Raises Http404."""
    return get_object_or_404(
        SeatMatch.objects.select_related("seat", "person"),
        owner=member,
        id=match_id,
        seat__objective__deleted_at=None,
    )


def introduction_for(member: User, introduction_id: UUID) -> Introduction:
    """One introduction that the member asked for. Raises Http404."""
    return get_object_or_404(queries.introductions_of(member).select_related("seat__objective"), id=introduction_id)


def consent_for(token: str) -> Consent:
    """The question that `token` answers, in whatever state it is by now. Raises Http404 where there is none."""
    consent = (
        Consent.objects.select_related("introduction__owner", "introduction__target", "person")
        .filter(token_digest=tokens.digest(token))
        .first()
    )
    if consent is None:
        raise Http404("No such question.")
    return consent


def consent_of(member: User, consent_id: UUID) -> Consent:
    """A question put to one of the member's verified addresses, open or answered. Raises Http404."""
    return get_object_or_404(queries.asked_of(member).select_related("introduction__target"), id=consent_id)
