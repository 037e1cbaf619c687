"""The secret calendar: what stands in it, who may read it, and that reading it is all that happens."""

from datetime import UTC, date, datetime, timedelta

import icalendar
import pytest
from django.conf import settings as site
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from time_machine import travel

from contacts.models import CalendarFeed, Layer, Reminder, ReminderKind
from contacts.queries.calendars import events
from contacts.services import calendars, people, reminders
from netapp.accounts.models import Birthdays
from netapp.accounts.services import delete_account
from tests.factories import NOW, PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(alice) -> str:
    return path_of(alice)


def path_of(member) -> str:
    return calendars.address_of(calendars.renew(owner=member)).removeprefix(base_url())


def base_url() -> str:
    return site.BASE_URL


def read(path: str, client: Client | None = None):
    with travel(NOW, tick=False):
        answer = (client or Client()).get(path)
    assert answer.status_code == 200
    return icalendar.Calendar.from_ical(answer.content)


def remind(owner, kind=ReminderKind.PROMISE, days=3.0, **more) -> Reminder:
    fields = {"text": "send the deck", "key": f"{kind}:{Reminder.objects.count()}", **more}
    return reminders.schedule(owner=owner, kind=kind, due_at=NOW + timedelta(days=days), **fields)


def test_every_kind_stands_in_it_with_its_link(alice, address):
    ana = PersonFactory(
        owner=alice,
        full_name="Ana; Ribeiro, \\ Łódź",
        layer=Layer.FRIEND,
        birth_day=29,
        birth_month=2,
        birth_year=1984,
        other_dates=[{"label": "Wedding", "year": None, "month": 6, "day": 1}],
        cadence_days=30,
        last_contact_at=NOW - timedelta(days=21),
        notes="owes me money",
    )
    reminders.refresh_cadence(person=ana, now=NOW)
    remind(alice, person=ana)
    for kind in (ReminderKind.REPLY_TODAY, ReminderKind.DID_YOU_TALK, ReminderKind.THANK_INTRODUCER):
        remind(alice, kind, person=ana, text="", path="/introductions/x/")
    remind(alice, ReminderKind.REVIEW, text="Look again at “The book”", path="/objectives/x/")
    remind(alice, ReminderKind.TRIAL, text="")
    book = read(address)
    assert (str(book["METHOD"]), str(book["VERSION"]), str(book["X-PUBLISHED-TTL"])) == ("PUBLISH", "2.0", "PT4H")
    assert book["REFRESH-INTERVAL"].dt == timedelta(hours=4)
    found = {str(one["SUMMARY"]): one for one in book.walk("VEVENT")}
    name = ana.full_name
    assert set(found) == {
        f"{name}’s birthday",
        f"{name}: Wedding",
        f"Get back in touch with {name}",
        f"send the deck ({name})",
        f"Reply today: {name}",
        f"Did you talk?: {name}",
        f"Thank, and tell what came of it: {name}",
        "Look again at “The book”",
    }
    assert found[f"{name}’s birthday"].decoded("DTSTART") == date(2027, 2, 28)
    assert found[f"{name}: Wedding"].decoded("DTSTART") == date(2026, 6, 1)
    page = base_url() + reverse("contacts:person", args=[ana.id])
    assert str(found[f"send the deck ({name})"]["URL"]) == page
    assert page in str(found[f"{name}’s birthday"]["DESCRIPTION"])
    assert str(found["Look again at “The book”"]["URL"]) == f"{base_url()}/objectives/x/"
    assert "money" not in book.to_ical().decode()
    assert not any("RRULE" in one for one in book.walk("VEVENT"))


def test_nothing_of_others_nothing_closed_nothing_far(alice, charlie, address):
    remind(charlie, text="Charlie’s own")
    reminders.cancel(reminder=remind(alice, text="not wanted"), now=NOW)
    remind(alice, text="in two years", days=800)
    gone = PersonFactory(owner=alice, layer=Layer.FRIEND, birth_day=5, birth_month=5)
    remind(alice, person=gone, text="to a card that is gone")
    people.delete_person(person=gone, now=NOW)
    PersonFactory(owner=charlie, layer=Layer.FRIEND, birth_day=5, birth_month=5)
    PersonFactory(owner=alice, layer=Layer.FRIEND, birth_day=5, birth_month=5, is_left_alone=True)
    assert not read(address).walk("VEVENT")


def test_whose_birthdays_the_member_wants(alice, address):
    PersonFactory(owner=alice, birth_day=5, birth_month=5)
    assert not read(address).walk("VEVENT")
    alice.birthdays = Birthdays.ALL
    alice.save()
    assert len(read(address).walk("VEVENT")) == 1


def test_what_is_overdue_stands_at_today(alice, address):
    remind(alice, days=-12)
    [one] = read(address).walk("VEVENT")
    assert one.decoded("DTSTART") == NOW.date()
    assert "Due since 22 April 2026" in one["DESCRIPTION"]


