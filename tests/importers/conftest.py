"""What the importers' tests share: the fixture files, and reading one at once."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from contacts.importers import PersonRecord, Skipped, read

NOW = dt.datetime(2025, 6, 1, 12, tzinfo=dt.UTC)
FIXTURES = Path(__file__).parent / "fixtures"

ReadFixture = Callable[[str], tuple[list[PersonRecord], list[Skipped]]]


def sort_out(file_name: str, data: bytes) -> tuple[list[PersonRecord], list[Skipped]]:
    """(people, skipped) of a file, each in its order."""
    found = list(read(file_name, data, now=NOW))
    return [one for one in found if isinstance(one, PersonRecord)], [one for one in found if isinstance(one, Skipped)]


@pytest.fixture
def read_fixture() -> ReadFixture:
    """Read a file of tests/importers/fixtures into (people, skipped)."""
    return lambda name: sort_out(name, (FIXTURES / name).read_bytes())
