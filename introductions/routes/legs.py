"""One leg as a route's row keeps it: ids and a chance. Names and evidence are read when it is shown, and only then,
so that no row holds what somebody may have stopped sharing."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from contacts.graph import Source
from contacts.network import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """From whom to whom, by whose knowledge.

    tail: None for the asker. head: a card, the asker's own where they have one. card: the shared card that a shared tie
    stands on; acquaintance: the asker's record that an acquaintance stands on.
    """

    tail: UUID | None
    head: UUID
    source: Source
    card: UUID | None
    acquaintance: UUID | None
    chance: float

    @classmethod
    def of(cls, step: Step) -> "Leg":
        """The leg of one step of a computed way."""
        return cls(
            tail=step.tail,
            head=step.head,
            source=step.source,
            card=step.card,
            acquaintance=step.acquaintance,
            chance=step.chance,
        )

    @classmethod
    def read(cls, row: dict[str, Any]) -> "Leg":
        """Back from `written`."""
        return cls(
            tail=_id(row["tail"]),
            head=UUID(row["head"]),
            source=Source(row["source"]),
            card=_id(row["card"]),
            acquaintance=_id(row["acquaintance"]),
            chance=row["chance"],
        )

    def written(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {
            "tail": str(self.tail) if self.tail else None,
            "head": str(self.head),
            "source": self.source.value,
            "card": str(self.card) if self.card else None,
            "acquaintance": str(self.acquaintance) if self.acquaintance else None,
            "chance": round(self.chance, 6),
        }


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None
