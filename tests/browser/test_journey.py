"""The whole of it, once at a desk and once on a phone: from signing up to thanking the friend who introduced.

Alice signs up, brings her people, wants to meet Charlie, and asks Ana, who knows both. Everything real: Chromium, a
Celery worker, Redis, PostgreSQL, SMTP. Ana and Charlie have no account; they read their mail, here out of the sink.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.core.cache import cache
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from contacts.models import Interaction, Reminder
from contacts.tasks import send_reminders
from introductions.models import Consent, Event, Introduction
from introductions.tasks import sweep as sweep_introductions
from netapp.accounts.models import User
from netapp.mail.models import Suppression
from netapp.mail.tasks import sweep as sweep_mail
from tests.browser.conftest import DESKTOP, PHONE, NewPage
from tests.browser.helpers import assert_fits, look
from tests.journeys import await_letter, html_of, let_pass, link_in, rows, text_of
from tests.smtp import SmtpSink
from tests.workers import CeleryWorkers

pytestmark = pytest.mark.django_db(transaction=True)

ALICE, ANA, CHARLIE = "alice@example.org", "ana@friends.example", "charlie@tinta.example"
PASSWORD = "a walk along the river"

CONNECTIONS = """\
Notes:
"When exporting your connection data, you may notice that some of the email addresses are missing."

