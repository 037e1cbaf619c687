"""Small moves that many browser tests make."""

from __future__ import annotations

from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from netapp.accounts.models import User


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
            return [...document.querySelectorAll('body *')]
                .filter(e => e.getBoundingClientRect().right > limit + 1)
                .slice(0, 5).map(e => e.outerHTML.slice(0, 120));
        }"""
    )
    assert not wide, f"{page.url} is wider than its screen: {wide}"
