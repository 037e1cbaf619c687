"""An introduction over three friends in the browser: each answers from the mail; every other answer is walked as well.

Alice sits at a desk; Ana, Ben, Dora and Charlie have nothing but their mail, on a phone, some without scripts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from contacts.models import Person, Reminder
from introductions.lifecycle import State
from introductions.models import Answer, AskingPause, ConsentState, Introduction
from introductions.services import introductions as services
from introductions.tasks import sweep
from netapp.accounts.models import User
from netapp.mail.models import Letter
from netapp.mail.tasks import deliver
from tests.browser.conftest import PHONE, NewPage
from tests.browser.helpers import assert_fits, look, sign_in
from tests.introductions import test_chain_letters as chain_letters
from tests.introductions import test_letters as letters
from tests.introductions.chains import EMAILS, NAMES, draft_chain
from tests.introductions.story import CHARLIE, NOTE, begin, card, verify
from tests.journeys import link_in
from tests.smtp import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)


def the_link(sink: SmtpSink, email: str) -> str:
    """Out of the newest letter to that address."""
    return link_in(sink.to(email)[-1], "/answer/")


def opens(page: Page, link: str) -> None:
    page.goto(link)
    assert_fits(page)


def test_over_three_friends(live_site: LiveServer, new_page: NewPage, smtp_sink: SmtpSink, alice: User) -> None:
    verify(alice)
    people = [card(alice, name, email) for name, email in zip(NAMES, EMAILS, strict=True)]
    charlie = card(alice, "Charlie Cole", relation="wanted", role="photo editor", organisation="Tinta")
    desk = new_page()
    sign_in(desk, alice)
    then = "".join(f"&then={person.id}" for person in people[1:])
    desk.goto(f"/ask/{charlie.id}/?introducer={people[0].id}{then}")
    expect(desk.get_by_role("main")).to_contain_text("passes it on to Ben Berg, then Dora Dahl, then Charlie Cole")
    expect(desk.get_by_role("main")).to_contain_text("Kith sees no sign that you know each other.")
    desk.get_by_label("How Ana and Ben know each other").fill("You share a studio.")
    desk.get_by_label("The note for Charlie").fill(NOTE)
    look(desk, "chain 01 ask")
    desk.get_by_role("button", name="Look at it as Ana Almeida will").click()
    expect(desk.locator(".letter")).to_contain_text("asks whether you would pass it on to Ben")
    look(desk, "chain 02 preview")
    desk.get_by_role("button", name="Send it to Ana").click()
    deliver()

    ana = new_page(width=PHONE)
    opens(ana, the_link(smtp_sink, EMAILS[0]))
    expect(ana.get_by_role("main")).to_contain_text("You share a studio.")
    ana.get_by_text("Add a line of your own").click()
    ana.get_by_label("A line of your own for Ben").fill("Ben, she is the one with the lamp.")
    ana.get_by_role("button", name="Show it with my line").click()
    expect(ana.locator(".letter")).to_contain_text("Ana Almeida passes this on to you.")
    look(ana, "chain 03 ana")
    ana.get_by_role("button", name="Yes, gladly").click()
    expect(ana.get_by_role("heading", level=1)).to_contain_text("Thank you, Ana")
    look(ana, "chain 04 ana said yes")
    deliver()

    ben = new_page(width=PHONE, javascript=False, dark=True)
    opens(ben, the_link(smtp_sink, EMAILS[1]))
    expect(ben.get_by_role("main")).to_contain_text("Ben, she is the one with the lamp.")
    look(ben, "chain 05 ben")
    ben.get_by_role("button", name="Yes, gladly").click()
    deliver()

    dora = new_page(width=PHONE)
    opens(dora, the_link(smtp_sink, EMAILS[2]))
    dora.get_by_role("button", name="Yes, gladly").click()
    expect(dora.get_by_text("Kith needs an address to ask them").last).to_be_visible()
    dora.get_by_label("Charlie’s e-mail address").fill(CHARLIE)
    dora.get_by_role("button", name="Yes, gladly").click()
    deliver()
    desk.reload()
    expect(desk.get_by_role("main")).to_contain_text("on its way")

    stranger = new_page(width=PHONE)
    opens(stranger, the_link(smtp_sink, CHARLIE))
    expect(stranger.get_by_role("main")).to_contain_text("Dora heard of Alice from Ana Almeida and Ben Berg.")
    look(stranger, "chain 06 charlie")
    stranger.get_by_role("button", name="Yes, introduce us").click()
    deliver()
    meeting = smtp_sink.to(CHARLIE)[-1]
    assert [one.addr_spec for one in meeting["Cc"].addresses] == list(EMAILS)
    attached = [part.get_filename() for part in meeting.iter_attachments()]
    assert attached == ["Alice Anders.vcf", "Charlie Cole.vcf"]

    desk.reload()
    look(desk, "chain 07 introduced")
    desk.get_by_role("button", name="Charlie wrote back").click()
    expect(desk.get_by_role("main")).to_contain_text("in touch")
    desk.get_by_role("button", name="We talked").click()
    desk.get_by_label("Your line").fill("We print in May.")
    desk.get_by_role("button", name="Thank Ana, Ben and Dora").click()
    expect(desk.locator("#toasts")).to_contain_text("Ana Almeida, Ben Berg and Dora Dahl are told.")
    desk.get_by_label("What came of it").fill("Forty prints.")
    desk.get_by_role("button", name="Close it").click()
    look(desk, "chain 08 closed")
    deliver()
    for email in EMAILS:
        assert "We print in May." in smtp_sink.to(email)[-1].as_string()
    desk.goto("/introductions/favours/")
    expect(desk.get_by_role("main")).to_contain_text("Ana Almeida, Ben Berg and Dora Dahl")
    look(desk, "chain 09 favours")
    assert Introduction.objects.get().state == State.CLOSED


def press(name: str) -> Callable[[Page], None]:
    return lambda page: page.get_by_role("button", name=name, exact=False).first.click()


def not_now_until(page: Page) -> None:
    page.get_by_text("or a day to ask again").click()
    page.get_by_label("Ask me again after").fill((timezone.now() + timedelta(days=40)).date().isoformat())
    press("Not now")(page)


ENDS: dict[str, tuple[Callable[[Page], None], Answer, str]] = {
    "no": (press("No"), Answer.NO, "That is quite all right"),
    "not now": (press("Not now"), Answer.NOT_NOW, "not from whom and not why"),
    "not now until": (not_now_until, Answer.NOT_NOW, "may ask you again after"),
    "only slightly": (press("only slightly"), Answer.NOT_WELL, "That is quite all right"),
    "hardly": (press("hardly at all"), Answer.NOT_WELL, "That is quite all right"),
    "not me": (press("This is not me"), Answer.NOT_ME, "Sorry for the mail"),
    "stranger": (press("I don’t know Ana"), Answer.STRANGER, "Sorry for the mail"),
    "stop member": (press("Nothing more from Alice"), Answer.STOP, "Stopped"),
    "stop site": (press("Nothing more from this site"), Answer.STOP, "Stopped"),
}


@pytest.mark.parametrize("end", ENDS)
def test_every_other_answer_from_the_mail(
    end: str, live_site: LiveServer, new_page: NewPage, smtp_sink: SmtpSink, alice: User
) -> None:
    act, answer, said = ENDS[end]
    verify(alice)
    chain = draft_chain(alice, 3)
    services.send(introduction=chain.introduction, now=timezone.now())
    services.answer(consent_id=chain.question(0).id, answer=Answer.YES, now=timezone.now())
    deliver()
    phone = new_page(width=PHONE, javascript=end != "no")
    opens(phone, the_link(smtp_sink, EMAILS[1]))
    if end == "no":
        phone.locator('button[value="no"]').click()
    else:
        act(phone)
    expect(phone.get_by_role("main")).to_contain_text(said)
    assert_fits(phone)
    look(phone, f"end {end}")
    assert chain.question(1).answer == answer
    assert chain.question(2).state == ConsentState.VOID
    # The second click, and any other, finds what was said.
    phone.reload()
    expect(phone.get_by_role("main")).to_contain_text(said)
    desk = new_page()
    sign_in(desk, alice)
    desk.goto(f"/introductions/{chain.introduction.id}/")
    expect(desk.get_by_role("main")).to_contain_text("on its way")
    expect(desk.get_by_role("button", name="Withdraw it")).to_be_visible()
    Introduction.objects.update(reveal_at=timezone.now())
    sweep()
    desk.reload()
    expect(desk.get_by_role("main")).to_contain_text("not this time")
    expect(desk.get_by_role("button", name="Withdraw it")).to_have_count(0)
    look(desk, f"end {end} told")


def test_passed_on_by_hand(live_site: LiveServer, new_page: NewPage, smtp_sink: SmtpSink, alice: User) -> None:
    verify(alice)
    story = begin(alice)
    services.send(introduction=story.introduction, now=timezone.now())
    deliver()
    bob = new_page(width=PHONE)
    opens(bob, the_link(smtp_sink, "bob@friends.test"))
    bob.get_by_role("button", name="I’ll pass it on myself").click()
    expect(bob.get_by_role("main")).to_contain_text("A mail ready to be forwarded to Charlie is in your inbox.")
    look(bob, "by hand 1")
    deliver()
    ready = smtp_sink.to("bob@friends.test")[-1]
    assert ready["Subject"] == "May I introduce Alice Anders to you?"
    bob.get_by_role("button", name="I have passed it on").click()
    expect(bob.get_by_role("main")).to_contain_text("You have passed it on, and Alice knows.")
    look(bob, "by hand 2")
    desk = new_page()
    sign_in(desk, alice)
    desk.goto(f"/introductions/{story.introduction.id}/")
    expect(desk.get_by_role("main")).to_contain_text("Bob has passed your note on.")
    desk.get_by_role("button", name="We talked").click()
    expect(desk.get_by_role("main")).to_contain_text("you talked")


@pytest.mark.parametrize("gone", ["withdrawn", "met", "expired"])
def test_a_link_that_is_over_says_nothing_of_anybody(
    gone: str, live_site: LiveServer, new_page: NewPage, smtp_sink: SmtpSink, alice: User
) -> None:
    verify(alice)
    chain = draft_chain(alice, 2)
    services.send(introduction=chain.introduction, now=timezone.now())
    deliver()
    link = the_link(smtp_sink, EMAILS[0])
    desk = new_page()
    sign_in(desk, alice)
    desk.goto(f"/introductions/{chain.introduction.id}/")
    if gone == "withdrawn":
        desk.get_by_role("button", name="Withdraw it").click()
    elif gone == "met":
        type(chain.charlie).objects.filter(id=chain.charlie.id).update(relation="known")
        sweep()
    else:
        chain.introduction.consents.filter(position=0).update(expires_at=timezone.now())
        sweep()
    phone = new_page(width=PHONE)
    opens(phone, link)
    expect(phone.get_by_role("heading", level=1)).to_have_text("Nothing to answer here")
    assert "Alice" not in phone.content()
    assert not chain.asked()


def test_the_limits_page(live_site: LiveServer, new_page: NewPage, alice: User) -> None:
    page = new_page()
    sign_in(page, alice)
    page.goto("/settings/")
    page.get_by_role("link", name="How often you are asked").click()
    page.get_by_label("Questions before me at one time").fill("9")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("main")).to_contain_text("less than or equal to 5")
    page.get_by_label("Questions before me at one time").fill("0")
    look(page, "limits")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("Kith keeps to that from now on.")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_letter_at_a_phones_width(dark: bool, live_site: LiveServer, new_page: NewPage, alice: User) -> None:
    """Rendered in Chromium: nothing sticks out, the text can be read, the buttons can be met by a thumb."""
    verify(alice)
    page = new_page(width=PHONE, dark=dark)
    for tell in letters.LETTERS:
        clear()
        tell(begin(alice).send())
        show(page, letters.newest(letters.kind_of(tell)), tell.__name__, dark=dark)
    for tell_chain, kind, position in chain_letters.LETTERS:
        clear()
        letter = chain_letters.the_letter(draft_chain(alice, 3).send(), tell_chain, kind, position)
        show(page, letter, f"chain {tell_chain.__name__}", dark=dark)


def clear() -> None:
    """As before the first story."""
    for model in (Letter, Introduction, Reminder, Person, AskingPause):
        model.objects.all().delete()


def show(page: Page, letter: Letter, name: str, *, dark: bool) -> None:
    page.emulate_media(color_scheme="dark" if dark else "light")
    page.set_content(letter.html)
    assert_fits(page)
    for button in page.locator("a.button").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44, name
    assert contrast_is_enough(page), name
    look(page, f"mail {re.sub('[^a-z]+', ' ', name.lower())} {'dark' if dark else 'light'}")


def contrast_is_enough(page: Page) -> bool:
    """Text against the page, at least 4.5 to 1 (WCAG AA)."""
    worst: float = page.evaluate(
        """() => {
            const parse = colour => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
            const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
                .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
                .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
            const behind = e => { const c = getComputedStyle(e).backgroundColor;
                const isClear = /, 0\\)$|transparent/.test(c);
                return isClear ? (e.parentElement ? behind(e.parentElement) : 'rgb(255,255,255)') : c; };
            return Math.min(...[...document.querySelectorAll('.sheet *')]
                .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))
                .map(e => [light(parse(getComputedStyle(e).color)), light(parse(behind(e)))])
                .map(([a, b]) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)));
        }"""
    )
    return worst >= 4.5
