"""Tokens for links in mails.

A token is derived from the site's secret, a purpose, the id of a row and that row's own random salt. The row keeps
the salt and the token's digest; the token itself is written down nowhere, not even in the queued letter, which
names it by a placeholder until the moment of sending. Whoever reads the database cannot answer for anybody.
"""

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass

from django.conf import settings

PLACEHOLDER = re.compile(r"kith-token-([a-z]+)-([A-Za-z0-9_-]{22})-end")


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token's two halves that may be stored, and the placeholder that stands for it in a letter."""

    salt: str
    digest: str
    placeholder: str


def issue(purpose: str) -> Issued:
    """Make a token for `purpose` (lower-case letters). Store `salt` and `digest`, write `placeholder` in the letter."""
    salt = secrets.token_urlsafe(16)
    return Issued(salt, digest(derive(purpose, salt)), placeholder(purpose, salt))


def placeholder(purpose: str, salt: str) -> str:
    """What stands in a stored letter where the token will be."""
    return f"kith-token-{purpose}-{salt}-end"


def derive(purpose: str, salt: str) -> str:
    """The token: 256 bits of HMAC-SHA-256, 43 characters that are safe in a URL."""
    key = hashlib.sha256(b"kith.mail.tokens:" + settings.SECRET_KEY.encode()).digest()
    mac = hmac.new(key, f"{purpose}:{salt}".encode(), hashlib.sha256)
    return urlsafe_b64encode(mac.digest()).rstrip(b"=").decode()


def digest(token: str) -> str:
    """What a row keeps of a token, and is looked up by: SHA-256, hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def fill(text: str) -> str:
    """Put the real tokens in place of their placeholders; called at the moment of sending and not before."""
    return PLACEHOLDER.sub(lambda match: derive(match[1], match[2]), text)
