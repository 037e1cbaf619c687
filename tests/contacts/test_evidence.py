"""Mails and meetings: whom they tell of, which way they went, who was seen together, and all of it taken back."""

from datetime import UTC, datetime, timedelta

import pytest

from contacts.handles import HandleKind
from contacts.importers import ContactKind, ContactRecord, Labelled, Party, PersonRecord
from contacts.models import (
    Acquaintance,
    AcquaintanceSource,
    Blocked,
    Closeness,
    Correspondent,
    Direction,
    Gathering,
    Import,
    Interaction,
    InteractionKind,
    OwnAddress,
    Person,
    Presence,
)
from contacts.services import acquaintances, evidence, interactions, people, undo
from contacts.services.handles import HandleInput
from contacts.services.imports import blocking, own, uploading
from contacts.services.imports.feeding import feed
from netapp.accounts.models import User
from tests.contacts.importing import undo as undo_import
from tests.contacts.importing import work
from tests.factories import NOW

pytestmark = pytest.mark.django_db

ME = "alice@kith.test"


@pytest.fixture(autouse=True)
def _own(alice: User) -> None:
    OwnAddress.objects.create(owner=alice, address=ME)


def card(owner: User, name: str, *emails: str) -> Person:
    handles = [HandleInput(HandleKind.EMAIL, email) for email in emails]
    return people.add_person(owner=owner, fields={"full_name": name}, handles=handles, now=NOW, typed=True)


def party(text: str) -> Party:
    """ "ana" is Ana <ana@example.org>; "me" the member."""
    if text == "me":
        return Party("Alice Anders", ME)
    return Party("", text) if "@" in text else Party(text.title(), f"{text}@example.org")


def item(
    sender: str | None, *others: str, kind: ContactKind = ContactKind.MAIL, days: int = 1, key: str = "", **more: str
) -> ContactRecord:
    happened_at = NOW - timedelta(days=days)
    return ContactRecord(
        kind=kind,
        happened_at=happened_at,
        sender=party(sender) if sender else None,
        others=tuple(party(other) for other in others),
        key=key or f"{kind}{sender}{others}{days}",
        file="mail.mbox",
        line=1,
        **more,
    )


def met(*who: str, days: int = 1, key: str = "") -> ContactRecord:
    return item("me", *who, kind=ContactKind.MEETING, days=days, key=key)


def fed(owner: User, *records: ContactRecord | PersonRecord, now: datetime = NOW) -> Import:
    one = feed(owner_id=owner.pk, title="Mailbox", records=records, source="imap:1", now=now)
    assert one
    work(one, now=now)
    assert one.state == "done", one.error
    return one


def told(person: Person) -> list[tuple[str, str, int]]:
    """(kind, direction, days ago) of the contacts with somebody."""
    rows = Interaction.objects.filter(person=person).order_by("happened_at")
    return [(row.kind, row.direction, (NOW - row.happened_at).days) for row in rows]


def known(owner: User) -> dict[tuple[str, str], tuple[str, str, str]]:
    """(closeness, source, evidence) by the two names."""
    rows = Acquaintance.objects.filter(owner=owner).select_related("a", "b")
    return {
        (min(row.a.full_name, row.b.full_name), max(row.a.full_name, row.b.full_name)): (
            row.closeness,
            row.source,
            row.evidence,
        )
        for row in rows
    }


def outcomes(one: Import) -> list[tuple[str, str]]:
    return list(one.rows.values_list("outcome", "reason"))


# --- With whom, and which way


def test_mail_goes_both_ways_and_meetings_count_for_everybody(alice):
    ana, ben = card(alice, "Ana", "ana@example.org"), card(alice, "Ben", "ben@example.org")
    one = fed(
        alice,
        item("ana", "me", days=9),
        item("me", "ana", "ben", days=8),
        met("ana", "ben", days=7),
        item("me", "ana", kind=ContactKind.MESSAGE, days=6),
    )
    assert told(ana) == [("mail", "in", 9), ("mail", "out", 8), ("met", "both", 7), ("message", "out", 6)]
    assert told(ben) == [("mail", "out", 8), ("met", "both", 7)]
    assert one.counts == {"noted": 4}
    ana.refresh_from_db()
    assert ana.last_contact_at == NOW - timedelta(days=6)
    assert ana.strength is not None
    assert not ana.strength_is_stale


