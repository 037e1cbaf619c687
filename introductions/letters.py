"""The letters between those who take part, each a function and a triple of templates (templates/mail/).

Every one is queued in the transaction that causes it, under a key that names the event. No address of the asker's or
the target's is in any letter before both have said yes: what goes to the target, or to an introducer behind the first,
is answered to whoever passed it on to them, whom they know. Only what is written to the asker, or by the asker to their
own friend, stands in the asker's mail log.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.urls import reverse

from introductions import contact_card
from introductions.models import AddressFrom, Answer, Consent, Introduction
from introductions.parties import Word, asker_name, names, question_context, voucher_of
from netapp.accounts.models import User
from netapp.lib import tokens
from netapp.mail import outbox, returns, suppression
from netapp.mail.models import Letter, LetterState
from netapp.mail.outbox import Recipient, via_kith

PURPOSE = "answer"
_UNSENT = (LetterState.FAILED, LetterState.CANCELLED, LetterState.QUEUED)


# --- Before anybody is introduced -----------------------------------------------------------------------------------


def asked(*, question: Consent, now: datetime) -> Letter:
    """To whoever's turn it is, in the name of the one before them: who asks, for whom, why, the note, one link."""
    introduction = question.introduction
    voucher = voucher_of(question)
    return outbox.post(
        key=_question_key(question),
        group=group(introduction),
        template="target_asked" if question.is_target else "introducer_asked",
        context={**question_context(question), "token": _token(question)},
        to=[Recipient(question.email, question.name)],
        reply_to=[voucher],
        from_name=via_kith(voucher.name),
        member=introduction.owner,
        is_shown=question.position == 0,
        now=now,
    )


def address_wanted(*, question: Consent, now: datetime) -> Letter:
    """To whoever passed the question on: it came back from where it was sent. Have they another address?

    question: theirs, with a yes. The letter names no address but one that they gave themselves.
    """
    introduction = question.introduction
    behind = introduction.consents.get(position=question.position + 1)
    return outbox.post(
        key=_key(introduction, f"address-wanted:{question.position}:{len(behind.lost_emails)}"),
        group=group(introduction),
        template="address_wanted",
        context={**question_context(question), "lost": lost_words(behind), "token": _token(question)},
        to=[Recipient(question.email, question.name)],
        from_name=via_kith(asker_name(introduction)),
        member=introduction.owner,
        is_shown=False,
        now=now,
    )


def nudge(*, question: Consent, now: datetime) -> Letter:
    """Once, to whoever has not answered, or has not said that they passed it on."""
    introduction = question.introduction
    voucher = voucher_of(question)
    return outbox.post(
        key=_key(introduction, ":".join(["nudge", *_question_key(question).split(":")[3:]])),
        group=nudge_group(introduction),
        template="did_you_pass_it_on" if question.answer == Answer.FORWARD else "nudge",
        context={**question_context(question), "token": _token(question)},
        to=[Recipient(question.email, question.name)],
        reply_to=[voucher],
        from_name=via_kith(voucher.name),
        member=introduction.owner,
        now=now,
    )


def withdrawn(*, question: Consent, member: User | None, now: datetime, met: bool = False) -> Letter | None:
    """To somebody who had been written to: nothing is asked of them any more. None where nothing had reached them.

    `member` is None where the asker's account goes, and the letters on their behalf with it. `met`: the asker and the
    target came to know each other in another way.
    """
    introduction = question.introduction
    if not _has_gone_out(question):
        return None
    was_helpful = question.answer in (Answer.YES, Answer.FORWARD)
    return outbox.post(
        key=_key(introduction, f"withdrawn:{question.position}"),
        template="withdrawn",
        context={**question_context(question), "was_helpful": was_helpful, "met": met},
        to=[Recipient(question.email, question.name)],
        from_name=via_kith(asker_name(introduction)),
        member=member,
        is_shown=False,
        now=now,
    )


def not_this_time(
    *, introduction: Introduction, next_best: str, ask_path: str, words: Sequence[Word], now: datetime
) -> Letter:
    """To the asker: it came to nothing. The same words whoever declined, and whether anybody did.

    next_best: who else could introduce them, and ask_path, the page on which to ask; both empty where nobody can.
    """
    ask_link = f"{settings.BASE_URL}{ask_path}" if ask_path else ""
    return _to_asker(introduction, "not_this_time", now, {"next_best": next_best, "words": words, "ask_link": ask_link})


# --- Once somebody said yes -----------------------------------------------------------------------------------------


