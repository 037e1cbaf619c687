"""How often somebody may be asked, and how often a member may ask. Reads rows; changes none.

Whoever is asked, as introducer or as target, has at most so many questions open at one time and so many in 90 days, by
anybody here and under any alias of the address. A member says how many; for everybody else the site does.

Nothing here may tell an asker more than their own pages do (docs/decisions/0005). So what an asker is told beforehand
(`resting`) counts their own requests as they are shown to them, whether or not a question was put, and everybody's as
open until their asker is told the end. What decides whether a later question of a request goes out (`may_be_asked`)
is never told: that question waits for its turn, and may wait in vain.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Lower

from contacts.handles import HandleKind
from contacts.models import Handle, Person
from introductions import letters, lifecycle
from introductions.lifecycle import State
from introductions.models import Answer, AskingLimit, AskingPause, Consent, ConsentState, Introduction
from netapp.accounts.models import User
from netapp.lib.times import local_date
from netapp.mail.suppression import digest_of

LATELY: Final = timedelta(days=90)
A_WEEK: Final = timedelta(days=7)
REFUSED_HOLDS: Final = timedelta(days=365)
"""Nobody who said no is asked about the same so soon again."""

WELCOME: Final = (State.INTRODUCED, State.FORWARDED, State.TALKED, State.CLOSED)
_FINAL: Final = (Answer.NO, Answer.NOT_WELL, Answer.NOT_ME, Answer.STRANGER, Answer.STOP)
_LOCK: Final = "kith.asked:"


@dataclass(frozen=True, slots=True)
class Reader:
    """One human as the limits know them: a mailbox, or all verified ones of a member; and how often they may be asked.

    key: the same for every address of theirs.
    """

    key: str
    mailboxes: frozenset[str]
    most_open: int
    most_lately: int

    def is_full(self, still: int, lately: int) -> bool:
        """Whether, with so many questions open and so many in 90 days, one more is too many."""
        return still >= self.most_open or lately >= self.most_lately


# --- Those who are asked ----------------------------------------------------------------------------------------------


def readers(emails: Collection[str]) -> dict[str, Reader]:
    """By address, as given: whose it is. Three queries, whatever their number."""
    owners = _members({email.lower() for email in emails})
    limits = {
        row.owner_id: (row.most_open, row.most_lately)
        for row in AskingLimit.objects.filter(owner__in=set(owners.values()))
    }
    theirs: dict[int, set[str]] = defaultdict(set)
    for user_id, address in _verified().filter(user__in=set(owners.values())).values_list("user_id", "email"):
        theirs[user_id].add(digest_of(address))
    default = settings.INTRODUCTION_OPEN_ASKS, settings.INTRODUCTION_ASKS_LATELY
    found: dict[str, Reader] = {}
    for email in emails:
        own = digest_of(email)
        member_id = owners.get(email.lower())
        if member_id is None:
            found[email] = Reader(own, frozenset({own}), *default)
        else:
            most = limits.get(member_id, default)
            found[email] = Reader(f"member:{member_id}", frozenset({own, *theirs[member_id]}), *most)
    return found


def resting(emails: Collection[str], *, member_id: int, now: datetime) -> set[str]:
    """Those of `emails` who have been asked enough of late, as the member may know it. Five queries at most."""
    if not emails:
        return set()
    found = readers(emails)
    mailboxes = {mailbox for reader in found.values() for mailbox in reader.mailboxes}
    mine = Consent.objects.filter(
        introduction__owner=member_id, introduction__asked_at__lte=now, expected_mailbox__in=mailboxes
    )
    others = Consent.objects.exclude(introduction__owner=member_id).filter(asked_at__lte=now, mailbox__in=mailboxes)
    shown = Q(introduction__shown_state__in=lifecycle.ASKED)
    counts = _counts(
        (_count(mine, "expected_mailbox", shown, Q(introduction__asked_at__gt=now - LATELY))),
        (_count(others, "mailbox", shown, Q(asked_at__gt=now - LATELY))),
    )
    return {email for email, reader in found.items() if reader.is_full(*_total(reader, counts))}


def resting_people(person_ids: Collection[UUID], *, member_id: int, now: datetime) -> set[UUID]:
    """Those of the member's own cards whose people have been asked enough of late. Six queries at most."""
    rows = Handle.objects.filter(person__in=set(person_ids), owner=member_id, kind=HandleKind.EMAIL, is_failing=False)
    addresses: dict[UUID, str] = {}
    for person_id, email in rows.order_by("position", "id").values_list("person_id", "normalised"):
        addresses.setdefault(person_id, email)
    tired = resting(set(addresses.values()), member_id=member_id, now=now)
    return {person_id for person_id, email in addresses.items() if email in tired}


