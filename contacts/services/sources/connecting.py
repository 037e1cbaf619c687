"""What the member says about sources: adding, choosing, pausing, disconnecting. No server is spoken to here."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import JSONObject

from contacts.handles import HandleKind, normalise
from contacts.models import Source, SourceAuth, SourceItem, SourceKind, SourceRun, SourceState, Writes
from contacts.models.sources import RUNNING
from contacts.remote import web
from contacts.services.imports import own
from contacts.services.sources.presets import Preset
from netapp.accounts.models import User
from netapp.lib import sealing
from netapp.mail import outbox

MOST: Final = 10
"""Sources of one member."""
PATIENCE: Final = timedelta(minutes=1)
"""Between two looks that the member asks for."""


RUNS_KEPT: Final = timedelta(days=60)


class TooMany(Exception):
    """The member has as many sources as one may have."""


@transaction.atomic
def connect(
    *,
    owner: User,
    preset: Preset,
    address: str,
    user_name: str,
    secret: str,
    auth: SourceAuth = SourceAuth.PASSWORD,
    own_address: str = "",
    since_date: date | None = None,
    now: datetime,
) -> Source:
    """Add a source, to be looked at by a worker. The caller rings for it. Raises TooMany."""
    # The member's row makes two at the same moment count each other.
    User.objects.select_for_update(no_key=True).get(id=owner.pk)
    if Source.objects.filter(owner=owner).count() >= MOST:
        raise TooMany
    one = Source(
        owner=owner,
        kind=preset.kind,
        preset=preset.key,
        title=_title(preset, address, own_address or user_name),
        address=address,
        user_name=user_name,
        auth=auth,
        since_date=since_date,
        next_run_at=now,
    )
    one.sealed_secret = sealing.seal(secret, bound_to=str(one.id))
    one.save()
    if preset.kind == SourceKind.IMAP:
        _own(owner, own_address or user_name)
    return one


@transaction.atomic
def sign_in_again(
    *, source: Source, address: str, user_name: str, secret: str, auth: SourceAuth, now: datetime
) -> None:
    """Another password, address or name for a source; it is looked at anew. The caller rings for it.

    Its books and folders stay as they are, with all that is known of them, unless it leads somewhere else now.
    """
    one = _locked(source)
    if one.address != address or one.user_name != user_name:
        one.parts.all().delete()
        if one.kind == SourceKind.CARDDAV:
            one.title = web.origin(address)[1][:120]
    one.address, one.user_name, one.auth = address, user_name, auth
    one.sealed_secret = sealing.seal(secret, bound_to=str(one.id))
    is_known = one.parts.filter(is_chosen=True).exists()
    _start(one, SourceState.ACTIVE if is_known else SourceState.CHECKING, now)


@transaction.atomic
def choose(*, source: Source, part_ids: Collection[int], writes: Writes, now: datetime) -> bool:
    """Keep these address books or folders fresh, and no others. False where none of them is of this source.

    The caller rings. What is known of a book that is no longer wanted is forgotten; its people stay.
    """
    one = _locked(source)
    chosen = one.parts.filter(id__in=part_ids)
    if not chosen.exists():
        return False
    left = one.parts.filter(is_chosen=True).exclude(id__in=part_ids)
    SourceItem.objects.filter(part__in=left).delete()
    left.update(is_chosen=False, token="", ctag="", uid_validity=None, last_uid=0)
    chosen.update(is_chosen=True)
    if one.writes == Writes.NOTHING and writes != Writes.NOTHING:
        # Whatever differs by now: nobody knows which side was changed last, so the member is asked.
        theirs = KeyTransform("theirs", "base")
        SourceItem.objects.filter(part__source=one).update(
            base=JSONObject(theirs=theirs, agreed=JSONObject()), conflicts={}, compared_at=None
        )
    one.writes = writes if one.kind == SourceKind.CARDDAV else Writes.NOTHING
    _start(one, SourceState.ACTIVE, now)
    return True


@transaction.atomic
def look_now(*, source: Source, now: datetime) -> bool:
    """Look at once, also at a source that had stopped. False where that was less than a minute ago, or it is paused."""
    one = _locked(source)
    if one.state == SourceState.STOPPED:
        is_known = one.parts.filter(is_chosen=True).exists()
        _start(one, SourceState.ACTIVE if is_known else SourceState.CHECKING, now)
        return True
    is_early = one.last_run_at is not None and now - one.last_run_at < PATIENCE
    if one.state not in RUNNING or is_early:
        return False
    one.next_run_at = now
    one.save(update_fields=["next_run_at"])
    return True


@transaction.atomic
def really_gone(*, source: Source, now: datetime) -> bool:
    """The member says that most cards of an address book are gone on purpose. The caller rings."""
    one = _locked(source)
    if one.state != SourceState.STOPPED:
        return False
    one.may_empty = True
    _start(one, SourceState.ACTIVE, now)
    return True


@transaction.atomic
def pause(*, source: Source) -> bool:
    """Leave the server alone until the member says otherwise. A run that goes on this moment writes nothing more."""
    one = _locked(source)
    if one.state != SourceState.ACTIVE:
        return False
    one.state, one.next_run_at, one.leased_until = SourceState.PAUSED, None, None
    one.save(update_fields=["state", "next_run_at", "leased_until"])
    return True


@transaction.atomic
def resume(*, source: Source, now: datetime) -> bool:
    """Go on where it was. The caller rings."""
    one = _locked(source)
    if one.state != SourceState.PAUSED:
        return False
    _start(one, SourceState.ACTIVE, now)
    return True


@transaction.atomic
def disconnect(*, source: Source) -> None:
    """Forget the source with its password and all that is known of it. The people and what was noted stay."""
    outbox.cancel_group(group=f"source:{source.id}")
    Source.objects.filter(id=source.id).delete()


def reseal(*, limit: int = 100) -> int:
    """Seal anew, under the first key, what lies under an older one. How many that were."""
    count = 0
    for source_id, sealed in Source.objects.values_list("id", "sealed_secret").iterator():
        fresh = sealing.renewed(sealed)
        if fresh and count < limit:
            # Only over what it was made from: the member may have typed another password meanwhile.
            count += Source.objects.filter(id=source_id, sealed_secret=sealed).update(sealed_secret=fresh)
    return count


def forget(*, now: datetime) -> None:
    """Remove what runs of long ago told."""
    SourceRun.objects.filter(ended_at__lt=now - RUNS_KEPT).delete()


def _locked(source: Source) -> Source:
    return Source.objects.select_for_update(of=("self",), no_key=True).get(id=source.id)


def _start(one: Source, state: SourceState, now: datetime) -> None:
    one.state, one.error, one.failures, one.lapses = state, "", 0, 0
    # A worker that is at it finds its fence outdated and stops.
    one.fence += 1
    one.leased_until, one.next_run_at = None, now
    one.save()


def _title(preset: Preset, address: str, user_name: str) -> str:
    if preset.kind == SourceKind.IMAP:
        return user_name[:120]
    host = address.partition("://")[2].partition("/")[0]
    return (preset.title if preset.address else f"{preset.title} at {host}" if preset.key != "carddav" else host)[:120]


def _own(owner: User, address: str) -> None:
    """The mailbox's address is the member's own, so that nobody takes them for somebody they know."""
    if normalise(HandleKind.EMAIL, address, country=owner.country):
        try:
            own.name_own(owner=owner, address=address)
        except own.NotAnAddress:
            return
