"""A mailbox that keeps a book fresh, against a real IMAP server."""

from __future__ import annotations

import pytest

from contacts.models import Import, Interaction, OwnAddress, Person, Source, SourceRun, SourceState
from contacts.services.sources import connecting, mails
from tests.factories import HandleFactory, PersonFactory
from tests.sync.peers import Pymap, mail
from tests.sync.syncing import Clock, choose_all, connect_mailbox, due, is_fresh, look

pytestmark = pytest.mark.django_db

ME = "alice@work.example"


@pytest.fixture(autouse=True)
def _allowed(settings, certificates):
    settings.SYNC_ALLOW_HOSTS = ["localhost"]
    settings.SYNC_CA_FILE = certificates.authority


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bob_card(alice) -> Person:
    person = PersonFactory(owner=alice, full_name="Bob Brook")
    HandleFactory(person=person, value="bob@example.org")
    return person


@pytest.fixture
def source(alice, pymap: Pymap, clock: Clock, bob_card) -> Source:
    """Connected, and the folders Friends and Sent chosen."""
    one = connect_mailbox(alice, pymap, address=ME)
    look(one, clock.tick())
    assert one.state == SourceState.CHOOSING
    choose_all(one, clock.tick(), "Friends", "Sent")
    return one


def contacts_with(person: Person) -> list[tuple[str, str]]:
    return sorted(Interaction.objects.filter(person=person).values_list("kind", "direction"))


def test_the_usual_folders_are_offered(source):
    folders = {part.title: part.use for part in source.parts.all()}
    assert folders["INBOX"] == "inbox"
    assert folders["Sent"] == "sent"
    assert "Trash" not in folders or folders["Trash"] == ""
    assert list(source.parts.values_list("title", flat=True))[:2] == ["INBOX", "Sent"]


def test_mails_become_dated_contacts_both_ways(source, alice, pymap, clock, bob_card):
    pymap.add("Friends", mail(1, to=ME), mail(2, to=ME))
    pymap.add("Sent", mail(3, sender=f"Alice <{ME}>", to="bob@example.org"))
    imports = look(source, clock.now)
    assert is_fresh(source)
    assert contacts_with(bob_card) == [("mail", "in"), ("mail", "in"), ("mail", "out")]
    assert OwnAddress.objects.get().address == ME
    assert {one.source for one in imports} == {f"imap:{source.id}"}
    assert not any("Secret" in str(row.record) for one in imports for row in one.rows.all())


def test_only_what_is_new(source, pymap, clock, bob_card):
    pymap.add("Friends", mail(1, to=ME))
    look(source, clock.now)
    assert look(source, clock.tick()) == []
    runs = SourceRun.objects.count()
    pymap.add("Friends", mail(2, to=ME))
    [one] = look(source, clock.tick())
    assert one.rows.count() == 1
    assert len(contacts_with(bob_card)) == 2
    assert SourceRun.objects.count() == runs + 1


def test_a_folder_made_anew_is_read_anew_and_nothing_counts_twice(source, pymap, clock, bob_card):
    pymap.add("Friends", mail(1, to=ME), mail(2, to=ME))
    look(source, clock.now)
    before = source.parts.get(title="Friends").uid_validity
    pymap.empty("Friends")
    pymap.add("Friends", mail(2, to=ME), mail(3, to=ME))
    look(source, clock.tick())
    part = source.parts.get(title="Friends")
    assert part.uid_validity != before
    assert len(contacts_with(bob_card)) == 3


def test_newsletters_and_machines_are_left_out(source, pymap, clock, bob_card):
    pymap.add(
        "Friends",
        mail(1, to=ME, more="List-Id: <news.example.org>\n"),
        mail(2, to=ME, more="Auto-Submitted: auto-replied\n"),
        mail(3, to=ME, sender="no-reply@example.org"),
        mail(4, to=ME),
    )
    look(source, clock.now)
    assert len(contacts_with(bob_card)) == 1
    assert SourceRun.objects.latest("id").counts == {"mails": 1, "left_out": 3}


def test_a_long_history_comes_in_parts_and_goes_on_where_it_was(source, pymap, clock, bob_card, monkeypatch):
    monkeypatch.setattr(mails, "BATCH", 4)
    monkeypatch.setattr(mails, "MIN_SECONDS", 1000.0)  # a shift has time for one batch of each folder
    pymap.add("Friends", *(mail(number, to=ME) for number in range(10)))
    imports = look(source, clock.now)
    assert sorted(one.rows.count() for one in imports) == [2, 4, 4]
    assert len(contacts_with(bob_card)) == 10
    assert is_fresh(source)


def test_old_mails_are_not_asked_for(source, pymap, clock, bob_card):
    Source.objects.filter(id=source.id).update(since_date="2090-01-01")
    pymap.add("Friends", mail(1, to=ME))
    assert look(source, clock.now) == []
    assert is_fresh(source)


def test_a_folder_that_is_gone_stops_it_with_words(source, pymap, clock):
    look(source, clock.now)
    with pymap.session() as one:
        one.delete("Friends")
    due(source, clock.tick())
    look(source, clock.now)
    assert source.state == SourceState.STOPPED
    assert "no such mail folder" in source.error


def test_disconnecting_leaves_what_was_noted(source, pymap, clock, bob_card):
    pymap.add("Friends", mail(1, to=ME))
    look(source, clock.now)
    connecting.disconnect(source=source)
    assert len(contacts_with(bob_card)) == 1
    assert Import.objects.count() == 1
