"""What was picked, field by field, for two cards to become one."""

from collections.abc import Mapping
from datetime import datetime

from contacts.services.duplicates.fields import FIELDS, Pick

PREFIX = "pick_"


def picks_in(data: Mapping[str, str]) -> dict[str, Pick]:
    """The picks by field; what is no field or no pick is passed over."""
    found = {}
    for field in FIELDS:
        value = data.get(f"{PREFIX}{field.name}", "")
        if value in set(Pick):
            found[field.name] = Pick(value)
    return found


def seen_in(data: Mapping[str, str]) -> tuple[datetime, datetime] | None:
    """When the two cards, as they were shown, had last been changed; None where the form does not say."""
    one, _, other = data.get("seen", "").partition("|")
    try:
        return datetime.fromisoformat(one), datetime.fromisoformat(other)
    except ValueError:
        return None
