"""Findings in plain words, as a friend would say why two cards look alike, or what makes one doubt it."""

from contacts.likeness.cards import Word
from contacts.likeness.comparing import Comparison
from contacts.likeness.facts import Fact, Finding
from contacts.likeness.names import Agreement, NameAgreement
from contacts.likeness.nicknames import formal

_PHRASES = {
    Fact.EMAIL: "the same address, {about}",
    Fact.EMAIL_SHARED: "the same address, {about}, which others have too",
    Fact.EMAIL_ALIKE: "one letter differs in the address, {about}",
    Fact.MAILBOX: "the same “{about}” before the @",
    Fact.DESK: "the same address of an office, {about}",
    Fact.PHONE: "the same number, {about}",
    Fact.PHONE_SHARED: "the same number, {about}, which others have too",
    Fact.PHONE_ALIKE: "one digit differs in the number, {about}",
    Fact.PAGE: "the same LinkedIn page, {about}",
    Fact.PAGE_DIFFERS: "they have two different LinkedIn pages",
    Fact.URL: "the same web page, {about}",
    Fact.BIRTHDAY: "the same birthday",
    Fact.BIRTHDAY_ALIKE: "birthdays that differ in one place",
    Fact.BIRTHDAY_DIFFERS: "their birthdays differ",
    Fact.ORGANISATION: "both at {about}",
    Fact.ORGANISATION_ALIKE: "organisations of nearly the same name",
    Fact.ORGANISATION_DIFFERS: "their organisations differ",
    Fact.ROLE: "the same role, {about}",
    Fact.PLACE: "both in {about}",
    Fact.PLACE_ALIKE: "places of nearly the same name",
    Fact.PLACE_DIFFERS: "their places differ",
    Fact.ADDRESS: "the same street, {about}",
    Fact.ADDRESS_ALIKE: "nearly the same street, {about}",
    Fact.ADDRESS_DIFFERS: "their streets differ",
    Fact.GENERATION: "one is the younger or the older of the two (junior, senior)",
}


def reasons(comparison: Comparison) -> list[str]:
    """What speaks for one human, the strongest first."""
    found = [_phrase(comparison, finding) for finding in comparison.speaks_for if finding.bits > 0]
    if Fact.OTHER_NAME in comparison.facts and comparison.name.pairs:
        found.append(_agreed(comparison.name))
    return [phrase for phrase in found if phrase]


def doubts(comparison: Comparison) -> list[str]:
    """What speaks against it, the strongest first."""
    return [_phrase(comparison, finding) for finding in comparison.speaks_against]


def _phrase(comparison: Comparison, finding: Finding) -> str:
    if finding.fact is Fact.NAME:
        return _agreed(comparison.name)
    if finding.fact is Fact.OTHER_NAME:
        ours, theirs = comparison.name.left
        return f"{_listed(ours)} is another name than {_listed(theirs)}"
    return _PHRASES[finding.fact].format(about=finding.about)


def _agreed(name: NameAgreement) -> str:
    ours, theirs = name.left
    same = [word for how, word, _ in name.pairs if how is Agreement.SAME]
    others = [_pair(how, one, other) for how, one, other in name.pairs if how is not Agreement.SAME]
    if not others and not ours and not theirs:
        return "the same name"
    rest = ours or theirs
    if not others and not (ours and theirs):
        return f"the same name, once with {_listed(rest)}"
    parts = [f"both are called {_listed(same)}"] if same else []
    return ", and ".join([*parts, *dict.fromkeys(others)])


def _pair(how: Agreement, one: Word, other: Word) -> str:
    short, long = sorted((one, other), key=lambda word: len(word.text))
    if how is Agreement.SHORT_FORM:
        full = formal(one.text, other.text)
        if full in (one.text, other.text):
            whole, small = (one, other) if full == one.text else (other, one)
            return f"{small.written} is short for {whole.written}"
        if full:
            return f"{one.written} and {other.written} are both short for {full.capitalize()}"
        return f"one is called {other.written}"
    if how is Agreement.INITIAL:
        return f"{short.written.upper()}. may be {long.written}"
    if how is Agreement.BEGINNING:
        return f"{short.written} may be short for {long.written}"
    if how is Agreement.SLIP:
        return f"one letter differs in {one.written} and {other.written}"
    if how is Agreement.SOUND:
        return f"{one.written} sounds like {other.written}"
    if one.text == other.text:
        return f"{one.written} is written together and apart"
    return f"{one.written} is nearly {other.written}"


def _listed(words: list[Word]) -> str:
    return " ".join(word.written for word in words)
