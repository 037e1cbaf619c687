"""Two cards held against each other: what they agree in, where they differ, and how likely they are one human.

Naive Bayes in bits, after Fellegi and Sunter (1969): prior + the sum of the findings = log2 odds. Facts that hang
together (a street and its town) are weighed low for that. The weights of disagreeing were set by hand and tried on
half of the labelled sets (benchmarks/dedupe.py); those of agreeing come from the book itself (`rarity`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp2
from typing import Final

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from contacts.likeness.cards import Prepared
from contacts.likeness.facts import AGAINST, CONTRADICTING, Fact, Finding
from contacts.likeness.names import NameAgreement, Names
from contacts.likeness.rarity import Rarity
from contacts.words import fold

CERTAIN: Final = 0.95
"""The chance below which no pair is certain."""

_MOST_HOLDERS: Final = 6
"""More cards than this with one address or number: a household's or a firm's, not somebody's own."""


@dataclass(slots=True)
class Comparison:
    """`bits` is log2 of the odds that the two cards are one human; of the evidence alone until a prior is added."""

    one: Prepared
    other: Prepared
    name: NameAgreement
    findings: list[Finding]
    bits: float

    @property
    def score(self) -> float:
        """The chance, 0..1."""
        return 1.0 / (1.0 + exp2(-max(min(self.bits, 60.0), -60.0)))

    @property
    def facts(self) -> frozenset[Fact]:
        """What was found."""
        return frozenset(finding.fact for finding in self.findings)

    @property
    def is_certain(self) -> bool:
        """Whether nobody would doubt it: an address or page that only these two cards have, the whole name, word for
        word or by a short form, and nothing that contradicts. A telephone has a family or a firm behind it."""
        has_own = bool(self.facts & {Fact.EMAIL, Fact.PAGE})
        return has_own and self.name.is_whole and not self.facts & CONTRADICTING and self.score >= CERTAIN

    @property
    def speaks_for(self) -> list[Finding]:
        """What speaks for it, the strongest first."""
        return sorted((one for one in self.findings if one.fact not in AGAINST), key=lambda one: -one.bits)

    @property
    def speaks_against(self) -> list[Finding]:
        """What speaks against it, the strongest first."""
        return sorted((one for one in self.findings if one.fact in AGAINST), key=lambda one: one.bits)


class Comparing:
    """Compares cards of one book."""

    def __init__(self, cards: Iterable[Prepared]) -> None:
        self._rarity = Rarity(cards)
        self._names = Names(self._rarity)

    def compare(self, one: Prepared, other: Prepared, *, at_least: float) -> Comparison | None:
        """What the two say of each other, without a prior; None where that is less than `at_least` bits."""
        name = self._names.compare(one, other)
        findings: list[Finding] = []
        is_other = name.is_known and (not name.pairs or bool(name.left[0] and name.left[1]))
        if name.is_known:
            findings.append(Finding(Fact.OTHER_NAME if is_other else Fact.NAME, name.bits))
        if one.generation != other.generation and one.generation and other.generation:
            findings.append(Finding(Fact.GENERATION, -8.0))
        elif one.generation != other.generation:
            findings.append(Finding(Fact.GENERATION, -5.0))
        self._handles(one, other, findings, is_other)
        _birthdays(one, other, findings)
        self._life(one, other, findings)
        bits = sum(finding.bits for finding in findings)
        if bits < at_least or not _says_enough(name, findings):
            return None
        return Comparison(one, other, name, findings, bits)

    def _handles(self, one: Prepared, other: Prepared, findings: list[Finding], is_other: bool) -> None:
        """Addresses, numbers and pages. `is_other`: the names differ, and a number may be a household's."""
        ours, theirs = one.card, other.card
        if ours.emails and theirs.emails:
            self._emails(one, other, findings)
        if ours.desks and theirs.desks and (desk := _first_shared(ours.desks, theirs.desks)):
            findings.append(Finding(Fact.DESK, 2.0, desk))
        if ours.phones and theirs.phones:
            self._phones(one, other, findings, is_other)
        if ours.pages and theirs.pages:
            page = _first_shared(ours.pages, theirs.pages)
            findings.append(Finding(Fact.PAGE, 17.0, page) if page else Finding(Fact.PAGE_DIFFERS, -6.0))
        if ours.urls and theirs.urls and (url := _first_shared(ours.urls, theirs.urls)):
            few = self._rarity.holders(url) <= _MOST_HOLDERS
            findings.append(Finding(Fact.URL, 6.0 if few else 1.0, url))

    def _emails(self, one: Prepared, other: Prepared, findings: list[Finding]) -> None:
        if email := _first_shared(one.card.emails, other.card.emails):
            own = self._rarity.holders(email) <= _MOST_HOLDERS
            findings.append(Finding(Fact.EMAIL if own else Fact.EMAIL_SHARED, 15.0 if own else 9.0, email))
        elif local := _first_shared(one.locals, other.locals):
            own = self._rarity.holders(local) <= _MOST_HOLDERS and not _is_name(local, one)
            findings.append(Finding(Fact.MAILBOX, 6.0 if own else 1.0, local))
        elif alike := _first_alike(one.card.emails, other.card.emails, 9):
            findings.append(Finding(Fact.EMAIL_ALIKE, 2.0 if _is_name(alike, one) else 6.0, alike))

    def _phones(self, one: Prepared, other: Prepared, findings: list[Finding], is_other: bool) -> None:
        if phone := _first_shared(one.card.phones, other.card.phones):
            own = self._rarity.holders(phone) <= _MOST_HOLDERS
            bits = 3.0 if is_other else 12.0 if own else 6.0
            findings.append(Finding(Fact.PHONE if own else Fact.PHONE_SHARED, bits, phone))
        elif alike := _first_alike(one.card.phones, other.card.phones, 7):
            findings.append(Finding(Fact.PHONE_ALIKE, 5.0, alike))

    def _life(self, one: Prepared, other: Prepared, findings: list[Finding]) -> None:
        """Organisation, role, place, street: alike where one human is, and where two colleagues or neighbours are."""
        if one.organisation and other.organisation:
            if one.organisation == other.organisation:
                bits = 0.8 * self._rarity.other(one.organisation)
                findings.append(Finding(Fact.ORGANISATION, bits, one.card.organisation))
            elif fuzz.token_set_ratio(one.organisation, other.organisation) >= 90:
                findings.append(Finding(Fact.ORGANISATION_ALIKE, 3.0, one.card.organisation))
            else:
                findings.append(Finding(Fact.ORGANISATION_DIFFERS, -2.0))
        if one.role and one.role == other.role:
            findings.append(Finding(Fact.ROLE, 2.0, one.card.role))
        if one.place and other.place:
            if one.place == other.place:
                findings.append(Finding(Fact.PLACE, 0.7 * self._rarity.other(one.place), one.card.place))
            elif fuzz.token_set_ratio(one.place, other.place) >= 80:
                findings.append(Finding(Fact.PLACE_ALIKE, 2.0, one.card.place))
            else:
                findings.append(Finding(Fact.PLACE_DIFFERS, -2.0))
        if one.address and other.address:
            if one.address == other.address:
                findings.append(Finding(Fact.ADDRESS, self._rarity.other(one.address), one.card.address))
            elif fuzz.token_sort_ratio(one.address, other.address) >= 80:
                findings.append(Finding(Fact.ADDRESS_ALIKE, 6.0, one.card.address))
            else:
                findings.append(Finding(Fact.ADDRESS_DIFFERS, -2.0))


