"""Go anywhere: people of one's own and pages, by name."""

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from contacts.queries import people as queries
from contacts.queries import searching
from contacts.words import fold, search_words
from netapp.accounts.models import User
from netapp.accounts.types import MemberRequest
from netapp.lib.htmx import respond

_MOST_PEOPLE = 8

# Name, address, and other words by which somebody may look for it.
_PAGES = (
    ("Today", "today", "home dashboard to do"),
    ("People", "contacts:people", "contacts book list"),
    ("Add a person", "contacts:person_add", "new create contact card"),
    ("Crossing paths", "contacts:crossings", "trip travel town visit"),
    ("Your lists", "contacts:lists", "saved filters people"),
    ("Import", "contacts:imports", "linkedin vcard csv upload file"),
    ("Take everything with you", "contacts:export", "export download backup zip vcard csv json ics leave"),
    ("Objectives", "introductions:objectives", "goals plan seats"),
    ("Introductions", "introductions:introductions", "asks asked"),
    ("Reminders", "contacts:reminders", "due keep in touch"),
    ("Sharing", "contacts:sharing", "connections reach invite"),
    ("Settings", "accounts:settings", "account time zone theme profile"),
)


@dataclass(frozen=True, slots=True)
class Stop:
    """Somewhere to go."""

    label: str
    url: str


@login_required
@require_safe
def go(request: MemberRequest) -> HttpResponse:
    """What `q` may mean: for htmx as the list below the field, else as a page."""
    text = request.GET.get("q", "")[:200]
    found = searching.found(member=request.user, text=text, limit=_MOST_PEOPLE)
    context = {"text": text, "people": found, "pages": [*_pages(text), *_lists(request.user, text)]}
    return respond(request, "contacts/go.html", "contacts/_go.html", context)


def _pages(text: str) -> list[Stop]:
    """The pages whose name or other words begin with every word of the text; all of them for no text."""
    stops = []
    words = search_words(text)
    for label, name, others in _PAGES:
        known = search_words(f"{label} {others}")
        if all(any(one.startswith(word) for one in known) for word in words):
            try:
                stops.append(Stop(label, reverse(name)))
            except NoReverseMatch:
                continue
    return stops


def _lists(member: User, text: str) -> list[Stop]:
    """The lists that the member keeps whose names have every word of the text; none for no text."""
    words = search_words(text)
    if not words:
        return []
    saved = [one for one in queries.saved_filters(member) if all(word in fold(one.name) for word in words)]
    return [Stop(f"List: {one.name}", f"{reverse('contacts:people')}?{one.query}") for one in saved]
