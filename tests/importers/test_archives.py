"""ZIP archives: what LinkedIn and Google hand out, Maildirs, and what is made to hurt."""

# ruff: noqa: E501  -- rows of tables are as long as they are

import io
import zipfile

import pytest

from contacts.importers import (
    ContactRecord,
    Format,
    PersonRecord,
    Record,
    Skipped,
    UnreadableFile,
    archives,
    detect,
    read,
)
from tests.importers.conftest import NOW

CARD = b"BEGIN:VCARD\nVERSION:3.0\nFN:Ana Silva\nEND:VCARD\n"
MAIL = (
    b"From: alice@example.org\nTo: bob@example.org\nDate: Wed, 1 May 2024 12:30:00 +0200\nMessage-ID: <1@x.org>\n\nHi\n"
)
CONNECTIONS = b"First Name,Last Name,URL,Email Address,Company,Position,Connected On\nAna,Silva,,,,,1 May 2024\n"
MESSAGES = (
    b"CONVERSATION ID,CONVERSATION TITLE,FROM,SENDER PROFILE URL,TO,RECIPIENT PROFILE URLS,DATE,SUBJECT,CONTENT,FOLDER\n"
    b'c1,,Ana Silva,https://www.linkedin.com/in/ana,Bob,https://www.linkedin.com/in/bob,2024-05-01 10:00:00 UTC,,"Hi\nthere",INBOX\n'
)


Budget = archives._Budget


def packed(*members: tuple[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", kind) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return data.getvalue()


def records_of(data: bytes) -> list[Record]:
    return list(read("a.zip", data, now=NOW))


def reasons(data: bytes) -> list[tuple[str, str]]:
    return [(one.file, one.reason) for one in records_of(data) if isinstance(one, Skipped)]


def test_all_that_linkedin_knows():
    data = packed(
        ("Connections.csv", CONNECTIONS),
        ("messages.csv", MESSAGES),
        ("Profile.csv", b"First Name,Last Name,Headline\nBob,Brook,Sailor\n"),
        ("Skills.csv", b"Name\nSailing\n"),
        ("Recommendations_Given.csv", b"First Name,Last Name,Company,Text\nChi,Eze,X,Good\n"),
        ("Contacts.csv", b"Source,FirstName,LastName,Emails\nX,Chi,Eze,chi@example.org\n"),
    )
    assert detect("x", data) is Format.ZIP
    found = records_of(data)
    assert [one.full_name for one in found if isinstance(one, PersonRecord)] == ["Ana Silva", "Chi Eze"]
    message = next(one for one in found if isinstance(one, ContactRecord))
    assert message.file == "a.zip/messages.csv"
    assert message.sender is not None
    assert (message.sender.linkedin, message.others[0].linkedin) == (
        "https://www.linkedin.com/in/ana",
        "https://www.linkedin.com/in/bob",
    )
    assert "there" not in str(message.as_json())
    assert reasons(data) == [("a.zip", "3 files tell of nobody and of no contact")]


def test_a_maildir_and_an_archive_within():
    inner = packed(("Contacts/All.vcf", CARD))
    data = packed(
        ("Mail/cur/1.host:2,S", MAIL),
        ("Mail/new/2.host", MAIL.replace(b"<1@", b"<2@")),
        ("Takeout.zip", inner),
        ("note.txt", b"Hi."),
    )
    found = records_of(data)
    assert [one.key for one in found if isinstance(one, ContactRecord)] == ["1@x.org", "2@x.org"]
    assert [one.file for one in found if isinstance(one, PersonRecord)] == ["a.zip/Takeout.zip/Contacts/All.vcf"]
    assert reasons(data) == [("a.zip", "1 file tells of nobody and of no contact")]


def test_a_large_member_is_read_as_it_comes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(archives, "_AT_ONCE", 10)
    box = b"".join(b"From x Wed May 01 10:30:00 2024\n" + MAIL.replace(b"<1@", b"<%d@" % n) for n in range(50))
    data = packed(("a.mbox", box), ("a.vcf", CARD * 20), ("c.csv", CONNECTIONS), kind=zipfile.ZIP_STORED)
    assert len(records_of(data)) == 50 + 20 + 1


def test_names_are_no_paths():
    data = packed(
        ("../../etc/passwd.vcf", CARD),
        ("C:\\x\\y.vcf", CARD),
        ("/abs.vcf", CARD),
        ("a\u202eb.vcf", CARD),
        ("x" * 400 + ".vcf", CARD),
        ("__MACOSX/._a.vcf", CARD),
        (".DS_Store", b"x"),
    )
    names = [one.file for one in records_of(data) if isinstance(one, PersonRecord)]
    assert names[:4] == ["a.zip/../../etc/passwd.vcf", "a.zip/C:/x/y.vcf", "a.zip/abs.vcf", "a.zip/ab.vcf"]
    assert len(names) == 5
    assert len(names[4]) == 255


def test_what_is_packed_to_fill_a_disk_is_left_packed():
    data = packed(("a.csv", b"Name,Email\n" + b"a,a@example.org\n" * 3_000_000), ("b.vcf", CARD))
    assert len(data) < 200_000
    assert reasons(data) == [("a.zip/a.csv", "packed to less than a 150th of its size")]


def test_the_whole_is_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(archives, "_Budget", lambda: Budget(members=2))
    data = packed(*((f"{n}.vcf", CARD) for n in range(5)))
    assert reasons(data) == [("a.zip", "more in this archive than can be unpacked")]


def test_archives_within_archives_within_archives():
    data = packed(("a.vcf", CARD))
    for _ in range(5):
        data = packed(("a.zip", data))
    assert reasons(data) == [("a.zip/a.zip/a.zip/a.zip", "an archive within an archive")]


@pytest.mark.parametrize(
    "data", [b"PK\x03\x04", b"PK\x03\x04" + bytes(1000), packed(("a.vcf", CARD))[:-10], b"PK\x05\x06" + bytes(17)]
)
def test_a_broken_archive_says_so_at_once(data: bytes):
    with pytest.raises(UnreadableFile, match="damaged"):
        read("a.zip", data, now=NOW)


def test_a_broken_member_costs_itself():
    data = bytearray(packed(("a.vcf", CARD * 50), ("b.vcf", CARD)))
    data[60] ^= 0xFF
    assert reasons(bytes(data)) == [("a.zip/a.vcf", "damaged within the archive")]
    assert len([one for one in records_of(bytes(data)) if isinstance(one, PersonRecord)]) == 1


def test_a_member_that_lies_about_its_size():
    data = bytearray(packed(("a.vcf", CARD * 50), kind=zipfile.ZIP_STORED))
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    assert all(isinstance(one, Skipped) for one in records_of(bytes(data)))


def test_a_locked_member_and_an_odd_packing():
    data = bytearray(packed(("a.vcf", CARD)))
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    assert reasons(bytes(data)) == [("a.zip/a.vcf", "locked with a password")]
    assert reasons(packed(("a.vcf", CARD), kind=zipfile.ZIP_LZMA)) == [("a.zip/a.vcf", "packed in an unusual way")]


def test_a_list_of_a_million_members_is_not_even_read():
    tail = b"PK\x05\x06" + bytes(6) + b"\xff\xff" + (60_000_000).to_bytes(4, "little") + bytes(6)
    with pytest.raises(UnreadableFile, match=r"more than 100,000 files"):
        read("a.zip", b"PK\x03\x04" + bytes(100) + tail, now=NOW)


def test_an_empty_archive():
    assert records_of(packed()) == []
