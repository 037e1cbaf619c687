"""Every address of the site, taken from the URLconf, tried by a stranger, by nobody, and with an id that is nobody's.

A new address whose arguments are not known here fails, so that nobody forgets to say whose rows it shows.
"""

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from contacts.models import (
    Blocked,
    CadenceRule,
    Change,
    ColumnMapping,
    Connection,
    Export,
    Import,
    Merge,
    OwnAddress,
    Photo,
    Reminder,
    SavedFilter,
    Source,
    ToldApart,
)
from introductions.models import Consent, Introduction, Objective, Seat, SeatMatch
from netapp.mail.models import Suppression
from tests.factories import NOW, AcquaintanceFactory, HandleFactory, InteractionFactory, PersonFactory

pytestmark = pytest.mark.django_db

NOT_OURS = ("admin", "account")
"""Django's and allauth's own addresses; they have tests of their own."""

PUBLIC = {"healthz"}
BY_TOKEN = {"token"}


def addresses() -> Iterator[tuple[str, list[str]]]:
    """(name to reverse, names of its arguments) for every address that is ours."""

    def walk(resolver: URLResolver, namespaces: list[str]) -> Iterator[tuple[str, list[str]]]:
        for one in resolver.url_patterns:
            if isinstance(one, URLResolver):
                if not namespaces and str(one.pattern).split("/")[0] in NOT_OURS:
                    continue
                yield from walk(one, [*namespaces, one.namespace] if one.namespace else namespaces)
            elif isinstance(one, URLPattern) and one.name:
                yield ":".join([*namespaces, one.name]), list(one.pattern.converters)

    yield from walk(get_resolver(), [])


WITH_IDS = sorted((name, args) for name, args in addresses() if args and not BY_TOKEN & set(args))
WITH_TOKEN = sorted((name, args) for name, args in addresses() if BY_TOKEN & set(args))
WITHOUT = sorted(name for name, args in addresses() if not args)


@pytest.fixture
def rows(alice) -> dict[str, Any]:
    """Something of Alice's for every argument that an address can take."""
    person, other = PersonFactory(owner=alice), PersonFactory(owner=alice, relation="wanted")
    objective = Objective.objects.create(owner=alice, title="Publish the book")
    gone, together = PersonFactory(owner=alice, deleted_at=NOW), uuid.uuid4()
    a, b = sorted((person, other), key=lambda card: card.id)
    seat = Seat.objects.create(owner=alice, objective=objective, title="Editor")
    introduction = Introduction.objects.create(
        owner=alice, introducer=person, target=other, introducer_name="P", target_name="O", note="n", state_at=NOW
    )
    return {
        "person_id": person.id,
        "handle_id": HandleFactory(person=person).id,
        "rule_id": CadenceRule.objects.create(owner=alice, tag="choir", days=30, latest_days=45).id,
        "other_id": other.id,
        "interaction_id": InteractionFactory(person=person).id,
        "acquaintance_id": AcquaintanceFactory(one=person, other=other).id,
        "reminder_id": Reminder.objects.create(owner=alice, person=person, kind="promise", key="k", due_at=NOW).id,
        "connection_id": Connection.objects.create(inviter=alice, invitee_email="friend@kith.test").id,
        "source_id": Source.objects.create(owner=alice, kind="carddav", title="Phone").id,
        "import_id": Import.objects.create(owner=alice).id,
        "blocked_id": Blocked.objects.create(owner=alice, kind="domain", value="example.org").id,
        "own_id": OwnAddress.objects.create(owner=alice, address="a@example.org").id,
        "mapping_id": ColumnMapping.objects.create(owner=alice, signature="s", mapping={"heading": []}).id,
        "merge_id": Merge.objects.create(
            owner=alice, survivor=person, gone=gone, journal={}, merged_at=NOW, together=together
        ).id,
        "together_id": together,
        "told_id": ToldApart.objects.create(owner=alice, a=a, b=b, a_marks=[], b_marks=[]).id,
        "change_id": Change.objects.create(owner=alice, kind="people", before={}).id,
        "export_id": Export.objects.create(owner=alice).id,
        "filter_id": SavedFilter.objects.create(owner=alice, name="Printers", query="tag=print").id,
        "photo_key": Photo.objects.create(
            owner=alice, person=person, content=b"x", media_type="image/jpeg", width=1, height=1, key="1f" * 16
        ).key,
        "objective_id": objective.id,
        "seat_id": seat.id,
        "match_id": SeatMatch.objects.create(owner=alice, seat=seat, person=other).id,
        "introduction_id": introduction.id,
        "consent_id": Consent.objects.create(
            introduction=introduction, position=1, party="target", name="O", email="other@kith.test"
        ).id,
    }


def fill(name: str, args: list[str], rows: dict[str, Any]) -> str:
    return reverse(name, kwargs={arg: rows[arg] for arg in args})


def scrubbed(response: Any) -> tuple[int, str]:
    """What a stranger could compare: the status, and the body without what changes with every answer."""
    body = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"|"X-CSRFToken": "[^"]+"', "", response.content.decode())
    return response.status_code, re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", body)


@pytest.mark.parametrize(("name", "args"), WITH_IDS, ids=[name for name, _ in WITH_IDS])
@pytest.mark.parametrize("method", ["get", "head", "post", "put", "patch", "delete"])
def test_a_stranger_cannot_tell_anothers_row_from_none(name, args, method, rows, charlie_client):
    missing = {arg: uuid.uuid4() for arg in rows}
    foreign = getattr(charlie_client, method)(fill(name, args, rows))
    nobodys = getattr(charlie_client, method)(fill(name, args, missing))
    assert foreign.status_code in {404, 405}
    assert scrubbed(foreign) == scrubbed(nobodys)


@pytest.mark.parametrize(("name", "args"), WITH_IDS, ids=[name for name, _ in WITH_IDS])
@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_is_sent_to_the_door(name, args, method, rows, client):
    answer = getattr(client, method)(fill(name, args, rows))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("name", WITHOUT)
def test_pages_without_arguments_need_a_member_too(name, client):
    answer = client.get(reverse(name))
    if name in PUBLIC:
        assert answer.status_code == 200
    elif answer.status_code != 405:
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize(("name", "args"), WITH_TOKEN, ids=[name for name, _ in WITH_TOKEN])
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("token", ["short", "A" * 43, "../../x", "%00"])
def test_a_token_that_was_never_mailed_opens_nothing(name, args, method, token, db):
    url = reverse(name, kwargs=dict.fromkeys(args, "TOKEN")).replace("TOKEN", token)
    # The body is the one that a mail program sends to stop letters with one click.
    answer = getattr(Client(), method)(url, {"List-Unsubscribe": "One-Click"}, follow=True)
    if (name, method) == ("mail:stop_now", "post"):
        assert answer.status_code in {200, 404}  # A program pressed the button; there is nobody to show a page to.
    else:
        assert answer.status_code in {404, 405, 410}
    assert not Suppression.objects.exists()
