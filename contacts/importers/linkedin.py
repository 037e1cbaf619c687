"""LinkedIn's `Connections.csv`, in every layout that it has had, and as spreadsheet programs save it again."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from contacts.handles import linkedin_slug, normalise_url
from contacts.importers import records
from contacts.importers.dates import read_date, slashes_are_day_first
from contacts.importers.names import join_name
from contacts.importers.records import Labelled, PersonRecord, Record, Skipped
from contacts.importers.sources import Source
from contacts.importers.table_people import too_many_rows
from contacts.importers.tables import BrokenRow, Table, find_table
from contacts.importers.text import one_line, whole

# What the columns are called. LinkedIn writes English headings today; older exports and translated ones exist.
_COLUMNS: Final = {
    "given": "first name|vorname|prénom|nombre|nome|voornaam|имя|名",
    "family": "last name|nachname|nom|apellidos|apellido|cognome|sobrenome|achternaam|фамилия|姓",
    "email": (
        "email address|e-mail address|email|e-mail-adresse|adresse e-mail|dirección de correo electrónico|"
        "indirizzo e-mail|indirizzo email|endereço de e-mail|e-mailadres"
    ),
    "organisation": "company|current company|unternehmen|firma|entreprise|société|empresa|azienda|bedrijf",
    "role": "position|current position|poste|cargo|posizione|functie|title",
    "connected": (
        "connected on|connected|verbunden am|vernetzt am|kontakt seit|connecté le|connexion établie le|"
        "conectado el|fecha de conexión|collegato il|conectado em|verbonden op"
    ),
    "url": "url|profile url|public profile url|linkedin url|profil-url|url du profil",
    "tags": "tags",
}
_MEANING: Final = {heading: column for column, headings in _COLUMNS.items() for heading in headings.split("|")}


def find(source: Source) -> Table | None:
    """The table, where a heading names both parts of the name and the day of connecting."""
    return find_table(source, lambda heading: {"given", "family", "connected"} <= set(_columns(heading)))


def read(file_name: str, table: Table) -> Iterator[Record]:
    """Every row as a person, or skipped with its line and reason. Never raises."""
    at = {column: index for index, column in reversed(list(enumerate(_columns(table.heading)))) if column}
    day_first = _days_come_first(table, at["connected"])
    for count, (line, row) in enumerate(table.rows()):
        if count >= records.MAX_PEOPLE:
            yield too_many_rows(file_name, line)
            return
        if isinstance(row, BrokenRow):
            yield Skipped(file_name, line, row.reason, row.advice)
        else:
            yield _person(file_name, line, {column: row[index] for column, index in at.items()}, day_first)


def _columns(heading: Sequence[str]) -> list[str]:
    return [_MEANING.get(cell[:100].lower(), "") for cell in heading]


def _days_come_first(table: Table, at: int) -> bool:
    """Whether any date in the file has a first number over 12, between slashes."""
    rows = islice(table.rows(), records.MAX_PEOPLE)
    return any(slashes_are_day_first(row[at]) for _, row in rows if not isinstance(row, BrokenRow))


def _person(file_name: str, line: int, row: dict[str, str], day_first: bool) -> Record:
    given = one_line(row["given"], records.MAX_PART)
    family = one_line(row["family"], records.MAX_PART)
    page = whole(row.get("url", ""), records.MAX_URL)
    is_profile = linkedin_slug(page) is not None
    email = whole(row.get("email", ""), records.MAX_EMAIL)
    full_name = join_name(given, family) or email or linkedin_slug(page) or ""
    if not full_name:
        return Skipped(
            file_name,
            line,
            "no name, e-mail address or profile",
            "LinkedIn leaves a row empty when somebody closed their account. Nothing needs to be done.",
        )
    tags = (one_line(tag, records.MAX_TAG) for tag in row.get("tags", "").split(","))
    connected_on_date = read_date(row["connected"], day_first=day_first)
    return PersonRecord(
        full_name=full_name[: records.MAX_NAME],
        file=file_name,
        line=line,
        given=given,
        family=family,
        organisation=one_line(row.get("organisation", ""), records.MAX_ORGANISATION),
        role=one_line(row.get("role", ""), records.MAX_ROLE),
        emails=(Labelled(email),) if email else (),
        urls=(Labelled(page),) if normalise_url(page) and not is_profile else (),
        linkedin=page if is_profile else "",
        tags=tuple(dict.fromkeys(tag for tag in tags if tag))[: records.MAX_TAGS],
        how_met="Connected on LinkedIn" if connected_on_date else "",
        connected_on_date=connected_on_date,
    )
