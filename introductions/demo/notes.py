"""The notes and messages of the demo's introductions, as Alice and Bob would write them."""

from typing import Final

_I_AM: Final = "I am Alice Anders, a Swedish photographer in Lisbon."
_BOOK: Final = (
    "For nine summers I have photographed the towns along the Douro, the Minho and the Guadiana, and the people who "
    "still live from the water. The pictures are done and want to be a book."
)
_ASK: Final = (
    "Would you have twenty minutes for me in the next weeks? If it does not suit you, that is quite all right."
)


def _note(first: str, *middle: str) -> str:
    return "\n\n".join((f"Hello {first},", *middle, _ASK, "Alice"))


def _message(first: str, text: str) -> str:
    return (
        f"Hello {first},\n\n{text} Below is a note that you could pass on as it stands. If you would rather not, "
        "just say so: it changes nothing between us.\n\nAlice"
    )


TERESA: Final = _note(
    "Teresa",
    f"{_I_AM} {_BOOK}",
    "Your book on the Po is the one I take out when I doubt the sequence. I would like to hear whether ours is a book "
    "for Northlight, or for whom it could be.",
)
TERESA_MESSAGE: Final = _message("Marguerite", "you told me that you judged a prize with Teresa Vilhena.")
HEDDA: Final = _note(
    "Hedda",
    f"{_I_AM} I grew up ten minutes from Fotohuset. {_BOOK}",
    "You announced a year on working water; six of the towns would look well on a long wall.",
)
HEDDA_MESSAGE: Final = _message("Sunniva", "you hung Hedda Grimstad's degree show, back when we all shared one heater.")
SILVIA: Final = _note(
    "Sílvia",
    f"{_I_AM} I was art director at Meridian Weekly before the rivers took over; now I look for four days a week.",
    "I have liked Sombra since the water-works identity, and Duarte says your courtyard has a table free.",
)
SILVIA_MESSAGE: Final = _message("Duarte", "you share a courtyard with Sílvia Amaral, and I am looking for work.")
AMADOU: Final = _note(
    "Amadou",
    f"{_I_AM} {_BOOK}",
    "Nobody reads a dummy as you do. I would rather hear from you what is wrong with it than from a shelf.",
)
AMADOU_MESSAGE: Final = _message("Bashir", "you said that Amadou Diarra and you were neighbours once.")
AMADOU_OUTCOME: Final = (
    "He read the dummy in one evening and told me which forty pictures to take out. It is a different book now, and a "
    "better one. He wants to see the printed sheets."
)
AMADOU_THANKS: Final = (
    "Dear Bashir, Amadou read the whole dummy and took forty pictures out of it, all the right ones. Thank you for "
    "writing to him; supper is on me when you are next in Lisbon."
)
KLARA: Final = _note("Klara", f"{_I_AM} {_BOOK}", "Amelie says that you tell people in one sentence where they belong.")
KLARA_MESSAGE: Final = _message("Amelie", "I think you design for Klara Weiss.")
KLARA_THANKS: Final = "Dear Amelie, Klara was kind, and clear: not her shelf. Thank you for asking her. Dumplings soon?"
KLARA_OUTCOME: Final = "Kind and quick: she takes no picture books, and knows nobody who sells them well."
MATHIS: Final = _note("Mathis", f"{_I_AM} {_BOOK}", "Your Loire book sits so well in the hand that I measured it.")
MATHIS_MESSAGE: Final = _message("Yann", "you shared a stand with Mathis Lacombe in Ghent.")
MATHIS_WORD: Final = (
    "Our list is full for two years. It looks like a fine piece of work; do send it when it is printed."
)
PILAR: Final = _note("Pilar", f"{_I_AM} {_BOOK}", "I would love to show the Minho part at Mirada Norte.")
PILAR_MESSAGE: Final = _message("Iker", "you hang Pilar Echeverría's shows.")
HANNEKE: Final = _note("Hanneke", f"{_I_AM} {_BOOK}", "Oever pays for what rivers leave behind, so I thought of you.")
HANNEKE_MESSAGE: Final = _message("Joost", "Hanneke Vos paid for your last two issues, you said.")
LEONOR: Final = (
    "Hello Leonor,\n\nI am Alice Anders, [one line about me that Leonor would care about].\n\n"
    "Your night trains hung in my kitchen all winter. I am looking for work as an art director, in Porto if it must "
    "be and gladly.\n\nWould you have twenty minutes for me in the next weeks?\n\nAlice"
)
LEONOR_MESSAGE: Final = _message("Duarte", "you drew the letters for Leonor Pimenta's night trains.")
JOAQUIM: Final = (
    "Dear Joaquim,\n\nI am Bob Brook, I edit The Estuary Review, a quarterly of sixty-four pages from Porto. We go "
    "back to print, and the first issue is about bridges that were never built.\n\nYour piece on the flooded "
    "school is the best thing on water I have read this year. Would you write 2,000 words for us? We pay, modestly "
    "and on time.\n\nA line is enough, and no is a fine answer.\n\nBob"
)
JOAQUIM_MESSAGE: Final = (
    "Hello Alice,\n\nyou know Joaquim Barreto, whose essay on the school at Pinhão I have read four times. Would you "
    "pass the note below on to him? If it is the wrong moment, say so and I shall ask another time.\n\nBob"
)
