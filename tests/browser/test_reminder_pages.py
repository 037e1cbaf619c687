"""The calendar's address and a trial of the reminders, as the browser shows them."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from contacts.models import Reminder, ReminderKind
from contacts.services import sending
from netapp.accounts.models import User
from netapp.lib import tokens
from netapp.mail.models import Letter
from tests.browser.conftest import DESKTOP, PHONE, NewPage
from tests.browser.helpers import sign_in
from tests.browser.test_pages import faults

ADDRESS = re.compile(r"/calendar/[\w-]{43}\.ics$")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("width", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_the_calendars_address(width: int, alice: User, new_page: NewPage) -> None:
    page = new_page(width=width)
    sign_in(page, alice)
    page.goto(reverse("contacts:calendar"))
    page.get_by_role("button", name="Make my address").click()
    expect(page.get_by_label("Your secret address")).to_have_value(ADDRESS)
    assert not (found := faults(page, [reverse("contacts:calendar")])), "\n".join(found)
    page.get_by_role("button", name="Switch it off").click()
    expect(page.get_by_role("button", name="Make my address")).to_be_visible()


@pytest.mark.parametrize("width", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_a_trial_shows_its_steps_by_itself(width: int, alice: User, new_page: NewPage) -> None:
    page = new_page(width=width)
    sign_in(page, alice)
    page.goto(reverse("contacts:trial"))
    page.get_by_role("button", name="Send me a letter").click()
    expect(page.get_by_text("On its way.")).to_be_visible()
    found = faults(page, [reverse("contacts:trial")])
    sending.send_due(owner_id=alice.pk, now=timezone.now())
    Letter.objects.update(error="The mail server could not be reached.")
    expect(page.get_by_text("The mail server could not be reached.")).to_be_visible()
    found += faults(page, [reverse("contacts:trial")])
    trial = Reminder.objects.get(kind=ReminderKind.TRIAL)
    answer = reverse("contacts:reminder_answer", args=[tokens.derive("reminder", trial.salt)])
    found += faults(page, [answer])
    page.get_by_role("button", name="Yes, it reached me").click()
    page.goto(reverse("contacts:trial"))
    expect(page.get_by_text("Your reminders work")).to_be_visible()
    assert not found, "\n".join(found)
