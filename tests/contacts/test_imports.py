"""Imports: nothing doubled, nothing lost, nothing typed overwritten, everything said, all of it taken back."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.handles import HandleKind
from contacts.models import (
    AcquaintanceSource,
    Closeness,
    Import,
    ImportFile,
    ImportRow,
    InteractionKind,
    Person,
    Relation,
)
from contacts.services import acquaintances, interactions, people, purge
from contacts.services.handles import HandleInput
from contacts.services.imports import claims, forgetting, running, uploading
from contacts.services.imports.claims import Stale
from contacts.services.imports.shifts import Shift
from contacts.signals import book_changed
from netapp.mail.models import Letter
from tests.contacts.importing import book, card, cards, names, preview, run, said, undo, upload, work
from tests.factories import NOW, SeatFactory, SeatMatchFactory

pytestmark = pytest.mark.django_db

ANA = card("Ana Silva", "EMAIL:ana@example.org", "ORG:Tinta", "TITLE:Photo editor", "UID:1")


def typed(owner, name="Ana Silva", email="ana@example.org", **fields):
    handles = [HandleInput(HandleKind.EMAIL, email)] if email else []
    return people.add_person(owner=owner, fields={"full_name": name, **fields}, handles=handles, now=NOW, typed=True)


# --- What goes in


def test_a_card_goes_in_with_all_it_says(alice):
    text = card(
        "Ana Silva",
        "N:Silva;Ana;;;",
        "NICKNAME:Anita",
        "EMAIL;TYPE=work:Ana@Example.org",
        "TEL:030 1234567",
        "ORG:Tinta",
        "TITLE:Photo editor",
        "CATEGORIES:photo,Lisbon",
        "NOTE:Met at the fair",
        "BDAY:--0203",
        "URL:https://www.linkedin.com/in/ana-silva/",
    )
    alice.country = "DE"
    alice.save()
    one = run(alice, text)
    person = Person.objects.get(owner=alice)
    assert one.counts == {"new": 1}
    assert (person.full_name, person.nickname, person.organisation, person.role) == (
        "Ana Silva",
        "Anita",
        "Tinta",
        "Photo editor",
    )
    assert person.tags == ["photo", "Lisbon"]
    assert person.notes == "Met at the fair"
    assert (person.birth_year, person.birth_month, person.birth_day) == (None, 2, 3)
    assert person.relation == Relation.KNOWN
    assert person.typed_fields == []
    assert [handle.normalised for handle in person.handles.all()] == ["ana@example.org", "+49301234567", "ana-silva"]
    assert not ImportFile.objects.exists()  # the bytes have served


def test_linkedin_tells_when_and_how_we_met(alice):
    table = (
        "First Name,Last Name,URL,Email Address,Company,Position,Connected On\n"
        "Ana,Silva,https://www.linkedin.com/in/ana,,Tinta,Editor,3 May 2021\n"
    )
    run(alice, ("Connections.csv", table))
    person = Person.objects.get(owner=alice)
    assert person.how_met == "Connected on LinkedIn"
    assert str(person.met_on_date) == "2021-05-03"


def test_how_we_really_met_is_left_alone(alice):
    typed(alice, email="ana@example.org", how_met="In the choir")
    table = (
        "First Name,Last Name,URL,Email Address,Company,Position,Connected On\n"
        "Ana,Silva,https://www.linkedin.com/in/ana,ana@example.org,Tinta,Editor,3 May 2021\n"
    )
    run(alice, ("Connections.csv", table))
    person = Person.objects.get(owner=alice)
    assert (person.how_met, person.met_on_date) == ("In the choir", None)


def test_a_broken_card_is_skipped_by_name_and_nothing_else_is_lost(alice):
    nameless = card("", "NOTE:Nobody")
    one = run(alice, ("friends.vcf", ANA + nameless + card("Ben Brook", "EMAIL:ben@example.org")))
    assert names(alice) == ["Ana Silva", "Ben Brook"]
    skipped = one.rows.get(outcome="skipped")
    assert (skipped.file, skipped.line) == ("friends.vcf", 9)
    assert skipped.reason
    assert skipped.advice


def test_several_files_are_one_import(alice):
    one = run(alice, ("a.vcf", ANA), ("b.vcf", card("Ben Brook", "EMAIL:ben@example.org") + ANA))
    assert one.title == "a.vcf and 1 more"
    assert said(one) == [("Ana Silva", "new"), ("Ben Brook", "new"), ("Ana Silva", "unchanged")]
    assert one.rows.get(position=2).reason == "the same person as in line 1 of a.vcf"
    assert one.rows.get(position=2).person == one.rows.get(position=0).person


def test_an_unreadable_file_fails_alone(alice):
    one = run(alice, ("a.vcf", ANA), ("b.pdf", "%PDF-1.7 and so on"))
    assert said(one) == [("Ana Silva", "new"), ("", "skipped")]
    assert "PDF" in one.rows.get(position=1).advice


def test_only_unreadable_files_make_no_preview(alice):
    one = preview(alice, ("b.pdf", "%PDF-1.7 and so on"))
    assert (one.state, one.rows.count()) == ("failed", 0)
    assert "b.pdf: This is a PDF" in one.error
    assert not ImportFile.objects.exists()


# --- Who is who


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("EMAIL:Ana.Silva@Example.org", "EMAIL;TYPE=work:ana.silva@example.org"),
        ("TEL:+44 20 7946 0018", "TEL:020 7946 0018"),
        ("URL:https://linkedin.com/in/Ana-S", "URL:https://pt.linkedin.com/in/ana-s?trk=x"),
        ("UID:abc", "UID:abc"),
    ],
)
def test_the_same_person_is_brought_up_to_date(alice, mine, theirs):
    run(alice, card("Ana Silva", mine))
    one = run(alice, card("Ana Silva", theirs, "ORG:Tinta", "NOTE:New"))
    assert one.counts == {"updated": 1}
    person = Person.objects.get(owner=alice)
    assert (person.organisation, person.notes) == ("Tinta", "New")


@pytest.mark.parametrize(
    ("known", "read"),
    [("Ana Silva", "Ana Costa"), ("Ana Silva", "A. Silva"), ("Robert Brook", "Rob Brook"), ("Silva Ana", "Ana Silva")],
)
def test_an_address_and_a_name_like_it_are_one_person(alice, known, read):
    typed(alice, known)
    assert run(alice, card(read, "EMAIL:ana@example.org")).counts.get("new") is None
    assert names(alice) == [known]


def test_a_family_that_shares_an_address_stays_apart(alice):
    typed(alice, "Bob Smith", "home@smith.test")
    jane = card("Jane Smith", "EMAIL:home@smith.test")
    one = run(alice, jane)
    assert one.rows.get().reason == "shares home@smith.test with your Bob Smith, and is kept apart, as the names differ"
    assert run(alice, jane).counts == {"unchanged": 1}
    assert names(alice) == ["Bob Smith", "Jane Smith"]


def test_a_family_in_one_file_stays_apart(alice):
    both = card("Bob Smith", "EMAIL:home@smith.test") + card("Jane Smith", "EMAIL:home@smith.test")
    one = run(alice, both)
    assert "kept apart" in one.rows.get(position=1).reason
    assert run(alice, both).counts == {"unchanged": 2}
    assert names(alice) == ["Bob Smith", "Jane Smith"]


def test_colleagues_behind_one_number_stay_apart(alice):
    run(alice, card("Anna Weber", "TEL:+49 30 5550000"))
    run(alice, card("Anna Kurz", "TEL:+49 30 5550000"))
    assert names(alice) == ["Anna Kurz", "Anna Weber"]


def test_a_desk_names_nobody(alice):
    run(alice, card("Ana Silva", "EMAIL:info@tinta.test", "TEL:+44 20 7946 0018"))
    run(alice, card("Ana Costa", "EMAIL:info@tinta.test", "TEL:+44 20 7946 0019"))
    assert names(alice) == ["Ana Costa", "Ana Silva"]


def test_a_card_that_fits_two_people_joins_neither(alice):
    typed(alice, "Ana Silva", "ana@example.org")
    typed(alice, "Ana S.", "ana@tinta.test")
    one = run(alice, card("Ana M. Silva", "EMAIL:ana@example.org", "EMAIL:ana@tinta.test"))
    row = one.rows.get()
    assert row.outcome == "skipped"
    assert row.reason.startswith("it could be either of two of your people, Ana S")
    assert "Ana Silva" in row.reason
    assert names(alice) == ["Ana S.", "Ana Silva"]


def test_without_any_handle_name_and_organisation_decide(alice):
    plain = card("Ana Silva", "ORG:Tinta")
    run(alice, plain)
    assert run(alice, plain).counts == {"unchanged": 1}
    assert run(alice, card("Ana Silva", "ORG:Other")).counts == {"new": 1}
    assert run(alice, card("Ana Silva", "ORG:Tinta", "EMAIL:a@example.org")).counts == {"new": 1}
    assert run(alice, plain).counts == {"unchanged": 1}


def test_doubles_in_a_file_are_folded_into_the_first(alice):
    text = (
        card("ana@example.org", "EMAIL:ana@example.org")
        + card("Ana Silva", "EMAIL:ana@example.org", "TEL:+44 20 7946 0018", "ORG:Tinta")
        + card("Ana Silva", "TEL:+44 20 7946 0018", "TITLE:Editor", "ORG:Elsewhere")
    )
    one = run(alice, text)
    assert one.counts == {"new": 1, "unchanged": 2}
    person = Person.objects.get(owner=alice)
    assert (person.full_name, person.organisation, person.role) == ("Ana Silva", "Tinta", "Editor")
    assert run(alice, text).counts == {"unchanged": 3}


def test_a_row_that_means_two_in_the_file_is_skipped(alice):
    text = (
        card("Ana Silva", "EMAIL:one@example.org")
        + card("Ana Costa", "EMAIL:two@example.org")
        + card("Ana Maria", "EMAIL:one@example.org", "EMAIL:two@example.org")
    )
    one = run(alice, text)
    assert said(one)[2] == ("Ana Maria", "skipped")
    assert "Ana Silva (line 1) and Ana Costa (line 6)" in one.rows.get(position=2).reason
    assert names(alice) == ["Ana Costa", "Ana Silva"]


def test_two_records_of_one_known_person_both_count(alice):
    person = typed(alice, "Ana Silva", "one@example.org")
    handles = [HandleInput(HandleKind.EMAIL, f"{word}@example.org") for word in ("one", "two")]
    people.update_person(person=person, fields={}, handles=handles, now=NOW, typed=False)
    one = run(
        alice,
        card("Ana Silva", "EMAIL:one@example.org", "CATEGORIES:photo")
        + card("Ana Silva", "EMAIL:two@example.org", "CATEGORIES:choir"),
    )
    assert one.counts == {"updated": 2}
    assert Person.objects.get().tags == ["photo", "choir"]
    undo(one)
    assert Person.objects.get().tags == []


def test_somebody_elses_book_is_never_looked_at(alice, bob):
    typed(bob, "Ana Silva", organisation="Bob's")
    before = book(bob)
    assert run(alice, ANA).counts == {"new": 1}
    assert book(bob) == before


# --- What is written over what


def test_what_was_typed_wins(alice):
    typed(alice, organisation="Typed", tags=["mine"], notes="My own words")
    run(alice, card("Ana Maria Silva", "EMAIL:ana@example.org", "ORG:Read", "TITLE:Editor", "NOTE:x", "CATEGORIES:y"))
    person = Person.objects.get()
    assert (person.full_name, person.organisation, person.role) == ("Ana Silva", "Typed", "Editor")
    assert (person.tags, person.notes) == (["mine"], "My own words")


def test_a_file_that_was_written_earlier_does_not_win_by_coming_later(alice):
    ana = ("Ana Silva", "UID:1", "EMAIL:ana@example.org")
    run(alice, card(*ana, "TITLE:Publisher", "REV:20260301T080000Z"))
    run(alice, card(*ana, "TITLE:Apprentice", "NOTE:Sings", "REV:20190301T080000Z"), now=NOW + timedelta(days=1))
    one = Person.objects.get(owner=alice)
    assert (one.role, one.notes) == ("Publisher", "Sings")
    run(alice, card(*ana, "TITLE:Owner", "REV:20260302T080000Z"), now=NOW + timedelta(days=2))
    one.refresh_from_db()
    assert one.role == "Owner"


def test_a_newer_file_is_right_and_an_empty_field_says_nothing(alice):
    run(alice, card("Ana Silva", "EMAIL:ana@example.org", "ORG:Old", "TITLE:Editor", "NOTE:First", "BDAY:1980-02-03"))
    one = run(alice, card("Ana Silva", "EMAIL:ana@example.org", "ORG:New", "NOTE:Second", "BDAY:--0203"))
    person = Person.objects.get()
    assert (person.organisation, person.role, person.birth_year) == ("New", "Editor", 1980)
    assert person.notes == "First\n\nSecond"
    assert one.rows.get().changes["fields"]["organisation"] == ["Old", "New"]


def test_a_shorter_name_does_not_replace_a_longer(alice):
    run(alice, card("Ana Maria Silva", "EMAIL:ana@example.org"))
    run(alice, card("Ana", "EMAIL:ana@example.org"))
    assert names(alice) == ["Ana Maria Silva"]
    run(alice, card("Ana Maria Silva Costa", "EMAIL:ana@example.org"))
    assert names(alice) == ["Ana Maria Silva Costa"]


def test_a_handle_that_the_member_took_away_stays_away(alice):
    run(alice, card("Ana Silva", "EMAIL:ana@example.org", "EMAIL:old@example.org"))
    person = Person.objects.get()
    kept = [HandleInput(HandleKind.EMAIL, "ana@example.org")]
    people.update_person(person=person, fields={}, handles=kept, now=NOW, typed=True)
    one = run(alice, card("Ana Silva", "EMAIL:ana@example.org", "EMAIL:old@example.org"))
    assert one.counts == {"unchanged": 1}
    assert person.handles.count() == 1


def test_who_was_deleted_is_not_brought_back(alice):
    person = typed(alice)
    people.delete_person(person=person, now=NOW)
    one = run(alice, ANA)
    row = one.rows.get()
    assert (row.outcome, row.reason) == ("skipped", "you deleted Ana Silva on 4 May 2026")
    assert row.advice
    assert names(alice) == []


def test_who_was_archived_is_brought_up_to_date_there(alice):
    person = typed(alice)
    people.archive_person(person=person, now=NOW)
    assert run(alice, ANA).counts == {"updated": 1}
    person.refresh_from_db()
    assert person.archived_at
    assert person.organisation == "Tinta"


def test_the_preview_says_what_then_happens(alice):
    typed(alice, organisation="Typed")
    people.delete_person(person=typed(alice, "Gone Away", "gone@example.org"), now=NOW)
    text = ANA + card("Gone Away", "EMAIL:gone@example.org") + cards(3) + cards(1) + card("", "NOTE:x")
    one = preview(alice, text)
    assert Person.objects.count() == 2
    rows = list(one.rows.values_list("name", "outcome", "reason"))
    told = one.rows.get(position=0).changes
    assert told["fields"] == {"role": ["", "Photo editor"]}
    counts = one.counts
    uploading.confirm(one=one, now=NOW)
    work(one)
    assert one.counts == counts == {"updated": 1, "skipped": 2, "new": 3, "unchanged": 1}
    assert list(one.rows.values_list("name", "outcome", "reason")) == rows
    done = one.rows.get(position=0).changes
    assert (done["fields"], done["handles"]) == (told["fields"], told["handles"])


# --- Real files


def files_of(shared_data: Path) -> list[tuple[str, bytes]]:
    """Every card and every file of connections that is shared."""
    paths = [
        *sorted((shared_data / "vcard").glob("*/*.vcf")),
        *sorted((shared_data / "csv-contacts").glob("*/*onnections.csv")),
    ]
    return [(path.name, path.read_bytes()) for path in paths if path.name != "user-cal.vcf"]


def test_every_real_file_goes_in_twice_without_doubling(alice, shared_data):
    files = files_of(shared_data)
    assert len(files) > 128
    first = run(alice, *files)
    assert first.state == "done"
    before = book(alice)
    assert len(before["people"]) > 900
    again = run(alice, *files)
    assert again.counts.get("new", 0) == 0
    assert again.counts["skipped"] == first.counts["skipped"]
    assert book(alice) == before


def test_each_real_file_alone_makes_a_card_for_each_person(alice, shared_data):
    """No record is lost: each is new, folded into another, or skipped with a reason."""
    for name, data in files_of(shared_data)[::7]:
        one = run(alice, (name, data))
        assert sum(one.counts.values()) == one.rows.count() > 0
        assert not one.rows.filter(outcome="skipped", reason="").exists()
        assert not one.rows.exclude(outcome="skipped").filter(person=None).exists()


def test_naughty_strings_go_in_and_change_nothing_around_them(alice, shared_data):
    lines = (shared_data / "attack-strings/big-list-of-naughty-strings/blns.txt").read_text("utf-8").split("\n")
    naughty = [line for line in lines if line and not line.startswith("#")]
    escape = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,"})
    text = "".join(
        card(
            f"Mal{number} {line.translate(escape)}",
            f"EMAIL:mal{number}@example.org",
            *(f"{field}:{line.translate(escape)}" for field in ("ORG", "TITLE", "NOTE", "NICKNAME", "UID")),
        )
        for number, line in enumerate(naughty)
    )
    one = run(alice, ("blns.vcf", text.encode("utf-8", "replace")))
    assert one.counts.get("new") == len(naughty)
    assert run(alice, ("blns.vcf", text.encode("utf-8", "replace"))).counts.get("new") is None


# --- Taking it back


def test_undo_puts_back_exactly_what_was(alice):
    typed(alice, "Ben Brook", "ben@example.org")
    run(alice, cards(5), now=NOW - timedelta(days=3))
    before = book(alice)
    newer = cards(7).replace("Firm", "Company").replace("EMAIL;TYPE=home", "EMAIL:x@new.test\r\nEMAIL", 1)
    one = run(alice, newer + ANA + card("Ben Brook", "EMAIL:ben@example.org", "EMAIL:b2@example.org", "UID:9"))
    assert one.counts == {"updated": 6, "new": 3}
    assert book(alice) != before
    undo(one)
    assert book(alice) == before
    assert one.state == "undone"
    assert not one.rows.filter(is_undone=False).exists()
    purge.purge(now=NOW)
    assert run(alice, newer).counts == {"updated": 5, "new": 2}


def test_undo_leaves_what_was_changed_or_used_since(alice):
    one = run(alice, cards(6) + ANA)
    by_name = {person.full_name: person for person in Person.objects.all()}
    touched = by_name["Person0 Number0"]
    people.update_person(person=touched, fields={"place": "Lisbon"}, now=NOW, typed=True)
    met = by_name["Person1 Number1"]
    interactions.log_contact(person=met, kind=InteractionKind.MET, happened_at=NOW, note="", now=NOW)
    acquaintances.record_acquaintance(
        owner=alice,
        one=by_name["Person2 Number2"],
        other=by_name["Person3 Number3"],
        closeness=Closeness.SOME,
        evidence="Seen together",
        evidence_date=None,
        source=AcquaintanceSource.SAID,
        now=NOW,
    )
    undo(one)
    assert names(alice) == [f"Person{n} Number{n}" for n in range(4)]
    kept = dict(one.rows.exclude(kept="").values_list("name", "kept"))
    assert kept == {
        "Person0 Number0": "kept, as the card was changed since",
        "Person1 Number1": "kept, as a contact with them is noted",
        "Person2 Number2": "kept, as whom they know is noted",
        "Person3 Number3": "kept, as whom they know is noted",
    }


def test_undo_leaves_who_has_a_seat_or_is_asked_for(alice):
    one = run(alice, cards(4))
    by_name = {person.full_name: person for person in Person.objects.all()}
    seat = SeatFactory(objective__owner=alice)
    SeatMatchFactory(seat=seat, person=by_name["Person0 Number0"], verdict="confirmed")
    SeatMatchFactory(seat=seat, person=by_name["Person1 Number1"])
    undo(one)
    assert names(alice) == ["Person0 Number0"]


def test_undo_leaves_a_field_that_was_typed_since_and_restores_the_others(alice):
    run(alice, card("Ana Silva", "EMAIL:ana@example.org", "ORG:Old", "TITLE:Old"), now=NOW - timedelta(days=3))
    one = run(alice, card("Ana Silva", "EMAIL:ana@example.org", "EMAIL:two@example.org", "ORG:New", "TITLE:New"))
    person = Person.objects.get()
    people.update_person(person=person, fields={"organisation": "Typed"}, now=NOW, typed=True)
    undo(one)
    person.refresh_from_db()
    assert (person.organisation, person.role) == ("Typed", "Old")
    assert person.handles.count() == 1
    assert "two@example.org" not in person.search_text
    assert one.rows.get().kept == "kept, as changed since: organisation"


def test_undo_leaves_what_a_later_import_changed(alice):
    first = run(alice, card("Ana Silva", "EMAIL:ana@example.org", "ORG:Old"), now=NOW - timedelta(days=3))
    run(alice, card("Ana Silva", "EMAIL:ana@example.org", "ORG:New"))
    undo(first)
    assert Person.objects.get().organisation == "New"
    assert first.rows.get().kept == "kept, as the card was changed since"


def test_undo_is_for_thirty_days_and_once(alice):
    one = run(alice, ANA)
    assert not uploading.begin_undo(one=one, now=NOW + timedelta(days=31))
    undo(one, now=NOW + timedelta(days=29))
    assert names(alice) == []
    assert not uploading.begin_undo(one=one, now=NOW)


# --- Going on, giving up, forgetting


def test_a_worker_that_was_thought_dead_is_refused(alice):
    one = upload(alice, cards(3))
    late = Shift.begin(import_id=one.id, now=NOW)
    assert late
    assert Shift.begin(import_id=one.id, now=NOW) is None
    work(one, now=NOW + timedelta(minutes=5))
    assert one.state == "preview"
    assert late.step(now=NOW) is False
    with pytest.raises(Stale):
        claims.state_of(late._claim)


def test_reading_goes_on_where_it_stood(alice):
    text = cards(300) + cards(300)
    clean = preview(alice, text)
    one = upload(alice, text)
    now = NOW
    for _ in range(12):
        # Each batch by a worker that dies right after it.
        shift = Shift.begin(import_id=one.id, now=now)
        if shift is None:
            break
        shift.step(now=now)
        now += timedelta(hours=1)
    one.refresh_from_db()
    assert one.state == "preview"
    values = ("position", "line", "name", "outcome", "reason", "same_as", "record", "keys")
    assert list(one.rows.values_list(*values)) == list(clean.rows.values_list(*values))


def test_what_kills_three_workers_is_given_up(alice):
    one = preview(alice, cards(running.BATCH + 50))
    uploading.confirm(one=one, now=NOW)
    now = NOW
    shift = Shift.begin(import_id=one.id, now=now)
    assert shift
    shift.step(now=now)
    for _ in range(4):
        now += timedelta(hours=1)
        Shift.begin(import_id=one.id, now=now)
    one.refresh_from_db()
    assert (one.state, one.counts, one.leased_until) == ("failed", {"new": running.BATCH}, None)
    assert f"importing row {running.BATCH + 1} of {running.BATCH + 50}" in one.error
    assert one.can_undo(now)
    undo(one, now=now)
    assert names(alice) == []


def test_who_waited_long_gets_a_letter_and_others_do_not(alice):
    run(alice, ANA)
    assert not Letter.objects.exists()
    one = preview(alice, cards(2))
    uploading.confirm(one=one, now=NOW)
    work(one, now=NOW + timedelta(minutes=2))
    letter = Letter.objects.get()
    assert letter.key == f"import:{one.id}:finished"
    assert letter.subject == "a.vcf is imported"
    assert "2 new" in letter.text
    assert f"/imports/{one.id}/" in letter.html


def test_a_member_has_five_under_way_at_most(alice, bob):
    for _ in range(5):
        upload(alice, ANA)
    with pytest.raises(uploading.TooManyOpen):
        upload(alice, ANA)
    upload(bob, ANA)
    assert uploading.throw_away(one=Import.objects.filter(owner=alice).latest("created_at"))
    upload(alice, ANA)


def test_what_was_thrown_away_leaves_nothing(alice):
    one = upload(alice, ANA)
    shift = Shift.begin(import_id=one.id, now=NOW)
    assert shift
    assert uploading.throw_away(one=one)
    assert shift.step(now=NOW) is False
    assert not ImportRow.objects.exists()
    assert not ImportFile.objects.exists()


def test_nothing_is_thrown_away_after_the_word_was_given(alice):
    one = run(alice, ANA)
    assert not uploading.throw_away(one=one)
    assert not uploading.confirm(one=one, now=NOW)


def test_after_a_month_only_the_report_is_kept(alice):
    done = run(alice, ANA)
    unanswered = preview(alice, cards(1))
    Import.objects.update(created_at=NOW)
    forgetting.forget(now=NOW + timedelta(days=13))
    assert Import.objects.filter(id=unanswered.id).exists()
    forgetting.forget(now=NOW + timedelta(days=31))
    assert not Import.objects.filter(id=unanswered.id).exists()
    row = done.rows.get()
    assert (row.name, row.outcome) == ("Ana Silva", "new")
    assert (row.record, row.changes, row.keys) == ({}, {}, [])


def test_paths_are_told_once_for_each_batch(alice):
    said: list[set[int]] = []
    listener = lambda sender, member_ids, **_: said.append(member_ids)  # noqa: E731
    book_changed.connect(listener)
    try:
        run(alice, cards(running.BATCH * 2))
    finally:
        book_changed.disconnect(listener)
    assert said == [{alice.pk}, {alice.pk}]


@pytest.mark.parametrize("change", ["", "Firm"])
def test_statements_do_not_grow_with_the_cards(alice, change):
    def statements(count: int, start: int) -> int:
        text = cards(count, start=start)
        if change:
            run(alice, text)
            text = text.replace(change, "Company")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            run(alice, text)
        return len(queries)

    assert statements(5, 0) == statements(200, 1000) < 150


def test_a_large_import_leaves_the_database_in_order(alice, monkeypatch):
    """Tables counted anew, and no word left on the lists that every search would read through."""
    monkeypatch.setattr(running, "_MANY", 5)
    run(alice, cards(10))
    with connection.cursor() as cursor:
        for index in running._WORDS_OF_PEOPLE:
            cursor.execute("SELECT gin_clean_pending_list(%s::regclass)", [index])
            assert cursor.fetchone() == (0,), index
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'contacts_person'")
        assert cursor.fetchone() >= (10,)
