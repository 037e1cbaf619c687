"""Introductions: the list, one of them, and what its asker can do."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from introductions import access, notes, queries
from introductions.forms import OutcomeForm, TellForm
from introductions.lifecycle import MoveNotAllowed, State
from introductions.services import answering
from introductions.services import introductions as services
from introductions.views.asking import preview
from netapp.accounts.types import MemberRequest

A_PAGE = 30


@login_required
@require_safe
def introductions(request: MemberRequest) -> HttpResponse:
    """Mine, by who has the ball, and those I am asked to make."""
    now = timezone.now()
    in_hand = queries.in_hand(request.user)
    page = Paginator(queries.over(request.user), A_PAGE).get_page(request.GET.get("page"))
    asked = [one for one in queries.asked_of(request.user)[:A_PAGE] if answering.is_shown(one, now)]
    context = {
        "needs_me": [one for one in in_hand if one.needs_me],
        "moving": [one for one in in_hand if not one.needs_me],
        "over": [queries.view(one) for one in page],
        "page": page,
        "to_answer": [one for one in asked if one.state == "asked"],
        "answered": [one for one in asked if one.state != "asked"],
    }
    return render(request, "introductions/introductions.html", context)


@login_required
@require_safe
def introduction(request: MemberRequest, introduction_id: UUID) -> HttpResponse:
    """One of mine: where it stands, what happened, what can be done."""
    row = access.introduction_for(request.user, introduction_id)
    return _page(request, row.id)


@login_required
@require_POST
def withdraw(request: MemberRequest, introduction_id: UUID) -> HttpResponse:
    """Take it back; a draft is thrown away."""
    row = access.introduction_for(request.user, introduction_id)
    try:
        services.withdraw(introduction=row, now=timezone.now())
    except (MoveNotAllowed, services.Overtaken):
        messages.info(request, "That is not possible any more.")
    else:
        was_sent = row.shown_state != State.DRAFT
        said = "Withdrawn. Whoever was asked is told that nothing is needed." if was_sent else "Thrown away."
        messages.success(request, said)
    return redirect("introductions:introduction", row.id)


@login_required
@require_POST
def talked(request: MemberRequest, introduction_id: UUID) -> HttpResponse:
    """We talked."""
    row = access.introduction_for(request.user, introduction_id)
    try:
        services.talked(introduction=row, now=timezone.now())
    except (MoveNotAllowed, services.Overtaken):
        messages.info(request, "That was noted already.")
    else:
        messages.success(request, "Good. That is noted as a contact.")
    return redirect("introductions:introduction", row.id)


@login_required
@require_POST
def close(request: MemberRequest, introduction_id: UUID) -> HttpResponse:
    """What came of it."""
    row = access.introduction_for(request.user, introduction_id)
    form = OutcomeForm(request.POST)
    if not form.is_valid():
        return _page(request, row.id, outcome_form=form)
    try:
        services.close(
            introduction=row,
            outcome=form.cleaned_data["outcome"],
            was_worth_it=form.cleaned_data["was_worth_it"],
            now=timezone.now(),
        )
    except (MoveNotAllowed, services.Overtaken):
        messages.info(request, "It is closed already.")
    else:
        messages.success(request, "Closed.")
    return redirect("introductions:introduction", row.id)


@login_required
@require_POST
def tell(request: MemberRequest, introduction_id: UUID) -> HttpResponse:
    """Tell the introducer what came of it."""
    row = access.introduction_for(request.user, introduction_id)
    form = TellForm(request.POST)
    if not form.is_valid():
        return _page(request, row.id, tell_form=form)
    try:
        services.tell_introducer(introduction=row, line=form.cleaned_data["line"], now=timezone.now())
    except services.NothingToTell as error:
        messages.info(request, str(error))
    else:
        messages.success(request, f"{row.introducer_name} is told.")
    return redirect("introductions:introduction", row.id)


def _page(
    request: MemberRequest,
    introduction_id: UUID,
    *,
    outcome_form: OutcomeForm | None = None,
    tell_form: TellForm | None = None,
) -> HttpResponse:
    row = access.introduction_for(request.user, introduction_id)
    view = queries.view(row)
    is_draft = view.shown is State.DRAFT
    came_to_nothing = view.shown in (State.DECLINED, State.WITHDRAWN)
    context = {
        "it": view,
        "seat": row.seat if row.seat and row.seat.objective.deleted_at is None else None,
        "note": row.note,
        "message": row.message,
        "words": notes.word_count(row.note),
        "outcome": row.outcome,
        "was_worth_it": row.was_worth_it,
        "timeline": queries.timeline(row),
        "shared_words": queries.shared_words(row),
        "letter": preview(row) if is_draft else None,
        "sender": request.user.name,
        "came_back": queries.mail_came_back(row),
        "next_best": queries.next_introducer(row) if came_to_nothing else None,
        "target_id": row.target_id,
        "can_tell": queries.can_tell(row),
        "outcome_form": outcome_form or OutcomeForm(),
        "tell_form": tell_form or TellForm(),
    }
    return render(request, "introductions/introduction.html", context, status=422 if outcome_form or tell_form else 200)
