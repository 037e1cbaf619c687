"""Rows of a table as people: what each column tells is settled once, and then every row is read by that plan."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from contacts.handles import linkedin_slug, normalise_url
from contacts.importers import records
from contacts.importers.dates import read_birthday, read_date
from contacts.importers.fields import Field
from contacts.importers.names import join_name, split_name, turn_name
from contacts.importers.records import Birthday, Labelled, PersonRecord, Record, Skipped
from contacts.importers.tables import BrokenRow, Cells, Table
from contacts.importers.text import many_lines, one_line, plain_uid, whole

_ADDRESS = re.compile(r"[^\s<>;,:\"()\[\]]+@[^\s<>;,\"()\[\]]+")
_SEVERAL = re.compile(r" ::: |[;\n|]")
_LISTED = re.compile(r" ::: |[;,\n|]")
_NUMBERS = re.compile(r"\D*(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})\D*\Z")
_DIGIT = re.compile(r"\d")
# Of a cell with several handles.
_LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Column:
    """What the cell at `at` tells. Its label stands in the cell at `label_at`, where that is not -1, or is `label`.

    Where `label` holds "{}", the cell's word is put there.
    """

    at: int
    field: Field
    label: str = ""
    label_at: int = -1


class Plan:
    """What all columns of a table tell. `day_first` settles dates such as 3/4/2020; None leaves them aside."""

    def __init__(self, columns: Iterable[Column], *, day_first: bool | None = None) -> None:
        by_field: defaultdict[Field, list[Column]] = defaultdict(list)
        for column in columns:
            by_field[column.field].append(column)
        self._by_field = dict(by_field)
        self._day_first = day_first

    @property
    def names_people(self) -> bool:
        """Whether any column can say who somebody is."""
        return bool(
            self._by_field.keys()
            & {Field.FULL_NAME, Field.GIVEN, Field.FAMILY, Field.NICKNAME, Field.EMAIL, Field.PHONE, Field.LINKEDIN}
        )

    def person(self, file_name: str, line: int, cells: Cells) -> Record:
        """The person of a row, or why there is none."""
        given = one_line(join(self._first(Field.GIVEN, cells), self._first(Field.MIDDLE, cells)), records.MAX_PART)
        family = one_line(self._first(Field.FAMILY, cells), records.MAX_PART)
        full_name = one_line(self._first(Field.FULL_NAME, cells), records.MAX_NAME)
        organisation = one_line(self._first(Field.ORGANISATION, cells), records.MAX_ORGANISATION)
        if full_name and not (given or family):
            full_name = turn_name(full_name)
            if full_name != organisation:
                given, family = split_name(full_name)
        emails = self._handles(Field.EMAIL, cells, _addresses, records.MAX_EMAIL)
        phones = self._handles(Field.PHONE, cells, _numbers, records.MAX_PHONE)
        pages = self._handles(Field.LINKEDIN, cells, _pages, records.MAX_URL)
        pages += self._handles(Field.URL, cells, _pages, records.MAX_URL)
        profiles = [page.value for page in pages if "linkedin" in page.value.lower() and linkedin_slug(page.value)]
        linkedin = profiles[0] if profiles else ""
        nickname = one_line(self._first(Field.NICKNAME, cells), records.MAX_NICKNAME)
        full_name = full_name or join_name(given, family) or nickname or organisation
        full_name = full_name or next((one.value for one in (*emails, *phones)), "") or linkedin_slug(linkedin) or ""
        if not full_name:
            return Skipped(
                file_name, line, "no name, organisation, e-mail or phone", "Add a name to the row and import it again."
            )
        birthday = self._birthday(cells)
        custom = self._custom(cells)
        if birthday is None and (raw := self._first(Field.BIRTHDAY, cells)) and _DIGIT.search(raw):
            custom = (("birthday", one_line(raw, records.MAX_CUSTOM_VALUE)), *custom)[: records.MAX_CUSTOM]
        connected_on = self._first(Field.CONNECTED_ON, cells)
        return PersonRecord(
            full_name=full_name[: records.MAX_NAME].strip(),
            file=file_name,
            line=line,
            given=given,
            family=family,
            nickname=nickname,
            organisation=organisation,
            role=one_line(self._first(Field.ROLE, cells), records.MAX_ROLE),
            place=self._place(cells),
            emails=emails,
            phones=phones,
            urls=tuple(page for page in pages if page.value not in profiles and normalise_url(page.value))[
                : records.MAX_HANDLES
            ],
            linkedin=linkedin,
            birthday=birthday,
            other_dates=self._dates(cells),
            tags=self._tags(cells),
            custom=custom,
            notes=many_lines("\n\n".join(self._all(Field.NOTES, cells)), records.MAX_NOTES),
            how_met=one_line("; ".join(self._all(Field.HOW_MET, cells)), records.MAX_HOW_MET),
            connected_on_date=read_date(connected_on, day_first=bool(self._day_first)) if connected_on else None,
            uid=plain_uid(self._first(Field.UID, cells), records.MAX_UID),
        )

    def _first(self, field: Field, cells: Cells) -> str:
        for column in self._by_field.get(field, ()):
            if cell := cells[column.at].strip():
                return cell
        return ""

    def _all(self, field: Field, cells: Cells) -> list[str]:
        return [cell for column in self._by_field.get(field, ()) if (cell := cells[column.at].strip())]

    def _labelled(self, field: Field, cells: Cells) -> Iterator[tuple[str, str]]:
        for column in self._by_field.get(field, ()):
            if cell := cells[column.at].strip():
                label = cells[column.label_at].lstrip("* ").rstrip() if column.label_at >= 0 else ""
                if "{}" in column.label:
                    yield column.label.format(label).strip(), cell
                else:
                    yield label or column.label, cell

    def _handles(
        self, field: Field, cells: Cells, parted: Callable[[str], Sequence[str]], limit: int
    ) -> tuple[Labelled, ...]:
        found: dict[str, Labelled] = {}
        for label, cell in self._labelled(field, cells):
            for one in parted(cell):
                value = whole(one, limit)
                if value and len(found) < records.MAX_HANDLES:
                    found.setdefault(value.lower(), Labelled(value, one_line(label, records.MAX_LABEL).lower()))
        return tuple(found.values())

    def _place(self, cells: Cells) -> str:
        """Town and country of the first address that tells them; columns of one address have the same label."""
        countries = self._by_field.get(Field.COUNTRY, ())
        for field in (Field.TOWN, Field.REGION):
            for column in self._by_field.get(field, ()):
                if town := cells[column.at].strip():
                    country = next((cells[one.at].strip() for one in countries if one.label == column.label), "")
                    return one_line(", ".join(part for part in (town, country) if part), records.MAX_PLACE)
        return one_line(self._first(Field.PLACE, cells) or self._first(Field.COUNTRY, cells), records.MAX_PLACE)

    def _day(self, raw: str) -> Birthday | None:
        day = read_birthday(raw)
        numbers = _NUMBERS.match(raw) if day is None else None
        if numbers is None:
            return day
        first, second = int(numbers[1]), int(numbers[2])
        if self._day_first is None and first <= 12 and second <= 12 and first != second:
            # April or December? Nobody can tell.
            return None
        date = read_date(raw, day_first=first > 12 or (bool(self._day_first) and second <= 12))
        return Birthday(date.year, date.month, date.day) if date and date.year >= 1850 else None

    def _birthday(self, cells: Cells) -> Birthday | None:
        parts = {column.label: cells[column.at] for column in self._by_field.get(Field.BIRTHDAY, ()) if column.label}
        if "month" in parts and "day" in parts:
            # Thunderbird has three columns.
            year = parts.get("year", "").strip().zfill(4) if parts.get("year", "").strip() else ""
            numbers = [parts[name].strip().zfill(2) for name in ("month", "day")]
            return read_birthday(f"{year or '--'}{'-' if year else ''}{numbers[0]}{'-' if year else ''}{numbers[1]}")
        return next((day for cell in self._all(Field.BIRTHDAY, cells) if (day := self._day(cell))), None)

    def _dates(self, cells: Cells) -> tuple[tuple[str, Birthday], ...]:
        found = [
            (one_line(label, records.MAX_LABEL).lower() or "date", day)
            for label, cell in self._labelled(Field.DATE, cells)
            if (day := self._day(cell))
        ]
        return tuple(dict.fromkeys(found))[: records.MAX_DATES]

    def _tags(self, cells: Cells) -> tuple[str, ...]:
        found: dict[str, str] = {}
        for cell in self._all(Field.TAGS, cells):
            for part in _LISTED.split(cell[: records.MAX_NOTES]):
                tag = one_line(part.strip().strip("[]\"'"), records.MAX_TAG)
                # Google's own groups, "* myContacts", say nothing.
                if tag and not tag.startswith("* "):
                    found.setdefault(tag.casefold(), tag)
        return tuple(found.values())[: records.MAX_TAGS]

    def _custom(self, cells: Cells) -> tuple[tuple[str, str], ...]:
        found = [
            (name, value)
            for label, cell in self._labelled(Field.CUSTOM, cells)
            if (name := one_line(label, records.MAX_CUSTOM_NAME))
            and (value := one_line(cell, records.MAX_CUSTOM_VALUE))
        ]
        return tuple(dict.fromkeys(found))[: records.MAX_CUSTOM]


def people(file_name: str, table: Table, plan: Plan) -> Iterator[Record]:
    """Every row of a table as a person, or skipped with its line and reason. Never raises."""
    for count, (line, row) in enumerate(table.rows(pads=True)):
        if count >= records.MAX_PEOPLE:
            yield too_many_rows(file_name, line)
            return
        if isinstance(row, BrokenRow):
            yield Skipped(file_name, line, row.reason, row.advice)
        else:
            yield plan.person(file_name, line, row)


def too_many_rows(file_name: str, line: int) -> Skipped:
    """What stands for the rest of a file that is too long."""
    return Skipped(
        file_name, line, f"more than {records.MAX_PEOPLE:,} rows", "Split the file and import the rest by itself."
    )


def join(*parts: str) -> str:
    """With a space between those that are something."""
    return " ".join(part for part in parts if part)


def order_of_days(cells: Iterable[str]) -> bool | None:
    """Whether the days of a column stand before the months: one number over 12 tells; None where nothing tells."""
    firsts = seconds = False
    for cell in cells:
        if found := _NUMBERS.match(cell):
            firsts = firsts or int(found[1]) > 12
            seconds = seconds or int(found[2]) > 12
    return None if firsts == seconds else firsts


def _addresses(cell: str) -> Sequence[str]:
    if "@" not in cell:
        return ()
    return [address.removeprefix("mailto:").rstrip(".") for address in _ADDRESS.findall(cell[:_LONGEST])]


def _numbers(cell: str) -> Sequence[str]:
    return [number for number in _SEVERAL.split(cell[:_LONGEST]) if _DIGIT.search(number)]


def _pages(cell: str) -> Sequence[str]:
    return cell[:_LONGEST].replace(" ::: ", " ").split()
