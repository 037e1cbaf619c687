"""Asking: choosing whom, writing the note, looking at it as the friend will, sending."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
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
from introductions import access, choosing, limits, notes
from introductions.forms import AskForm
from introductions.lifecycle import MOST_INTRODUCERS, OPEN, MoveNotAllowed, Party, State
from introductions.models import Consent, Introduction, Seat
from introductions.notes import first_name
from introductions.parties import question_context
from introductions.services import introductions as services
from netapp.accounts.models import User
from netapp.accounts.types import MemberRequest


@dataclass(frozen=True, slots=True)
class Chain:
    """Those who are to be asked in turn: the first is a card of the member's own, the others may be shared ones."""

    first: Person
    then: Sequence[Person]
    names: Sequence[str]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """Ask for an introduction to somebody: first through whom, then what to say."""
    now = timezone.now()
    target, name = _card(request.user, person_id)
    if target.owner_id == request.user.id and target.relation == Relation.KNOWN:
        messages.info(request, f"You know {name} already: write to them yourself.")
        return redirect("contacts:person", target.id)
    here = Introduction.objects.filter(owner=request.user, target=target, shown_state__in=sorted(OPEN)).first()
    if here is not None:
        if here.shown_state != State.DRAFT:
            messages.info(request, f"You have asked for an introduction to {name} already.")
        return redirect("introductions:introduction", here.id)
    chain = _chain(request, target)
    if chain is None:
        return _choose(request, target, name)
    seat = _seat(request)
    candidate = choosing.candidate(request.user, target, chain.first, now)
    about = _about(request.user, target, name, chain, seat)
    reasons = _reasons(request.user, chain, target)
    initial = {"seat": seat, "message": notes.draft_message(about), "note": notes.draft_note(about), **reasons}
    form = _form(request, chain, name, initial, seat)
    if request.method == "POST" and form.is_valid():
        try:
            introduction = services.draft(
                owner=request.user, target=target, introducer=chain.first, then=chain.then, now=now, **_written(form)
            )
        except services.CannotAsk as error:
            form.add_error(None, str(error))
        else:
            return redirect("introductions:introduction", introduction.id)
    context = {
        "form": form,
        "candidate": candidate,
        "target": target,
        "name": name,
        "further": chain.names[1:],
        "obstacle": _obstacle(request.user, chain.first, target, name),
        "week": limits.week_of(request.user, now=now),
    }
    return render(request, "introductions/ask.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: MemberRequest, introduction_id: UUID) -> HttpResponse:
    """Change a draft."""
    introduction = access.introduction_for(request.user, introduction_id)
    if introduction.shown_state != State.DRAFT or introduction.introducer is None:
        return redirect("introductions:introduction", introduction.id)
    questions = list(introduction.consents.select_related("person").order_by("position"))
    then = [one.person for one in questions[1:-1] if one.person is not None]
    chain = Chain(introduction.introducer, then, introduction.introducer_names)
    seat = introduction.seat
    initial = {"seat": seat, "message": introduction.message, "note": introduction.note}
    initial |= {f"because_{one.position}": one.because for one in questions}
    form = _form(request, chain, introduction.target_name, initial, seat)
    if request.method == "POST" and form.is_valid():
        try:
            services.revise(
                introduction=introduction,
                introducer=chain.first,
                then=chain.then,
                now=timezone.now(),
                **_written(form),
            )
        except services.CannotAsk as error:
            form.add_error(None, str(error))
        except services.Overtaken:
            return redirect("introductions:introduction", introduction.id)
        else:
            return redirect("introductions:introduction", introduction.id)
    candidate = None
    if introduction.target is not None:
        candidate = choosing.candidate(request.user, introduction.target, chain.first, timezone.now())
    context = {
        "form": form,
        "candidate": candidate,
        "name": introduction.target_name,
        "further": chain.names[1:],
        "introduction": introduction,
    }
    return render(request, "introductions/ask.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def send(request: MemberRequest, introduction_id: UUID) -> HttpResponse:
    """Send it to the friend. What is missing is said on the page with the draft."""
    introduction = access.introduction_for(request.user, introduction_id)
    try:
        services.send(introduction=introduction, now=timezone.now())
    except (services.CannotAsk, notes.NoteNotReady) as error:
        # What the page says anyhow is not said twice.
        if str(error) != obstacle(introduction):
            messages.error(request, str(error))
    except (MoveNotAllowed, services.Overtaken):
        messages.info(request, "It is sent already.")
    else:
        messages.success(request, f"{introduction.introducer_name} is asked. You hear from Kith when there is news.")
    return redirect("introductions:introduction", introduction.id)


def preview(introduction: Introduction) -> dict[str, Any]:
    """What the friend will read: the letter's own template, before there is a letter."""
    first = introduction.consents.filter(position=0).first()
    question = Consent(
        introduction=introduction,
        position=0,
        party=Party.INTRODUCER,
        name=introduction.introducer_name,
        because=first.because if first else "",
    )
    return question_context(question)


def obstacle(introduction: Introduction) -> str:
    """What stands in the way of sending a draft, as far as its asker may know; empty where nothing does."""
    if introduction.introducer is None or introduction.target is None:
        return ""
    return _obstacle(introduction.owner, introduction.introducer, introduction.target, introduction.target_name)


def _form(
    request: MemberRequest, chain: Chain, target_name: str, initial: dict[str, Any], seat: Seat | None
) -> AskForm:
    names = [first_name(one) for one in (*chain.names, target_name)]
    return AskForm(request.POST or None, initial=initial, member=request.user, names=names, chosen=seat)


def _written(form: AskForm) -> dict[str, Any]:
    data = form.cleaned_data
    return {
        "seat": data["seat"],
        "message": data["message"],
        "note": data["note"],
        "because": form.because,
    }


def _card(member: User, person_id: UUID) -> tuple[Person, str]:
    """A card, the member's own or one shared with them, and its name. Raises Http404."""
    try:
        own = person_for(member, person_id)
    except Http404:
        card = shared_card(member, person_id, timezone.now())
        # Only for its id: what is shown of it is `card`, not this row.
        return Person.objects.only("id", "owner_id", "relation", "deleted_at").get(id=card.person_id), card.name
    return own, own.full_name


def _chain(request: MemberRequest, target: Person) -> Chain | None:
    """Those whom the address names, if the member can name them; None where it names nobody, or the target. Raises
    Http404 for anybody else's card."""
    raw = request.GET.get("introducer", "")
    if not raw:
        return None
    try:
        first = person_for(request.user, UUID(raw))
        ids = [UUID(one) for one in request.GET.getlist("then")[: MOST_INTRODUCERS - 1]]
    except ValueError:
        raise Http404("No such person.") from None
    then = [_card(request.user, id_) for id_ in ids]
    everybody = {first.id, target.id, *ids}
    if len(everybody) < 2 + len(ids):
        return None
    return Chain(first, [card for card, _ in then], [first.full_name, *(name for _, name in then)])


def _reasons(member: User, chain: Chain, target: Person) -> dict[str, str]:
    """How each knows the next, from what the member wrote down, to begin with. What another member shares is no word of
    theirs to pass on."""
    row = [chain.first, *chain.then, target]
    pairs = list(pairwise(row))
    written = choosing.written_down(member, pairs)
    return {f"because_{position}": reason for position, reason in enumerate(written)}


def _seat(request: MemberRequest) -> Seat | None:
    try:
        return access.seat_for(request.user, UUID(request.GET["seat"])) if request.GET.get("seat") else None
    except ValueError:
        raise Http404("No such seat.") from None


def _choose(request: MemberRequest, target: Person, name: str) -> HttpResponse:
    words, now = request.GET.get("q", ""), timezone.now()
    context = {
        "name": name,
        "target": target,
        "candidates": choosing.candidates(request.user, target, now),
        "words": words,
        "people": choosing.candidates_among(
            request.user,
            target,
            [one for one in choosing.known_people(request.user, words) if one.id != target.id] if words else [],
            now,
        ),
        "seat": request.GET.get("seat", ""),
    }
    return render(request, "introductions/choose.html", context)


def _about(member: User, target: Person, name: str, chain: Chain, seat: Seat | None) -> notes.About:
    """What the first draft is made of. Of a shared card only what is shared is used."""
    role, organisation = target.role, target.organisation
    if target.owner_id != member.id:
        card = shared_card(member, target.id, timezone.now())
        role, organisation = card.role, card.organisation
    return notes.About(
        asker=member.name or "[your name]",
        asker_first=member.first_name,
        introducer_first=first_name(chain.names[0]),
        by_way_of=[first_name(one) for one in chain.names[1:]],
        target=name,
        target_role=role,
        target_organisation=organisation,
        objective=seat.objective.title if seat else "",
        why=seat.objective.why if seat else "",
        seat=seat.title if seat else "",
    )


def _obstacle(member: User, introducer: Person, target: Person, name: str) -> str:
    """What stands in the way of asking this friend, said before anything is written."""
    try:
        services.check_introducer(owner=member, introducer=introducer, target=target)
        services.check_limits(owner=member, introducer=introducer, target=target, name=name, now=timezone.now())
    except services.CannotAsk as error:
        return str(error)
    return ""
