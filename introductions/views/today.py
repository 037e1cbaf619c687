"""Today: what is worth doing."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from contacts.access import people_of
from introductions import today as page
from introductions.access import objectives_of
from netapp.accounts.types import MemberRequest


class PutAsideForm(forms.Form):
    """Which suggestion, and for how long; no days means for good."""

    key = forms.RegexField(r"^[a-z]+:[0-9a-f:-]{1,110}$", max_length=120)
    days = forms.IntegerField(required=False, min_value=1, max_value=365)


@login_required
@require_safe
def today(request: MemberRequest) -> HttpResponse:
    """The dashboard."""
    now = timezone.now()
    context = {
        "todos": page.things_to_do(member=request.user, now=now),
        "hour": timezone.localtime(now).hour,
        "has_people": people_of(request.user).exists(),
        "has_objectives": objectives_of(request.user).exists(),
    }
    return render(request, "introductions/today.html", context)


@login_required
@require_POST
def put_aside(request: MemberRequest) -> HttpResponse:
    """Not this, or not now."""
    form = PutAsideForm(request.POST)
    if form.is_valid():
        key, days = form.cleaned_data["key"], form.cleaned_data["days"]
        page.put_aside(member=request.user, key=key, now=timezone.now(), days=days)
        undo = f"{reverse('take_up')}?{urlencode({'key': key})}"
        said = "Put off." if days else "Kith will not suggest this again."
        messages.success(request, said, extra_tags=f"undo:{undo}")
    return redirect("today")


@login_required
@require_POST
def take_up(request: MemberRequest) -> HttpResponse:
    """Undo."""
    form = PutAsideForm(request.GET)
    if form.is_valid():
        page.take_up(member=request.user, key=form.cleaned_data["key"])
    return redirect("today")
