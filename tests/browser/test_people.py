"""The people pages by hand: a list is kept, many are edited at once and taken back, a card is told by one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from contacts.models import Person, SavedFilter
from netapp.accounts.models import User
from tests.browser.helpers import assert_fits, look, sign_in
from tests.contacts.test_photos import picture
from tests.factories import PersonFactory

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = ("Ana", "Ben", "Cleo", "Dan", "Eva", "Fay", "Gil", "Hal", "Ida", "Jon", "Kim", "Lea")


@pytest.fixture
def book(alice: User, live_site: Any) -> list[Person]:
    """A dozen people, five of them printers."""
    return [
        PersonFactory(
            owner=alice,
            full_name=f"{name} Number",
            tags=["print"] if number < 5 else [],
            place="Porto" if number % 2 else "Lisbon",
            tie_kinds=["friend"] if number == 1 else [],
        )
        for number, name in enumerate(NAMES)
    ]


def test_a_list_is_kept_and_its_people_edited_together_and_back(book: list[Person], alice: User, page: Page) -> None:
    sign_in(page, alice)
    page.goto("/people/")
    page.get_by_text("Order and more filters").click()
    page.get_by_label("Place").fill("Porto")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_text("6 people", exact=True)).to_be_visible()
    page.get_by_text("Keep this as a list").click()
    page.get_by_label("Name of the list").fill("Those in Porto")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_text("“Those in Porto” is kept.")).to_be_visible()
    assert SavedFilter.objects.get().query == "place=Porto"

    page.goto("/people/")
    page.get_by_role("link", name="Those in Porto").click()
    expect(page.get_by_text("6 people", exact=True)).to_be_visible()
    look(page, "a kept list")
    page.get_by_label("Ben Number").check()
    page.get_by_label("All shown").check()
    page.get_by_role("textbox", name="How you know each other").fill("neighbour")
    page.get_by_role("button", name="Add tie").click()
    expect(page.get_by_text("6 people: “neighbour” noted")).to_be_visible()
    assert Person.objects.filter(tie_kinds__contains=["neighbour"]).count() == 6
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back.")).to_be_visible()
    assert not Person.objects.filter(tie_kinds__contains=["neighbour"]).exists()

    page.get_by_label("Ben Number").check()
    page.get_by_label("Dan Number").check()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("2 people deleted.")).to_be_visible()
    expect(page.get_by_text("4 people", exact=True)).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("6 people", exact=True)).to_be_visible()

    page.get_by_role("link", name="Rename or remove it").click()
    page.get_by_text("Rename", exact=False).first.click()
    page.get_by_label("Name of the list").fill("Porto")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("link", name="Porto", exact=True)).to_be_visible()
    page.get_by_role("button", name="Remove Porto").click()
    expect(page.get_by_text("No lists yet")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Porto", exact=True)).to_be_visible()


def test_the_keyboard_searches_ticks_and_opens(book: list[Person], alice: User, page: Page) -> None:
    sign_in(page, alice)
    page.goto("/people/")
    expect(page.locator("html")).to_have_attribute("data-theme", "auto")
    page.keyboard.press("/")
    page.keyboard.type("cleo")
    expect(page.get_by_text("1 person", exact=True)).to_be_visible()
    page.keyboard.press("Tab")
    page.locator("body").press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_label("Cleo Number")).to_be_checked()
    page.keyboard.press("x")
    expect(page.get_by_label("Cleo Number")).not_to_be_checked()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Cleo Number")


def test_one_line_becomes_a_card_with_a_face(alice: User, phone: Page, tmp_path: Path) -> None:
    sign_in(phone, alice)
    phone.goto("/people/")
    line = "Ana Costa, editor at Lumen Press ana@lumen.pt +351 912 345 678, Lisbon, friend, needs a studio #photo"
    phone.get_by_label("Somebody in one line").fill(line)
    phone.get_by_role("button", name="Read it").click()
    expect(phone.get_by_label("Organisation")).to_have_value("Lumen Press")
    assert_fits(phone)
    phone.get_by_role("button", name="Keep").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Ana Costa")
    expect(phone.get_by_text("a studio").first).to_be_visible()

    file = tmp_path / "face.png"
    file.write_bytes(picture((900, 700), "teal"))
    phone.get_by_text("Photo", exact=True).click()
    phone.get_by_label("A picture").set_input_files(file)
    phone.get_by_role("button", name="Put it on the card").click()
    expect(phone.get_by_text("The photo is on the card.")).to_be_visible()
    face = phone.locator("main img.avatar--lg")
    expect(face).to_be_visible()
    assert face.evaluate("image => image.complete && image.naturalWidth") == 512
    look(phone, "a card with a face")
    phone.get_by_role("button", name="Undo").click()
    expect(phone.locator("main img.avatar--lg")).to_have_count(0)

    phone.get_by_text("Change it").first.click()
    phone.get_by_label("What they can give").fill("knows every printer in Porto")
    phone.get_by_role("button", name="Save").first.click()
    expect(phone.get_by_text("Noted what they need and can give.")).to_be_visible()
    expect(phone.get_by_role("listitem").filter(has_text="knows every printer in Porto")).to_be_visible()
    assert_fits(phone)
    assert Person.objects.get().offers == ["knows every printer in Porto"]


def test_a_filter_suggests_words_from_the_book(book: list[Person], alice: User, page: Page) -> None:
    sign_in(page, alice)
    page.goto("/people/?sort=name")
    with page.expect_response(lambda response: reverse("contacts:people_words") in response.url) as answered:
        page.get_by_label("Place").press_sequentially("Lis")
    assert 'value="Lisbon"' in answered.value.text()
    expect(page.locator("#words-place option")).to_have_count(1)
