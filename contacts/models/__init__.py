"""Whom a member knows, and how well."""

from contacts.models.changes import Change, ChangeKind
from contacts.models.connections import Connection, ConnectionState
from contacts.models.duplicates import DuplicateLook, Lookalike, Merge, OtherName, ToldApart
from contacts.models.evidence import Correspondent, Gathering, Presence, Unacquainted, UnnotedContact
from contacts.models.exports import Export, ExportPiece, ExportState
from contacts.models.filters import SavedFilter
from contacts.models.importing import Blocked, BlockedKind, ColumnMapping, OwnAddress
from contacts.models.imports import (
    Import,
    ImportedCard,
    ImportFile,
    ImportPiece,
    ImportRow,
    ImportState,
    RowKind,
    RowOutcome,
)
from contacts.models.interactions import Direction, Interaction, InteractionKind
from contacts.models.people import Handle, Identity, Layer, Person, Reach, Relation
from contacts.models.photos import Photo
from contacts.models.reminders import CadenceRule, CalendarFeed, Reminder, ReminderKind, ReminderState
from contacts.models.sources import (
    Source,
    SourceAuth,
    SourceItem,
    SourceKind,
    SourcePart,
    SourceRun,
    SourceState,
    Writes,
)
from contacts.models.ties import Acquaintance, AcquaintanceSource, Closeness

__all__ = [
    "Acquaintance",
    "AcquaintanceSource",
    "Blocked",
    "BlockedKind",
    "CadenceRule",
    "CalendarFeed",
    "Change",
    "ChangeKind",
    "Closeness",
    "ColumnMapping",
    "Connection",
    "ConnectionState",
    "Correspondent",
    "Direction",
    "DuplicateLook",
    "Export",
    "ExportPiece",
    "ExportState",
    "Gathering",
    "Handle",
    "Identity",
    "Import",
    "ImportFile",
    "ImportPiece",
    "ImportRow",
    "ImportState",
    "ImportedCard",
    "Interaction",
    "InteractionKind",
    "Layer",
    "Lookalike",
    "Merge",
    "OtherName",
    "OwnAddress",
    "Person",
    "Photo",
    "Presence",
    "Reach",
    "Relation",
    "Reminder",
    "ReminderKind",
    "ReminderState",
    "RowKind",
    "RowOutcome",
    "SavedFilter",
    "Source",
    "SourceAuth",
    "SourceItem",
    "SourceKind",
    "SourcePart",
    "SourceRun",
    "SourceState",
    "ToldApart",
    "Unacquainted",
    "UnnotedContact",
    "Writes",
]
