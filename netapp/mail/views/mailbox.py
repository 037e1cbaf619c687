"""The local mailbox: every mail that a site on this computer has sent, so that each side can be played by its links."""

from pathlib import Path

from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from netapp.mail import local_mailbox
from netapp.mail.local_mailbox import Mail

_FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
    "sandbox allow-popups allow-top-navigation-by-user-activation"
)
_LOOPBACK = frozenset({"127.0.0.1", "::1"})


@never_cache
@require_safe
def mails(request: HttpRequest) -> HttpResponse:
    """The list, newest first; `?to=` shows one reader's."""
    folder = _folder(request)
    recipient = request.GET.get("to", "").strip().lower()
    everything = local_mailbox.newest(folder)
    context = {
        "mails": [mail for mail in everything if not recipient or recipient in mail.recipients],
        "readers": sorted({reader for mail in everything for reader in mail.recipients}),
        "recipient": recipient,
    }
    return render(request, "mail_pages/mailbox.html", context)


@never_cache
@require_safe
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]
def mail(request: HttpRequest, key: str) -> HttpResponse:
    """One mail: its plain text with links to follow, and its HTML in a frame."""
    return render(request, "mail_pages/mailbox_mail.html", {"mail": _find(request, key)})


@never_cache
@require_safe
@xframe_options_sameorigin
def html_part(request: HttpRequest, key: str) -> HttpResponse:
    """The HTML part as a mail program would show it: in an origin of its own, without scripts, fetching nothing."""
    # Links lead out of the frame, or the page they open would stand inside it.
    answer = HttpResponse(_find(request, key).html.replace("<head>", '<head><base target="_top">', 1))
    # Set here, the site's own policy is left out altogether.
    answer["Content-Security-Policy"] = _FRAME_POLICY
    return answer


def _folder(request: HttpRequest) -> Path:
    if not settings.LOCAL_MAILBOX or request.META.get("REMOTE_ADDR") not in _LOOPBACK:
        raise Http404("No mailbox here.")
    folder: Path = settings.LOCAL_MAILBOX
    return folder


def _find(request: HttpRequest, key: str) -> Mail:
    found = local_mailbox.find(_folder(request), key)
    if found is None:
        raise Http404("No such mail.")
    return found
