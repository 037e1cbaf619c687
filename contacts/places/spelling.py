"""How names of places are compared: without case, accents or marks, with one space between words. Pure."""

import re
from typing import Final

from contacts.words import fold

_WORD: Final = re.compile(r"[^\W_]+")


def spell(text: str) -> str:
    """ "Saint-Étienne" -> "saint etienne"."""
    return " ".join(_WORD.findall(fold(text)))
