"""What imports go by: what never comes in, the member's own addresses, and what the columns of tables mean."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from contacts import access, tasks
from contacts.forms.columns import ColumnsForm
from contacts.forms.import_rules import BlockForm, OwnAddressForm
from contacts.models import ImportState
from contacts.queries import import_rules as queries
from contacts.services.imports import blocking, columns, own, uploading
from netapp.accounts.queries import verified_addresses
from netapp.accounts.types import MemberRequest
from netapp.lib.bell import ring


@login_required
@require_safe
def import_rules(request: MemberRequest) -> HttpResponse:
    """The page."""
    return _page(request, BlockForm(), OwnAddressForm())


@login_required
@require_POST
def block(request: MemberRequest) -> HttpResponse:
    """Keep something out."""
    form = BlockForm(request.POST)
    if form.is_valid():
        try:
            one = blocking.block(owner=request.user, text=form.cleaned_data["text"])
        except blocking.CannotBlock as reason:
            form.add_error("text", str(reason))
        else:
            messages.success(request, f"{queries.words(one)} stays out of every import from now on.")
            return redirect("contacts:import_rules")
    return _page(request, form, OwnAddressForm())


@login_required
@require_POST
def unblock(request: MemberRequest, blocked_id: UUID) -> HttpResponse:
    """Let something in again; it can be undone."""
    one = access.blocked_for(request.user, blocked_id)
    said = f"{queries.words(one)} may come in again."
    change = blocking.unblock(blocked=one)
    messages.success(request, said, extra_tags=f"undo:{reverse('contacts:undo', args=[change.id])}")
    return redirect("contacts:import_rules")


@login_required
@require_POST
def own_add(request: MemberRequest) -> HttpResponse:
    """Name an own address."""
    form = OwnAddressForm(request.POST)
    if form.is_valid():
        try:
            own.name_own(owner=request.user, address=form.cleaned_data["address"])
        except own.NotAnAddress as reason:
            form.add_error("address", str(reason))
        else:
            messages.success(request, "Kith knows this address as yours from now on.")
            return redirect("contacts:import_rules")
    return _page(request, BlockForm(), form)


@login_required
@require_POST
def own_remove(request: MemberRequest, own_id: UUID) -> HttpResponse:
    """It is not the member's own."""
    one = access.own_address_for(request.user, own_id)
    one.delete()
    messages.success(request, f"{one.address} is not taken for yours any more.")
    return redirect("contacts:import_rules")


@login_required
@require_POST
def columns_forget(request: MemberRequest, mapping_id: UUID) -> HttpResponse:
    """Ask again what the columns of such tables mean."""
    access.column_mapping_for(request.user, mapping_id).delete()
    messages.success(request, "Forgotten. Kith asks again when it meets such a table.")
    return redirect("contacts:import_rules")


@login_required
@require_POST
def import_own(request: MemberRequest, import_id: UUID) -> HttpResponse:
    """Say of an address in a preview that it is one's own, and look at the preview anew."""
    one = access.import_for(request.user, import_id)
    form = OwnAddressForm(request.POST)
    try:
        if form.is_valid():
            own.name_own(owner=request.user, address=form.cleaned_data["address"])
            uploading.compare_again(one=one)
            ring(tasks.run_import, str(one.id))
    except own.NotAnAddress as reason:
        messages.error(request, str(reason))
    return redirect("contacts:import", one.id)


@login_required
@require_POST
def import_columns(request: MemberRequest, import_id: UUID) -> HttpResponse:
    """Say what the columns of an upload's tables mean."""
    one = access.import_for(request.user, import_id)
    if one.state != ImportState.MAPPING:
        messages.info(request, "That was said already.")
        return redirect("contacts:import", one.id)
    forms_ = [ColumnsForm(request.POST, table) for table in columns.tables(one)]
    faults = [form.errors for form in forms_ if not form.is_valid()]
    if not faults:
        mappings = {form.table.file.id: form.mapping() for form in forms_}
        if columns.explain(one=one, mappings=mappings):
            ring(tasks.run_import, str(one.id))
        return redirect("contacts:import", one.id)
    return render(request, "contacts/import.html", {"one": one, "tables": forms_}, status=422)


def _page(request: MemberRequest, block_form: forms.Form, own_form: forms.Form) -> HttpResponse:
    context = {
        "block_form": block_form,
        "own_form": own_form,
        "verified": verified_addresses(request.user),
        **queries.rules(request.user),
    }
    is_refused = bool(block_form.errors or own_form.errors)
    return render(request, "contacts/import_rules.html", context, status=422 if is_refused else 200)
