"""Small things about requests."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def safe_next(request: HttpRequest, *, default: str) -> str:
    """Where the form wants to go back to (its field `next`), if that is a page of this site; otherwise `default`."""
    url = request.POST.get("next", "")
    if url.startswith("/") and url_has_allowed_host_and_scheme(
        url, allowed_hosts=set(), require_https=settings.IS_HTTPS
    ):
        return url
    return default
