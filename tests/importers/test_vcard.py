"""vCards with every trap that real programs set, each in a file or a few bytes of our own writing."""

from base64 import b64encode
from datetime import UTC, datetime

import pytest

from contacts.importers import Birthday, Labelled, PersonRecord
from tests.importers.conftest import ReadFixture, sort_out


def only(people: list[PersonRecord]) -> PersonRecord:
    assert len(people) == 1
    return people[0]


def card(*lines: str, version: str = "3.0") -> bytes:
    return "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""]).encode()


def read_one(*lines: str, version: str = "3.0") -> PersonRecord:
    people, skipped = sort_out("a.vcf", card(*lines, version=version))
    assert not skipped
    return only(people)


def test_quoted_printable_with_soft_breaks(read_fixture: ReadFixture):
    alice = only(read_fixture("v21_quoted_printable.vcf")[0])
    assert (alice.full_name, alice.given, alice.family) == ("Alice Jørgensen", "Alice", "Jørgensen")
    assert alice.emails == (Labelled("alice.work@example.org", "work"), Labelled("alice@example.org", "home"))
    assert alice.phones == (Labelled("+45 32 12 34 56", "cell"), Labelled("+45 32 12 34 57", "work fax"))
    assert alice.notes == "First line\nBEGIN of the second and its end"
    assert alice.birthday == Birthday(1980, 4, 12)
    assert alice.place == "Copenhagen, Denmark"
    assert (alice.file, alice.line) == ("v21_quoted_printable.vcf", 1)


@pytest.mark.parametrize(
    ("name", "full_name", "given", "family"),
    [
        ("v21_windows_1252.vcf", "Jürgen Müller", "Jürgen", "Müller"),
        ("v21_windows_1251.vcf", "Анна Иванова", "Анна", "Иванова"),
        ("v21_shift_jis.vcf", "山田太郎", "太郎", "山田"),
        ("utf16.vcf", "Eva Bělá", "Eva", "Bělá"),
        ("utf8_mark_and_wrong_charset.vcf", "Ola Łoś", "Ola", "Łoś"),
        ("old_mac.vcf", "Mac Classic", "Mac", "Classic"),
    ],
)
def test_the_character_set_is_found(read_fixture: ReadFixture, name: str, full_name: str, given: str, family: str):
    person = only(read_fixture(name)[0])
    assert (person.full_name, person.given, person.family) == (full_name, given, family)


def test_a_declared_character_set_serves_its_line(read_fixture: ReadFixture):
    assert only(read_fixture("v21_windows_1252.vcf")[0]).role == "Geschäftsführer – Süd"


@pytest.mark.parametrize("charset", ["punycode", "unicode_escape", "zlib", "no-such-set", "undefined", "idna"])
def test_a_character_set_that_is_no_such_thing_does_no_harm(charset: str):
    people, _ = sort_out("a.vcf", b"BEGIN:VCARD\nFN;CHARSET=" + charset.encode() + b":J\xfcrgen \\q\nEND:VCARD\n")
    assert only(people).full_name == "Jürgen q"


def test_folds_within_a_character_and_before_a_space(read_fixture: ReadFixture):
    zoe = only(read_fixture("v30_folded_within_a_character.vcf")[0])
    assert zoe.full_name == "Zoë Ångström"
    assert zoe.notes == "Met at the harbour, twice; once with Bob.\nLikes Öl und Wasser."
    assert zoe.organisation == "Ever green"


def test_version_21_folds_before_a_space_that_stays():
    assert read_one("FN:Ana Silva", "ORG:Big", " Boats", version="2.1").organisation == "Big Boats"
    assert read_one("FN:Ana Silva", "ORG:Big", " Boats").organisation == "BigBoats"


def test_apples_groups_labels_and_birthday_without_a_year(read_fixture: ReadFixture):
    people, skipped = read_fixture("v30_apple.vcf")
    bob = only(people)
    assert bob.emails == (Labelled("bob@example.com", "school"),)
    assert bob.phones == (Labelled("+44 20 7946 0018", "Studio phone"),)
    assert bob.urls == (Labelled("http://bob.example.com", ""),)
    assert bob.linkedin == "http://www.linkedin.com/in/bobokafor"
    assert bob.birthday == Birthday(None, 2, 29)
    assert bob.organisation == "Lagos Light"
    assert bob.place == "Leeds, United Kingdom"
    assert [(one.line, one.reason) for one in skipped] == [(20, "a group, not a person")]
    assert bob.tags == ("Sailing club",), "a group becomes a tag of its members"


