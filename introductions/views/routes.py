"""The ways to one person: ranked, each leg with its evidence, and what to do where there is none."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from contacts.models import Person
from introductions import access
from introductions.routes import want_routes
from introductions.tasks import refresh_member
from introductions.ways import ways_to
from netapp.accounts.types import MemberRequest
from netapp.lib import bell
from netapp.lib.htmx import respond, wants_fragment

STOP_POLLING = 286


@login_required
@require_safe
def routes(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """All ways to a card of mine or one that is shared with me. Polled while a worker computes."""
    now = timezone.now()
    target = access.target_for(request.user, person_id, now)
    seat_id = access.seat_id_of(request.user, request.GET.get("seat", ""))
    ways = ways_to(member=request.user, target=target, now=now)
    context = {"target": target, "ways": ways, "seat_id": seat_id}
    is_over = wants_fragment(request) and not ways.is_polling
    return respond(
        request,
        "introductions/routes.html",
        "introductions/_routes.html",
        context,
        status=STOP_POLLING if is_over else 200,
    )


@login_required
@require_POST
def routes_refresh(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """Look for ways, or look again."""
    now = timezone.now()
    target = access.target_for(request.user, person_id, now)
    want_routes(owner=request.user, target=Person.objects.get(id=target.person_id), now=now)
    bell.ring(refresh_member, request.user.pk)
    return redirect("introductions:routes", person_id)
