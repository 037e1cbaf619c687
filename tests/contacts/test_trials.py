"""Seeing whether reminders work: each step as its row fills, and which one hangs."""

import re
from datetime import timedelta

import pytest
from django.conf import settings as site
from django.test import Client
from django.urls import reverse
from time_machine import travel

from contacts.models import Reminder, ReminderKind, ReminderState
from contacts.queries import reminders as lists
from contacts.queries import trials as queries
from contacts.services import sending, trials
from contacts.tasks import send_reminders
from netapp.lib import bell, tokens
from netapp.mail import suppression
from netapp.mail.models import Letter, LetterState
from netapp.mail.tasks import deliver
from tests.factories import NOW
from tests.smtp import SmtpSink
from tests.workers import CeleryWorkers, wait_until

PAGE = "contacts:trial"
MINUTE = timedelta(minutes=1)


def the_trial(member) -> Reminder:
    trial = queries.latest(member=member)
    assert trial
    return trial


def done(member, now=NOW) -> list[bool]:
    return [step.at is not None for step in queries.read(the_trial(member), member=member, now=now).steps]


def trouble(member, now) -> str:
    return queries.read(the_trial(member), member=member, now=now).trouble


@pytest.mark.django_db(transaction=True)
def test_from_the_button_to_the_answer(
    alice, alice_client, smtp_sink: SmtpSink, celery_worker_process: CeleryWorkers
) -> None:
    assert "Send me a letter" in alice_client.get(reverse(PAGE)).content.decode()
    alice_client.post(reverse("contacts:trial_begin"))
    assert "On its way" in alice_client.get(reverse(PAGE)).content.decode()
    celery_worker_process()
    send_reminders.delay()
    wait_until(lambda: Letter.objects.filter(kind="trial", state=LetterState.SENT).exists())
    assert "Look into your mail" in alice_client.get(reverse(PAGE)).content.decode()
    [letter] = smtp_sink.to(alice.email)
    link = re.search(r"https?://\S+(/r/\S+)", str(letter.get_body(("plain",))))
    assert link
    reader = Client()
    assert "Yes, it reached me" in reader.get(link[1]).content.decode()
    trial = Reminder.objects.get(kind=ReminderKind.TRIAL)
    assert trial.state == ReminderState.SENT
    assert "It works." in reader.post(link[1], {"action": "done"}).content.decode()
    page = alice_client.get(reverse(PAGE), headers={"HX-Request": "true"})
    assert page.status_code == 286
    assert "Your reminders work" in page.content.decode()


