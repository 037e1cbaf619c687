"""Every page, as one looks at it: by a screen reader's measure, on narrow screens, without JavaScript, by keyboard."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.urls import reverse
from playwright.sync_api import Page, expect

from contacts.models import Interaction, Person
from contacts.queries.people import PAGE
from contacts.services import people
from contacts.words import one_line
from introductions.models import Consent, Introduction
from netapp.accounts.models import User
from netapp.mail.models import Letter
from tests.browser.conftest import DESKTOP, PHONE, NewPage
from tests.browser.helpers import assert_fits, look, sign_in
from tests.browser.world import World

pytestmark = pytest.mark.django_db(transaction=True)

NARROWEST = 320


@pytest.fixture
def world(alice: User, live_site: Any) -> World:
    """Alice's, with something on every page."""
    return World(alice).build()


def violations(page: Page, rules: Iterable[str] = ()) -> list[str]:
    """What axe finds wrong, a line each. `rules`: only these."""
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    found = page.evaluate(f"axe.run(document, {json.dumps(options)}).then(result => result.violations)")
    return [
        f"{page.url} {page.viewport_size}: {one['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for one in found
        for node in one["nodes"]
    ]


def faults(page: Page, paths: Iterable[str]) -> list[str]:
    """What is wrong on those pages, light and dark; on a phone also whether they fit its width and a narrower one."""
    found: list[str] = []
    for path in paths:
        page.goto(path)
        page.evaluate(AXE_SCRIPT)
        found += violations(page)
        page.emulate_media(color_scheme="dark")
        found += violations(page, ["color-contrast"])
        page.emulate_media(color_scheme="light")
        look(page, "page " + re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[\w-]{43}", "x", path))
        for width in (PHONE, NARROWEST) if page.viewport_size == {"width": PHONE, "height": 844} else ():
            page.set_viewport_size({"width": width, "height": 844})
            try:
                assert_fits(page)
            except AssertionError as error:
                found.append(f"{width}: {error}")
        if page.viewport_size and page.viewport_size["width"] == NARROWEST:
            page.set_viewport_size({"width": PHONE, "height": 844})
    return found


@pytest.mark.parametrize("width", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_a_members_pages_are_accessible_and_fit(width: int, world: World, new_page: NewPage) -> None:
    page = new_page(width=width)
    sign_in(page, world.alice)
    assert not (found := faults(page, world.member_pages())), "\n".join(found)


@pytest.mark.parametrize("width", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_public_pages_are_accessible_and_fit(width: int, world: World, new_page: NewPage) -> None:
    assert not (found := faults(new_page(width=width), world.public_pages())), "\n".join(found)


@pytest.mark.parametrize("width", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_empty_pages_are_accessible_and_fit(width: int, alice: User, new_page: NewPage) -> None:
    page = new_page(width=width)
    sign_in(page, alice)
    paths = [reverse(name) for name in ("today", "contacts:people", "contacts:reminders", "introductions:objectives")]
    paths += [reverse(name) for name in ("introductions:introductions", "contacts:sharing", "mail:log")]
    assert not (found := faults(page, paths)), "\n".join(found)


# --- Without JavaScript


def test_the_work_is_done_without_javascript(world: World, new_page: NewPage) -> None:
    page = new_page(javascript=False)
    sign_in(page, world.alice)

    page.goto("/people/")
    page.get_by_role("searchbox", name="Search people").fill("almeida")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 person", exact=True)).to_be_visible()
    page.get_by_role("link", name="Ana Almeida").click()

    before = Interaction.objects.count()
    page.get_by_role("button", name="called", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ana Almeida")
    assert Interaction.objects.count() == before + 1

    page.goto("/reminders/")
    page.get_by_role("button", name="Next week").first.click()
    expect(page.get_by_text("Put off until")).to_be_visible()

    page.goto(reverse("introductions:ask", args=[world.wish().id]) + f"?introducer={world.people['Ana Almeida'].id}")
    page.get_by_label("The note for Greta").fill("Would you have twenty minutes for me?")
    page.get_by_label("To Ana").fill("You know her, I think.")
    page.get_by_role("button", name="Look at it as Ana Almeida will").click()
    page.get_by_role("button", name="Send it to Ana").click()
    expect(page.get_by_text("Ana Almeida is asked.")).to_be_visible()
    asked = Introduction.objects.get(target=world.wish())
    assert asked.state == "introducer_asked"

    friend = new_page(width=PHONE, javascript=False)
    friend.goto(world.answer_link(asked))
    friend.get_by_role("button", name="Not now").click()
    expect(friend.get_by_role("heading", level=1)).to_have_text("That is quite all right")
    assert Consent.objects.get(introduction=asked, party="introducer").answer == "not_now"


# --- By keyboard


def test_the_keyboard_reaches_everything(world: World, page: Page) -> None:
    sign_in(page, world.alice)
    page.goto("/people/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Crossing paths")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Import").last).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Add a person")).to_be_focused()

    search = page.get_by_role("searchbox", name="Search people")
    page.locator("#main").focus()
    page.keyboard.press("/")
    expect(search).to_be_focused()
    page.keyboard.type("charlie")
    expect(page.get_by_text("1 person", exact=True)).to_be_visible()

    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog", name="Go to")).to_be_visible()
    page.keyboard.type("almei")
    found = page.locator("#palette-results").get_by_role("link", name="Ana Almeida")
    expect(found).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(found).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ana Almeida")
    page.wait_for_load_state()  # The heading shows before the script that hears the keys has run.

    page.keyboard.press("g")
    page.keyboard.press("o")
    expect(page.get_by_role("heading", level=1)).to_have_text("Objectives")
    page.wait_for_load_state()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/objectives/[0-9a-f-]{36}/"))


# --- Taking back


def test_what_was_done_is_taken_back_from_the_message_that_tells_it(world: World, page: Page) -> None:
    sign_in(page, world.alice)
    ana = world.people["Ana Almeida"]
    undo = page.locator("#toasts").get_by_role("button", name="Undo")

    page.goto(reverse("contacts:person", args=[ana.id]))
    timeline = page.get_by_role("region", name="In touch").get_by_role("listitem")
    count = timeline.count()
    page.get_by_role("button", name="met", exact=True).click()
    expect(timeline).to_have_count(count + 1)
    undo.click()
    expect(timeline).to_have_count(count)

    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("People")
    expect(page.get_by_role("link", name="Ana Almeida")).to_have_count(0)
    undo.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ana Almeida")

    page.goto("/people/?relation=wanted")
    page.get_by_role("checkbox", name="Charlie Cole").check()
    page.get_by_role("button", name="Archive", exact=True).click()
    expect(page.get_by_role("link", name="Charlie Cole")).to_have_count(0)
    undo.click()
    expect(page.get_by_role("link", name="Charlie Cole").first).to_be_visible()

    page.goto(reverse("introductions:objective", args=[world.objective.id]))
    page.get_by_role("button", name=re.compile("^Not this")).first.click()
    expect(page.get_by_text("Left out: 1")).to_be_visible()
    undo.click()
    expect(page.get_by_text("Left out: 1")).to_have_count(0)

    page.goto("/reminders/")
    page.get_by_role("button", name="Done", exact=True).first.click()
    undo.click()
    expect(page.get_by_text("Send Ana the book")).to_be_visible()


# --- Hostile texts

SELECTION = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'\"><svg/onload=alert(1)>",
    "</title></textarea></style><script>alert(1)</script>",
    "javascript:alert(1)//",
    "{{ 7|add:'7' }}{% debug %}${7*7}#{7*7}<%= 7*7 %>",
    '<!--#exec cmd="ls"--><a href=javascript:alert(1)>x</a>',
    "\u202etest\u202a \u2028line\u2029 \ufeff null",
    "田中さん 👩‍👩‍👧‍👦 Z̮̞̠͙͔ͅA̵̛͓̤L̯ صفحات",
    "a" * 150,
)


INJECTED = (
    "document.querySelectorAll('[onerror], [onload], [onfocus], main script, main img:not(.avatar), iframe').length"
)
INJECTED_INTO_MAIL = "document.querySelectorAll('[onerror], [onload], [onfocus], script, svg, iframe, img').length"


def open_everything(world: World, page: Page, dialogs: list[str]) -> None:
    """Every page, and every letter's HTML, in a browser that would run what it is given."""
    sign_in(page, world.alice)
    for path in (*world.member_pages(), *world.public_pages()):
        page.goto(path)
        assert page.evaluate(INJECTED) == 0, path
        assert_fits(page)
    page.goto("about:blank")  # a mail program has no policy of ours
    for letter in Letter.objects.all():
        page.set_content(letter.html)
        assert page.evaluate(INJECTED_INTO_MAIL) == 0, letter.kind
        assert "\n" not in letter.subject
    assert not dialogs


@pytest.fixture
def dialogs(phone: Page) -> list[str]:
    """What a script that ran would open."""
    found: list[str] = []

    def close(dialog: Any) -> None:
        found.append(f"{phone.url}: {dialog.message}")
        dialog.dismiss()

    phone.on("dialog", close)
    return found


def test_help_with_a_list_is_still_a_list(phone: Page) -> None:
    """Help that names people is escaped; what Django itself marks as safe is not."""
    phone.goto("/account/signup/")
    expect(phone.get_by_text("must contain at least 9 characters").and_(phone.locator("li"))).to_be_visible()


def test_hostile_texts_run_nothing(alice: User, live_site: Any, phone: Page, dialogs: list[str]) -> None:
    """All of them in everything that somebody types."""
    number = itertools.count()
    world = World(alice, said=lambda text: SELECTION[next(number) % len(SELECTION)]).build()
    open_everything(world, phone, dialogs)


def test_the_big_list_of_naughty_strings_runs_nothing(
    alice: User, live_site: Any, phone: Page, dialogs: list[str], shared_data: Path
) -> None:
    """Every one of them a name, a note, an organisation and a tag; the first of them in everything else, too."""
    file = shared_data / "attack-strings" / "big-list-of-naughty-strings" / "blns.txt"
    lines = [line for line in file.read_text().split("\n") if one_line(line) and not line.startswith("#")]
    number = itertools.count()
    world = World(alice, said=lambda _: lines[next(number) % len(lines)]).build()
    for line in lines:
        fields = {"full_name": line[:300], "organisation": line[:300], "notes": line, "tags": [line[:60]]}
        people.add_person(owner=alice, fields=fields, handles=[], now=world.now, typed=True)
    open_everything(world, phone, dialogs)
    for page in range(1, 2 + Person.objects.filter(owner=alice).count() // PAGE):
        phone.goto(f"/people/?page={page}")
        assert phone.evaluate(INJECTED) == 0
    assert not dialogs
