"""The files that are imported: people put together from some hundred names, with what real cards have on them."""

import csv
import io
import random
from collections.abc import Iterator


def words(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


GIVEN = words(
    "Ana Ben Carla Dmitri Élodie Farid Greta Håkon Inês João Kateřina Luca Mei Noor Olga Paweł Quentin Rosa Søren"
    " Tomás Uta Viktor Wanda Xavier Yusuf Zoë Aisha Bruno Chloé Daniel Eva Felix Gabriela Hugo Irina Jonas Klara"
)
FAMILY = words(
    "Silva Costa Meyer Nowak García Müller Rossi Dubois Novák Ivanov Haddad Kowalski Jensen Ferreira Lopez"
    " Schmidt Moreau Bianchi Svoboda Petrov Nilsson Almeida Fischer Laurent Ricci Dvořák Sokolov Berg Pereira"
)
PARTS = words("berg feld hof mann stein wald bach dorf rup gaard sen ova ski ini ez oux")
ROLES = words("editor printer curator bookseller photographer translator lawyer baker teacher engineer")
PLACES = words("Lisbon Porto Berlin Paris Kraków Oslo Madrid Milano Brno Sofia Lyon Graz")
WORDS = words("book fair night shift bicycle garden choir archive harbour letterpress exhibition chess bread")
HEADING = (
    "First Name,Last Name,Organization Name,Organization Title,Notes,Birthday,Labels,E-mail 1 - Label,"
    "E-mail 1 - Value,E-mail 2 - Label,E-mail 2 - Value,Phone 1 - Label,Phone 1 - Value,Address 1 - City"
)


class Somebody:
    """One person, the same for the same number."""

    def __init__(self, number: int) -> None:
        chance = random.Random(number)
        self.number = number
        self.given = chance.choice(GIVEN)
        self.family = chance.choice(FAMILY) + chance.choice(PARTS)
        self.email = f"{chance.choice('abcdefgh')}.{number}@example{number % 900}.org"
        self.second = f"private{number}@mail{number % 40}.example.net"
        self.phone = f"+4930{2_000_000 + number}"
        self.organisation = f"{chance.choice(FAMILY)} & {chance.choice(FAMILY)} {number % 800}"
        self.role = chance.choice(ROLES)
        self.place = chance.choice(PLACES)
        self.note = " ".join(chance.choice(WORDS) for _ in range(20))
        self.tag = chance.choice(WORDS)
        self.born = f"{chance.randrange(1950, 2000)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"


def vcard(count: int) -> str:
    """So many vCards of version 3.0."""
    return "".join(_card(Somebody(number)) for number in range(count))


def table(count: int, *, start: int = 0) -> str:
    """A CSV of so many rows, as Google exports contacts."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADING.split(","))
    writer.writerows(_row(Somebody(number)) for number in range(start, start + count))
    return out.getvalue()


def names(count: int) -> Iterator[str]:
    """What people search for: parts of names, firms, places, with and without accents, some with a slip."""
    chance = random.Random(7)
    for number in range(count):
        one = Somebody(chance.randrange(50_000))
        text = (one.given, one.family, one.organisation.split()[0], one.place, f"{one.given} {one.family}")[number % 5]
        cut = max(3, len(text) - chance.randrange(4))
        yield text[:cut] if number % 7 else text[:2] + text[3:]


def _card(one: Somebody) -> str:
    return "\r\n".join(
        (
            "BEGIN:VCARD",
            "VERSION:3.0",
            f"UID:uid-{one.number}",
            f"FN:{one.given} {one.family}",
            f"N:{one.family};{one.given};;;",
            f"EMAIL;TYPE=WORK:{one.email}",
            f"EMAIL;TYPE=HOME:{one.second}",
            f"TEL;TYPE=CELL:{one.phone}",
            f"ORG:{one.organisation}",
            f"TITLE:{one.role}",
            f"ADR;TYPE=HOME:;;1 Street;{one.place};;1000;",
            f"BDAY:{one.born}",
            f"CATEGORIES:{one.tag}",
            f"NOTE:{one.note}",
            "REV:2026-01-02T03:04:05Z",
            "END:VCARD",
            "",
        )
    )


def _row(one: Somebody) -> tuple[str, ...]:
    emails = ("Work", one.email, "Home", one.second)
    return (
        *(one.given, one.family, one.organisation, one.role, one.note, one.born, one.tag),
        *emails,
        *("Mobile", one.phone, one.place),
    )
