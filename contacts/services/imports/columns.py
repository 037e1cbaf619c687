"""Tables of programs that Kith does not know: the member says once what their columns mean, and it is remembered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any, Final

from django.db import transaction

from contacts.importers import Format, Mapping, detect
from contacts.importers.fields import Field
from contacts.importers.mapping import outline
from contacts.models import ColumnMapping, Import, ImportFile, ImportState

_CELL: Final = 120
_MOST_KEPT: Final = 200
"""Kinds of tables that are remembered of one member; the oldest is forgotten first."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table that waits for the member's word. `columns`: heading, samples from below it, what it seems to tell."""

    file: ImportFile
    name: str
    columns: Sequence[tuple[str, Sequence[str], Field]]
    has_heading: bool
    day_first: bool | None
    signature: str


def look(one: Import, file: ImportFile, content: IO[bytes]) -> bool:
    """Whether a file can be read; else it is a table of no known kind, and what the member must see of it is kept.

    Runs in the caller's transaction, which saves the import.
    """
    if detect(file.name, content) != Format.CSV:
        return True
    found = outline(content)
    if found is None:
        return True
    kept = ColumnMapping.objects.filter(owner=one.owner_id, signature=found.signature).first()
    if kept and len(kept.mapping["fields"]) == len(found.heading):
        file.mapping = kept.mapping
        file.save(update_fields=["mapping"])
        return True
    one.options.setdefault("tables", []).append(
        {
            "file": file.id,
            "heading": [cell[:_CELL] for cell in found.heading],
            "rows": [[cell[:_CELL] for cell in row] for row in found.rows],
            "mapping": found.mapping.as_json(),
            "signature": found.signature,
        }
    )
    return False


def tables(one: Import) -> list[Table]:
    """The tables whose columns the member is asked about. One statement."""
    told = {table["file"]: table for table in one.options.get("tables", ())}
    return [_table(file, told[file.id]) for file in one.files.filter(id__in=told)]


@transaction.atomic
def explain(*, one: Import, mappings: dict[int, Mapping]) -> bool:
    """Take the member's word about the columns, by file, and keep it for tables with the same heading.

    False where the import does not wait for it any more. The caller rings for it.
    """
    locked = Import.objects.select_for_update().get(id=one.id)
    if locked.state != ImportState.MAPPING:
        return False
    for table in tables(locked):
        mapping = mappings[table.file.id]
        plain = {**mapping.as_json(), "heading": [heading for heading, _, _ in table.columns]}
        ColumnMapping.objects.update_or_create(
            owner_id=locked.owner_id, signature=table.signature, defaults={"mapping": plain}
        )
        ImportFile.objects.filter(id=table.file.id).update(mapping=plain)
    old = ColumnMapping.objects.filter(owner=locked.owner_id).order_by("-created_at")[_MOST_KEPT:]
    ColumnMapping.objects.filter(id__in=list(old.values_list("id", flat=True))).delete()
    locked.options.pop("tables")
    locked.state = ImportState.READING
    locked.leased_until, locked.lapses = None, 0
    locked.save()
    return True


def _table(file: ImportFile, told: dict[str, Any]) -> Table:
    mapping = Mapping.from_json(told["mapping"])
    samples = [
        [row[at] for row in told["rows"] if at < len(row) and row[at].strip()][:3] for at in range(len(told["heading"]))
    ]
    columns = list(zip(told["heading"], samples, mapping.fields, strict=True))
    return Table(file, file.name, columns, mapping.has_heading, mapping.day_first, told["signature"])
