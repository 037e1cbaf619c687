"""The settings page, and leaving for good (TRUST.md S18)."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from contacts.handles import HandleKind
from contacts.services.handles import HandleInput
from contacts.services.people import add_person
from contacts.tasks import purge_deleted
from netapp.accounts import services
from netapp.accounts.models import User
from netapp.accounts.places import countries, time_zones
from netapp.accounts.signals import member_leaving
from netapp.mail import outbox, suppression, tasks
from netapp.mail.models import Letter, StopLink, Suppression
from netapp.mail.suppression import Scope
from tests.factories import PersonFactory

pytestmark = pytest.mark.django_db
CANARY = "Kanarienvogel"


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr(tasks.deliver, "apply_async", lambda **call: None)


def form(**changes: str) -> dict[str, object]:
    return {
        "name": "Alice Ames",
        "time_zone": "Europe/Lisbon",
        "country": "PT",
        "theme": "dark",
        "mail_from_time": "09:30",
        "mail_until_time": "18:00",
        "mail_days": ["1", "2", "5"],
        "birthdays": "all",
        **changes,
    }


def test_a_member_changes_what_is_theirs(alice: User, alice_client: Client) -> None:
    page = alice_client.get("/settings/").content.decode()
    assert '<option value="Europe/Berlin" selected>' in page
    assert '<option value="GB" selected>' in page
    answer = alice_client.post("/settings/", form())
    assert (answer.status_code, answer["Location"]) == (302, "/settings/")
    alice.refresh_from_db()
    assert (alice.name, alice.time_zone, alice.country, alice.theme) == ("Alice Ames", "Europe/Lisbon", "PT", "dark")
    assert (alice.mail_from_time, alice.mail_until_time) == (time(9, 30), time(18))
    assert 'data-theme="dark"' in alice_client.get("/settings/").content.decode()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "Write the name that your friends know you by."),
        ({"name": "\u2028"}, "Write the name that your friends know you by."),
        ({"time_zone": "Mars/Olympus"}, "Mars/Olympus"),
        ({"country": "XX"}, "XX"),
        ({"mail_until_time": "08:00"}, "This must be later than the hour above."),
        ({"mail_from_time": "soon"}, "Enter a valid time."),
    ],
)
def test_what_cannot_be_is_refused_and_keeps_what_was_typed(
    alice: User, alice_client: Client, changes: dict[str, str], words: str
) -> None:
    answer = alice_client.post("/settings/", form(**changes))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert '<option value="Europe/Lisbon" selected>' in page or "time_zone" in changes
    alice.refresh_from_db()
    assert alice.time_zone == "Europe/Berlin"
    # The rest of the page still knows who is logged in.
    assert "Alice Anders" in page


def test_an_old_name_of_a_zone_stays_choosable(alice: User, alice_client: Client) -> None:
    alice.time_zone = "Japan"
    alice.save()
    assert '<option value="Japan" selected>' in alice_client.get("/settings/").content.decode()


def test_places_to_choose_from() -> None:
    assert ("PT", "Portugal") in countries()
    assert ("GB", "Britain (UK)") in countries()
    assert ("Europe/Lisbon", "Lisbon") in dict(time_zones())["Europe"]


@pytest.mark.parametrize("path", ["/settings/", "/settings/delete/"])
def test_strangers_are_asked_to_log_in(client: Client, path: str) -> None:
    assert client.get(path)["Location"] == f"/account/login/?next={path}"
    assert client.post(path, {})["Location"] == f"/account/login/?next={path}"


# --- Leaving


def test_looking_at_the_page_deletes_nobody(alice: User, alice_client: Client) -> None:
    for method in ("get", "head", "options"):
        getattr(alice_client, method)("/settings/delete/")
    assert User.objects.filter(pk=alice.pk).exists()


@pytest.mark.parametrize("wrong", [{"email": "bob@kith.test"}, {"password": "wrong"}, {"email": ""}, {"password": ""}])
def test_it_takes_the_address_and_the_password(alice: User, alice_client: Client, wrong: dict[str, str]) -> None:
    answer = alice_client.post("/settings/delete/", {"email": alice.email, "password": "correct horse", **wrong})
    assert answer.status_code == 422
    assert User.objects.filter(pk=alice.pk).exists()


def test_leaving_takes_everything_along(alice: User, alice_client: Client) -> None:
    alice.name = CANARY
    alice.save()
    other = Client()
    other.force_login(alice, backend="allauth.account.auth_backends.AuthenticationBackend")
    PersonFactory(owner=alice, full_name=CANARY)
    letter = outbox.post(
        key="canary",
        template="account_password_set",
        context={"member": alice, "ip": CANARY, "user_agent": "", "now": timezone.now()},
        to=[outbox.Recipient("bob@example.org", CANARY)],
        now=timezone.now(),
        member=alice,
    )
    suppression.stop(StopLink.objects.get(letter=letter), Scope.MEMBER)
    answer = alice_client.post("/settings/delete/", {"email": "ALICE@kith.test", "password": "correct horse"})
    assert answer["Location"] == "/account/login/"
    assert not User.objects.exists()
    assert not Letter.objects.exists()
    for client in (alice_client, other):
        assert client.get("/settings/").status_code == 302
    assert _tables_with(CANARY) == []
    assert _tables_with("alice@kith.test") == []
    assert not any(str(alice.pk) == session.get_decoded().get("_auth_user_id") for session in Session.objects.all())
    assert Suppression.objects.exists()


def test_an_address_that_nobody_else_has_goes_too(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    now = timezone.now()
    monkeypatch.setattr(purge_deleted, "apply_async", lambda **call: purge_deleted())
    for owner, addresses in ((alice, ["ana@kith.test", "ben@kith.test"]), (bob, ["ben@kith.test"])):
        handles = [HandleInput(HandleKind.EMAIL, address) for address in addresses]
        add_person(owner=owner, fields={"full_name": "Ana"}, handles=handles, now=now, typed=True)
    with django_capture_on_commit_callbacks(execute=True):
        services.delete_account(member=alice, now=now)
    assert _tables_with("ana@kith.test") == []
    assert "contacts.Identity" in _tables_with("ben@kith.test")


def test_the_rooms_above_are_told_before_and_can_write_to_others(alice: User, bob: User) -> None:
    def tell(sender: Any, member: User, now: Any, **_: Any) -> None:
        assert User.objects.filter(pk=member.pk).exists()
        outbox.post(
            key="goodbye",
            template="account_email_confirm",
            context={"member": bob},
            to=[outbox.Recipient(bob.email)],
            now=now,
            member=None,
        )

    member_leaving.connect(tell)
    try:
        services.delete_account(member=alice, now=timezone.now())
    finally:
        member_leaving.disconnect(tell)
    assert Letter.objects.get(key="goodbye").to == [bob.email]


def test_a_listener_that_fails_keeps_the_account_whole(alice: User) -> None:
    def fail(**_: Any) -> None:
        raise RuntimeError

    member_leaving.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            services.delete_account(member=alice, now=timezone.now())
    finally:
        member_leaving.disconnect(fail)
    assert User.objects.filter(pk=alice.pk).exists()


def _tables_with(text: str) -> list[str]:
    """Every table in which a row holds `text` somewhere."""
    found = []
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            table = connection.ops.quote_name(model._meta.db_table)
            cursor.execute(f"SELECT count(*) FROM {table} AS t WHERE t::text ILIKE %s", [f"%{text}%"])
            if cursor.fetchone()[0]:
                found.append(model._meta.label)
    return found
