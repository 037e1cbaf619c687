"""Merging two cards and taking them apart: everything comes along, everything comes back."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db.models import ForeignKey, Model
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from contacts.handles import HandleKind
from contacts.models import (
    Acquaintance,
    AcquaintanceSource,
    Closeness,
    Direction,
    DuplicateLook,
    Gathering,
    Handle,
    Import,
    ImportedCard,
    ImportRow,
    Interaction,
    InteractionKind,
    Merge,
    OtherName,
    Person,
    Photo,
    Presence,
    Reach,
    Relation,
    Reminder,
    ReminderKind,
    ReminderState,
    ToldApart,
    Unacquainted,
)
from contacts.services import acquaintances, cards, interactions, people, reminders
from contacts.services.duplicates import fields, rules
from contacts.services.duplicates.fields import Pick
from contacts.services.duplicates.following import follow, where_now
from contacts.services.duplicates.merging import NotThere, merge
from contacts.services.duplicates.moving import CannotMerge
from contacts.services.duplicates.telling import tell_apart
from contacts.services.duplicates.unmerging import CannotUnmerge, Unmerged, unmerge
from contacts.services.evidence import settle_new
from contacts.services.handles import HandleInput
from contacts.services.purge import KEPT_FOR, purge
from contacts.services.rhythms import Rhythm
from introductions.models import Introduction, PutAside, SeatMatch
from netapp.accounts.models import User
from tests.factories import (
    NOW,
    AcquaintanceFactory,
    IntroductionFactory,
    SeatFactory,
    SeatMatchFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=1)
NEVER_MIND = {"contacts.Merge", "contacts.Lookalike", "introductions.RouteSearch", "introductions.Route"}
"""Rows about merging itself, and those that a worker computes anew."""


def person(owner: User, full_name: str, *emails: str, **values: Any) -> Person:
    """A card as an import makes it."""
    handles = [HandleInput(HandleKind.EMAIL, email) for email in emails]
    return people.add_person(
        owner=owner, fields={"full_name": full_name, **values}, handles=handles, now=NOW, typed=False
    )


def joined(survivor: Person, gone: Person, now: Any = LATER, **picks: Pick) -> Merge:
    return merge(owner_id=survivor.owner_id, survivor_id=survivor.id, gone_id=gone.id, picks=picks, now=now)


def parted(row: Merge, now: Any = LATER) -> Unmerged:
    result = unmerge(merge=row, now=now)
    assert result is not None
    return result


def pointing() -> list[tuple[type[Model], str]]:
    """Every foreign key to Person, in any app."""
    return [
        (model, field.name)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if isinstance(field, ForeignKey) and field.related_model is Person
    ]


def dump() -> dict[str, dict[str, Any]]:
    """Every column of every row that has to do with people, as it stands."""
    models = {model for model, _ in pointing()} | {Person}
    found = {}
    for model in models:
        if model._meta.label not in NEVER_MIND:
            columns = [field.attname for field in model._meta.concrete_fields]
            rows = model._default_manager.values("pk", *columns)
            found[model._meta.label] = {str(row["pk"]): json.dumps(row, default=_text, sort_keys=True) for row in rows}
    return found


def _text(value: Any) -> str:
    return value.hex() if isinstance(value, bytes | memoryview) else str(value)


def test_every_key_to_a_person_has_a_rule_and_no_rule_is_idle():
    """A new model that points to people must say what a merge does with its rows."""
    wanted = sorted(f"{model._meta.label}.{name}" for model, name in pointing())
    assert wanted == sorted(name for rule in rules.RULES for name in rule.names)


def test_every_field_of_a_card_can_be_chosen():
    columns = {column.removesuffix("_id") for field in fields.FIELDS for column in field.columns}
    assert columns == {*cards.FIELDS, "photo_key"}


# --- What comes along


def test_handles_of_both_are_kept_each_once(alice):
    ana, twin = person(alice, "Ana Ribeiro", "a@x.test", "b@x.test"), person(alice, "Ana R", "b@x.test", "c@x.test")
    assert not Handle.objects.filter(normalised="b@x.test", identity__isnull=False).exists()
    joined(ana, twin)
    assert [handle.normalised for handle in ana.handles.all()] == ["a@x.test", "b@x.test", "c@x.test"]
    assert ana.handles.filter(identity__isnull=True).count() == 0, "an address on one card names one human again"


def test_contacts_come_along_and_count_once(alice):
    ana, twin = person(alice, "Ana Ribeiro"), person(alice, "Ana R")
    for card, key in ((ana, "m1"), (twin, "m1"), (twin, "m2")):
        Interaction.objects.create(
            owner=alice,
            person=card,
            kind=InteractionKind.MAIL,
            direction=Direction.OUT,
            happened_at=NOW,
            source_key=key,
        )
    joined(ana, twin)
    ana.refresh_from_db()
    assert sorted(ana.interactions.values_list("source_key", flat=True)) == ["m1", "m2"]
    assert ana.last_contact_at == NOW
    assert ana.strength is not None


def test_whom_they_know_is_joined_and_nobody_knows_themself(alice):
    ana, twin, ben, cleo = (person(alice, name) for name in ("Ana Ribeiro", "Ana R", "Ben", "Cleo"))
    AcquaintanceFactory(one=ana, other=ben, closeness=Closeness.SLIGHT, evidence="saw them", source="inferred")
    AcquaintanceFactory(one=twin, other=ben, closeness=Closeness.STRONG, evidence="she said so")
    AcquaintanceFactory(one=twin, other=cleo)
    AcquaintanceFactory(one=ana, other=twin)
    joined(ana, twin)
    with_ana = Acquaintance.objects.filter(a=ana) | Acquaintance.objects.filter(b=ana)
    alive = with_ana.exclude(a=twin).exclude(b=twin)
    assert {row.b_id if row.a_id == ana.id else row.a_id for row in alive} == {ben.id, cleo.id}
    ben_row = alive.get(a__in=[ana, ben], b__in=[ana, ben])
    assert (ben_row.source, ben_row.closeness, ben_row.evidence) == ("said", "strong", "she said so")
    assert all(row.a_id < row.b_id for row in Acquaintance.objects.all())


def test_one_reminder_to_keep_in_touch_remains(alice):
    ana, twin = person(alice, "Ana Ribeiro", cadence_days=30), person(alice, "Ana R", cadence_days=90)
    reminders.schedule(owner=alice, kind=ReminderKind.PROMISE, key="p", due_at=LATER, person=twin, text="the book")
    joined(ana, twin, cadence_days=Pick.OTHER)
    ana.refresh_from_db()
    assert ana.cadence_days == 90
    open_ones = Reminder.objects.filter(state=ReminderState.WAITING)
    assert sorted(open_ones.values_list("kind", flat=True)) == ["keep_in_touch", "promise"]
    assert {row.person_id for row in open_ones} == {ana.id}
    reminder = open_ones.get(kind="keep_in_touch")
    assert (reminder.rhythm_days, reminder.due_at) == (90, reminders.cadence_days(ana, Rhythm(90, 135), None)[0])


def test_seats_and_introductions_come_along(alice, bob):
    ana, twin, ben = person(alice, "Ana Ribeiro"), person(alice, "Ana R"), person(alice, "Ben", relation="wanted")
    seat = SeatFactory(objective__owner=alice)
    bobs = SeatFactory(objective__owner=bob)
    SeatMatchFactory(seat=seat, person=ana, verdict="proposed")
    SeatMatchFactory(seat=seat, person=twin, verdict="confirmed")
    foreign = SeatMatchFactory(seat=bobs, owner=bob, person=twin)
    introduction = IntroductionFactory(owner=alice, introducer=twin, target=ben)
    PutAside.objects.create(owner=alice, key=f"fading:{twin.id}")
    joined(ana, twin)
    assert SeatMatch.objects.get(seat=seat, person=ana).verdict == "confirmed"
    foreign.refresh_from_db()
    assert foreign.person_id == ana.id
    introduction.refresh_from_db()
    assert introduction.introducer_id == ana.id
    assert PutAside.objects.get().key == f"fading:{ana.id}"


def test_two_open_requests_to_both_are_refused_unless_they_are_somebody_elses(alice, bob):
    ana, twin = person(alice, "Ana Ribeiro"), person(alice, "Ana R")
    for target in (ana, twin):
        IntroductionFactory(owner=bob, target=target)
    joined(ana, twin)
    carla, double = person(alice, "Carla"), person(alice, "Carla C")
    for target in (carla, double):
        IntroductionFactory(owner=alice, target=target)
    with pytest.raises(CannotMerge, match="both of them"):
        joined(carla, double)
    assert Introduction.objects.filter(target=double).exists()


def test_a_request_from_one_to_the_other_is_refused_while_it_is_open(alice):
    ana, twin = person(alice, "Ana Ribeiro"), person(alice, "Ana R")
    introduction = IntroductionFactory(owner=alice, introducer=ana, target=twin, state="introducer_asked")
    with pytest.raises(CannotMerge, match="Ana Ribeiro for an introduction to Ana R"):
        joined(ana, twin)
    Introduction.objects.filter(id=introduction.id).update(state="withdrawn", shown_state="withdrawn")
    joined(ana, twin)


def test_who_was_met_through_the_other_is_met_through_the_one(alice):
    ana, twin = person(alice, "Ana Ribeiro"), person(alice, "Ana R")
    ben = person(alice, "Ben", met_through=twin)
    people.update_person(person=ana, fields={"met_through": twin}, now=NOW, typed=True)
    people.update_person(person=twin, fields={"met_through": ana}, now=NOW, typed=True)
    before = dump()
    row = joined(ana, twin)
    ana.refresh_from_db()
    ben.refresh_from_db()
    assert ana.met_through is None, "nobody was met through themself"
    assert ben.met_through_id == ana.id
    parted(row)
    assert dump() == before


def test_rows_of_imports_and_the_names_of_other_books_come_along(alice):
    ana, twin = person(alice, "Ana Ribeiro"), person(alice, "Ana R")
    ImportedCard.objects.create(owner=alice, person=ana, uid="u1")
    for uid in ("u1", "u2"):
        ImportedCard.objects.create(owner=alice, person=twin, uid=uid)
    one = Import.objects.create(owner=alice)
    ImportRow.objects.create(of=one, position=0, line=1, outcome="new", person=twin)
    joined(ana, twin)
    assert sorted(ana.imported_cards.values_list("uid", flat=True)) == ["u1", "u2"]
    assert ImportRow.objects.get().person_id == ana.id


# --- Field by field


def test_the_member_picks_field_by_field(alice):
    ana = person(alice, "Ana Ribeiro", organisation="Tinta", role="Editor", tags=["photo"], notes="Likes tea")
    twin = person(alice, "Ana R", organisation="Acme", place="Porto", tags=["book", "photo"], notes="Has a dog")
    joined(ana, twin, organisation=Pick.OTHER, tags=Pick.BOTH, notes=Pick.ONE)
    ana.refresh_from_db()
    assert (ana.full_name, ana.organisation, ana.role, ana.place) == ("Ana Ribeiro", "Acme", "Editor", "Porto")
    assert ana.tags == ["photo", "book"]
    assert ana.notes == "Likes tea"
    assert {"organisation", "notes", "full_name"} <= set(ana.typed_fields), "an import must not decide again"
    assert "place" not in ana.typed_fields
    assert "acme" in ana.search_text


@pytest.mark.parametrize(
    ("name", "one", "other", "picked"),
    [
        ("reach", Reach.MY_CONNECTIONS, Reach.ONLY_ME, Pick.OTHER),
        ("relation", Relation.WANTED, Relation.KNOWN, Pick.OTHER),
        ("full_name", "Ana", "Ana Ribeiro", Pick.OTHER),
        ("met_on_date", date(2024, 1, 2), date(2020, 1, 2), Pick.OTHER),
        ("notes", "Likes tea", "Has a dog", Pick.BOTH),
        ("needs", ["a flat"], ["a job"], Pick.BOTH),
    ],
)
def test_what_is_sensible(alice, name, one, other, picked):
    pair = [person(alice, **{"full_name": "Same", name: value}) for value in (one, other)]
    found = {difference.field.name: difference for difference in fields.differences(*pair)}
    assert list(found) == [name]
    assert found[name].default is picked


def test_what_the_member_typed_is_preferred_to_what_was_imported(alice):
    ana = person(alice, "Ana", organisation="Imported")
    twin = people.add_person(owner=alice, fields={"full_name": "Ana", "organisation": "Typed"}, now=NOW, typed=True)
    assert [one.default for one in fields.differences(ana, twin)] == [Pick.OTHER]
    assert [one.default for one in fields.differences(twin, ana)] == [Pick.ONE]


def test_only_one_photo_is_shown(alice):
    ana, twin = person(alice, "Ana Ribeiro"), person(alice, "Ana R")
    for card, key in ((ana, "one"), (twin, "two")):
        Photo.objects.create(
            owner=alice, person=card, content=b"x", media_type="image/jpeg", width=1, height=1, key=key
        )
        Person.objects.filter(id=card.id).update(photo_key=key)
    before = dump()
    row = joined(ana, twin, photo=Pick.OTHER)
    ana.refresh_from_db()
    assert ana.photo_key == "two"
    assert ana.photos.get(removed_at=None).key == "two"
    parted(row)
    assert dump() == before


# --- Two, and never one or three


def test_strangers_and_oneself_cannot_be_merged(alice, bob):
    ana, his = person(alice, "Ana"), person(bob, "Ana")
    with pytest.raises(NotThere):
        joined(ana, his)
    with pytest.raises(CannotMerge):
        joined(ana, ana)
    people.delete_person(person=his, now=NOW)
    with pytest.raises(NotThere):
        merge(owner_id=bob.pk, survivor_id=person(bob, "Bo").id, gone_id=his.id, now=NOW)


def test_a_merged_card_cannot_be_merged_again_and_is_found_where_it_is(alice):
    a, b, c = (person(alice, name) for name in "ABC")
    joined(a, b)
    with pytest.raises(NotThere):
        joined(c, b)
    joined(c, a)
    assert where_now(owner_id=alice.pk, person_id=b.id) == c.id
    assert where_now(owner_id=alice.pk, person_id=c.id) == c.id


def test_merges_are_undone_in_their_order(alice):
    a, b, c = (person(alice, name, f"{name}@x.test") for name in "ABC")
    before = dump()
    first = joined(a, b)
    second = joined(a, c)
    with pytest.raises(CannotUnmerge, match="C was merged into the same card later"):
        parted(first)
    parted(second)
    parted(first)
    assert dump() == before
    assert unmerge(merge=first, now=LATER) is None, "the second click finds that it is done"


def test_a_card_that_was_merged_on_comes_back_only_after_that(alice):
    a, b, c = (person(alice, name) for name in ("Anabel", "Bo", "Clementine"))
    first = joined(a, b)
    second = joined(c, a)
    with pytest.raises(CannotUnmerge, match="merged into another one since"):
        parted(first)
    parted(second)
    parted(first)
    assert set(Person.objects.filter(deleted_at=None)) == {a, b, c}


def test_there_and_back_and_the_other_way_round(alice):
    a, b = person(alice, "A", "a@x.test", cadence_days=30), person(alice, "B", "b@x.test", cadence_days=60)
    before = dump()
    for _ in range(3):
        parted(joined(a, b))
        parted(joined(b, a))
    assert dump() == before


def test_other_peoples_merges_do_not_stand_in_the_way(alice):
    """(Ana, Ben) becomes (Ana's double, Ben), then Ben is merged too: each comes apart in any order."""
    ana, twin, ben, benny = (person(alice, name) for name in ("Ana Ribeiro", "Ana R", "Ben", "Benny"))
    AcquaintanceFactory(one=twin, other=benny)
    before = dump()
    for order in (0, 1):
        rows = [joined(ana, twin), joined(ben, benny)]
        row = Acquaintance.objects.get()
        assert {row.a_id, row.b_id} == {ana.id, ben.id}
        for one in rows if order else reversed(rows):
            parted(one)
        assert dump() == before


# --- What came after the merge


def test_what_was_added_since_stays_and_is_told(alice):
    ana, twin = person(alice, "Ana Ribeiro", organisation="Tinta"), person(alice, "Ana R", organisation="Acme")
    interactions.log_contact(person=twin, kind=InteractionKind.CALL, happened_at=NOW - timedelta(days=9), now=NOW)
    row = joined(ana, twin, organisation=Pick.OTHER)
    ana.refresh_from_db()
    interactions.log_contact(person=ana, kind=InteractionKind.MET, happened_at=LATER, now=LATER)
    acquaintances.record_acquaintance(
        owner=alice, one=ana, other=person(alice, "Ben"), closeness=Closeness.SOME, now=LATER
    )
    people.update_person(person=ana, fields={"organisation": "Nova", "place": "Porto"}, now=LATER, typed=True)
    result = parted(row, LATER + timedelta(days=1))
    assert result.kept == ["Organisation"]
    assert sorted(result.stayed) == ["1 acquaintance", "1 contact"]
    ana.refresh_from_db()
    twin.refresh_from_db()
    assert (ana.organisation, ana.place, twin.organisation) == ("Nova", "Porto", "Acme")
    assert ana.last_contact_at == LATER
    assert twin.last_contact_at == NOW - timedelta(days=9)
    assert [one.kind for one in twin.interactions.all()] == ["call"]


def test_what_was_removed_since_does_not_come_back(alice):
    ana, twin = person(alice, "Ana Ribeiro", "a@x.test"), person(alice, "Ana R", "b@x.test")
    contact = interactions.log_contact(person=twin, kind=InteractionKind.CALL, happened_at=NOW, now=NOW)
    row = joined(ana, twin)
    interactions.remove_contact(interaction=Interaction.objects.get(id=contact.id), now=LATER)
    Handle.objects.filter(normalised="b@x.test").delete()
    parted(row)
    twin.refresh_from_db()
    assert not twin.interactions.exists()
    assert not twin.handles.exists()
    assert twin.last_contact_at is None


def test_a_reminder_of_later_keeps_a_key_of_its_own(alice):
    """Reminders are numbered for each card, also after those of two have lain together."""
    ana, twin = person(alice, "Ana Ribeiro", cadence_days=30), person(alice, "Ana R", cadence_days=30)
    reminders.done(reminder=Reminder.objects.get(state="waiting", person=twin), now=NOW)
    row = joined(ana, twin)
    for day in range(1, 4):
        reminders.done(reminder=Reminder.objects.get(state="waiting", person=ana), now=LATER + timedelta(days=day))
    parted(row, LATER + timedelta(days=5))
    for card in (ana, twin):
        reminder = Reminder.objects.select_related("person__owner").get(state="waiting", person=card)
        assert reminders.done(reminder=reminder, now=LATER + timedelta(days=6))


def test_what_was_hung_on_the_card_in_the_moment_of_the_merge_follows_it(alice):
    ana, twin = person(alice, "Ana Ribeiro"), person(alice, "Ana R")
    row = joined(ana, twin)
    # Another transaction had read the card before it was merged away, and wrote after.
    Interaction.objects.create(owner=alice, person=twin, kind=InteractionKind.MET, happened_at=NOW)
    follow(now=LATER + timedelta(minutes=1))
    follow(now=LATER + timedelta(minutes=2))
    ana.refresh_from_db()
    assert ana.interactions.count() == 1
    assert ana.last_contact_at == NOW
    row.refresh_from_db()
    parted(row)
    assert Interaction.objects.get().person_id == twin.id


def test_two_people_stay_two_people_after_a_merge(alice):
    ana, twin, ben = person(alice, "Ana Ribeiro"), person(alice, "Ana R"), person(alice, "Ben")
    told = tell_apart(one=twin, other=ben)
    marks = {told.a_id: told.a_marks, told.b_id: told.b_marks}
    tell_apart(one=ana, other=twin)
    Unacquainted.objects.create(
        owner=alice, a=min(twin, ben, key=lambda one: one.id), b=max(twin, ben, key=lambda one: one.id)
    )
    before = dump()
    row = joined(ana, twin)
    told.refresh_from_db()
    assert {told.a_id, told.b_id} == {ana.id, ben.id}
    assert (told.a_marks if told.a_id == ana.id else told.b_marks) == marks[twin.id]
    parted(row)
    assert dump() == before


# --- In the end


def test_a_month_later_the_merged_card_goes_for_good_and_takes_nothing_along(alice):
    ana, twin = person(alice, "Ana Ribeiro", "a@x.test"), person(alice, "Bob", "b@x.test")
    joined(ana, twin)
    purge(now=LATER + KEPT_FOR + timedelta(hours=1))
    assert list(Person.objects.all()) == [ana]
    assert ana.handles.count() == 2
    assert not Merge.objects.exists()
    assert OtherName.objects.get().name == "Bob", "an import of the other card still finds the one"


def test_an_undone_merge_holds_nothing(alice):
    row = joined(person(alice, "Ana", notes="secret"), person(alice, "Ana R"))
    parted(row)
    row.refresh_from_db()
    assert row.journal == {}
    assert not OtherName.objects.exists()
    purge(now=LATER + KEPT_FOR + timedelta(hours=1))
    assert not Merge.objects.exists()


def test_after_undoing_the_book_is_looked_through_again(alice):
    DuplicateLook.objects.create(owner=alice, looked_at=NOW, looked_fully_at=NOW)
    parted(joined(person(alice, "Ana"), person(alice, "Ana R")))
    assert DuplicateLook.objects.get().looked_fully_at is None


# --- Whatever hangs on them


WORDS = st.sampled_from(["", "Tinta", "Acme", "Porto"])
HANDLES = st.lists(st.sampled_from(["a@x.test", "b@x.test", "c@x.test"]), unique=True, max_size=3)
CARD = st.fixed_dictionaries(
    {
        "full_name": st.sampled_from(["Ana Ribeiro", "Ana", "Bob"]),
        "organisation": WORDS,
        "place": WORDS,
        "notes": WORDS,
        "tags": st.lists(st.sampled_from(["x", "y", "z"]), unique=True),
        "needs": st.lists(st.sampled_from(["x", "y"]), unique=True),
        "custom_fields": st.lists(
            st.sampled_from([{"label": "k", "value": "v"}, {"label": "l", "value": "w"}]), max_size=2
        ),
        "cadence_days": st.sampled_from([None, 7, 90]),
        "layer": st.sampled_from([None, 5, 50]),
        "relation": st.sampled_from(["known", "wanted"]),
        "reach": st.sampled_from([0, 1, 2]),
        "met_on_date": st.sampled_from([None, date(2020, 2, 29)]),
    }
)
WHO = st.integers(0, 3)
KEYS = st.sampled_from(["", "k1", "k2"])
VERDICTS = st.sampled_from(["proposed", "confirmed", "dismissed"])
PICKS = st.dictionaries(st.sampled_from([field.name for field in fields.FIELDS]), st.sampled_from(list(Pick)))
STEPS = st.lists(st.tuples(WHO, WHO), min_size=1, max_size=4)
WORLD = st.fixed_dictionaries(
    {
        "cards": st.tuples(*[st.tuples(CARD, HANDLES)] * 4),
        "contacts": st.lists(
            st.tuples(WHO, st.sampled_from(InteractionKind.values), st.integers(0, 400), KEYS),
            max_size=6,
        ),
        "known": st.lists(st.tuples(WHO, WHO, st.sampled_from(Closeness.values), st.booleans()), max_size=6),
        "apart": st.lists(st.tuples(WHO, WHO), max_size=3),
        "together": st.lists(st.sets(WHO, min_size=2), max_size=3),
        "through": st.lists(st.tuples(WHO, WHO), max_size=2),
        "matches": st.lists(st.tuples(st.integers(0, 1), WHO, VERDICTS), max_size=5),
        "asked": st.lists(st.tuples(WHO, WHO, st.sampled_from(["draft", "withdrawn"])), max_size=3),
        "uids": st.lists(st.tuples(WHO, st.sampled_from(["u1", "u2"])), max_size=4, unique=True),
        "archived": st.sets(WHO, max_size=1),
    }
)  # fmt: skip


def build(owner: User, world: dict[str, Any]) -> list[Person]:
    """The world, made through the services, as pages and imports would leave it."""
    made = []
    for number, (card, emails) in enumerate(world["cards"]):
        handles = [HandleInput(HandleKind.EMAIL, email) for email in emails]
        made.append(people.add_person(owner=owner, fields=card, handles=handles, now=NOW, typed=number % 2 == 0))
    for who, kind, days, key in world["contacts"]:
        if not key or not made[who].interactions.filter(source_key=key).exists():
            Interaction.objects.create(
                owner=owner, person=made[who], kind=kind, happened_at=NOW - timedelta(days=days), source_key=key
            )
    for card in made:
        card.refresh_from_db()
        interactions.settle_contact(person=card, now=NOW)
    for one, other, closeness, is_said in world["known"]:
        if one != other:
            acquaintances.record_acquaintance(
                owner=owner,
                one=made[one],
                other=made[other],
                closeness=closeness,
                evidence=f"{one} and {other}",
                source=AcquaintanceSource.SAID if is_said else AcquaintanceSource.INFERRED,
                now=NOW,
            )
    for one, other in world["apart"]:
        if one != other:
            tell_apart(one=made[one], other=made[other])
    for number, crowd in enumerate(world["together"]):
        gathering = Gathering.objects.create(owner=owner, kind="mail", key=f"g{number}", happened_at=NOW)
        Presence.objects.bulk_create([Presence(gathering=gathering, person=made[who]) for who in sorted(crowd)])
    settle_new(owner=owner, now=NOW)
    for one, other in world["through"]:
        if one != other:
            Person.objects.filter(id=made[one].id).update(met_through=made[other])
    seats = [SeatFactory(objective__owner=owner) for _ in range(2)]
    for seat, who, verdict in world["matches"]:
        SeatMatch.objects.get_or_create(owner=owner, seat=seats[seat], person=made[who], defaults={"verdict": verdict})
    for introducer, target, state in world["asked"]:
        is_open = Introduction.objects.filter(target=made[target], shown_state="draft").exists()
        if introducer != target and not (is_open and state == "draft"):
            IntroductionFactory(owner=owner, introducer=made[introducer], target=made[target], state=state)
    for who, uid in world["uids"]:
        ImportedCard.objects.create(owner=owner, person=made[who], uid=uid)
    for who in world["archived"]:
        people.archive_person(person=Person.objects.select_related("owner").get(id=made[who].id), now=NOW)
    return made


class Whatever(TestCase):
    """Hypothesis runs each example in a transaction of its own."""

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(world=WORLD, steps=STEPS, picks=PICKS)
    def test_merging_and_taking_apart_changes_nothing(self, world, steps, picks):
        owner = UserFactory()
        made = build(owner, world)
        states = [dump()]
        done = []
        for one, other in steps:
            try:
                done.append(joined(made[one], made[other], LATER, **picks))
            except CannotMerge:
                continue
            states.append(dump())
            check_whole(owner)
        for row in reversed(done):
            assert dump() == states.pop()
            parted(row, LATER + timedelta(minutes=5))
        assert dump() == states.pop()
        assert not states


def check_whole(owner: User) -> None:
    """What must hold of any book at any time."""
    gone = {row.gone_id for row in Merge.objects.filter(undone_at=None)}
    assert all(row.a_id < row.b_id for row in Acquaintance.objects.all())
    assert not Reminder.objects.filter(person__in=gone, state__in=["waiting", "sent"]).exists()
    live = Person.objects.filter(deleted_at=None, owner=owner)
    assert not gone & set(live.values_list("id", flat=True))
    for card in live:
        kept = Reminder.objects.filter(person=card, kind="keep_in_touch", state="waiting").count()
        assert kept == (card.cadence_days is not None and card.relation == "known" and card.archived_at is None)
        assert card.met_through_id != card.id
    assert all(told.a_id and told.b_id and told.a_id < told.b_id for told in ToldApart.objects.all())
