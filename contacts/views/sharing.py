"""Sharing: connections, invitations, and what others see."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts.queries import connections as queries
from contacts.services import connections
from netapp.accounts.types import MemberRequest


class InviteForm(forms.Form):
    """Whom to connect with."""

    email = forms.EmailField(
        label="Their e-mail address",
        help_text="Kith writes to them once, in your name. They need an account to accept.",
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sharing(request: MemberRequest) -> HttpResponse:
    """The page; POST invites."""
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            connections.invite(inviter=request.user, email=form.cleaned_data["email"], now=timezone.now())
        except connections.CannotInvite as reason:
            form.add_error("email", str(reason))
        else:
            messages.success(request, f"{form.cleaned_data['email']} is invited.")
            return redirect("contacts:sharing")
    context = {
        "form": form,
        "in_force": queries.in_force(member=request.user),
        "invitations": queries.invitations_to(member=request.user),
        "invited": queries.invited_by(member=request.user),
        "counts": queries.shared_counts(member=request.user),
    }
    return render(request, "contacts/sharing.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def seen_by(request: MemberRequest, connection_id: UUID) -> HttpResponse:
    """See what Bob would see."""
    one = queries.connection_for(request.user, connection_id)
    cards = queries.as_seen_by(member=request.user, other=one.other, now=timezone.now())
    page = Paginator(cards, 50).get_page(request.GET.get("page"))
    return render(request, "contacts/seen_by.html", {"other": one.other, "page": page})


@login_required
@require_POST
def accept(request: MemberRequest, connection_id: UUID) -> HttpResponse:
    """Agree to be connected."""
    invitation = queries.invitation_for(request.user, connection_id)
    if connections.accept(connection=invitation, member=request.user, now=timezone.now()):
        messages.success(request, f"You and {invitation.inviter.display_name} are connected.")
    return redirect("contacts:sharing")


@login_required
@require_POST
def decline(request: MemberRequest, connection_id: UUID) -> HttpResponse:
    """Rather not; they are not told."""
    connections.decline(connection=queries.invitation_for(request.user, connection_id), now=timezone.now())
    messages.success(request, "Declined. They are not told.")
    return redirect("contacts:sharing")


@login_required
@require_POST
def withdraw(request: MemberRequest, connection_id: UUID) -> HttpResponse:
    """Take an invitation back."""
    connections.withdraw(connection=queries.sent_invitation_for(request.user, connection_id), now=timezone.now())
    messages.success(request, "The invitation is withdrawn.")
    return redirect("contacts:sharing")


@login_required
@require_POST
def end(request: MemberRequest, connection_id: UUID) -> HttpResponse:
    """End a connection."""
    one = queries.connection_for(request.user, connection_id)
    connections.end(connection=one.connection, now=timezone.now())
    messages.success(request, f"You and {one.other.display_name} are no longer connected.")
    return redirect("contacts:sharing")