def test_who_stands_on_somebody_elses_mail_was_not_in_touch_with_the_member(alice):
    ana, ben = card(alice, "Ana", "ana@example.org"), card(alice, "Ben", "ben@example.org")
    fed(alice, item("ana", "me", "ben"))
    assert told(ana) == [("mail", "in", 1)]
    assert told(ben) == []
    assert known(alice) == {("Ana", "Ben"): ("slight", "inferred", "1 mail together, 3 May 2026")}


def test_the_members_own_addresses_are_nobody(alice):
    card(alice, "Ana", "ana@example.org")
    own.name_own(owner=alice, address="Alice@Work.example")
    one = fed(
        alice,
        item("alice@work.example", "ana", days=3),
        item("ana", "alice@work.example", days=2),
        item("alice@work.example", "me", days=1),
    )
    assert told(Person.objects.get()) == [("mail", "out", 3), ("mail", "in", 2)]
    assert outcomes(one)[2] == ("left_out", "nobody but you is on it")
    assert not Gathering.objects.exists()


def test_lists_automatic_mail_and_announcements_are_left_out_and_said(alice):
    crowd = [f"p{number}" for number in range(13)]
    for name in (*crowd, "ana"):
        card(alice, name, f"{name}@example.org")
    one = fed(
        alice,
        item("ana", "me", days=4, left_out="mailing list"),
        item("me", *crowd, days=3),
        item("me", "nobody@else.example", days=2),
        item("ana", "me", days=-2),
    )
    assert not Interaction.objects.exists()
    assert outcomes(one)[:4] == [
        ("left_out", "mailing list"),
        ("left_out", "written to 13 people at once"),
        ("left_out", "nobody in your book is on it"),
        ("left_out", "dated in the future"),
    ]
    row = one.rows.get(position=0)
    assert (row.keys, row.record) == ([], {"kind": "mail", "at": "2026-04-30T09:00:00+00:00"})


def test_a_large_meeting_is_an_event(alice):
    crowd = [f"p{number}" for number in range(12)]
    for name in crowd:
        card(alice, name, f"{name}@example.org")
    fed(alice, met(*crowd))
    assert set(Interaction.objects.values_list("kind", flat=True)) == {"event"}
    assert known(alice) == {}


def test_the_same_item_counts_once_whatever_brings_it(alice):
    ana = card(alice, "Ana", "ana@example.org")
    mail = item("ana", "me", "ben", key="<1@example.org>")
    fed(alice, mail, mail)
    again = fed(alice, mail, item("ana", "me", days=5))
    assert told(ana) == [("mail", "in", 5), ("mail", "in", 1)]
    assert again.counts == {"seen": 1, "noted": 1, "one_way": 0} or again.counts == {"seen": 1, "noted": 1}


def test_an_address_on_two_cards_means_the_one_that_is_called_so(alice):
    card(alice, "Bob Smith", "home@smith.test")
    jane = card(alice, "Jane Smith", "home@smith.test")
    mail = ContactRecord(
        kind=ContactKind.MAIL,
        happened_at=NOW - timedelta(days=1),
        sender=Party("Jane Smith", "home@smith.test"),
        others=(party("me"),),
        key="1",
        file="m",
        line=1,
    )
    fed(alice, mail)
    assert Interaction.objects.get().person == jane


def test_what_the_member_removed_is_not_read_again(alice):
    ana = card(alice, "Ana", "ana@example.org")
    mail = item("ana", "me")
    fed(alice, mail)
    change = interactions.remove_contact(interaction=Interaction.objects.get(), now=NOW)
    fed(alice, mail)
    assert told(ana) == []
    assert undo.take_back(change=change, now=NOW)
    assert told(ana) == [("mail", "in", 1)]


def test_nothing_to_feed_makes_no_import(alice):
    assert feed(owner_id=alice.pk, title="x", records=[], source="imap:1", now=NOW) is None
    assert not Import.objects.exists()


# --- Who is found