def test_version_4(read_fixture: ReadFixture):
    people, skipped = read_fixture("v40.vcf")
    chioma = only(people)
    assert (chioma.full_name, chioma.given, chioma.family) == ("Chioma Eze", "Chioma Ada Joy", "Eze")
    assert chioma.nickname == "Chi"
    assert chioma.birthday == Birthday(None, 4, 12)
    assert chioma.phones == (Labelled("+49-151-1234567;ext=12", "work cell"), Labelled("+49-30-1234567", "home"))
    assert [one.value for one in chioma.emails] == ["chioma@example.org", "chi@example.net"]
    assert (chioma.organisation, chioma.role) == ("Photo Press, Inc.", "Commissioning editor")
    assert chioma.tags == ("photo", "Berlin")
    assert chioma.linkedin == "https://www.linkedin.com/in/chioma-eze?trk=x"
    assert [one.value for one in chioma.urls] == ["https://chioma.example.org/"]
    assert chioma.notes == "One\n\nTwo"
    assert chioma.uid == "00000000-0000-4000-8000-0000000000a1"
    assert [one.reason for one in skipped] == ["a place, not a person"]


def test_one_broken_card_costs_nothing_else(read_fixture: ReadFixture):
    people, skipped = read_fixture("broken.vcf")
    assert [(one.full_name, one.line, [handle.value for handle in one.emails]) for one in people] == [
        ("lower case", 3, ["lower@example.org"]),
        ("No End", 7, ["noend@example.org"]),
        ("Nameless Works", 14, []),
        ("Agent Owner", 25, ["owner@example.org"]),
        ("Escaped Agent Owner", 35, []),
        ("Cut Off", 40, ["whole@example.org"]),
    ]
    assert [(one.line, one.reason) for one in skipped] == [(11, "no name, organisation, e-mail, phone or web address")]
    nameless = people[2]
    assert nameless.place == "Turin, Italy"
    assert nameless.notes == "a note that\ngoes on without a fold: so it does"
    assert nameless.phones == (Labelled("+39 011 123456", "work"),)


def test_doubled_line_ends(read_fixture: ReadFixture):
    person = only(read_fixture("doubled_line_ends.vcf")[0])
    assert (person.full_name, person.emails) == ("Double", (Labelled("double@example.org"),))


@pytest.mark.parametrize(
    ("lines", "full_name"),
    [
        (["N:Silva;Ana;;;"], "Ana Silva"),
        (["N:;;;;", "NICKNAME:Ani"], "Ani"),
        (["ORG:;Harbour office"], "Harbour office"),
        (["EMAIL:ana@example.org", "TEL:+49 30 1"], "ana@example.org"),
        (["TEL:+49 30 1234"], "+49 30 1234"),
        (["URL:http://www.linkedin.com/in/ana-silva"], "ana-silva"),
        (["URL:http://ana.example.org"], "ana.example.org"),
        (["X-ANDROID-CUSTOM:vnd.android.cursor.item/nickname;Ani;1;;;"], "Ani"),
    ],
)
def test_somebody_without_a_name_is_called_by_what_is_known(lines: list[str], full_name: str):
    assert read_one(*lines).full_name == full_name


def test_a_name_in_one_piece_is_split_only_where_the_card_does_not():
    assert (read_one("FN:Dr. Ana de la Cruz").given, read_one("FN:Dr. Ana de la Cruz").family) == ("Ana", "de la Cruz")
    written = read_one("FN:Cruz Ana", "N:Cruz;Ana;;;")
    assert (written.given, written.family) == ("Ana", "Cruz")
    company = read_one("FN:Harbour Works", "ORG:Harbour Works")
    assert (company.given, company.family) == ("", "")


