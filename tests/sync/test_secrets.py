"""Members' passwords for other servers: sealed, never shown, never logged, gone with the account (TRUST.md S18)."""

from __future__ import annotations

import logging

import pytest
from django.db import connection
from django.urls import reverse

from contacts import tasks
from contacts.models import Source
from contacts.services.sources import connecting
from netapp.accounts.services import delete_account
from netapp.lib import sealing
from tests.factories import NOW
from tests.sync.peers import Radicale
from tests.sync.syncing import Clock, connect_book, look

pytestmark = pytest.mark.django_db

CANARY = "canary-7f3a91-secret"


@pytest.fixture(autouse=True)
def _allowed(settings, certificates):
    settings.SYNC_ALLOW_HOSTS = ["localhost"]
    settings.SYNC_CA_FILE = certificates.authority


def everything() -> str:
    """Every value of every table, as text."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            found += [str(row[0]) for row in cursor.fetchall()]
    return "\n".join(found)


def test_sealed_and_bound_to_its_row():
    sealed = sealing.seal(CANARY, bound_to="one")
    assert CANARY not in sealed
    assert sealing.seal(CANARY, bound_to="one") != sealed
    assert sealing.unseal(sealed, bound_to="one") == CANARY
    for bad, row in [(sealed, "two"), (sealed[:-4] + "AAAA", "one"), ("", "one"), ("ä", "one")]:
        with pytest.raises(sealing.Unreadable):
            sealing.unseal(bad, bound_to=row)


def test_keys_are_changed_by_putting_a_new_one_in_front(settings, alice, radicale):
    settings.ENCRYPTION_KEYS = ["old"]
    source = connect_book(alice, radicale, secret=CANARY)
    settings.ENCRYPTION_KEYS = ["new", "old"]
    assert sealing.unseal(source.sealed_secret, bound_to=str(source.id)) == CANARY
    tasks.tend_sources()
    source.refresh_from_db()
    settings.ENCRYPTION_KEYS = ["new"]
    assert sealing.unseal(source.sealed_secret, bound_to=str(source.id)) == CANARY
    assert connecting.reseal() == 0
    settings.ENCRYPTION_KEYS = ["lost"]
    assert connecting.reseal() == 0
    look(source, Clock().tick())
    assert source.state == "stopped"
    assert "Type it again" in source.error


def test_nowhere_in_the_open(alice, alice_client, radicale: Radicale, caplog):
    caplog.set_level(logging.DEBUG)
    source = connect_book(alice, radicale, secret=CANARY)
    look(source, Clock().tick())  # refused by the server
    assert source.state == "stopped"
    assert CANARY not in everything()
    assert CANARY not in caplog.text
    assert CANARY not in repr(source.__dict__)
    for name in ("contacts:source", "contacts:source_sign_in"):
        page = alice_client.get(reverse(name, args=[source.id]))
        assert CANARY not in page.content.decode()
        assert source.sealed_secret not in page.content.decode()


def test_a_refused_form_does_not_give_it_back(alice_client):
    answer = alice_client.post(
        reverse("contacts:source_add") + "?preset=radicale",
        {"address": "127.0.0.1", "user_name": "alice", "secret": CANARY},
    )
    assert answer.status_code == 422
    assert CANARY not in answer.content.decode()


def test_gone_with_the_account(alice, radicale):
    source = connect_book(alice, radicale)
    look(source, Clock().tick())
    sealed = Source.objects.get().sealed_secret
    delete_account(member=alice, now=NOW)
    assert not Source.objects.exists()
    assert sealed not in everything()