def test_whom_mail_went_both_ways_with_is_added(alice):
    one = fed(
        alice,
        item("cara", "me", days=5),
        item("me", "cara", days=4),
        item("dan", "me", days=3),
        item("me", "eve", days=2),
        item("info@firm.example", "me", days=2),
        item("me", "info@firm.example", days=2),
    )
    assert list(Person.objects.values_list("full_name", flat=True)) == ["Cara"]
    cara = Person.objects.get()
    assert told(cara) == [("mail", "in", 5), ("mail", "out", 4)]
    assert cara.typed_fields == []
    found = dict(one.rows.filter(kind="found").values_list("name", "reason"))
    assert found == {
        "Cara": "1 mail from them, 1 from you",
        "Dan": "1 mail from them, none from you",
        "Eve": "1 from you, none from them",
    }
    assert one.counts == {"new": 1, "one_way": 2, "noted": 2, "left_out": 4}


def test_question_and_answer_may_come_on_different_days(alice):
    fed(alice, item("me", "cara", days=5))
    assert not Person.objects.exists()
    fed(alice, item("cara", "me", days=4))
    assert Person.objects.get().full_name == "Cara"
    # Nobody's address is kept for that, only a number that nobody can turn back.
    assert Correspondent.objects.get().was_written_to


def test_a_meeting_makes_people_known(alice):
    fed(alice, met("cara", "dan"))
    assert set(Person.objects.values_list("full_name", flat=True)) == {"Cara", "Dan"}
    assert known(alice) == {("Cara", "Dan"): ("slight", "inferred", "1 meeting, 3 May 2026")}


def test_who_was_deleted_is_not_found_again(alice):
    people.delete_person(person=card(alice, "Cara", "cara@example.org"), now=NOW)
    one = fed(alice, item("me", "cara", days=4), item("cara", "me", days=3))
    assert not Person.objects.filter(deleted_at=None).exists()
    assert not one.rows.filter(kind="found").exists()


def test_a_card_and_mails_in_one_upload_make_one_person(alice):
    record = PersonRecord(full_name="Cara Cole", file="a.vcf", line=1, emails=(Labelled("cara@example.org"),))
    fed(alice, item("me", "cara", days=4), item("cara", "me", days=3), record)
    assert Person.objects.get().full_name == "Cara Cole"
    assert Interaction.objects.count() == 2


# --- Who was seen together


def test_a_thread_of_eight_tells_and_one_of_nine_does_not(alice):
    names = ["ana", "ben", "cara", "dan", "eve", "fred", "gus", "hal"]
    for name in names:
        card(alice, name.title(), f"{name}@example.org")
    fed(alice, item("me", *names[:7], thread="t"))
    assert len(known(alice)) == 21
    # The eighth other makes it nine with the member: it tells nothing any more.
    fed(alice, item("ana", "me", "hal", thread="t", days=0))
    assert known(alice) == {}


def test_evidence_is_counted_and_grows_with_it(alice):
    for name in ("ana", "ben"):
        card(alice, name.title(), f"{name}@example.org")
    fed(alice, *(item("ana", "me", "ben", days=days) for days in range(2, 7)))
    assert known(alice) == {("Ana", "Ben"): ("some", "inferred", "5 mails together, last 2 May 2026")}
    fed(alice, met("ana", "ben", days=33), met("ana", "ben", days=1))
    evidence.settle_pairs(owner_id=alice.pk, now=NOW)
    words = "5 mails together, last 2 May 2026; 2 meetings, last 3 May 2026"
    assert known(alice) == {("Ana", "Ben"): ("some", "inferred", words)}


def test_what_was_said_is_never_overwritten(alice):
    ana, ben = card(alice, "Ana", "ana@example.org"), card(alice, "Ben", "ben@example.org")
    acquaintances.record_acquaintance(
        owner=alice, one=ana, other=ben, closeness=Closeness.STRONG, evidence="Siblings", now=NOW
    )
    one = fed(alice, item("ana", "me", "ben"))
    assert known(alice) == {("Ana", "Ben"): ("strong", "said", "Siblings")}
    undo_import(one)
    assert known(alice) == {("Ana", "Ben"): ("strong", "said", "Siblings")}


def test_what_the_member_denied_does_not_come_back(alice):
    for name in ("ana", "ben"):
        card(alice, name.title(), f"{name}@example.org")
    fed(alice, item("ana", "me", "ben"))
    change = acquaintances.forget_acquaintance(acquaintance=Acquaintance.objects.get(), now=NOW)
    fed(alice, item("ben", "me", "ana", days=0))
    assert known(alice) == {}
    undo.take_back(change=change, now=NOW)
    evidence.settle_pairs(owner_id=alice.pk, now=NOW)
    assert known(alice) == {("Ana", "Ben"): ("slight", "inferred", "2 mails together, last 4 May 2026")}


