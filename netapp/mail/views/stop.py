"""Stop pages: opened from a mail, without an account, a script or a cookie of ours having to be there."""

from datetime import timedelta

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from netapp.mail import suppression
from netapp.mail.models import StopLink
from netapp.mail.suppression import Scope, Stopped

_SALT = "kith.mail.undo-stop"
_UNDO_WITHIN = timedelta(days=1)


@never_cache
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows what can be stopped and what is; POST `stop=kind|member|site` stops, POST `undo=<proof>` takes it back.

    A stop can be taken back only from the page that it led to: the link itself gets around, in quoted replies.
    """
    link = _link(token)
    if request.method in ("GET", "HEAD"):
        return _page(request, link)
    if request.method != "POST":
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    if proof := request.POST.get("undo"):
        return _page(request, link, is_undone=_undo(link, proof))
    scope = request.POST.get("stop")
    if scope not in suppression.scopes(link):
        return _page(request, link, status=422)
    return _page(request, link, stopped=suppression.stop(link, Scope(scope)))


@csrf_exempt  # The mail program's own button (RFC 8058) has no cookie; the token is what it shows.
@never_cache
def stop_now(request: HttpRequest, token: str) -> HttpResponse:
    """What List-Unsubscribe points to. POST stops at once; whoever opens it in a browser gets the page with the choice.

    A link that is known no more is answered alike: there is nobody left who could write.
    """
    if request.method != "POST":
        return redirect("mail:stop", token)
    if request.POST.get("List-Unsubscribe") != "One-Click":
        return HttpResponse("Expected List-Unsubscribe=One-Click.\n", status=400, content_type="text/plain")
    if link := suppression.link_for(token):
        suppression.stop(link, suppression.one_click_scope(link))
    return HttpResponse("You will get no more of these letters.\n", content_type="text/plain")


def _link(token: str) -> StopLink:
    link = suppression.link_for(token)
    if link is None:
        raise Http404("No such stop link.")
    return link


def _undo(link: StopLink, proof: str) -> bool:
    try:
        suppression_id = signing.loads(proof, salt=_SALT + link.digest, max_age=_UNDO_WITHIN)
    except signing.BadSignature:
        return False
    return suppression.allow_again(link, suppression_id)


def _page(
    request: HttpRequest,
    link: StopLink,
    *,
    stopped: Stopped | None = None,
    is_undone: bool | None = None,
    status: int = 200,
) -> HttpResponse:
    in_force = suppression.in_force(link)
    reached = {_scope_of(one.member_digest, one.kind) for one in in_force}
    context = {
        "choices": [] if Scope.SITE in reached else [one for one in suppression.scopes(link) if one not in reached],
        "in_force": sorted(reached, key=list(Scope).index),
        "stopped": stopped,
        "undo": _proof(link, stopped) if stopped and stopped.is_new else "",
        "is_undone": is_undone,
        "is_own": link.is_own,
        "member_name": link.member.display_name if link.member else "",
        "subject": link.letter.subject if link.letter else "",
    }
    return render(request, "mail_pages/stop.html", context, status=status)


def _proof(link: StopLink, stopped: Stopped) -> str:
    return signing.dumps(str(stopped.suppression.id), salt=_SALT + link.digest)


def _scope_of(member_digest: str, kind: str) -> Scope:
    if member_digest:
        return Scope.MEMBER
    return Scope.KIND if kind else Scope.SITE
