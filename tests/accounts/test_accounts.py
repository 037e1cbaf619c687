"""Signing up, logging in, passwords and addresses (TRUST.md S7, S13, S14, S17)."""

from __future__ import annotations

import re
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import allauth.account
import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.management import call_command
from django.template.loader import get_template
from django.test import Client

from netapp.accounts.models import User
from netapp.accounts.queries import member_by_verified_address, verified_addresses
from netapp.mail import tasks
from netapp.mail.models import Letter, LetterState
from tests.smtp import SmtpSink

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse"


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr(tasks.deliver, "apply_async", lambda **call: None)


@pytest.fixture
def verified(alice: User) -> User:
    """Alice, who has shown that her address is hers."""
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    return alice


def read(sink: SmtpSink, reader: str) -> EmailMessage:
    """Let the worker work; then the last mail that came to `reader`."""
    tasks.deliver()
    return sink.to(reader)[-1]


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part
    return str(part.get_content())


def link_in(message: EmailMessage, what: str) -> str:
    found = re.search(rf"http://127\.0\.0\.1:8000(/account/{what}\S*)", text_of(message))
    assert found, text_of(message)
    return found[1]


def sign_up(client: Client, email: str, **extra: Any) -> Any:
    form = {"email": email, "name": "Erin Ek", "password1": "a long password", "password2": "a long password"}
    return client.post("/account/signup/", {**form, **extra}, follow=True)


def log_in(client: Client, email: str = "alice@kith.test", password: str = PASSWORD, **extra: str) -> Any:
    return client.post("/account/login/" + extra.pop("query", ""), {"login": email, "password": password, **extra})


# --- Signing up


def test_an_address_is_an_identity_only_once_confirmed_by_a_button(client: Client, smtp_sink: SmtpSink) -> None:
    sign_up(client, "Erin@Kith.Test")
    erin = User.objects.get()
    assert (erin.email, erin.name) == ("erin@kith.test", "Erin Ek")
    assert member_by_verified_address("erin@kith.test") is None
    assert log_in(client, "erin@kith.test", "a long password").url == "/account/confirm-email/"
    message = read(smtp_sink, "erin@kith.test")
    path = link_in(message, "confirm-email/")
    for _ in range(20):
        assert client.get(path).status_code == 200
        client.head(path)
        client.options(path)
    assert verified_addresses(erin) == []
    client.post(path)
    assert verified_addresses(erin) == ["erin@kith.test"]
    assert member_by_verified_address("ERIN@kith.test") == erin
    assert Letter.objects.filter(is_essential=True, member=erin).exists()


def test_a_name_of_nothing_is_refused_and_a_strange_one_becomes_a_line(client: Client) -> None:
    assert sign_up(client, "erin@kith.test", name=" \u2028 ").status_code == 200
    assert not User.objects.exists()
    sign_up(client, "erin@kith.test", name="Erin\r\nBcc: evil@example.net")
    assert User.objects.get().name == "Erin Bcc: evil@example.net"


