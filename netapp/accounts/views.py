"""The member's own pages. Log-in, addresses and passwords are django-allauth's (/account/…)."""

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from netapp.accounts import services
from netapp.accounts.forms import DeleteAccountForm, SettingsForm
from netapp.accounts.models import User
from netapp.accounts.queries import verified_addresses
from netapp.accounts.types import MemberRequest


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: MemberRequest) -> HttpResponse:
    """Name, zone, country, looks and hours, and the way to everything else about the account."""
    # A copy: a refused form must not change the name that the rest of the page shows.
    member = User.objects.get(pk=request.user.pk)
    form = SettingsForm(request.POST or None, instance=member)
    if request.method == "POST" and form.is_valid():
        services.change_settings(member=form.save(commit=False))
        messages.success(request, "Your settings are saved.")
        return redirect("accounts:settings")
    context = {"form": form, "addresses": verified_addresses(request.user)}
    return render(request, "accounts/settings.html", context, status=422 if form.is_bound else 200)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: MemberRequest) -> HttpResponse:
    """Delete the account, for good."""
    form = DeleteAccountForm(request.POST or None, member=request.user)
    if request.method == "POST" and form.is_valid() and _knows_password(request, form):
        services.delete_account(member=request.user, now=timezone.now())
        logout(request)
        messages.success(request, "Your account and everything in it is deleted.")
        return redirect("account_login")
    return render(request, "accounts/delete.html", {"form": form}, status=422 if form.is_bound else 200)


def _knows_password(request: MemberRequest, form: DeleteAccountForm) -> bool:
    try:
        # allauth's own check, as it counts wrong guesses.
        if get_adapter(request).reauthenticate(request.user, form.cleaned_data["password"]):
            return True
        form.add_error("password", "This is not your password.")
    except ValidationError as error:
        form.add_error("password", error)
    return False