def _is_name(address: str, card: Prepared) -> bool:
    """Whether an address is made of the name, so that it says no more than the name does."""
    text = fold(address.partition("@")[0])
    return any(len(word.text) > 2 and word.text in text for word in card.words)


def _says_enough(name: NameAgreement, findings: Iterable[Finding]) -> bool:
    """Living or working at the same place, under names that differ, is two people, however rare the place."""
    if name.pairs and not (name.left[0] and name.left[1]):
        return True
    own = {Fact.EMAIL, Fact.EMAIL_SHARED, Fact.PHONE, Fact.PAGE, Fact.URL, Fact.MAILBOX, Fact.BIRTHDAY}
    return any(finding.fact in own for finding in findings)


def _birthdays(one: Prepared, other: Prepared, findings: list[Finding]) -> None:
    ours, theirs = one.card.birthday, other.card.birthday
    if ours is None or theirs is None:
        return
    has_years = ours[0] is not None and theirs[0] is not None
    if ours[1:] == theirs[1:] and (ours[0] == theirs[0] or not has_years):
        findings.append(Finding(Fact.BIRTHDAY, 12.0 if has_years else 8.0))
        return
    if has_years:
        apart = OSA.distance(_digits(ours), _digits(theirs), score_cutoff=2)
        swapped = ours[0] == theirs[0] and ours[1:] == (theirs[2], theirs[1])
        if apart == 1 or swapped:
            findings.append(Finding(Fact.BIRTHDAY_ALIKE, 5.0))
            return
        if sum(a == b for a, b in zip(ours, theirs, strict=True)) == 2:
            findings.append(Finding(Fact.BIRTHDAY_ALIKE, 1.0))
            return
    findings.append(Finding(Fact.BIRTHDAY_DIFFERS, -3.0 if has_years and ours[0] == theirs[0] else -6.0))


def _digits(day: tuple[int | None, int, int]) -> str:
    return f"{day[0]}{day[1]:02}{day[2]:02}"


def _first_shared(ours: Iterable[str], theirs: Iterable[str]) -> str:
    there = set(theirs)
    return next((one for one in ours if one in there), "")


def _first_alike(ours: Iterable[str], theirs: Iterable[str], length: int) -> str:
    """The first that differs from one of the others in one place; too short a one may do so by chance."""
    for one in ours:
        for other in theirs:
            if len(one) >= length and OSA.distance(one, other, score_cutoff=1) == 1:
                return one
    return ""
