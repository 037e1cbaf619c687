"""The only door to an introduction: by its asker, or by the token that was mailed to one of the other two."""

from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404

from introductions.models import Consent, Introduction, Objective, Seat, SeatMatch
from netapp.accounts.models import User
from netapp.lib import tokens


def objective_for(member: User, objective_id: UUID) -> Objective:
    """One objective of the member's. Raises Http404."""
    return get_object_or_404(Objective, owner=member, id=objective_id)


def seat_for(member: User, seat_id: UUID) -> Seat:
    """One seat of the member's. Raises Http404."""
    return get_object_or_404(Seat.objects.select_related("objective"), owner=member, id=seat_id)


def match_for(member: User, match_id: UUID) -> SeatMatch:
    """One proposed match of the member's. Raises Http404."""
    return get_object_or_404(SeatMatch.objects.select_related("seat", "person"), owner=member, id=match_id)


def introduction_for(member: User, introduction_id: UUID) -> Introduction:
    """One introduction that the member asked for. Raises Http404."""
    return get_object_or_404(
        Introduction.objects.select_related("introducer", "target", "seat"), owner=member, id=introduction_id
    )


def consent_for(token: str) -> Consent:
    """The question that `token` answers, in whatever state it is by now. Raises Http404 where there is none."""
    consent = (
        Consent.objects.select_related("introduction__owner", "person")
        .filter(token_digest=tokens.digest(token))
        .first()
    )
    if consent is None:
        raise Http404("No such question.")
    return consent