@pytest.mark.parametrize("email", ["me@localhost", '"q"@kith.test', "me@[127.0.0.1]"])
def test_an_address_that_no_letter_goes_to_is_refused_in_words(verified: User, client: Client, email: str) -> None:
    for answer in (sign_up(client, email), client.post("/account/password/reset/", {"email": email})):
        assert "not an e-mail address that can be written to" in answer.content.decode()
    client.force_login(verified, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    answer = client.post("/account/email/", {"action_add": "", "email": email}, follow=True)
    assert "not an e-mail address that can be written to" in answer.content.decode()
    assert EmailAddress.objects.get().email == verified.email
    assert not Letter.objects.exists()


def test_sign_up_tells_nobody_who_is_here(verified: User, smtp_sink: SmtpSink) -> None:
    known, unknown = sign_up(Client(), verified.email), sign_up(Client(), "erin@kith.test")
    assert known.redirect_chain == unknown.redirect_chain
    assert known.status_code == unknown.status_code
    assert _alike(known, verified.email) == _alike(unknown, "erin@kith.test")
    assert "an account with this address already" in text_of(read(smtp_sink, verified.email))
    assert Letter.objects.count() == 2


def test_sign_up_takes_as_long_for_a_known_address(verified: User, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []
    original = MD5PasswordHasher.encode

    def counted(hasher: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(salt)
        return original(hasher, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    sign_up(Client(), verified.email)
    known = len(hashed)
    sign_up(Client(), "erin@kith.test")
    assert known == len(hashed) - known == 1


def test_a_reset_tells_nobody_who_is_here(verified: User, smtp_sink: SmtpSink) -> None:
    known = Client().post("/account/password/reset/", {"email": verified.email}, follow=True)
    unknown = Client().post("/account/password/reset/", {"email": "erin@kith.test"}, follow=True)
    assert known.redirect_chain == unknown.redirect_chain
    assert _alike(known, verified.email) == _alike(unknown, "erin@kith.test")
    assert "There is no account" in text_of(read(smtp_sink, "erin@kith.test"))


def _alike(answer: Any, email: str) -> str:
    page = re.sub(r'value="[A-Za-z0-9]{64}"', "", answer.content.decode())
    return re.sub(r'\{"X-CSRFToken".*?\}', "", page).replace(email, "ADDRESS")


# --- Logging in


def test_log_in_makes_a_new_key(verified: User, client: Client) -> None:
    client.get("/account/login/")
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["session"] = str(session.session_key)
    assert log_in(client).status_code == 302
    assert client.session.session_key != session.session_key
    assert not Session.objects.filter(session_key=session.session_key).exists()


@pytest.mark.parametrize(
    "evil",
    [
        "//evil.example",
        "https://evil.example",
        "https:evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "http:///evil.example",
    ],
)
def test_log_in_leads_nowhere_else(verified: User, evil: str) -> None:
    assert log_in(Client(), query=f"?next={evil}", next=evil).url == "/"
    client = Client()
    client.force_login(verified, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert "evil" not in client.post(f"/account/logout/?next={evil}", {"next": evil})["Location"]


def test_guessing_is_slowed_down_without_redis(verified: User, settings: Any) -> None:
    settings.CELERY_BROKER_URL = settings.REDIS_URL = "redis://127.0.0.1:1/0"
    for _ in range(5):
        assert log_in(Client(), password="wrong").status_code == 200
    assert "Too many failed" in log_in(Client()).content.decode()
    cache.clear()
    assert log_in(Client()).status_code == 302


# --- Passwords and addresses


def test_a_changed_password_ends_every_other_session(verified: User, smtp_sink: SmtpSink) -> None:
    here, elsewhere = Client(), Client()
    log_in(here)
    log_in(elsewhere)
    form = {"oldpassword": PASSWORD, "password1": "a newer password", "password2": "a newer password"}
    here.post("/account/password/change/", form)
    assert here.get("/settings/").status_code == 200
    assert elsewhere.get("/settings/").status_code == 302
    message = read(smtp_sink, verified.email)
    assert message["Subject"] == "Your password was changed"
    assert "List-Unsubscribe" not in message
    assert "127.0.0.1" in text_of(message)


def test_a_reset_by_mail_ends_every_session_and_works_once(verified: User, smtp_sink: SmtpSink) -> None:
    old = Client()
    log_in(old)
    client = Client()
    client.post("/account/password/reset/", {"email": verified.email})
    path = link_in(read(smtp_sink, verified.email), "password/reset/key/")
    form_path = client.get(path)["Location"]
    assert client.get(form_path).status_code == 200
    client.post(form_path, {"password1": "a newer password", "password2": "a newer password"})
    assert log_in(Client(), password="a newer password").status_code == 302
    assert old.get("/settings/").status_code == 302
    assert b"password1" not in Client().get(path, follow=True).content


def test_links_do_not_follow_a_forged_host(verified: User, smtp_sink: SmtpSink, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    Client(headers={"host": "evil.example"}).post("/account/password/reset/", {"email": verified.email})
    message = read(smtp_sink, verified.email)
    assert "evil.example" not in message.as_string()
    assert link_in(message, "password/reset/key/")
    settings.ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
    assert Client().get("/account/login/", headers={"host": "evil.example"}).status_code == 400


def test_links_leave_the_row_once_they_are_sent(verified: User, smtp_sink: SmtpSink) -> None:
    Client().post("/account/password/reset/", {"email": verified.email})
    tasks.deliver()
    letter = Letter.objects.get()
    assert letter.state == LetterState.SENT
    assert (letter.text, letter.html) == ("", "")


def test_every_mail_of_allauth_has_a_letter_of_ours() -> None:
    folder = Path(allauth.account.__file__).parent.parent / "templates" / "account" / "email"
    names = {path.name.removesuffix("_subject.txt") for path in folder.glob("*_subject.txt")}
    by_code = {"login_code", "password_reset_code"}  # flows that are not switched on
    for name in names - by_code:
        for end in ("subject.txt", "txt", "html"):
            get_template(f"mail/account_{name}.{end}")


def test_addresses_are_looked_up_only_when_verified_and_active(verified: User, bob: User) -> None:
    EmailAddress.objects.create(user=bob, email="bob@kith.test", verified=False, primary=True)
    EmailAddress.objects.create(user=verified, email="a@kith.test", verified=True)
    assert verified_addresses(verified) == ["alice@kith.test", "a@kith.test"]
    assert verified_addresses(bob) == []
    assert member_by_verified_address("bob@kith.test") is None
    assert member_by_verified_address("A@kith.test") == verified
    verified.is_active = False
    verified.save()
    assert member_by_verified_address("a@kith.test") is None


# --- The admin


def test_createsuperuser_and_the_admin_pages(smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", interactive=False, email="Root@Kith.Test", verbosity=0)
    admin = User.objects.get()
    assert admin.email == "root@kith.test"
    client = Client()
    assert "/account/login/" in client.get("/admin/login/", follow=True).redirect_chain[-1][0]
    client.force_login(admin, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.post("/account/password/reset/", {"email": "root@kith.test"})
    for path in (
        "accounts/user/",
        "accounts/user/add/",
        f"accounts/user/{admin.pk}/change/",
        "mail/letter/",
        "mail/suppression/",
    ):
        assert client.get(f"/admin/{path}").status_code == 200, path
    form = {
        "email": "new@kith.test",
        "name": "",
        "usable_password": "true",
        "password1": "a long password",
        "password2": "a long password",
    }
    assert client.post("/admin/accounts/user/add/", form).status_code == 302
    assert User.objects.get(email="new@kith.test").check_password("a long password")
    letter = Letter.objects.get()
    page = client.get(f"/admin/mail/letter/{letter.pk}/change/").content.decode()
    assert "/account/password/reset/" not in page
    assert "/admin/mail/letter/add/" not in page
    assert client.get("/admin/mail/letter/add/").status_code == 403
