"""Objectives and routes in a real browser: written down, read at two widths, nothing sticks out, no axe violation."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone

from contacts.models import Closeness, Relation
from contacts.shared import circle_of
from introductions.matching import rematch
from introductions.models import Objective
from introductions.routes import refresh_routes
from introductions.services import searches
from netapp.accounts.models import User
from tests.browser.conftest import NewPage
from tests.browser.helpers import assert_fits, sign_in
from tests.factories import AcquaintanceFactory
from tests.networks import card, connect, verify


def work_off(owner: User) -> None:
    now = timezone.now()
    rematch(member_id=owner.pk, now=now)
    searches.want_all_routes(circle=circle_of(owner.pk, now), now=now)
    refresh_routes(member_id=owner.pk, now=now)


@pytest.mark.parametrize(("width", "javascript"), [(1280, True), (390, True), (390, False)])
def test_from_a_blank_page_to_whom_to_ask(new_page: NewPage, alice, bob, width, javascript):
    verify(alice)
    verify(bob)
    connect(alice, bob)
    card(alice, "Bob Brook", bob.email, strength=0.7)
    ana = card(alice, "Ana Ribeiro-Vasconcelos", "ana@example.org", strength=0.5)
    ben = card(alice, "Ben Okoro", "ben@example.org", role="Photo editor", relation=Relation.WANTED)
    card(bob, "Paula", "paula@example.org", role="Photo editor", organisation="Aperture", strength=0.8, reach=1)
    AcquaintanceFactory(one=ana, other=ben, closeness=Closeness.SOME, evidence="at school together")
    page = new_page(width=width, javascript=javascript)
    sign_in(page, alice)

    page.goto(reverse("introductions:objectives"))
    page.click("main >> text=Write one down")
    page.fill("[name=title]", "Publish my book")
    page.fill("[name=seat-0-title]", "Photo editor")
    page.click("summary:has-text('How Kith recognises them')")
    page.fill("[name=seat-0-roles]", "photo editor")
    page.click("text=Another seat")
    page.wait_for_selector("[name=seat-1-title]")
    page.fill("[name=seat-1-title]", "Somebody with a bookshop")
    page.click("text=Write it down")
    page.wait_for_selector("h1:has-text('Publish my book')")
    work_off(alice)
    objective = Objective.objects.get()
    if not javascript:
        page.goto(reverse("introductions:objective", args=[objective.id]))
    page.wait_for_selector("text=Ask Bob Brook to introduce you to Paula")
    assert_fits(page)
    if javascript:
        assert not Axe().run(page).response["violations"]

    page.click("text=All ways to Paula")
    page.wait_for_selector("text=Best: over Bob Brook")
    page.goto(reverse("introductions:routes", args=[ben.id]))
    page.wait_for_selector("text=at school together")
    assert_fits(page)
    if javascript:
        assert not Axe().run(page).response["violations"]
