"""The pages about address books and mailboxes. No server is spoken to here: that is for workers."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from contacts.models import Import, ImportState, Source, SourceItem, SourcePart, SourceRun, SourceState, Writes
from contacts.remote import guard
from contacts.services import together
from contacts.services.sources import connecting
from contacts.services.together import Action, Edit
from tests.factories import NOW, PersonFactory

pytestmark = pytest.mark.django_db

ADD = "/imports/fresh/add/"


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    def refuse(*_args, **_kwargs):
        pytest.fail("a page spoke to a server")

    monkeypatch.setattr(guard.Guard, "connect", refuse)
    monkeypatch.setattr(guard, "resolve", refuse)


def make(owner, *, state: str = "active", kind: str = "carddav", **fields: object) -> Source:
    one: Source = Source.objects.create(
        owner=owner,
        kind=kind,
        preset="carddav" if kind == "carddav" else "imap",
        title="dav.example.org",
        address="https://dav.example.org/",
        user_name="alice",
        sealed_secret="sealed",
        state=state,
        **fields,
    )
    return one


def part(one: Source, title: str = "People", **fields: object) -> SourcePart:
    made: SourcePart = SourcePart.objects.create(
        source=one, address=f"https://dav.example.org/{title}/", title=title, **fields
    )
    return made


def page(client: Client, one: Source) -> str:
    answer = client.get(reverse("contacts:source", args=[one.id]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_can_be_connected(alice_client):
    text = alice_client.get("/imports/fresh/").content.decode()
    for name in ("Nextcloud", "Fastmail", "iCloud", "Radicale", "Gmail", "Another mailbox"):
        assert name in text
    assert 'href="/imports/fresh/"' in alice_client.get("/imports/").content.decode()


@pytest.mark.parametrize("preset", ["nextcloud", "fastmail", "icloud", "radicale", "carddav", "gmail", "imap"])
def test_each_form_says_what_an_app_password_is(alice_client, preset):
    text = alice_client.get(f"{ADD}?preset={preset}").content.decode()
    assert "app password" in text.lower()
    assert ('name="address"' in text) == (preset in {"nextcloud", "radicale", "carddav", "imap"})


@pytest.mark.parametrize("preset", ["", "nothing", "<script>"])
def test_a_provider_that_is_none(alice_client, preset):
    assert alice_client.get(ADD, {"preset": preset})["Location"] == "/imports/fresh/"


def test_adding_an_address_book(alice, alice_client):
    told = {"address": "Cloud.Example.org/remote.php", "user_name": "alice", "secret": "abcd efgh"}
    answer = alice_client.post(f"{ADD}?preset=nextcloud", told)
    one = Source.objects.get()
    assert answer["Location"] == f"/imports/fresh/{one.id}/"
    assert (one.owner, one.state, one.address) == (alice, "checking", "https://cloud.example.org/remote.php")
    assert one.title == "Nextcloud at cloud.example.org"
    text = page(alice_client, one)
    assert "Kith looks at what is there" in text
    assert 'hx-trigger="every 2s"' in text
    assert "abcd" not in text


def test_adding_a_mailbox(alice_client):
    told = {"email": "alice@work.example", "auth": "password", "secret": "abcd", "years": "2"}
    alice_client.post(f"{ADD}?preset=gmail", told)
    one = Source.objects.get()
    assert (one.address, one.title) == ("imaps://imap.gmail.com:993", "alice@work.example")
    assert one.since_date is not None
    assert (timezone.localdate() - one.since_date).days in range(725, 735)


@pytest.mark.parametrize(
    "address",
    ["localhost", "127.0.0.1", "http://example.org", "file:///etc/passwd", "redis:6379", "a b", "https://u:p@x.org"],
)
@pytest.mark.parametrize("preset", ["carddav", "imap"])
def test_addresses_that_are_refused_at_once(alice_client, address, preset):
    told = {"address": address, "user_name": "alice", "secret": "s", "email": "a@b.org", "auth": "token", "years": "1"}
    answer = alice_client.post(f"{ADD}?preset={preset}", told)
    assert answer.status_code == 422
    assert "no public server" in answer.content.decode()
    assert 'value="alice"' in answer.content.decode()
    assert not Source.objects.exists()


def test_ten_are_the_most(alice, alice_client):
    for _ in range(connecting.MOST):
        make(alice)
    told = {"address": "dav.example.org", "user_name": "alice", "secret": "s"}
    assert alice_client.post(f"{ADD}?preset=carddav", told).status_code == 422
    assert Source.objects.count() == connecting.MOST


def test_choosing(alice, alice_client):
    one = make(alice, state="choosing")
    people, work = part(one, is_chosen=True, can_write=True), part(one, "Work", can_write=True)
    text = page(alice_client, one)
    assert "Choose what Kith should keep fresh" in text
    url = reverse("contacts:source_choose", args=[one.id])
    assert alice_client.post(url, {}).status_code == 422
    assert alice_client.post(url, {"parts": "999999"}).status_code == 422
    alice_client.post(url, {"parts": work.id, "writes": "changes"})
    one.refresh_from_db()
    people.refresh_from_db()
    work.refresh_from_db()
    assert (one.state, one.writes) == (SourceState.ACTIVE, Writes.CHANGES)
    assert (people.is_chosen, work.is_chosen) == (False, True)


def test_a_book_that_may_only_be_read_asks_nothing_about_writing(alice, alice_client):
    one = make(alice, state="choosing")
    part(one)
    assert "May Kith write" not in page(alice_client, one)
    assert 'name="writes"' not in page(alice_client, one)


def test_foreign_parts_cannot_be_chosen(alice, bob, alice_client):
    one, other = make(alice, state="choosing"), make(bob)
    part(one)
    foreign = part(other)
    url = reverse("contacts:source_choose", args=[one.id])
    assert alice_client.post(url, {"parts": foreign.id}).status_code == 422
    foreign.refresh_from_db()
    assert not foreign.is_chosen


def test_pausing_going_on_and_looking(alice, alice_client):
    one = make(alice, next_run_at=timezone.now() + connecting.PATIENCE)
    part(one, is_chosen=True)

    def press(name: str) -> Source:
        alice_client.post(reverse(f"contacts:source_{name}", args=[one.id]))
        one.refresh_from_db()
        return one

    assert press("pause").state == SourceState.PAUSED
    assert "Go on with it" in page(alice_client, one)
    assert press("look").next_run_at is None
    assert press("resume").state == SourceState.ACTIVE
    assert one.next_run_at is not None
    Source.objects.filter(id=one.id).update(next_run_at=None, last_run_at=timezone.now())
    assert press("look").next_run_at is None  # less than a minute ago
    Source.objects.filter(id=one.id).update(last_run_at=NOW)
    assert press("look").next_run_at is not None


def test_an_error_says_what_to_do_and_offers_it(alice, alice_client):
    one = make(alice, state="stopped", error="dav.example.org did not accept the user name and password.")
    text = page(alice_client, one)
    assert "did not accept" in text
    assert reverse("contacts:source_sign_in", args=[one.id]) in text
    lost = make(alice, state="stopped", error="25 of 30 cards are gone from People. Say so below.")
    assert "They are really gone" in page(alice_client, lost)
    alice_client.post(reverse("contacts:source_gone", args=[lost.id]))
    lost.refresh_from_db()
    assert (lost.state, lost.may_empty) == ("active", True) or lost.state == "checking"


def test_signing_in_again_shows_no_password(alice, alice_client):
    one = make(alice, state="stopped")
    url = reverse("contacts:source_sign_in", args=[one.id])
    text = alice_client.get(url).content.decode()
    assert 'value="alice"' in text
    assert "sealed" not in text.replace("keeps it sealed", "")
    alice_client.post(url, {"address": "dav.example.org", "user_name": "alice", "secret": "new"})
    one.refresh_from_db()
    assert one.state == SourceState.CHECKING
    assert one.sealed_secret != "sealed"


def test_the_runs_are_told_with_report_and_undo(alice, alice_client):
    one = make(alice)
    imported = Import.objects.create(
        owner=alice, title="People", state=ImportState.DONE, confirmed_at=NOW, counts={"new": 3}
    )
    SourceRun.objects.create(source=one, ended_at=NOW, counts={"read": 3}, imported=imported)
    person = PersonFactory(owner=alice)
    change, _ = together.edit_together(
        owner_id=alice.pk, person_ids=[person.id], edit=Edit(Action.ARCHIVE), now=timezone.now()
    )
    SourceRun.objects.create(source=one, ended_at=NOW, counts={"gone": 1, "archived": 1}, change=change)
    SourceRun.objects.create(source=one, ended_at=NOW, lines=["Ana: the role there is now “Poet”."])
    SourceRun.objects.create(source=one, ended_at=NOW, error="dav.example.org cannot be reached.")
    text = page(alice_client, one)
    assert "3 new" in text
    assert reverse("contacts:import", args=[imported.id]) in text
    assert "1 card is gone there; 1 of your people archived" in text
    assert "“Poet”" in text
    assert "cannot be reached" in text
    assert change
    alice_client.post(reverse("contacts:undo", args=[change.id]))
    person.refresh_from_db()
    assert person.archived_at is None
    assert "Bring them back" not in page(alice_client, one)


def test_disconnecting(alice, alice_client):
    one = make(alice)
    SourceItem.objects.create(part=part(one), href="/x", uid="x", etag="1")
    assert "Your people stay" in page(alice_client, one)
    alice_client.post(reverse("contacts:source_disconnect", args=[one.id]))
    assert not Source.objects.exists()


def test_looking_at_pages_changes_nothing(alice, alice_client):
    one = make(alice, next_run_at=NOW)
    part(one, is_chosen=True)
    before = list(Source.objects.values())
    for name in ("source", "source_sign_in"):
        alice_client.get(reverse(f"contacts:{name}", args=[one.id]))
    for name in ("choose", "look", "gone", "pause", "resume", "disconnect"):
        assert alice_client.get(reverse(f"contacts:source_{name}", args=[one.id])).status_code == 405
    assert list(Source.objects.values()) == before


@pytest.mark.parametrize("count", [5, 50])
def test_queries_do_not_grow(alice, alice_client, count, django_assert_max_num_queries: DjangoAssertNumQueries):
    one = make(alice)
    for number in range(count):
        made = part(one, f"Book {number}", is_chosen=True)
        SourceItem.objects.create(part=made, href="/x", uid=f"x{number}", etag="1")
        SourceRun.objects.create(
            source=one, ended_at=NOW, counts={"read": 1}, imported=Import.objects.create(owner=alice, title="People")
        )
        if number < connecting.MOST:
            part(make(alice), is_chosen=True)
    with django_assert_max_num_queries(8):
        page(alice_client, one)
    with django_assert_max_num_queries(6):
        alice_client.get("/imports/fresh/")


def test_htmx_stops_asking_once_it_is_over(alice, alice_client):
    one = make(alice, state="checking", next_run_at=NOW)
    url = reverse("contacts:source", args=[one.id])
    assert alice_client.get(url, headers={"HX-Request": "true"}).status_code == 200
    Source.objects.filter(id=one.id).update(state="choosing")
    answer = alice_client.get(url, headers={"HX-Request": "true"})
    assert answer.status_code == 286
    assert "<html" not in answer.content.decode()
