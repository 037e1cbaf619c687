"""Alice asks Ana, who asks Ben, who asks Dora, who asks Charlie: the steps of a longer story, for tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse

from contacts.models import Person, Relation
from introductions.models import Answer, Consent, ConsentState, Introduction
from introductions.services import introductions as services
from netapp.accounts.models import User
from netapp.lib import tokens
from netapp.mail.models import Letter, LetterState
from tests.factories import NOW
from tests.introductions.story import CHARLIE, NOTE, card

NAMES = ("Ana Almeida", "Ben Berg", "Dora Dahl")
EMAILS = ("ana@friends.test", "ben@friends.test", "dora@friends.test")
HOUR = timedelta(hours=1)


@dataclass
class Chain:
    """Alice's cards and what she asked. Positions: 0 is Ana, the last is Charlie."""

    alice: User
    people: list[Person]
    charlie: Person
    introduction: Introduction

    @property
    def target(self) -> int:
        """Charlie's position."""
        return len(self.people)

    def send(self, now: datetime = NOW) -> Chain:
        """Alice sends it, and the mail goes out."""
        services.send(introduction=self.introduction, now=now)
        self.post(now)
        return self

    def post(self, now: datetime = NOW) -> None:
        """Every letter that waits goes out."""
        Letter.objects.filter(state=LetterState.QUEUED).update(state=LetterState.SENT, sent_at=now)

    def question(self, position: int) -> Consent:
        """The question at that place, as it stands."""
        return Consent.objects.select_related("introduction__owner").get(
            introduction=self.introduction, position=position
        )

    def answer(self, position: int, answer: str, now: datetime | None = None, **extras: Any) -> Consent:
        """Whoever is there answers, and whatever follows from it goes out."""
        now = now or NOW + (3 + position) * HOUR
        question = services.answer(
            consent_id=self.question(position).id, answer=Answer(answer), now=now, extras=services.Extras(**extras)
        )
        self.post(now)
        return question

    def everybody_until(self, position: int) -> Chain:
        """A yes of everybody before that place."""
        for one in range(position):
            self.answer(one, "yes")
        return self

    def link(self, position: int) -> str:
        """The path of the link in that question's mail."""
        return reverse("introductions:answer", args=[tokens.derive("answer", self.question(position).salt)])

    def fresh(self) -> Introduction:
        """The introduction as it stands."""
        return Introduction.objects.select_related("owner", "target").get(id=self.introduction.id)

    def asked(self) -> list[int]:
        """The places that have a question before them."""
        rows = self.introduction.consents.filter(state=ConsentState.ASKED)
        return list(rows.values_list("position", flat=True))

    def letters(self, kind: str) -> list[Letter]:
        """Letters of that kind, in the order of asking."""
        return sorted(Letter.objects.filter(kind=kind), key=lambda letter: letter.key)


def draft_chain(alice: User, introducers: int = 3, *, charlie_email: str = CHARLIE, mark: str = "") -> Chain:
    """Alice has a draft over that many introducers. `mark` makes their addresses others than those of another chain."""
    people = [
        card(alice, name, mark + email) for name, email in zip(NAMES[:introducers], EMAILS[:introducers], strict=True)
    ]
    charlie = card(
        alice, "Charlie Cole", mark + charlie_email, relation=Relation.WANTED, role="photo editor", organisation="Tinta"
    )
    introduction = services.draft(
        owner=alice,
        target=charlie,
        introducer=people[0],
        then=people[1:],
        because=["You share a studio.", "They sing in one choir.", ""][:introducers],
        seat=None,
        message="Dear Ana, would you pass this on?",
        note=NOTE,
        now=NOW,
    )
    return Chain(alice, people, charlie, introduction)
