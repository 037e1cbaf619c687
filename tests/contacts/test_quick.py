"""One typed line, read into a card."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.quick import QuickCard, read_line
from contacts.words import MAX_WORDS, clean, fold, search_words, slips


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Ana Silva", ("Ana Silva", "", "", "", "", [], [])),
        (
            "Ana Silva, editor at Aperture, ana@x.org",
            ("Ana Silva", "editor", "Aperture", "", "", [], ["ana@x.org"]),
        ),
        ("Ana Silva at Aperture", ("Ana Silva", "", "Aperture", "", "", [], [])),
        ("Ana Silva <ana@x.org>, Aperture", ("Ana Silva", "", "Aperture", "", "", [], ["ana@x.org"])),
        ("Ana Silva - curator - Tate - London", ("Ana Silva", "curator", "Tate", "London", "", [], [])),
        ("Ana Silva, editor, in Lisbon", ("Ana Silva", "editor", "", "Lisbon", "", [], [])),
        (
            "Ana, Tinta, met at the fair, 020 7946 0958 #photo #photo #fair",
            ("Ana", "", "Tinta", "", "", ["photo", "fair"], ["020 7946 0958"]),
        ),
        (
            "Jo https://www.linkedin.com/in/jo, writer",
            ("Jo", "writer", "", "", "", [], ["https://www.linkedin.com/in/jo"]),
        ),
        (
            "Ana Costa, editor at Lumen Press ana@lumen.pt +351 912 345 678, Lisbon #photo",
            ("Ana Costa", "editor", "Lumen Press", "Lisbon", "", ["photo"], ["ana@lumen.pt", "+351 912 345 678"]),
        ),
        (
            "Ana Costa ana@lumen.pt editor, Lumen Press",
            ("Ana Costa", "editor", "Lumen Press", "", "", [], ["ana@lumen.pt"]),
        ),
        ("Ana Costa photo editor at Lumen Press", ("Ana Costa", "photo editor", "Lumen Press", "", "", [], [])),
        ("Ana von der Heide", ("Ana von der Heide", "", "", "", "", [], [])),
        ("ana costa", ("ana costa", "", "", "", "", [], [])),
        ("+351 912 345 678 Ana", ("Ana", "", "", "", "", [], ["+351 912 345 678"])),
        ("", ("", "", "", "", "", [], [])),
    ],
)
def test_lines(line, expected):
    card = read_line(line, country="GB")
    found = (
        card.full_name,
        card.role,
        card.organisation,
        card.place,
        card.notes,
        card.tags,
        [handle.value for handle in card.handles],
    )
    assert found == expected


def test_what_says_itself_what_it_is():
    line = "Ana Costa, friend, colleague, needs a studio, can help with Portuguese law, via Ben Berg, met in Porto"
    card = read_line(line, country="PT")
    assert card.full_name == "Ana Costa"
    assert card.tie_kinds == ["friend", "colleague"]
    assert (card.needs, card.offers) == (["a studio"], ["Portuguese law"])
    assert (card.through, card.how_met) == ("Ben Berg", "met in Porto")
    assert (card.role, card.organisation, card.place, card.notes) == ("", "", "", "")


@given(st.text(max_size=200))
def test_any_line_is_read(line):
    assert isinstance(read_line(line, country="GB"), QuickCard)


@given(st.lists(st.from_regex(r"[A-Za-zéø]{2,9}( [A-Za-z]{2,9})?", fullmatch=True), min_size=1, max_size=8))
def test_no_word_is_lost(pieces):
    card = read_line(", ".join(pieces), country="GB")
    texts = (card.full_name, card.role, card.organisation, card.place, card.notes, card.how_met, card.through)
    kept = " ".join((*texts, *card.tie_kinds, *card.needs, *card.offers)).replace(",", " ").casefold().split()
    lost = [word for word in " ".join(pieces).split() if word.casefold() not in kept]
    # "at Aperture" and "in Lisbon" are understood, and these small words said with it.
    assert {word.lower() for word in lost} <= {
        "at",
        "bei",
        "chez",
        "en",
        "presso",
        "with",
        "in",
        "from",
        "lives",
        "based",
        "aus",
        "de",
        "via",
        "through",
        "needs",
        "wants",
        "offers",
        "met",
    }


@given(st.text(max_size=60))
def test_folding_twice_is_folding_once(text):
    once = fold(text)
    assert fold(once) == once
    assert "\x00" not in once
    clean(text).encode()


@given(st.text(max_size=500))
def test_a_search_has_few_words(text):
    words = search_words(text)
    assert len(words) <= MAX_WORDS
    assert all(word and " " not in word for word in words)


def test_short_words_have_no_slips():
    assert slips("ana") is None
    assert slips("x" * 21) is None
    pattern = slips("a.b*")
    assert pattern is not None
    assert r"\." in pattern
