"""Changing cards that others wrote: what is not changed stays as it is, byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.importers import PersonRecord
from contacts.importers import read as read_file
from contacts.importers.text import one_line
from contacts.remote.cards import Day, Patch, Unpatchable, patched, written
from tests.factories import NOW

ODD = (
    "BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//Phone//EN\r\nUID:u-1\r\nN:Silva;Ana;Maria;Dr.;MSc\r\nFN:Dr. Ana Silva\r\n"
    "ORG:Tinta;Photo\\; desk\r\nTITLE;CHARSET=UTF-8:Editor\r\nitem1.EMAIL;type=INTERNET:ana@example.org\r\n"
    "item1.X-ABLabel:_$!<Work>!$_\r\nitem2.URL:https://example.org\r\nitem2.X-ABLabel:Page\r\n"
    'X-ODD;X-P="a;b:c":kept \\, as\r\n  it is\r\nPHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQAAAQ\r\n /2wBDAAMCA\r\n'
    "TEL;type=CELL:+44 20 7946 0000\r\nNOTE:Zażółć gęślą\r\nREV:2024-01-01T00:00:00Z\r\nEND:VCARD\r\n"
)


def read(data: bytes) -> PersonRecord:
    [record] = list(read_file("x.vcf", data, now=NOW))
    assert isinstance(record, PersonRecord), record
    return record


def lines(data: bytes | str) -> list[str]:
    return (data.decode() if isinstance(data, bytes) else data).split("\r\n")


def test_nothing_to_change_changes_nothing():
    assert patched(ODD.encode(), Patch()) == ODD.encode()


def test_only_the_lines_concerned_change():
    data = patched(ODD.encode(), Patch(role="Poet", organisation="Ink, Inc."))
    gone, come = set(lines(ODD)) - set(lines(data)), set(lines(data)) - set(lines(ODD))
    assert gone == {"ORG:Tinta;Photo\\; desk", "TITLE;CHARSET=UTF-8:Editor"}
    assert come == {"ORG:Ink\\, Inc.;Photo\\; desk", "TITLE:Poet"}


def test_a_name_keeps_title_and_suffix():
    record = patched(ODD.encode(), Patch(name=("Ana Costa", "Ana", "Costa")))
    assert "N:Costa;Ana;;Dr.;MSc" in lines(record)
    assert "FN:Ana Costa" in lines(record)


def test_an_address_goes_with_its_label_and_no_other():
    data = patched(ODD.encode(), Patch(emails_gone=["ANA@example.org"], emails_added=["ana@new.example"]))
    text = data.decode()
    assert "item1" not in text
    assert "item2.X-ABLabel:Page" in text
    assert [one.value for one in read(data).emails] == ["ana@new.example"]


def test_numbers_are_found_however_they_are_written():
    card = ODD.replace("TEL;type=CELL:+44 20 7946 0000", "TEL;VALUE=uri:tel:+44 20 7946 0000")
    assert "TEL" not in patched(card.encode(), Patch(phones_gone=["+44  20 7946 0000"])).decode()


@pytest.mark.parametrize("version", ["3.0", "4.0"])
@pytest.mark.parametrize("day", [Day(1990, 5, 3), Day(None, 2, 29)])
def test_birthdays_are_read_back(version, day):
    card = ODD.replace("VERSION:3.0", f"VERSION:{version}").replace("NOTE:", "BDAY;VALUE=date:1980-01-01\r\nNOTE:")
    found = read(patched(card.encode(), Patch(birthday=day))).birthday
    assert found
    assert (found.year, found.month, found.day) == (day.year, day.month, day.day)
    assert read(patched(card.encode(), Patch(birthday=False))).birthday is None


def test_emptied_fields_go_but_a_name_stays():
    record = read(patched(ODD.encode(), Patch(role="", organisation="", nickname="")))
    assert (record.role, record.organisation, record.full_name) == ("", "", "Dr. Ana Silva")


def test_a_role_in_its_own_property_stays_there():
    card = ODD.replace("TITLE;CHARSET=UTF-8:Editor", "ROLE:Editor")
    assert "ROLE:Poet" in lines(patched(card.encode(), Patch(role="Poet")))


def test_line_ends_of_unix_are_kept():
    data = patched(ODD.replace("\r\n", "\n").encode(), Patch(role="Poet"))
    assert b"\r" not in data
    assert read(data).role == "Poet"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        ODD.replace("3.0", "2.1").encode(),
        (ODD + ODD).encode(),
        ODD.replace("END:VCARD\r\n", "").encode(),
    ],
)
def test_what_is_not_one_card_of_a_known_version_is_left_alone(data):
    with pytest.raises(Unpatchable):
        patched(data, Patch(role="Poet"))


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Cf", "Cn", "Co"]), max_size=200)


def tidy(text: str) -> str:
    """What is left of a text after the importers' own cleaning."""
    return one_line(text, 300)


@given(TEXT, TEXT)
def test_whatever_is_written_is_read_back_and_breaks_nothing_else(role, organisation):
    data = patched(ODD.encode(), Patch(role=role, organisation=organisation))
    record = read(data)
    assert record.role == tidy(role)
    assert record.organisation == tidy(organisation) or not tidy(organisation)
    assert [one.value for one in record.emails] == ["ana@example.org"]
    assert all(len(line.encode()) <= 75 for line in lines(data) if line not in lines(ODD))
    assert set(lines(ODD)) - set(lines(data)) <= {"ORG:Tinta;Photo\\; desk", "TITLE;CHARSET=UTF-8:Editor"}


def test_a_text_cannot_add_lines():
    data = patched(ODD.encode(), Patch(role="Poet\r\nEND:VCARD\r\nBEGIN:VCARD\nX:y\x00"))
    assert len(list(read_file("x.vcf", data, now=NOW))) == 1
    assert data.count(b"END:VCARD") == 2  # one of them within the text
    assert sum(line == "END:VCARD" for line in lines(data)) == 1


def test_a_new_card():
    patch = Patch(
        name=("Bea Bloom", "Bea", "Bloom"),
        role="Baker",
        birthday=Day(None, 5, 3),
        emails_added=["bea@example.org"],
        phones_added=["+44 20 7946 0001"],
    )
    record = read(written("uid-1", patch))
    assert (record.full_name, record.family, record.role, record.uid) == ("Bea Bloom", "Bloom", "Baker", "uid-1")
    assert (record.emails[0].value, record.phones[0].value) == ("bea@example.org", "+44 20 7946 0001")
