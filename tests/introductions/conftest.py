"""Fixtures of the story."""

import pytest
from pytest_django import Settings

from netapp.accounts.models import User
from tests.introductions.story import Story, begin, verify


@pytest.fixture
def unlimited(settings: Settings) -> None:
    """Everybody may be asked, and may ask, as often as a test tells its story."""
    settings.INTRODUCTION_OPEN_ASKS = settings.INTRODUCTION_ASKS_LATELY = 10_000
    settings.INTRODUCTION_ASKS_A_WEEK = settings.INTRODUCTION_ASKS_A_WEEK_MOST = 10_000


@pytest.fixture
def draft(alice: User) -> Story:
    """Alice has written to Bob about Charlie, and not sent it."""
    verify(alice)
    return begin(alice)


@pytest.fixture
def sent(draft: Story) -> Story:
    """Bob is asked."""
    return draft.send()
