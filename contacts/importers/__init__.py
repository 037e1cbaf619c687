"""Importers: bytes in, plain records out; a module per format, and no database.

>>> for record in read("contacts.vcf", data):  # doctest: +SKIP
...     match record:
...         case PersonRecord(): ...
...         case Skipped(): ...
"""

from contacts.importers.formats import MAX_FILE_BYTES, detect, read
from contacts.importers.records import Birthday, Format, Labelled, PersonRecord, Record, Skipped, UnreadableFile

__all__ = [
    "MAX_FILE_BYTES",
    "Birthday",
    "Format",
    "Labelled",
    "PersonRecord",
    "Record",
    "Skipped",
    "UnreadableFile",
    "detect",
    "read",
]