First Name,Last Name,URL,Email Address,Company,Position,Connected On
Ana,Almeida,https://www.linkedin.com/in/ana-almeida-photo,,Casa da Luz,Curator,14 Mar 2019
Bob,Brook,https://www.linkedin.com/in/bob-brook,bob@friends.example,Brook & Sons,Bookbinder,02 Nov 2021
Dora,Dahl,https://www.linkedin.com/in/dora-dahl,,Nordlys,Translator,30 Jan 2024
"""
CARDS = f"""\
BEGIN:VCARD
VERSION:3.0
N:Almeida;Ana;;;
FN:Ana Almeida
EMAIL;TYPE=INTERNET:{ANA}
URL:https://www.linkedin.com/in/ana-almeida-photo
END:VCARD
BEGIN:VCARD
VERSION:4.0
FN:Eduardo Esteves
ORG:Livraria Esteves
EMAIL:eduardo@livraria.example
END:VCARD
"""


@dataclass
class Alice:
    """Alice at her computer, or on her phone."""

    page: Page
    sink: SmtpSink
    folder: Path

    def go(self, name: str) -> None:
        """To one of the main pages, over the navigation that her screen has."""
        if self.page.viewport_size and self.page.viewport_size["width"] < 600:
            bar = self.page.get_by_role("navigation", name="Main pages")
            if name in ("Import", "Sharing", "Settings"):
                bar.get_by_text("More").click()
            bar.get_by_role("link", name=name, exact=True).click()
        else:
            self.page.get_by_role("navigation", name="Kith").get_by_role("link", name=name, exact=True).click()
        self.title(name if name != "Today" else "Good")

    def title(self, text: str) -> None:
        """The page says at its head what it is, and fits the screen."""
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(text)
        assert_fits(self.page)

    def said(self, text: str) -> None:
        """The site confirms what was done."""
        expect(self.page.locator("#toasts")).to_contain_text(text)

    def opens(self, person: str) -> None:
        """Somebody's card, by name."""
        self.go("People")
        self.page.get_by_role("link", name=person, exact=True).click()
        self.title(person)

    def signs_up(self) -> None:
        page = self.page
        page.goto("/")
        self.title("Log in")
        page.get_by_role("link", name="Sign up").click()
        self.title("Sign up")
        look(page, "01 sign up")
        page.get_by_label("Email").fill(ALICE)
        page.get_by_label("Your name").fill("Alice Anders")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("Password (again)").fill(PASSWORD)
        page.get_by_role("button", name="Sign up").click()
        self.title("Look into your mailbox")
        look(page, "02 mailbox")
        letter = await_letter(self.sink, ALICE, "onfirm")
        page.goto(link_in(letter, "/account/"))
        self.title("Is this your address?")
        look(page, "03 confirm")
        page.get_by_role("button", name="Yes, it is mine").click()
        if page.get_by_role("heading", name="Log in").is_visible():
            page.get_by_label("Email").fill(ALICE)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Log in").click()
        self.title("Alice")
        expect(page.get_by_role("heading", name="Start with five people")).to_be_visible()
        look(page, "04 empty today")

    def imports(self, name: str, content: str, button: str, *, report: str) -> None:
        """One file, looked at before it is written."""
        page = self.page
        file = self.folder / name
        file.write_text(content)
        self.go("Import")
        page.locator("input[type=file]").set_input_files(file)
        look(page, f"05 import {name} chosen")
        page.get_by_role("button", name="Read the files").click()
        confirm = page.get_by_role("button", name=button)
        expect(confirm).to_be_visible(timeout=20_000)
        assert_fits(page)
        look(page, f"06 import {name} preview")
        confirm.click()
        expect(page.get_by_role("link", name="See your people")).to_be_visible(timeout=20_000)
        expect(page.get_by_role("region", name="Report")).to_contain_text(report)
        assert_fits(page)
        look(page, f"07 import {name} report")

    def wants_to_meet_charlie(self) -> None:
        page = self.page
        self.go("People")
        look(page, "08 people")
        page.get_by_role("link", name="Add a person").click()
        self.title("Add a person")
        look(page, "09 add a person")
        page.get_by_label("Name", exact=True).fill("Charlie Cole")
        page.get_by_label("I want to meet them").check()
        page.get_by_label("Role").fill("photo editor")
        page.get_by_label("Organisation").fill("Tinta")
        page.get_by_role("button", name="Keep").click()
        self.title("Charlie Cole")
        look(page, "10 charlie")

    def notes_that_ana_knows_charlie(self) -> None:
        page = self.page
        self.opens("Ana Almeida")
        page.get_by_placeholder("They know …").press_sequentially("Charl")
        page.locator("#knows-found").get_by_role("link", name="Charlie Cole").click()
        self.title("Ana Almeida knows Charlie Cole")
        page.get_by_label("Very well").check()
        page.get_by_label("How do you know?").fill("They hung a show together in Porto")
        look(page, "11 ana knows charlie")
        page.get_by_role("button", name="Save").click()
        self.title("Ana Almeida")
        expect(page.get_by_role("region", name="Whom they know")).to_contain_text("They hung a show together in Porto")

    def was_in_touch_with_ana(self) -> None:
        page = self.page
        logged = page.get_by_role("region", name="In touch")
        page.get_by_role("button", name="met", exact=True).click()
        expect(logged.get_by_role("listitem")).to_have_count(1)
        page.get_by_role("button", name="called", exact=True).click()
        expect(logged.get_by_role("listitem")).to_have_count(2)
        look(page, "12 ana")

    def states_an_objective(self) -> None:
        page = self.page
        self.go("Objectives")
        look(page, "13 objectives empty")
        page.get_by_role("link", name="Write one down").click()
        self.title("What do you want to do next?")
        page.get_by_label("What do you want to do?").fill("Publish my book of night photographs")
        page.get_by_label("Why").fill("It has been ten years of nights, and the nurses ask for it.")
        page.get_by_label("Who?").fill("Photo editor")
        page.get_by_text("How Kith recognises them").click()
        page.get_by_label("Roles").fill("photo editor")
        look(page, "14 objective form")
        page.get_by_role("button", name="Write it down").click()
        self.title("Publish my book of night photographs")
        # The page asks again by itself until the ways are found.
        ask = page.get_by_role("link", name="Ask Ana Almeida")
        expect(ask).to_be_visible(timeout=20_000)
        expect(page.get_by_role("region", name="Photo editor: who fits")).to_contain_text("Charlie Cole")
        assert_fits(page)
        look(page, "15 objective")
        page.get_by_role("link", name="All ways to Charlie Cole").click()
        self.title("Ways to Charlie Cole")
        best = page.get_by_role("article", name="Best: over Ana Almeida")
        expect(best).to_contain_text("They hung a show together in Porto")
        look(page, "16 routes")
        best.get_by_role("link", name="Ask Ana Almeida").click()

    def asks_ana(self) -> None:
        page = self.page
        self.title("Ask Ana Almeida to introduce you to Charlie Cole")
        note = page.get_by_label("The note for Charlie")
        assert "Publish my book of night photographs" in note.input_value()
        note.fill(
            note.input_value().replace(
                "[one line about you that they would care about]", "a photographer of night shifts"
            )
        )
        look(page, "17 ask")
        page.get_by_role("button", name="Look at it as Ana Almeida will").click()
        self.title("Charlie Cole, through Ana Almeida")
        expect(page.locator(".letter")).to_contain_text("a photographer of night shifts")
        look(page, "18 preview")
        page.get_by_role("button", name="Send it to Ana").click()
        self.said("Ana Almeida is asked.")
        look(page, "19 asked")

    def sees(self, state: str) -> None:
        """How the introduction stands, on her list and on its page."""
        self.go("Introductions")
        expect(self.page.get_by_role("listitem").filter(has_text="Charlie Cole")).to_contain_text(state)
        look(self.page, f"list {state}")
        self.page.get_by_role("link", name="Charlie Cole").first.click()
        self.title("Charlie Cole, through Ana Almeida")
        look(self.page, f"introduction {state}")

    def tells_ana(self) -> None:
        page = self.page
        page.get_by_label("Your line").fill("Charlie wants to see forty prints in May. Thank you, dear Ana.")
        page.get_by_role("button", name="Thank Ana").click()
        self.said("Ana Almeida is told.")
        page.get_by_label("What came of it").fill("A first look at forty prints in May.")
        page.get_by_label("Yes", exact=True).check()
        page.get_by_role("button", name="Close it").click()
        self.said("Closed.")
        look(page, "33 closed")


