"""Seats: where each stands, and who belongs on it in the member's own judgement."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from contacts.access import person_for, shared_card
from contacts.models import Person
from introductions import access, seat_people
from introductions.models import Seat, SeatState
from introductions.services import matches, objectives
from introductions.tasks import refresh_member
from netapp.accounts.types import MemberRequest
from netapp.lib import bell
from netapp.lib.htmx import respond


@login_required
@require_POST
def seat_state(request: MemberRequest, seat_id: UUID) -> HttpResponse:
    """Open, met, filled, given up."""
    seat = access.seat_for(request.user, seat_id)
    if request.POST.get("state") in SeatState.values:
        objectives.set_seat_state(seat=seat, state=SeatState(request.POST["state"]))
        bell.ring(refresh_member, request.user.pk)
    return _back(seat)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def seat_people_page(request: MemberRequest, seat_id: UUID) -> HttpResponse:
    """Look somebody up and put them on the seat by hand."""
    seat = access.seat_for(request.user, seat_id)
    if request.method == "POST":
        person = _anybody(request, request.POST.get("person", ""))
        match = matches.put(seat=seat, person=person)
        bell.ring(refresh_member, request.user.pk)
        undo = reverse("introductions:match_take_off", args=[match.id])
        messages.success(request, f"Put on “{seat.title}”.", extra_tags=f"undo:{undo}")
        return _back(seat)
    q = request.GET.get("q", "").strip()[:200]
    context = {"seat": seat, "q": q, "found": seat_people.find(member=request.user, seat=seat, q=q, now=timezone.now())}
    return respond(request, "introductions/seat_people.html", "introductions/_seat_people.html", context)


def _anybody(request: MemberRequest, raw: str) -> Person:
    """A card of the member's own, or one shared within reach. Raises Http404."""
    try:
        person_id = UUID(raw)
    except ValueError:
        raise Http404("No such card.") from None
    try:
        return person_for(request.user, person_id)
    except Http404:
        shared_card(request.user, person_id, timezone.now())
        return Person.objects.get(id=person_id)


@login_required
@require_POST
def match_confirm(request: MemberRequest, match_id: UUID) -> HttpResponse:
    """Yes, this is one of them."""
    match = matches.confirm(match=access.match_for(request.user, match_id))
    return _back(match.seat)


@login_required
@require_POST
def match_dismiss(request: MemberRequest, match_id: UUID) -> HttpResponse:
    """Not this person."""
    match = matches.dismiss(match=access.match_for(request.user, match_id))
    undo = reverse("introductions:match_reconsider", args=[match.id])
    messages.success(request, "Left out of this seat from now on.", extra_tags=f"undo:{undo}")
    return _back(match.seat)


@login_required
@require_POST
def match_reconsider(request: MemberRequest, match_id: UUID) -> HttpResponse:
    """Take back what was said."""
    match = matches.reconsider(match=access.match_for(request.user, match_id))
    bell.ring(refresh_member, request.user.pk)
    return _back(match.seat)


@login_required
@require_POST
def match_take_off(request: MemberRequest, match_id: UUID) -> HttpResponse:
    """Off the seat again, after having been put there by hand."""
    match = access.match_for(request.user, match_id)
    matches.take_off(match=match)
    bell.ring(refresh_member, request.user.pk)
    return _back(match.seat)


def _back(seat: Seat) -> HttpResponse:
    return redirect(f"{reverse('introductions:objective', args=[seat.objective_id])}#seat-{seat.id}")
