"""The project: wiring and plumbing, no domain word."""

from netapp.celery import app as celery_app

__all__ = ["celery_app"]
