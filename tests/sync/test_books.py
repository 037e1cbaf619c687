"""An address book that keeps a book fresh, against a real Radicale."""

from __future__ import annotations

import time

import pytest

from contacts.handles import HandleKind
from contacts.importers import PersonRecord, Skipped
from contacts.models import (
    Change,
    Import,
    ImportedCard,
    Person,
    Source,
    SourceAuth,
    SourceItem,
    SourceRun,
    SourceState,
    Writes,
)
from contacts.remote.carddav import RemoteCard
from contacts.services import people as people_service
from contacts.services import undo as undoing
from contacts.services.handles import HandleInput
from contacts.services.imports import uploading
from contacts.services.sources import books, claims, connecting, leaving, shifts
from netapp.mail.models import Letter
from tests.contacts.importing import card, names, run, said, undo, work
from tests.factories import NOW, InteractionFactory
from tests.sync.peers import Misbehaving, Radicale, send
from tests.sync.syncing import Clock, connect_book, due, is_fresh, look, people

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _allowed(settings, certificates):
    settings.SYNC_ALLOW_HOSTS = ["localhost"]
    settings.SYNC_CA_FILE = certificates.authority


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def source(alice, radicale: Radicale, clock: Clock) -> Source:
    """Connected, with Ana and Ben in it, who are in Alice's book by now."""
    radicale.put("ana", card("Ana Silva", "UID:a", "EMAIL:ana@example.org", "TITLE:Editor"))
    radicale.put("ben", card("Ben Brook", "UID:b", "TEL:+44 20 7946 0000"))
    one = connect_book(alice, radicale)
    look(one, clock.tick())
    assert is_fresh(one)
    return one


def test_everybody_comes_in_with_a_report(source, alice):
    assert names(alice) == ["Ana Silva", "Ben Brook"]
    one = Import.objects.get()
    assert (one.source, one.counts) == (f"carddav:{source.id}", {"new": 2})
    assert SourceItem.objects.exclude(etag="").count() == 2
    assert source.last_run_at is not None
    assert source.parts.get().token


def test_twice_is_nothing(source, alice, clock):
    before = list(Person.objects.values())
    for _ in range(3):
        assert look(source, clock.tick()) == []
    assert list(Person.objects.values()) == before
    assert Import.objects.count() == SourceRun.objects.count() == 1


def test_added_changed_and_renamed(source, alice, radicale, clock):
    radicale.put("carla", card("Carla Cruz", "UID:c"))
    radicale.put("ana", card("Ana Costa", "UID:a", "EMAIL:ana@example.org", "TITLE:Chief editor"))
    radicale.rename("ben", "benjamin")
    [one] = look(source, clock.tick())
    assert sorted(said(one)) == [("Ana Costa", "updated"), ("Ben Brook", "unchanged"), ("Carla Cruz", "new")]
    assert names(alice) == ["Ana Costa", "Ben Brook", "Carla Cruz"]
    assert people(alice)["Ana Costa"].role == "Chief editor"
    assert not Person.objects.filter(archived_at__isnull=False).exists()
    assert sorted(SourceItem.objects.values_list("uid", flat=True)) == ["a", "b", "c"]


def test_a_card_moved_to_another_book_moves_nobody(source, alice, radicale, clock):
    radicale.make_book("work", "Work")
    Source.objects.filter(id=source.id).update(state=SourceState.CHECKING)
    due(source, clock.tick())
    look(source, clock.now)
    connecting.choose(
        source=source, part_ids=[part.id for part in source.parts.all()], writes=Writes.NOTHING, now=clock.tick()
    )
    look(source, clock.now)
    text = radicale.get("ana")
    radicale.remove("ana")
    radicale.put("ana", text, "work")
    look(source, clock.tick())
    look(source, clock.tick())
    assert names(alice) == ["Ana Silva", "Ben Brook"]
    assert Person.objects.get(full_name="Ana Silva").archived_at is None
    assert SourceItem.objects.get(uid="a").part.title == "Work"


def test_what_the_member_typed_stays(source, alice, radicale, clock):
    ana = people(alice)["Ana Silva"]
    people_service.update_person(person=ana, fields={"role": "Poet"}, now=clock.tick(), typed=True)
    radicale.put("ana", card("Ana Silva", "UID:a", "EMAIL:ana@example.org", "TITLE:Director", "ORG:Tinta"))
    look(source, clock.tick())
    ana.refresh_from_db()
    assert (ana.role, ana.organisation) == ("Poet", "Tinta")
    assert "Director" in radicale.get("ana")


