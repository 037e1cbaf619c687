"""Whom a person knows."""

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
from contacts.forms.evidence import AcquaintanceForm
from contacts.models import Acquaintance, Closeness, Person
from contacts.queries import searching
from contacts.queries.person import known_to
from contacts.services import acquaintances
from netapp.accounts.types import MemberRequest
from netapp.lib.htmx import respond
from netapp.lib.http import came_from

_SHOWN = 12


@login_required
@require_safe
def acquaintance_find(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """Search among one's people for somebody whom this person knows."""
    person = access.person_for(request.user, person_id)
    text = request.GET.get("q", "")[:200]
    known = {one.person.id for one in known_to(person)}
    found = searching.found(member=request.user, text=text, limit=_SHOWN, exclude=[person.id])
    context = {"person": person, "text": text, "found": found, "known": known}
    return respond(request, "contacts/acquaintance_find.html", "contacts/_acquaintance_found.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def acquaintance_add(request: MemberRequest, person_id: UUID, other_id: UUID) -> HttpResponse:
    """These two know each other: how well, and how does the member know?"""
    person = access.person_for(request.user, person_id)
    other = access.person_for(request.user, other_id)
    if person.id == other.id:
        raise Http404
    a, b = acquaintances.in_order(person, other)
    existing = Acquaintance.objects.filter(a=a, b=b).first()
    return _form(request, person, other, existing)


@login_required
@require_POST
def acquaintance_forget(request: MemberRequest, acquaintance_id: UUID) -> HttpResponse:
    """Out of the book; it can be undone."""
    acquaintance = access.acquaintance_for(request.user, acquaintance_id)
    change = acquaintances.forget_acquaintance(acquaintance=acquaintance, now=timezone.now())
    undo = reverse("contacts:undo", args=[change.id])
    said = f"{acquaintance.a.full_name} and {acquaintance.b.full_name}: forgotten."
    messages.success(request, said, extra_tags=f"undo:{undo}")
    return redirect(came_from(request, default=reverse("contacts:person", args=[acquaintance.a_id])))


def _form(request: MemberRequest, person: Person, other: Person, existing: Acquaintance | None) -> HttpResponse:
    initial: dict[str, Any] = {"closeness": Closeness.UNKNOWN}
    if existing is not None:
        initial = {
            "closeness": Closeness(existing.closeness),
            "tie_kinds": existing.tie_kinds,
            "evidence": existing.evidence,
            "evidence_date": existing.evidence_date,
        }
    form = AcquaintanceForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        closeness = Closeness(form.cleaned_data["closeness"])
        acquaintances.record_acquaintance(
            owner=request.user,
            one=person,
            other=other,
            closeness=closeness,
            tie_kinds=form.kinds(),
            evidence=form.cleaned_data["evidence"],
            evidence_date=form.cleaned_data["evidence_date"],
            now=timezone.now(),
        )
        how = "do not know each other well enough" if closeness is Closeness.NONE else "know each other"
        messages.success(request, f"Noted: {person.full_name} and {other.full_name} {how}.")
        return redirect("contacts:person", person.id)
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "person": person, "other": other, "existing": existing}
    return render(request, "contacts/acquaintance_form.html", context, status=status)
