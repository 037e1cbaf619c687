"""Seeing whether reminders work, step by step."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from contacts.queries import trials as queries
from contacts.services import trials
from netapp.accounts.types import MemberRequest
from netapp.lib.htmx import respond, wants_fragment


@login_required
@never_cache
@require_safe
def trial(request: MemberRequest) -> HttpResponse:
    """The last trial's steps; asked again every other second while it is under way."""
    reminder = queries.latest(member=request.user)
    found = queries.read(reminder, member=request.user, now=timezone.now()) if reminder else None
    # 286 tells htmx that there is nothing more to wait for.
    is_over = wants_fragment(request) and not (found and found.is_running)
    return respond(
        request, "contacts/trial.html", "contacts/_trial.html", {"trial": found}, status=286 if is_over else 200
    )


@login_required
@require_POST
def trial_begin(request: MemberRequest) -> HttpResponse:
    """Begin one, unless one is under way."""
    try:
        trials.begin(owner=request.user, now=timezone.now())
    except trials.TooManyTrials:
        messages.error(request, f"You tried {trials.MOST_A_DAY} times within a day. Please come back tomorrow.")
    return redirect("contacts:trial")


@login_required
@require_POST
def trial_stop(request: MemberRequest) -> HttpResponse:
    """Not wanted any more; a letter that has not left is not sent."""
    if trials.stop(owner=request.user, now=timezone.now()):
        messages.success(request, "The trial is over.")
    return redirect("contacts:trial")
