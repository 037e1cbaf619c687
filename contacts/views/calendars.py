"""What is due, in the member's own calendar program: the secret address, and what stands at it."""

from datetime import timedelta
from hashlib import sha256
from typing import Final

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from contacts import access
from contacts.exporters import Published, write_ics
from contacts.queries import calendars as queries
from contacts.services import calendars
from netapp.accounts.types import MemberRequest

_EVERY: Final = timedelta(hours=4)


@login_required
@never_cache
@require_safe
def calendar(request: MemberRequest) -> HttpResponse:
    """The address, if there is one, and what can be done about it."""
    feed = queries.feed_of(request.user)
    context = {"feed": feed, "address": calendars.address_of(feed) if feed else ""}
    return render(request, "contacts/calendar.html", context)


@login_required
@require_POST
def calendar_new(request: MemberRequest) -> HttpResponse:
    """Make the address, or another in place of the one there is."""
    calendars.renew(owner=request.user)
    messages.success(request, "Here is your address. Any earlier one opens nothing any more.")
    return redirect("contacts:calendar")


@login_required
@require_POST
def calendar_off(request: MemberRequest) -> HttpResponse:
    """No calendar any more."""
    if calendars.switch_off(owner=request.user):
        messages.success(request, "Your calendar is switched off. Its address opens nothing any more.")
    return redirect("contacts:calendar")


# A calendar program has no log-in: the address is the secret. Reading it writes nothing, not even when it was read.
@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """What is due, a year ahead. Answers 304 where nothing changed since the program asked last."""
    feed = access.calendar_feed_by_token(token)
    now = timezone.now()
    events = queries.events(member=feed.owner, now=now)
    # Weak, as each answer stamps its entries anew, and of the entries alone: the stamps are no change.
    etag = f'W/"{sha256(repr(events).encode("utf-8", "surrogatepass")).hexdigest()[:32]}"'
    response = get_conditional_response(request, etag=etag)
    if not isinstance(response, HttpResponseNotModified):
        published = Published(name=settings.SITE_NAME, every=_EVERY)
        content = b"".join(write_ics(events, now, published=published))
        response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
        response["Content-Disposition"] = 'inline; filename="kith.ics"'
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    response["X-Robots-Tag"] = "noindex"
    return response
