"""Ringing a worker: after commit, and never at the cost of the page."""

import time
from functools import cache
from typing import Any

import structlog
from celery import Task
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

log = structlog.get_logger(__name__)

#: Seconds that a bell may cost where Redis takes the connection and then says nothing.
_PATIENCE = 0.25
#: Seconds for which nobody rings after that: a page with twenty bells must not wait twenty times.
_QUIET = 5.0
_quiet_until = 0.0
#: The list in which Celery keeps what no worker has taken yet.
_QUEUE = "celery"


def ring(task: "Task[Any, Any]", *args: str | int) -> None:
    """Call `task` with `args` (ids) once the present transaction is committed.

    A broker that is away costs a log line and nothing else: what is to be done stands in a row that the sweep finds.
    """

    def call() -> None:
        try:
            if _is_heard():
                task.apply_async(args=args, retry=False)
        except OperationalError as error:
            log.warning("bell.unheard", task=task.name, error=type(error).__name__)

    transaction.on_commit(call, robust=True)


def _is_heard() -> bool:
    """Whether Redis answers. Asked first, as Celery's own client tries four times and waits 30 s for each answer."""
    global _quiet_until  # noqa: PLW0603 - one mark a process, and a lost race costs one more question
    if time.monotonic() < _quiet_until:
        return False
    try:
        _redis(settings.REDIS_URL).ping()
    except (RedisError, OSError) as error:
        _quiet_until = time.monotonic() + _QUIET
        log.warning("bell.unheard", error=type(error).__name__)
        return False
    return True


def client() -> Redis | None:
    """Redis for a question of one's own; None where it does not answer. Whatever it raises is the caller's to catch."""
    return _redis(settings.REDIS_URL) if _is_heard() else None


def unheard() -> int | None:
    """How many bells have rung that no worker has taken up; None where Redis does not answer."""
    if not _is_heard():
        return None
    try:
        return _redis(settings.REDIS_URL).llen(_QUEUE)
    except (RedisError, OSError):
        return None


@cache
def _redis(url: str) -> Redis:
    return Redis.from_url(url, socket_connect_timeout=_PATIENCE, socket_timeout=_PATIENCE, retry=Retry(NoBackoff(), 0))
