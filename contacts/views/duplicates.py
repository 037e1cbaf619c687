"""Duplicates: pairs that may be one human, merging them, telling them apart, and taking either back."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts import access
from contacts.forms.fields import IdsField
from contacts.forms.merging import picks_in, seen_in
from contacts.models import Person
from contacts.queries import duplicates as queries
from contacts.queries import searching
from contacts.services.duplicates import telling
from contacts.services.duplicates.following import where_now
from contacts.services.duplicates.merging import AT_ONCE, in_order_of_age, merge, merge_certain
from contacts.services.duplicates.moving import CannotMerge
from contacts.services.duplicates.unmerging import CannotUnmerge, Unmerged, unmerge
from netapp.accounts.types import MemberRequest
from netapp.lib.htmx import respond, wants_fragment
from netapp.lib.http import came_from

_SHOWN = 12


@login_required
@require_safe
def duplicates(request: MemberRequest) -> HttpResponse:
    """Who may be one human, side by side."""
    number = request.GET.get("page", "1")
    page = queries.proposals(
        member=request.user, number=int(number) if number.isascii() and number.isdecimal() and len(number) < 6 else 1
    )
    _, certain = queries.certain(member=request.user, limit=0)
    context = {
        "page": page,
        "pairs": queries.side_by_side(list(page.object_list)),
        "certain": certain,
        "merges": queries.merged_lately(request.user),
        "apart": queries.told_apart(request.user),
    }
    return render(request, "contacts/duplicates.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def duplicates_certain(request: MemberRequest) -> HttpResponse:
    """All that nobody would doubt: shown first, then merged with one click, and undone with one."""
    if request.method != "POST":
        found, count = queries.certain(member=request.user, limit=AT_ONCE)
        context = {"pairs": queries.side_by_side(found), "count": count, "most": AT_ONCE}
        return render(request, "contacts/duplicates_certain.html", context)
    ids = IdsField(required=False).clean(request.POST.getlist("pairs"))
    done, left_out = merge_certain(owner_id=request.user.pk, lookalike_ids=ids, now=timezone.now())
    if done:
        undo = reverse("contacts:merges_undo", args=[done[0].together])
        said = "1 pair is one card now." if len(done) == 1 else f"{len(done)} pairs are one card each now."
        messages.success(request, said, extra_tags=f"undo:{undo}")
    else:
        messages.info(request, "Nothing was ticked, so nothing was merged." if not ids else "Nothing was merged.")
    if left_out:
        messages.info(request, f"{left_out} could not be merged. Look at them one by one.")
    return redirect("contacts:duplicates")


@login_required
@require_safe
def merge_find(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """Search among one's people for another card of somebody."""
    person = access.person_for(request.user, person_id)
    text = request.GET.get("q", "")[:200]
    wanted = text if "q" in request.GET else person.full_name
    found = searching.found(member=request.user, text=wanted, limit=_SHOWN, exclude=[person.id])
    context = {"person": person, "text": text, "found": found}
    return respond(request, "contacts/merge_find.html", "contacts/_merge_found.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def merge_two(request: MemberRequest, person_id: UUID, other_id: UUID) -> HttpResponse:
    """Two cards side by side, field by field; POST makes them one."""
    if request.method == "POST" and (card := _one_already(request, person_id, other_id)):
        messages.info(request, "They are one card already.")
        return _go(request, reverse("contacts:person", args=[card]))
    one, other = _two(request, person_id, other_id)
    if request.method != "POST":
        return _side_by_side(request, one, other)
    survivor, gone = in_order_of_age(one, other)
    try:
        done = merge(
            owner_id=request.user.pk,
            survivor_id=survivor.id,
            gone_id=gone.id,
            picks=picks_in(request.POST),
            seen_at=seen_in(request.POST),
            now=timezone.now(),
        )
    except CannotMerge as error:
        return _refused(request, one, other, str(error))
    undo = reverse("contacts:merge_undo", args=[done.id])
    name = done.survivor.full_name
    if wants_fragment(request):
        context = {"said": f"{one.full_name} and {other.full_name} are one card now.", "undo": undo, "card": survivor}
        return render(request, "contacts/_duplicate_done.html", context)
    messages.success(request, f"{name} is one card now.", extra_tags=f"undo:{undo}")
    if request.POST.get("next"):
        return redirect(came_from(request, default=reverse("contacts:duplicates")))
    return redirect("contacts:person", survivor.id)


@login_required
@require_POST
def not_the_same(request: MemberRequest, person_id: UUID, other_id: UUID) -> HttpResponse:
    """These are two people; they are not proposed again."""
    one, other = _two(request, person_id, other_id)
    told = telling.tell_apart(one=one, other=other)
    undo = reverse("contacts:apart_take_back", args=[told.id])
    said = f"{one.full_name} and {other.full_name} stay two people."
    if wants_fragment(request):
        return render(request, "contacts/_duplicate_done.html", {"said": said, "undo": undo})
    messages.success(request, said, extra_tags=f"undo:{undo}")
    return redirect(came_from(request, default=reverse("contacts:duplicates")))


@login_required
@require_POST
def apart_take_back(request: MemberRequest, told_id: UUID) -> HttpResponse:
    """They may be one human after all."""
    telling.take_back(told=access.told_apart_for(request.user, told_id))
    messages.success(request, "Taken back. Kith looks at the two again within a minute or so.")
    return redirect("contacts:duplicates")


@login_required
@require_POST
def merge_undo(request: MemberRequest, merge_id: UUID) -> HttpResponse:
    """Take two merged cards apart again."""
    row = access.merge_for(request.user, merge_id)
    try:
        parted = unmerge(merge=row, now=timezone.now())
    except CannotUnmerge as error:
        messages.error(request, str(error))
        return redirect("contacts:duplicates")
    if parted is None:
        messages.info(request, "They are two cards already.")
    else:
        messages.success(request, _told(parted))
    return redirect(came_from(request, default=reverse("contacts:duplicates")))


@login_required
@require_POST
def merges_undo(request: MemberRequest, together_id: UUID) -> HttpResponse:
    """Take apart whatever was merged by one click, the last first."""
    rows = list(access.merges_together(request.user, together_id))
    if not rows:
        raise Http404
    count = 0
    for row in rows:
        try:
            count += unmerge(merge=row, now=timezone.now()) is not None
        except CannotUnmerge as error:
            messages.error(request, str(error))
    if count:
        messages.success(request, "Taken apart again." if count == 1 else f"{count} pairs are taken apart again.")
    else:
        messages.info(request, "They are taken apart already.")
    return redirect("contacts:duplicates")


def _two(request: MemberRequest, person_id: UUID, other_id: UUID) -> tuple[Person, Person]:
    one, other = access.person_for(request.user, person_id), access.person_for(request.user, other_id)
    if one.id == other.id:
        raise Http404
    return one, other


def _side_by_side(
    request: MemberRequest, one: Person, other: Person, *, fault: str = "", status: int = 200
) -> HttpResponse:
    context = {"pair": queries.pair_of(one, other, picks_in(request.POST)), "fault": fault}
    return respond(request, "contacts/merge.html", "contacts/_duplicate.html", context, status=status)


def _refused(request: MemberRequest, one: Person, other: Person, fault: str) -> HttpResponse:
    """Both cards as they are now, with what was picked; or, where one is gone, the list."""
    there = [get_object_or_404(Person, id=card.id, owner=request.user) for card in (one, other)]
    if any(card.deleted_at for card in there):
        messages.info(request, fault)
        return _go(request, reverse("contacts:duplicates"))
    return _side_by_side(request, *_two(request, one.id, other.id), fault=fault, status=422)


def _one_already(request: MemberRequest, person_id: UUID, other_id: UUID) -> UUID | None:
    """The card that both are part of, where they were merged before: the second click."""
    ids = {where_now(owner_id=request.user.pk, person_id=card) for card in (person_id, other_id)}
    return ids.pop() if len(ids) == 1 and person_id != other_id else None


def _go(request: MemberRequest, url: str) -> HttpResponse:
    """Somewhere else altogether, from a part of the page too."""
    return HttpResponse(status=204, headers={"HX-Redirect": url}) if wants_fragment(request) else redirect(url)


def _told(parted: Unmerged) -> str:
    """What taking apart did, and what it left."""
    said = f"{parted.survivor.full_name} and {parted.gone.full_name} are two cards again."
    if parted.stayed:
        said += f" What came since stays with {parted.survivor.full_name}: {', '.join(parted.stayed)}."
    if parted.kept:
        said += f" You changed these since, so they stay: {', '.join(parted.kept).lower()}."
    return said
