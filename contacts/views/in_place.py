"""What can be changed on a person's page itself."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from contacts import access
from contacts.forms.details import GivesForm, TiesForm
from contacts.models import Person
from contacts.services.in_place import change_in_place
from contacts.views.person import person_page
from netapp.accounts.types import MemberRequest


@login_required
@require_POST
def person_gives(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """What they need and what they can give."""
    card = access.person_for(request.user, person_id)
    form = GivesForm(request.POST)
    if not form.is_valid():
        return person_page(request, card, gives=form, status=422)
    return _changed(request, card, form.cleaned_data, "Noted what they need and can give.")


@login_required
@require_POST
def person_ties(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """How the two know each other."""
    card = access.person_for(request.user, person_id)
    form = TiesForm(request.POST, present=card.tie_kinds)
    if not form.is_valid():
        return person_page(request, card, ties=form, status=422)
    return _changed(request, card, {"tie_kinds": form.kinds()}, "Noted how you know each other.")


def _changed(request: MemberRequest, card: Person, fields: dict[str, Any], said: str) -> HttpResponse:
    change = change_in_place(person=card, fields=fields, now=timezone.now())
    if change is None:
        messages.info(request, "That is how it was already.")
    else:
        messages.success(request, said, extra_tags=f"undo:{reverse('contacts:undo', args=[change.id])}")
    return redirect("contacts:person", card.id)