def open_often(page: Page, link: str) -> None:
    """As scanners and previews do, and a reader who hesitates."""
    # Workers go on with what follows from the step before; these are the rows that an answer changes.
    answers = (Consent, Introduction, Event, Interaction, Reminder, Suppression)
    before = rows(*answers)
    for _ in range(4):
        assert page.goto(link)
    for method in ("GET", "HEAD", "OPTIONS"):
        page.request.fetch(link, method=method)
    assert rows(*answers) == before
    assert_fits(page)


def speaks_of_no_address(letter: EmailMessage, *addresses: str) -> None:
    """Neither in a part nor in a header, the envelope's own To left out."""
    for address in addresses:
        assert address not in text_of(letter) + html_of(letter)
        assert all(address not in str(value) for value in letter.values())


@pytest.mark.parametrize("width", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_from_signing_up_to_thanking_the_introducer(
    width: int,
    live_site: LiveServer,
    new_page: NewPage,
    smtp_sink: SmtpSink,
    celery_worker_process: CeleryWorkers,
    tmp_path: Path,
) -> None:
    cache.clear()  # its table outlives a test, and says for three minutes that Alice was written to
    celery_worker_process(concurrency=2)
    alice = Alice(new_page(width=width), smtp_sink, tmp_path)
    page = alice.page

    # She brings the people she knows, and one she would like to know.
    alice.signs_up()
    alice.imports("Connections.csv", CONNECTIONS, "Import 3 people", report="Bob Brook")
    alice.imports("phone.vcf", CARDS, "Import 2 people", report="Eduardo Esteves")
    alice.wants_to_meet_charlie()
    alice.notes_that_ana_knows_charlie()
    alice.was_in_touch_with_ana()

    # She holds them against what she wants to do next, and asks one friend for one introduction.
    alice.states_an_objective()
    alice.asks_ana()

    # Ana reads it on her phone, looks twice, and says yes.
    asked = await_letter(smtp_sink, ANA, "Would you introduce Alice Anders to Charlie Cole?")
    assert "Alice Anders via Kith" in str(asked["From"])
    assert ALICE in str(asked["Reply-To"])
    assert "a photographer of night shifts" in text_of(asked)
    assert asked["List-Unsubscribe"]
    assert asked["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    ana = new_page(width=PHONE)
    open_often(ana, link_in(asked, "/answer/"))
    look(ana, "20 ana is asked")
    ana.get_by_text("Add a line of your own").click()
    ana.get_by_label("A line of your own for Charlie").fill("Alice sees what others walk past.")
    ana.get_by_role("button", name="Show it with my line").click()
    expect(ana.locator(".letter")).to_contain_text("Alice sees what others walk past.")
    look(ana, "21 ana looks at the letter")
    ana.get_by_role("button", name="Yes, gladly").click()
    expect(ana.get_by_text("Kith needs an address to ask them").last).to_be_visible()
    look(ana, "22 ana forgot the address")
    ana.get_by_label("Charlie’s e-mail address").fill(CHARLIE)
    ana.get_by_role("button", name="Yes, gladly").click()
    expect(ana.get_by_role("heading", level=1)).to_contain_text("Thank you, Ana")
    look(ana, "23 ana said yes")

    # Alice learns nothing yet. Charlie is asked in Ana's name, and sees no address of Alice's.
    alice.sees("on its way")
    assert CHARLIE not in page.content()
    question = await_letter(smtp_sink, CHARLIE, "May Ana Almeida introduce Alice Anders to you?")
    assert ANA in str(question["Reply-To"])
    assert "Alice sees what others walk past." in text_of(question)
    speaks_of_no_address(question, ALICE)
    assert not [one for one in smtp_sink.to(ALICE) if CHARLIE in one.as_string()]
    charlie = new_page(width=PHONE)
    open_often(charlie, link_in(question, "/answer/"))
    assert ALICE not in charlie.content()
    look(charlie, "24 charlie is asked")
    charlie.get_by_role("button", name="Yes, introduce us").click()
    expect(charlie.get_by_role("heading", level=1)).to_contain_text("You said yes")
    look(charlie, "25 charlie said yes")

    # Both said yes: one mail to both, Ana in copy; a reply goes to both.
    meeting = await_letter(smtp_sink, CHARLIE, "meet Alice")
    assert await_letter(smtp_sink, ALICE, "meet Alice")["Message-ID"] == meeting["Message-ID"]
    assert await_letter(smtp_sink, ANA, "meet Alice")["Message-ID"] == meeting["Message-ID"]
    assert {ALICE, CHARLIE} == {one.addr_spec for one in meeting["To"].addresses}
    assert ANA in str(meeting["Cc"])
    assert {ALICE, CHARLIE} == {one.addr_spec for one in meeting["Reply-To"].addresses}
    alice.sees("introduced")
    alice.go("Today")
    look(page, "26 today after the introduction")

    # The next morning beat looks; so it does a week later. Alice answers from the mail.
    User.objects.update(mail_from_time="00:00", mail_until_time="00:00")  # any hour is a morning here
    let_pass(days=2)
    send_reminders.delay()
    write = await_letter(smtp_sink, ALICE, "Write to Charlie Cole today")
    mail = new_page(width=width)
    open_often(mail, link_in(write, "/r/"))
    look(mail, "27 write today")
    mail.get_by_role("button", name="Done with this one").click()
    expect(mail.get_by_role("status")).to_contain_text("Done.")
    let_pass(days=6)
    for task in (sweep_mail, sweep_introductions, send_reminders):
        task.delay()
    talk = await_letter(smtp_sink, ALICE, "Did you talk with Charlie Cole?")
    open_often(mail, link_in(talk, "/r/"))
    look(mail, "28 did you talk")
    mail.get_by_role("button", name="We met").click()
    expect(mail.get_by_role("status")).to_contain_text("Noted.")
    look(mail, "29 noted")
    alice.sees("you talked")
    let_pass(days=2)
    send_reminders.delay()
    thank = await_letter(smtp_sink, ALICE, "Thank Ana Almeida")
    alice.go("Today")
    look(page, "32 today with thanks due")
    page.goto(link_in(thank, "/introductions/"))

    # The loop is closed: Ana hears what came of it, in Alice's words.
    alice.tells_ana()
    told = await_letter(smtp_sink, ANA, "What came of your introduction to Charlie Cole")
    assert "forty prints in May" in text_of(told)
    assert ALICE in str(told["Reply-To"])
    came = smtp_sink.messages
    copies = Counter((str(one.message["Message-ID"]), reader) for one in came for reader in one.recipients)
    assert set(copies.values()) == {1}
