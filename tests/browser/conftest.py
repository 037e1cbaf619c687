"""A real browser on the real site.

    def test_it(page, alice):          # 1280 px wide;  `phone` is 390 px wide
        sign_in(page, alice)           # from tests.browser.helpers
        page.goto("/people/")

Errors in the console, failed scripts and violations of the Content-Security-Policy fail the test. A test that
provokes one takes it out of `browser_problems`. A screenshot of a failure is kept in test-results/.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Generator, Iterator
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests.browser import chromium
from tests.workers import ROOT

# Playwright keeps an event loop in this thread; Django would take the test's own queries for a mistake.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

DESKTOP, PHONE = 1280, 390
_FAILED = pytest.StashKey[bool]()


class NewPage(Protocol):
    """Opens a page in a browser profile of its own: somebody else's computer."""

    def __call__(self, *, width: int = DESKTOP, dark: bool = False, javascript: bool = True) -> Page: ...


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember a failure until the fixtures are taken down."""
    report = yield
    if report.failed:
        item.stash[_FAILED] = True
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run; every page has a profile of its own."""
    path = chromium.find()
    if path is None:
        reason = "no Chromium: `make test` tries to install one, or set CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=path, args=chromium.FLAGS, env={**chromium.environment(path)}
        )
        yield running
        running.close()


@pytest.fixture
def live_site(live_server: LiveServer, settings: Settings) -> LiveServer:
    """The site in a thread of this process, on this test's database; `.url` is its address, and mails link to it."""
    settings.BASE_URL = live_server.url
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    return live_server


@pytest.fixture
def browser_problems() -> list[str]:
    """What went wrong in the browser so far. Whatever is left at the end fails the test."""
    return []


@pytest.fixture
def new_page(
    browser: Browser, live_site: LiveServer, browser_problems: list[str], request: pytest.FixtureRequest
) -> Iterator[NewPage]:
    """Opens pages for several people in one test."""
    contexts: list[BrowserContext] = []

    def open_page(*, width: int = DESKTOP, dark: bool = False, javascript: bool = True) -> Page:
        options: dict[str, Any] = {"is_mobile": True, "has_touch": True} if width < 600 else {}
        context = browser.new_context(
            base_url=live_site.url,
            viewport={"width": width, "height": 844 if width < 600 else 800},
            color_scheme="dark" if dark else "light",
            java_script_enabled=javascript,
            timezone_id="Europe/London",
            reduced_motion="reduce",
            **options,
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", _collector(page, browser_problems))
        page.on("pageerror", lambda error: browser_problems.append(f"{page.url}: {error}"))
        return page

    yield open_page

    if request.node.stash.get(_FAILED, False):
        results = ROOT / "test-results"
        results.mkdir(exist_ok=True)
        name = re.sub(r"\W+", "-", request.node.name).strip("-")
        for number, page in enumerate(page for context in contexts for page in context.pages):
            page.screenshot(path=results / f"{name}-{number}.png", full_page=True)
    for context in contexts:
        context.close()
    assert not browser_problems, "\n".join(browser_problems)


def _collector(page: Page, problems: list[str]) -> Callable[[ConsoleMessage], None]:
    def collect(message: ConsoleMessage) -> None:
        # A page that answers 404 on purpose is no failure, nor is the icon that a page of plain text does not name.
        address = message.location.get("url", "")
        harmless = "Failed to load resource" in message.text and (
            address == page.url or address.endswith("/favicon.ico")
        )
        if message.type == "error" and not harmless:
            problems.append(f"{page.url}: {message.text}")

    return collect


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """A desktop page, 1280 px wide."""
    return new_page()


@pytest.fixture
def phone(new_page: NewPage) -> Page:
    """A phone's page, 390 px wide, with touch."""
    return new_page(width=PHONE)