def test_somebody_added_later_is_recognised_by_the_same_file(alice):
    card(alice, "Ana", "ana@example.org")
    mail = item("ana", "me", "ben")
    fed(alice, mail)
    card(alice, "Ben", "ben@example.org")
    fed(alice, mail)
    assert list(known(alice)) == [("Ana", "Ben")]


def test_books_are_apart(alice, bob):
    for owner in (alice, bob):
        card(owner, "Ana", "ana@example.org")
        card(owner, "Ben", "ben@example.org")
    fed(alice, item("ana", "me", "ben"))
    assert not Interaction.objects.filter(owner=bob).exists()
    assert known(bob) == {}


# --- Taking it back


def dump(owner: User) -> list[object]:
    """Everything that an import of mails may touch."""
    values: list[object] = []
    for model in (Person, Interaction, Acquaintance, Gathering):
        rows = model.objects.filter(owner=owner).order_by("id").values()
        # Figures are computed at another moment.
        moving = ("strength", "strength_at", "is_settled", *(["updated_at"] if model is Acquaintance else []))
        values.append([{name: value for name, value in row.items() if name not in moving} for row in rows])
    return values


def test_undo_takes_contacts_people_and_acquaintances_back(alice):
    for name in ("ana", "ben"):
        card(alice, name.title(), f"{name}@example.org")
    fed(alice, item("ana", "me", "ben", days=20))
    before = dump(alice)
    one = fed(
        alice, item("ana", "me", "ben"), item("me", "cara", days=2), item("cara", "me", "ana"), met("ana", "cara")
    )
    assert dump(alice) != before
    assert Person.objects.filter(full_name="Cara").exists()
    undo_import(one)
    assert one.state == "undone"
    assert not one.rows.exclude(kept="").exists()
    after = dump(alice)
    assert after == before


def test_undo_leaves_a_contact_that_was_corrected_since(alice):
    ana = card(alice, "Ana", "ana@example.org")
    one = fed(alice, item("ana", "me"), item("me", "ana", days=3))
    first = Interaction.objects.get(direction="in")
    at = first.happened_at
    interactions.change_contact(
        interaction=first, kind=InteractionKind.MAIL, direction=Direction.IN, happened_at=at, note="The fair", now=NOW
    )
    undo_import(one)
    assert told(ana) == [("mail", "in", 1)]
    assert one.rows.get(position=0).kept == "kept, as you corrected this contact since"


def test_undo_leaves_a_found_person_with_whom_something_else_was_noted(alice):
    one = fed(alice, item("me", "cara", days=2), item("cara", "me"))
    cara = Person.objects.get()
    interactions.log_contact(person=cara, kind=InteractionKind.CALL, happened_at=NOW, now=NOW)
    undo_import(one)
    assert told(cara) == [("call", "both", 0)]


def test_undo_makes_a_thread_small_again(alice):
    names = ["ana", "ben", "cara", "dan", "eve", "fred", "gus", "hal"]
    for name in names:
        card(alice, name.title(), f"{name}@example.org")
    fed(alice, item("me", *names[:7], thread="t"))
    one = fed(alice, item("ana", "me", "hal", thread="t", days=0))
    undo_import(one)
    assert len(known(alice)) == 21


# --- What is kept out


def test_blocked_addresses_domains_and_tags_stay_out(alice):
    for text in ("cara@example.org", "@firm.example", "#Family"):
        blocking.block(owner=alice, text=text)
    records: list[ContactRecord | PersonRecord] = [
        PersonRecord(full_name="Cara", file="a", line=1, emails=(Labelled("cara@example.org"),)),
        PersonRecord(full_name="Dan", file="a", line=2, emails=(Labelled("d@mail.firm.example"), Labelled("d@x.test"))),
        PersonRecord(full_name="Mum", file="a", line=3, tags=("family",)),
        item("me", "cara", days=4),
        item("cara", "me", days=3),
        met("boss@firm.example"),
    ]
    one = fed(alice, *records)
    assert list(Person.objects.values_list("full_name", flat=True)) == ["Dan"]
    assert [handle.normalised for handle in Person.objects.get().handles.all()] == ["d@x.test"]
    assert outcomes(one)[:3] == [
        ("left_out", "its address is one that you keep out"),
        ("new", ""),
        ("left_out", "it has a tag that you keep out"),
    ]
    assert not Interaction.objects.exists()
    assert not one.rows.filter(kind="found").exists()


