"""Reminders: the list, and what can be said to one, in the page or from its mail."""

from datetime import datetime, timedelta
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from contacts import access
from contacts.forms.reminders import ReminderAnswerForm, SnoozeForm
from contacts.models import Direction, InteractionKind, Reminder
from contacts.queries import reminders as queries
from contacts.services import interactions, reminders
from contacts.signals import spoke
from netapp.accounts.types import MemberRequest
from netapp.lib.http import safe_next
from netapp.lib.times import local_date

CLOSED = "This one is closed already. There is nothing more to do."


@login_required
@require_safe
def reminder_list(request: MemberRequest) -> HttpResponse:
    """What is due, and what comes."""
    now = timezone.now()
    context = {
        "due": queries.due(member=request.user, now=now),
        "coming": queries.coming(member=request.user, now=now),
    }
    return render(request, "contacts/reminders.html", context)


@login_required
@require_POST
def reminder_done(request: MemberRequest, reminder_id: UUID) -> HttpResponse:
    """Done with it; can be undone."""
    reminder = access.reminder_for(request.user, reminder_id)
    if reminders.done(reminder=reminder, now=timezone.now()):
        undo = reverse("contacts:reminder_reopen", args=[reminder.id])
        messages.success(request, "Done.", extra_tags=f"undo:{undo}")
    return _back(request)


@login_required
@require_POST
def reminder_reopen(request: MemberRequest, reminder_id: UUID) -> HttpResponse:
    """Take a "done" back."""
    reminder = access.reminder_for(request.user, reminder_id)
    if not reminders.reopen(reminder=reminder, now=timezone.now()):
        messages.info(request, "That cannot be taken back any more.")
    return _back(request)


@login_required
@require_POST
def reminder_snooze(request: MemberRequest, reminder_id: UUID) -> HttpResponse:
    """Put it off to a day."""
    reminder = access.reminder_for(request.user, reminder_id)
    now = timezone.now()
    form = SnoozeForm(request.POST, today=local_date(now, request.user.zone))
    if not form.is_valid():
        messages.error(request, "Choose a day after today.")
    elif reminders.snooze(reminder=reminder, until=form.cleaned_data["until"], now=now):
        messages.success(request, f"Put off until {form.cleaned_data['until']:%-d %B}.")
    else:
        messages.info(request, "That one is closed already.")
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    """To the page the button stood on: one of ours, never elsewhere."""
    return redirect(safe_next(request, default=reverse("contacts:reminders")))


# The token in the address is the secret and the answer needs no log-in, so there is no session to protect: a forged
# cross-site POST would have to know the token.
@csrf_exempt
@never_cache
def reminder_answer(request: HttpRequest, token: str) -> HttpResponse:
    """From the mail, without log-in. GET shows, POST acts; a second answer is told what already happened."""
    now = timezone.now()
    reminder = access.reminder_by_token(token, now)
    today = local_date(now, reminder.owner.zone)
    form = ReminderAnswerForm(request.POST or None, today=today)
    said = ""
    if request.method == "POST" and form.is_valid():
        said = _act(reminder, form, now)
        reminder.refresh_from_db()
    context = {
        "reminder": reminder,
        "person": reminder.person,
        "form": form,
        "said": said,
        "is_open": reminder.state in reminders.OPEN,
        "today": today,
        "tomorrow": today + timedelta(days=1),
        "next_week": today + timedelta(days=7),
    }
    status = 422 if request.method == "POST" and not said else 200
    # The reader is not logged in, but the days are theirs.
    with timezone.override(reminder.owner.zone):
        return render(request, "contacts/reminder_answer.html", context, status=status)


def _act(reminder: Reminder, form: ReminderAnswerForm, now: datetime) -> str:
    """Do what the button says; the sentence that tells so."""
    action = form.cleaned_data["action"]
    if action == "stop":
        stopped = reminders.stop_cadence(reminder=reminder, now=now)
        return "Kith will not remind you of them again." if stopped else "There was nothing to stop."
    if action == "done":
        return "Done." if reminders.done(reminder=reminder, now=now) else CLOSED
    if action == "snooze":
        until = form.cleaned_data["until"]
        is_put_off = reminders.snooze(reminder=reminder, until=until, now=now)
        return f"Kith reminds you again on {until:%A, %-d %B}." if is_put_off else CLOSED
    kind = InteractionKind(form.cleaned_data["kind"])
    with transaction.atomic():
        # Claimed first: of two clicks at once, one notes the contact.
        if not reminders.done(reminder=reminder, now=now):
            return CLOSED
        if reminder.person is not None:
            interactions.log_contact(
                person=reminder.person, kind=kind, direction=Direction.BOTH, happened_at=now, now=now
            )
        spoke.send(sender=Reminder, reminder=reminder, kind=kind, now=now)
    return "Noted. That counts as being in touch."
