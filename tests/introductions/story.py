"""Alice asks Bob to introduce her to Charlie: the steps of the story, for tests that begin somewhere in its middle."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.urls import reverse

from contacts.handles import HandleKind
from contacts.models import Person, Relation
from contacts.services import people
from contacts.services.handles import HandleInput
from introductions.models import Answer, Consent, ConsentState, Introduction
from introductions.services import introductions as services
from netapp.accounts.models import User
from netapp.lib import tokens
from netapp.mail.models import Letter, LetterState
from tests.factories import NOW, ObjectiveFactory, SeatFactory, UserFactory

NOTE = "Hello Charlie,\n\nI am Alice, I photograph night shifts.\n\nWould you have twenty minutes for me?\n\nAlice"
MESSAGE = "Hello Bob,\n\nyou know Charlie, I think. Would you pass this on?\n\nAlice"
BOB, CHARLIE = "bob@friends.test", "charlie@stranger.test"


def verify(member: User, email: str | None = None) -> None:
    """The member has proved that the address is theirs."""
    EmailAddress.objects.create(user=member, email=email or member.email, verified=True, primary=email is None)


def card(owner: User, name: str, email: str = "", **fields: object) -> Person:
    """A card as the form would make it."""
    handles = [HandleInput(HandleKind.EMAIL, email)] if email else []
    return people.add_person(owner=owner, fields={"full_name": name, **fields}, handles=handles, now=NOW, typed=True)


@dataclass
class Story:
    """Alice's two cards and what she asked."""

    alice: User
    bob: Person
    charlie: Person
    introduction: Introduction

    def send(self, now: datetime = NOW) -> "Story":
        """Alice sends it, and the mail goes out."""
        services.send(introduction=self.introduction, now=now)
        self.post(now)
        return self

    def post(self, now: datetime = NOW) -> None:
        """Every letter that waits goes out."""
        Letter.objects.filter(state=LetterState.QUEUED).update(state=LetterState.SENT, sent_at=now)

    def question(self, party: str) -> Consent:
        """The question to "introducer" or "target", as it stands."""
        return Consent.objects.select_related("introduction__owner").get(introduction=self.introduction, party=party)

    def answer(self, party: str, answer: str, now: datetime = NOW + timedelta(hours=3), **more: Any) -> Consent:
        """That party answers, and whatever follows from it goes out."""
        question = services.answer(
            consent_id=self.question(party).id, answer=Answer(answer), now=now, extras=services.Extras(**more)
        )
        self.post(now)
        return question

    def token(self, party: str) -> str:
        """What stands in the link of that party's mail."""
        return tokens.derive("answer", self.question(party).salt)

    def link(self, party: str) -> str:
        """The path of that link."""
        return reverse("introductions:answer", args=[self.token(party)])

    def fresh(self) -> Introduction:
        """The introduction as it stands."""
        return Introduction.objects.select_related("owner", "target").get(id=self.introduction.id)

    def letters(self, kind: str) -> list[Letter]:
        """Letters of that kind."""
        return list(Letter.objects.filter(kind=kind).order_by("created_at"))


def begin(alice: User, *, charlie_email: str = CHARLIE, charlie: Person | None = None) -> Story:
    """Alice has a draft."""
    bob = card(alice, "Bob Brook", BOB)
    target = charlie or card(
        alice, "Charlie Cole", charlie_email, relation=Relation.WANTED, role="photo editor", organisation="Tinta"
    )
    seat = SeatFactory(objective=ObjectiveFactory(owner=alice, why="It has been ten years of nights."))
    introduction = services.draft(
        owner=alice, target=target, introducer=bob, seat=seat, message=MESSAGE, note=NOTE, now=NOW
    )
    return Story(alice, bob, target, introduction)


def asked(introduction: Introduction) -> list[str]:
    """The parties that have a question before them."""
    return list(introduction.consents.filter(state=ConsentState.ASKED).values_list("party", flat=True))


def an_asker(email: str = BOB, target: str = CHARLIE) -> Story:
    """Another member with a draft: to whoever reads `email`, about whoever reads `target`."""
    asker = UserFactory(name="Another Asker")
    verify(asker)
    introducer = card(asker, "Bob Brook", email)
    Person.objects.filter(id=introducer.id).update(last_contact_at=NOW - timedelta(days=1), strength=0.5)
    introducer.refresh_from_db()
    wanted = card(asker, "Charlie Cole", target, relation=Relation.WANTED)
    introduction = services.draft(
        owner=asker, target=wanted, introducer=introducer, seat=None, message="", note=NOTE, now=NOW
    )
    return Story(asker, introducer, wanted, introduction)