def introduced(*, introduction: Introduction, words: Sequence[Word], now: datetime) -> Letter:
    """To both, the introducers in copy; an answer goes to both. Attached are the contact cards of the two, who agreed.

    A yes to this very letter outweighs a stop of before: where there is one, the letter goes out all the same.
    """
    everybody = list(introduction.consents.order_by("position"))
    target = everybody[-1]
    target.introduction = introduction
    both = [recipient(introduction.owner), Recipient(target.email, target.name)]
    introducers = [Recipient(question.email, question.name) for question in everybody[:-1]]
    readers = [one.email for one in (*both, *introducers)]
    has_stop = bool(suppression.stopped_among(readers, member=introduction.owner, kind="introduced"))
    return outbox.post(
        key=_key(introduction, "introduced"),
        group=group(introduction),
        template="introduced",
        is_essential=has_stop,
        context={**question_context(target), "emails": [(one.name, one.email) for one in both], "words": words},
        to=both,
        cc=introducers,
        reply_to=both,
        from_name=via_kith(introducers[-1].name),
        member=introduction.owner,
        is_shown=True,
        attachments=[
            outbox.Attachment(
                contact_card.file_name(one.name), contact_card.vcard(name=one.name, email=one.email), "text/vcard"
            )
            for one in both
        ],
        now=now,
    )


def forwardable(*, question: Consent, now: datetime) -> Letter:
    """To an introducer who passes it on themselves: a mail ready to be forwarded. It holds no link of anybody's, since
    whoever it is forwarded to could follow it; hence it is essential, as they have just asked for it."""
    introduction = question.introduction
    return outbox.post(
        key=_key(introduction, f"forwardable:{question.position}"),
        group=group(introduction),
        template="forwardable",
        context=question_context(question),
        to=[Recipient(question.email, question.name)],
        member=introduction.owner,
        is_essential=True,
        is_shown=False,
        now=now,
    )


def forwarded(*, question: Consent, words: Sequence[Word], now: datetime) -> Letter:
    """To the asker: somebody passes the note on by themselves."""
    return _to_asker(question.introduction, "forwarded", now, {**question_context(question), "words": words})


def passed_on(*, question: Consent, now: datetime) -> Letter:
    """To the asker: it is passed on."""
    return _to_asker(question.introduction, "passed_on", now, question_context(question))


def introducer_told(*, question: Consent, line: str, now: datetime) -> Letter:
    """To an introducer, from the asker: thanks, and what came of it."""
    introduction = question.introduction
    asker = recipient(introduction.owner)
    return outbox.post(
        key=_key(introduction, f"introducer-told:{question.position}"),
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


def asks_paused(*, admin: User, member: User, path: str, key: str, now: datetime) -> Letter:
    """To an admin: people said that they do not know who asks; look at it."""
    return outbox.post(
        key=f"asks-paused:{key}:{admin.pk}",
        template="asks_paused",
        context={"admin": admin, "member_id": member.pk, "link": f"{settings.BASE_URL}{path}"},
        to=[recipient(admin)],
        member=None,
        is_essential=True,
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


def stop_mail(*, question: Consent, whole_site: bool) -> None:
    """Write to the reader of the question no more: on behalf of this member, or of anybody here. For good."""
    letter = Letter.objects.get(key=_question_key(question))
    link = suppression.link_for(suppression.token_for(letter, question.email))
    assert link is not None
    suppression.stop(link, suppression.Scope.SITE if whole_site else suppression.Scope.MEMBER)


def bounced(question: Consent) -> bool:
    """Whether the mail server refused the question for good."""
    return Letter.objects.filter(key=_question_key(question), state=LetterState.FAILED).exists()


def came_back(question: Consent) -> bool:
    """Whether the question, as it was asked last, will never reach the address that it went to."""
    letter = Letter.objects.filter(key=_question_key(question)).first()
    return letter is not None and returns.is_lost(letter, question.email)


def sent_in_vain(questions: Sequence[Consent]) -> list[Consent]:
    """Those of `questions` whose letter was refused, at once or later, for whatever reason. One query."""
    by_key = {_question_key(question): question for question in questions}
    found = Letter.objects.filter(key__in=by_key).filter(Q(state=LetterState.FAILED) | ~Q(refused={}))
    return [by_key[key] for key in found.values_list("key", flat=True)]


def lost_words(question: Consent) -> str:
    """Where the question came back from, in words to whoever passed it on."""
    if question.address_from == AddressFrom.ASKER:
        return f"the address that {question_context(question)['asker_first']} had"
    return question.lost_emails[-1]


def never_arrived(question: Consent) -> bool:
    """Whether, as far as the mail log tells, the question was called back or refused before anybody read it."""
    return not Letter.objects.filter(key=_question_key(question)).exclude(state__in=_UNSENT).exists()


def may_nudge(question: Consent) -> bool:
    """Whether it makes sense to write once more: the question went out and did not come back."""
    return Letter.objects.filter(key=_question_key(question), state=LetterState.SENT).exists()


def _has_gone_out(question: Consent) -> bool:
    return Letter.objects.filter(
        key=_question_key(question), state__in=[LetterState.SENT, LetterState.SENDING]
    ).exists()


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


def recipient(member: User) -> Recipient:
    """The member as the reader of a letter, or as the one it is answered to."""
    return Recipient(member.email, member.name)


def _key(introduction: Introduction, event: str) -> str:
    return f"introduction:{introduction.id}:{event}"


def _question_key(question: Consent) -> str:
    again = f":{len(question.lost_emails)}" if question.lost_emails else ""
    return f"introduction:{question.introduction_id}:asked:{question.position}{again}"


def _token(question: Consent) -> str:
    return tokens.placeholder(PURPOSE, question.salt)
