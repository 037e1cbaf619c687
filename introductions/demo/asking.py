"""Asking for introductions in the past: with the product's own services, each step at a moment of its own, so that the
log, consents, reminders and letters are those that clicks would have left."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from contacts.models import InteractionKind, Person, Reminder, ReminderKind
from contacts.services import interactions, reminders, sending
from introductions.demo.post import past
from introductions.demo.when import Calendar
from introductions.lifecycle import Party
from introductions.models import Answer, Consent, ConsentState, Introduction, Seat
from introductions.services import introductions as services
from netapp.accounts.models import User


@dataclass(frozen=True, slots=True)
class Asking:
    """Requests of `asker` to people of their own book, in a calendar of theirs."""

    asker: User
    people: Mapping[str, Person]
    seats: Mapping[str, Seat]
    calendar: Calendar

    def draft(
        self, *, target: Person, introducer: str, seat: str | None, message: str, note: str, at: datetime
    ) -> Introduction:
        """A request written down."""
        introduction = services.draft(
            owner=self.asker,
            target=target,
            introducer=self.people[introducer],
            seat=self.seats[seat] if seat else None,
            message=message,
            note=note,
            now=at,
        )
        Introduction.objects.filter(id=introduction.id).update(created_at=at)
        return introduction

    def sent(
        self, *, target: str, introducer: str, seat: str | None, message: str, note: str, days: int
    ) -> Introduction:
        """Written the evening before and sent so many days ago; the letter has arrived."""
        introduction = self.draft(
            target=self.people[target],
            introducer=introducer,
            seat=seat,
            message=message,
            note=note,
            at=self.calendar.at(days + 1, 21, 40),
        )
        with past(self.asker, at=self.calendar.at(days, 9, 12)) as at:
            services.send(introduction=introduction, now=at)
        return introduction

    def answered(
        self,
        introduction: Introduction,
        party: Party,
        answer: Answer,
        *,
        days: int,
        word: str = "",
        added: str = "",
    ) -> None:
        """That party answers, so many days ago; whatever follows by mail has arrived."""
        with past(self.asker, at=self.calendar.at(days, 18, 25)) as at:
            self.answer(introduction, party, answer, at=at, word=word, added=added)

    def answer(
        self,
        introduction: Introduction,
        party: Party,
        answer: Answer,
        *,
        at: datetime,
        word: str = "",
        added: str = "",
    ) -> None:
        """That party answers; a word is always shared."""
        question = Consent.objects.get(introduction=introduction, party=party, state=ConsentState.ASKED)
        services.answer(
            consent_id=question.id,
            answer=answer,
            now=at,
            extras=services.Extras(word=word, word_is_shared=bool(word), added=added),
        )

    def introduced(self, introduction: Introduction, *, days: int, added: str) -> None:
        """Both say yes, the target so many days ago; the asker wrote to them the morning after."""
        self.answered(introduction, Party.INTRODUCER, Answer.YES, days=days + 2, added=added)
        self.answered(introduction, Party.TARGET, Answer.YES, days=days)
        with past(self.asker, at=self.calendar.at(days - 1, 8, 5)) as at:
            sending.send_due(owner_id=self.asker.pk, now=at)
        written_at = self.calendar.at(days - 1, 10, 30)
        reply = Reminder.objects.get(about=introduction.id, kind=ReminderKind.REPLY_TODAY)
        reminders.done(reminder=reply, now=written_at)
        target = _fresh(introduction).target
        assert target is not None
        interactions.log_contact(
            person=target,
            kind=InteractionKind.MAIL,
            happened_at=written_at,
            note="Wrote to find a day",
            now=written_at,
        )

    def talked(self, introduction: Introduction, *, days: int, thanks: str, outcome: str, was_worth_it: bool) -> None:
        """They met so many days ago; the introducer heard of it the next day, and it was closed a week later."""
        day = self.calendar
        services.talked(introduction=introduction, kind=InteractionKind.MET, now=day.at(days, 17))
        with past(self.asker, at=day.at(days - 1, 9, 20)) as at:
            services.tell_introducers(introduction=introduction, line=thanks, now=at)
        services.close(introduction=introduction, outcome=outcome, was_worth_it=was_worth_it, now=day.at(days - 7, 20))

    def ended(self, introduction: Introduction, *, reveal_at: datetime) -> None:
        """The asker is told that it came to nothing."""
        # The services draw the morning of a silence by lot, and the demo is to be the same each time.
        Introduction.objects.filter(id=introduction.id).update(reveal_at=reveal_at)
        with past(self.asker, at=reveal_at) as at:
            services.tell_asker(introduction_id=introduction.id, now=at)


def _fresh(introduction: Introduction) -> Introduction:
    return Introduction.objects.select_related("owner", "introducer", "target").get(id=introduction.id)
