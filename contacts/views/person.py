"""One person: the page, adding, editing, putting away."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts import access
from contacts.forms.cards import QuickForm, seen
from contacts.forms.details import GivesForm, PhotoForm, TiesForm
from contacts.forms.evidence import LayerForm
from contacts.forms.fields import cadence_words
from contacts.forms.whole import CardForms
from contacts.handles import HandleKind
from contacts.models import Handle, InteractionKind, Layer, Person, Reach, Relation
from contacts.queries import person as queries
from contacts.quick import read_line
from contacts.services import people, strengths
from contacts.services.duplicates.following import where_now
from contacts.services.handles import read_handles, try_again
from netapp.accounts.types import MemberRequest
from netapp.lib.http import came_from


@login_required
@require_safe
def person(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """Everything about somebody. The address of a card that was merged away leads to the one it is part of."""
    try:
        card = access.person_for(request.user, person_id)
    except Http404:
        into = where_now(owner_id=request.user.pk, person_id=person_id)
        if into == person_id:
            raise
        return redirect("contacts:person", access.person_for(request.user, into).id)
    return person_page(request, card)


def person_page(
    request: MemberRequest,
    card: Person,
    *,
    gives: GivesForm | None = None,
    ties: TiesForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of a card, with what was typed into one of its forms where that cannot be saved."""
    handles = list(card.handles.all())
    page = request.GET.get("page", "1")
    introduced, introduced_count = queries.met_through(card)
    context = {
        "person": card,
        "handles": handles,
        "mail_to": _first(handles, HandleKind.EMAIL),
        "call_to": _first(handles, HandleKind.PHONE),
        "twins": queries.same_handles(
            request.user, [(handle.kind, handle.normalised) for handle in handles], besides=card.id
        ),
        "timeline": queries.timeline(card, int(page) if page.isascii() and page.isdecimal() and len(page) < 6 else 1),
        "known": queries.known_to(card),
        "introduced": introduced,
        "introduced_count": introduced_count,
        "reminders": queries.open_reminders(card),
        "cadence": cadence_words(card.cadence_days).lower() if card.cadence_days else "",
        "birthday": queries.birthday(card),
        "other_dates": queries.other_dates(card),
        "gives": gives or GivesForm(initial={"needs": card.needs, "offers": card.offers}),
        "ties": ties or TiesForm(present=card.tie_kinds),
        "photo_form": PhotoForm(),
        "layers": Layer.choices,
        "kinds": [kind for kind in InteractionKind if kind is not InteractionKind.EVENT],
        "only_me": card.reach == Reach.ONLY_ME,
        "now": timezone.now(),
    }
    return render(request, "contacts/person.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def person_add(request: MemberRequest) -> HttpResponse:
    """A new card."""
    if request.method != "POST":
        wanted = request.GET.get("relation") == Relation.WANTED
        initial = {"relation": Relation.WANTED if wanted else Relation.KNOWN}
        return _form_page(request, CardForms(member=request.user, initial=initial))
    forms = CardForms(request.POST, member=request.user)
    if not forms.is_valid():
        return _form_page(request, forms, status=422)
    card = people.add_person(
        owner=request.user, fields=forms.fields(), handles=forms.handle_inputs(), now=timezone.now(), typed=True
    )
    messages.success(request, f"{card.full_name} is in your book.")
    return redirect("contacts:person", card.id)


@login_required
@require_POST
def person_quick(request: MemberRequest) -> HttpResponse:
    """Read one typed line and show what was understood; nothing is saved yet."""
    quick = QuickForm(request.POST)
    if not quick.is_valid():
        return redirect("contacts:person_add")
    read = read_line(quick.cleaned_data["line"], country=request.user.country)
    through = queries.named(request.user, read.through) if read.through else []
    # Nobody in the book, or several, of that name: the words stay, as how they met.
    story = "" if len(through) == 1 or not read.through else f"through {read.through}"
    initial = {
        "full_name": read.full_name,
        "role": read.role,
        "organisation": read.organisation,
        "place": read.place,
        "tags": ", ".join(read.tags),
        "tie_kinds": read.tie_kinds,
        "needs": read.needs,
        "offers": read.offers,
        "how_met": ", ".join(part for part in (read.how_met, story) if part),
        "met_through": queries.label_of(through[0]) if len(through) == 1 else "",
        "notes": read.notes,
    }
    handles = [{"value": handle.value} for handle in read.handles]
    forms = CardForms(member=request.user, initial=initial, handles=handles)
    keys = [handle.key for handle in read_handles(read.handles, request.user.country)]
    context = {"twins": queries.same_handles(request.user, keys), "line": quick.cleaned_data["line"]}
    return _form_page(request, forms, context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def person_edit(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """Change a card. What was saved in another window meanwhile is shown before it is overwritten."""
    card = access.person_for(request.user, person_id)
    context = {"person": card}
    if request.method != "POST":
        return _form_page(request, CardForms(member=request.user, person=card), context)
    forms = CardForms(request.POST, member=request.user, person=card)
    if not forms.is_valid():
        return _form_page(request, forms, context, status=422)
    if moved := forms.form.moved_since():
        # What was typed stays; the mark of the state that it was typed over is brought up to date.
        again = request.POST.copy()
        again["seen_at"] = seen(card)
        forms.form.data = again
        return _form_page(request, forms, {**context, "moved": moved}, status=422)
    handles = forms.handle_inputs() if forms.handles.has_changed() else None
    people.update_person(person=card, fields=forms.fields(), handles=handles, now=timezone.now(), typed=True)
    messages.success(request, "Saved.")
    return redirect("contacts:person", card.id)


@login_required
@require_POST
def handle_again(request: MemberRequest, handle_id: UUID) -> HttpResponse:
    """Mail to that address is to be tried again."""
    handle = access.handle_for(request.user, handle_id)
    if try_again(handle=handle):
        messages.success(request, f"Kith writes to {handle.value} again.")
    return redirect("contacts:person", handle.person_id)


@login_required
@require_POST
def person_archive(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """Put aside."""
    card = access.person_for(request.user, person_id)
    people.archive_person(person=card, now=timezone.now())
    _say_with_undo(request, f"{card.full_name} is archived.", "contacts:person_unarchive", card)
    return redirect("contacts:person", card.id)


@login_required
@require_POST
def person_unarchive(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """Take back into the lists."""
    card = access.person_for(request.user, person_id)
    people.unarchive_person(person=card, now=timezone.now())
    messages.success(request, f"{card.full_name} is back in your lists.")
    return redirect("contacts:person", card.id)


@login_required
@require_POST
def person_delete(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """Out of the book; it can be undone for thirty days."""
    card = access.person_for(request.user, person_id)
    people.delete_person(person=card, now=timezone.now())
    _say_with_undo(request, f"{card.full_name} is deleted.", "contacts:person_restore", card)
    return redirect("contacts:people")


@login_required
@require_POST
def person_restore(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """Undo a deletion."""
    card = access.deleted_person_for(request.user, person_id)
    people.restore_person(person=card, now=timezone.now())
    return redirect("contacts:person", card.id)


@login_required
@require_POST
def person_layer(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """The member's own word on how close somebody is."""
    card = access.person_for(request.user, person_id)
    form = LayerForm(request.POST)
    if form.is_valid():
        layer = form.cleaned_data["layer"]
        strengths.state_layer(person=card, layer=Layer(layer) if layer else None, now=timezone.now())
    return redirect(came_from(request, default=reverse("contacts:person", args=[card.id])))


@login_required
@require_POST
def person_known(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """We have met."""
    card = access.person_for(request.user, person_id)
    people.update_person(person=card, fields={"relation": Relation.KNOWN}, now=timezone.now(), typed=True)
    _say_with_undo(request, f"You know {card.full_name} now.", "contacts:person_wanted", card)
    return redirect("contacts:person", card.id)


@login_required
@require_POST
def person_wanted(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """Not met yet after all."""
    card = access.person_for(request.user, person_id)
    people.update_person(person=card, fields={"relation": Relation.WANTED}, now=timezone.now(), typed=True)
    return redirect("contacts:person", card.id)


def _first(handles: list[Handle], kind: HandleKind) -> str:
    return next((handle.normalised for handle in handles if handle.kind == kind and not handle.is_failing), "")


def _say_with_undo(request: MemberRequest, text: str, name: str, card: Person) -> None:
    messages.success(request, text, extra_tags=f"undo:{reverse(name, args=[card.id])}")


def _form_page(
    request: MemberRequest, forms: CardForms, context: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    page = {"forms": forms, "form": forms.form, "rows": forms.handles, "quick": QuickForm(), **(context or {})}
    return render(request, "contacts/person_form.html", page, status=status)
