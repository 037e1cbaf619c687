"""LinkedIn's connections in all layouts."""

import datetime as dt

import pytest

from contacts.importers import Format, Labelled, UnreadableFile, detect, read
from contacts.importers import records as record_module
from tests.importers.conftest import FIXTURES, NOW, ReadFixture, sort_out

HEADING = "First Name,Last Name,URL,Email Address,Company,Position,Connected On\n"


def test_todays_layout_with_its_notes_and_its_broken_rows(read_fixture: ReadFixture):
    people, skipped = read_fixture("connections_2024.csv")
    alice, bob, charlie = people
    assert (alice.full_name, alice.line) == ("Alice Jørgensen", 5)
    assert (alice.organisation, alice.role) == ("Harbour, Ltd.", "Founder")
    assert alice.linkedin == "https://www.linkedin.com/in/alice-j%C3%B8rgensen"
    assert alice.emails == ()
    assert alice.connected_on_date == dt.date(2023, 1, 15)
    assert (bob.full_name, bob.family) == ("Bob Okafor 🚀", "Okafor 🚀")
    assert bob.emails == (Labelled("Bob@Example.com"),)
    assert (bob.organisation, bob.role) == ('The "Light" House', "Director, Design")
    assert (charlie.full_name, charlie.organisation) == ("Charlie Last", "Acme, Inc")
    assert charlie.connected_on_date is None
    assert [(one.line, one.reason) for one in skipped] == [
        (9, "no name, e-mail address or profile"),
        (10, "5 cells where the heading has 7"),
        (11, "8 cells where the heading has 7"),
        (12, "a quotation mark is opened and not closed"),
    ]
    assert all(one.advice and one.file == "connections_2024.csv" for one in skipped)


def test_the_old_layout_with_american_dates_tags_and_a_repeated_heading(read_fixture: ReadFixture):
    people, skipped = read_fixture("connections_2018.csv")
    assert [(one.full_name, one.connected_on_date) for one in people] == [
        ("Alice Jørgensen", dt.date(2018, 1, 15)),
        ("Bob Okafor", dt.date(2017, 12, 3)),
    ]
    assert people[0].organisation == "Harbour & Sons"
    assert people[0].tags == ("sailing", "photo")
    assert not skipped


def test_a_translated_file_saved_by_a_spreadsheet(read_fixture: ReadFixture):
    people, skipped = read_fixture("connections_excel_german.csv")
    juergen, eva = people
    assert (juergen.full_name, juergen.organisation, juergen.role) == ("Jürgen Müller", "Werft", "Leiter")
    assert juergen.connected_on_date == dt.date(2023, 3, 15)
    assert (eva.emails, eva.connected_on_date) == ((Labelled("eva@example.de"),), dt.date(2022, 2, 1))
    assert not skipped


def test_utf16_with_tabs(read_fixture: ReadFixture):
    people, _ = read_fixture("connections_utf16.csv")
    assert [(one.full_name, one.linkedin, one.connected_on_date) for one in people] == [
        ("Élodie Dûpont", "https://www.linkedin.com/in/elodie", dt.date(2022, 8, 1))
    ]


def test_windows_1252_and_days_before_months(read_fixture: ReadFixture):
    people, _ = read_fixture("connections_windows_1252.csv")
    assert [(one.full_name, one.role, one.connected_on_date) for one in people] == [
        ("José Núñez", "Dueño", dt.date(2021, 12, 25)),
        ("Ana Peña", "", dt.date(2022, 2, 1)),
    ]


@pytest.mark.parametrize(
    "preamble", ["", "Notes:\n", "Notes:\nTwo lines,\nwith a comma\n\n", '"Notes:\n""x"" is missing"\n\n']
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_preamble_and_line_end(preamble: str, end: str):
    text = preamble + HEADING + "Ana,Silva,https://www.linkedin.com/in/ana,,Acme,CEO,15 Jan 2023\n\n\n"
    people, skipped = sort_out("Connections.csv", text.replace("\n", end).encode())
    assert [(one.full_name, one.line) for one in people] == [("Ana Silva", preamble.count("\n") + 2)]
    assert not skipped


def test_a_page_that_is_no_profile_is_a_web_address():
    ana, mallory = sort_out(
        "c.csv",
        (
            HEADING + "Ana,Silva,https://ana.example.org,,,,1 Jan 2023\nMal,Ory,javascript:alert(1),,,,1 Jan 2023\n"
        ).encode(),
    )[0]
    assert (ana.linkedin, ana.urls) == ("", (Labelled("https://ana.example.org"),))
    assert (mallory.linkedin, mallory.urls) == ("", ())


def test_a_quote_never_closed_costs_its_own_row():
    rows = 'Mal,"Ory,,,,,\n' + "".join(f"Ana,Number {n},,,,,1 Jan 2023\n" for n in range(300))
    people, skipped = sort_out("c.csv", (HEADING + rows).encode())
    assert len(people) == 300
    assert [one.line for one in skipped] == [2]


def test_the_number_of_rows_is_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(record_module, "MAX_PEOPLE", 3)
    people, skipped = sort_out("c.csv", (HEADING + "Ana,Silva,,,,,\n" * 5).encode())
    assert len(people) == 3
    assert [(one.line, one.reason) for one in skipped] == [(5, "more than 3 rows")]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n", "empty"),
        (b"%PDF-1.7", "PDF"),
        (b"<!DOCTYPE html>", "web page"),
        (b'{"a": 1}', "JSON"),
        (b"Rar!\x1a\x07", "RAR"),
        (b"One line, and another.\nNo table at all.\n", "no person"),
        (bytes(range(256)) * 4, "no person"),
    ],
)
def test_a_file_that_cannot_be_read_says_so_at_once_and_what_to_do(data: bytes, words: str):
    assert detect("contacts.vcf", data) is None
    with pytest.raises(UnreadableFile, match=words):
        read("contacts.vcf", data, now=NOW)


def test_the_format_is_found_by_the_content():
    assert detect("photo.jpg", (FIXTURES / "v40.vcf").read_bytes()) is Format.VCARD
    assert detect("utf16.bin", (FIXTURES / "utf16.vcf").read_bytes()) is Format.VCARD
    assert detect("", (FIXTURES / "connections_2024.csv").read_bytes()) is Format.LINKEDIN


def test_the_name_of_the_file_is_cleaned():
    people, _ = sort_out("C:\\Users\\ana\\..\\Conn\x00ections.csv", (HEADING + "Ana,Silva,,,,,\n").encode())
    assert people[0].file == "Connections.csv"
