"""Words: how names and notes are made comparable, so that "Garcia" finds "García" and "soren" finds "Søren"."""

import re
import unicodedata
from typing import Final

MAX_WORDS: Final = 8
"""Words of a search that are looked at; more would make a query of any length."""

MAX_WORD: Final = 60
"""Characters of one such word."""

# Letters that Unicode does not take apart, and that people leave out when they search.
_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŋ": "n", "’": "'"}
)
_SPACE = re.compile(r"\s+")


def clean(text: str) -> str:
    """The text without what PostgreSQL refuses (NUL, lone surrogates) or no page should hold (control characters).

    Line breaks and tabs stay.
    """
    # Most text is printable as it is, which Python can tell a hundred times faster than letter by letter.
    if text.isprintable():
        return text
    return "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs"))


def one_line(text: str) -> str:
    """`clean`, with every run of white space as one space and none around."""
    # Of all white space only the space itself counts as printable.
    if text.isprintable() and "  " not in text and text[:1] != " " != text[-1:]:
        return text
    return _SPACE.sub(" ", clean(text)).strip()


def fold(text: str) -> str:
    """Without accents, without case, on one line: how two texts are compared.

    Compatibility forms come apart too ("ﬁ" is "fi"); what has no case or accent stays as it is.
    """
    line = one_line(text).casefold()
    if line.isascii():
        return line
    apart = unicodedata.normalize("NFKD", line)
    bare = "".join(char for char in apart if not unicodedata.combining(char))
    return _SPACE.sub(" ", bare.translate(_LETTERS)).strip()


def search_words(text: str) -> list[str]:
    """The words of a search, folded; each must occur for a card to be found. At most MAX_WORDS."""
    return [word[:MAX_WORD] for word in fold(text).split(" ") if word][:MAX_WORDS]


def slips(word: str) -> str | None:
    """A PostgreSQL regular expression for what begins with `word`, folded, give or take one slip of the pen.

    A letter left out, one too many, another one, or two swapped. None for words so short that everything would
    match, and so long that one slip leaves them alike by their trigrams.
    """
    if not 4 <= len(word) <= 10:
        return None
    letters = [char if char.isalnum() else f"\\{char}" for char in word]
    forms: list[str] = []
    for at in range(len(letters)):
        before, after = "".join(letters[:at]), "".join(letters[at + 1 :])
        forms += [f"{before}[^ ]?{after}", f"{before}[^ ]{letters[at]}{after}"]
        if after:
            forms.append(f"{before}{letters[at + 1]}{letters[at]}{''.join(letters[at + 2 :])}")
    return rf"\m(?:{'|'.join(dict.fromkeys(forms))})"
