"""What Alice asked for, in every state there is; and what Bob asks of her."""

from contacts.models import Person, ReminderKind
from contacts.services import reminders, sending
from introductions.demo import notes, objectives
from introductions.demo.asking import Asking
from introductions.demo.post import past
from introductions.lifecycle import Party
from introductions.models import Answer, Consent, Introduction
from introductions.services import introductions as services


def live_through_what_is_over(asking: Asking) -> None:
    """Two that led to a talk, one that nobody answered, one that was declined, one that Alice took back."""
    day = asking.calendar
    klara = asking.sent(
        target="Klara Weiss",
        introducer="Amelie Brandt",
        seat=None,
        message=notes.KLARA_MESSAGE,
        note=notes.KLARA,
        days=350,
    )
    asking.introduced(klara, days=345, added="Klara, five minutes with her pictures are enough.")
    asking.talked(klara, days=336, thanks=notes.KLARA_THANKS, outcome=notes.KLARA_OUTCOME, was_worth_it=False)

    amadou = asking.sent(
        target="Amadou Diarra",
        introducer="Bashir Nouri",
        seat=None,
        message=notes.AMADOU_MESSAGE,
        note=notes.AMADOU,
        days=160,
    )
    asking.introduced(amadou, days=152, added="Amadou, this one you will want to see.")
    asking.talked(amadou, days=144, thanks=notes.AMADOU_THANKS, outcome=notes.AMADOU_OUTCOME, was_worth_it=True)

    hanneke = asking.sent(
        target="Hanneke Vos",
        introducer="Joost Meijer",
        seat=None,
        message=notes.HANNEKE_MESSAGE,
        note=notes.HANNEKE,
        days=110,
    )
    with past(asking.asker, at=day.at(106, 9, 15)) as at:
        services.nudge(consent_id=Consent.objects.get(introduction=hanneke, party=Party.INTRODUCER).id, now=at)
    services.expire(introduction_id=hanneke.id, now=day.at(96, 9, 15))
    asking.ended(hanneke, reveal_at=day.at(92, 8))

    mathis = asking.sent(
        target="Mathis Lacombe",
        introducer="Yann Kervella",
        seat=objectives.EDITOR,
        message=notes.MATHIS_MESSAGE,
        note=notes.MATHIS,
        days=62,
    )
    asking.answered(mathis, Party.INTRODUCER, Answer.YES, days=60, added="Mathis, she sails badly and sees well.")
    asking.answered(mathis, Party.TARGET, Answer.NO, days=55, word=notes.MATHIS_WORD)
    asking.ended(mathis, reveal_at=day.at(54, 8))

    pilar = asking.sent(
        target="Pilar Echeverría",
        introducer="Iker Arana",
        seat=None,
        message=notes.PILAR_MESSAGE,
        note=notes.PILAR,
        days=45,
    )
    with past(asking.asker, at=day.at(43, 11, 30)) as at:
        services.withdraw(introduction=pilar, now=at)


def live_through_what_is_open(asking: Asking) -> None:
    """One introduced a week ago, one of which the target is asked, one of which the friend is asked, and a draft."""
    day = asking.calendar
    silvia = asking.sent(
        target="Sílvia Amaral",
        introducer="Duarte Falcão",
        seat=objectives.STUDIO,
        message=notes.SILVIA_MESSAGE,
        note=notes.SILVIA,
        days=12,
    )
    asking.introduced(silvia, days=7, added="Sílvia, this is the one who should have the table by the window.")

    hedda = asking.sent(
        target="Hedda Grimstad",
        introducer="Sunniva Dahl",
        seat=None,
        message=notes.HEDDA_MESSAGE,
        note=notes.HEDDA,
        days=5,
    )
    asking.answer(
        hedda,
        Party.INTRODUCER,
        Answer.YES,
        at=day.at(1, 19, 5),
        added="Hedda, I have known her since the winter without heating. Look at picture nine.",
    )

    teresa = asking.draft(
        target=asking.people["Teresa Vilhena"],
        introducer="Marguerite Osei",
        seat=objectives.EDITOR,
        message=notes.TERESA_MESSAGE,
        note=notes.TERESA,
        at=day.at(4, 21, 40),
    )
    services.send(introduction=teresa, now=day.at(2, 9, 12))

    asking.draft(
        target=asking.people["Leonor Pimenta"],
        introducer="Duarte Falcão",
        seat=objectives.DIRECTOR,
        message=notes.LEONOR_MESSAGE,
        note=notes.LEONOR,
        at=day.at(1, 22, 10),
    )


def ask_alice(asking: Asking, *, target: Person) -> Introduction:
    """Bob asks Alice for an introduction to somebody whom she shares with him."""
    day = asking.calendar
    introduction = asking.draft(
        target=target,
        introducer="Alice Anders",
        seat=objectives.ESSAY,
        message=notes.JOAQUIM_MESSAGE,
        note=notes.JOAQUIM,
        at=day.at(2, 22, 30),
    )
    return services.send(introduction=introduction, now=day.at(1, 16, 45))


def remind(asking: Asking) -> None:
    """Something promised, and this morning's reminders, which the next worker sends."""
    day = asking.calendar
    hugo = asking.people["Hugo Ventura"]
    reminders.schedule(
        owner=asking.asker,
        kind=ReminderKind.PROMISE,
        key=f"{ReminderKind.PROMISE}:{hugo.id}:1",
        due_at=reminders.morning_of(asking.asker, day.ago(-2)),
        person=hugo,
        text="Send him the measurements of the slipcase",
    )
    sending.send_due(owner_id=asking.asker.pk, now=day.morning)