@pytest.mark.parametrize("what", ["PHOTO;ENCODING=b;TYPE=JPEG:", "photo;value=binary:", "X-MS-CARDPICTURE:", "LOGO:"])
def test_a_photo_of_any_size_is_passed_over(what: str):
    photo = ["FN:Ana Silva", what + "A" * 76, *([" " + "B" * 75] * 20_000), "EMAIL:ana@example.org"]
    assert read_one(*photo).emails == (Labelled("ana@example.org"),)
    assert read_one("FN:Ana Silva", what + "A" * 1_500_000, "ROLE:Sailor").role == "Sailor"


def test_unfolded_base64_of_an_old_phone_is_passed_over():
    ana = read_one("PHOTO;ENCODING=BASE64:", *["A" * 76] * 20_000, "", "FN:Ana Silva", version="2.1")
    assert ana.full_name == "Ana Silva"


def test_text_in_base64():
    assert read_one("FN:Ana Silva", "NOTE;ENCODING=BASE64;CHARSET=UTF-8:R3LDvMOfZQ==", version="2.1").notes == "Grüße"
    assert read_one("FN:Ana Silva", "NOTE;ENCODING=b:not base64").notes == ""


def test_parameters_in_quotes_may_hold_colons_and_semicolons():
    ana = read_one(
        "FN:Ana Silva", 'ADR;LABEL="1: Mill; Lane";TYPE=home:;;1 Mill;Leeds;;;UK', 'TEL;TYPE="x:+49 30 12345'
    )
    assert ana.place == "Leeds, UK"
    assert ana.phones[0].value == "+49 30 12345"
    assert read_one("FN:Ana Silva", 'TEL;X-A="a;home";TYPE=work:+49 30 12345').phones[0].label == "work"


def test_lines_are_numbered_from_one_in_every_kind_of_file():
    for end in ("\n", "\r\n", "\r"):
        data = ("\n" + card("FN:A").decode() + card("FN:B").decode()).replace("\r\n", "\n").replace("\n", end).encode()
        assert [one.line for one in sort_out("a.vcf", data)[0]] == [2, 6]


def test_a_handle_that_is_too_long_is_left_out_and_text_is_cut():
    ana = read_one(
        "FN:" + "A" * 500, "EMAIL:" + "a" * 400 + "@example.org", "EMAIL:ok@example.org", "NOTE:" + "x" * 50_000
    )
    assert len(ana.full_name) == 300
    assert ana.emails == (Labelled("ok@example.org"),)
    assert len(ana.notes) == 20_000


def test_single_lines_have_no_line_ends_control_characters_or_direction_marks():
    ana = read_one("FN:A\\nna\u2028Sil\u202eva\x00\x07 &amp; Co", "NOTE:one\u2028two\x00", "TITLE:AT&T &lt;b&gt;")
    assert ana.full_name == "A na Silva & Co"
    assert ana.notes == "one\ntwo"
    assert ana.role == "AT&T <b>"


JPEG = b64encode(b"\xff\xd8\xff\xe0" + bytes(300)).decode()


@pytest.mark.parametrize(
    "lines",
    [
        [f"PHOTO;ENCODING=b;TYPE=JPEG:{JPEG[:50]}", f" {JPEG[50:]}"],
        [f"PHOTO:data:image/jpeg;base64,{JPEG}"],
        [f"PHOTO;VALUE=uri:data:image/jpeg\\;base64\\,{JPEG}"],
        [f"X-MS-CARDPICTURE;ENCODING=BASE64:{JPEG}"],
        ["LOGO;ENCODING=b:AAAA", "PHOTO;VALUE=uri:https://example.org/ana.jpg", f"PHOTO;ENCODING=b:{JPEG}"],
    ],
)
def test_a_photo_in_the_file(lines: list[str]):
    ana = read_one("FN:Ana Silva", *lines, "ROLE:Sailor")
    assert (ana.photo, ana.remarks, ana.role) == (JPEG, (), "Sailor")


@pytest.mark.parametrize(
    ("line", "remark"),
    [
        ("PHOTO;VALUE=uri:https://example.org/ana.jpg", ()),
        (
            "PHOTO;ENCODING=b:" + b64encode(b"<svg onload=alert(1)>").decode(),
            ("the photo is of a kind that Kith does not take",),
        ),
        ("PHOTO;ENCODING=b:not base64!", ("the photo could not be read",)),
        ("PHOTO;ENCODING=b:" + "/9j/" * 200_000, ("the photo is too large and was left out",)),
    ],
)
def test_a_photo_that_is_not_taken(line: str, remark: tuple[str, ...]):
    ana = read_one("FN:Ana Silva", line, "ROLE:Sailor")
    assert (ana.photo, ana.remarks, ana.role) == ("", remark, "Sailor")


