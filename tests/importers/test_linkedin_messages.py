"""LinkedIn's messages: who wrote to whom, and when."""

# ruff: noqa: E501  -- rows of tables are as long as they are

import datetime as dt

import pytest

from contacts.importers import ContactKind, ContactRecord, Format, Party, Skipped, detect, read
from tests.importers.conftest import NOW

HEADING = "CONVERSATION ID,CONVERSATION TITLE,FROM,SENDER PROFILE URL,TO,RECIPIENT PROFILE URLS,DATE,SUBJECT,CONTENT,FOLDER,IS MESSAGE DRAFT\n"
ANA, BOB, CHI = (f"https://www.linkedin.com/in/{name}" for name in ("ana", "bob", "chi"))


def rows(*lines: str) -> list[ContactRecord | Skipped]:
    data = (HEADING + "".join(f"{line}\n" for line in lines)).encode()
    assert detect("x", data) is Format.LINKEDIN_MESSAGES
    return [one for one in read("messages.csv", data, now=NOW) if isinstance(one, ContactRecord | Skipped)]


def only(line: str) -> ContactRecord:
    found = rows(line)
    assert len(found) == 1
    assert isinstance(found[0], ContactRecord), found
    return found[0]


def test_a_message():
    one = only(
        f'c1,Title,Ana Silva,{ANA},Bob Okafor,{BOB},2024-05-01 10:00:59 UTC,Subject,"Long\n""text"",\n\n",INBOX,No'
    )
    assert one == ContactRecord(
        kind=ContactKind.MESSAGE,
        happened_at=dt.datetime(2024, 5, 1, 10, 0, 59, tzinfo=dt.UTC),
        sender=Party("Ana Silva", "", ANA),
        others=(Party("Bob Okafor", "", BOB),),
        key="linkedin:c1:2024-05-01T10:00:59+00:00:ana",
        thread="linkedin:c1",
        file="messages.csv",
        line=2,
    )


def test_to_several():
    both = only(f'c1,,Ana,{ANA},"Bob,Chi","{BOB},{CHI}",2024-05-01 10:00:00 UTC,,x,INBOX,')
    assert both.others == (Party("Bob", "", BOB), Party("Chi", "", CHI))
    unclear = only(f'c1,,Ana,{ANA},"Bob, Jr,Chi","{BOB},{CHI}",2024-05-01 10:00:00 UTC,,x,INBOX,')
    assert unclear.others == (Party("", "", BOB), Party("", "", CHI)), "which name belongs to which page cannot be told"


@pytest.mark.parametrize(
    "when", ["2024-05-01 10:00:00 UTC", "2024-05-01T10:00:00.000Z", "5/1/24, 10:00 AM", "2024-05-01 10:00"]
)
def test_dates_of_every_layout(when: str):
    assert only(f'c1,,Ana,,Bob,,"{when}",,x,INBOX,').happened_at == dt.datetime(2024, 5, 1, 10, tzinfo=dt.UTC)


def test_what_is_no_message_between_people():
    found = rows(
        "c1,,Ana,,Bob,,2024-05-01 10:00:00 UTC,,x,INBOX,Yes",
        "c1,,Ana,,,,2024-05-01 10:00:00 UTC,,x,INBOX,",
        "c1,,LinkedIn Member,,Bob,,2024-05-01 10:00:00 UTC,,x,INBOX,",
        "c1,,Ana,,Bob,,2024-13-01 10:00:00 UTC,,x,INBOX,",
        "c1,,Ana,,Bob,,2024-05-01 10:00:00 UTC,,x,SPAM,",
    )
    assert [one.reason if isinstance(one, Skipped) else one.left_out for one in found] == [
        "nobody on the other side",
        "nobody on the other side",
        "no date that can be read",
        "automatic",
    ]
