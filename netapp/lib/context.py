"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    """The site's name and address, and whether this is a local site with a mailbox page."""
    return {
        "site_name": settings.SITE_NAME,
        "base_url": settings.BASE_URL,
        "has_local_mailbox": settings.LOCAL_MAILBOX is not None,
    }
