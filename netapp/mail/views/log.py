"""The member's own mail log."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from netapp.accounts.types import MemberRequest
from netapp.mail import queries

_LETTERS_A_PAGE = 50


@login_required
@never_cache
@require_safe
def mail_log(request: MemberRequest) -> HttpResponse:
    """Every letter sent for the member: to whom, what, when, and what went wrong."""
    letters = Paginator(queries.mail_log(request.user), _LETTERS_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "mail_pages/log.html", {"page": letters})
