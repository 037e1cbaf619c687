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
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts import access
from contacts.forms.reminders import PromiseForm, ReminderAnswerForm, RuleForm, SnoozeForm
from contacts.models import Direction, InteractionKind, Reminder, ReminderKind
from contacts.queries import reminders as queries
from contacts.services import cadences, interactions, reminders, rhythms
from contacts.signals import spoke
from netapp.accounts.types import MemberRequest
from netapp.lib.http import safe_next
from netapp.lib.templatetags import kith_mail as words
from netapp.lib.times import local_date

CLOSED = "This one is closed already. There is nothing more to do."


@login_required
@require_safe
def reminder_list(request: MemberRequest) -> HttpResponse:
    """What is due, and what comes."""
    return _list_page(request, RuleForm())


def _list_page(request: MemberRequest, rule_form: RuleForm) -> HttpResponse:
    now = timezone.now()
    context = {
        "due": queries.due(member=request.user, now=now),
        "coming": queries.coming(member=request.user, now=now),
        "rules": queries.rules(member=request.user),
        "rule_form": rule_form,
    }
    return render(request, "contacts/reminders.html", context, status=422 if rule_form.is_bound else 200)


@login_required
@require_POST
def rule_add(request: MemberRequest) -> HttpResponse:
    """How often a whole group is thought of."""
    form = RuleForm(request.POST)
    if not form.is_valid():
        return _list_page(request, form)
    group = form.cleaned_data["group"]
    rule = cadences.set_rule(
        owner=request.user,
        tag=form.cleaned_data["tag"],
        layer=int(group) if group else None,
        days=form.cleaned_data["days"],
        latest_days=form.cleaned_data["latest_days"],
        now=timezone.now(),
    )
    messages.success(request, f"{rhythms.name_of(rule)}: every {words.days(rule.days)}.")
    return redirect("contacts:reminders")


@login_required
@require_POST
def rule_remove(request: MemberRequest, rule_id: UUID) -> HttpResponse:
    """That group has no rhythm of its own any more; cards keep theirs."""
    rule = access.cadence_rule_for(request.user, rule_id)
    cadences.drop_rule(rule=rule, now=timezone.now())
    messages.success(request, f"No rhythm for {rhythms.name_of(rule)} any more.")
    return redirect("contacts:reminders")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def promise_add(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """Something promised to somebody, to be reminded of on its day."""
    card = access.person_for(request.user, person_id)
    form = PromiseForm(request.POST or None, today=local_date(timezone.now(), request.user.zone))
    if request.method == "POST" and form.is_valid():
        reminder = reminders.promise(person=card, text=form.cleaned_data["text"], by=form.cleaned_data["by"])
        undo = reverse("contacts:promise_drop", args=[reminder.id])
        messages.success(
            request, f"Kith reminds you on {form.cleaned_data['by']:%A, %-d %B}.", extra_tags=f"undo:{undo}"
        )
        return redirect("contacts:person", card.id)
    context = {"person": card, "form": form}
    return render(request, "contacts/promise.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def promise_drop(request: MemberRequest, reminder_id: UUID) -> HttpResponse:
    """Not promised after all."""
    reminder = access.reminder_for(request.user, reminder_id)
    if reminder.kind == ReminderKind.PROMISE and reminders.cancel(reminder=reminder, now=timezone.now()):
        messages.success(request, "That reminder is gone.")
    return redirect("contacts:person", reminder.person_id) if reminder.person_id else _back(request)


@login_required
@require_POST
def person_remind(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """Reminders about somebody again, after "stop"."""
    card = access.person_for(request.user, person_id)
    reminders.remind_again(person=card, now=timezone.now())
    messages.success(request, f"Kith may remind you of {card.full_name} again.")
    return redirect("contacts:person", card.id)


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
    if reminder.kind == ReminderKind.TRIAL:
        # Whatever was pressed: the link works, and there is nothing to put off.
        return "It works. Your reminders reach you." if reminders.done(reminder=reminder, now=now) else CLOSED
    if action == "stop":
        stopped = reminders.leave_alone(reminder=reminder, now=now)
        return "Kith will not remind you of them again." if stopped else "There was nothing to stop."
    if action == "less":
        days = reminders.less_often(reminder=reminder, now=now)
        return f"Kith reminds you of them every {words.days(days)} from now on." if days else CLOSED
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
