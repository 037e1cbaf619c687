"""The answer page: opened from a mail without an account, or in the dashboard by a member. Both act on the same rows.

GET shows and changes nothing, since mail scanners follow links; only the POST of a button answers. The page of the mail
is exempt from the CSRF check: it needs no session and works without cookies, and whoever could forge its POST would
have to know the token, which is the very secret that opens it.
"""

from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from contacts.services.connections import CannotInvite
from introductions import access, letters, parties, queries
from introductions.forms import AddressForm, AnswerForm
from introductions.lifecycle import Party, State
from introductions.models import Answer, Consent, ConsentState
from introductions.services import addresses, answering, connecting, lost_mail
from introductions.services.addresses import Typing
from netapp.accounts.models import User
from netapp.accounts.types import MemberRequest

LOOK = "look"
"""The button that shows what the next person will see, with the line typed so far; it answers nothing."""
ADDRESS = "address"
"""The button of somebody who gives another address for the next one, after the mail to them came back."""
PASSED_ON = "passed_on"
"""The button of somebody who passes the note on themselves: it is done."""


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
    # Days as in the mail: by the clocks of whoever asks.
    with timezone.override(question.introduction.owner.zone):
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
    return _show_or_take(request, question, here, "introductions/asked.html", member=request.user)


@login_required
@require_POST
def connect_asker(request: MemberRequest, consent_id: UUID) -> HttpResponse:
    """A member who was introduced to another offers to connect."""
    question = access.consent_of(request.user, consent_id)
    if not connecting.may_offer(introduction=question.introduction, question=question):
        raise Http404("No such question.")
    try:
        messages.success(request, connecting.offer_to_asker(question=question, member=request.user, now=timezone.now()))
    except CannotInvite as error:
        messages.info(request, str(error))
    return redirect("introductions:asked", consent_id)


def _show_or_take(
    request: HttpRequest, question: Consent, here: str, page: str, *, member: User | None = None
) -> HttpResponse:
    typing = Typing.NEEDLESS if question.is_target else addresses.typing(question)
    if request.method != "POST":
        form = AnswerForm(question=question, typing=typing)
        return render(request, page, _context(question, form, typing, member))
    if request.POST.get("answer") == LOOK:
        form = AnswerForm(initial=request.POST.dict(), question=question, typing=typing)
        return render(request, page, {**_context(question, form, typing, member), "is_looking": True})
    if request.POST.get("answer") == PASSED_ON:
        with suppress(answering.NoLongerAsked):
            answering.passed_on(consent_id=question.id, now=timezone.now())
        return redirect(here)
    if request.POST.get("answer") == ADDRESS:
        return _take_address(request, question, here, page, member)
    form = AnswerForm(request.POST, question=question, typing=typing)
    # Somebody who answered before is shown what they said then, whatever the second click was.
    if question.state == ConsentState.ASKED:
        if not form.is_valid():
            return render(request, page, _context(question, form, typing, member), status=422)
        try:
            _take(question, form)
        except (addresses.AddressNeeded, addresses.AddressUnusable) as error:
            form.add_error("next_email" if "next_email" in form.fields else None, str(error))
            return render(request, page, _context(question, form, typing, member), status=422)
        except answering.NoLongerAsked:
            # The page that follows says so.
            pass
    return redirect(here)


def _take_address(request: HttpRequest, question: Consent, here: str, page: str, member: User | None) -> HttpResponse:
    form = AddressForm(request.POST)
    if not form.is_valid():
        return render(request, page, _answered(question, member, form), status=422)
    try:
        lost_mail.give_address(consent_id=question.id, typed=form.cleaned_data["next_email"], now=timezone.now())
    except addresses.AddressUnusable as error:
        form.add_error("next_email", str(error))
        return render(request, page, _answered(question, member, form), status=422)
    except answering.NoLongerAsked:
        # It was given before, or is over: the page that follows says what there is to say.
        pass
    return redirect(here)


def _answered(question: Consent, member: User | None, address_form: AddressForm) -> dict[str, Any]:
    """The page of somebody who said yes and is asked for another address."""
    form = AnswerForm(question=question, typing=Typing.NEEDLESS)
    return {**_context(question, form, Typing.NEEDLESS, member), "address_form": address_form}


def _take(question: Consent, form: AnswerForm) -> None:
    answering.answer(consent_id=question.id, answer=form.chosen, now=timezone.now(), extras=form.extras)


def _context(question: Consent, form: AnswerForm, typing: Typing, member: User | None) -> dict[str, Any]:
    introduction = question.introduction
    here = parties.question_context(question)
    line = str(form["added"].value() or "") if "added" in form.fields else ""
    is_helping = question.answer in (Answer.YES, Answer.FORWARD)
    lost = lost_mail.lost_behind(question)
    return {
        **here,
        "form": form,
        "typing": typing.value,
        "is_open": question.state == ConsentState.ASKED,
        "lost": letters.lost_words(lost) if lost else "",
        "address_form": AddressForm(),
        "answer": question.answer,
        # These alone, and only to those who helped: that it came to nothing is told to no one but the asker.
        "is_withdrawn": is_helping and introduction.state in (State.WITHDRAWN, State.MET),
        "is_introduced": is_helping and introduction.introduced_at is not None,
        "told": introduction.told if is_helping and not question.is_target else "",
        # What the next one would read: the letter's own template, with the line as far as it is typed.
        "letter": None if question.is_target else parties.question_context(_next(question), added=line),
        "mailto": "mailto:?" + urlencode(_forward(here), quote_via=quote),
        "stop": letters.stop_link(question),
        "timeline": queries.timeline_of(question),
        # In the dashboard alone: a link in a mail may be read by somebody else.
        "own_card": addresses.own_card_of_next(question) if member and not question.is_target else None,
        "may_connect": member is not None and connecting.may_offer(introduction=introduction, question=question),
    }


def _next(question: Consent) -> Consent:
    """Whoever would be asked after this question, as far as its reader may know them: by name."""
    introduction, position = question.introduction, question.position + 1
    behind = introduction.consents.filter(position=position).first()
    is_target = position >= introduction.introducer_count
    return Consent(
        introduction=introduction,
        position=position,
        party=Party.TARGET if is_target else Party.INTRODUCER,
        name=[*introduction.introducer_names, introduction.target_name][position],
        because=behind.because if behind else "",
    )


def _forward(here: dict[str, Any]) -> dict[str, str]:
    """Subject and text of the mail that an introducer sends on themselves: those of the letter that Kith sent them."""
    subject = render_to_string("mail/forwardable.subject.txt", here)
    return {
        "subject": subject.strip(),
        "body": render_to_string("introductions/letters/_forwardable.txt", here).strip(),
    }


def _private(response: HttpResponse) -> HttpResponse:
    """The address of the page is a secret: it goes to no other site, into no cache and no search engine."""
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store, private"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
