"""Introductions: the list, one of them, and what its asker can do."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts.services.connections import CannotInvite
from introductions import access, choosing, favours, notes, queries
from introductions.forms import LimitsForm, OutcomeForm, TellForm
from introductions.lifecycle import MoveNotAllowed, State
from introductions.models import AskingLimit
from introductions.services import answering, asking_limits, connecting
from introductions.services import introductions as services
from introductions.views.asking import obstacle, preview
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
def replied(request: MemberRequest, introduction_id: UUID) -> HttpResponse:
    """They wrote back."""
    row = access.introduction_for(request.user, introduction_id)
    try:
        services.replied(introduction=row, now=timezone.now())
    except MoveNotAllowed:
        messages.info(request, "That was noted already.")
    else:
        messages.success(request, f"Good. Say so once you have talked with {row.target_name}.")
    return redirect("introductions:introduction", row.id)


@login_required
@require_POST
def connect_target(request: MemberRequest, introduction_id: UUID) -> HttpResponse:
    """Offer to connect to whom I was introduced."""
    row = access.introduction_for(request.user, introduction_id)
    if not connecting.may_offer(introduction=row):
        raise Http404("No such introduction.")
    try:
        messages.success(request, connecting.offer_to_target(introduction=row, now=timezone.now()))
    except CannotInvite as error:
        messages.info(request, str(error))
    return redirect("introductions:introduction", row.id)


@login_required
@require_safe
def favours_page(request: MemberRequest) -> HttpResponse:
    """Favours given and received: a record of kindness, no account of debts."""
    return render(request, "introductions/favours.html", {"favours": favours.favours_of(request.user)})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def limits_page(request: MemberRequest) -> HttpResponse:
    """How often I want to be asked."""
    mine = AskingLimit.objects.filter(owner=request.user).first()
    defaults = LimitsForm.defaults()
    initial = {name: getattr(mine, name) for name in defaults} if mine else defaults
    form = LimitsForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        asking_limits.set_limits(member=request.user, **form.cleaned_data)
        messages.success(request, "Kith keeps to that from now on.")
        return redirect("introductions:limits")
    return render(request, "introductions/limits.html", {"form": form}, status=422 if form.errors else 200)


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
        services.tell_introducers(introduction=row, line=form.cleaned_data["line"], now=timezone.now())
    except services.NothingToTell as error:
        messages.info(request, str(error))
    else:
        messages.success(request, f"{queries.view(row).through} {'is' if row.introducer_count == 1 else 'are'} told.")
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
    next_best = choosing.next_candidate(row, timezone.now()) if came_to_nothing else None
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
        "obstacle": obstacle(row) if is_draft else "",
        "sender": request.user.name,
        "came_back": queries.mail_came_back(row),
        "next_best": next_best,
        "target_id": row.target_id,
        "can_tell": queries.can_tell(row),
        "told": row.told,
        "may_connect": connecting.may_offer(introduction=row),
        "outcome_form": outcome_form or OutcomeForm(),
        "tell_form": tell_form or TellForm(),
    }
    return render(request, "introductions/introduction.html", context, status=422 if outcome_form or tell_form else 200)
