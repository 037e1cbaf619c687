"""Mail that is held back: for those who run the site."""

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from netapp.accounts.types import MemberRequest
from netapp.lib.bell import ring
from netapp.mail import pausing
from netapp.mail.models import PauseReason, PostOffice
from netapp.mail.tasks import deliver

_LONGEST_HOURS = 24 * 365


class ResumeForm(forms.Form):
    """What becomes of the letters that wait."""

    hours = forms.IntegerField(
        label="Drop letters that were due more than so many hours ago (optional)",
        required=False,
        min_value=0,
        max_value=_LONGEST_HOURS,
        help_text="As many as your backup was old, and a few more. 0 drops all that wait; nothing here drops none.",
    )


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def paused(request: MemberRequest) -> HttpResponse:
    """What waits, and the buttons that pause mail and let it flow again."""
    if not request.user.is_staff:
        raise Http404
    now = timezone.now()
    form = ResumeForm(request.POST if request.POST.get("do") == "resume" else None)
    status = 200
    if request.POST.get("do") == "pause":
        if pausing.pause(reason=PauseReason.BY_HAND, now=now):
            messages.success(request, "Mail is paused.")
        return redirect("mail:paused")
    if form.is_bound:
        if form.is_valid():
            hours = form.cleaned_data["hours"]
            before = None if hours is None else now - timedelta(hours=hours)
            dropped = pausing.resume(now=now, drop_due_before=before)
            ring(deliver)
            messages.success(request, f"Mail flows again. {dropped} letters were dropped.")
            return redirect("mail:paused")
        status = 422
    context = {
        "form": form,
        "office": PostOffice.objects.first(),
        "waiting": pausing.waiting(now=now),
        "count": sum(one.count for one in pausing.waiting(now=now)),
    }
    return render(request, "mail_pages/paused.html", context, status=status)
