"""A throwaway PostgreSQL and Redis, as the tests have them, with Kith's tables and one member."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def stage() -> Iterator[Any]:
    """Everything that the services need, until the block ends. Hands out the member."""
    from tests import services

    services._start()
    try:
        os.environ["SMTP_URL"] = "smtp://127.0.0.1:9"
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        from netapp.accounts.models import User

        yield User.objects.create_user("alice@kith.test", "correct horse", country="DE", time_zone="Europe/Berlin")
    finally:
        services._stop()
