"""The letters between the three, each a function and a triple of templates (templates/mail/).

Every one is queued in the transaction that causes it, under a key that names the event. No address of the asker's or
the target's is in any letter before both have said yes: the target's letter is answered to the introducer, whom the
target knows. Only what is written to the asker, or by the asker to their own friend, stands in the asker's mail log.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from contacts.models import Person
from introductions.lifecycle import Party
from introductions.models import Consent, ConsentState, Introduction
from introductions.notes import first_name
from netapp.accounts.models import User
from netapp.lib import tokens
from netapp.mail import outbox, suppression
from netapp.mail.models import Letter, LetterState
from netapp.mail.outbox import Recipient, via_kith

PURPOSE = "answer"
NAMELESS = "A member of Kith"


@dataclass(frozen=True, slots=True)
class Word:
    """A word back that its writer chose to share with the asker."""

    name: str
    word: str


# --- What the templates see -----------------------------------------------------------------------------------------


def names(introduction: Introduction) -> dict[str, str]:
    """The three names, whole and first, as every letter and every answer page uses them."""
    # Not display_name: where no name was given that is the address.
    asker = introduction.owner.name or NAMELESS
    return {
        "asker": asker,
        "asker_first": first_name(asker) if introduction.owner.name else NAMELESS,
        "introducer": introduction.introducer_name,
        "introducer_first": first_name(introduction.introducer_name),
        "target": introduction.target_name,
        "target_first": first_name(introduction.target_name),
        "target_about": introduction.target_about,
    }


def question_context(question: Consent, *, added: str | None = None) -> dict[str, Any]:
    """What the two asking letters, their previews and the answer page show; `added` is the introducer's own line."""
    introduction = question.introduction
    if added is None:
        added = _added(introduction) if question.is_target else ""
    return {
        **names(introduction),
        "question": question,
        "message": introduction.message,
        "note": introduction.note,
        "added": added,
        "until": question.expires_at,
    }


def _added(introduction: Introduction) -> str:
    answered = introduction.consents.filter(party=Party.INTRODUCER, state=ConsentState.ANSWERED)
    return answered.order_by("-position").values_list("added", flat=True).first() or ""


# --- Before anybody is introduced -----------------------------------------------------------------------------------


def introducer_asked(*, question: Consent, now: datetime) -> Letter:
    """To the friend: who asks, for whom, why, the note, one link to answer at."""
    owner = question.introduction.owner
    return _ask(question, "introducer_asked", now, sender=owner.name, reply_to=[recipient(owner)], is_shown=True)


def target_asked(*, question: Consent, now: datetime) -> Letter:
    """To the target, in the introducer's name, once the introducer said yes."""
    introducer = _introducer(question.introduction)
    return _ask(question, "target_asked", now, sender=introducer.name, reply_to=[introducer])


def nudge(*, question: Consent, now: datetime) -> Letter:
    """Once, to whoever has not answered."""
    introduction = question.introduction
    introducer, asker = _introducer(introduction), recipient(introduction.owner)
    sender = introducer if question.is_target else asker
    return outbox.post(
        key=_key(introduction, f"nudge:{question.position}"),
        group=nudge_group(introduction),
        template="nudge",
        context={**question_context(question), "token": _token(question)},
        to=[Recipient(question.email, question.name)],
        reply_to=[sender],
        from_name=via_kith(sender.name),
        member=introduction.owner,
        now=now,
    )


def withdrawn(*, question: Consent, member: User | None, now: datetime) -> Letter | None:
    """To somebody who had been written to: nothing is asked of them any more. None where nothing had reached them.

    `member` is None where the asker's account goes, and the letters on their behalf with it.
    """
    introduction = question.introduction
    if not _has_gone_out(question):
        return None
    return outbox.post(
        key=_key(introduction, f"withdrawn:{question.position}"),
        template="withdrawn",
        context={**question_context(question), "was_answered": question.state == ConsentState.ANSWERED},
        to=[Recipient(question.email, question.name)],
        from_name=via_kith(introduction.owner.name or NAMELESS),
        member=member,
        is_shown=False,
        now=now,
    )


def not_this_time(
    *, introduction: Introduction, next_best: Person | None, words: Sequence[Word], now: datetime
) -> Letter:
    """To the asker: it came to nothing. The same words whoever declined, and whether anybody did."""
    return _to_asker(
        introduction,
        "not_this_time",
        now,
        {"next_best": next_best, "words": words, "ask_link": _ask_link(introduction, next_best)},
    )


# --- Once somebody said yes -----------------------------------------------------------------------------------------


