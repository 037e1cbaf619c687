"""One attempt to send a letter over SMTP, and what the mail server's answers mean.

Every reader gets a copy of their own, over the same connection: the same mail with the same Message-ID, but each with
its own stop link. So a server that refuses one of three readers says nothing about the other two.
"""

import re
import smtplib
from base64 import b64decode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.urls import reverse

from netapp.lib import tokens
from netapp.mail import claims, suppression, texts
from netapp.mail.claims import Word
from netapp.mail.models import Letter

log = structlog.get_logger(__name__)

_ADDRESS = re.compile(r"<?[^\s<>@]{1,64}@[^\s<>@:,;]{1,255}>?")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a copy did not go out."""

    words: str
    is_final: bool
    is_site: bool
    """About this site or its connection, not about the reader: the next letter would fare no better."""


@dataclass(slots=True)
class Attempt:
    """What an attempt left to do."""

    troubles: dict[str, str] = field(default_factory=dict)
    """By address, what stood in the way for now."""
    is_site_in_trouble: bool = False


class Postman:
    """Holds one SMTP connection open for as many letters as it takes. Calls `when_open` once that is so."""

    def __init__(self, when_open: Callable[[], None] | None = None) -> None:
        self._connection: BaseEmailBackend = get_connection()
        self._when_open = when_open
        self._breaks = 0

    def __enter__(self) -> "Postman":
        return self

    def __exit__(self, *_: object) -> None:
        self._hang_up()

    def attempt(self, letter: Letter) -> Attempt:
        """Send `letter`, claimed before, to everybody who has not got it. Stops early if it is no longer wanted.

        Fills `letter.delivered` and `letter.refused`.
        """
        attempt = Attempt()
        waiting = claims.pending(letter)
        for number, address in enumerate(waiting, 1):
            word = claims.ask(letter, address)
            if word is Word.UNWANTED:
                break
            if word is Word.STOPPED:
                # No words: why somebody stopped, or that it was they who did, is nobody's business.
                letter.refused[address] = ""
                continue
            refusal = self._send(letter, address)
            if refusal is None:
                if number == len(waiting):
                    # Written by `settle`, which comes next.
                    letter.delivered = [*letter.delivered, address]
                elif not claims.note_delivered(letter, address):
                    break
            elif refusal.is_final:
                letter.refused[address] = refusal.words
            else:
                attempt.troubles[address] = refusal.words
            if refusal and refusal.is_site:
                attempt.is_site_in_trouble = True
                attempt.troubles |= dict.fromkeys(claims.pending(letter), refusal.words)
                break
        return attempt

    def _send(self, letter: Letter, address: str) -> Refusal | None:
        try:
            message = compose(letter, address)
            message.message()
        except (ValueError, LookupError) as error:
            log.error("letter.unwritable", letter=str(letter.id), error=type(error).__name__)
            return Refusal("This letter could not be put together as a mail.", is_final=True, is_site=False)
        refusal = self._open() or self._speak(message)
        if refusal:
            log.info("letter.refused", letter=str(letter.id), final=str(refusal.is_final), site=str(refusal.is_site))
        return refusal

    def _open(self) -> Refusal | None:
        """Connect, if that is not done; by hand, so that the connection stays open for the next letter."""
        try:
            self._connection.open()
        except (smtplib.SMTPException, OSError) as error:
            self._hang_up()
            return read_failed_opening(error)
        when_open, self._when_open = self._when_open, None
        if when_open:
            when_open()
        return None

    def _speak(self, message: "Copy") -> Refusal | None:
        try:
            self._connection.send_messages([message])
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            refusal = read_refusal(error)
            if not is_over(error):
                # smtplib has said RSET: the next letter may go over the same connection.
                self._breaks = 0
                return refusal
            self._hang_up()
            self._breaks += 1
            # Once, it may be this letter that the server cannot bear; twice running, it is the server.
            is_site = refusal.is_site and (self._breaks > 1 or isinstance(error, smtplib.SMTPSenderRefused))
            return replace(refusal, is_site=is_site)
        self._breaks = 0
        return None

    def _hang_up(self) -> None:
        with suppress(smtplib.SMTPException, OSError):
            self._connection.close()


class Copy(EmailMultiAlternatives):
    """A mail whose headers name all of its readers while it travels to one of them."""

    reader = ""
    _made: EmailMessage | None = None

    def message(self, **options: Any) -> EmailMessage:
        """The mail, put together once: to see whether it can be, and for sending it."""
        if self._made is None:
            self._made = super().message(**options)
        return self._made

    def recipients(self) -> list[str]:
        """Where this copy goes."""
        return [self.reader]


def compose(letter: Letter, address: str) -> Copy:
    """The mail as it goes to one of its readers, with real tokens in place of their placeholders."""

    def mailboxes(addresses: list[str]) -> list[str]:
        return [texts.mailbox(letter.names.get(one, ""), one) for one in addresses]

    headers = {"Message-ID": letter.message_id, "Auto-Submitted": "auto-generated"}
    text, html = letter.text, letter.html
    if not letter.is_essential:
        token = suppression.token_for(letter, address)
        placeholder = tokens.placeholder("stop", letter.stop_salt)
        text, html = text.replace(placeholder, token), html.replace(placeholder, token)
        headers["List-Unsubscribe"] = f"<{settings.BASE_URL}{reverse('mail:stop_now', args=[token])}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message = Copy(
        subject=letter.subject,
        body=tokens.fill(text),
        from_email=texts.mailbox(letter.from_name, settings.MAIL_FROM),
        to=mailboxes(letter.to),
        cc=mailboxes(letter.cc),
        reply_to=mailboxes(letter.reply_to),
        headers=headers,
    )
    message.reader = address
    if html:
        message.attach_alternative(tokens.fill(html), "text/html")
    for file in letter.attachments:
        message.attach(file["name"], b64decode(file["content"]), file["type"])
    return message


def read_failed_opening(error: Exception) -> Refusal:
    """What it means that there is no connection: nothing that a reader has to do with, so it is tried again."""
    if isinstance(error, smtplib.SMTPResponseException):
        return Refusal(_words(error.smtp_code, error.smtp_error), is_final=False, is_site=True)
    return Refusal("The mail server could not be reached.", is_final=False, is_site=True)


def is_over(error: Exception) -> bool:
    """Whether the connection has served after that; a server that refuses one reader or one letter goes on."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return any(code == 421 for code, _ in error.recipients.values())
    return not isinstance(error, smtplib.SMTPDataError) or error.smtp_code == 421


def read_refusal(error: Exception) -> Refusal:
    """What an exception of smtplib means. A reader's 5xx is final; whatever concerns the site itself is tried again."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
        return Refusal(_words(code, said), is_final=code >= 500, is_site=code == 421)
    if isinstance(error, smtplib.SMTPDataError):
        return Refusal(
            _words(error.smtp_code, error.smtp_error), is_final=error.smtp_code >= 500, is_site=error.smtp_code == 421
        )
    if isinstance(error, smtplib.SMTPResponseException):
        # The sender: again nothing that a reader has to do with.
        return read_failed_opening(error)
    if isinstance(error, smtplib.SMTPNotSupportedError | UnicodeError):
        return Refusal("The mail server cannot write to an address with such letters.", is_final=True, is_site=False)
    return Refusal("The mail server broke off.", is_final=False, is_site=True)


def _words(code: int, said: bytes | str) -> str:
    answer = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    # Servers like to repeat whom they refused, and an admin who reads why mail does not flow is not to learn that.
    answer = _ADDRESS.sub("this address", answer)
    return f"The mail server answered: “{code} {texts.one_line(answer, 200)}”."
