"""The base of every row that belongs to a member."""

import uuid

from django.conf import settings
from django.db import models


class Owned(models.Model):
    """A row of one member's. Its random id says nothing about how many rows there are.

    Rows are read through the `access` module of their app, never by id alone.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True
