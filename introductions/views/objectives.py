"""Objectives: the list, one of them, writing and closing them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from introductions import access, planning, queries
from introductions.assessment import assess
from introductions.matching import rematch_if_small
from introductions.models import Objective, ObjectiveState
from introductions.objective_forms import CloseForm, ObjectiveForm, ReviewForm, SeatRows
from introductions.services import objectives as services
from introductions.starters import STARTERS, starter_for
from introductions.tasks import refresh_member
from netapp.accounts.types import MemberRequest
from netapp.lib import bell
from netapp.lib.htmx import respond, wants_fragment
from netapp.lib.times import local_date

STOP_POLLING = 286
NEXT_REVIEW = timedelta(days=90)
"""Proposed for the next look."""


@login_required
@require_safe
def objectives(request: MemberRequest) -> HttpResponse:
    """What I want to do, the open ones with how near they are, and what came of the others."""
    mine = access.objectives_of(request.user)
    now = timezone.now()
    context = {
        "assessments": assess(member=request.user, objectives=list(mine.filter(state=ObjectiveState.OPEN)), now=now),
        "closed": mine.exclude(state=ObjectiveState.OPEN).order_by("-closed_at"),
        "starters": STARTERS,
        "today": local_date(now, request.user.zone),
    }
    return render(request, "introductions/objectives.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def objective_add(request: MemberRequest) -> HttpResponse:
    """A new objective, from nothing or from a starter."""
    starter = starter_for(request.GET.get("starter", ""))
    context = {"starter": starter, "starters": STARTERS}
    if request.method == "POST":
        return _posted(request, None, context)
    initial = {"title": starter.title} if starter else {}
    return _page(request, ObjectiveForm(initial=initial), SeatRows.starting(starter), context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def objective_edit(request: MemberRequest, objective_id: UUID) -> HttpResponse:
    """Change an objective and its seats."""
    objective = access.objective_for(request.user, objective_id)
    context = {"objective": objective}
    if request.method == "POST":
        return _posted(request, objective, context)
    return _page(request, ObjectiveForm.of(objective), SeatRows.of(objective), context)


def _posted(request: MemberRequest, objective: Objective | None, context: dict[str, Any]) -> HttpResponse:
    if "change" in request.POST:
        # Only a row comes, goes or moves: nothing is checked yet, and what was typed stays.
        typed = ObjectiveForm(initial={name: request.POST.get(name, "") for name in ObjectiveForm.base_fields})
        return _page(request, typed, SeatRows.changed(request.POST), context)
    form, rows = ObjectiveForm(request.POST), SeatRows.sent(request.POST)
    if not (form.is_valid() & rows.is_valid()):
        return _page(request, form, rows, context, status=422)
    known = {seat.id: seat for seat in objective.seats.all()} if objective else {}
    saved = services.write_objective(
        owner=request.user, objective=objective, seats=rows.written(known), now=timezone.now(), **form.cleaned_data
    )
    _match_now(request)
    messages.success(request, "Saved." if objective else "Written down. Here is who could help.")
    return redirect("introductions:objective", saved.id)


def _page(
    request: MemberRequest, form: ObjectiveForm, rows: SeatRows, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    return respond(
        request,
        "introductions/objective_form.html",
        "introductions/_seat_rows.html",
        {**context, "form": form, "rows": rows},
        status=status,
    )


def _match_now(request: MemberRequest) -> None:
    """People are on their seats by the time the page shows, if there are not too many; the ways follow."""
    rematch_if_small(member_id=request.user.pk, now=timezone.now())
    bell.ring(refresh_member, request.user.pk)


@login_required
@require_safe
def objective(request: MemberRequest, objective_id: UUID) -> HttpResponse:
    """One objective: its seats by how far away their people are, and the next thing to do. Polled while computing."""
    found = access.objective_for(request.user, objective_id)
    now = timezone.now()
    (assessment,) = assess(member=request.user, objectives=[found], now=now)
    gaps = planning.gaps_of(member=request.user, assessments=[assessment], now=now)
    context = {
        "objective": found,
        "assessment": assessment,
        "standings": [(standing, gaps.get(standing.seat.id, [])) for standing in assessment.seats],
        "is_open": found.state == ObjectiveState.OPEN,
        "reviews": found.reviews.all(),
        "is_pending": assessment.is_pending and found.state == ObjectiveState.OPEN,
        "today": local_date(now, request.user.zone),
    }
    is_over = wants_fragment(request) and not context["is_pending"]
    return respond(
        request,
        "introductions/objective.html",
        "introductions/_standing.html",
        context,
        status=STOP_POLLING if is_over else 200,
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def objective_review(request: MemberRequest, objective_id: UUID) -> HttpResponse:
    """Look back: what came about, through whom, what worked, what comes next, and when to look again."""
    found = access.objective_for(request.user, objective_id)
    now = timezone.now()
    today = local_date(now, request.user.zone)
    initial = {"next_date": today + NEXT_REVIEW}
    form = ReviewForm(request.POST if request.method == "POST" else None, initial=initial, today=today)
    if request.method == "POST" and form.is_valid():
        services.review_objective(objective=found, now=now, **form.cleaned_data)
        messages.success(request, "Kept with the objective.")
        return redirect("introductions:objective", found.id)
    (assessment,) = assess(member=request.user, objectives=[found], now=now)
    context = {
        "objective": found,
        "form": form,
        "assessment": assessment,
        "came_about": queries.for_objective(request.user, found),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "introductions/objective_review.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def objective_close(request: MemberRequest, objective_id: UUID) -> HttpResponse:
    """Reached or let go, and what came of it."""
    found = access.objective_for(request.user, objective_id)
    form = CloseForm(request.POST if request.method == "POST" else None, initial={"outcome": found.outcome})
    if request.method == "POST" and form.is_valid():
        services.close_objective(
            objective=found,
            state=ObjectiveState(form.cleaned_data["state"]),
            outcome=form.cleaned_data["outcome"],
            now=timezone.now(),
        )
        messages.success(
            request, "Put away.", extra_tags=f"undo:{reverse('introductions:objective_reopen', args=[found.id])}"
        )
        return redirect("introductions:objectives")
    status = 422 if request.method == "POST" else 200
    context = {"objective": found, "form": form}
    return render(request, "introductions/objective_close.html", context, status=status)


@login_required
@require_POST
def objective_reopen(request: MemberRequest, objective_id: UUID) -> HttpResponse:
    """Open again."""
    found = access.objective_for(request.user, objective_id)
    services.reopen_objective(objective=found, now=timezone.now())
    _match_now(request)
    return redirect("introductions:objective", found.id)


@login_required
@require_POST
def objective_delete(request: MemberRequest, objective_id: UUID) -> HttpResponse:
    """Gone from every page; it can be undone for thirty days."""
    found = access.objective_for(request.user, objective_id)
    services.delete_objective(objective=found, now=timezone.now())
    undo = reverse("introductions:objective_restore", args=[found.id])
    messages.success(request, f"“{found.title}” is deleted.", extra_tags=f"undo:{undo}")
    return redirect("introductions:objectives")


@login_required
@require_POST
def objective_restore(request: MemberRequest, objective_id: UUID) -> HttpResponse:
    """Undo a deletion."""
    found = access.deleted_objective_for(request.user, objective_id)
    services.restore_objective(objective=found, now=timezone.now())
    _match_now(request)
    return redirect("introductions:objective", found.id)
