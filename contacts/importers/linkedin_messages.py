"""LinkedIn's `messages.csv`: who wrote to whom, and when. The subject and the text are never looked at."""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from typing import Final

from contacts.importers import parties, records
from contacts.importers.fields import plain_heading
from contacts.importers.records import ContactKind, ContactRecord, Record, Skipped
from contacts.importers.sources import Source
from contacts.importers.tables import BrokenRow, Table, find_table

_COLUMNS: Final = {
    "conversation id": "conversation",
    "from": "from",
    "sender profile url": "from_page",
    "to": "to",
    "recipient profile urls": "to_pages",
    "recipient profile url": "to_pages",
    "date": "date",
    "sent at": "date",
    "folder": "folder",
    "is message draft": "draft",
}
_REQUIRED: Final = frozenset({"conversation", "from", "to", "date"})
_WHEN = re.compile(r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(?::(\d\d))?(?:\.\d+)?\s*(?:UTC|GMT|Z|\+00:?00)?\Z")
_WHEN_AMERICAN = re.compile(
    r"(\d{1,2})/(\d{1,2})/(\d{4}|\d\d),? (\d{1,2}):(\d\d)(?::(\d\d))?\s*([AaPp][Mm])?\s*(?:UTC)?\Z"
)
_LEFT_OUT: Final = {"spam": "automatic", "linkedin": "automatic"}


def find(source: Source) -> Table | None:
    """The table, where a heading names conversation, sender, recipients and date."""
    return find_table(source, lambda heading: set(_columns(heading)) >= _REQUIRED)


def read(file_name: str, table: Table) -> Iterator[Record]:
    """Every message as a contact, or skipped with its line and reason. Never raises."""
    at = {column: index for index, column in reversed(list(enumerate(_columns(table.heading)))) if column}
    count = 0
    for line, row in table.rows(pads=True):
        if isinstance(row, BrokenRow):
            yield Skipped(file_name, line, row.reason, row.advice)
            continue
        count += 1
        if count > records.MAX_CONTACTS:
            yield Skipped(
                file_name,
                line,
                f"more than {records.MAX_CONTACTS:,} messages",
                "Split the file and import the rest by itself.",
            )
            return
        message = _message(file_name, line, {column: row[index].strip() for column, index in at.items()})
        if message is not None:
            yield message


def _columns(heading: Sequence[str]) -> list[str]:
    return [_COLUMNS.get(plain_heading(cell), "") for cell in heading]


def _message(file_name: str, line: int, row: dict[str, str]) -> Record | None:
    if row.get("draft", "").lower() in ("yes", "true", "1"):
        return None
    happened_at = _when(row["date"][:60])
    if happened_at is None:
        return Skipped(file_name, line, "no date that can be read", "Ask LinkedIn for the file again.")
    sender = parties.party(_known(row["from"]), "", row.get("from_page", ""))
    names = _names(row["to"])
    pages = [page for page in re.split(r"[,;\s]+", row.get("to_pages", "")[:60_000]) if page]
    if len(pages) == len(names):
        told = [parties.party(name, "", page) for name, page in zip(names, pages, strict=True)]
    elif pages:
        # Which name belongs to which page cannot be told.
        told = [parties.party("", "", page) for page in pages]
    else:
        told = [parties.party(name) for name in names]
    others, left_out = parties.once(sender, told)
    if sender is None or not others:
        return Skipped(
            file_name,
            line,
            "nobody on the other side",
            "LinkedIn leaves names out of closed accounts. Nothing needs to be done.",
        )
    conversation = row["conversation"]
    return ContactRecord(
        kind=ContactKind.MESSAGE,
        happened_at=happened_at,
        sender=sender,
        others=others,
        key=parties.key("linkedin", conversation, happened_at.isoformat(), parties.identity(sender)),
        thread=parties.key("linkedin", conversation) if conversation else "",
        left_out=left_out or _LEFT_OUT.get(row.get("folder", "").lower(), ""),
        file=file_name,
        line=line,
    )


def _names(cell: str) -> list[str]:
    return [name for part in cell[:60_000].split(",") if (name := _known(part))]


def _known(name: str) -> str:
    """The name, unless it is what stands for somebody who closed the account."""
    return (
        "" if name.strip().lower() in ("linkedin member", "linkedin-mitglied", "membre de linkedin") else name.strip()
    )


def _when(text: str) -> dt.datetime | None:
    """The moment; LinkedIn writes UTC, and says so in most files."""
    try:
        if found := _WHEN.match(text):
            return dt.datetime(*(int(part or 0) for part in found.groups()), tzinfo=dt.UTC)  # type: ignore[arg-type, misc]
        if found := _WHEN_AMERICAN.match(text):
            month, day, year, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
            if found[7]:
                hour = hour % 12 + (12 if found[7].lower() == "pm" else 0)
            return dt.datetime(year + (2000 if year < 100 else 0), month, day, hour, minute, second, tzinfo=dt.UTC)
    except ValueError:
        return None
    return None
