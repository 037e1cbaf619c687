"""Secrets that must be read again (the password of a member's mailbox), sealed while they lie in the database.

Sealed with Fernet (AES-128-CBC and HMAC-SHA-256) under keys derived from settings.ENCRYPTION_KEYS by HKDF: the first
seals, all of them open, so that a key is changed by putting a new one in front. What is sealed is bound to the row it
belongs to: copied into another row, it does not open there.
"""

import base64
import json

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class Unreadable(Exception):
    """None of the keys opens it, or it belongs to another row."""


def seal(secret: str, *, bound_to: str) -> str:
    """The secret as the database may hold it."""
    return MultiFernet(_keys()).encrypt(json.dumps([bound_to, secret]).encode()).decode("ascii")


def unseal(sealed: str, *, bound_to: str) -> str:
    """The secret. Raises Unreadable."""
    try:
        owner, secret = json.loads(MultiFernet(_keys()).decrypt(sealed.encode("ascii", "replace")))
    except (InvalidToken, ValueError) as error:
        raise Unreadable from error
    if owner != bound_to:
        raise Unreadable
    return str(secret)


def renewed(sealed: str) -> str | None:
    """The same under the first key; None where it is so already, or where no key opens it."""
    keys = _keys()
    token = sealed.encode("ascii", "replace")
    try:
        keys[0].decrypt(token)
    except InvalidToken:
        try:
            return MultiFernet(keys).rotate(token).decode("ascii")
        except InvalidToken:
            return None
    return None


def _keys() -> list[Fernet]:
    return [Fernet(_derived(passphrase)) for passphrase in settings.ENCRYPTION_KEYS]


def _derived(passphrase: str) -> bytes:
    # The passphrases are long and random, so they need no slow hash; HKDF keeps this use of them apart from others.
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"kith.sealing.1").derive(passphrase.encode())
    return base64.urlsafe_b64encode(key)
