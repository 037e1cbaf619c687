"""Who must not be written to. A stop holds for good: for aliases of the address, and after the member has left.

Addresses are kept as keyed digests, so that the list names nobody. The key comes from SECRET_KEY: a site that changes
it forgets every stop (docs/decisions/0007-stopping-mail.md).
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from netapp.accounts.models import User
from netapp.lib import tokens
from netapp.lib.bulk import copy_in
from netapp.mail.models import Letter, StopLink, Suppression


class Scope(StrEnum):
    """How much a reader stops."""

    KIND = "kind"
    MEMBER = "member"
    SITE = "site"


@dataclass(frozen=True, slots=True)
class Stopped:
    """What became of a wish to stop."""

    scope: Scope
    suppression: Suppression
    is_new: bool


def normalised(address: str) -> str:
    """The mailbox behind an address: lower case, ASCII domain, without a plus-alias."""
    local, _, domain = address.strip().lower().rpartition("@")
    if not domain.isascii():
        domain = domain.encode("idna").decode("ascii")
    return f"{local.partition('+')[0] or local}@{domain}"


def digest_of(address: str) -> str:
    """HMAC-SHA-256 of the mailbox, hexadecimal."""
    key = hashlib.sha256(b"kith.mail.suppression:" + settings.SECRET_KEY.encode()).digest()
    return hmac.new(key, normalised(address).encode(), hashlib.sha256).hexdigest()


def stopped_among(addresses: Iterable[str], *, member: User | None, kind: str) -> set[str]:
    """Those of `addresses` that a letter of `kind`, sent on behalf of `member`, must not go to."""
    digests = {address: digest_of(address) for address in addresses}
    by_whom = Q(member_digest="")
    if member is not None:
        by_whom |= Q(member=member) | Q(member_digest=digest_of(member.email))
    found = set(
        Suppression.objects.filter(by_whom, address_digest__in=digests.values(), kind__in=("", kind)).values_list(
            "address_digest", flat=True
        )
    )
    return {address for address, digest in digests.items() if digest in found}


#: The same for one mailbox, as a part of a statement about a letter `l`. Takes what `stop_values` gives.
STOPPED = """EXISTS (SELECT 1 FROM mail_suppression s WHERE s.address_digest = %s AND s.kind IN ('', l.kind)
    AND (s.member_digest = '' OR s.member_digest = %s OR s.member_id = l.member_id))"""


def stop_values(letter: Letter, address: str) -> list[str]:
    """The mailbox, and the member on whose behalf the letter goes."""
    return [digest_of(address), digest_of(letter.member.email) if letter.member else ""]


# --- Stop links: one for each reader of each letter --------------------------------------------------------------


def token_for(letter: Letter, address: str) -> str:
    """The token in the stop link of the copy that goes to `address`."""
    return tokens.derive("stop", f"{letter.stop_salt}:{address.lower()}")


def make_links(letters: Iterable[Letter]) -> None:
    """Write the rows behind the stop links of new letters, in their transaction."""
    copy_in(
        [
            StopLink(
                digest=tokens.digest(token_for(letter, address)),
                letter=letter,
                address_digest=digest_of(address),
                member=letter.member,
                member_digest=digest_of(letter.member.email) if letter.member else "",
                kind=letter.kind,
            )
            for letter in letters
            for address in (*letter.to, *letter.cc)
        ]
    )


def link_for(token: str) -> StopLink | None:
    """The link that `token` opens, or None."""
    return (
        StopLink.objects.select_related("letter", "member")
        .defer("letter__text", "letter__html", "letter__attachments")
        .filter(digest=tokens.digest(token))
        .first()
    )


def scopes(link: StopLink) -> list[Scope]:
    """What the reader of that link may stop, narrowest first. "All from this member" means nothing of one's own."""
    return [Scope.KIND, Scope.MEMBER, Scope.SITE] if _has_other_member(link) else [Scope.KIND, Scope.SITE]


def one_click_scope(link: StopLink) -> Scope:
    """What the mail program's own button stops: everything from that member; of one's own reminders, that kind."""
    return Scope.MEMBER if _has_other_member(link) else Scope.KIND


def in_force(link: StopLink) -> list[Suppression]:
    """The stops that reach the letters of that link, however they were made."""
    return list(
        Suppression.objects.filter(
            Q(member_digest="") | Q(member_digest=link.member_digest),
            address_digest=link.address_digest,
            kind__in=("", link.kind),
        ).order_by("created_at")
    )


@transaction.atomic
def stop(link: StopLink, scope: Scope) -> Stopped:
    """Stop letters to that link's reader. Doing it again changes nothing."""
    is_member = scope is Scope.MEMBER
    suppression, is_new = Suppression.objects.get_or_create(
        address_digest=link.address_digest,
        member_digest=link.member_digest if is_member else "",
        kind=link.kind if scope is Scope.KIND else "",
        defaults={"reason": Suppression.Reason.ASKED, "member": link.member if is_member else None},
    )
    if suppression.reason == Suppression.Reason.BOUNCED:
        # The address works after all, and its reader's word outlasts the member's wish to try again.
        suppression.reason = Suppression.Reason.ASKED
        suppression.save(update_fields=["reason"])
        is_new = True
    return Stopped(scope, suppression, is_new)


def fail(*, member: User, address: str) -> None:
    """Write nothing more to that address for this member: nobody gets mail there. A stop by its reader stays one."""
    Suppression.objects.get_or_create(
        address_digest=digest_of(address),
        member_digest=digest_of(member.email),
        kind="",
        defaults={"reason": Suppression.Reason.BOUNCED, "member": member},
    )


def allow_again(link: StopLink, suppression_id: str) -> bool:
    """Take back one stop of that link's reader. False where it is not there (any more)."""
    return bool(_own_stops(link).filter(id=suppression_id).delete()[0])


def _own_stops(link: StopLink) -> QuerySet[Suppression]:
    return Suppression.objects.filter(address_digest=link.address_digest, reason=Suppression.Reason.ASKED)


def _has_other_member(link: StopLink) -> bool:
    return bool(link.member_digest) and not link.is_own
