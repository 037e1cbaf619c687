"""Typed readers of the environment: the only place that touches `os.environ` for settings.

Each reader names the variable in its error, so that a wrong deployment says what to mend.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict


def text(name: str, default: str | None = None) -> str:
    """The variable as it stands, or `default`; without a default it must be set."""
    value = os.environ.get(name, "")
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"Set the environment variable {name} (see .env.example).")
    return default


def flag(name: str, default: bool = False) -> bool:
    """True for 1, true, yes, on; False for 0, false, no, off or unset."""
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")


def integer(name: str, default: int) -> int:
    """A whole number."""
    value = os.environ.get(name, "")
    try:
        return int(value) if value else default
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from error


def words(name: str) -> list[str]:
    """A comma-separated list; empty where unset."""
    return [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]


def path(name: str) -> Path | None:
    """An absolute path, or None where unset."""
    value = os.environ.get(name, "")
    return Path(value).resolve() if value else None


def database(name: str, default: str | None = None) -> dict[str, Any]:
    """A libpq URL (`postgresql://user:password@host:5432/name`, or `?host=/socket/folder`) as Django's dict."""
    try:
        parts = conninfo_to_dict(text(name, default))
    except Exception as error:
        raise ImproperlyConfigured(f"{name} is not a PostgreSQL URL: {error}") from error
    known = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    settings: dict[str, Any] = {known[key]: str(value) for key, value in parts.items() if key in known}
    settings["OPTIONS"] = {key: value for key, value in parts.items() if key not in known}
    return settings


def imap(name: str) -> dict[str, Any] | None:
    """An IMAP URL (`imaps://user:password@host/folder`; `imap://` without TLS) as its parts; None where unset."""
    if not text(name, ""):
        return None
    url = urlsplit(text(name))
    if url.scheme not in {"imap", "imaps"} or not url.hostname or not url.username:
        raise ImproperlyConfigured(f"{name} must look like imaps://user:password@host/INBOX.")
    return {
        "host": url.hostname,
        "port": url.port or {"imap": 143, "imaps": 993}[url.scheme],
        "user": unquote(url.username),
        "password": unquote(url.password or ""),
        "is_tls": url.scheme == "imaps",
        "folder": unquote(url.path.strip("/")) or "INBOX",
    }


def smtp(name: str, default: str) -> dict[str, Any]:
    """An SMTP URL as Django's EMAIL_* values: `smtp://`, `smtp+tls://` (STARTTLS) or `smtps://` (TLS at once)."""
    url = urlsplit(text(name, default))
    if url.scheme not in {"smtp", "smtp+tls", "smtps"} or not url.hostname:
        raise ImproperlyConfigured(f"{name} must look like smtp+tls://user:password@host:587.")
    return {
        "HOST": url.hostname,
        "PORT": url.port or {"smtp": 25, "smtp+tls": 587, "smtps": 465}[url.scheme],
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "STARTTLS": url.scheme == "smtp+tls",
        "TLS": url.scheme == "smtps",
    }
