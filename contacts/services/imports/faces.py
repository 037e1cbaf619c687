"""Addresses of people who are in no book, as numbers that nobody can turn back: enough to count and to compare."""

import hashlib

from django.conf import settings


def face_of(owner_id: int, key: str) -> int:
    """A number for an address in one member's book; another in another's. The site's secret is its key."""
    secret = hashlib.sha256(settings.SECRET_KEY.encode()).digest()
    digest = hashlib.blake2b(f"{owner_id}\n{key}".encode("utf-8", "replace"), key=secret, digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
