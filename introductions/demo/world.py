"""The demo's world, put together: members, their books, what they share, want and ask for.

`build` is one transaction: a demo is there whole or not at all. Everything is drawn by lot from fixed seeds and dated
from `now`, so two runs differ in nothing but their ids.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction

from contacts.models import Acquaintance, Connection, Handle, Identity, Interaction, Person, Reach
from contacts.services import connections, people, strengths
from contacts.shared import circle_of
from introductions import matching, routes
from introductions.demo import further, near, others, story
from introductions.demo.acquainted import write_acquaintances
from introductions.demo.asking import Asking
from introductions.demo.books import write_book
from introductions.demo.cards import Written, by_name, read
from introductions.demo.crowd import crowd
from introductions.demo.members import ALICE, BOB, CARLA, DAN, Member, make_members
from introductions.demo.objectives import CURATOR, PRINTER, write_objectives
from introductions.demo.post import past
from introductions.demo.when import Calendar
from introductions.services import matches, searches
from netapp.accounts.models import User
from netapp.accounts.services import delete_account

PEOPLE: Final = 150
"""People in Alice's book, where no other number is asked for."""

JOINED: Final = 420
_ARCHIVED: Final = ("Felix Obermayer", "Patrícia Valente")
_MET_THROUGH: Final = (
    ("Hugo Ventura", "Tomás Figueira"),
    ("Joaquim Barreto", "Lúcia Prazeres"),
    ("Bruno Estrela", "Marta Quintela"),
    ("Alberto Pacheco", "Gaspar Monteiro"),
    ("Femi Adeyemi", "Marguerite Osei"),
)
_BIRTHDAY_IN: Final = (("Célia Bettencourt", 2), ("Elin Anders", 9))


_TABLES: Final = {
    ALICE: ((near.TABLE, near.DETAILS), (further.TABLE, further.DETAILS)),
    BOB: ((others.BOB, others.BOB_DETAILS),),
    CARLA: ((others.CARLA, others.CARLA_DETAILS),),
    DAN: ((others.DAN, others.DAN_DETAILS),),
}


def written_people(member: Member) -> dict[str, Written]:
    """That member's people who are written down by hand, by name."""
    return by_name(person for table, details in _TABLES[member] for person in read(table, details))


@transaction.atomic
def build(*, now: datetime, people_count: int = PEOPLE, say: Callable[[str], None] = lambda _: None) -> User:
    """Write the whole demo; Alice. `people_count`: of Alice's book, at least as many as have a part in the story.

    Raises IntegrityError where one of the demo's members is there already.
    """
    users = make_members(joined_at=now - timedelta(days=JOINED))
    alice, bob, carla, dan = (users[member] for member in (ALICE, BOB, CARLA, DAN))
    books = {member: _book(member, users[member], people_count, now) for member in (BOB, CARLA, DAN, ALICE)}
    say(f"{Person.objects.filter(owner=alice).count()} people in Alice's book")
    calendar = Calendar.of(alice, now)
    _finish_cards(books[ALICE], calendar, now)
    write_acquaintances(owner=alice, people=books[ALICE], calendar=calendar, now=now)
    _connect(alice, bob, calendar, days=370)
    _connect(bob, carla, calendar, days=290)
    seats = write_objectives(alice=alice, bob=bob, calendar=calendar)
    asking = Asking(alice, books[ALICE], seats, calendar)
    story.live_through_what_is_over(asking)
    story.live_through_what_is_open(asking)
    story.ask_alice(Asking(bob, books[BOB], seats, calendar), target=books[ALICE]["Joaquim Barreto"])
    story.remind(asking)
    _count_rows()
    for user in (alice, bob, carla, dan):
        work_out(user, now)
    matches.put(seat=seats[PRINTER], person=books[ALICE]["Hugo Ventura"])
    matches.confirm(match=seats[CURATOR].matches.get(person=books[ALICE]["Beatriz Salgueiro"]))
    say("routes computed")
    return alice


def _count_rows() -> None:
    """Let PostgreSQL see how much there is now: it plans by what it last counted, which was nothing."""
    tables = ", ".join(model._meta.db_table for model in (Person, Handle, Identity, Interaction, Acquaintance))
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {tables}")


def work_out(user: User, now: datetime) -> None:
    """What workers would compute: strengths, who fits which seat, the routes."""
    strengths.recompute(owner_id=user.pk, now=now)
    matching.rematch(member_id=user.pk, now=now)
    searches.want_all_routes(circle=circle_of(user.pk, now), now=now)
    while routes.refresh_routes(member_id=user.pk, now=now) == routes.AT_ONCE:
        pass


@transaction.atomic
def remove(*, members: Sequence[User], now: datetime) -> None:
    """Delete these accounts with everything of theirs; as always then, those who had been asked are told."""
    for member in members:
        delete_account(member=member, now=now)


def _book(member: Member, user: User, people_count: int, now: datetime) -> dict[str, Person]:
    calendar = Calendar.of(user, now)
    by_hand = written_people(member)
    wanted = {ALICE: people_count, BOB: 52, CARLA: 44, DAN: 30}[member]
    reach = (Reach.ONLY_ME,) if member is ALICE else (Reach.ONLY_ME, Reach.MY_CONNECTIONS, Reach.THEIR_CONNECTIONS)
    return write_book(
        owner=user,
        by_hand=list(by_hand.values()),
        imported=crowd(seed=user.email, count=max(0, wanted - len(by_hand)), taken=by_hand, reach=reach),
        calendar=calendar,
        joined_at=user.joined_at,
        now=now,
    )


def _finish_cards(book: dict[str, Person], calendar: Calendar, now: datetime) -> None:
    for name, through in _MET_THROUGH:
        people.update_person(person=book[name], fields={"met_through": book[through]}, now=now, typed=True)
    for name, days in _BIRTHDAY_IN:
        day = calendar.ago(-days)
        fields = {"birth_day": day.day, "birth_month": day.month}
        people.update_person(person=book[name], fields=fields, now=now, typed=True)
    for name in _ARCHIVED:
        people.archive_person(person=book[name], now=now)


def _connect(inviter: User, invitee: User, calendar: Calendar, *, days: int) -> None:
    with past(inviter, at=calendar.at(days, 20)) as at:
        connection = connections.invite(inviter=inviter, email=invitee.email, now=at)
        Connection.objects.filter(id=connection.id).update(created_at=at)
    with past(inviter, at=calendar.at(days - 1, 8, 30)) as at:
        connections.accept(connection=connection, member=invitee, now=at)
