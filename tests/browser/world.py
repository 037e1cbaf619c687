"""A small world with a row for everything a page can show, and the addresses of all pages in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

from django.urls import reverse
from django.utils import timezone
from PIL import Image

from contacts.handles import HandleKind
from contacts.models import (
    Closeness,
    Direction,
    Interaction,
    InteractionKind,
    Person,
    Relation,
    Reminder,
    ReminderKind,
)
from contacts.services import acquaintances, connections, filters, interactions, people, photos, reminders, sending
from contacts.services.handles import HandleInput
from contacts.shared import circle_of
from introductions import matching, overview, planning, routes
from introductions.models import Answer, Consent, Introduction, Objective
from introductions.services import introductions, objectives, searches
from introductions.services.objectives import SeatInput
from netapp.accounts.models import User
from netapp.lib import tokens
from netapp.lib.times import local_date
from netapp.mail import suppression
from netapp.mail.models import Letter
from tests.contacts import importing
from tests.factories import UserFactory
from tests.introductions.story import verify

Text = Callable[[str], str]
NOTE = "Hello Charlie,\n\nI photograph night shifts. Would you have twenty minutes for me?\n\nAlice"


def _face() -> bytes:
    """A picture."""
    out = BytesIO()
    Image.radial_gradient("L").resize((90, 120)).save(out, "PNG")
    return out.getvalue()


@dataclass
class World:
    """Alice's book and what she does with it, and Bob, a member who asks her for something.

    `said(text)` is what somebody typed where `text` was meant: another spelling of everything, for hostile worlds.
    """

    alice: User
    said: Text = str
    now: datetime = field(default_factory=timezone.now)
    people: dict[str, Person] = field(default_factory=dict)

    def build(self) -> World:
        """Write the rows as the site itself would have."""
        self.alice.name = self.said(self.alice.name)[:100]
        self.alice.save(update_fields=["name"])
        verify(self.alice)
        self.bob = UserFactory(email="bob@kith.test", name=self.said("Bob Brook"))
        verify(self.bob)
        for name, role, relation in (
            ("Ana Almeida", "curator", Relation.KNOWN),
            ("Ben Berg", "bookbinder", Relation.KNOWN),
            ("Charlie Cole", "photo editor", Relation.WANTED),
            ("Dora Dahl", "photo editor", Relation.WANTED),
            ("Eva Ek", "photo editor", Relation.WANTED),
        ):
            self.people[name] = self.card(self.alice, name, role=role, relation=relation)
        ana, ben, charlie, dora, eva = self.people.values()
        people.update_person(person=eva, fields={"met_through": ana}, now=self.now, typed=True)
        photos.choose_photo(person=ana, data=_face(), now=self.now)
        filters.save_filter(owner=self.alice, name=self.said("Photo editors"), query="q=photo")
        self.was_in_touch(ana, 3)
        self.was_in_touch(ben, 200)
        people.update_person(person=ben, fields={"cadence_days": 90}, now=self.now, typed=True)
        for other in (charlie, dora, eva):
            acquaintances.record_acquaintance(
                owner=self.alice,
                one=ana,
                other=other,
                closeness=Closeness.STRONG,
                tie_kinds=["colleague", self.said("band")[:60]],
                evidence=self.said("They hung a show together"),
                evidence_date=None,
                now=self.now,
            )
        self.objective, self.empty_objective = self.states_objectives()
        self.seat = self.objective.seats.get()
        self.draft = self.asks(ana, charlie)
        self.introduced = introductions.send(introduction=self.asks(ana, eva), now=self.now)
        self.answers(self.introduced, "introducer")
        self.answers(self.introduced, "target")
        # Over Ben: one question at a time stands open before Ana.
        self.asked = introductions.send(introduction=self.asks(ben, dora), now=self.now)
        self.asked_of_alice = self.bob_asks()
        self.invited = connections.invite(inviter=self.alice, email="friend@kith.test", now=self.now)
        self.connected = connections.invite(inviter=self.bob, email=self.alice.email, now=self.now)
        connections.accept(connection=self.connected, member=self.alice, now=self.now)
        self.previewed = importing.preview(self.alice, ("more.vcf", importing.cards(3)), now=self.now)
        self.imported = importing.run(self.alice, ("first.vcf", importing.cards(2, start=20)), now=self.now)
        self.work_out()
        self.reminder = self.is_reminded()
        return self

    def card(self, owner: User, name: str, email: str = "", **fields: object) -> Person:
        """A card with everything on it."""
        said = self.said
        filled = {
            "full_name": said(name),
            "organisation": said("Tinta"),
            "place": said("Porto")[:200],
            "notes": said("Met at the book fair."),
            "tags": [said("photo")[:60]],
            "tie_kinds": ["friend", said("book club")[:60]],
            "needs": [said("a flat in Porto")],
            "offers": [said("bookbinding")],
            "custom_fields": [{"label": said("Shoe size"), "value": said("thirty-nine")}],
            "other_dates": [{"label": said("Wedding"), "year": None, "month": 2, "day": 29}],
            "how_met": said("At a book fair"),
            "nickname": said(name.split()[0])[:100],
            **fields,
        }
        email = email or f"{name.split()[0].lower()}@example.org"
        handles = [HandleInput(HandleKind.EMAIL, email, said("work")[:60])]
        return people.add_person(owner=owner, fields=filled, handles=handles, now=self.now, typed=True)

    def was_in_touch(self, person: Person, days: int) -> Interaction:
        """A meeting, that long ago."""
        return interactions.log_contact(
            person=person,
            kind=InteractionKind.MET,
            direction=Direction.BOTH,
            happened_at=self.now - timedelta(days=days),
            note=self.said("Over a coffee."),
            now=self.now,
        )

    def states_objectives(self) -> tuple[Objective, Objective]:
        """One with a seat, one without."""
        seat = SeatInput(title=self.said("Photo editor")[:200], roles=["photo editor"])
        title, why = self.said("Publish my book"), self.said("Ten years of nights.")
        dates: dict[str, Any] = {
            "target_date": local_date(self.now + timedelta(days=90), self.alice.zone),
            "review_date": None,
            "now": self.now,
        }
        full = objectives.write_objective(owner=self.alice, title=title[:200], why=why, seats=[seat], **dates)
        bare = objectives.write_objective(owner=self.alice, title="Learn to bind", why="", seats=[], **dates)
        return full, bare

    def asks(self, introducer: Person, target: Person) -> Introduction:
        """A draft."""
        return introductions.draft(
            owner=introducer.owner,
            target=target,
            introducer=introducer,
            seat=self.seat if introducer.owner_id == self.alice.pk else None,
            message=self.said("Would you pass this on?"),
            note=self.said(NOTE),
            now=self.now,
        )

    def answers(self, introduction: Introduction, party: str) -> Consent:
        """A yes."""
        question = Consent.objects.get(introduction=introduction, party=party)
        if party == "target":
            return introductions.answer(consent_id=question.id, answer=Answer.YES, now=self.now)
        added, email = self.said("She is good."), "eva@tinta.example"
        return introductions.answer(
            consent_id=question.id,
            answer=Answer.YES,
            extras=introductions.Extras(added=added, next_email=email),
            now=self.now,
        )

    def bob_asks(self) -> Consent:
        """Bob asks Alice for an introduction to somebody."""
        alice = self.card(self.bob, "Alice Anders", self.alice.email)
        target = self.card(self.bob, "Faro Fuchs", relation=Relation.WANTED)
        introduction = introductions.send(introduction=self.asks(alice, target), now=self.now)
        return Consent.objects.get(introduction=introduction, party="introducer")

    def is_reminded(self) -> Reminder:
        """A reminder of a person, sent and not answered."""
        User.objects.filter(id=self.alice.pk).update(mail_from_time="00:00", mail_until_time="00:00")
        Reminder.objects.filter(owner=self.alice, kind=ReminderKind.KEEP_IN_TOUCH).update(due_at=self.now)
        reminders.schedule(
            owner=self.alice,
            kind=ReminderKind.PROMISE,
            key="promise",
            due_at=self.now,
            person=self.people["Ana Almeida"],
            text=self.said("Send Ana the book"),
        )
        sending.send_due(owner_id=self.alice.pk, now=self.now)
        return Reminder.objects.get(owner=self.alice, key="promise")

    def work_out(self) -> None:
        """What workers would compute."""
        matching.rematch(member_id=self.alice.pk, now=self.now)
        searches.want_all_routes(circle=circle_of(self.alice.pk, self.now), now=self.now)
        while routes.refresh_routes(member_id=self.alice.pk, now=self.now) == routes.AT_ONCE:
            pass
        planning.refresh_plan(member_id=self.alice.pk, now=self.now)
        overview.refresh_overview(member_id=self.alice.pk, now=self.now)

    # --- Addresses

    def answer_link(self, introduction: Introduction, party: str = "introducer") -> str:
        """What stands in the mail of that party."""
        question = Consent.objects.get(introduction=introduction, party=party)
        return reverse("introductions:answer", args=[tokens.derive("answer", question.salt)])

    def stop_link(self) -> str:
        """What stands at the foot of a letter to Ana."""
        letter = Letter.objects.filter(kind="introducer_asked").earliest("created_at")
        return reverse("mail:stop", args=[suppression.token_for(letter, letter.to[0])])

    def public_pages(self) -> Iterator[str]:
        """Those that a reader of a mail opens without an account, and the way in."""
        yield from ("/account/login/", "/account/signup/", "/account/password/reset/", "/nowhere/")
        yield self.answer_link(self.asked)
        yield self.answer_link(self.introduced)
        yield self.answer_link(self.introduced, "target")
        yield reverse("introductions:answer", args=["A" * 43])
        yield reverse("contacts:reminder_answer", args=[tokens.derive("reminder", self.reminder.salt)])
        yield self.stop_link()

    def member_pages(self) -> Iterator[str]:
        """Everything that Alice can open."""
        ana, ben, charlie = (self.people[name] for name in ("Ana Almeida", "Ben Berg", "Charlie Cole"))
        yield from ("/", "/people/?q=zzzzzz", "/people/?relation=wanted", "/go/?q=a", "/nowhere/")
        yield "/people/?tag=photo&sort=name"
        for name in ("people", "lists", "export", "person_add", "imports", "reminders", "calendar", "trial", "sharing"):
            yield reverse(f"contacts:{name}")
        trip = "first=2099-05-03&last=2099-05-06"
        yield from (reverse("contacts:crossings") + f"?{asked}" for asked in ("", "town=", f"town=Lisbon&{trip}"))
        yield reverse("contacts:crossings") + f"?town=Nowhere&{trip}"
        for name in (
            *("objectives", "objective_add", "introductions", "favours", "limits"),
            *("plan", "what_if", "stand_back", "map"),
        ):
            yield reverse(f"introductions:{name}")
        yield from ("/settings/", "/settings/delete/", "/mail/log/", "/account/email/", "/account/password/change/")
        for person in (ana, ben, charlie):
            yield reverse("contacts:person", args=[person.id])
        yield reverse("contacts:person_edit", args=[ana.id])
        yield reverse("contacts:acquaintance_find", args=[ana.id]) + "?q=a"
        yield reverse("contacts:acquaintance_add", args=[ana.id, ben.id])
        yield reverse("contacts:contact_edit", args=[Interaction.objects.filter(person=ana).earliest("created_at").id])
        yield reverse("contacts:seen_by", args=[self.connected.id])
        for one in (self.previewed, self.imported):
            yield reverse("contacts:import", args=[one.id])
        for name in ("objective", "objective_edit", "objective_close", "objective_review"):
            yield reverse(f"introductions:{name}", args=[self.objective.id])
        yield reverse("introductions:objective", args=[self.empty_objective.id])
        yield reverse("introductions:seat_people", args=[self.seat.id])
        yield reverse("introductions:routes", args=[charlie.id])
        fresh = self.wish()
        yield reverse("introductions:ask", args=[fresh.id])
        yield reverse("introductions:ask", args=[fresh.id]) + f"?introducer={ana.id}&seat={self.seat.id}"
        for introduction in (self.draft, self.asked, self.introduced):
            yield reverse("introductions:introduction", args=[introduction.id])
        yield reverse("introductions:edit", args=[self.draft.id])
        yield reverse("introductions:asked", args=[self.asked_of_alice.id])

    def wish(self) -> Person:
        """Somebody to meet about whom nobody was asked yet."""
        found = Person.objects.filter(owner=self.alice, nickname="wish").first()
        if found:
            return found
        return self.card(self.alice, "Greta Gomes", relation=Relation.WANTED, role="photo editor", nickname="wish")
