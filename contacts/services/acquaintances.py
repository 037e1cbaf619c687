"""Who of the member's people knows whom."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from contacts.models import Acquaintance, AcquaintanceSource, Change, ChangeKind, Closeness, Person, Unacquainted
from contacts.services.announce import book_moved
from contacts.services.cards import tidy_tags
from contacts.words import one_line
from netapp.accounts.models import User


class NotTwoPeople(ValueError):
    """An acquaintance is between two different people of one book."""


def in_order(one: Person, other: Person) -> tuple[Person, Person]:
    """The pair as it is stored. Raises NotTwoPeople.

    PostgreSQL compares uuids by their bytes, as Python does by their number: the same order.
    """
    if one.id == other.id or one.owner_id != other.owner_id:
        raise NotTwoPeople
    return (one, other) if one.id < other.id else (other, one)


@transaction.atomic
def record_acquaintance(
    *,
    owner: User,
    one: Person,
    other: Person,
    closeness: Closeness,
    tie_kinds: Sequence[str] = (),
    evidence: str = "",
    evidence_date: date | None = None,
    now: datetime,
    source: AcquaintanceSource = AcquaintanceSource.SAID,
) -> Acquaintance:
    """Note that two people know each other, or correct what is noted. Raises NotTwoPeople.

    What the member said outweighs what was inferred: an inference leaves a said acquaintance as it is.
    """
    a, b = in_order(one, other)
    if a.owner_id != owner.id:
        raise NotTwoPeople
    values = {
        "closeness": closeness,
        "source": source,
        "tie_kinds": tidy_tags(tie_kinds),
        "evidence": one_line(evidence)[:500],
        "evidence_date": evidence_date,
        "seen_count": 0,
    }
    acquaintance, is_new = Acquaintance.objects.select_for_update().get_or_create(
        a=a, b=b, defaults={"owner": owner, **values}
    )
    if source == AcquaintanceSource.SAID:
        Unacquainted.objects.filter(a=a, b=b).delete()
    is_outweighed = source == AcquaintanceSource.INFERRED and acquaintance.source == AcquaintanceSource.SAID
    if not is_new and is_outweighed:
        return acquaintance
    if not is_new:
        for name, value in values.items():
            setattr(acquaintance, name, value)
        acquaintance.updated_at = now
        acquaintance.save()
    book_moved(owner.id)
    return acquaintance


@transaction.atomic
def forget_acquaintance(*, acquaintance: Acquaintance, now: datetime) -> Change:
    """Take it out of the book; the change that comes back undoes it."""
    known_at = acquaintance.evidence_date
    change = Change.objects.create(
        owner_id=acquaintance.owner_id,
        kind=ChangeKind.ACQUAINTANCE,
        before={
            "a": str(acquaintance.a_id),
            "b": str(acquaintance.b_id),
            "closeness": acquaintance.closeness,
            "source": acquaintance.source,
            "tie_kinds": acquaintance.tie_kinds,
            "evidence": acquaintance.evidence,
            "evidence_date": known_at.isoformat() if known_at else None,
            "seen_count": acquaintance.seen_count,
        },
    )
    if acquaintance.seen_count:
        # The mails and meetings are still there, and would bring it back by the next import.
        Unacquainted.objects.get_or_create(
            owner_id=acquaintance.owner_id, a_id=acquaintance.a_id, b_id=acquaintance.b_id
        )
    acquaintance.delete()
    book_moved(change.owner_id)
    return change
