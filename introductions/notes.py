"""The forwardable note and the message to the friend: drafted in the asker's voice, edited once, sent on unedited.

Pure text; touches no rows. What only the asker can say stands in [square brackets], and a text that still has some is
not sent.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MAX_WORDS: Final = 120
_GAP = re.compile(r"\[[^\]\n]{2,}\]")


class NoteNotReady(ValueError):
    """The note cannot be sent on as it is; the message says what to do."""


@dataclass(frozen=True, slots=True)
class About:
    """What a draft is made of. All but the names may be empty."""

    asker: str
    asker_first: str
    introducer_first: str
    target: str
    target_role: str = ""
    target_organisation: str = ""
    objective: str = ""
    why: str = ""
    seat: str = ""
    by_way_of: Sequence[str] = ()
    """First names of the introducers behind the first."""


def word_count(text: str) -> int:
    """Words as the page counts them: runs without white space."""
    return len(text.split())


def gaps(text: str) -> list[str]:
    """What is still in square brackets."""
    return _GAP.findall(text)


def check(note: str) -> None:
    """Raise NoteNotReady where the note is empty, too long or has a gap left."""
    count = word_count(note)
    if not count:
        raise NoteNotReady("Write the note that your friend passes on.")
    if count > MAX_WORDS:
        raise NoteNotReady(f"The note has {count} words; {MAX_WORDS} are the most that get read.")
    if left := gaps(note):
        raise NoteNotReady(f"Fill in or take out what stands in brackets: {left[0]}")


def draft_note(about: About) -> str:
    """A first version of the note: who I am, why, why you, one ask. Under MAX_WORDS words, gaps included."""
    lines = [f"Hello {first_name(about.target)},"]
    lines.append(f"I am {about.asker}, [one line about you that they would care about].")
    if about.objective:
        why = f": {_sentence(about.why, 35)}" if about.why else "."
        lines.append(f"What I want to do next: {_plain(about.objective)}{why}")
    else:
        lines.append("[What you want to do next, and why.]")
    lines.append(_why_you(about))
    lines.append(
        "Would you have twenty minutes for me in the next weeks, by phone or over a coffee? If it does not suit you, "
        "that is quite all right."
    )
    lines.append(about.asker_first)
    return "\n\n".join(lines)


def draft_message(about: About) -> str:
    """A first version of the few lines to the friend; the letter around it greets and says who writes."""
    wish = f"You know what I am after: {_plain(about.objective)}. " if about.objective else ""
    if about.by_way_of:
        next_one = about.by_way_of[0]
        way = f"I would love to talk to {about.target}, and I think you know {next_one}, who could help me there. "
    else:
        way = f"I think you know {about.target}, and I would love to talk to them. "
    return (
        f"{wish}{way}"
        "Below is a note that you could pass on as it stands. If you would rather not, just say so: "
        "it changes nothing between us."
    )


def first_name(name: str) -> str:
    """What a greeting uses."""
    return name.split(" ")[0]


def _why_you(about: About) -> str:
    work = " at ".join(part for part in (about.target_role, about.target_organisation) if part)
    if work and about.seat and about.seat.casefold() not in work.casefold():
        return f"I am looking for {_with_article(about.seat)}, and your work as {work} is why I thought of you."
    if work:
        return f"Your work as {work} is why I thought of you."
    return "[Why you would like to talk to them and nobody else.]"


def _plain(text: str) -> str:
    return text.strip().rstrip(".!… ")


def _lower(text: str) -> str:
    """Without a capital at the start, unless the word is all capitals ("CTO")."""
    word = text.split(" ")[0]
    return text if word[1:] != word[1:].lower() else text[:1].lower() + text[1:]


def _with_article(who: str) -> str:
    """ "an editor", "a CTO", and "somebody who binds books" as it stands."""
    who = _lower(who.strip())
    first = who.split(" ")[0]
    if first in ("a", "an", "the", "my", "our", "some", "somebody", "someone", "anybody", "anyone", "people"):
        return who
    return f"{'an' if first[:1].lower() in 'aeio' else 'a'} {who}"


def _sentence(text: str, most: int) -> str:
    """The first `most` words, as one sentence."""
    words = " ".join(text.split()).split(" ")
    cut = " ".join(words[:most]).rstrip(".,;:")
    return f"{_lower(cut)}." if len(words) <= most else f"{_lower(cut)} …"
