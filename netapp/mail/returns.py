"""What is done about mail that came back, whether the server refused it at once or a bounce came later.

A bounce counts only for a letter whose Message-ID it names, and for a reader of that letter: nobody can make Kith
stop writing to somebody by sending it a report that looks like one.
"""

from collections.abc import Iterable

import structlog
from django.db import transaction

from netapp.accounts.models import User
from netapp.mail import suppression
from netapp.mail.bounces import Bounce, Why, why
from netapp.mail.models import Letter, LetterState, Suppression
from netapp.mail.signals import address_failed

log = structlog.get_logger(__name__)

_WORDS = {
    Why.GONE: "It came back: nobody gets mail at this address.",
    Why.FULL: "It came back: the mailbox is full.",
    Why.REFUSED: "It came back: the other mail server did not take it.",
}


@transaction.atomic
def note(bounce: Bounce) -> int:
    """Write down what a bounce says of letters sent from here; how many readers that concerned."""
    count = 0
    letters = Letter.objects.select_for_update(of=("self",), no_key=True).filter(message_id__in=bounce.message_ids)
    for letter in letters.select_related("member"):
        for address, reason in _readers(letter, bounce):
            letter.refused[address] = _WORDS[reason]
            count += 1
            if reason is Why.GONE:
                mark(letter, address)
        letter.save(update_fields=["refused"])
    return count


def mark(letter: Letter, address: str) -> None:
    """Nobody gets mail at that address of the letter's: no more is written there for its member, who is told.

    Not where the address is the member's own, who would then be told nothing at all.
    """
    member = letter.member
    if member is None or not letter.is_shown or suppression.normalised(address) == suppression.normalised(member.email):
        return
    mark_for(member, address)


def mark_for(member: User, address: str) -> None:
    """Nobody gets mail at that address: nothing is written there for this member any more, whose book is marked."""
    suppression.fail(member=member, address=address)
    address_failed.send(sender=Letter, member_id=member.pk, address=address.lower())


def is_lost(letter: Letter, address: str) -> bool:
    """Whether the letter will never reach that reader of it: it was given up, or nobody gets mail at the address."""
    words = letter.refused.get(address, "")
    return letter.state == LetterState.FAILED or words == _WORDS[Why.GONE] or (bool(words) and why(words) is Why.GONE)


def mark_refused(letter: Letter, addresses: Iterable[str]) -> None:
    """As `mark` for those of `addresses` whose server said at once that nobody gets mail there."""
    for address in addresses:
        if why(letter.refused.get(address, "")) is Why.GONE:
            mark(letter, address)


def _readers(letter: Letter, bounce: Bounce) -> list[tuple[str, Why]]:
    """Which of the letter's readers the bounce speaks of, and what it says; those noted already are left out."""
    here = {suppression.normalised(address): address for address in (*letter.to, *letter.cc)}
    found = [(here[one], reason) for one, reason in _normalised(bounce).items() if one in here]
    if not found and len(here) == 1 and len(bounce.failed) == 1:
        # Forwarded: the report names the mailbox behind the only address that this letter went to.
        found = [(next(iter(here.values())), next(iter(bounce.failed.values())))]
    return [(address, reason) for address, reason in found if address not in letter.refused]


def _normalised(bounce: Bounce) -> dict[str, Why]:
    answer = {}
    for address, reason in bounce.failed.items():
        try:
            answer[suppression.normalised(address)] = reason
        except UnicodeError:
            log.info("bounce.odd_address")
    return answer


def retry(*, member_id: int, address: str) -> None:
    """The member says that mail to that address should be tried again."""
    Suppression.objects.filter(
        member=member_id, address_digest=suppression.digest_of(address), reason=Suppression.Reason.BOUNCED
    ).delete()