@pytest.mark.django_db
class TestSteps:
    """With a clock that the test holds."""

    def test_the_letter(self, alice):
        trials.begin(owner=alice, now=NOW)
        assert sending.send_due(owner_id=alice.pk, now=NOW) == 1
        letter = Letter.objects.get(kind="trial")
        text = re.sub(r"kith-token-\w+-[\w-]{22}-end", "TOKEN", letter.text).replace(site.BASE_URL, "https://kith.test")
        assert letter.subject == "Your reminders reach you"
        assert text == (
            f"Hello {alice.first_name},\n\n"
            "on 4 May at 11:00 you asked to see whether reminders reach you. This letter went the way of all of "
            "them, and here it is.\n\n"
            "One step is left: open the link and say so.\n\n"
            "It reached me:\nhttps://kith.test/r/TOKEN/\n\n"
            f"-- \nSent by {site.SITE_NAME}, https://kith.test\nStop letters like this one: "
            "https://kith.test/mail/stop/TOKEN/\n"
        )
        assert "It reached me" in letter.html
        assert "<img" not in letter.html

    def test_it_comes_at_any_hour(self, alice):
        night = NOW.replace(hour=1)
        trials.begin(owner=alice, now=night)
        assert sending.send_due(owner_id=alice.pk, now=night) == 1

    def test_it_stands_in_no_list(self, alice):
        trials.begin(owner=alice, now=NOW)
        assert not lists.open_reminders(member=alice)

    def test_one_at_a_time_and_five_a_day(self, alice):
        first = trials.begin(owner=alice, now=NOW)
        assert trials.begin(owner=alice, now=NOW + MINUTE) == first
        for count in range(1, trials.MOST_A_DAY):
            trials.stop(owner=alice, now=NOW + count * MINUTE)
            assert trials.begin(owner=alice, now=NOW + count * MINUTE) != first
        trials.stop(owner=alice, now=NOW + 9 * MINUTE)
        with pytest.raises(trials.TooManyTrials):
            trials.begin(owner=alice, now=NOW + 10 * MINUTE)
        assert trials.begin(owner=alice, now=NOW + timedelta(days=1, minutes=10))

    def test_what_was_given_up_gives_way(self, alice):
        first = trials.begin(owner=alice, now=NOW)
        second = trials.begin(owner=alice, now=NOW + timedelta(hours=2))
        first.refresh_from_db()
        assert (first.state, second.state) == (ReminderState.CANCELLED, ReminderState.WAITING)

    @pytest.mark.parametrize(
        ("waiting", "words"), [(None, "Redis does not answer"), (3, "The worker is silent: 3 calls"), (0, "Beat is")]
    )
    def test_nobody_took_it_up(self, alice, monkeypatch, waiting, words):
        monkeypatch.setattr(bell, "unheard", lambda: waiting)
        trials.begin(owner=alice, now=NOW)
        assert not trouble(alice, NOW + MINUTE)
        assert trouble(alice, NOW + 2 * MINUTE).startswith(words)

    def test_bells_that_nobody_hears_are_counted(self, redis):
        assert bell.unheard() == 0
        send_reminders.delay()
        assert bell.unheard() == 1

    def test_the_letter_lies_about(self, alice):
        with travel(NOW, tick=False):
            trials.begin(owner=alice, now=NOW)
            sending.send_due(owner_id=alice.pk, now=NOW)
        assert done(alice) == [True, True, True, False, False]
        assert trouble(alice, NOW + 2 * MINUTE).startswith("No worker brings the letter")

    @pytest.mark.parametrize(
        ("answer", "state", "words"),
        [
            ("451 4.3.0 Try again", LetterState.QUEUED, "tried again by itself"),
            ("550 5.1.1 No such user", LetterState.FAILED, "Look whether your address is right"),
        ],
    )
    def test_the_mail_server_refuses(self, alice, smtp_sink, answer, state, words):
        smtp_sink.answer(alice.email, answer)
        with travel(NOW, tick=False):
            trials.begin(owner=alice, now=NOW)
            sending.send_due(owner_id=alice.pk, now=NOW)
            deliver(str(Letter.objects.get(kind="trial").id))
        assert Letter.objects.get(kind="trial").state == state
        said = trouble(alice, NOW)
        assert answer[:3] in said
        assert words in said

    def test_a_stop_of_ones_own(self, alice, smtp_sink):
        with travel(NOW, tick=False):
            trials.begin(owner=alice, now=NOW)
            sending.send_due(owner_id=alice.pk, now=NOW)
            letter = Letter.objects.get(kind="trial")
            link = suppression.link_for(suppression.token_for(letter, alice.email))
            assert link
            suppression.stop(link, suppression.Scope.SITE)
            deliver(str(letter.id))
        assert trouble(alice, NOW).startswith("Kith does not write to your address")
        assert queries.read(the_trial(alice), member=alice, now=NOW).digest_is_stopped

    def test_ending_it_keeps_the_letter_back(self, alice, alice_client):
        trials.begin(owner=alice, now=NOW)
        sending.send_due(owner_id=alice.pk, now=NOW)
        alice_client.post(reverse("contacts:trial_stop"))
        assert Letter.objects.get(kind="trial").state == LetterState.CANCELLED

    def test_others_see_nothing_of_it(self, alice, charlie_client):
        trials.begin(owner=alice, now=NOW)
        assert "Send me a letter" in charlie_client.get(reverse(PAGE)).content.decode()
        charlie_client.post(reverse("contacts:trial_stop"))
        assert the_trial(alice).state == ReminderState.WAITING

    def test_looking_changes_nothing_and_any_answer_is_the_answer(self, alice):
        with travel(NOW, tick=False):
            trials.begin(owner=alice, now=NOW)
            sending.send_due(owner_id=alice.pk, now=NOW)
            trial = the_trial(alice)
            path = reverse("contacts:reminder_answer", args=[tokens.derive("reminder", trial.salt)])
            Client().get(path)
            trial.refresh_from_db()
            assert trial.state == ReminderState.SENT
            Client().post(path, {"action": "snooze", "days": "1"})
            trial.refresh_from_db()
            assert trial.state == ReminderState.DONE
            assert done(alice) == [True, True, True, False, True]
