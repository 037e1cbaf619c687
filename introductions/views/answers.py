"""The answer page: opened from a mail without an account, or in the dashboard by a member. Both act on the same rows.

GET shows and changes nothing, since mail scanners follow links; only the POST of a button answers. The page of the mail
is exempt from the CSRF check: it needs no session and works without cookies, and whoever could forge its POST would
have to know the token, which is the very secret that opens it.
"""

from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from introductions import access, letters
from introductions.forms import AnswerForm
from introductions.lifecycle import Party, State
from introductions.models import Answer, Consent, ConsentState
from introductions.services import addresses, answering
from introductions.services.addresses import Typing
from netapp.accounts.types import MemberRequest

LOOK = "look"
"""The button that shows what the other person will see, with the line typed so far; it answers nothing."""


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "OPTIONS", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """From the mail. A link that is unknown, withdrawn or has run out shows the same page, and nothing of anybody."""
    try:
        question = access.consent_for(token)
    except Http404:
        return _private(render(request, "introductions/answer_gone.html", status=404))
    if not answering.is_shown(question, timezone.now()):
        return _private(render(request, "introductions/answer_gone.html", status=410))
    here = reverse("introductions:answer", args=[token])
    return _private(_show_or_take(request, question, here, "introductions/answer.html"))


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def asked(request: MemberRequest, consent_id: UUID) -> HttpResponse:
    """The same in the dashboard, for a question put to one of the member's verified addresses."""
    question = access.consent_of(request.user, consent_id)
    if not answering.is_shown(question, timezone.now()):
        raise Http404("No such question.")
    here = reverse("introductions:asked", args=[consent_id])
    return _show_or_take(request, question, here, "introductions/asked.html")


def _show_or_take(request: HttpRequest, question: Consent, here: str, page: str) -> HttpResponse:
    typing = Typing.NEEDLESS if question.is_target else addresses.typing(question)
    if request.method != "POST":
        form = AnswerForm(question=question, typing=typing)
        return render(request, page, _context(question, form, typing))
    if request.POST.get("answer") == LOOK:
        form = AnswerForm(initial=request.POST.dict(), question=question, typing=typing)
        return render(request, page, {**_context(question, form, typing), "is_looking": True})
    form = AnswerForm(request.POST, question=question, typing=typing)
    # Somebody who answered before is shown what they said then, whatever the second click was.
    if question.state == ConsentState.ASKED:
        if not form.is_valid():
            return render(request, page, _context(question, form, typing), status=422)
        try:
            _take(question, form)
        except (addresses.AddressNeeded, addresses.AddressUnusable) as error:
            form.add_error("target_email" if "target_email" in form.fields else None, str(error))
            return render(request, page, _context(question, form, typing), status=422)
        except answering.NoLongerAsked:
            # The page that follows says so.
            pass
    return redirect(here)


def _take(question: Consent, form: AnswerForm) -> None:
    data = form.cleaned_data
    answering.answer(
        consent_id=question.id,
        answer=Answer(data["answer"]),
        word=data["word"],
        word_is_shared=data["word_is_shared"],
        added=data.get("added", ""),
        target_email=data.get("target_email", ""),
        now=timezone.now(),
    )


def _context(question: Consent, form: AnswerForm, typing: Typing) -> dict[str, Any]:
    introduction = question.introduction
    asker = letters.names(introduction)["asker"]
    target = Consent(introduction=introduction, party=Party.TARGET, name=introduction.target_name)
    line = str(form["added"].value() or "") if "added" in form.fields else ""
    note = introduction.note
    return {
        **letters.question_context(question),
        "form": form,
        "typing": typing.value,
        "is_target": question.is_target,
        "is_open": question.state == ConsentState.ASKED,
        "answer": question.answer,
        # These two alone: that it came to nothing is told to no one but the asker.
        "is_withdrawn": introduction.state == State.WITHDRAWN,
        "is_introduced": introduction.introduced_at is not None,
        # What the target would read: the letter's own template, with the line as far as it is typed.
        "letter": None if question.is_target else letters.question_context(target, added=line),
        "mailto": "mailto:?" + urlencode({"subject": f"{asker}, a friend of mine", "body": note}, quote_via=quote),
        "stop": letters.stop_link(question),
    }


def _private(response: HttpResponse) -> HttpResponse:
    """The address of the page is a secret: it goes to no other site, into no cache and no search engine."""
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store, private"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