def test_days_besides_the_birthday():
    ana = read_one(
        "FN:Ana Silva",
        "ANNIVERSARY:20100501",
        "item1.X-ABDATE;type=pref:2015-06-02",
        "item1.X-ABLABEL:_$!<Other>!$_",
        "item2.X-ABDATE:1604-07-03",
        "item2.X-ABLABEL:Name day",
        "X-ANDROID-CUSTOM:vnd.android.cursor.item/contact_event;2001-02-03;0;Met;;",
        "X-EVOLUTION-ANNIVERSARY:2010-05-01",
    )
    assert ana.other_dates == (
        ("anniversary", Birthday(2010, 5, 1)),
        ("other", Birthday(2015, 6, 2)),
        ("Name day", Birthday(None, 7, 3)),
        ("Met", Birthday(2001, 2, 3)),
    )


def test_what_has_no_place_of_its_own():
    ana = read_one(
        "FN:Ana Silva",
        "ORG:Harbour;Pilots;Night",
        "ADR;TYPE=home:;;1 Mill Street;Porto;;4000;Portugal",
        "X-SPOUSE:Rui",
        "item1.X-ABRELATEDNAMES:Zé",
        "item1.X-ABLABEL:_$!<Brother>!$_",
        "X-EVOLUTION-MANAGER:Marta",
        "IMPP;X-SERVICE-TYPE=Skype:skype:ana.s",
        "HOBBY:Sailing",
        "GENDER:O;they",
        "RELATED:urn:uuid:1",
        "X-ANDROID-CUSTOM:vnd.android.cursor.item/relation;Eva;2;;;",
        "X-ABUID:technical",
        "X-PHONETIC-FIRST-NAME:a-na",
        "X-CAKE:&amp;amp; more\\, please",
    )
    assert set(ana.custom) == {
        ("department", "Pilots, Night"),
        ("home address", "1 Mill Street, Porto, 4000, Portugal"),
        ("gender", "they"),
        ("brother", "Zé"),
        ("brother", "Eva"),
        ("spouse", "Rui"),
        ("manager", "Marta"),
        ("chat", "skype:ana.s"),
        ("hobby", "Sailing"),
        ("cake", "&amp; more, please"),
    }
    assert ana.place == "Porto, Portugal"


@pytest.mark.parametrize(
    "lines",
    [
        ["AGENT:BEGIN:VCARD", "FN:Susan Thomas", "TEL:+1 1", "END:VCARD"],
        ["AGENT:", "BEGIN:VCARD", "VERSION:2.1", "FN;CHARSET=UTF-8:Susan Thomas", "END:VCARD"],
    ],
)
def test_a_card_within_a_card_is_the_assistant(lines: list[str]):
    ana = read_one("FN:Ana Silva", *lines, "ROLE:Sailor")
    assert (ana.full_name, ana.phones, ana.role) == ("Ana Silva", (), "Sailor")
    assert ana.custom == (("assistant", "Susan Thomas"),)


def test_commas_within_a_name():
    ana = read_one("FN:Ana Maria Silva", "N:Silva\\, Filha;Ana,Maria;Rosa;;")
    assert (ana.family, ana.given) == ("Silva, Filha", "Ana Maria Rosa")


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        ("20260131T120000Z", "2026-01-31T12:00:00"),
        ("2026-01-31T12:00:00.123+01:00", "2026-01-31T11:00:00"),
        ("20260131T120000-0530", "2026-01-31T17:30:00"),
        ("2026-01-31T12:00:00", "2026-01-31T12:00:00"),
        ("20260131", "2026-01-31T00:00:00"),
        ("2026-02-31T12:00:00Z", None),
        ("00010101T000000+1200", None),
        ("yesterday", None),
    ],
)
def test_when_a_card_was_last_changed(raw: str, moment: str | None):
    revised_at = read_one("FN:Ana Silva", f"REV:{raw}").revised_at
    assert revised_at == (datetime.fromisoformat(moment).replace(tzinfo=UTC) if moment else None)
