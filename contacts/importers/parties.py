"""Who took part in a contact, out of foreign headers: cleaned, bounded, each once."""

import hashlib
from collections.abc import Iterable

from contacts.handles import linkedin_slug
from contacts.importers import records
from contacts.importers.records import Party
from contacts.importers.text import one_line, whole

TOO_MANY = f"more than {records.MAX_PARTIES} people"


def party(name: str = "", email: str = "", linkedin: str = "") -> Party | None:
    """Somebody, cleaned; None where nothing is left by which to know them."""
    address = whole(email, records.MAX_EMAIL).lower()
    if "@" not in address or " " in address:
        address = ""
    called = one_line(name.strip().strip("\"'"), records.MAX_NAME).strip("\"'").strip()
    if called.lower() == address:
        called = ""
    page = whole(linkedin, records.MAX_URL)
    page = page if linkedin_slug(page) else ""
    return Party(called, address, page) if called or address or page else None


def once(sender: Party | None, others: Iterable[Party | None]) -> tuple[tuple[Party, ...], str]:
    """The others, each once and without the sender, and why the contact counts for nothing: they are too many."""
    found: dict[str, Party] = {}
    known = identity(sender) if sender else ""
    for one in others:
        if one is None or (key := identity(one)) == known:
            continue
        found.setdefault(key, one)
        if len(found) > records.MAX_PARTIES:
            return tuple(found.values())[: records.MAX_PARTIES], TOO_MANY
    return tuple(found.values()), ""


def identity(one: Party) -> str:
    """By what somebody is the same within one contact."""
    return one.email or linkedin_slug(one.linkedin) or one.name.casefold()


def key(*parts: str) -> str:
    """A text that names an item for good, short enough for its column: as it is, or as its hash."""
    text = one_line(":".join(parts), records.MAX_KEY + 1)
    if text and len(text) <= records.MAX_KEY:
        return text
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()
