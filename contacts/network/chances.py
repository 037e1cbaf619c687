"""What the member's word on two others stands for, and how often somebody is asked."""

from dataclasses import dataclass
from typing import Final

from contacts.graph import ask_load_factor, cost_of
from contacts.models import Closeness

ACQUAINTED: Final = {
    Closeness.UNKNOWN: None,
    Closeness.SLIGHT: 0.2,
    Closeness.SOME: 0.45,
    Closeness.STRONG: 0.8,
}
"""The strength, 0..1, of a recorded acquaintance; None is unknown. "Not well enough" is no acquaintance at all."""


@dataclass(frozen=True, slots=True)
class AskLoad:
    """How often one person is asked, by anybody: questions open now, and asked in the last 90 days."""

    open: int = 0
    recent: int = 0

    @property
    def cost(self) -> int:
        """What it adds to a leg that ends at them; 0 for somebody not asked at all."""
        return cost_of(ask_load_factor(self.open, self.recent)) if self.open or self.recent else 0
