"""What a role means: the work, under one name for its synonyms, and how senior. Pure.

"CTO" and "Chief Technology Officer" are one; "Design Director" is as senior as "Head of Design". Whoever is sought at
some level is found at that level or above it: a director where somebody senior is wanted, not the other way round.
The tables are short and in English and its neighbours' plainest words; what they lack is compared by its own words.
"""

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Final

from contacts.words import fold


class Level(IntEnum):
    """How senior a role is. NONE: it says nothing of it."""

    LEARNING = 1
    NONE = 2
    SENIOR = 3
    LEADING = 4
    HEADING = 5
    CHIEF = 6


@dataclass(frozen=True, slots=True)
class Role:
    """The work of a role as words in their order, synonyms under one name; and its level."""

    work: tuple[str, ...]
    level: Level

    def answers(self, sought: "Role") -> bool:
        """Whether somebody of this role is whom the other asks for: that work in these words, and no lower a level."""
        if not sought.work and sought.level is Level.NONE:
            return False
        is_that_work = f" {' '.join(sought.work)} " in f" {' '.join(self.work)} " if sought.work else True
        return is_that_work and (sought.level is Level.NONE or self.level >= sought.level)


_WHOLE: Final = {
    "ceo": "chief executive",
    "cto": "chief technology",
    "cfo": "chief finance",
    "coo": "chief operations",
    "cmo": "chief marketing",
    "cpo": "chief product",
    "cio": "chief information",
    "ciso": "chief security",
    "cso": "chief science",
    "chro": "chief people",
    "svp": "vp",
    "evp": "vp",
    "avp": "vp",
    "pm": "product manager",
    "swe": "software engineer",
    "sre": "reliability engineer",
    "ux": "user experience",
    "hr": "people",
    "ta": "recruiter",
    "pr": "press",
    "pi": "principal investigator",
}
"""Short forms, written out before anything else is read."""

_PHRASES: Final = {
    "vice president": "vp",
    "human resources": "people",
    "talent acquisition": "recruiter",
    "talent partner": "recruiter",
    "head hunter": "recruiter",
    "public relations": "press",
    "user experience": "experience",
    "user interface": "interface",
    "co founder": "founder",
    "estate agent": "realtor",
    "real estate agent": "realtor",
    "real estate broker": "realtor",
    "venture capitalist": "investor",
    "angel investor": "investor",
    "business angel": "investor",
    "general practitioner": "doctor",
    "copy writer": "copywriter",
    "attorney at law": "lawyer",
}

_ALIKE: Final = (
    ("engineer", "developer", "programmer", "coder", "entwickler", "entwicklerin", "engineering", "ingenieur"),
    ("designer", "design", "gestalter", "gestalterin"),
    ("lawyer", "solicitor", "attorney", "counsel", "barrister", "advocate", "advogado", "advogada", "anwalt"),
    ("recruiter", "recruiting", "recruitment", "headhunter", "talent"),
    ("writer", "author", "autor", "autora", "autorin", "novelist"),
    ("editor", "lektor", "lektorin", "editora"),
    ("teacher", "teaching", "lecturer", "instructor", "tutor", "trainer", "lehrer", "lehrerin"),
    ("doctor", "physician", "arzt", "medico", "medica", "arztin"),
    ("founder", "cofounder", "entrepreneur", "grunder", "grunderin", "fundador", "fundadora"),
    ("owner", "proprietor", "inhaber", "inhaberin"),
    ("investor", "investing", "vc"),
    ("accountant", "accounting", "bookkeeper", "contabilista"),
    ("journalist", "reporter", "correspondent"),
    ("consultant", "consulting", "adviser", "advisor", "berater", "beraterin"),
    ("scientist", "researcher", "research", "investigator"),
    ("photographer", "photography", "fotograf", "fotografin", "fotografo", "fotografa"),
    ("finance", "financial"),
    ("technology", "technical", "tech"),
    ("operations", "operating"),
    ("marketing", "marketer"),
    ("sales", "salesperson", "seller"),
    ("programme", "program"),
    ("realtor", "makler", "maklerin"),
    ("curator", "curating", "kurator", "kuratorin"),
)
_NAME_OF: Final = {word: group[0] for group in _ALIKE for word in group}

_LEVELS: Final = {
    Level.LEARNING: ("intern", "trainee", "apprentice", "junior", "student", "praktikant", "praktikantin", "graduate"),
    Level.SENIOR: ("senior", "sr"),
    Level.LEADING: ("lead", "leader", "leading", "principal", "leitend", "leitende"),
    Level.HEADING: (
        "head",
        "director",
        "vp",
        "president",
        "dean",
        "leiter",
        "leiterin",
        "directora",
        "diretor",
        "diretora",
    ),
    Level.CHIEF: ("chief", "cxo", "geschaftsfuhrer", "geschaftsfuhrerin"),
}
_LEVEL_OF: Final = {word: level for level, words in _LEVELS.items() for word in words}
_NOT_WORK: Final = frozenset(
    {
        *(
            "of",
            "the",
            "a",
            "an",
            "and",
            "at",
            "for",
            "in",
            "de",
            "da",
            "do",
            "der",
            "die",
            "und",
            "e",
            "y",
            "la",
            "officer",
        )
    }
)
_TOKEN: Final = re.compile(r"[\w+#]+")
_CUT: Final = 300


@lru_cache(maxsize=8192)
def role_of(text: str) -> Role:
    """What the text of a role says. An empty text says nothing."""
    words = [part for word in _TOKEN.findall(fold(text[:_CUT])) for part in _WHOLE.get(word, word).split()]
    line = f" {' '.join(words)} "
    for phrase, instead in _PHRASES.items():
        line = line.replace(f" {phrase} ", f" {instead} ")
    work, level = [], Level.NONE
    for word in line.split():
        if word in _LEVEL_OF:
            # "Trainee to the director" learns; else the highest word counts.
            level = Level.LEARNING if Level.LEARNING in (_LEVEL_OF[word], level) else max(level, _LEVEL_OF[word])
        elif word not in _NOT_WORK:
            work.append(_NAME_OF.get(word, word))
    return Role(tuple(work), level)
