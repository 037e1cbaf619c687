"""Both engines answer every test of paths."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contacts.graph import engines


@pytest.fixture(params=["numpy", "compiled"])
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    engines.use(request.param)
    yield request.param
    engines.use("auto")
