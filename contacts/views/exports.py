"""Leaving with everything, and taking some people along at once."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from contacts import access
from contacts.forms.lists import PeopleForm
from contacts.models import Export, ExportState, Person
from contacts.queries import people as queries
from contacts.services.exports import asking, files, reading
from contacts.services.exports.cards import records_of
from contacts.tasks import run_export
from netapp.accounts.types import MemberRequest
from netapp.lib.bell import ring
from netapp.lib.htmx import respond

MOST_AT_ONCE = 10_000
"""People in a file that is made while the browser waits; all of them come with the export of everything."""


@login_required
@require_safe
def export(request: MemberRequest) -> HttpResponse:
    """What can be taken along, and the file of everything once it is there."""
    rows = Export.objects.filter(owner=request.user)
    context = {
        "waiting": rows.filter(state=ExportState.WAITING).first(),
        "ready": rows.filter(state=ExportState.READY).order_by("-finished_at").first(),
        "failed": rows.filter(state=ExportState.FAILED).order_by("-finished_at").first(),
        "most": MOST_AT_ONCE,
    }
    # 286 tells htmx that there is nothing more to wait for.
    is_over = request.headers.get("HX-Request") and context["waiting"] is None
    return respond(request, "contacts/export.html", "contacts/_export.html", context, status=286 if is_over else 200)


@login_required
@require_POST
def export_ask(request: MemberRequest) -> HttpResponse:
    """Have everything prepared by a worker."""
    asked = asking.ask(owner=request.user)
    ring(run_export, str(asked.id))
    return redirect("contacts:export")


@login_required
@require_POST
def export_remove(request: MemberRequest, export_id: UUID) -> HttpResponse:
    """Remove a prepared file before it expires."""
    asking.throw_away(export=access.export_for(request.user, export_id))
    messages.success(request, "The file is removed, and its link opens nothing any more.")
    return redirect("contacts:export")


@login_required
@require_safe
def export_file(request: MemberRequest, export_id: UUID) -> HttpResponseBase:
    """The file itself. It can be fetched as often as wanted: nothing changes by it."""
    found = access.export_for(request.user, export_id)
    expires_at = found.expires_at
    if found.state != ExportState.READY or expires_at is None or expires_at <= timezone.now():
        raise Http404("There is no such file any more.")
    name = f"kith-{timezone.localtime(found.finished_at):%Y-%m-%d}.zip"
    response = _download(reading.pieces(found) if request.method != "HEAD" else [], "application/zip", name)
    response["Content-Length"] = str(found.size)
    return response


@require_safe
def export_link(request: HttpRequest, token: str) -> HttpResponse:
    """Where the link in the mail leads: it says that there is a file. Only its owner, logged in, can fetch it."""
    found = access.export_by_token(token, timezone.now())
    if not request.user.is_authenticated:
        return render(request, "contacts/export_link.html", {"export": found})
    if request.user != found.owner:
        raise Http404("There is no such file.")
    return redirect("contacts:export")


@login_required
@require_safe
def people_vcard(request: MemberRequest) -> HttpResponseBase:
    """Those whom the address asks for, as vCard 4.0."""
    records = records_of(_wanted(request), with_photos=True)
    return _download(files.vcards_of(records), "text/vcard; charset=utf-8", "people.vcf")


@login_required
@require_safe
def people_vcard3(request: MemberRequest) -> HttpResponseBase:
    """The same as vCard 3.0, for programs that read no later one."""
    records = records_of(_wanted(request), with_photos=True)
    return _download(files.vcards_of(records, is_old=True), "text/vcard; charset=utf-8", "people.vcf")


@login_required
@require_safe
def people_table(request: MemberRequest) -> HttpResponseBase:
    """The same as a table."""
    records = records_of(_wanted(request), with_photos=False)
    return _download(files.table_of(records), "text/csv; charset=utf-8", "people.csv")


@login_required
@require_safe
def people_dates(request: MemberRequest) -> HttpResponseBase:
    """Their birthdays and other dates, for a calendar."""
    pieces = files.calendar_of(_wanted(request), now=timezone.now())
    return _download(pieces, "text/calendar; charset=utf-8", "dates.ics")


def _wanted(request: MemberRequest) -> QuerySet[Person]:
    wanted = PeopleForm(request.GET).wanted()
    people = queries.matching(member=request.user, wanted=wanted, now=timezone.now())
    ids = people.order_by("sort_key", "id").values_list("id", flat=True)[:MOST_AT_ONCE]
    return access.people_of(request.user).filter(id__in=list(ids))


def _download(pieces: Iterable[bytes], media_type: str, name: str) -> StreamingHttpResponse:
    """A file that is saved and not shown, kept by no cache, and in which nothing could run."""
    return StreamingHttpResponse(
        pieces,
        content_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
        },
    )
