"""One URL, page or fragment."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django_htmx.middleware import HtmxDetails


def wants_fragment(request: HttpRequest) -> bool:
    """Whether htmx asked for a part of the page, and not for a whole one (boosted, or restored from history)."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def respond(
    request: HttpRequest, page: str, fragment: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render `fragment` for htmx and `page`, which includes that fragment, for everybody else."""
    response = render(request, fragment if wants_fragment(request) else page, dict(context), status=status)
    response["Vary"] = "HX-Request"
    return response
