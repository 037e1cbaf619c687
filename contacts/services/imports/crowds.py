"""How many people may take part before a contact tells nothing about any two of them, or about one and the member."""

from typing import Final

from contacts.importers import ContactKind
from contacts.services.evidence import MOST_IN_A_MEETING, MOST_IN_A_THREAD

MOST_WRITTEN_TO: Final = 12
"""Others on one mail or message: what goes to more is an announcement, and no contact with each of them."""


def is_crowded(kind: ContactKind, others: int) -> bool:
    """Whether it was no contact between the member and each of so many others."""
    return others > (MOST_IN_A_MEETING - 1 if kind == ContactKind.MEETING else MOST_WRITTEN_TO)


def is_crowd(kind: ContactKind, others: int) -> bool:
    """Whether so many others say nothing about whether two of them know each other."""
    return others > (MOST_IN_A_MEETING if kind == ContactKind.MEETING else MOST_IN_A_THREAD) - 1
