"""The Celery application. Tasks are thin, carry ids, and may run twice."""

import os
from typing import Any

from celery import Celery, bootsteps
from celery.worker import state

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "netapp.settings")


class Unstick(bootsteps.StartStopStep):
    """Has a worker connect anew once it holds messages that nobody works on.

    Celery logs an acknowledgement that its broker did not take in time, and goes on counting that message as one in
    hand. With one message in hand at most, the worker then stands still for ever, though Redis answers again.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)
    #: Seconds between two looks.
    every = 10.0

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._entry: Any = None

    def start(self, parent: Any) -> None:
        """Look from now on; `parent` is the worker's consumer."""
        self._entry = parent.timer.call_repeatedly(self.every, self._look, (parent,))

    def stop(self, parent: Any) -> None:
        """Look no more; a new connection starts it again."""
        del parent
        if self._entry is not None:
            self._entry.cancel()
            self._entry = None

    @staticmethod
    def _look(consumer: Any) -> None:
        qos = consumer.task_consumer.channel.qos
        in_hand = qos.prefetch_count - qos.can_consume_max_estimate() if qos.prefetch_count else 0
        if in_hand > len(state.reserved_requests):
            # Celery's loop takes this for a lost connection, and makes another.
            msg = "a message was not acknowledged"
            raise ConnectionError(msg)


app = Celery("netapp")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["consumer"].add(Unstick)
