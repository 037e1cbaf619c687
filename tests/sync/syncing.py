"""What the tests of syncing share: connecting, and having a worker look."""

from __future__ import annotations

from datetime import datetime, timedelta

from contacts.models import Import, Person, Source, SourceState, Writes
from contacts.services.sources import claims, connecting, shifts
from contacts.services.sources.presets import BY_KEY
from netapp.accounts.models import User
from tests.contacts.importing import work
from tests.factories import NOW
from tests.sync.peers import HOST, SECRET, USER, Pymap, Radicale

SOON = timedelta(hours=2)


class Clock:
    """Later with every look."""

    def __init__(self) -> None:
        self.now = NOW

    def tick(self) -> datetime:
        """Two hours on."""
        self.now += SOON
        return self.now


def connect_book(
    owner: User, radicale: Radicale, *, writes: Writes = Writes.NOTHING, secret: str = SECRET, url: str = ""
) -> Source:
    """Alice's Radicale, with all of its address books chosen, and not looked at yet."""
    one = connecting.connect(
        owner=owner,
        preset=BY_KEY["radicale"],
        address=url or radicale.url,
        user_name=USER,
        secret=secret,
        now=NOW,
    )
    Source.objects.filter(id=one.id).update(writes=writes)
    return one


def connect_mailbox(owner: User, pymap: Pymap, *, address: str = "alice@work.example") -> Source:
    """Alice's mailbox."""
    return connecting.connect(
        owner=owner,
        preset=BY_KEY["imap"],
        address=f"imap://{HOST}:{pymap.port}",
        user_name=USER,
        secret=SECRET,
        own_address=address,
        now=NOW,
    )


def look(source: Source, now: datetime) -> list[Import]:
    """A worker looks at the source until there is nothing more to do, and writes what it brought; those imports."""
    known = set(Import.objects.values_list("id", flat=True))
    for _ in range(20):
        claim = claims.claim(now=now, source_id=source.id)
        if claim is None:
            break
        shifts.work(claim, now=now)
    source.refresh_from_db()
    found = list(Import.objects.exclude(id__in=known).order_by("created_at"))
    return [work(one, now=now) for one in found]


def choose_all(source: Source, now: datetime, *names: str, writes: Writes = Writes.NOTHING) -> None:
    """The member chooses those parts, or all."""
    parts = source.parts.filter(address__in=names) if names else source.parts.all()
    assert connecting.choose(source=source, part_ids=[part.id for part in parts], writes=writes, now=now)
    source.refresh_from_db()


def due(source: Source, now: datetime) -> None:
    """As if the hour had come."""
    Source.objects.filter(id=source.id).update(next_run_at=now)


def people(owner: User) -> dict[str, Person]:
    """Live people by name."""
    return {one.full_name: one for one in Person.objects.filter(owner=owner, deleted_at=None)}


def is_fresh(source: Source) -> bool:
    """Whether it goes on by itself."""
    return source.state == SourceState.ACTIVE and not source.error
