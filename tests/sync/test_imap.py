"""The IMAP client against a real server, and against one that answers oddly."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from contacts.remote import imap
from contacts.remote.faults import Fault, Trouble
from contacts.remote.guard import Allowance, Guard
from contacts.remote.imap import Mailbox, tidy_address
from contacts.remote.web import Credentials
from tests.sync.peers import HOST, SECRET, USER, Pymap, mail


def open_mailbox(guard: Guard, address: str, *, secret: str = SECRET, is_token: bool = False) -> Mailbox:
    credentials = Credentials(USER, secret, is_token)
    allowance = Allowance(seconds=10, size=5_000_000)
    return Mailbox(guard=guard, allowance=allowance, address=address, credentials=credentials)


# pymap starts with STARTTLS, which Kith does not speak: it wants TLS from the first byte, or a named private server.
@pytest.fixture
def mailbox(guard: Guard, pymap: Pymap) -> Iterator[Mailbox]:
    with open_mailbox(guard, f"imap://{HOST}:{pymap.port}") as one:
        yield one


def test_addresses_are_tidied():
    assert tidy_address("IMAP.Example.org") == "imaps://imap.example.org:993"
    assert tidy_address(" imap.example.org:1993 ") == "imaps://imap.example.org:1993"
    for raw in ("", "a b", "user@imap.example.org", "https://imap.example.org", "imap.example.org/x"):
        with pytest.raises(Fault):
            tidy_address(raw)


def test_folders_are_known_by_their_use(mailbox):
    folders = {folder.name: folder.use for folder in mailbox.folders()}
    assert folders["INBOX"] == "inbox"
    assert folders["Sent"] == "sent"
    assert folders["Friends"] == ""


def test_only_new_mails_and_only_chosen_fields(mailbox, pymap):
    pymap.add("Friends", mail(1, more="References: <0@example.org>\n"), mail(2))
    opened = mailbox.open("Friends")
    uids = mailbox.uids(after=0, since=None)
    headers = list(mailbox.headers(uids))
    assert [header.uid for header in headers] == uids
    assert len(uids) == 2
    text = headers[0].data.decode()
    assert "bob@example.org" in text
    assert "References: <0@example.org>" in text
    assert "Secret" not in text
    assert mailbox.uids(after=uids[-1], since=None) == []

    pymap.add("Friends", mail(3))
    again = mailbox.open("Friends")
    assert again.uid_validity == opened.uid_validity
    news = mailbox.uids(after=uids[-1], since=None)
    assert [b"<3@example.org>" in header.data for header in mailbox.headers(news)] == [True]


def test_nothing_is_marked_as_read(mailbox, pymap):
    said_before = len(pymap.output.splitlines())
    pymap.add("Friends", mail(1))
    mailbox.open("Friends")
    list(mailbox.headers(mailbox.uids(after=0, since=None)))
    with pymap.session() as one:
        one.select("Friends", readonly=True)
        assert one.uid("SEARCH", "UNSEEN")[1] != [b""]
    commands = [line for line in pymap.output.splitlines()[said_before:] if "-->|" in line]
    assert any("EXAMINE" in line for line in commands)
    assert not any("STORE" in line or "BODY[" in line for line in commands)


def test_a_folder_made_anew_has_another_validity(mailbox, pymap):
    first = mailbox.open("Friends").uid_validity
    pymap.empty("Friends")
    assert mailbox.open("Friends").uid_validity != first


def test_many_mails_are_asked_for_in_parts(guard, pymap, monkeypatch):
    monkeypatch.setattr(imap, "_AT_ONCE", 10)
    pymap.add("Friends", *(mail(number) for number in range(45)))
    with open_mailbox(guard, f"imap://{HOST}:{pymap.port}") as mailbox:
        mailbox.open("Friends")
        uids = mailbox.uids(after=0, since=None)
        assert len(list(mailbox.headers(uids[::2]))) == 23


def test_a_wrong_password_a_missing_folder_and_nobody_there(guard, pymap, mailbox):
    with pytest.raises(Fault) as caught:
        open_mailbox(guard, f"imap://{HOST}:{pymap.port}", secret="wrong")
    assert caught.value.trouble is Trouble.LOGIN
    with pytest.raises(Fault) as caught:
        mailbox.open("Nowhere")
    assert caught.value.trouble is Trouble.NOT_FOUND
    with pytest.raises(Fault) as caught:
        open_mailbox(guard, f"imap://{HOST}:1")
    assert caught.value.trouble is Trouble.UNREACHABLE


class Scripted:
    """A server that says what it was told, line by line, whatever it is asked."""

    def __init__(self, *answers: bytes) -> None:
        self._answers = answers
        self.heard: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"imap://{HOST}:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        one, _ = self._socket.accept()
        with one, one.makefile("rb") as file:
            one.sendall(b"* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2] hello\r\n")
            for answer in self._answers:
                line = file.readline()
                if not line:
                    break
                self.heard.append(line)
                one.sendall(answer.replace(b"TAG", line.split()[0]))
            file.readline()
        self._socket.close()


CAPABILITY = b"* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\nTAG OK fine\r\n"


def test_an_oauth_token_is_presented_as_such(guard):
    server = Scripted(CAPABILITY, b"+ \r\n", b"TAG OK fine\r\n")
    with pytest.raises(Fault):  # the script ends there
        open_mailbox(guard, server.address, secret="ya29.token", is_token=True)
    assert server.heard[1].split()[1:] == [b"AUTHENTICATE", b"XOAUTH2"]


@pytest.mark.parametrize(
    ("answers", "trouble"),
    [
        ([CAPABILITY, b"TAG NO [AUTHENTICATIONFAILED] no\r\n"], Trouble.LOGIN),
        ([CAPABILITY, b"* BYE too many\r\n"], Trouble.UNREACHABLE),
        ([b"* \xff\xfe nonsense\r\nTAG BAD what\r\n"], Trouble.UNREACHABLE),
        ([CAPABILITY, b"TAG OK fine\r\n", b"* LIST () {99999999999}\r\n"], Trouble.TOO_LARGE),
        ([CAPABILITY, b"TAG OK fine\r\n", b"x" * 2_100_000], Trouble.TOO_LARGE),
        ([CAPABILITY, b"TAG OK fine\r\n", b'* LIST () "/" "a\r\nTAG NO never\r\n'], Trouble.NONSENSE),
    ],
)
def test_odd_answers_become_words(guard, answers, trouble):
    server = Scripted(*answers)
    with pytest.raises(Fault) as caught:
        list_folders(guard, server.address)
    assert caught.value.trouble is trouble
    assert SECRET not in str(caught.value)


def list_folders(guard: Guard, address: str) -> None:
    with open_mailbox(guard, address) as one:
        one.folders()
