"""Writing into an address book, where the member lets Kith, against a real Radicale."""

from __future__ import annotations

import pytest

from contacts.handles import HandleKind
from contacts.models import Handle, ImportedCard, Person, Source, SourceItem, SourceRun, Writes
from contacts.remote import carddav
from contacts.services import people as people_service
from contacts.services.handles import HandleInput
from contacts.services.sources import claims, connecting, shifts
from netapp.accounts.models import User
from tests.contacts.importing import card, names, run
from tests.sync.peers import Radicale
from tests.sync.syncing import Clock, choose_all, connect_book, due, is_fresh, look, people

pytestmark = pytest.mark.django_db

ODD = 'X-ODD;X-P="a:b":kept \\, as it is'


@pytest.fixture(autouse=True)
def _allowed(settings, certificates):
    settings.SYNC_ALLOW_HOSTS = ["localhost"]
    settings.SYNC_CA_FILE = certificates.authority


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def source(alice, radicale: Radicale, clock: Clock) -> Source:
    radicale.put(
        "ana",
        card("Ana Silva", "N:Silva;Ana;;;", "UID:a", "EMAIL;TYPE=work:ana@example.org", "TITLE:Editor", ODD),
    )
    one = connect_book(alice, radicale, writes=Writes.CHANGES)
    look(one, clock.tick())
    look(one, clock.tick())
    return one


def typed(owner: User, name: str, clock: Clock, *, handles: list[str] | None = None, **fields: object) -> Person:
    """The member types something on a card."""
    given = [HandleInput(HandleKind.EMAIL, one) for one in handles] if handles is not None else None
    return people_service.update_person(
        person=people(owner)[name], fields=fields, handles=given, now=clock.tick(), typed=True
    )


def lines() -> list[str]:
    """What the latest run told."""
    return list(SourceRun.objects.latest("id").lines)


def body(text: str) -> set[str]:
    """The lines of a card that Radicale did not make up itself."""
    return {line for line in text.splitlines() if not line.startswith(("REV", "PRODID"))}


def test_nothing_is_written_unasked(alice, radicale, clock):
    radicale.put("ana", card("Ana Silva", "UID:a", "TITLE:Editor"))
    one = connect_book(alice, radicale)
    look(one, clock.tick())
    before = radicale.get("ana")
    typed(alice, "Ana Silva", clock, role="Poet")
    look(one, clock.tick())
    assert radicale.get("ana") == before


def test_what_the_member_changes_arrives_and_the_rest_stays(source, alice, radicale, clock):
    before = body(radicale.get("ana"))
    typed(alice, "Ana Silva", clock, role="Poet", organisation="Tinta", birth_month=5, birth_day=3, notes="Between us")
    look(source, clock.tick())
    after = body(radicale.get("ana"))
    assert before - after == {"TITLE:Editor"}
    assert {"TITLE:Poet", "ORG:Tinta"} <= after - before
    assert ODD in after
    assert "Between us" not in radicale.get("ana")
    assert any("the role there is now “Poet”, was “Editor”" in line for line in lines())
    assert is_fresh(source)
    runs = SourceRun.objects.count()
    for _ in range(2):
        assert look(source, clock.tick()) == []
    assert SourceRun.objects.count() == runs
    assert body(radicale.get("ana")) == after


def test_a_name_and_an_address_are_changed_in_their_lines(source, alice, radicale, clock):
    typed(alice, "Ana Silva", clock, handles=["ana@new.example"], full_name="Ana Costa")
    look(source, clock.tick())
    text = radicale.get("ana")
    assert "FN:Ana Costa" in text
    assert "N:Costa;Ana;;;" in text
    assert "ana@new.example" in text
    assert "ana@example.org" not in text
    assert names(alice) == ["Ana Costa"]


def test_what_is_changed_there_comes_here_even_where_the_member_once_typed(source, alice, radicale, clock):
    typed(alice, "Ana Silva", clock, role="Poet")
    look(source, clock.tick())
    radicale.put("ana", radicale.get("ana").replace("TITLE:Poet", "TITLE:Director"))
    look(source, clock.tick())
    assert people(alice)["Ana Silva"].role == "Director"
    look(source, clock.tick())
    assert "TITLE:Director" in radicale.get("ana")
    typed(alice, "Ana Silva", clock, role="Poet again")
    look(source, clock.tick())
    assert "TITLE:Poet again" in radicale.get("ana")