def introduced(*, introduction: Introduction, words: Sequence[Word], now: datetime) -> Letter:
    """To both, the introducer in copy; an answer goes to both.

    A yes to this very letter outweighs a stop of before: where there is one, the letter goes out all the same.
    """
    target = introduction.consents.get(party=Party.TARGET)
    both = [recipient(introduction.owner), Recipient(target.email, target.name)]
    introducer = _introducer(introduction)
    readers = [one.email for one in (*both, introducer)]
    has_stop = bool(suppression.stopped_among(readers, member=introduction.owner, kind="introduced"))
    return outbox.post(
        key=_key(introduction, "introduced"),
        group=group(introduction),
        template="introduced",
        is_essential=has_stop,
        context={**question_context(target), "emails": [(one.name, one.email) for one in both], "words": words},
        to=both,
        cc=[introducer],
        reply_to=both,
        from_name=via_kith(introducer.name),
        member=introduction.owner,
        is_shown=True,
        now=now,
    )


def forwarded(*, introduction: Introduction, words: Sequence[Word], now: datetime) -> Letter:
    """To the asker: the friend passes the note on by themselves."""
    return _to_asker(introduction, "forwarded", now, {"words": words})


def introducer_told(*, question: Consent, line: str, now: datetime) -> Letter:
    """To the introducer, from the asker: thanks, and what came of it."""
    introduction = question.introduction
    asker = recipient(introduction.owner)
    return outbox.post(
        key=_key(introduction, "introducer-told"),
        group=group(introduction),
        template="introducer_told",
        context={**question_context(question), "line": line},
        to=[Recipient(question.email, question.name)],
        reply_to=[asker],
        from_name=via_kith(asker.name),
        member=introduction.owner,
        is_shown=True,
        now=now,
    )


# --- Groups, keys, links --------------------------------------------------------------------------------------------


def group(introduction: Introduction) -> str:
    """The outbox group of all letters of an introduction but its nudges."""
    return f"introduction:{introduction.id}"


def nudge_group(introduction: Introduction) -> str:
    """The nudges: an answer makes those needless, and no other letter."""
    return f"introduction:{introduction.id}:nudge"


def cancel_unsent(introduction: Introduction) -> None:
    """Call back every letter that has not gone out, in the caller's transaction."""
    outbox.cancel_group(group=group(introduction))
    outbox.cancel_group(group=nudge_group(introduction))


def cancel_nudge(introduction: Introduction) -> None:
    """Call back a nudge that has not gone out."""
    outbox.cancel_group(group=nudge_group(introduction))


def stop_link(question: Consent) -> str:
    """The path of the page on which the reader of the question stops mail from this member, or from the site."""
    letter = Letter.objects.filter(key=_question_key(question)).first()
    if letter is None or letter.is_essential:
        return ""
    return reverse("mail:stop", args=[suppression.token_for(letter, question.email)])


def bounced(question: Consent) -> bool:
    """Whether the mail server refused the question for good."""
    return Letter.objects.filter(key=_question_key(question), state=LetterState.FAILED).exists()


def _has_gone_out(question: Consent) -> bool:
    return Letter.objects.filter(
        key=_question_key(question), state__in=[LetterState.SENT, LetterState.SENDING]
    ).exists()


def _ask(
    question: Consent,
    template: str,
    now: datetime,
    *,
    sender: str,
    reply_to: Sequence[Recipient],
    is_shown: bool = False,
) -> Letter:
    introduction = question.introduction
    return outbox.post(
        key=_question_key(question),
        group=group(introduction),
        template=template,
        context={**question_context(question), "token": _token(question)},
        to=[Recipient(question.email, question.name)],
        reply_to=reply_to,
        from_name=via_kith(sender),
        member=introduction.owner,
        is_shown=is_shown,
        now=now,
    )


def _to_asker(introduction: Introduction, template: str, now: datetime, context: Mapping[str, Any]) -> Letter:
    return outbox.post(
        key=_key(introduction, template.replace("_", "-")),
        group=group(introduction),
        template=template,
        context={**names(introduction), "introduction": introduction, **context},
        to=[recipient(introduction.owner)],
        member=introduction.owner,
        now=now,
    )


def _ask_link(introduction: Introduction, introducer: Person | None) -> str:
    if introducer is None or introduction.target_id is None:
        return ""
    path = reverse("introductions:ask", args=[introduction.target_id])
    return f"{settings.BASE_URL}{path}?introducer={introducer.id}"


def _introducer(introduction: Introduction) -> Recipient:
    question = introduction.consents.filter(party=Party.INTRODUCER).order_by("position").last()
    assert question is not None
    return Recipient(question.email, question.name)


def recipient(member: User) -> Recipient:
    """The member as the reader of a letter, or as the one it is answered to."""
    return Recipient(member.email, member.name)


def _key(introduction: Introduction, event: str) -> str:
    return f"introduction:{introduction.id}:{event}"


def _question_key(question: Consent) -> str:
    return f"introduction:{question.introduction_id}:asked:{question.position}"


def _token(question: Consent) -> str:
    return tokens.placeholder(PURPOSE, question.salt)
