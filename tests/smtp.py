"""A mail server for the tests: it speaks real SMTP on a loopback port and answers as a test tells it to."""

from __future__ import annotations

import asyncio
import email
import email.policy
import logging
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Literal, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

# What the server notes of each command would look like a log line of the product to a test that reads the logs.
logging.getLogger("mail.log").propagate = False

Stage = Literal["rcpt", "data"]


@dataclass(frozen=True, kw_only=True)
class Received:
    """A letter that was answered with 250."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    message: EmailMessage


@dataclass(kw_only=True)
class _Plan:
    reply: str | None  # None: close the connection without a word
    stage: Stage
    delay: float
    left: int | None


class SmtpSink:
    """Takes every letter, unless told otherwise for a recipient. Worker processes reach it through SMTP_URL as well.

    >>> smtp_sink.answer("bob@example.org", "550 5.1.1 No such user")
    >>> smtp_sink.answer("bob@example.org", "451 4.3.0 Try again", times=2)   # then 250
    >>> smtp_sink.answer("bob@example.org", None, stage="data")               # drops the connection
    >>> smtp_sink.answer("bob@example.org", "250 OK", delay=3)                # a tarpit
    """

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.host, self.port = listener.getsockname()[:2]
        self.url = f"smtp://{self.host}:{self.port}"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="smtp-sink", daemon=True)
        self._started = threading.Event()
        self.clear()

    def clear(self) -> None:
        """Forget every letter and every answer."""
        #: letters taken, in order
        self.messages: list[Received] = []
        #: every recipient that was named in a RCPT, taken or refused
        self.attempts: list[str] = []
        #: called in the server's thread with each letter, before 250 is answered: the place to kill a worker
        self.before_reply: Callable[[Received], None] | None = None
        self._plans: dict[str, list[_Plan]] = defaultdict(list)

    def answer(
        self, recipient: str, reply: str | None, *, stage: Stage = "rcpt", delay: float = 0.0, times: int | None = None
    ) -> None:
        """Answer `reply` (None drops the connection) at `stage` after `delay` seconds, `times` times or always."""
        self._plans[recipient.lower()].append(_Plan(reply=reply, stage=stage, delay=delay, left=times))

    def to(self, recipient: str) -> list[EmailMessage]:
        """The letters that reached one address."""
        return [r.message for r in self.messages if recipient.lower() in map(str.lower, r.recipients)]

    def wait_for(self, count: int, *, seconds: float = 15.0) -> list[Received]:
        """Block until `count` letters are here. Raises AssertionError in time."""
        end = time.monotonic() + seconds
        while len(self.messages) < count:
            assert time.monotonic() < end, f"{len(self.messages)} of {count} letters came in {seconds} s"
            time.sleep(0.02)
        return self.messages

    # --- The server's side

    def start(self) -> None:
        """Listen, in a thread of its own."""
        self._thread.start()
        assert self._started.wait(5)

    def stop(self) -> None:
        """Close the port."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            self._loop.create_server(
                lambda: SMTP(self, hostname="sink.test", enable_SMTPUTF8=True, loop=self._loop), sock=self._listener
            )
        )
        self._started.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _follow(self, plan: _Plan, server: SMTP) -> str:
        if plan.left is not None:
            plan.left -= 1
        await asyncio.sleep(plan.delay)
        if plan.reply is None:
            cast(asyncio.Transport, server.transport).abort()
            return "421 4.3.0 Gone"
        return plan.reply

    def _plan(self, recipient: str, stage: Stage) -> _Plan | None:
        for plan in self._plans.get(recipient.lower(), ()):
            if plan.stage == stage and plan.left != 0:
                return plan
        return None

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take or refuse one recipient."""
        self.attempts.append(address)
        if plan := self._plan(address, "rcpt"):
            reply = await self._follow(plan, server)
            if not reply.startswith("2"):
                return reply
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take or refuse one letter."""
        for recipient in envelope.rcpt_tos:
            if plan := self._plan(recipient, "data"):
                reply = await self._follow(plan, server)
                if not reply.startswith("2"):
                    return reply
        content = cast(bytes, envelope.content)
        received = Received(
            sender=envelope.mail_from or "",
            recipients=tuple(envelope.rcpt_tos),
            content=content,
            message=email.message_from_bytes(content, policy=email.policy.default),
        )
        if self.before_reply:
            await self._loop.run_in_executor(None, self.before_reply, received)
        self.messages.append(received)
        return "250 2.0.0 Taken"
