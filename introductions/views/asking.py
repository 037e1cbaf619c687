"""Asking: choosing whom, writing the note, looking at it as the friend will, sending."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from contacts.access import person_for, shared_card
from contacts.models import Person, Relation
from introductions import access, letters, notes, queries
from introductions.forms import AskForm
from introductions.lifecycle import OPEN, MoveNotAllowed, Party, State
from introductions.models import Consent, Introduction, Seat
from introductions.services import introductions as services
from netapp.accounts.models import User
from netapp.accounts.types import MemberRequest


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """Ask for an introduction to somebody: first through whom, then what to say."""
    target, name = _target(request.user, person_id)
    if target.owner_id == request.user.id and target.relation == Relation.KNOWN:
        messages.info(request, f"You know {name} already: write to them yourself.")
        return redirect("contacts:person", target.id)
    here = Introduction.objects.filter(owner=request.user, target=target, shown_state__in=sorted(OPEN)).first()
    if here is not None:
        if here.shown_state != State.DRAFT:
            messages.info(request, f"You have asked for an introduction to {name} already.")
        return redirect("introductions:introduction", here.id)
    introducer = _introducer(request, target)
    if introducer is None:
        return _choose(request, target, name)
    seat = _seat(request)
    about = _about(request.user, target, name, introducer, seat)
    initial = {"seat": seat, "message": notes.draft_message(about), "note": notes.draft_note(about)}
    form = AskForm(
        request.POST or None,
        initial=initial,
        member=request.user,
        friend=about.introducer_first,
        target=notes.first_name(name),
    )
    if request.method == "POST" and form.is_valid():
        try:
            introduction = services.draft(
                owner=request.user,
                target=target,
                introducer=introducer,
                seat=form.cleaned_data["seat"],
                message=form.cleaned_data["message"],
                note=form.cleaned_data["note"],
                now=timezone.now(),
            )
        except services.CannotAsk as error:
            form.add_error(None, str(error))
        else:
            return redirect("introductions:introduction", introduction.id)
    candidate = queries.candidate(request.user, target, introducer)
    context = {
        "form": form,
        "candidate": candidate,
        "target": target,
        "name": name,
        "obstacle": _obstacle(request.user, candidate, target),
    }
    return render(request, "introductions/ask.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: MemberRequest, introduction_id: UUID) -> HttpResponse:
    """Change a draft."""
    introduction = access.introduction_for(request.user, introduction_id)
    if introduction.shown_state != State.DRAFT or introduction.introducer is None:
        return redirect("introductions:introduction", introduction.id)
    introducer = _introducer(request, introduction.target) or introduction.introducer
    initial = {"seat": introduction.seat, "message": introduction.message, "note": introduction.note}
    form = AskForm(
        request.POST or None,
        initial=initial,
        member=request.user,
        friend=notes.first_name(introducer.full_name),
        target=notes.first_name(introduction.target_name),
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.revise(
                introduction=introduction,
                introducer=introducer,
                seat=form.cleaned_data["seat"],
                message=form.cleaned_data["message"],
                note=form.cleaned_data["note"],
                now=timezone.now(),
            )
        except services.CannotAsk as error:
            form.add_error(None, str(error))
        except services.Overtaken:
            return redirect("introductions:introduction", introduction.id)
        else:
            return redirect("introductions:introduction", introduction.id)
    candidate = (
        queries.candidate(request.user, introduction.target, introducer) if introduction.target is not None else None
    )
    context = {"form": form, "candidate": candidate, "name": introduction.target_name, "introduction": introduction}
    return render(request, "introductions/ask.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def send(request: MemberRequest, introduction_id: UUID) -> HttpResponse:
    """Send it to the friend. What is missing is said on the page with the draft."""
    introduction = access.introduction_for(request.user, introduction_id)
    try:
        services.send(introduction=introduction, now=timezone.now())
    except (services.CannotAsk, notes.NoteNotReady) as error:
        messages.error(request, str(error))
    except (MoveNotAllowed, services.Overtaken):
        messages.info(request, "It is sent already.")
    else:
        messages.success(request, f"{introduction.introducer_name} is asked. You hear from Kith when there is news.")
    return redirect("introductions:introduction", introduction.id)


def preview(introduction: Introduction) -> dict[str, Any]:
    """What the friend will read: the letter's own template, before there is a letter."""
    question = Consent(introduction=introduction, party=Party.INTRODUCER, name=introduction.introducer_name)
    return letters.question_context(question)


def _target(member: User, person_id: UUID) -> tuple[Person, str]:
    """The card to ask about, the member's own or one shared with them, and its name. Raises Http404."""
    try:
        own = person_for(member, person_id)
    except Http404:
        card = shared_card(member, person_id, timezone.now())
        # Only for its id: what is shown of it is `card`, not this row.
        return Person.objects.only("id", "owner_id", "relation").get(id=card.person_id), card.name
    return own, own.full_name


def _introducer(request: MemberRequest, target: Person | None) -> Person | None:
    """Whom the address names, if it is somebody the member can name. Raises Http404 for anybody else's card."""
    raw = request.GET.get("introducer", "")
    if not raw:
        return None
    try:
        person = person_for(request.user, UUID(raw))
    except ValueError:
        raise Http404("No such person.") from None
    return None if target is not None and person.id == target.id else person


def _seat(request: MemberRequest) -> Seat | None:
    try:
        return access.seat_for(request.user, UUID(request.GET["seat"])) if request.GET.get("seat") else None
    except ValueError:
        raise Http404("No such seat.") from None


def _choose(request: MemberRequest, target: Person, name: str) -> HttpResponse:
    words = request.GET.get("q", "")
    context = {
        "name": name,
        "target": target,
        "candidates": queries.candidates(request.user, target),
        "words": words,
        "people": [
            queries.candidate(request.user, target, one)
            for one in queries.known_people(request.user, words)
            if one.id != target.id
        ]
        if words
        else [],
        "seat": request.GET.get("seat", ""),
    }
    return render(request, "introductions/choose.html", context)


def _about(member: User, target: Person, name: str, introducer: Person, seat: Seat | None) -> notes.About:
    """What the first draft is made of. Of a shared card only what is shared is used."""
    role, organisation = target.role, target.organisation
    if target.owner_id != member.id:
        card = shared_card(member, target.id, timezone.now())
        role, organisation = card.role, card.organisation
    return notes.About(
        asker=member.name or "[your name]",
        asker_first=member.first_name,
        introducer_first=notes.first_name(introducer.full_name),
        target=name,
        target_role=role,
        target_organisation=organisation,
        objective=seat.objective.title if seat else "",
        why=seat.objective.why if seat else "",
        seat=seat.title if seat else "",
    )


def _obstacle(member: User, candidate: queries.Candidate, target: Person) -> str:
    """What stands in the way of asking this friend, said before anything is written."""
    try:
        services.check_introducer(owner=member, introducer=candidate.person, target=target)
    except services.CannotAsk as error:
        return str(error)
    return ""
