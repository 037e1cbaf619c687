"""The list of people: search, filters, editing several at once, and taking a change back."""

from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from contacts import access
from contacts.forms.cards import QuickForm
from contacts.forms.details import TIES
from contacts.forms.fields import CADENCES
from contacts.forms.lists import KeepForm, PeopleForm, TogetherForm
from contacts.models import Reach, Relation
from contacts.queries import duplicates as lookalikes
from contacts.queries import people as queries
from contacts.queries import searching
from contacts.queries.person import label_of
from contacts.services import together, undo
from contacts.services.together import Action
from netapp.accounts.types import MemberRequest
from netapp.lib.htmx import respond, wants_fragment
from netapp.lib.http import came_from

_MOST_PAGES = 1000
_TAGS = 12
_TIES = 30
_FOLDED = {"layer", "quiet", "reach", "tie", "has", "due", "place", "organisation", "archived", "sort"}


@login_required
@require_safe
def people(request: MemberRequest) -> HttpResponse:
    """Everybody, or whom the address asks for; for htmx only the rows."""
    now = timezone.now()
    form = PeopleForm(request.GET)
    wanted = form.wanted()
    listing = queries.listing(member=request.user, wanted=wanted, page=_page(request), now=now)
    query = form.asked()
    asked = dict(parse_qsl(query))
    context = {
        "form": form,
        "wanted": wanted,
        "listing": listing,
        "asked": query,
        "query": f"{query}&" if query else "",
        "is_filtered": bool(asked.keys() - {"sort"}),
        "keep": KeepForm(),
        "reaches": Reach.choices,
        "cadences": CADENCES,
        "most": together.MOST,
        "now": now,
    }
    saved = queries.saved_filters(request.user) if "more" not in request.GET else []
    context["kept_as"] = next((one for one in saved if one.query == query), None)
    if not wants_fragment(request):
        used = queries.used_by(request.user)
        context |= {
            "is_folded": not (asked.keys() & _FOLDED),
            "relation": asked.get("relation", ""),
            "relations": _chips(asked, "relation", [("", "Everybody"), *Relation.choices]),
            "tags": _chips(asked, "tag", [(tag, tag) for tag in used.tags[:_TAGS]]),
            "saved": saved,
            "words": [
                {"name": name, "label": label, "value": asked.get(name, "")}
                for name, label in (("organisation", "Organisation"), ("place", "Place"), ("tag", "Tag"))
            ],
            "ties": [*dict.fromkeys((*used.ties[:_TIES], *TIES, *([wanted.tie] if wanted.tie else [])))],
            "through": access.people_of(request.user).filter(id=wanted.through).first() if wanted.through else None,
            "lookalikes": lookalikes.count(request.user),
            "has_anybody": listing.count > 0 or queries.has_anybody(request.user),
            "quick": QuickForm(),
        }
    fragment = "contacts/_people_more.html" if "more" in request.GET else "contacts/_people.html"
    response = respond(request, "contacts/people.html", fragment, context)
    if wants_fragment(request) and "more" not in request.GET:
        # The address bar follows the search, so that reloading or sharing the tab shows the same people.
        response["HX-Replace-Url"] = _link(asked)
    return response


def _link(asked: Mapping[str, str], **changed: str) -> str:
    kept = {name: value for name, value in {**asked, **changed}.items() if value}
    return f"{reverse('contacts:people')}?{urlencode(kept)}".rstrip("?")


def _chips(asked: Mapping[str, str], name: str, choices: Iterable[tuple[str, str]]) -> list[tuple[str, str, bool]]:
    """(label, address, whether it is chosen) for each choice; the chosen one leads back to all."""
    now = asked.get(name, "")
    return [
        (str(label), _link(asked, **{name: "" if value == now else value}), value == now) for value, label in choices
    ]


@login_required
@require_POST
def people_together(request: MemberRequest) -> HttpResponse:
    """Do one thing to everybody ticked, or to everybody who matches. It can be undone."""
    now = timezone.now()
    back = f"{reverse('contacts:people')}?{request.GET.urlencode()}".rstrip("?")
    form = TogetherForm(request.POST)
    if not form.is_valid():
        messages.error(request, form.said)
        return redirect(back)
    ids = form.cleaned_data["people"]
    if form.cleaned_data["everybody"]:
        wanted = PeopleForm(request.GET).wanted()
        found = queries.matching(member=request.user, wanted=wanted, now=now).order_by("sort_key", "id")
        ids = list(found.values_list("id", flat=True)[: together.MOST])
    edit = form.edit()
    change, count = together.edit_together(
        owner_id=request.user.pk, person_ids=ids[: together.MOST], edit=edit, now=now
    )
    if change is None:
        messages.info(request, "That is how they were already.")
    else:
        said = _SAID[edit.action].format(who="1 person" if count == 1 else f"{count:,} people", value=edit.value)
        messages.success(request, said, extra_tags=f"undo:{reverse('contacts:undo', args=[change.id])}")
    return redirect(back)


_SAID = {
    Action.TAG: "{who} tagged “{value}”.",
    Action.UNTAG: "“{value}” taken off {who}.",
    Action.TIE: "{who}: “{value}” noted as how you know each other.",
    Action.UNTIE: "{who}: “{value}” taken off.",
    Action.REACH: "Reach changed for {who}.",
    Action.CADENCE: "Keep in touch changed for {who}.",
    Action.ARCHIVE: "{who} archived.",
    Action.UNARCHIVE: "{who} taken back from the archive.",
    Action.DELETE: "{who} deleted.",
}


@login_required
@require_POST
def take_back(request: MemberRequest, change_id: UUID) -> HttpResponse:
    """Undo a change."""
    change = access.change_for(request.user, change_id)
    if undo.take_back(change=change, now=timezone.now()):
        messages.success(request, "Taken back.")
    else:
        messages.info(request, "That cannot be taken back any more.")
    return redirect(came_from(request, default=reverse("contacts:people")))


@login_required
@require_safe
def person_names(request: MemberRequest) -> HttpResponse:
    """Names for a field that means somebody in the book, as options of its list."""
    text = next((value for value in request.GET.dict().values() if value), "")
    found = searching.found(member=request.user, text=text.partition("·")[0], limit=8, with_slips=False)
    return render(request, "contacts/_names.html", {"labels": [label_of(person) for person in found]})


@login_required
@require_safe
def people_words(request: MemberRequest) -> HttpResponse:
    """Tags, places or organisations for the filter field that is being typed into, as options of its list."""
    name, text = next(iter(request.GET.dict().items()), ("", ""))
    labels = queries.suggestions(member=request.user, name=name, text=text[:200])
    return render(request, "contacts/_names.html", {"labels": labels})


def _page(request: MemberRequest) -> int:
    """The page asked for; the first for anything that is no number of a page."""
    text = request.GET.get("page", "1")
    return min(max(int(text), 1), _MOST_PAGES) if text.isascii() and text.isdecimal() and len(text) < 6 else 1