def test_a_run_can_be_taken_back_and_stays_so(source, alice, radicale, clock):
    undo(Import.objects.get(), now=clock.tick())
    assert names(alice) == []
    assert look(source, clock.tick()) == []
    assert names(alice) == []


def test_who_came_from_there_alone_is_archived_when_the_card_goes(source, alice, radicale, clock):
    radicale.remove("ana")
    look(source, clock.tick())
    ana = Person.objects.get(full_name="Ana Silva")
    assert ana.archived_at is not None
    run = SourceRun.objects.latest("id")
    assert run.counts == {"gone": 1, "archived": 1}
    assert run.change is not None
    assert undoing.take_back(change=run.change, now=clock.tick())
    ana.refresh_from_db()
    assert ana.archived_at is None


def test_a_card_that_returns_brings_its_person_back(source, alice, radicale, clock):
    text = radicale.get("ana")
    radicale.remove("ana")
    look(source, clock.tick())
    radicale.put("ana", text)
    look(source, clock.tick())
    assert names(alice) == ["Ana Silva", "Ben Brook"]
    assert Person.objects.get(full_name="Ana Silva").archived_at is None


@pytest.mark.parametrize("touched", ["typed", "met", "other card", "here before"])
def test_nobody_who_means_something_to_the_member_is_archived(touched, alice, radicale, clock):
    if touched == "here before":
        handle = HandleInput(HandleKind.EMAIL, "ana@example.org")
        people_service.add_person(
            owner=alice, fields={"full_name": "Ana Silva"}, handles=[handle], now=clock.tick(), typed=False
        )
    radicale.put("ana", card("Ana Silva", "UID:a", "EMAIL:ana@example.org"))
    source = connect_book(alice, radicale)
    look(source, clock.tick())
    ana = people(alice)["Ana Silva"]
    match touched:
        case "typed":
            people_service.update_person(person=ana, fields={"notes": "A friend."}, now=clock.tick(), typed=True)
        case "met":
            InteractionFactory(person=ana)
        case "other card":
            ImportedCard.objects.create(owner=alice, person=ana, uid="elsewhere")
    radicale.remove("ana")
    look(source, clock.tick())
    ana.refresh_from_db()
    assert (ana.archived_at, ana.deleted_at) == (None, None)
    assert not SourceItem.objects.exists()
    assert SourceRun.objects.latest("id").counts == {"gone": 1, "archived": 0}
    assert not Change.objects.exists()


def test_an_address_book_that_is_suddenly_empty_is_not_followed_without_a_word(alice, radicale, clock):
    for number in range(30):
        radicale.put(f"n{number}", card(f"Person {number:02}", f"UID:n{number}"))
    source = connect_book(alice, radicale)
    look(source, clock.tick())
    for number in range(25):
        radicale.remove(f"n{number}")
    look(source, clock.tick())
    assert source.state == SourceState.STOPPED
    assert "25 of 30 cards are gone" in source.error
    assert not Person.objects.filter(archived_at__isnull=False).exists()
    assert "25 of 30" in Letter.objects.get().text
    assert connecting.really_gone(source=source, now=clock.tick())
    look(source, clock.now)
    assert is_fresh(source)
    assert not source.may_empty
    assert Person.objects.filter(archived_at__isnull=False).count() == 25


def test_a_forgotten_token_doubles_nothing(source, alice, radicale, clock):
    radicale.forget_tokens()
    radicale.put("carla", card("Carla Cruz", "UID:c"))
    radicale.remove("ben")
    [one] = look(source, clock.tick())
    assert said(one) == [("Carla Cruz", "new")]
    assert Person.objects.get(full_name="Ben Brook").archived_at is not None


def test_the_same_people_from_a_file_and_from_the_phone_are_one(source, alice, radicale, clock):
    run(alice, card("Ana Silva", "EMAIL:ana@example.org", "NICKNAME:Nana"), now=clock.tick())
    radicale.put("ana", card("Ana Silva", "UID:a", "EMAIL:ana@example.org", "ORG:Tinta"))
    look(source, clock.tick())
    assert names(alice) == ["Ana Silva", "Ben Brook"]
    ana = people(alice)["Ana Silva"]
    assert (ana.nickname, ana.organisation) == ("Nana", "Tinta")


