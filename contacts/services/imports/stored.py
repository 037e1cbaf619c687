"""Records as rows hold them: people with their handles normalised already, contacts with digests for their names."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from contacts.handles import HandleKind, linkedin_slug, normalise_email
from contacts.importers import ContactKind, ContactRecord, Party, PersonRecord
from contacts.models import ImportRow
from contacts.services.handles import ReadHandle

_READ: Final = "read"


def pack(record: PersonRecord, handles: Sequence[ReadHandle]) -> dict[str, Any]:
    """A person for `ImportRow.record`. Normalising handles is what takes longest of all, so it is done once."""
    read = [[handle.kind.value, handle.value, handle.normalised, handle.label] for handle in handles]
    return {**record.as_json(), _READ: read}


def record_of(row: ImportRow) -> PersonRecord:
    """The person back."""
    return PersonRecord.from_json({name: value for name, value in row.record.items() if name != _READ})


def handles_of(row: ImportRow) -> list[ReadHandle]:
    """The person's handles, normalised."""
    return [ReadHandle(HandleKind(kind), *rest) for kind, *rest in row.record[_READ]]


@dataclass(frozen=True, slots=True)
class StoredContact:
    """A mail, a message or a meeting as a row holds it.

    `keys`: everybody who took part, each once ("email:ana@example.org"); `names` beside them. `has_sender`: the first
    of them sent it. `key` and `thread` are digests, the same whatever file or mailbox told of the item.
    """

    kind: ContactKind
    happened_at: datetime
    key: str
    thread: str
    has_sender: bool
    keys: tuple[str, ...]
    names: tuple[str, ...]

    @classmethod
    def of(cls, row: ImportRow) -> Self:
        """The contact of a row."""
        told = row.record
        return cls(
            ContactKind(told["kind"]),
            datetime.fromisoformat(told["at"]),
            told["key"],
            told["thread"],
            told["sent"],
            tuple(row.keys),
            tuple(told["names"]),
        )


def fill(row: ImportRow, record: ContactRecord, key_of: Callable[[Party], str]) -> None:
    """Put a contact into its row. Of one that counts for nothing only the day is kept, and nobody's name."""
    row.record = {"kind": record.kind.value, "at": record.happened_at.isoformat()}
    if record.left_out:
        return
    parties: dict[str, str] = {}
    sender = key_of(record.sender) if record.sender else ""
    for party in (*([record.sender] if record.sender else []), *record.others):
        key = key_of(party)
        if key:
            parties[key] = parties.get(key) or party.name
    row.keys = list(parties)
    row.record |= {
        "key": digest(record.kind, record.key),
        "thread": digest(record.kind, record.thread) if record.thread else "",
        "sent": bool(sender),
        "names": list(parties.values()),
    }


def digest(kind: ContactKind, text: str) -> str:
    """A name of bounded length for an item or a thread, in which nothing of theirs can be read."""
    return f"{kind.value}:{hashlib.blake2b(text.encode('utf-8', 'replace'), digest_size=20).hexdigest()}"


def party_key(party: Party) -> str:
    """What somebody who took part is recognised by; nothing where there is neither an address nor a profile."""
    if party.email:
        address = normalise_email(party.email)
        return f"{HandleKind.EMAIL}:{address}" if address else ""
    slug = linkedin_slug(party.linkedin) if party.linkedin else None
    return f"{HandleKind.LINKEDIN}:{slug}" if slug else ""
