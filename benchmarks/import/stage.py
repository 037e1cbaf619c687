"""A throwaway PostgreSQL with Kith's tables and one member; no Redis, so that nobody but the benchmark works on it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from netapp.embedded.postgres import THROWAWAY, Postgres


@contextmanager
def stage() -> Iterator[Any]:
    """Everything that the services need, until the block ends. Hands out the member."""
    with tempfile.TemporaryDirectory() as place:
        database = Postgres(Path(place, "postgres"), log=Path(place, "postgres.log"), options=THROWAWAY)
        database.start()
        try:
            database.wait_until_ready()
            yield _member(database.url, Path(place))
        finally:
            database.stop()


def _member(url: str, place: Path) -> Any:
    (place / "static").mkdir()
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "netapp.settings",
        "SECRET_KEY": "only-for-the-benchmark-" + "k" * 40,
        "DEBUG": "false",
        "BASE_URL": "http://127.0.0.1:8000",
        "DATABASE_URL": url,
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "SMTP_URL": "smtp://127.0.0.1:9",
        "MAIL_FROM": "kith@example.org",
        "STATIC_ROOT": str(place / "static"),
        "DATA_DIR": str(place),
        "LOG_LEVEL": "ERROR",
    }
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    call_command("migrate", verbosity=0)
    from netapp.accounts.models import User

    return User.objects.create_user("alice@kith.test", "correct horse", country="DE", time_zone="Europe/Berlin")
