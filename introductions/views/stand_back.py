"""Stand back: the whole network against what one wants."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from introductions import favours, overview
from introductions.access import objectives_of
from introductions.assessment import assess
from introductions.models import ObjectiveState
from netapp.accounts.types import MemberRequest
from netapp.lib.htmx import respond, wants_fragment

STOP_POLLING = 286


@login_required
@require_safe
def stand_back(request: MemberRequest) -> HttpResponse:
    """Layers, who slid, who rests, groups, how one met, favours, the trend. Polled while it is worked out."""
    now = timezone.now()
    view = overview.overview_of(member=request.user, now=now)
    objectives = list(objectives_of(request.user).filter(state=ObjectiveState.OPEN))
    context = {
        "view": view,
        "assessments": assess(member=request.user, objectives=objectives, now=now),
        "favours": favours.favours_of(request.user),
    }
    is_over = wants_fragment(request) and not view.is_pending
    page = "introductions/_stand_back.html" if wants_fragment(request) else "introductions/stand_back.html"
    response = render(request, page, context, status=STOP_POLLING if is_over else 200)
    response["Vary"] = "HX-Request"
    return response


@login_required
@require_safe
def network_map(request: MemberRequest) -> HttpResponse:
    """Everybody drawn, near by how close they are, side by side with those they know; and the same as a list."""
    q, raw = request.GET.get("q", "").strip()[:200], request.GET.get("group", "")
    group = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 4 else None
    drawn = overview.map_of(member=request.user, q=q, group=group)
    context = {"map": drawn, "q": q}
    return respond(request, "introductions/map.html", "introductions/_map.html", context)
