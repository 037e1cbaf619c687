"""A local mail server that keeps every letter in a Maildir and sends nothing on. Only `make run` starts it.

python -m netapp.mail.sink --host 127.0.0.1 --port 2525 --maildir .data/mailbox
"""

from __future__ import annotations

import argparse
import asyncio
import mailbox
import signal
import socket
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session


class MaildirHandler:
    """Answers 250 only when the letter is on disk."""

    def __init__(self, folder: Path) -> None:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.maildir = mailbox.Maildir(folder, create=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Store the bytes as they came, under the two header lines that every mail server adds on delivery."""
        content = envelope.content or b""
        if isinstance(content, str):
            content = content.encode()
        lines = [f"Return-Path: <{envelope.mail_from or ''}>"]
        lines += [f"Delivered-To: {recipient}" for recipient in envelope.rcpt_tos]
        self.maildir.add("\n".join(lines).encode() + b"\n" + content.replace(b"\r\n", b"\n"))
        return "250 2.0.0 Kept in the local mailbox"


async def serve(listener: socket.socket, folder: Path) -> None:
    """Serve until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    handler = MaildirHandler(folder)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    server = await loop.create_server(
        lambda: SMTP(handler, hostname="localhost", enable_SMTPUTF8=True, loop=loop), sock=listener
    )
    await stopped.wait()
    server.close()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description="Keep every mail in a Maildir.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=2525)
    parser.add_argument("--fd", type=int, help="an inherited listening socket, instead of host and port")
    parser.add_argument("--maildir", type=Path, required=True)
    options = parser.parse_args()
    if options.fd is None:
        listener = socket.create_server((options.host, options.port))
    else:
        listener = socket.socket(fileno=options.fd)
    listener.setblocking(False)
    asyncio.run(serve(listener, options.maildir))


if __name__ == "__main__":
    main()
