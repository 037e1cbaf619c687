"""Lists of people that are kept under a name."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from contacts import access
from contacts.forms.lists import KeepForm, PeopleForm
from contacts.models import SavedFilter
from contacts.queries import people as queries
from contacts.services import filters
from netapp.accounts.types import MemberRequest
from netapp.lib.http import came_from


@login_required
@require_safe
def lists(request: MemberRequest) -> HttpResponse:
    """All of them, to rename and remove."""
    return _page(request)


@login_required
@require_POST
def list_keep(request: MemberRequest) -> HttpResponse:
    """Keep what the address asks for."""
    asked = PeopleForm(request.GET).asked()
    back = f"{reverse('contacts:people')}?{asked}".rstrip("?")
    form = KeepForm(request.POST)
    if not form.is_valid():
        messages.error(request, next(str(error) for errors in form.errors.values() for error in errors))
        return redirect(back)
    try:
        saved = filters.save_filter(owner=request.user, name=form.cleaned_data["name"], query=asked)
    except filters.TooMany:
        messages.error(request, f"You keep {filters.MOST} lists already. Remove one first.")
    else:
        messages.success(request, f"“{saved.name}” is kept. It fills itself: whoever fits later is on it too.")
    return redirect(back)


@login_required
@require_POST
def list_rename(request: MemberRequest, filter_id: UUID) -> HttpResponse:
    """Call it otherwise."""
    saved = access.saved_filter_for(request.user, filter_id)
    form = KeepForm(request.POST)
    if form.is_valid():
        try:
            filters.rename_filter(saved=saved, name=form.cleaned_data["name"])
        except filters.NameTaken:
            form.add_error("name", "Another list has this name.")
    if form.errors:
        return _page(request, wrong=saved, form=form, status=422)
    messages.success(request, f"It is called “{saved.name}” now.")
    return redirect("contacts:lists")


@login_required
@require_POST
def list_remove(request: MemberRequest, filter_id: UUID) -> HttpResponse:
    """Forget it; it can be undone, and nobody on it is touched."""
    saved = access.saved_filter_for(request.user, filter_id)
    change = filters.remove_filter(saved=saved)
    undo = f"undo:{reverse('contacts:undo', args=[change.id])}"
    messages.success(request, f"The list “{saved.name}” is removed. The people stay.", extra_tags=undo)
    return redirect(came_from(request, default=reverse("contacts:lists")))


def _page(
    request: MemberRequest, *, wrong: SavedFilter | None = None, form: KeepForm | None = None, status: int = 200
) -> HttpResponse:
    rows = [
        (
            saved,
            form if form and wrong == saved else KeepForm(initial={"name": saved.name}, auto_id=f"id_{saved.id}_%s"),
        )
        for saved in queries.saved_filters(request.user)
    ]
    return render(request, "contacts/lists.html", {"rows": rows, "form": form}, status=status)


def _naming(saved: SavedFilter) -> KeepForm:
    return KeepForm(initial={"name": saved.name}, auto_id=f"id_{saved.id}_%s")
