"""Redis is dead, or takes connections and says nothing (TRUST.md R4): pages answer within a second, nothing is lost."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from netapp.accounts.models import User
from netapp.lib import bell
from netapp.mail import tasks
from netapp.mail.models import Letter, LetterState
from tests.smtp import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["dead", "frozen"])
def _no_redis(request: pytest.FixtureRequest, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(bell, "_quiet_until", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # One that listens and never answers, or a port on which nobody listens at all.
        port = listener.getsockname()[1] if request.param == "frozen" else 1
        settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"
        yield


@pytest.mark.usefixtures("_no_redis")
def test_pages_that_send_mail_answer_and_the_sweep_sends_it(alice: User, smtp_sink: SmtpSink) -> None:
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    began = time.monotonic()
    form = {"login": alice.email, "password": "correct horse"}
    client = Client()
    assert client.post("/account/password/reset/", {"email": alice.email}).status_code == 302
    assert client.post("/account/login/", form).status_code == 302
    assert client.get("/settings/").status_code == 200
    assert time.monotonic() - began < 3  # three pages
    assert Letter.objects.get().state == LetterState.QUEUED
    tasks.sweep()
    tasks.deliver()
    assert len(smtp_sink.to(alice.email)) == 1


@pytest.mark.usefixtures("_no_redis")
def test_many_bells_cost_no_more_than_one() -> None:
    began = time.monotonic()
    for _ in range(50):
        bell.ring(tasks.deliver)
    assert time.monotonic() - began < 1