@pytest.mark.parametrize(
    ("data", "name", "uid", "reason"),
    [
        (card("No Uid", "EMAIL:no@example.org"), "No Uid", "href:", ""),
        (card("Urn", "UID:urn:uuid:1"), "Urn", "1", ""),
        (card("Friends", "X-ADDRESSBOOKSERVER-KIND:group"), "", "", "a group, not a person"),
        ("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:x\r\nEND:VCARD\r\n", "", "", "no name"),
        ("", "", "", "could not be read"),
        ("<html>", "", "", "could not be read"),
        ("\0\0", "", "", "could not be read"),
    ],
)
def test_odd_cards(source, data, name, uid, reason):
    record = books.record_of(source.parts.get(), RemoteCard("/x.vcf", "1", data.encode()), 7, NOW)
    if name:
        assert isinstance(record, PersonRecord)
        assert record.full_name == name
        assert record.uid.startswith(uid)
    else:
        assert isinstance(record, Skipped)
        assert reason in record.reason
    assert (record.file, record.line) == ("People", 7)


def test_a_large_book_comes_in_batches(alice, radicale, clock, monkeypatch):
    monkeypatch.setattr(books, "BATCH", 10)
    for number in range(25):
        radicale.put(f"n{number}", card(f"Person {number:02}", f"UID:n{number}"))
    source = connect_book(alice, radicale)
    assert len(look(source, clock.tick())) == 3
    assert Person.objects.count() == 25
    assert look(source, clock.tick()) == []


def test_a_worker_that_dies_between_batches_doubles_nothing(alice, radicale, clock, monkeypatch):
    monkeypatch.setattr(books, "BATCH", 10)
    for number in range(25):
        radicale.put(f"n{number}", card(f"Person {number:02}", f"UID:n{number}"))
    source = connect_book(alice, radicale)
    look(source, clock.tick())
    Person.objects.all().delete()
    SourceItem.objects.all().delete()
    Import.objects.all().delete()
    source.parts.update(token="")

    stored = books._store

    def store(claim, part, cards, now):
        stored(claim, part, cards, now)
        if Import.objects.count() == 2:
            raise SystemExit  # as good as killed: nothing after this is done

    monkeypatch.setattr(books, "_store", store)
    due(source, clock.tick())
    claim = claims.claim(now=clock.now, source_id=source.id)
    assert claim
    with pytest.raises(SystemExit):
        shifts.work(claim, now=clock.now)
    monkeypatch.setattr(books, "_store", stored)
    assert claims.claim(now=clock.now, source_id=source.id) is None  # its lease has not run out
    look(source, clock.tick())
    for one in Import.objects.all():
        work(one, now=clock.now)
    assert Person.objects.count() == 25
    assert Import.objects.count() == 3


def test_a_worker_that_comes_too_late_writes_nothing(source, alice, radicale, clock):
    due(source, clock.tick())
    late = claims.claim(now=clock.now, source_id=source.id)
    assert late
    connecting.pause(source=source)
    radicale.put("carla", card("Carla Cruz", "UID:c"))
    shifts.work(late, now=clock.now)
    assert names(alice) == ["Ana Silva", "Ben Brook"]
    connecting.resume(source=source, now=clock.tick())
    look(source, clock.now)
    assert names(alice) == ["Ana Silva", "Ben Brook", "Carla Cruz"]


def test_three_lost_workers_are_enough(source, clock):
    for _ in range(3):
        due(source, clock.tick())
        claims.claim(now=clock.now, source_id=source.id)
    due(source, clock.tick())
    assert claims.claim(now=clock.now, source_id=source.id) is None
    source.refresh_from_db()
    assert source.state == SourceState.STOPPED
    assert "Look now" in source.error
    assert connecting.look_now(source=source, now=clock.tick())
    look(source, clock.now)
    assert is_fresh(source)


def test_one_source_at_a_time_is_spoken_to(source, alice, bob, radicale, clock):
    other = connect_book(bob, radicale)
    for one in (source, other):
        due(one, clock.now)
    assert claims.claim(now=clock.now, source_id=source.id)
    assert claims.claim(now=clock.now, source_id=other.id) is None


