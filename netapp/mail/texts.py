"""Names, subjects and addresses as they may stand in a header. Whatever somebody typed, no line is added to a mail."""

import unicodedata
from email.utils import formataddr

from django.conf import settings

MAX_NAME = 100
MAX_SUBJECT = 200
MAX_ADDRESS = 254

# Cc: CR, LF, NUL … · Zl, Zp: U+2028, U+2029 · Cs: halves of a surrogate pair, which no mail can carry.
_BREAKING = frozenset({"Cc", "Zl", "Zp", "Cs"})
# Marks that turn the direction of what follows, so that a name could be read as another.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class NotAnAddress(ValueError):
    """The text cannot be written to."""


def one_line(text: str, limit: int) -> str:
    """`text` in one line of at most `limit` characters: controls and line ends become spaces, runs of them one."""
    # Cut first: a megabyte of blanks must not cost a pass over a megabyte. Four times leaves room for runs of spaces.
    kept = (
        " " if unicodedata.category(char) in _BREAKING else char for char in text[: limit * 4] if char not in _TURNING
    )
    line = " ".join("".join(kept).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def body(text: str) -> str:
    """`text` without what neither PostgreSQL nor a mail can hold: NUL and halves of a surrogate pair."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")


def address(text: str) -> str:
    """A bare address without blanks around it. Raises NotAnAddress for anything that could break a header."""
    bare = text.strip()
    local, at, domain = bare.rpartition("@")
    # No quoted local parts: their blanks, commas and brackets are legal and serve nobody but attackers.
    is_odd = any(char.isspace() or unicodedata.category(char) in _BREAKING or char in '<>,;:"()[]\\' for char in bare)
    if not at or not local or "@" in local or "." not in domain or len(bare) > MAX_ADDRESS or is_odd:
        raise NotAnAddress("That is not an e-mail address that can be written to.")
    return bare


def mailbox(name: str, bare: str) -> str:
    """`Name <address>` for a header, quoted and encoded as it must be."""
    local, _, domain = bare.rpartition("@")
    if not domain.isascii():
        domain = domain.encode("idna").decode("ascii")
    if not local.isascii():
        # Only a server with SMTPUTF8 takes such an address, and then it stands there as it is.
        return f"{local}@{domain}"
    return formataddr((one_line(name, MAX_NAME), f"{local}@{domain}"))


def via_kith(name: str) -> str:
    """The sender's name of a letter that is sent for a member: "Alice via Kith"."""
    return f"{one_line(name, MAX_NAME)} via {settings.SITE_NAME}"
