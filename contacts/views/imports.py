"""Bringing people in: choosing files, the preview, progress, the report, and taking it all back."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import TooManyFilesSent
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse, UnreadablePostError
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from contacts import access, tasks
from contacts.forms.columns import ColumnsForm
from contacts.forms.imports import MEGABYTES, TOO_LARGE, TOO_MANY, ConfirmForm, ReportForm, UploadForm
from contacts.models import Import, ImportState
from contacts.queries import imports as queries
from contacts.services.imports import columns, uploading
from netapp.accounts.types import MemberRequest
from netapp.lib.bell import ring
from netapp.lib.htmx import respond, wants_fragment

#: The files, and what a browser writes around them.
_MAX_BODY: Final = uploading.MAX_UPLOAD_BYTES + 1_000_000
#: So much too much is read and dropped, since browsers show no answer to a form that was not read to its end.
_MAX_DROPPED: Final = 600_000_000
_MAX_PAGES: Final = 100_000
#: What htmx takes as "ask no more".
_STOP_POLLING: Final = 286
_TOO_MANY_OPEN: Final = (
    f"You have {uploading.MOST_OPEN} imports under way already. Confirm or throw away one of those below first."
)


# The CSRF check reads the whole form. It comes after the look at its size: `_imports` makes up for the exemption.
@csrf_exempt
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: MemberRequest) -> HttpResponse:
    """Past imports, and a place to drop files."""
    if request.method == "POST":
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        if length > _MAX_BODY:
            if length <= _MAX_DROPPED:
                _drop(request)
            return _list(request, fault=TOO_LARGE, status=413)
        try:
            request.FILES  # noqa: B018  # reads the form
        except TooManyFilesSent:
            return _list(request, fault=TOO_MANY, status=413)
    response: HttpResponse = _imports(request)
    return response


def _drop(request: HttpRequest) -> None:
    with suppress(UnreadablePostError):
        while request.read(64_000):
            pass


@csrf_protect
def _imports(request: MemberRequest) -> HttpResponse:
    if request.method != "POST":
        return _list(request)
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _list(request, form=form, status=422)
    try:
        one = uploading.take_in(owner=request.user, uploads=form.uploads())
    except uploading.TooManyOpen:
        return _list(request, fault=_TOO_MANY_OPEN, status=422)
    ring(tasks.run_import, str(one.id))
    for fault in form.refused:
        messages.error(request, fault)
    return redirect("contacts:import", one.id)


def _list(
    request: MemberRequest, *, form: UploadForm | None = None, fault: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "form": form or UploadForm(),
        "fault": fault,
        "imports": queries.listing(member=request.user, page=_page(request)),
        "megabytes": MEGABYTES,
        "now": timezone.now(),
    }
    return render(request, "contacts/imports.html", context, status=status)


@login_required
@require_safe
def import_one(request: MemberRequest, import_id: UUID) -> HttpResponse:
    """One import as it stands: progress, preview or report. htmx asks again while a worker is at it."""
    one = access.import_for(request.user, import_id)
    context: dict[str, object] = {"one": one, "total": sum(one.counts.values())}
    if one.state == ImportState.MAPPING:
        context["tables"] = [ColumnsForm(None, table) for table in columns.tables(one)]
    elif not one.is_at_work:
        outcome = ReportForm(request.GET).wanted
        page, lines = queries.lines(one, outcome=outcome, page=_page(request))
        context |= {
            "outcome": outcome,
            "page": page,
            "lines": lines,
            "query": f"outcome={outcome}&" if outcome else "",
            "can_undo": one.can_undo(timezone.now()),
            "kept": queries.kept_count(one) if one.state == ImportState.UNDONE else 0,
            "news": one.counts.get("new", 0) + one.counts.get("updated", 0),
            "contacts": one.counts.get("noted", 0),
            "one_way": one.counts.get("one_way", 0) if one.confirmed_at is None else 0,
            "maybe_own": one.options.get("maybe_own", []) if one.confirmed_at is None else [],
        }
    is_over = wants_fragment(request) and not one.is_at_work
    return respond(
        request,
        "contacts/import.html",
        "contacts/_import.html",
        context,
        status=_STOP_POLLING if is_over else 200,
    )


@login_required
@require_POST
def import_confirm(request: MemberRequest, import_id: UUID) -> HttpResponse:
    """Do what the preview showed."""
    one = access.import_for(request.user, import_id)
    with_one_way = ConfirmForm(request.POST).with_one_way
    if uploading.confirm(one=one, with_one_way=with_one_way, now=timezone.now()):
        ring(tasks.run_import, str(one.id))
    else:
        messages.info(request, f"This import is {one.get_state_display()} already.")
    return redirect("contacts:import", one.id)


@login_required
@require_POST
def import_discard(request: MemberRequest, import_id: UUID) -> HttpResponse:
    """Throw an upload away that was not confirmed."""
    one = access.import_for(request.user, import_id)
    if uploading.throw_away(one=one):
        messages.success(request, f"{one.title} was thrown away. Nothing of it was imported.")
        return redirect("contacts:imports")
    messages.info(request, "This import was confirmed already. It can be taken back as a whole once it is done.")
    return redirect("contacts:import", one.id)


@login_required
@require_POST
def import_undo(request: MemberRequest, import_id: UUID) -> HttpResponse:
    """Take back what an import did."""
    one = access.import_for(request.user, import_id)
    if uploading.begin_undo(one=one, now=timezone.now()):
        ring(tasks.run_import, str(one.id))
    else:
        messages.info(request, "There is nothing left that can be taken back.")
    return redirect("contacts:import", one.id)


@login_required
@require_GET
def import_report(request: MemberRequest, import_id: UUID) -> StreamingHttpResponse:
    """The report as a table for a spreadsheet program."""
    one = access.import_for(request.user, import_id)
    return StreamingHttpResponse(
        _table(one),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="import-report.csv"', "Cache-Control": "no-store"},
    )


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        """The text itself."""
        return text


def _table(one: Import) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff"  # or some programs take it for another encoding
    yield writer.writerow(queries.REPORT_HEAD)
    for row in queries.report(one):
        yield writer.writerow(_inert(row))


def _inert(cells: Sequence[str]) -> list[str]:
    """Cells that no spreadsheet program takes for a formula."""
    return [f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else cell for cell in cells]


def _page(request: HttpRequest) -> int:
    """The page asked for; the first for anything that is no number of a page."""
    text = request.GET.get("page", "1")
    return min(max(int(text), 1), _MAX_PAGES) if text.isascii() and text.isdecimal() and len(text) < 7 else 1
