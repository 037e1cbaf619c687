"""Fixtures of the story."""

import pytest

from netapp.accounts.models import User
from tests.introductions.story import Story, begin, verify


@pytest.fixture
def draft(alice: User) -> Story:
    """Alice has written to Bob about Charlie, and not sent it."""
    verify(alice)
    return begin(alice)


@pytest.fixture
def sent(draft: Story) -> Story:
    """Bob is asked."""
    return draft.send()
