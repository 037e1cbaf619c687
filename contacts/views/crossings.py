"""Crossing paths: before a trip, whom to write to."""

from datetime import date, timedelta
from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from contacts.forms.crossings import TripForm
from contacts.queries.crossings import crossings
from contacts.words import one_line
from netapp.accounts.types import MemberRequest
from netapp.lib.times import local_date

_AHEAD: Final = timedelta(days=7)
"""So long before the first day a reminder to write comes."""


@login_required
@require_safe
def crossing_paths(request: MemberRequest) -> HttpResponse:
    """A form; once it is filled in, who is there. The address holds the trip, so that it can be kept."""
    today = local_date(timezone.now(), request.user.zone)
    form = TripForm(request.GET or None, today=today)
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        town, first = one_line(form.cleaned_data["town"]), form.cleaned_data["first"]
        days = _days(first, form.cleaned_data["last"], today)
        context |= {
            "town": town,
            "days": days,
            "found": crossings(member=request.user, town=town),
            "reminder": f"write about meeting in {town}, {days}",
            "remind_on": max(today, first - _AHEAD),
        }
    status = 422 if form.is_bound and not form.is_valid() else 200
    return render(request, "contacts/crossings.html", context, status=status)


def _days(first: date, last: date, today: date) -> str:
    """The days as one writes them to a friend: "on 3 May", "from 3 May to 6 May"; the year where it is not this one."""
    shown = [f"{day:%-d %B}" if day.year == today.year else f"{day:%-d %B %Y}" for day in (first, last)]
    return f"on {shown[0]}" if first == last else f"from {shown[0]} to {shown[1]}"
