"""Small things about requests."""

from urllib.parse import urlsplit

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


def came_from(request: HttpRequest, *, default: str) -> str:
    """The page of this site on which the button stood: its field `next`, else the Referer, else `default`."""
    url = safe_next(request, default="")
    if url:
        return url
    parts = urlsplit(request.headers.get("Referer", ""))
    if parts.netloc == request.get_host() and parts.path.startswith("/") and not parts.path.startswith("//"):
        return f"{parts.path}?{parts.query}" if parts.query else parts.path
    return default
