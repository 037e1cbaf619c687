"""Lookalikes: what is taken for one human, what is not, and why, in words."""

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.likeness import Card, Comparison, find
from contacts.likeness.blocking import LARGEST, candidates
from contacts.likeness.cards import Preparing
from contacts.likeness.nicknames import entries_of, formal
from contacts.likeness.wording import doubts, reasons


def crowd(size: int = 150) -> list[Card]:
    """People who are nobody's lookalike, so that names are as rare as in a real book."""
    rng = random.Random(4)
    words = ["".join(rng.choices(string.ascii_lowercase, k=9)) for _ in range(2 * size)]
    return [Card(key=f"crowd {n}", name=f"{words[2 * n]} {words[2 * n + 1]}") for n in range(size)]


CROWD = crowd()


def compared(one: Card, other: Card) -> Comparison | None:
    """The pair, if it is proposed, in a book of 152."""
    pairs = [
        pair for pair in find([one, other, *CROWD]).pairs if {pair.one.key, pair.other.key} == {one.key, other.key}
    ]
    return pairs[0] if pairs else None


def card(key: int, name: str, **rest: object) -> Card:
    return Card(key=key, name=name, **rest)  # type: ignore[arg-type]


def test_nobody_in_a_crowd_looks_like_another():
    assert find(CROWD).pairs == []


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        (
            card(1, "Robert Miller", emails=["rm@a.test"]),
            card(2, "Bob Miller", emails=["rm@a.test"]),
            "Bob is short for",
        ),
        (card(1, "Ana Ribeiro"), card(2, "Ribeiro, Ana"), "the same name"),
        (card(1, "Soren Kjaer"), card(2, "Søren Kjær"), "the same name"),
        (card(1, "Jürgen Müller"), card(2, "Juergen Mueller"), "Müller is nearly Mueller"),
        (
            card(1, "Ana Ribeiro", organisation="Tinta"),
            card(2, "Ana Ribiero", organisation="Tinta"),
            "one letter differs",
        ),
        (card(1, "Ana Ribeiro", phones=["+491"]), card(2, "A. Ribeiro", phones=["+491"]), "A. may be Ana"),
        (card(1, "Ana Maria Ribeiro"), card(2, "Ana Ribeiro"), "the same name, once with Maria"),
        (card(1, "Dr. Ana Ribeiro"), card(2, "Ana Ribeiro PhD"), "the same name"),
        (card(1, "Mei-ling Oyelaran"), card(2, "Mei Ling Oyelaran"), "written together and apart"),
        (
            card(1, "ana@tinta.test", emails=["ana@tinta.test"]),
            card(2, "Ana R", emails=["ana@tinta.test"]),
            "the same add",
        ),
    ],
)
def test_one_human_is_found_and_the_reason_told(one, other, why):
    pair = compared(one, other)
    assert pair is not None
    assert any(phrase.startswith(why) or why in phrase for phrase in reasons(pair)), reasons(pair)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # A household: one name, one street, one number, two given names.
        (
            card(1, "Ana Ribeiro", address="5 Rua Nova", place="Porto", phones=["+3511"]),
            card(2, "Bruno Ribeiro", address="5 Rua Nova", place="Porto", phones=["+3511"]),
        ),
        (card(1, "Ana Ribeiro", address="5 Rua Nova"), card(2, "Bruno Costa", address="5 Rua Nova")),
        # Colleagues.
        (
            card(1, "Ana Ribeiro", organisation="Tinta", role="Editor"),
            card(2, "Bo Li", organisation="Tinta", role="Editor"),
        ),
        # A father and his son, and two namesakes born on different days.
        (card(1, "Hans Meier jr"), card(2, "Hans Meier sen.", birthday=(1950, 1, 2))),
        (card(1, "Ana Silva", birthday=(1950, 1, 2)), card(2, "Ana Silva", birthday=(1984, 7, 9))),
        # Names that differ in a letter and are two names.
        (card(1, "Mario Rossi", place="Roma"), card(2, "Maria Rossi", place="Roma")),
        (card(1, "Alexander Kohl", organisation="Tinta"), card(2, "Alexandra Kohl", organisation="Tinta")),
        # An office.
        (card(1, "Ana Ribeiro", desks=["info@tinta.test"]), card(2, "Bruno Costa", desks=["info@tinta.test"])),
    ],
)
def test_two_humans_are_left_alone(one, other):
    assert compared(one, other) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (card(1, "Ana Ribeiro"), card(2, "Ana Ribeiro")),
        (card(1, "Ana Ribeiro", address="5 Rua Nova"), card(2, "Ana Ribeiro", address="5 Rua Nova")),
        (card(1, "Ana Ribeiro", phones=["+3511"]), card(2, "Ana Ribeiro", phones=["+3511"])),
        (card(1, "Ana", emails=["a@b.test"]), card(2, "Ana", emails=["a@b.test"])),
        (card(1, "Ana Ribeiro", emails=["a@b.test"]), card(2, "A. Ribeiro", emails=["a@b.test"])),
        (card(1, "Ana Ribeiro", emails=["a@b.test"]), card(2, "Ana Maria Ribeiro", emails=["a@b.test"])),
        (card(1, "Ana Ribeiro", emails=["a@b.test"], birthday=(None, 1, 2)), card(2, "Ana Ribeiro", emails=["a@b.test"],
            birthday=(None, 3, 4))),
        (card(1, "Ana Ribeiro", emails=["a@b.test"], pages=["ana1"]), card(2, "Ana Ribeiro", emails=["a@b.test"],
            pages=["ana2"])),
        (card(1, "Hans Meier", emails=["a@b.test"]), card(2, "Hans Meier jun", emails=["a@b.test"])),
    ],
)  # fmt: skip
def test_what_may_be_two_is_never_certain(one, other):
    pair = compared(one, other)
    assert pair is None or not pair.is_certain


