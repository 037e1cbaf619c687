"""Vertices: which handles are one human, and the small numbers that the engine knows them by.

    a member              one vertex for the account and every address that it has verified
    an identity           any other address or number that names one human
    a card without one    a vertex of its own

Nothing else is joined here. That two handles on a card are one human is the word of the card's owner and counts for
them alone (Question.joined): otherwise one could write one's own address onto somebody's card and receive their mail.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

Key = tuple[str, int] | UUID
"""("member", id), ("identity", id), or the id of a card that no handle names."""


@dataclass(slots=True)
class Vertices:
    """Numbers keys as they come, from 0. `members`: identity id -> the member who has verified that address."""

    members: Mapping[int, int]
    _numbers: dict[Key, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._numbers)

    def member(self, member_id: int) -> int:
        """The vertex of an account."""
        return self._of(("member", member_id))

    def card(self, person_id: UUID, identities: Iterable[int]) -> list[int]:
        """The vertices of a card, ascending: of each identity that names it, or one of its own."""
        found = {self.identity(identity) for identity in identities}
        return sorted(found) if found else [self._of(person_id)]

    def identity(self, identity_id: int) -> int:
        """The vertex of an address or number: its member's where one has verified it."""
        member_id = self.members.get(identity_id)
        return self._of(("identity", identity_id)) if member_id is None else self.member(member_id)

    def _of(self, key: Key) -> int:
        return self._numbers.setdefault(key, len(self._numbers))
