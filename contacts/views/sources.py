"""Keeping a book fresh: address books and mailboxes elsewhere. No page speaks to a server; workers do."""

from typing import Final
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts import access, tasks
from contacts.forms.sources import ConnectForm, PartsForm, PresetForm
from contacts.models import Source, SourceKind, SourceState
from contacts.queries import sources as queries
from contacts.services.sources import connecting, leaving
from contacts.services.sources.presets import BY_KEY, Preset, of_kind
from netapp.accounts.types import MemberRequest
from netapp.lib.bell import ring
from netapp.lib.htmx import respond, wants_fragment

#: What htmx takes as "ask no more".
_STOP_POLLING: Final = 286
_TOO_MANY: Final = f"You have {connecting.MOST} already, which is the most. Disconnect one that you no longer need."


@login_required
@require_safe
def sources(request: MemberRequest) -> HttpResponse:
    """What keeps this book fresh, and what could."""
    context = {
        "sources": queries.listing(member=request.user),
        "books": of_kind(SourceKind.CARDDAV),
        "mailboxes": of_kind(SourceKind.IMAP),
    }
    return render(request, "contacts/sources.html", context)


@sensitive_post_parameters("secret")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def source_add(request: MemberRequest) -> HttpResponse:
    """Name and password for a provider (`?preset=`)."""
    preset = PresetForm(request.GET).wanted
    if preset is None:
        return redirect("contacts:sources")
    if request.method != "POST":
        return _connect_page(request, preset, ConnectForm(preset=preset))
    form = ConnectForm(request.POST, preset=preset)
    if not form.is_valid():
        return _connect_page(request, preset, form, status=422)
    try:
        one = connecting.connect(
            owner=request.user,
            preset=preset,
            own_address=form.cleaned_data.get("email", ""),
            since_date=form.since_date,
            now=timezone.now(),
            **form.told(),
        )
    except connecting.TooMany:
        form.add_error(None, _TOO_MANY)
        return _connect_page(request, preset, form, status=422)
    ring(tasks.freshen, str(one.id))
    return redirect("contacts:source", one.id)


@login_required
@require_safe
def source(request: MemberRequest, source_id: UUID) -> HttpResponse:
    """One source as it stands. htmx asks again while a worker is at it."""
    return _page(request, access.source_for(request.user, source_id))


def _page(request: MemberRequest, one: Source, *, form: PartsForm | None = None, status: int = 200) -> HttpResponse:
    is_busy = queries.is_busy(one, now=timezone.now())
    parts = queries.parts_of(one)
    context = {
        "one": one,
        "is_busy": is_busy,
        "parts": parts,
        "form": form or PartsForm(source=one, parts=parts),
        "runs": queries.runs_of(one),
        "writes": queries.writes_words(one),
        "has_lost_most": leaving.is_asked(one),
        "is_books": one.kind == SourceKind.CARDDAV,
    }
    is_over = wants_fragment(request) and not is_busy
    return respond(
        request,
        "contacts/source.html",
        "contacts/_source.html",
        context,
        status=_STOP_POLLING if is_over and status == 200 else status,
    )


@sensitive_post_parameters("secret")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def source_sign_in(request: MemberRequest, source_id: UUID) -> HttpResponse:
    """Another password, name or address."""
    one = access.source_for(request.user, source_id)
    preset = BY_KEY.get(one.preset) or of_kind(SourceKind(one.kind))[-1]
    if request.method != "POST":
        return _connect_page(request, preset, ConnectForm(preset=preset, source=one), source=one)
    form = ConnectForm(request.POST, preset=preset, source=one)
    if not form.is_valid():
        return _connect_page(request, preset, form, source=one, status=422)
    connecting.sign_in_again(source=one, now=timezone.now(), **form.told())
    ring(tasks.freshen, str(one.id))
    return redirect("contacts:source", one.id)


@login_required
@require_POST
def source_choose(request: MemberRequest, source_id: UUID) -> HttpResponse:
    """Which address books or folders."""
    one = access.source_for(request.user, source_id)
    form = PartsForm(request.POST, source=one, parts=queries.parts_of(one))
    if not form.is_valid():
        return _page(request, one, form=form, status=422)
    connecting.choose(source=one, part_ids=form.cleaned_data["parts"], writes=form.wanted_writes, now=timezone.now())
    ring(tasks.freshen, str(one.id))
    return redirect("contacts:source", one.id)


@login_required
@require_POST
def source_look(request: MemberRequest, source_id: UUID) -> HttpResponse:
    """Look now."""
    one = access.source_for(request.user, source_id)
    if connecting.look_now(source=one, now=timezone.now()):
        ring(tasks.freshen, str(one.id))
    elif one.state == SourceState.PAUSED:
        messages.info(request, "It is paused. Go on with it first.")
    else:
        messages.info(request, "Kith looked less than a minute ago.")
    return redirect("contacts:source", one.id)


@login_required
@require_POST
def source_gone(request: MemberRequest, source_id: UUID) -> HttpResponse:
    """Most of its cards are gone, and that is meant so."""
    one = access.source_for(request.user, source_id)
    if connecting.really_gone(source=one, now=timezone.now()):
        ring(tasks.freshen, str(one.id))
    return redirect("contacts:source", one.id)


@login_required
@require_POST
def source_pause(request: MemberRequest, source_id: UUID) -> HttpResponse:
    """Leave the server alone."""
    one = access.source_for(request.user, source_id)
    if connecting.pause(source=one):
        messages.success(request, f"{one.title} is paused. Nothing is read or written until you go on with it.")
    return redirect("contacts:source", one.id)


@login_required
@require_POST
def source_resume(request: MemberRequest, source_id: UUID) -> HttpResponse:
    """Go on."""
    one = access.source_for(request.user, source_id)
    if connecting.resume(source=one, now=timezone.now()):
        ring(tasks.freshen, str(one.id))
    return redirect("contacts:source", one.id)


@login_required
@require_POST
def source_disconnect(request: MemberRequest, source_id: UUID) -> HttpResponse:
    """Forget it; the people stay."""
    one = access.source_for(request.user, source_id)
    connecting.disconnect(source=one)
    messages.success(request, f"{one.title} is disconnected, and its password is deleted. Your people stay.")
    return redirect("contacts:sources")


def _connect_page(
    request: MemberRequest, preset: Preset, form: ConnectForm, *, source: Source | None = None, status: int = 200
) -> HttpResponse:
    context = {"preset": preset, "form": form, "one": source, "is_books": preset.kind == SourceKind.CARDDAV}
    return render(request, "contacts/source_connect.html", context, status=status)