@pytest.mark.parametrize("other", ["Ana Ribeiro", "Ribeiro Ana", "Ána Ribeiro"])
def test_an_address_of_their_own_and_the_whole_name_are_certain(other):
    pair = compared(card(1, "Ana Ribeiro", emails=["a@b.test"]), card(2, other, emails=["a@b.test"]))
    assert pair is not None
    assert pair.is_certain


def test_what_speaks_against_it_is_told_too():
    one = card(1, "Ana Ribeiro", emails=["a@b.test"], organisation="Tinta", birthday=(1980, 1, 2))
    other = card(2, "Ana Ribeiro", emails=["a@b.test"], organisation="Acme", birthday=(1991, 5, 6))
    pair = compared(one, other)
    assert pair is not None
    assert doubts(pair) == ["their birthdays differ", "their organisations differ"]


def test_a_common_name_says_less_than_a_rare_one():
    many = [card(n, "Ana Silva") for n in range(30)]
    rare = [card(100 + n, "Zephyrine Quattlebaum") for n in range(2)]
    pairs = find([*many, *rare, *CROWD]).pairs
    assert pairs[0].one.card.name == "Zephyrine Quattlebaum"
    assert all(pair.bits < pairs[0].bits for pair in pairs[1:])


def test_only_pairs_with_what_changed_are_looked_at():
    cards = [card(n, f"Name{n // 2} Family{n // 2}", emails=[f"x{n // 2}@a.test"]) for n in range(20)]
    all_pairs = {(pair.one.key, pair.other.key) for pair in find(cards).pairs}
    some = find(cards, only={4}, density=0.5).pairs
    assert {(pair.one.key, pair.other.key) for pair in some} == {(4, 5)} < all_pairs


def test_a_block_of_everybody_is_not_compared_pair_by_pair():
    preparing = Preparing()
    firm = [preparing.prepare(card(n, "John Smith", emails=["all@firm.test"])) for n in range(LARGEST + 1)]
    assert list(candidates(firm)) == []
    assert len(list(candidates(firm[:LARGEST]))) == LARGEST * (LARGEST - 1) // 2


def test_the_density_of_a_book_is_found():
    sparse = find([*crowd(400), *(card(n, "Ana Ribeiro", emails=["a@b.test"]) for n in range(2))])
    dense = find([card(n, c.name, emails=[f"{i}@b.test"]) for n in range(2) for i, c in enumerate(crowd(200))])
    assert sparse.density == pytest.approx(0.02)
    assert dense.density > 0.1


def test_the_table_of_nicknames_knows_names_but_does_not_join_them():
    assert formal("bob", "robert") == "robert"
    assert formal("bob", "rob") == "robert"
    assert formal("albert", "alan") is None
    assert entries_of("al") >= entries_of("alan")


names = st.text(st.characters(codec="utf-8"), max_size=40)


@given(st.lists(names, max_size=8), st.lists(names, max_size=8))
def test_any_text_at_all_is_taken(some, others):
    cards = [
        Card(key=n, name=text, nickname=text[::-1], organisation=text, emails=[text], birthday=(None, 2, 29))
        for n, text in enumerate([*some, *others])
    ]
    for pair in find(cards).pairs:
        assert all(reasons(pair))
        assert all(doubts(pair))
        assert 0 <= pair.score <= 1


@given(names, names)
def test_it_does_not_matter_which_comes_first(one, other):
    there = [(p.bits, p.is_certain) for p in find([card(1, one), card(2, other)], density=1.0).pairs]
    back = [(p.bits, p.is_certain) for p in find([card(2, other), card(1, one)], density=1.0).pairs]
    assert [a for a, _ in there] == pytest.approx([b for b, _ in back])
    assert [a for _, a in there] == [b for _, b in back]
