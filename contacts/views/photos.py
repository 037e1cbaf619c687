"""Photos on cards: shown to their owner alone, put there, taken off."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from contacts import access
from contacts.forms.details import PhotoForm
from contacts.services import photos
from netapp.accounts.types import MemberRequest

# The address names the content, so whoever has it need not ask again; nobody between us and the member may keep it.
_KEPT = "private, max-age=31536000, immutable"


@login_required
@require_safe
def photo(request: MemberRequest, person_id: UUID, photo_key: str) -> HttpResponse:
    """The picture itself, as nothing but a picture."""
    found = access.photo_for(request.user, person_id, photo_key)
    return HttpResponse(
        bytes(found.content),
        content_type=found.media_type,
        headers={
            "Cache-Control": _KEPT,
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Content-Disposition": 'inline; filename="photo.jpg"',
            "Cross-Origin-Resource-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
        },
    )


@login_required
@require_POST
def photo_choose(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """Put an uploaded picture on the card."""
    card = access.person_for(request.user, person_id)
    form = PhotoForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, next(str(error) for errors in form.errors.values() for error in errors))
        return redirect("contacts:person", card.id)
    file = form.cleaned_data["photo"]
    try:
        change = photos.choose_photo(person=card, data=file.read(photos.MAX_BYTES + 1), now=timezone.now())
    except photos.NotAPhoto as error:
        messages.error(request, str(error))
    else:
        _say(request, "The photo is on the card.", change.id if change else None)
    return redirect("contacts:person", card.id)


@login_required
@require_POST
def photo_remove(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """Leave the card without one."""
    card = access.person_for(request.user, person_id)
    change = photos.take_off_photo(person=card, now=timezone.now())
    _say(request, "The photo is taken off.", change.id if change else None)
    return redirect("contacts:person", card.id)


def _say(request: MemberRequest, text: str, change_id: UUID | None) -> None:
    undo = f"undo:{reverse('contacts:undo', args=[change_id])}" if change_id else ""
    messages.success(request, text, extra_tags=undo)