def test_both_changed_neither_is_written_over_and_the_member_is_told_once(source, alice, radicale, clock):
    typed(alice, "Ana Silva", clock, role="Poet")
    radicale.put("ana", radicale.get("ana").replace("TITLE:Editor", "TITLE:Director"))
    look(source, clock.tick())
    assert people(alice)["Ana Silva"].role == "Poet"
    assert "TITLE:Director" in radicale.get("ana")
    told = [line for run in SourceRun.objects.all() for line in run.lines if "both changed" in line]
    assert told == [] or len(told) == 1
    look(source, clock.tick())
    look(source, clock.tick())
    told = [line for one in SourceRun.objects.all() for line in one.lines if "both changed" in line]
    assert len(told) == 1
    assert "“Poet” here and “Director” there" in told[0]
    # Whichever side the member touches next, counts.
    typed(alice, "Ana Silva", clock, role="Poet laureate")
    look(source, clock.tick())
    assert "TITLE:Poet laureate" in radicale.get("ana")
    assert people(alice)["Ana Silva"].role == "Poet laureate"


def test_a_conflict_settled_there_is_settled(source, alice, radicale, clock):
    typed(alice, "Ana Silva", clock, role="Poet")
    radicale.put("ana", radicale.get("ana").replace("TITLE:Editor", "TITLE:Director"))
    look(source, clock.tick())
    radicale.put("ana", radicale.get("ana").replace("TITLE:Director", "TITLE:Poet"))
    look(source, clock.tick())
    look(source, clock.tick())
    assert SourceItem.objects.get().conflicts == {}


def test_a_card_changed_at_the_very_moment_is_not_written_over(source, alice, radicale, clock, monkeypatch):
    typed(alice, "Ana Silva", clock, role="Poet")
    write = carddav.write

    def late(*args, **kwargs):
        radicale.put("ana", radicale.get("ana").replace("FN:Ana Silva", "FN:Ana Souza"))
        return write(*args, **kwargs)

    monkeypatch.setattr(carddav, "write", late)
    look(source, clock.tick())
    assert "FN:Ana Souza" in radicale.get("ana")
    assert "TITLE:Editor" in radicale.get("ana")
    assert any("at the same moment" in line for line in lines())
    monkeypatch.setattr(carddav, "write", write)
    look(source, clock.tick())
    look(source, clock.tick())
    assert "FN:Ana Souza" in radicale.get("ana")
    assert "TITLE:Poet" in radicale.get("ana")


def test_addresses_known_from_elsewhere_are_added_and_removed_ones_stay_away(source, alice, radicale, clock):
    run(alice, card("Ana Silva", "EMAIL:ana@example.org", "EMAIL:ana@home.example"), now=clock.tick())
    look(source, clock.tick())
    assert "ana@home.example" in radicale.get("ana")
    # Taken away there: it stays here, and is not put back there.
    without = "\r\n".join(line for line in radicale.get("ana").splitlines() if "home.example" not in line)
    radicale.put("ana", without + "\r\n")
    look(source, clock.tick())
    typed(alice, "Ana Silva", clock, role="Poet")
    look(source, clock.tick())
    assert "home.example" not in radicale.get("ana")
    assert Handle.objects.filter(value="ana@home.example").exists()


def test_an_address_added_there_to_a_tidied_card_is_not_taken_away(source, alice, radicale, clock):
    typed(alice, "Ana Silva", clock, handles=["ana@new.example"])
    look(source, clock.tick())
    radicale.put("ana", radicale.get("ana").replace("TITLE:", "EMAIL:third@example.org\r\nTITLE:"))
    look(source, clock.tick())
    typed(alice, "Ana Silva", clock, role="Poet")
    look(source, clock.tick())
    assert "third@example.org" in radicale.get("ana")


def test_a_worker_killed_after_the_server_took_it_does_no_harm(source, alice, radicale, clock, monkeypatch):
    typed(alice, "Ana Silva", clock, role="Poet")
    write = carddav.write

    def killed(*args, **kwargs):
        write(*args, **kwargs)
        raise SystemExit

    monkeypatch.setattr(carddav, "write", killed)
    due(source, clock.tick())
    claim = claims.claim(now=clock.now, source_id=source.id)
    assert claim
    with pytest.raises(SystemExit):
        shifts.work(claim, now=clock.now)
    monkeypatch.setattr(carddav, "write", write)
    look(source, clock.tick())
    look(source, clock.tick())
    assert radicale.get("ana").count("TITLE:Poet") == 1
    assert SourceItem.objects.get().conflicts == {}
    assert people(alice)["Ana Silva"].role == "Poet"


