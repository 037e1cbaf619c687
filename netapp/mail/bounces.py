"""Reading mail that came back: is it a bounce, of which letter, and which of its readers did not get it, and why.

Pure: bytes in, a record out. Reports in the form of RFC 3464 are read by their fields; what mail servers write in
their own words, by flufl.bounce (the detector of GNU Mailman), and failing that by looking for an address beside the
words of a refusal, in a mail that a mail system and no human sent. A reply from somebody's holidays is none of these.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from enum import StrEnum
from typing import Final

from flufl.bounce import all_failures

MAX_BYTES: Final = 1_000_000
"""Of a mail, what is looked at: the report stands before the letter that it returns."""
_MAX_TEXT: Final = 20_000


class Why(StrEnum):
    """What a refusal says about the address."""

    GONE = "gone"
    """Nobody gets mail there: unknown user, unknown host, closed mailbox."""
    FULL = "full"
    REFUSED = "refused"
    """That letter was not taken; the next one may be."""


@dataclass(frozen=True, slots=True)
class Bounce:
    """A mail that says that another did not arrive.

    `failed`: by address, in lower case. `message_ids`: every Message-ID it names, the returned letter's among them.
    """

    failed: dict[str, Why]
    message_ids: frozenset[str] = field(default_factory=frozenset)


_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_MESSAGE_ID = re.compile(r"(?im)^(?:message-id|references|in-reply-to):\s*(<[^<>\n]{3,250}>(?:\s*<[^<>\n]{3,250}>)*)")
_ID = re.compile(r"<[^<>\s]+>")


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_GONE = _any(
    r"\b5\.1\.(?:[012368]|10)\b",
    r"\b5\.2\.1\b",
    r"\b5\.4\.4\b",
    r"(?:user|recipient|mailbox|account|address|addressee|host|domain)[^.\n]{0,40}"
    r"(?:unknown|not (?:be )?found|no longer|does ?n[o']t exist|not exist|not listed|disabled|inactive|invalid|"
    r"unavailable|not known|frozen)",
    r"(?:unknown|no such|invalid|bad|non-?existent) (?:local )?(?:user|recipient|mailbox|account|address|host|domain)",
    r"no mailbox here|not our customer|account has been (?:closed|disabled)|doesn't have an? \S{1,80} account",
    r"address rejected|recipnotfound|recipientnotfound|not listed in",
)
_FULL = _any(
    r"\b[45]\.2\.2\b",
    r"over.?quota|quota exceeded|exceed\w* (?:the )?quota",
    r"mailbox[^.\n]{0,20} full|full mailbox|out of storage",
)
_REFUSAL = _any(
    r"could ?n[o']t be delivered|could not deliver|cannot deliver|unable to deliver|not delivered|undeliver",
    r"delivery (?:has )?fail|failed to deliver|failed recipient|fail(?:ure|ed) reason|permanent error",
    r"was rejected|has been rejected|refused to accept|not permitted|\b5\d\d[ -]|\b5\.\d\.\d{1,3}\b|delivery status",
)
_SYSTEM = _any(
    r"mailer-daemon|mail-daemon|post_?master|mail ?delivery|mail administrator|no-?reply|mail\W?system|bounce"
)
_NOTICE = _any(
    r"undeliver|failure|returned mail|delivery|not delivered|bounce|error|cannot send|could not be (?:sent|delivered)"
)
_DELAY = _any(r"still being retried|will (?:continue|keep) (?:to )?try|warning:.{0,40}(?:still|delayed)|delayed mail")
# Where the report ends and the letter that came back begins.
_RETURNED = re.compile(
    r"^(?:[-=_#*> ]{2,}.*\b(?:original|returned|copy|below|unsent|bounced|header)\b.*"
    r"|.{0,60}\b(?:original message|returned message|bounced e-?mail|copy of (?:the|your) (?:message|mail))\b.*"
    r"|Received: .*|Return-Path: .*)$",
    re.IGNORECASE | re.MULTILINE,
)


def read(raw: bytes) -> Bounce | None:
    """What a mail says of letters that did not arrive; None for every other mail, a holiday reply too. Never raises."""
    raw = raw[:MAX_BYTES]
    try:
        message = message_from_bytes(raw)
        failed = _by_fields(message)
        if failed is None:
            failed = _by_detector(message) or _by_words(message)
    except (MessageError, ValueError, LookupError, AttributeError, TypeError, RecursionError):
        # The parser of the standard library and the detector trip over broken mails in many ways.
        return None
    if not failed:
        return None
    own = {_text(message, "Message-ID").strip()}
    named = (found for match in _MESSAGE_ID.finditer(raw.decode("latin-1")) for found in _ID.findall(match[1]))
    return Bounce(failed, frozenset(named) - own)


def why(words: str) -> Why:
    """What a mail server's words say about the address."""
    if _FULL.search(words):
        return Why.FULL
    return Why.GONE if _GONE.search(words) else Why.REFUSED


