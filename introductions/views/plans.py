"""The plan: what to do next for all objectives, what one takes on, and what each person would open."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts.access import person_for, reminder_for
from introductions import planning, today
from introductions.access import objectives_of
from introductions.assessment import Assessment, assess
from introductions.forms import EffortForm, StepForm
from introductions.models import ActionKind, ObjectiveState
from introductions.services import plans
from introductions.tasks import refresh_plan
from introductions.views.objectives import STOP_POLLING
from netapp.accounts.types import MemberRequest
from netapp.lib import bell
from netapp.lib.htmx import respond, wants_fragment
from netapp.lib.times import local_date

REVIVE: Final = "revive:"
"""How the key begins of getting back in touch."""


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: MemberRequest) -> HttpResponse:
    """At most seven things to do, dated, each with what it opens; and how much one wants to do in a week."""
    now = timezone.now()
    assessments = _assessments(request)
    view = planning.plan_of(member=request.user, assessments=assessments, now=now)
    form = EffortForm(request.POST if request.method == "POST" else None, initial={"minutes": view.weekly_minutes})
    if request.method == "POST" and form.is_valid():
        plans.set_effort(member=request.user, minutes=form.cleaned_data["minutes"])
        bell.ring(refresh_plan, request.user.pk)
        messages.success(request, "Kith plans anew.")
        return redirect("introductions:plan")
    context: dict[str, Any] = {
        "plan": view,
        "form": form,
        "objectives": [one.objective for one in assessments],
        "today": local_date(now, request.user.zone),
    }
    is_over = wants_fragment(request) and not view.is_pending
    status = 422 if request.method == "POST" else STOP_POLLING if is_over else 200
    return respond(request, "introductions/plan.html", "introductions/_plan.html", context, status=status)


@login_required
@require_POST
def plan_do(request: MemberRequest) -> HttpResponse:
    """I'll do it: an ask opens the page to write it on, everything else becomes a reminder on its day."""
    form = StepForm(request.POST)
    now = timezone.now()
    step = None
    if form.is_valid():
        key, assessments = form.cleaned_data["key"], _assessments(request)
        step = planning.action_of(member=request.user, key=key, assessments=assessments, now=now)
    if step is None and form.is_valid() and form.cleaned_data["key"].startswith(REVIVE):
        return _revive(request, form.cleaned_data["key"])
    if step is None:
        messages.info(request, "That has changed meanwhile; here is what holds now.")
        return redirect("introductions:plan")
    if step.action.kind == ActionKind.ASK:
        assert step.route is not None
        assert step.fit is not None
        query = f"{step.route.ask_query}&{urlencode({'seat': str(step.fit.match.seat_id)})}"
        return redirect(f"{reverse('introductions:ask', args=[step.fit.person_id])}?{query}")
    day = max(step.action.due_date or local_date(now, request.user.zone), local_date(now, request.user.zone))
    reminder = plans.take_on(member=request.user, key=step.key, person=step.person, text=step.title, on=day, now=now)
    bell.ring(refresh_plan, request.user.pk)
    undo = reverse("introductions:plan_undo", args=[reminder.id])
    messages.success(request, "Kith reminds you of it on its day.", extra_tags=f"undo:{undo}")
    return redirect("introductions:plan")


def _revive(request: MemberRequest, key: str) -> HttpResponse:
    """To get back in touch with somebody is always possible, whatever the plan says."""
    try:
        person = person_for(request.user, UUID(key.removeprefix(REVIVE)))
    except ValueError:
        raise Http404("No such card.") from None
    now = timezone.now()
    reminder = plans.take_on(
        member=request.user,
        key=key,
        person=person,
        text=f"Get back in touch with {person.full_name}",
        on=local_date(now, request.user.zone) + timedelta(days=1),
        now=now,
    )
    undo = reverse("introductions:plan_undo", args=[reminder.id])
    messages.success(request, "Kith reminds you of it tomorrow.", extra_tags=f"undo:{undo}")
    return redirect("introductions:plan")


@login_required
@require_POST
def plan_undo(request: MemberRequest, reminder_id: UUID) -> HttpResponse:
    """Not after all."""
    if not plans.leave_again(member=request.user, reminder=reminder_for(request.user, reminder_id), now=timezone.now()):
        raise Http404("No such step.")
    bell.ring(refresh_plan, request.user.pk)
    return redirect("introductions:plan")


@login_required
@require_POST
def plan_refuse(request: MemberRequest) -> HttpResponse:
    """Not now, or never: it gives way to what comes next."""
    form = StepForm(request.POST)
    if form.is_valid():
        key, days = form.cleaned_data["key"], form.cleaned_data["days"]
        today.put_aside(member=request.user, key=key, now=timezone.now(), days=days)
        bell.ring(refresh_plan, request.user.pk)
        undo = f"{reverse('introductions:plan_reconsider')}?{urlencode({'key': key})}"
        said = "Not now. Kith asks again in a month." if days else "Kith does not propose this again."
        messages.success(request, said, extra_tags=f"undo:{undo}")
    return redirect("introductions:plan")


@login_required
@require_POST
def plan_reconsider(request: MemberRequest) -> HttpResponse:
    """Undo."""
    form = StepForm(request.GET)
    if form.is_valid():
        today.take_up(member=request.user, key=form.cleaned_data["key"])
        bell.ring(refresh_plan, request.user.pk)
    return redirect("introductions:plan")


@login_required
@require_safe
def what_if(request: MemberRequest) -> HttpResponse:
    """Which seats would come nearer if one were on good terms with somebody."""
    q = request.GET.get("q", "").strip()[:200]
    context = {
        "q": q,
        "found": planning.what_if(member=request.user, q=q, now=timezone.now()),
        "has_objectives": objectives_of(request.user).filter(state=ObjectiveState.OPEN).exists(),
    }
    return respond(request, "introductions/what_if.html", "introductions/_what_if.html", context)


def _assessments(request: MemberRequest) -> list[Assessment]:
    open_ = objectives_of(request.user).filter(state=ObjectiveState.OPEN)
    return assess(member=request.user, objectives=list(open_), now=timezone.now())
