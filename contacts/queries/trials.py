"""How far a trial of the reminders has come, read from the rows that it fills on its way."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from contacts.models import Reminder, ReminderKind, ReminderState
from contacts.services.sending import letter_key
from netapp.accounts.models import User
from netapp.lib import bell
from netapp.mail import suppression
from netapp.mail.models import Letter, LetterState
from netapp.mail.queries import letter_for

PATIENCE: Final = timedelta(seconds=90)
"""Beat looks each minute; what takes longer than this hangs."""
_READING: Final = timedelta(minutes=5)
_GIVEN_UP_AFTER: Final = timedelta(hours=1)
_OVER: Final = (LetterState.FAILED, LetterState.SUPPRESSED, LetterState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Step:
    """One step: when it was done (None: not yet), and if it hangs, what to do about it."""

    words: str
    at: datetime | None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """All steps in order. `is_running`: it may still come on by itself. `has_worked`: to the very end."""

    steps: tuple[Step, ...]
    is_running: bool
    has_worked: bool
    is_stopped: bool
    digest_is_stopped: bool

    @property
    def trouble(self) -> str:
        """What hangs, in words, or ""."""
        return next((step.trouble for step in self.steps if step.trouble), "")


def latest(*, member: User) -> Reminder | None:
    """The member's last trial."""
    return Reminder.objects.filter(owner=member, kind=ReminderKind.TRIAL).order_by("-due_at").first()


def read(reminder: Reminder, *, member: User, now: datetime) -> Trial:
    """Where that trial stands."""
    letter = letter_for(member, letter_key(reminder)) if reminder.sent_at else None
    is_open = reminder.state in (ReminderState.WAITING, ReminderState.SENT)
    is_given_up = now - reminder.due_at > _GIVEN_UP_AFTER
    handed_at = letter.sent_at if letter and letter.state == LetterState.SENT else None
    is_answered = reminder.state == ReminderState.DONE
    steps = (
        Step("You asked", reminder.due_at),
        Step("Beat called, and a worker took it up", reminder.sent_at, _of_beat(reminder, now) if is_open else ""),
        Step("The letter was written", letter.created_at if letter else None),
        Step("The mail server took the letter", handed_at, _of_letter(letter, now) if is_open else ""),
        Step(
            "You opened its link and said so",
            reminder.closed_at if is_answered else None,
            _of_reader(member, handed_at, now) if is_open else "",
        ),
    )
    is_lost = letter is not None and letter.state in _OVER
    return Trial(
        steps=steps,
        is_running=is_open and not is_lost and not is_given_up,
        has_worked=is_answered,
        is_stopped=reminder.state == ReminderState.CANCELLED,
        digest_is_stopped=bool(suppression.stopped_among([member.email], member=member, kind="digest")),
    )


def _of_beat(reminder: Reminder, now: datetime) -> str:
    if reminder.sent_at or now - reminder.due_at < PATIENCE:
        return ""
    waiting = bell.unheard()
    if waiting is None:
        return "Redis does not answer, so nobody can call the worker. Whoever runs this site: look whether Redis is up."
    if waiting:
        return (
            f"The worker is silent: {waiting} call{'s wait' if waiting > 1 else ' waits'} for it. Whoever runs this "
            "site: look whether a worker is up, and what its log says."
        )
    return (
        "Beat is silent: nobody calls the worker to look what is due. Whoever runs this site: look whether beat is "
        "up. If it is, the worker’s log says “reminders.failed” and why."
    )


def _of_letter(letter: Letter | None, now: datetime) -> str:
    if letter is None or letter.state == LetterState.SENT:
        return ""
    if letter.state == LetterState.SUPPRESSED:
        return (
            "Kith does not write to your address: you stopped such letters, or mail to you came back. The link at the "
            "foot of any earlier letter shows it and takes it back."
        )
    if letter.state == LetterState.FAILED:
        return f"{letter.error} It is not tried again. Look whether your address is right."
    if letter.error:
        return (
            f"{letter.error} It is tried again by itself. Whoever runs this site: look at SMTP_URL, MAIL_FROM and "
            "the mail server’s own log."
        )
    if now - letter.created_at < PATIENCE:
        return ""
    return (
        "No worker brings the letter to the mail server, or the mail server does not answer. Whoever runs this site: "
        "look at the worker’s log and at SMTP_URL."
    )


def _of_reader(member: User, handed_at: datetime | None, now: datetime) -> str:
    if handed_at is None or now - handed_at < _READING:
        return ""
    return f"The letter left for {member.email}. If it is not there, look among the junk mail and mark it as wanted."
