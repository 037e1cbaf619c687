"""Importers: bytes in, plain records out; a module per format, and no database.

>>> for record in read("contacts.vcf", data, now=now):  # doctest: +SKIP
...     match record:
...         case PersonRecord(): ...
...         case ContactRecord(): ...
...         case Skipped(): ...
"""

from contacts.importers.formats import MAX_FILE_BYTES, check, detect, read
from contacts.importers.mapping import Mapping
from contacts.importers.records import (
    Birthday,
    ContactKind,
    ContactRecord,
    Format,
    Labelled,
    Party,
    PersonRecord,
    Record,
    Skipped,
    UnreadableFile,
)

__all__ = [
    "MAX_FILE_BYTES",
    "Birthday",
    "ContactKind",
    "ContactRecord",
    "Format",
    "Labelled",
    "Mapping",
    "Party",
    "PersonRecord",
    "Record",
    "Skipped",
    "UnreadableFile",
    "check",
    "detect",
    "read",
]
