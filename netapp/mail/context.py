"""What every template may know about the post."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from netapp.mail import pausing


def post(request: HttpRequest) -> dict[str, object]:
    """Since when mail is paused, for those who run the site; asked of the database only where a page asks."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or not user.is_staff:
        return {}
    return {"mail_paused_since": SimpleLazyObject(pausing.paused_since)}
