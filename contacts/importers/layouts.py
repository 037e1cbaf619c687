"""Tables whose columns are known: Google's two layouts, Outlook's, Thunderbird's."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from contacts.importers.fields import Field, plain_heading
from contacts.importers.records import Format, Record
from contacts.importers.sources import Source
from contacts.importers.table_people import Column, Plan, order_of_days, people
from contacts.importers.tables import BrokenRow, Table, find_table

_SAMPLE = 2000

# --- Google: "E-mail 1 - Value" beside "E-mail 1 - Label" (Type in the old layout).

_GOOGLE: Final = {
    "name": Field.FULL_NAME,
    "given name": Field.GIVEN,
    "first name": Field.GIVEN,
    "additional name": Field.MIDDLE,
    "middle name": Field.MIDDLE,
    "family name": Field.FAMILY,
    "last name": Field.FAMILY,
    "nickname": Field.NICKNAME,
    "organization name": Field.ORGANISATION,
    "organization title": Field.ROLE,
    "birthday": Field.BIRTHDAY,
    "notes": Field.NOTES,
    "labels": Field.TAGS,
    "group membership": Field.TAGS,
    "location": Field.PLACE,
}
_GOOGLE_KEPT: Final = {
    "organization department": "department",
    "organization 1 department": "department",
    "maiden name": "maiden name",
    "hobby": "hobby",
    "language": "language",
    "gender": "gender",
    "occupation": "occupation",
}
_GOOGLE_NUMBERED: Final = {
    ("e mail", "value"): Field.EMAIL,
    ("phone", "value"): Field.PHONE,
    ("website", "value"): Field.URL,
    ("event", "value"): Field.DATE,
    ("relation", "value"): Field.CUSTOM,
    ("custom field", "value"): Field.CUSTOM,
    ("im", "value"): Field.CUSTOM,
    ("address", "formatted"): Field.CUSTOM,
    ("address", "city"): Field.TOWN,
    ("address", "region"): Field.REGION,
    ("address", "country"): Field.COUNTRY,
    ("organization", "name"): Field.ORGANISATION,
    ("organization", "title"): Field.ROLE,
}
_NUMBERED = re.compile(r"(e mail|phone|website|event|relation|custom field|im|address|organization) (\d{1,3}) (.+)\Z")
# What to call a value without a label of its own.
_GOOGLE_NAMES: Final = {
    "address": "{} address",
    "im": "{} chat",
    "relation": "related",
    "event": "date",
    "custom field": "custom",
}


def _google(heading: Sequence[str]) -> list[Column] | None:
    plain = [plain_heading(cell) for cell in heading]
    has_value = any(cell in plain for cell in ("e mail 1 value", "phone 1 value", "organization 1 name"))
    has_list = bool({"labels", "group membership"} & set(plain)) and "organization name" in plain
    if not (has_value or has_list):
        return None
    columns = []
    for at, cell in enumerate(plain):
        numbered = _NUMBERED.match(cell)
        if numbered:
            kind, number, part = numbered.groups()
            field = _GOOGLE_NUMBERED.get((kind, part))
            if field:
                labels = [f"{kind} {number} {word}" for word in ("label", "type", "service")]
                label_at = next((plain.index(one) for one in labels if one in plain), -1)
                if kind == "address" and field is not Field.CUSTOM:
                    columns.append(Column(at, field, number))
                else:
                    columns.append(Column(at, field, _GOOGLE_NAMES.get(kind, ""), label_at))
        elif cell in _GOOGLE:
            columns.append(Column(at, _GOOGLE[cell]))
        elif cell in _GOOGLE_KEPT:
            columns.append(Column(at, Field.CUSTOM, _GOOGLE_KEPT[cell]))
    return columns


# --- Outlook: one column for each of many kinds.

_OUTLOOK: Final = {
    "first name": (Field.GIVEN, ""),
    "middle name": (Field.MIDDLE, ""),
    "last name": (Field.FAMILY, ""),
    "nickname": (Field.NICKNAME, ""),
    "company": (Field.ORGANISATION, ""),
    "department": (Field.CUSTOM, "department"),
    "job title": (Field.ROLE, ""),
    "business city": (Field.TOWN, "work"),
    "business state": (Field.REGION, "work"),
    "business country": (Field.COUNTRY, "work"),
    "business country region": (Field.COUNTRY, "work"),
    "home city": (Field.TOWN, "home"),
    "home state": (Field.REGION, "home"),
    "home country": (Field.COUNTRY, "home"),
    "home country region": (Field.COUNTRY, "home"),
    "other city": (Field.TOWN, "other"),
    "other country region": (Field.COUNTRY, "other"),
    "business street": (Field.CUSTOM, "work street"),
    "home street": (Field.CUSTOM, "home street"),
    "business fax": (Field.PHONE, "work fax"),
    "business phone": (Field.PHONE, "work"),
    "business phone 2": (Field.PHONE, "work"),
    "company main phone": (Field.PHONE, "main"),
    "car phone": (Field.PHONE, "car"),
    "home fax": (Field.PHONE, "home fax"),
    "home phone": (Field.PHONE, "home"),
    "home phone 2": (Field.PHONE, "home"),
    "mobile phone": (Field.PHONE, "cell"),
    "other phone": (Field.PHONE, "other"),
    "pager": (Field.PHONE, "pager"),
    "primary phone": (Field.PHONE, "main"),
    "assistant s phone": (Field.CUSTOM, "assistant's phone"),
    "assistant s name": (Field.CUSTOM, "assistant"),
    "manager s name": (Field.CUSTOM, "manager"),
    "spouse": (Field.CUSTOM, "spouse"),
    "children": (Field.CUSTOM, "children"),
    "hobby": (Field.CUSTOM, "hobby"),
    "profession": (Field.CUSTOM, "profession"),
    "location": (Field.PLACE, ""),
    "anniversary": (Field.DATE, "anniversary"),
    "birthday": (Field.BIRTHDAY, ""),
    "categories": (Field.TAGS, ""),
    "e mail address": (Field.EMAIL, ""),
    "e mail 2 address": (Field.EMAIL, ""),
    "e mail 3 address": (Field.EMAIL, ""),
    "notes": (Field.NOTES, ""),
    "referred by": (Field.HOW_MET, ""),
    "web page": (Field.URL, ""),
    "personal web page": (Field.URL, ""),
    "user 1": (Field.CUSTOM, "user 1"),
    "user 2": (Field.CUSTOM, "user 2"),
    "user 3": (Field.CUSTOM, "user 3"),
    "user 4": (Field.CUSTOM, "user 4"),
}
_OUTLOOK_MARKS: Final = {
    "e mail type",
    "e mail display name",
    "e mail 2 address",
    "business phone",
    "business street",
    "business city",
    "organizational id number",
    "internet free busy",
    "tty tdd phone",
}


def _outlook(heading: Sequence[str]) -> list[Column] | None:
    plain = [plain_heading(cell) for cell in heading]
    marks = _OUTLOOK_MARKS & set(plain)
    if not marks or (
        "e mail address" not in plain and not ({"first name", "last name"} <= set(plain) and len(marks) > 1)
    ):
        return None
    return [Column(at, *_OUTLOOK[cell]) for at, cell in enumerate(plain) if cell in _OUTLOOK]


# --- Thunderbird.

_THUNDERBIRD: Final = {
    "first name": (Field.GIVEN, ""),
    "last name": (Field.FAMILY, ""),
    "display name": (Field.FULL_NAME, ""),
    "nickname": (Field.NICKNAME, ""),
    "primary email": (Field.EMAIL, ""),
    "secondary email": (Field.EMAIL, ""),
    "screen name": (Field.CUSTOM, "screen name"),
    "work phone": (Field.PHONE, "work"),
    "home phone": (Field.PHONE, "home"),
    "fax number": (Field.PHONE, "fax"),
    "pager number": (Field.PHONE, "pager"),
    "mobile number": (Field.PHONE, "cell"),
    "home address": (Field.CUSTOM, "home street"),
    "home city": (Field.TOWN, "home"),
    "home state": (Field.REGION, "home"),
    "home country": (Field.COUNTRY, "home"),
    "work address": (Field.CUSTOM, "work street"),
    "work city": (Field.TOWN, "work"),
    "work state": (Field.REGION, "work"),
    "work country": (Field.COUNTRY, "work"),
    "job title": (Field.ROLE, ""),
    "department": (Field.CUSTOM, "department"),
    "organization": (Field.ORGANISATION, ""),
    "web page 1": (Field.URL, ""),
    "web page 2": (Field.URL, ""),
    "birth year": (Field.BIRTHDAY, "year"),
    "birth month": (Field.BIRTHDAY, "month"),
    "birth day": (Field.BIRTHDAY, "day"),
    "custom 1": (Field.CUSTOM, "custom 1"),
    "custom 2": (Field.CUSTOM, "custom 2"),
    "custom 3": (Field.CUSTOM, "custom 3"),
    "custom 4": (Field.CUSTOM, "custom 4"),
    "notes": (Field.NOTES, ""),
}


def _thunderbird(heading: Sequence[str]) -> list[Column] | None:
    plain = [plain_heading(cell) for cell in heading]
    if not {"primary email", "display name"} <= set(plain):
        return None
    return [Column(at, *_THUNDERBIRD[cell]) for at, cell in enumerate(plain) if cell in _THUNDERBIRD]


_LAYOUTS: Final = {
    Format.GOOGLE_CSV: _google,
    Format.OUTLOOK_CSV: _outlook,
    Format.THUNDERBIRD_CSV: _thunderbird,
}


def find(source: Source, layout: Format) -> Table | None:
    """The table of that layout in a file, if it has one."""
    return find_table(source, lambda heading: _LAYOUTS[layout](heading) is not None)


def read(file_name: str, table: Table, layout: Format) -> Iterator[Record]:
    """Every row as a person, or skipped with its line and reason. Never raises."""
    columns = _LAYOUTS[layout](table.heading) or []
    dates = [column.at for column in columns if column.field in (Field.BIRTHDAY, Field.DATE)]
    rows = (row for _, row in islice(table.rows(pads=True), _SAMPLE) if not isinstance(row, BrokenRow))
    day_first = order_of_days(row[at] for row in rows for at in dates)
    return people(file_name, table, Plan(columns, day_first=day_first))