@pytest.mark.parametrize(
    ("zone", "due_at", "day"),
    [
        ("Europe/Berlin", datetime(2026, 10, 24, 22, 30, tzinfo=UTC), date(2026, 10, 25)),
        ("Europe/Berlin", datetime(2026, 10, 25, 22, 30, tzinfo=UTC), date(2026, 10, 25)),
        ("Europe/Berlin", datetime(2026, 10, 25, 23, 30, tzinfo=UTC), date(2026, 10, 26)),
        ("Pacific/Kiritimati", datetime(2026, 6, 1, 10, 0, tzinfo=UTC), date(2026, 6, 2)),
        ("Pacific/Pago_Pago", datetime(2026, 6, 1, 10, 0, tzinfo=UTC), date(2026, 5, 31)),
    ],
)
def test_days_are_those_of_the_members_zone(alice, address, zone, due_at, day):
    alice.time_zone = zone
    alice.save()
    remind(alice, days=(due_at - NOW) / timedelta(days=1))
    assert read(address).walk("VEVENT")[0].decoded("DTSTART") == day


def test_entries_keep_their_names(alice, address):
    PersonFactory(owner=alice, layer=Layer.FRIEND, birth_day=5, birth_month=5)
    remind(alice)
    first, second = ([str(one["UID"]) for one in read(address).walk("VEVENT")] for _ in range(2))
    assert first == second
    assert len(set(first)) == 2


def test_only_the_newest_address_opens(alice, alice_client, address):
    page = reverse("contacts:calendar")
    assert address in alice_client.get(page).content.decode()
    alice_client.post(reverse("contacts:calendar_new"))
    assert Client().get(address).status_code == 404
    newer = calendars.address_of(CalendarFeed.objects.get(owner=alice)).removeprefix(base_url())
    assert newer in alice_client.get(page).content.decode()
    read(newer)
    alice_client.post(reverse("contacts:calendar_off"))
    assert Client().get(newer).status_code == 404
    assert "/calendar/" not in alice_client.get(page).content.decode().replace("/reminders/calendar/", "")


def test_the_token_is_not_in_the_database(alice, address):
    token = address.removeprefix("/calendar/").removesuffix(".ics")
    assert len(token) == 43
    feed = CalendarFeed.objects.get(owner=alice)
    assert token not in (feed.salt, feed.token_digest, str(feed.id))
    assert Client().get(f"/calendar/{feed.token_digest}.ics").status_code == 404
    assert Client().get(f"/calendar/{feed.salt}.ics").status_code == 404


def test_another_secret_of_the_site_keeps_the_address_and_does_not_show_it(alice, alice_client, address, settings):
    settings.SECRET_KEY = "another"
    read(address)
    feed = CalendarFeed.objects.get(owner=alice)
    assert calendars.address_of(feed) == ""


def test_members_who_left_or_are_switched_off(alice, address):
    alice.is_active = False
    alice.save()
    assert Client().get(address).status_code == 404
    alice.is_active = True
    alice.save()
    read(address)
    delete_account(member=alice, now=NOW)
    assert Client().get(address).status_code == 404


def test_another_member_sees_their_own_page_only(alice, charlie_client, address):
    assert address not in charlie_client.get(reverse("contacts:calendar")).content.decode()
    charlie_client.post(reverse("contacts:calendar_off"))
    assert CalendarFeed.objects.filter(owner=alice).exists()


def test_reading_writes_nothing_and_leaves_no_cookie(alice, alice_client, address):
    remind(alice)
    for client in (Client(), alice_client):
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(address)
        assert all(one["sql"].startswith("SELECT") for one in queries), [one["sql"] for one in queries]
        assert not answer.cookies
        assert answer["Cache-Control"] == "private, no-cache"
        assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    for method in ("post", "put", "patch", "delete"):
        assert getattr(Client(), method)(address).status_code == 405
    assert Client().head(address).status_code == 200


def test_asks_again_and_hears_that_nothing_changed(alice, address):
    reminder = remind(alice)
    with travel(NOW, tick=False) as clock:
        tag = Client().get(address)["ETag"]
        clock.shift(timedelta(hours=2))
        answer = Client().get(address, headers={"If-None-Match": tag})
        assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", tag)
        assert answer["Cache-Control"] == "private, no-cache"
        reminders.cancel(reminder=reminder, now=NOW)
        assert Client().get(address, headers={"If-None-Match": tag}).status_code == 200
    calendars.switch_off(owner=alice)
    assert Client().get(address, headers={"If-None-Match": tag}).status_code == 404


def test_queries_do_not_grow(alice, address):
    counts = []
    for count in (5, 45):
        for _ in range(count):
            person = PersonFactory(
                owner=alice,
                layer=Layer.FRIEND,
                birth_day=5,
                birth_month=5,
                other_dates=[{"label": "Wedding", "year": 2001, "month": 6, "day": 1}],
            )
            remind(alice, person=person)
        with CaptureQueriesContext(connection) as queries:
            book = read(address)
        counts.append(len(queries))
    assert len(book.walk("VEVENT")) == 150
    assert counts[0] == counts[1]


def test_all_of_a_year_and_no_day_twice(alice):
    """29 February, and a day that was yesterday."""
    alice.birthdays = Birthdays.ALL
    for month, day in ((2, 28), (2, 29), (5, 3), (5, 4), (12, 31)):
        PersonFactory(owner=alice, birth_day=day, birth_month=month)
    starts = [one.starts for one in events(member=alice, now=NOW)]
    assert starts == [
        date(2026, 5, 4),
        date(2026, 12, 31),
        date(2027, 2, 28),
        date(2027, 2, 28),
        date(2027, 5, 3),
    ]
    leap = [one.starts for one in events(member=alice, now=datetime(2027, 12, 1, tzinfo=UTC))]
    assert date(2028, 2, 28) in leap
    assert date(2028, 2, 29) in leap
