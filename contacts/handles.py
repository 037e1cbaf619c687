"""Handles: how addresses, numbers and pages are normalised so that they can be compared."""

from enum import StrEnum


class HandleKind(StrEnum):
    """What sort of handle it is."""

    EMAIL = "email"
    PHONE = "phone"
    LINKEDIN = "linkedin"
    URL = "url"
