"""Real files of third parties: every valid card is read, and every file of LinkedIn connections."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
import vobject

from contacts.importers import (
    Birthday,
    ContactRecord,
    Format,
    Party,
    PersonRecord,
    Skipped,
    UnreadableFile,
    detect,
    ics,
    read,
)
from tests.importers.conftest import NOW, sort_out

LATER = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
GROUP = "a group, not a person"
NOBODY = "no name, organisation, e-mail, phone or web address"

# Cards that name nobody: a place on earth, a photo, a postal address, or a list of members and nothing else.
SKIPPED: Mapping[str, str] = {
    "Icalendar/geo1.vcf": NOBODY,
    "Icalendar/geo2.vcf": NOBODY,
    "VCards/Photo_Outlook_v2.vcf": NOBODY,
    "aosp-vcard/v21_android_custom_prop.vcf": NOBODY,
    "ical4j-vcard/vcard-group.vcf": NOBODY,
    "kcontacts/vcard7.vcf": NOBODY,
    "vobject/issue64.vcf": NOBODY,
    "ccs-caldavtester/11.vcf": GROUP,
    "ccs-caldavtester/14.vcf": GROUP,
    "ccs-caldavtester/crud-one-return__2.vcf": GROUP,
    "ccs-caldavtester/crud-one-return__4.vcf": GROUP,
    "ccs-caldavtester/g123.vcf": GROUP,
    "ccs-caldavtester/g1236.vcf": GROUP,
    "ccs-caldavtester/g136.vcf": GROUP,
    "ccs-caldavtester/g345.vcf": GROUP,
    "ccs-caldavtester/g3456.vcf": GROUP,
    "ccs-caldavtester/gAddressBook.vcf": GROUP,
}
# vobject cuts the first at a comma that is not escaped, and reads escapes in the second that vCard 2.1 does not have.
VOBJECT_ERRS = {"ez-vcard/John_Doe_GMAIL.vcf", "aosp-vcard/v21_backslash.vcf"}
A_CALENDAR = "libical/user-cal.vcf"

# File -> (full name, given, family, first e-mail, birthday) of its first card.
FACTS = {
    "Icalendar/contact.vcf": ("Test Testerson", "Test", "Testerson", "", None),
    "Radicale/contact2-with-bday.vcf": ("Test-FN", "GivenTest AdditionalsTest", "FamilyTest", "", Birthday(1970, 1, 1)),
    "VCards/AnsiIssue.vcf": ("Ralf Rastral", "Ralf", "Rastral", "", None),
    "VCards/German.vcf": ("Sören Täve Nüßlebaum", "Sören Täve", "Nüßlebaum", "", None),
    "VCards/Greek.vcf": ("Βαγγέλης", "Ευάγγελος Οδυσσέας", "Παπαθανασίου", "", None),
    "VCards/Ukrainian.vcf": ("Віталій Володимирович Кличко", "Віталій Володимирович", "Кличко", "", None),
    "VCards/Utf-8__Greek.vcf": ("Βαγγέλης", "Ευάγγελος Οδυσσέας", "Παπαθανασίου", "", None),
    "VCards/utf-8.vcf": ("孔夫子", "", "Konfuzius", "", None),
    "VCards/LabelTest1.vcf": ("Rudi Wimmel", "Rudi", "Wimmel", "Wimmel@wurstdarm.de", None),
    "VCards/v2_1.vcf": ("Maxl", "Max Middle Name", "Mustermann", "privat@folker-kinzel.de", Birthday(1972, 1, 31)),
    "VCards/v3.vcf": ("Folker Kinzel", "Folker", "Kinzel", "email1@wumms.de", Birthday(1978, 3, 11)),
    "VCards/v4.vcf": ("Möhrke Gerda", "Gerda", "Möhrke", "info@kinderland-blubblub.de", None),
    "VCards/Photo_v3.vcf": (
        "Emma Musterfrau",
        "Emma",
        "Musterfrau",
        "emma.musterfrau@googlemail.com",
        Birthday(2011, 3, 17),
    ),
    "aosp-vcard/v21_adr_multiple_line.vcf": ("bogus", "", "bogus", "", Birthday(2008, 12, 3)),
    "aosp-vcard/v21_complicated.vcf": (
        "Joe Due",
        "Forrest Hoge",
        "Gump",
        "forrestgump@walladalla.com",
        Birthday(1980, 1, 1),
    ),
    "aosp-vcard/v21_im.vcf": ("Nick", "", "", "", None),
    "aosp-vcard/v21_multiple_entry.vcf": ("安藤ロイド3", "", "安藤ロイド3", "", None),
    "aosp-vcard/v21_simple_1.vcf": ("Roid Ando", "Roid", "Ando", "", None),
    "aosp-vcard/v21_simple_2.vcf": ("Ando Roid", "Ando", "Roid", "", None),
    "aosp-vcard/v40_sort_as.vcf": ("安藤 ロイド", "ロイド", "安藤", "", None),
    "ccs-caldavtester/15.vcf": ("User 01", "User", "01", "user01@example.com", None),
    "ccs-calendarserver/44EE78BF-8814-4471-899C-92280CEFB098.vcf": (
        "HiAscii Śuterry",
        "HiAscii",
        "Śuterry",
        "hiascii@example.com",
        None,
    ),
    "contacts/forrest-gump.vcf": ("Forrest Gump", "Forrest", "Gump", "sherinnom@example.com", None),
    "ez-vcard/John_Doe_ANDROID.vcf": ("john.doe@company.com", "", "", "john.doe@company.com", None),
    "ez-vcard/John_Doe_IPHONE.vcf": (
        "Mr. John Richter James Doe Sr.",
        "John Richter James",
        "Doe",
        "john.doe@ibm.com",
        Birthday(2012, 6, 6),
    ),
    "ez-vcard/outlook-2007.vcf": (
        "Mr. Michael Angstadt Jr.",
        "Michael",
        "Angstadt",
        "mike.angstadt@gmail.com",
        Birthday(1922, 3, 10),
    ),
    "ez-vcard/rfc6350-example.vcf": (
        "Simon Perreault",
        "Simon",
        "Perreault",
        "simon.perreault@viagenie.ca",
        Birthday(None, 2, 3),
    ),
    "ical.js/vcard3.vcf": (
        "Mr. John Q. Public, Esq.",
        "John Quinlan",
        "Public",
        "jane_doe@abc.com",
        Birthday(1996, 4, 15),
    ),
    "ical4j-vcard/4b62872a-849-0.vcf": (
        "Franz M. Branntwein",
        "Franz M.",
        "Branntwein",
        "franz.m.branntwein@example.com",
        None,
    ),
    "kcontacts/testfullvcard.vcf": (
        "Sherlock Holmes",
        "Sherlock",
        "Holmes",
        "detective@sherlockholmes.com",
        Birthday(1953, 10, 15),
    ),
    "kcontacts/vcard4.vcf": ("Ximian, Inc.", "", "", "hello@ximian.com", None),
    "kcontacts/vcard3.vcf": ("ian geiser", "ian", "geiser", "geiseri@yahoo.com", None),
    "libical/test.vcf": ("Simon Perreault", "Simon", "Perreault", "simon.perreault@viagenie.ca", Birthday(None, 2, 3)),
    "nametag/apple-vcard-example.vcf": (
        "Emmetiano Lucas Brown",
        "Emmetiano Lucas",
        "Brown",
        "doc@bttf.com",
        Birthday(None, 1, 22),
    ),
    "nametag/v4-contact.vcf": (
        "Taylor Example",
        "Taylor",
        "Example",
        "taylor.example@corp.example",
        Birthday(1994, 2, 3),
    ),
    "roundcubemail/apple.vcf": ("Apple Computer AG", "", "", "", None),
    "roundcubemail/johndoe.vcf": ("John Doë", "John", "Doë", "roundcube@gmail.com", None),
}


def facts(one: PersonRecord) -> tuple[str, str, str, str, Birthday | None]:
    return (one.full_name, one.given, one.family, one.emails[0].value if one.emails else "", one.birthday)


def cards(shared_data: Path) -> dict[str, Path]:
    folder = shared_data / "vcard"
    return {path.relative_to(folder).as_posix(): path for path in sorted(folder.glob("*/*.vcf"))}


def test_every_valid_card_is_read(shared_data: Path):
    files = cards(shared_data)
    assert len(files) >= 129
    people_count = 0
    skipped_reasons: dict[str, str] = {}
    for name, path in files.items():
        if name == A_CALENDAR:
            assert detect(name, path.read_bytes()) is Format.ICS
            continue
        data = path.read_bytes()
        people, skipped = sort_out(path.name, data)
        begins = sum(line.strip().upper() == b"BEGIN:VCARD" for line in data.lstrip(b"\xef\xbb\xbf").splitlines())
        assert len(people) + len(skipped) == begins, name
        people_count += len(people)
        for one in skipped:
            skipped_reasons[name] = one.reason
    assert skipped_reasons == SKIPPED
    assert people_count == 1128


def test_what_the_cards_say(shared_data: Path):
    files = cards(shared_data)
    found = {name: facts(sort_out(name, files[name].read_bytes())[0][0]) for name in FACTS}
    assert found == FACTS


def test_vobject_reads_the_same_where_it_reads_at_all(shared_data: Path):
    compared = 0
    for name, path in cards(shared_data).items():
        if name in SKIPPED or name in VOBJECT_ERRS or name == A_CALENDAR:
            continue
        try:
            theirs = list(
                vobject.base.readComponents(
                    path.read_bytes().decode(), allowQP=b"QUOTED-PRINTABLE" in path.read_bytes()
                )
            )
            names = [" ".join(one.fn.value.split()) for one in theirs]
        except Exception:
            # What vobject cannot read, this test cannot compare.
            continue
        ours = [one.full_name for one in sort_out(name, path.read_bytes())[0]]
        if all(names):
            assert ours == names, name
            compared += len(names)
    assert compared > 1050


def test_every_file_of_connections_is_read(shared_data: Path):
    files = sorted((shared_data / "csv-contacts").glob("*/*onnections.csv"))
    assert files
    for path in files:
        people, skipped = sort_out(path.name, path.read_bytes())
        assert not skipped
        assert len(people) >= 10
        assert all(one.linkedin and one.connected_on_date and one.organisation for one in people)


def test_every_other_table_is_read(shared_data: Path):
    folder = shared_data / "csv-contacts"
    found = {}
    for path in sorted(folder.glob("*/*.csv")):
        records = list(read(path.name, path.read_bytes(), now=NOW))
        assert not [one for one in records if isinstance(one, Skipped)], path
        found[path.relative_to(folder).as_posix()] = (detect(path.name, path.read_bytes()), len(records))
    assert found == {
        "atomic-crm/contacts.csv": (Format.CSV, 500),
        "atomic-crm/contacts_export.csv": (Format.CSV, 2),
        "linkedin-network-intelligence/Connections.csv": (Format.LINKEDIN, 10),
        "linkedin-network-intelligence/Messages.csv": (Format.LINKEDIN_MESSAGES, 11),
        "releases-comm-central/basic_csv_addressbook.csv": (Format.THUNDERBIRD_CSV, 2),
        "rolomind/custom.csv": (Format.CSV, 4),
        "rolomind/google.csv": (Format.GOOGLE_CSV, 4),
        "rolomind/rolodex.csv": (Format.CSV, 4),
        "roundcubemail/email.csv": (Format.CSV, 4),
        "roundcubemail/outlook.csv": (Format.OUTLOOK_CSV, 1),
        "roundcubemail/tb_plain.csv": (Format.THUNDERBIRD_CSV, 1),
    }


def test_what_the_tables_say(shared_data: Path):
    folder = shared_data / "csv-contacts"

    def first(name: str) -> PersonRecord:
        return sort_out(name, (folder / name).read_bytes())[0][0]

    john = first("atomic-crm/contacts_export.csv")
    assert (john.full_name, john.organisation, john.role) == ("John Doe", "Acme", "Sales Executive")
    assert [(one.value, one.label) for one in john.emails] == [
        ("john@doe.example", "work"),
        ("john.doe@gmail.com", "home"),
        ("jdoe@caramail.com", "other"),
    ]
    assert john.linkedin == "https://www.linkedin.com/in/johndoe"
    assert john.tags == ("influencer", "developer")
    custom = first("rolomind/custom.csv")
    assert (custom.full_name, custom.place, custom.notes) == ("John Doe", "San Francisco", "Important client")
    google = first("rolomind/google.csv")
    assert (google.organisation, google.phones[0].label) == ("Acme Corp", "work")
    assert google.custom == (("Work address", "123 Main St, San Francisco, CA"),)
    bird = first("roundcubemail/tb_plain.csv")
    assert (bird.full_name, bird.nickname, bird.birthday) == ("Displayname", "Nick", Birthday(1970, 11, 15))
    assert [one.value for one in bird.emails] == ["test@domain.tld", "next@domain.tld"]
    assert [one.value for one in first("roundcubemail/outlook.csv").emails] == [
        "test1@domain.tld",
        "test2@domain.tld",
        "test3@domain.tld",
    ]


def test_naughty_strings_pass_through_every_field(shared_data: Path):
    lines = (shared_data / "attack-strings/big-list-of-naughty-strings/blns.txt").read_text("utf-8").split("\n")
    naughty = [line for line in lines if line and not line.startswith("#")]
    assert len(naughty) > 400
    for text in naughty:
        escaped = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
        fields = "".join(
            f"{name}:{escaped}\n" for name in ("ORG", "TITLE", "NOTE", "NICKNAME", "EMAIL", "TEL", "URL", "UID")
        )
        card = f"BEGIN:VCARD\nVERSION:3.0\nFN:Mal {escaped}\nN:{escaped};{escaped};;;\n{fields}END:VCARD\n"
        people, _ = sort_out("blns.vcf", card.encode("utf-8", "replace"))
        assert len(people) == 1, text
        assert people[0].full_name.startswith("Mal")
        plain = text.isascii() and text.isprintable() and "&" not in text and "  " not in text
        if plain and len(text) < 200:
            assert people[0].organisation == text.strip()
            assert people[0].notes == text.strip()
        cell = text.replace('"', '""')
        table = f'First Name,Last Name,Company,Connected On\nMal,Ory,"{cell}",1 Jan 2023\n'
        rows, _ = sort_out("blns.csv", table.encode("utf-8", "replace"))
        assert [row.given for row in rows] == ["Mal"]
        if plain and len(text) < 200:
            assert rows[0].organisation == text.strip()


def counted(folder: Path) -> Counter[str]:
    """What the files say, by format and what became of each item; none of them raises anything but UnreadableFile."""
    counts: Counter[str] = Counter()
    for path in sorted(folder.glob("*/*")):
        data = path.read_bytes()
        try:
            found = list(read(path.name, data, now=LATER))
        except UnreadableFile:
            counts["unreadable"] += 1
            continue
        kind = detect(path.name, data)
        for one in found:
            if isinstance(one, ContactRecord):
                counts[f"{kind}: {one.left_out or 'a contact'}"] += 1
            elif isinstance(one, Skipped):
                counts[f"{kind}: {re.sub('[0-9,]+', 'N', one.reason)}"] += 1
            else:
                counts[f"{kind}: a person"] += 1
    return counts


def test_every_mail_is_read(shared_data: Path):
    assert counted(shared_data / "mail") == {
        "eml: a contact": 156,
        "eml: automatic": 17,
        "eml: mailing list": 2,
        "eml: no date that can be read": 46,
        "eml: no sender": 1,
        "eml: no-reply sender": 4,
        "mbox: a contact": 43,
        "mbox: automatic": 1,
        "mbox: mailing list": 1,
        "mbox: no date that can be read": 1,
        # What other parsers expect of these mails (JSON and XML), pages, and bodies without a header.
        "unreadable": 103,
    }


def test_bounces_are_no_contacts(shared_data: Path):
    assert counted(shared_data / "mail-bounces") == {
        # Two that are no bounces, an answer by hand, and one that is written as if by a human.
        "eml: a contact": 3,
        "eml: automatic": 75,
        "eml: mailing list": 2,
        "eml: no sender": 1,
        "eml: no-reply sender": 12,
        "mbox: a contact": 1,
        "mbox: automatic": 5,
        "mbox: mailing list": 1,
        "mbox: no-reply sender": 1,
    }


def test_every_calendar_is_read(shared_data: Path):
    assert counted(shared_data / "ics") == {
        "ics: N event without anybody else": 161,
        "ics: N events without anybody else": 39,
        "ics: a contact": 4823,
        # Templates, with a word in place of the date.
        "ics: a meeting without a date": 37,
        "unreadable": 6,
        "vcard: a person": 3,
    }


# Where recurring_ical_events says otherwise.
OTHERWISE = {
    # A whole day in a zone is that day's noon here, and its first moment there.
    "Radicale/event3.ics",
    "Radicale/event5.ics",
    "Radicale/event_full_day_rrule.ics",
    "Radicale/event_full_day_rrule_count_500.ics",
    "Radicale/event_full_day_rrule_until_2y.ics",
    "Radicale/event_issue1812_getetag.ics",
    "icalendar/issue_1633_rdate_with_dates_and_tzid.ics",
    "icalendar/issue_1633_rdate_with_dates.ics",
    # The last day of the year ahead is counted by its noon here.
    "recurring-ical-events/one_day_event_repeat_every_day.ics",
    "recurring-ical-events/recurrence_sequence_number.ics",
    # The latest 3,000 of a series are enough.
    "Radicale/event7.ics",
    "Radicale/event_daily_rrule_forever.ics",
    "Radicale/event_full_day_rrule_until_5000y.ics",
    "recurring-ical-events/issue_243_recurrence_id_is_not_identical_to_dtstart.ics",
    # Two events with one UID are one here.
    "icalendar/multiple_calendar_components.ics",
    "libical/classify.ics",
    # It ends before it begins; its end alone has a zone.
    "recurring-ical-events/end_before_start_event.ics",
    "Radicale/event_issue1847_1.ics",
    # A change of an occurrence that the series does not have is a meeting all the same.
    "recurring-ical-events/issue_253_additional_recurrence_id.ics",
    "recurring-ical-events/issue_75_range_parameter.ics",
    # An UNTIL without a zone is meant where the event is.
    "vobject/UntilRespectsTimezoneTest.ics",
}


@pytest.mark.filterwarnings("ignore")
def test_every_occurrence_is_where_another_library_finds_it(shared_data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ics, "_people", lambda event: (None, (Party("x"),), ""))
    same, other = 0, set()
    for path in sorted((shared_data / "ics").glob("*/*.ics")):
        data = path.read_bytes()
        if re.search(rb"FREQ=(SECOND|MINUTE|HOUR)LY", data) or b"BEGIN:VEVENT" not in data:
            continue
        try:
            theirs = sorted(occurrences_of_theirs(data), key=lambda one: one[0])
        except Exception:
            # What they cannot read, this test cannot compare.
            continue
        ours = sorted(one.happened_at for one in read(path.name, data, now=NOW) if isinstance(one, ContactRecord))
        # The other library leaves the last moment out.
        ours = [one for one in ours if one < NOW + ics.AHEAD]
        if len(ours) == len(theirs) and all(
            abs(one - another) <= slack for one, (another, slack) in zip(ours, theirs, strict=True)
        ):
            same += 1
        else:
            other.add(path.relative_to(shared_data / "ics").as_posix())
    assert other <= OTHERWISE
    assert same >= 160


def occurrences_of_theirs(data: bytes) -> Iterator[tuple[dt.datetime, dt.timedelta]]:
    """(moment, how far off ours may be): a whole day may be one of any zone."""
    until = NOW + ics.AHEAD
    for calendar in icalendar.Calendar.from_ical(data, multiple=True):
        zone = ZoneInfo(str(calendar.get("X-WR-TIMEZONE", "UTC")))
        for event in recurring_ical_events.of(calendar).between(dt.datetime(1971, 1, 2, tzinfo=dt.UTC), until):
            start = event["DTSTART"].dt
            if not isinstance(start, dt.datetime):
                yield dt.datetime.combine(start, dt.time(12), dt.UTC), dt.timedelta(hours=14)
            elif (moment := start if start.tzinfo else start.replace(tzinfo=zone)) <= until:
                yield moment.astimezone(dt.UTC), dt.timedelta(0)