def test_a_wrong_password_stops_until_the_member_types_another(source, alice, radicale, clock):
    connecting.sign_in_again(
        source=source,
        address=source.address,
        user_name="alice",
        secret="wrong",
        auth=SourceAuth.PASSWORD,
        now=clock.tick(),
    )
    look(source, clock.now)
    assert source.state == SourceState.STOPPED
    assert "app password" in source.error
    assert claims.claim(now=clock.tick(), source_id=source.id) is None
    [letter] = Letter.objects.all()
    assert letter.to == [alice.email]
    connecting.sign_in_again(
        source=source,
        address=source.address,
        user_name="alice",
        secret="correct horse",
        auth=SourceAuth.PASSWORD,
        now=clock.tick(),
    )
    assert SourceItem.objects.count() == 2  # what is known of the book is kept
    look(source, clock.now)
    assert is_fresh(source)


def test_a_server_that_is_down_is_tried_again_later_and_later(source, alice, radicale, clock, misbehaving: Misbehaving):
    Source.objects.filter(id=source.id).update(address=misbehaving.url)
    source.parts.update(address=f"{misbehaving.url}alice/people/")
    waits = []
    for status in (500, 503, 500):
        misbehaving.says(status)
        due(source, clock.tick())
        look(source, clock.now)
        assert source.state == SourceState.ACTIVE
        assert "in trouble itself" in source.error
        waits.append(source.next_run_at - clock.now)
    assert waits == sorted(waits)
    assert waits[0] >= claims._FIRST_WAIT
    # The same words are told once.
    assert SourceRun.objects.exclude(error="").count() == 3
    misbehaving.says(429, Retry_After="7200")
    due(source, clock.tick())
    look(source, clock.now)
    assert (source.next_run_at - clock.now).total_seconds() >= 7200


def test_a_slow_server_is_left_in_time(source, clock, misbehaving, monkeypatch):
    def reply(handler, _):
        time.sleep(2)
        send(handler, 500)

    misbehaving.reply = reply
    monkeypatch.setattr(shifts, "SECONDS", 0.7)
    Source.objects.filter(id=source.id).update(address=misbehaving.url)
    source.parts.update(address=f"{misbehaving.url}alice/people/")
    due(source, clock.tick())
    began = time.monotonic()
    look(source, clock.now)
    assert time.monotonic() - began < 2
    assert "took too long" in source.error


def test_a_book_that_is_gone_and_a_host_that_is_no_longer_allowed(source, radicale, clock, settings):
    radicale.ask("DELETE", radicale.book_url())
    look(source, clock.tick())
    assert source.state == SourceState.STOPPED
    settings.SYNC_ALLOW_HOSTS = []
    connecting.look_now(source=source, now=clock.tick())
    look(source, clock.now)
    assert "no public server called localhost" in source.error


def test_the_first_look_offers_several_books_to_choose_from(alice, radicale, clock):
    radicale.make_book("work", "Work")
    radicale.put("ana", card("Ana Silva", "UID:a"))
    radicale.put("boss", card("The Boss", "UID:boss"), "work")
    source = connect_book(alice, radicale)
    look(source, clock.tick())
    assert source.state == SourceState.CHOOSING
    parts = {part.title: part for part in source.parts.all()}
    assert set(parts) == {"People", "Work"}
    assert names(alice) == []
    connecting.choose(source=source, part_ids=[parts["Work"].id], writes=Writes.NOTHING, now=clock.tick())
    look(source, clock.now)
    assert names(alice) == ["The Boss"]
    connecting.choose(source=source, part_ids=[parts["People"].id], writes=Writes.NOTHING, now=clock.tick())
    look(source, clock.now)
    assert names(alice) == ["Ana Silva", "The Boss"]
    assert not Person.objects.filter(archived_at__isnull=False).exists()


def test_disconnecting_leaves_the_people(source, alice):
    connecting.disconnect(source=source)
    assert names(alice) == ["Ana Silva", "Ben Brook"]
    assert not SourceItem.objects.exists()
    assert uploading.begin_undo(one=Import.objects.get(), now=NOW)


def test_few_may_go_without_a_question():
    assert leaving.FEW >= 5