def _by_fields(message: Message) -> dict[str, Why] | None:
    """RFC 3464: a block of fields for each reader. None where no reader has one, so that the words may be read."""
    failed: dict[str, Why] = {}
    is_told = False
    for part in message.walk():
        blocks: object = part.get_payload() if part.get_content_type() == "message/delivery-status" else None
        for block in blocks if isinstance(blocks, list) else ():
            if not isinstance(block, Message):
                continue
            address = _first_address(_text(block, "Original-Recipient") or _text(block, "Final-Recipient"))
            action, status = _text(block, "Action").strip().lower(), _text(block, "Status").strip()
            is_told = is_told or bool(address and action)
            if address and (action.startswith("fail") or (not action and status.startswith("5"))):
                failed[address] = why(f"{status} {_text(block, 'Diagnostic-Code')}")
    return failed if failed or is_told else None


def _by_detector(message: Message) -> dict[str, Why]:
    """The forms that flufl.bounce knows."""
    _, permanent = all_failures(message)
    report = _report(message)
    if not permanent or _DELAY.search(report):
        return {}
    found = {_first_address(one.decode("ascii", "replace")) for one in permanent}
    return {address: why(_around(report, address)) for address in found if address}


def _by_words(message: Message) -> dict[str, Why]:
    """An address beside the words of a refusal, in a mail that a mail system sent about another mail."""
    sender, subject = _text(message, "From"), _text(message, "Subject")
    is_system = bool(_SYSTEM.search(sender)) or _text(message, "Return-Path").strip() == "<>"
    has_name = bool(_NOTICE.search(subject)) or bool(_SYSTEM.search(sender))
    report = _report(message)
    if not (is_system and has_name and _REFUSAL.search(f"{subject}\n{report}")) or _DELAY.search(report):
        return {}
    not_readers = {_first_address(sender), _first_address(_text(message, "To"))}
    for match in _ADDRESS.finditer(report):
        address = match[0].lower().strip(".")
        if address not in not_readers and not _SYSTEM.search(address):
            return {address: why(_around(report, address))}
    return {}


def _report(message: Message) -> str:
    """The words for humans, up to where the returned letter begins."""
    text = "\n".join(_texts(message))[:_MAX_TEXT]
    begun = _REFUSAL.search(text)
    # Not before the report has said something: some begin with a rule that promises a text "below".
    end = _RETURNED.search(text, begun.end()) if begun else None
    return text[: end.start()] if end else text


def _texts(message: Message) -> Iterator[str]:
    if message.get_content_maintype() == "multipart":
        for part in message.get_payload():
            if isinstance(part, Message):
                yield from _texts(part)
    elif message.get_content_type() in ("text/plain", "text/html") or not message.get("Content-Type"):
        content = message.get_payload(decode=True)
        if isinstance(content, bytes):
            words = content[:_MAX_TEXT].decode(message.get_content_charset() or "utf-8", "replace")
            yield (
                re.sub(r"<(?![^<>@\s]+@)[^<>]{1,500}>", " ", words)
                if message.get_content_subtype() == "html"
                else words
            )
    elif message.get_content_type() not in ("text/rfc822-headers", "message/delivery-status"):
        content = message.get_payload(decode=True)
        if isinstance(content, bytes):
            yield content[:_MAX_TEXT].decode("utf-8", "replace")


def _around(report: str, address: str) -> str:
    """The lines about an address; the whole where it is not named."""
    at = report.lower().find(address)
    return report if at < 0 else report[max(0, at - 300) : at + 600]


def _first_address(text: str) -> str:
    found = _ADDRESS.search(text)
    return found[0].lower() if found else ""


def _text(message: Message, name: str) -> str:
    """A header as one decoded string; "" where it is missing."""
    value = message.get(name)
    if value is None:
        return ""
    try:
        return str(make_header(decode_header(str(value))))
    except (ValueError, LookupError, MessageError):
        return str(value)