def hold(email: str) -> Reader:
    """The reader behind an address, held until the transaction ends: whoever asks them meanwhile waits.

    Take it last: after the introduction, and after the asker's own row.
    """
    reader = readers([email])[email]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [_LOCK + reader.key])
    return reader


def may_be_asked(question: Consent, email: str, *, now: datetime) -> bool:
    """Whether a question behind the first goes out now, by all that is true. Holds the reader (`hold`)."""
    introduction = question.introduction
    owner = introduction.owner
    if not owner.is_active or is_paused(owner):
        return False
    reader = hold(email)
    asked = Consent.objects.filter(mailbox__in=reader.mailboxes, asked_at__isnull=False).exclude(
        introduction=introduction
    )
    counts = _counts(_count(asked, "mailbox", Q(state=ConsentState.ASKED), Q(asked_at__gt=now - LATELY)))
    return not reader.is_full(*_total(reader, counts)) and not _said_no(question, reader, now)


def _said_no(question: Consent, reader: Reader, now: datetime) -> bool:
    """Whether they declined the same before: a target this asker, an introducer this asker about this target."""
    introduction = question.introduction
    before = Consent.objects.filter(
        introduction__owner=introduction.owner,
        party=question.party,
        mailbox__in=reader.mailboxes,
        answered_at__gt=now - REFUSED_HOLDS,
    )
    if not question.is_target:
        before = before.filter(introduction__target=introduction.target_id)
    today = local_date(now, introduction.owner.zone)
    not_yet = Q(answer=Answer.NOT_NOW) & (Q(again_date__gt=today) | Q(again_date=None, answered_at__gt=now - LATELY))
    return before.filter(Q(answer__in=_FINAL) | not_yet).exists()


def _count(rows: QuerySet[Consent], by: str, still: Q, lately: Q) -> Iterable[tuple[str, int, int]]:
    return (
        rows.filter(still | lately)
        .order_by()
        .values_list(by)
        .annotate(still=Count("id", filter=still), lately=Count("id", filter=lately))
    )


def _counts(*found: Iterable[tuple[str, int, int]]) -> Mapping[str, tuple[int, int]]:
    counts: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for rows in found:
        for mailbox, still, lately in rows:
            counts[mailbox] = counts[mailbox][0] + still, counts[mailbox][1] + lately
    return counts


def _total(reader: Reader, counts: Mapping[str, tuple[int, int]]) -> tuple[int, int]:
    each = [counts.get(mailbox, (0, 0)) for mailbox in reader.mailboxes]
    return sum(still for still, _ in each), sum(lately for _, lately in each)


def _verified() -> QuerySet[EmailAddress]:
    return EmailAddress.objects.filter(verified=True, user__is_active=True)


def _members(addresses: Collection[str]) -> dict[str, int]:
    """By address in lower case: the member who has verified it."""
    rows = _verified().annotate(address=Lower("email")).filter(address__in=addresses)
    return dict(rows.values_list("address", "user_id"))


# --- Those who ask ----------------------------------------------------------------------------------------------------


def is_paused(member: User) -> bool:
    """Whether the member's asks wait for an admin to look."""
    return AskingPause.objects.filter(owner=member, lifted_at=None).exists()


@dataclass(frozen=True, slots=True)
class Week:
    """What a member may ask in seven days, and what of it is left. Asks that were welcome make it more."""

    most: int
    left: int


def week_of(member: User, *, now: datetime) -> Week:
    """The member's week until `now`, from what their own pages show. Two queries."""
    mine = Introduction.objects.filter(owner=member, asked_at__isnull=False)
    welcome = mine.filter(shown_state__in=WELCOME).count()
    most = min(settings.INTRODUCTION_ASKS_A_WEEK + welcome, settings.INTRODUCTION_ASKS_A_WEEK_MOST)
    used: int = mine.filter(asked_at__gt=now - A_WEEK).aggregate(sum=Sum("weight"))["sum"] or 0
    return Week(most=most, left=max(0, most - used))


def asked_before(*, member: User, email: str, target: Person, name: str, now: datetime) -> Consent | None:
    """The member's last question to that address about that target within a year, if it stands against another.

    Whatever came of it, since the asker is not to learn what: unless it never arrived, or whoever was asked said from
    when on they may be asked again, and the member has been told.
    """
    rows = Consent.objects.filter(
        Q(introduction__target=target) | Q(introduction__target_name__iexact=name),
        introduction__owner=member,
        introduction__shown_state__in=[State.DECLINED, State.WITHDRAWN],
        introduction__asked_at__gt=now - REFUSED_HOLDS,
        position=0,
        expected_mailbox=digest_of(email),
    )
    last = rows.select_related("introduction").order_by("-introduction__asked_at").first()
    if last is None or letters.never_arrived(last):
        return None
    is_told = last.introduction.shown_state == State.DECLINED
    if is_told and last.again_date is not None and last.again_date <= local_date(now, member.zone):
        return None
    return last
