"""Records become rows; what is twice in one upload becomes one.

Building is deterministic: the same records in the same order give the same rows, so that a worker who takes over
builds again from the start, which brings the index of keys back, and writes from where the rows end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from contacts.importers import ContactRecord, PersonRecord, Record, Skipped
from contacts.importers.records import MAX_CONTACTS, MAX_PEOPLE
from contacts.models import ImportRow, RowKind, RowOutcome
from contacts.services.handles import read_handles
from contacts.services.imports.deciding import merged
from contacts.services.imports.matching import Candidate, choose, handles_of, keys_of, value_of
from contacts.services.imports.stored import fill, pack, party_key, record_of
from netapp.lib.bulk import copy_in, update_in


@dataclass(slots=True)
class Built:
    """A row, and the record whose telling belongs into an earlier row, `row.same_as`."""

    row: ImportRow
    told: PersonRecord | None = None


class Builder:
    """Builds the rows of one import, in the order of its records."""

    def __init__(self, *, import_id: UUID, country: str | None, file_count: int = 1) -> None:
        self._import_id = import_id
        self._country = country
        self._file_count = file_count
        self._position = 0
        self._people = 0
        self._contacts = 0
        self._leads: dict[str, tuple[int, ...]] = {}
        self._names: dict[int, str] = {}
        self._lines: dict[int, str] = {}
        self._items: dict[str, str] = {}
        self._key_of = cache(party_key)

    def build(self, record: Record) -> Built | None:
        """The next row; None for what is over the limits, after the row that says so."""
        if isinstance(record, PersonRecord):
            self._people += 1
            if self._people > MAX_PEOPLE:
                return self._over(record, self._people - MAX_PEOPLE, f"more than {MAX_PEOPLE:,} cards in one upload")
            built = self._person(record)
        elif isinstance(record, ContactRecord):
            self._contacts += 1
            if self._contacts > MAX_CONTACTS:
                excess = self._contacts - MAX_CONTACTS
                return self._over(record, excess, f"more than {MAX_CONTACTS:,} mails and meetings in one upload")
            built = Built(self._contact(record))
        else:
            built = Built(self._row(record))
            built.row.outcome = RowOutcome.SKIPPED
            built.row.reason, built.row.advice = record.reason[:500], record.advice[:500]
        self._position += 1
        return built

    def store(self, built: Sequence[Built]) -> None:
        """Write rows that follow each other, and put what doubles tell into the rows that they double."""
        here = {one.row.position: one.row for one in built}
        doubles = [(one.row.same_as, one.told) for one in built if one.row.same_as is not None and one.told]
        wanted = {lead for lead, _ in doubles} - here.keys()
        earlier = {}
        if wanted:
            known = ImportRow.objects.filter(of=self._import_id, position__in=wanted)
            earlier = {row.position: row for row in known}
        for lead, told in doubles:
            assert lead is not None
            row = here.get(lead) or earlier[lead]
            both = merged(record_of(row), told)
            handles = read_handles(handles_of(both), self._country)
            row.record, row.name = pack(both, handles), both.full_name
            row.keys = list(dict.fromkeys((*row.keys, *keys_of(told, read_handles(handles_of(told), self._country)))))
        copy_in([one.row for one in built])
        update_in(list(earlier.values()), ["record", "name", "keys"])

    def _row(self, record: Record) -> ImportRow:
        return ImportRow(of_id=self._import_id, position=self._position, file=record.file, line=record.line)

    def _over(self, record: Record, excess: int, reason: str) -> Built | None:
        if excess > 1:
            return None
        advice = "Import the rest by itself, after this."
        return self.build(Skipped(record.file, record.line, reason, advice))

    def _contact(self, record: ContactRecord) -> ImportRow:
        row = self._row(record)
        row.kind = RowKind.CONTACT
        fill(row, record, self._key_of)
        row.outcome = RowOutcome.NOTED
        if record.left_out:
            row.outcome, row.reason = RowOutcome.LEFT_OUT, record.left_out[:500]
            return row
        line = self._items.setdefault(row.record["key"], self._where(record))
        if line != self._where(record):
            row.outcome, row.reason = RowOutcome.SEEN, f"the same as in {line}"[:500]
            row.keys, row.record = [], {"kind": record.kind.value, "at": row.record["at"]}
        return row

    def _person(self, record: PersonRecord) -> Built:
        row = self._row(record)
        row.name = record.full_name
        handles = read_handles(handles_of(record), self._country)
        keys = keys_of(record, handles)
        found: dict[int, set[str]] = {}
        for key in keys:
            for lead in self._leads.get(key, ()):
                found.setdefault(lead, set()).add(key)
        candidates = [Candidate(lead, self._names[lead], frozenset(shared)) for lead, shared in sorted(found.items())]
        choice = choose(record.full_name, candidates)
        if len(choice.same) > 1:
            places = " and ".join(f"{one.name} ({self._lines[one.who]})" for one in choice.same[:2])
            row.outcome = RowOutcome.SKIPPED
            row.reason = f"it could be either of two people in this upload: {places}"[:500]
            row.advice = "Add what is missing to the right one of them by hand."
            return Built(row)
        lead = choice.same[0].who if choice.same else self._position
        for key in keys:
            if lead not in self._leads.get(key, ()):
                self._leads[key] = (*self._leads.get(key, ()), lead)
        if choice.same:
            row.outcome, row.same_as = RowOutcome.UNCHANGED, lead
            row.reason = f"the same person as in {self._lines[lead]}"
            if "@" in self._names[lead] and "@" not in record.full_name:
                self._names[lead] = record.full_name
            return Built(row, record)
        self._names[lead] = record.full_name
        self._lines[lead] = self._where(record)
        row.outcome, row.keys, row.record = RowOutcome.NEW, keys, pack(record, handles)
        row.reason = "; ".join(record.remarks)[:500]
        if choice.apart:
            shared = value_of(min(choice.apart[0].keys))
            other = f"{choice.apart[0].name} ({self._lines[choice.apart[0].who]})"
            row.reason = f"shares {shared} with {other}, and is kept apart, as the names differ"[:500]
        return Built(row)

    def _where(self, record: Record) -> str:
        return f"line {record.line}" + (f" of {record.file}" if self._file_count > 1 else "")