def test_a_blocked_person_in_the_book_gets_no_contacts(alice):
    ana = card(alice, "Ana", "ana@example.org")
    blocked = blocking.block(owner=alice, text="ana@example.org")
    fed(alice, item("ana", "me"))
    assert told(ana) == []
    change = blocking.unblock(blocked=blocked)
    fed(alice, item("ana", "me"))
    assert len(told(ana)) == 1
    assert undo.take_back(change=change, now=NOW)
    assert Blocked.objects.get().value == "ana@example.org"


@pytest.mark.parametrize("text", ["", "#", "word", "a@", "@", "b c@d", "#" * 3])
def test_nonsense_is_not_blocked(alice, text):
    with pytest.raises(blocking.CannotBlock):
        blocking.block(owner=alice, text=text)


def test_ones_own_card_is_no_person(alice):
    mine = PersonRecord(full_name="Alice A.", file="a", line=1, emails=(Labelled(ME),))
    mum = PersonRecord(full_name="Mum", file="a", line=2, emails=(Labelled(ME),))
    one = fed(alice, mine, mum)
    assert [outcome for outcome, _ in outcomes(one)] == ["left_out", "new"]
    assert outcomes(one)[0][1] == "it is your own card"


# --- Older and newer files


def test_an_older_file_never_overwrites_a_newer_one(alice):
    def told_at(organisation: str, year: int | None) -> PersonRecord:
        revised_at = datetime(year, 1, 1, tzinfo=UTC) if year else None
        email = (Labelled("ana@example.org"),)
        return PersonRecord(
            full_name="Ana", file="a", line=1, emails=email, organisation=organisation, revised_at=revised_at
        )

    def organisation() -> str:
        return Person.objects.get().organisation

    fed(alice, told_at("Second", 2020))
    fed(alice, told_at("First", 2019))
    assert organisation() == "Second"
    third = fed(alice, told_at("Third", 2021))
    assert organisation() == "Third"
    fed(alice, told_at("Between", 2020))
    assert organisation() == "Third"
    undo_import(third)
    fed(alice, told_at("Between", 2020))
    assert organisation() == "Between"
    fed(alice, told_at("Uploaded now", None), now=NOW + timedelta(days=1))
    fed(alice, told_at("Old card", 2022), now=NOW + timedelta(days=2))
    assert organisation() == "Uploaded now"


# --- What waits for the member's word


def test_the_member_may_add_those_with_whom_mail_went_one_way(alice):
    one = feed(owner_id=alice.pk, title="x", records=[item("me", "eve")], source="", now=NOW)
    assert one
    Import.objects.filter(id=one.id).update(confirmed_at=None)
    work(one)
    assert (one.state, one.counts) == ("preview", {"one_way": 1, "left_out": 1})
    assert uploading.confirm(one=one, with_one_way=True, now=NOW)
    work(one)
    assert one.counts == {"new": 1, "noted": 1}
    assert told(Person.objects.get()) == [("mail", "out", 1)]


def test_an_address_that_stands_on_most_mails_is_asked_about(alice):
    records = [item("old@alice.example", f"p{n}", days=n + 1) for n in range(12)]
    one = feed(owner_id=alice.pk, title="x", records=records, source="", now=NOW)
    assert one
    Import.objects.filter(id=one.id).update(confirmed_at=None)
    work(one)
    assert one.options["maybe_own"] == [["old@alice.example", 12]]
    own.name_own(owner=alice, address="old@alice.example")
    assert uploading.compare_again(one=one)
    work(one)
    assert one.options["maybe_own"] == []
    assert one.counts == {"one_way": 12, "left_out": 12}


def test_presences_follow_whoever_is_deleted_for_good(alice):
    card(alice, "Ana", "ana@example.org")
    ben = card(alice, "Ben", "ben@example.org")
    fed(alice, item("ana", "me", "ben"))
    ben.delete()
    evidence.settle_pairs(owner_id=alice.pk, now=NOW)
    assert Presence.objects.count() == 1
    assert not Acquaintance.objects.filter(source=AcquaintanceSource.INFERRED).exists()
