"""Reading the Maildir that `make run` fills (`netapp.mail.sink`)."""

import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

_MOST = 300


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail in the local mailbox."""

    key: str
    arrived_at: datetime
    recipients: tuple[str, ...]
    message: EmailMessage

    @property
    def subject(self) -> str:
        """As the reader sees it."""
        return str(self.message["Subject"] or "(no subject)")

    @property
    def sender(self) -> str:
        """Name and address."""
        return str(self.message["From"] or "")

    @property
    def head(self) -> list[tuple[str, str]]:
        """What a reader sees above the text, with the words for it."""
        words = {"From": "From", "To": "To", "Cc": "Copy", "Reply-To": "Answers go to"}
        return [(word, str(self.message[name])) for name, word in words.items() if self.message[name]]

    @property
    def text(self) -> str:
        """The plain part."""
        part = self.message.get_body(("plain",))
        return str(part.get_content()) if part else ""

    @property
    def html(self) -> str:
        """The HTML part, empty where there is none."""
        part = self.message.get_body(("html",))
        return str(part.get_content()) if part else ""


def newest(folder: Path) -> list[Mail]:
    """The latest mails, newest first; 300 at most."""
    paths = sorted(_files(folder), key=lambda path: path.stat().st_mtime_ns, reverse=True)[:_MOST]
    return [_read(path) for path in paths]


def find(folder: Path, key: str) -> Mail | None:
    """The mail of that key. Only names that are in the folder count, so no key leads out of it."""
    return next((_read(path) for path in _files(folder) if path.name == key), None)


def _files(folder: Path) -> Iterator[Path]:
    for name in ("new", "cur"):
        if (folder / name).is_dir():
            yield from (path for path in (folder / name).iterdir() if not path.name.startswith("."))


def _read(path: Path) -> Mail:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    return Mail(
        key=path.name,
        arrived_at=datetime.fromtimestamp(path.stat().st_mtime, UTC),
        recipients=tuple(str(value).strip().lower() for value in message.get_all("Delivered-To", [])),
        message=message,
    )
