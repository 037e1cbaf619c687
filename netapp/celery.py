"""The Celery application. Tasks are thin, carry ids, and may run twice."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "netapp.settings")

app = Celery("netapp")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
