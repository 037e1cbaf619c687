"""Contact with a person: noted by one button, corrected, taken back."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from contacts import access
from contacts.forms.evidence import ContactForm, LogForm
from contacts.models import Direction, InteractionKind
from contacts.services import interactions
from netapp.accounts.types import MemberRequest


@login_required
@require_POST
def contact_log(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """Just now."""
    person = access.person_for(request.user, person_id)
    form = LogForm(request.POST)
    if form.is_valid():
        now = timezone.now()
        kind = InteractionKind(form.cleaned_data["kind"])
        made = interactions.log_contact(person=person, kind=kind, happened_at=now, now=now)
        undo = reverse("contacts:contact_take_back", args=[made.id])
        messages.success(request, f"Noted: {kind.label.lower()}, today.", extra_tags=f"undo:{undo}")
    return redirect("contacts:person", person.id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def contact_edit(request: MemberRequest, interaction_id: UUID) -> HttpResponse:
    """Day, direction and note of a contact."""
    interaction = access.interaction_for(request.user, interaction_id)
    initial = {
        "kind": interaction.kind,
        "direction": interaction.direction,
        "happened_at": interaction.happened_at,
        "note": interaction.note,
    }
    form = ContactForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        moment = form.cleaned_data["happened_at"]
        # The field shows minutes; a moment that was not touched keeps its seconds, and its place in the timeline.
        if "happened_at" not in form.changed_data:
            moment = interaction.happened_at
        interactions.change_contact(
            interaction=interaction,
            kind=InteractionKind(form.cleaned_data["kind"]),
            direction=Direction(form.cleaned_data["direction"]),
            happened_at=moment,
            note=form.cleaned_data["note"],
            now=timezone.now(),
        )
        messages.success(request, "Saved.")
        return redirect("contacts:person", interaction.person_id)
    status = 422 if form.is_bound else 200
    context = {"form": form, "interaction": interaction, "person": interaction.person}
    return render(request, "contacts/contact_form.html", context, status=status)


@login_required
@require_POST
def contact_remove(request: MemberRequest, interaction_id: UUID) -> HttpResponse:
    """Out of the timeline; it can be undone."""
    interaction = access.interaction_for(request.user, interaction_id)
    change = interactions.remove_contact(interaction=interaction, now=timezone.now())
    undo = reverse("contacts:undo", args=[change.id])
    messages.success(request, "Removed from the timeline.", extra_tags=f"undo:{undo}")
    return redirect("contacts:person", interaction.person_id)


@login_required
@require_POST
def contact_take_back(request: MemberRequest, interaction_id: UUID) -> HttpResponse:
    """Undo of a contact just noted."""
    interaction = access.interaction_for(request.user, interaction_id)
    interactions.remove_contact(interaction=interaction, now=timezone.now())
    messages.info(request, "Taken back.")
    return redirect("contacts:person", interaction.person_id)
