"""Reading: the files become rows, and what is twice in them becomes one.

Reading is deterministic, so a worker that takes over reads again from the start, which rebuilds its index of keys,
and writes from where the rows end.
"""

import io
from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from contacts.importers import ContactRecord, PersonRecord, Record, Skipped, UnreadableFile, read
from contacts.importers.records import MAX_PEOPLE
from contacts.models import Import, ImportFile, ImportRow, ImportState, RowOutcome
from contacts.services.imports import claims
from contacts.services.imports.claims import Claim
from contacts.services.imports.deciding import merged
from contacts.services.imports.matching import Candidate, choose, keys_of, value_of

BATCH = 250


class Reader:
    """Reads the files of one import, batch by batch."""

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        # The day of the upload, not today: whoever takes over must read the very same records.
        self._now = Import.objects.values_list("created_at", flat=True).get(id=claim.import_id)
        self._rows = self._read()
        self._leads: dict[str, tuple[int, ...]] = {}
        self._names: dict[int, str] = {}
        self._lines: dict[int, str] = {}
        self._progress = 0
        self._unreadable: list[str] = []
        self._file_count = ImportFile.objects.filter(of=claim.import_id).count()
        self._start = ImportRow.objects.filter(of=claim.import_id).count()
        for _ in islice(self._rows, self._start):
            pass

    def step(self, *, now: datetime) -> None:
        """Write the next rows. Raises Stale."""
        rows = list(islice(self._rows, BATCH))
        with claims.batch(self._claim, ImportState.READING, now) as one:
            if rows:
                self._write([row for row, _ in rows], [(row.same_as, record) for row, record in rows])
                one.done = min(self._progress, one.total)
                return
            if len(self._unreadable) == self._file_count:
                claims.fail(one, error=" ".join(dict.fromkeys(self._unreadable)), now=now)
                return
            one.files.all().delete()
            one.state = ImportState.COMPARING
            one.total, one.done = one.rows.count(), 0

    def _read(self) -> Iterator[tuple[ImportRow, PersonRecord | None]]:
        for position, record in enumerate(self._records()):
            if position >= MAX_PEOPLE:
                advice = "Import the other files by themselves, after this one."
                reason = f"more than {MAX_PEOPLE:,} cards in one upload"
                yield self._row(position, Skipped(record.file, record.line, reason, advice)), None
                return
            yield self._row(position, record), record if isinstance(record, PersonRecord) else None

    def _records(self) -> Iterator[Record]:
        before = 0
        for file in ImportFile.objects.filter(of=self._claim.import_id):
            data = _content(file)
            lines = data.count(b"\n") + 1
            try:
                records = read(file.name, data, now=self._now)
            except UnreadableFile as error:
                self._unreadable.append(f"{file.name}: {error}")
                yield Skipped(file.name, 1, "the whole file could not be read", str(error))
            else:
                for record in records:
                    self._progress = before + int(file.size * min(record.line / lines, 1))
                    yield record
            before += file.size
            self._progress = before

    def _row(self, position: int, record: Record) -> ImportRow:
        row = ImportRow(of_id=self._claim.import_id, position=position, file=record.file, line=record.line)
        if isinstance(record, Skipped):
            row.outcome, row.reason, row.advice = RowOutcome.SKIPPED, record.reason[:500], record.advice[:500]
            return row
        if isinstance(record, ContactRecord):
            row.outcome, row.reason = RowOutcome.SKIPPED, "a contact between people"
            return row
        row.name = record.full_name
        keys = keys_of(record, self._claim.owner.country)
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
            return row
        lead = choice.same[0].who if choice.same else position
        for key in keys:
            if lead not in self._leads.get(key, ()):
                self._leads[key] = (*self._leads.get(key, ()), lead)
        if choice.same:
            row.outcome, row.same_as = RowOutcome.UNCHANGED, lead
            row.reason = f"the same person as in {self._lines[lead]}"
            if "@" in self._names[lead] and "@" not in record.full_name:
                self._names[lead] = record.full_name
            return row
        self._names[position] = record.full_name
        self._lines[position] = f"line {record.line}" + (f" of {record.file}" if self._file_count > 1 else "")
        row.outcome, row.keys, row.record = RowOutcome.NEW, keys, record.as_json()
        if choice.apart:
            shared = value_of(min(choice.apart[0].keys))
            other = f"{choice.apart[0].name} ({self._lines[choice.apart[0].who]})"
            row.reason = f"shares {shared} with {other}, and is kept apart, as the names differ"[:500]
        return row

    def _write(self, rows: list[ImportRow], records: list[tuple[int | None, PersonRecord | None]]) -> None:
        """Store the rows, and put what doubles tell into the rows that they double."""
        here = {row.position: row for row in rows}
        wanted = {lead for lead, _ in records if lead is not None} - here.keys()
        earlier = {row.position: row for row in ImportRow.objects.filter(of=self._claim.import_id, position__in=wanted)}
        for lead, record in records:
            if lead is None or record is None:
                continue
            row = here.get(lead) or earlier[lead]
            both = merged(PersonRecord.from_json(row.record), record)
            row.record, row.name = both.as_json(), both.full_name
            row.keys = list(dict.fromkeys((*row.keys, *keys_of(record, self._claim.owner.country))))
        ImportRow.objects.bulk_create(rows)
        ImportRow.objects.bulk_update(earlier.values(), ["record", "name", "keys"])


def _content(file: ImportFile) -> bytes:
    data = io.BytesIO()
    for content in file.pieces.values_list("content", flat=True).iterator(chunk_size=1):
        data.write(content)
    return data.getvalue()
