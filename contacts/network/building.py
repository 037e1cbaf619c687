"""The snapshot: what all members share, read at one moment and kept as files for path searches (decision 4).

Vertices are numbered members first, by id; then identities that no member has verified, by id; then shared cards that
no handle names. Which is which lies beside the ties: `extra` has "members", "identities" and "cards".
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import structlog
from allauth.account.models import EmailAddress
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from numpy.typing import NDArray

from contacts.graph import Snapshot, SnapshotError
from contacts.graph.costs import costs_of
from contacts.graph.willingness import UNKNOWN_CHANCE
from contacts.handles import HandleKind
from contacts.models import Connection, ConnectionState, Handle, Identity, Person, Relation
from contacts.network.copying import copied
from netapp.accounts.models import User

log = structlog.get_logger(__name__)

_LOCK: Final = 0x4B697468_736E6170
_FINE: Final = 1 << 18
"""So many vertices leave room for all costs; beyond, costs stand on a grid (contacts.graph.costs)."""

_TABLES: Final = {
    "user": User._meta.db_table,
    "address": EmailAddress._meta.db_table,
    "identity": Identity._meta.db_table,
    "person": Person._meta.db_table,
    "handle": Handle._meta.db_table,
    "connection": Connection._meta.db_table,
}
_MEMBERS: Final = "SELECT id::bigint AS member FROM {user} WHERE is_active"
_VERIFIED: Final = f"""
    SELECT i.id::bigint AS identity, min(a.user_id)::bigint AS member
    FROM {{identity}} i JOIN {{address}} a ON lower(a.email) = i.value JOIN {{user}} u ON u.id = a.user_id
    WHERE i.kind = '{HandleKind.EMAIL}' AND a.verified AND u.is_active GROUP BY i.id"""
# A handle on several cards of one book names nobody in that book. (Least and greatest as text: an aggregate by hash.)
_TIES: Final = f"""
    WITH named AS (
        SELECT h.owner_id, h.identity_id, min(h.person_id::text)::uuid AS person_id
        FROM {{handle}} h JOIN {{person}} p ON p.id = h.person_id
        WHERE h.identity_id IS NOT NULL AND p.deleted_at IS NULL
        GROUP BY h.owner_id, h.identity_id HAVING min(h.person_id::text) = max(h.person_id::text))
    SELECT s.owner_id::bigint AS owner, coalesce(s.strength, 'NaN')::float8 AS strength, s.reach::bigint AS reach,
        coalesce(n.identity_id, 0)::bigint AS identity, s.id AS card
    FROM {{person}} s JOIN {{user}} u ON u.id = s.owner_id LEFT JOIN named n ON n.person_id = s.id
    WHERE u.is_active AND s.reach > 0 AND s.relation = '{Relation.KNOWN}'
    AND s.archived_at IS NULL AND s.deleted_at IS NULL"""
_CONNECTIONS: Final = f"""
    SELECT c.inviter_id::bigint AS one, c.invitee_id::bigint AS other FROM {{connection}} c
    JOIN {{user}} a ON a.id = c.inviter_id JOIN {{user}} b ON b.id = c.invitee_id
    WHERE c.state = '{ConnectionState.ACCEPTED}' AND a.is_active AND b.is_active AND c.answered_at <= """
_TIE_COLUMNS: Final = {
    "owner": "bigint",
    "strength": "float8",
    "reach": "bigint",
    "identity": "bigint",
    "card": "uuid",
}


def build(folder: Path, *, now: datetime, anew: bool = False) -> bool:
    """Make the snapshot in `folder` that of now, unless nothing changed since it was built. True where it was written.

    One process a site builds; another one that comes meanwhile leaves with False. A snapshot that cannot be trusted is
    told in the log and built again; `anew` builds whatever is there. Raises OSError where the disk refuses: the one
    before then stays.
    """
    with _alone() as is_mine:
        if not is_mine:
            return False
        # Counted before the rows are read: what is written in between is counted later and built again.
        changes = _changes()
        if not anew and _kept(folder) == changes:
            return False
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            # Which handle names whom is one large grouping: in memory it takes a fraction of the time.
            cursor.execute("SET LOCAL work_mem = '128MB'")
            rows = _Rows(cursor, now)
        snapshot = rows.snapshot({"changes": changes, "built_at": int(now.timestamp())})
        version = snapshot.save(folder)
        log.info("snapshot.built", version=version, vertices=snapshot.n, ties=snapshot.ties, bytes=snapshot.nbytes)
        return True


class _Rows:
    """Everything that the snapshot is made of, at the moment of the cursor's transaction."""

    def __init__(self, cursor: CursorWrapper, now: datetime) -> None:
        def read(query: str, **columns: str) -> NDArray[Any]:
            return copied(cursor, query.format(**_TABLES), columns)

        self.members = np.sort(read(_MEMBERS, member="bigint")["member"])
        self.verified = read(_VERIFIED, identity="bigint", member="bigint")
        ties = read(_TIES, **_TIE_COLUMNS)
        # Beside the ties to identities, those to cards that no handle names: identity 0.
        self.ties = ties[ties["identity"] > 0]
        self.nameless = np.sort(ties[ties["identity"] == 0], order="card")
        moment = f"'{now.isoformat()}'::timestamptz"
        self.connections = read(_CONNECTIONS + moment, one="bigint", other="bigint")

    def snapshot(self, about: dict[str, int]) -> Snapshot:
        """The rows as numbers."""
        self.verified.sort(order="identity")
        identities = np.setdiff1d(self.ties["identity"], self.verified["identity"])
        first_card = self.members.size + identities.size
        n = first_card + self.nameless.size
        target = self.members.size + np.searchsorted(identities, self.ties["identity"])
        at = np.searchsorted(self.verified["identity"], self.ties["identity"])
        at = np.minimum(at, max(0, self.verified.size - 1))
        if self.verified.size:
            is_member = self.verified["identity"][at] == self.ties["identity"]
            target = np.where(is_member, np.searchsorted(self.members, self.verified["member"][at]), target)
        both = np.concatenate((self.ties, self.nameless))
        target = np.concatenate((target, first_card + np.arange(self.nameless.size)))
        owner = np.searchsorted(self.members, both["owner"])
        prior = np.where(np.isnan(both["strength"]), UNKNOWN_CHANCE, 0.05 + 0.85 * both["strength"])
        cost = costs_of(prior, grid=n > _FINE)
        others = owner != target  # a member's own card
        ends = [np.searchsorted(self.members, self.connections[end]) for end in ("one", "other")]
        return Snapshot.build(
            n=n,
            owner=owner[others],
            target=target[others],
            cost=cost[others],
            reach=both["reach"][others],
            connections=np.stack(ends, axis=1),
            extra={
                "members": self.members,
                "identities": identities,
                "cards": np.frombuffer(self.nameless["card"].tobytes(), np.uint8),
            },
            about=about,
        )


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether this process is the one that builds. The lock goes with its connection, so with the process."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        is_mine: bool = cursor.fetchone()[0]
    try:
        yield is_mine
    finally:
        if is_mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _changes() -> int:
    """How many rows of these tables were ever written; comes a moment after each commit, starts anew after a crash."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_user_tables "
            "WHERE schemaname = current_schema AND relname = ANY(%s)",
            [list(_TABLES.values())],
        )
        return int(cursor.fetchone()[0])


def _kept(folder: Path) -> int | None:
    """The changes that the snapshot in `folder` knows of; None where it has to be built, whatever changed."""
    if not (folder / "current").exists():
        return None
    try:
        return Snapshot.load(folder).about.get("changes")
    except SnapshotError as error:
        log.warning("snapshot.refused", reason=str(error))
        return None
