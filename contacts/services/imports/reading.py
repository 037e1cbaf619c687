"""Reading: the files become rows.

Reading is deterministic, so a worker that takes over reads again from the start and writes from where the rows end.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from tempfile import TemporaryFile
from typing import IO, Final

from contacts.importers import Mapping, Record, Skipped, UnreadableFile, read
from contacts.models import Import, ImportFile, ImportRow, ImportState
from contacts.services.imports import claims, columns
from contacts.services.imports.building import Builder, Built
from contacts.services.imports.claims import Claim

BATCH: Final = 1000


class Reader:
    """Reads the files of one import, batch by batch."""

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._progress = 0
        self._unreadable: list[str] = []
        # When it was uploaded: the same for every worker, so that each reads the same.
        one = Import.objects.only("created_at", "options").get(id=claim.import_id)
        self._now = one.created_at
        self._is_looked_at = "is_looked_at" in one.options
        names = list(ImportFile.objects.filter(of=claim.import_id).values_list("name", flat=True))
        self._file_count = len(names)
        is_many = len(names) > 1 or any(name.lower().endswith(".zip") for name in names)
        self._builder = Builder(import_id=claim.import_id, country=claim.owner.country, file_count=2 if is_many else 1)
        self._rows = self._read()
        for _ in islice(self._rows, ImportRow.objects.filter(of=claim.import_id).count()):
            pass

    def step(self, *, now: datetime) -> None:
        """Look at the files, or write the next rows. Raises Stale."""
        if not self._is_looked_at:
            self._look(now)
            return
        rows = list(islice(self._rows, BATCH))
        with claims.batch(self._claim, ImportState.READING, now) as one:
            if rows:
                self._builder.store(rows)
                one.done = min(self._progress, one.total)
                return
            if len(self._unreadable) == self._file_count:
                claims.fail(one, error=" ".join(dict.fromkeys(self._unreadable)), now=now)
                return
            one.files.all().delete()
            one.state = ImportState.COMPARING
            one.total, one.done = one.rows.count(), 0

    def _look(self, now: datetime) -> None:
        """Ask the member about tables of no known kind, before anything is read."""
        with claims.batch(self._claim, ImportState.READING, now) as one:
            for file in one.files.all():
                with TemporaryFile() as content:
                    _fetch(file, content)
                    if not columns.look(one, file, content):
                        one.state = ImportState.MAPPING
            one.options["is_looked_at"] = True
        self._is_looked_at = True

    def _read(self) -> Iterator[Built]:
        for record in self._records():
            built = self._builder.build(record)
            if built is not None:
                yield built

    def _records(self) -> Iterator[Record]:
        before = 0
        for file in ImportFile.objects.filter(of=self._claim.import_id):
            with TemporaryFile() as data:
                lines = _fetch(file, data) + 1
                mapping = Mapping.from_json(file.mapping) if file.mapping else None
                try:
                    records = read(file.name, data, now=self._now, mapping=mapping)
                except UnreadableFile as error:
                    self._unreadable.append(f"{file.name}: {error}")
                    yield Skipped(file.name, 1, "the whole file could not be read", str(error))
                else:
                    for record in records:
                        self._progress = before + int(file.size * min(record.line / lines, 1))
                        yield record
            before += file.size
            self._progress = before


def _fetch(file: ImportFile, into: IO[bytes]) -> int:
    """Put the file's bytes where importers can look around in them, and not into memory; how many lines they are."""
    lines = 0
    for content in file.pieces.values_list("content", flat=True).iterator(chunk_size=1):
        lines += bytes(content).count(b"\n")
        into.write(content)
    into.seek(0)
    return lines
