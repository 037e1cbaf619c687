"""Small numbers that Redis keeps beside the database: a witness, never the truth. Losing one costs only what it saw."""

from datetime import timedelta
from typing import Final

import structlog
from redis import RedisError

from netapp.lib import bell

log = structlog.get_logger(__name__)

_KEPT: Final = timedelta(days=400)


def remember(name: str, number: int) -> None:
    """Keep the number under that name, if Redis is there and takes it."""
    client = bell.client()
    if client is None:
        return
    try:
        client.set(f"kith.{name}", number, ex=_KEPT)
    except (RedisError, OSError) as error:
        log.warning("mark.unkept", error=type(error).__name__)


def recall(name: str) -> int | None:
    """The number under that name; None where there is none, or Redis does not answer."""
    client = bell.client()
    if client is None:
        return None
    try:
        kept = client.get(f"kith.{name}")
    except (RedisError, OSError):
        return None
    return int(kept) if isinstance(kept, bytes) and kept.isdigit() else None