def test_people_added_by_hand_are_added_there_once(source, alice, radicale, clock):
    email = [HandleInput(HandleKind.EMAIL, "bea@example.org")]
    people_service.add_person(
        owner=alice, fields={"full_name": "Bea Bloom", "role": "Baker"}, handles=email, now=clock.tick(), typed=True
    )
    people_service.add_person(
        owner=alice, fields={"full_name": "Wanted One", "relation": "wanted"}, now=clock.tick(), typed=True
    )
    run(alice, card("From File", "EMAIL:file@example.org"), now=clock.tick())
    look(source, clock.tick())
    assert radicale.names() == ["ana"]
    choose_all(source, clock.tick(), writes=Writes.NEW)
    for _ in range(3):
        look(source, clock.tick())
    [new] = [name for name in radicale.names() if name != "ana"]
    text = radicale.get(new)
    assert "FN:Bea Bloom" in text
    assert "N:Bloom;Bea;;;" in text
    assert "bea@example.org" in text
    assert names(alice) == ["Ana Silva", "Bea Bloom", "From File", "Wanted One"]
    assert ImportedCard.objects.filter(person__full_name="Bea Bloom").count() == 1
    typed(alice, "Bea Bloom", clock, role="Miller")
    look(source, clock.tick())
    assert "TITLE:Miller" in radicale.get(new)


def test_a_new_card_whose_arrival_nobody_could_note(source, alice, radicale, clock, monkeypatch):
    choose_all(source, clock.tick(), writes=Writes.NEW)
    look(source, clock.tick())
    people_service.add_person(owner=alice, fields={"full_name": "Bea Bloom"}, now=clock.tick(), typed=True)
    write = carddav.write

    def killed(*args, **kwargs):
        write(*args, **kwargs)
        raise SystemExit

    for when in ("after", "before"):
        monkeypatch.setattr(carddav, "write", killed if when == "after" else write)
        due(source, clock.tick())
        claim = claims.claim(now=clock.now, source_id=source.id)
        assert claim
        try:
            shifts.work(claim, now=clock.now)
        except SystemExit:
            assert when == "after"
    look(source, clock.tick())
    assert len(radicale.names()) == 2
    assert names(alice) == ["Ana Silva", "Bea Bloom"]
    assert not SourceItem.objects.filter(etag="").exists()


def test_turning_it_on_later_writes_nothing_over(alice, radicale, clock):
    radicale.put("ana", card("Ana Silva", "UID:a", "TITLE:Editor"))
    one = connect_book(alice, radicale)
    look(one, clock.tick())
    typed(alice, "Ana Silva", clock, role="Poet", organisation="Tinta")
    look(one, clock.tick())
    choose_all(one, clock.tick(), writes=Writes.CHANGES)
    look(one, clock.tick())
    text = radicale.get("ana")
    assert "TITLE:Editor" in text
    assert "ORG:Tinta" in text  # there was none there
    assert any("both changed" in line for line in lines())


def test_an_old_card_is_left_alone(source, alice, radicale, clock):
    path = radicale.folder / "collection-root" / "alice" / "people" / "ana.vcf"
    text = path.read_text().replace("VERSION:3.0", "VERSION:2.1")
    path.write_text(text)
    look(source, clock.tick())
    typed(alice, "Ana Silva", clock, role="Poet")
    look(source, clock.tick())
    look(source, clock.tick())
    assert "TITLE:Editor" in path.read_text()


def test_a_book_that_may_only_be_read(source, alice, clock, monkeypatch):
    from contacts.remote import faults

    def refuse(*_args, **_kwargs):
        raise faults.forbidden("localhost")

    monkeypatch.setattr(carddav, "write", refuse)
    typed(alice, "Ana Silva", clock, role="Poet")
    look(source, clock.tick())
    assert is_fresh(source)
    assert not source.parts.get().can_write
    assert any("does not let Kith write" in line for line in lines())


def test_disconnecting_and_connecting_again_writes_nothing_over(source, alice, radicale, clock):
    typed(alice, "Ana Silva", clock, role="Poet")
    connecting.disconnect(source=source)
    again = connect_book(alice, radicale, writes=Writes.CHANGES)
    look(again, clock.tick())
    look(again, clock.tick())
    assert "TITLE:Editor" in radicale.get("ana")
    assert people(alice)["Ana Silva"].role == "Poet"
    assert names(alice) == ["Ana Silva"]
