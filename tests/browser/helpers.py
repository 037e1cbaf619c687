"""Small moves that many browser tests make."""

from __future__ import annotations

import os
import re
from pathlib import Path

from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from netapp.accounts.models import User
from tests.workers import ROOT

_LOOK = bool(os.environ.get("LOOK"))


def sign_in(page: Page, user: User) -> None:
    """Put a session of `user` into the page's browser, without the log-in form."""
    client = Client()
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": settings.BASE_URL}])


def assert_fits(page: Page) -> None:
    """Nothing sticks out to the right of the screen."""
    wide = page.evaluate(
        """() => {
            const limit = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= limit) return [];
            const scrolls = e => e && (getComputedStyle(e).overflowX !== 'visible' || scrolls(e.parentElement));
            return [...document.querySelectorAll('body *')]
                .filter(e => e.getBoundingClientRect().right > limit + 1 && !scrolls(e.parentElement))
                .slice(0, 5).map(e => e.outerHTML.slice(0, 120));
        }"""
    )
    assert not wide, f"{page.url} is wider than its screen: {wide}"


def look(page: Page, name: str) -> None:
    """With LOOK=1 in the environment: pictures of the page, light and dark, into test-results/look/."""
    if not _LOOK:
        return
    folder = Path(ROOT, "test-results", "look")
    folder.mkdir(parents=True, exist_ok=True)
    width = page.viewport_size["width"] if page.viewport_size else 0
    stem = f"{width}-{re.sub(r'[^a-z0-9]+', '-', name.lower())}"
    page.evaluate("scrollTo(0, 0)")
    page.emulate_media(color_scheme="dark")
    page.screenshot(path=folder / f"{stem}-dark.png", full_page=True)
    page.emulate_media(color_scheme="light")
    page.screenshot(path=folder / f"{stem}-light.png", full_page=True)
