"""The servers, started once, and emptied for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contacts.remote.guard import Guard
from tests.sync.peers import HOST, Certificates, Misbehaving, Pymap, Radicale, make_certificates


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority that only these tests trust."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def _radicale(tmp_path_factory: pytest.TempPathFactory, certificates: Certificates) -> Iterator[Radicale]:
    server = Radicale(tmp_path_factory.mktemp("radicale"), certificates)
    server.start()
    server.wait_until_ready()
    yield server
    server.stop()


@pytest.fixture
def radicale(_radicale: Radicale) -> Radicale:
    """A CardDAV server, with an empty address book of Alice's."""
    _radicale.empty()
    _radicale.make_book()
    return _radicale


@pytest.fixture(scope="session")
def _pymap(tmp_path_factory: pytest.TempPathFactory, certificates: Certificates) -> Iterator[Pymap]:
    folder: Path = tmp_path_factory.mktemp("pymap")
    server = Pymap(folder, certificates)
    server.start()
    server.wait_until_ready()
    yield server
    server.stop()


@pytest.fixture
def pymap(_pymap: Pymap) -> Pymap:
    """An IMAP server; the folders Friends and Sent of Alice's are empty."""
    for folder in ("Friends", "Sent"):
        _pymap.empty(folder)
    return _pymap


@pytest.fixture
def misbehaving(certificates: Certificates) -> Iterator[Misbehaving]:
    """A server that does what the test says."""
    server = Misbehaving(certificates)
    yield server
    server.close()


@pytest.fixture
def guard(certificates: Certificates) -> Guard:
    """What a site allows whose admin named this machine."""
    return Guard(allow_hosts={HOST}, ca_file=certificates.authority)
