"""Ringing a worker: after commit, and never at the cost of the page."""

from typing import Any

import structlog
from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)


def ring(task: "Task[Any, Any]", *args: str | int) -> None:
    """Call `task` with `args` (ids) once the present transaction is committed.

    A broker that is away costs a log line and nothing else: what is to be done stands in a row that the sweep finds.
    """

    def call() -> None:
        try:
            task.apply_async(args=args, retry=False)
        except OperationalError as error:
            log.warning("bell.unheard", task=task.name, error=type(error).__name__)

    transaction.on_commit(call, robust=True)
