"""Stop pages and the mail program's own button (TRUST.md S3, S4, S16; RFC 8058)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from netapp.accounts.models import User
from netapp.mail import suppression
from netapp.mail.models import Letter, StopLink, Suppression
from netapp.mail.suppression import Scope
from tests.factories import UserFactory
from tests.mail.conftest import Post

pytestmark = pytest.mark.django_db
BOB, CHARLIE = "bob@example.org", "charlie@example.org"


def url_of(letter: Letter, reader: str = BOB) -> str:
    return f"/mail/stop/{suppression.token_for(letter, reader)}/"


def is_stopped(address: str, member: User | None, kind: str = "test") -> bool:
    return address in suppression.stopped_among([address], member=member, kind=kind)


def test_looking_changes_nothing_however_often(post_letter: Post, client: Client) -> None:
    url = url_of(post_letter())
    for path in (url, url + "now/"):
        for _ in range(20):
            for method in ("get", "head", "options"):
                getattr(client, method)(path, headers={"purpose": "prefetch", "sec-purpose": "prefetch"})
    assert not Suppression.objects.exists()
    assert client.get(url).status_code == 200
    assert client.options(url).status_code == 405


def test_the_page_offers_three_widths_and_says_what_was_stopped(post_letter: Post, client: Client, alice: User) -> None:
    letter = post_letter()
    page = client.get(url_of(letter)).content.decode()
    assert "Everything from Alice Anders" in page
    assert "Letter 1" in page
    assert "<script" not in page
    done = client.post(url_of(letter), {"stop": "member"}).content.decode()
    assert "You get no more letters from Alice Anders" in done
    assert is_stopped(BOB, alice)
    assert is_stopped(BOB, alice, "other")
    assert not is_stopped(BOB, UserFactory())
    assert not is_stopped(CHARLIE, alice)
    assert "everything from Alice Anders" in client.get(url_of(letter)).content.decode()


def test_each_width_reaches_as_far_as_it_says(post_letter: Post, alice: User) -> None:
    post_letter()
    link = StopLink.objects.get()
    other = UserFactory()
    suppression.stop(link, Scope.KIND)
    assert is_stopped(BOB, other, "test")
    assert not is_stopped(BOB, alice, "other")
    suppression.stop(link, Scope.SITE)
    assert is_stopped(BOB, None, "other")


def test_a_second_click_is_harmless(post_letter: Post, client: Client) -> None:
    url = url_of(post_letter())
    client.post(url, {"stop": "site"})
    again = client.post(url, {"stop": "site"})
    assert again.status_code == 200
    assert "stopped already" in again.content.decode()
    assert Suppression.objects.count() == 1


def test_a_mistake_is_taken_back_from_the_page_it_led_to_and_only_there(post_letter: Post, client: Client) -> None:
    url = url_of(post_letter())
    page = client.post(url, {"stop": "member"}).content.decode()
    proof = re.search(r'name="undo" value="([^"]+)"', page)
    assert proof
    # Somebody else who came by the link, in a quoted reply say, stops again but gets no way back.
    assert 'name="undo"' not in client.post(url, {"stop": "member"}).content.decode()
    assert 'name="undo"' not in client.get(url).content.decode()
    assert "nothing to take back" in client.post(url, {"undo": proof[1] + "x"}).content.decode()
    assert Suppression.objects.exists()
    assert "let through again" in client.post(url, {"undo": proof[1]}).content.decode()
    assert not Suppression.objects.exists()
    assert client.post(url, {"undo": proof[1]}).status_code == 200


def test_a_proof_for_one_link_does_not_open_another(post_letter: Post, client: Client) -> None:
    mine, other = post_letter(), post_letter(to=[CHARLIE])
    page = client.post(url_of(mine), {"stop": "member"}).content.decode()
    proof = re.search(r'name="undo" value="([^"]+)"', page)
    assert proof
    client.post(url_of(other, CHARLIE), {"undo": proof[1]})
    assert Suppression.objects.count() == 1


@pytest.mark.parametrize("change", ["x", "", "é", "A" * 5000])
def test_a_tampered_token_opens_nothing(post_letter: Post, client: Client, change: str) -> None:
    token = suppression.token_for(post_letter(), BOB)
    wrong = token[:-1] + ("A" if token[-1] != "A" else "B") + change
    for path in (f"/mail/stop/{wrong}/", f"/mail/stop/{StopLink.objects.get().digest}/"):
        assert client.get(path).status_code == 404
        assert client.post(path, {"stop": "site"}).status_code == 404
    assert not Suppression.objects.exists()


def test_what_was_not_offered_is_not_done(post_letter: Post, client: Client) -> None:
    url = url_of(post_letter(to=["alice@kith.test"]), "alice@kith.test")
    assert client.post(url, {"stop": "member"}).status_code == 422
    assert client.post(url, {"stop": "everything"}).status_code == 422
    assert client.post(url).status_code == 422
    assert not Suppression.objects.exists()


def test_the_form_is_guarded_and_the_button_is_not(post_letter: Post, alice: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    url = url_of(post_letter())
    assert strict.post(url, {"stop": "site"}).status_code == 403
    answer = strict.post(url + "now/", {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert not answer.cookies
    assert is_stopped(BOB, alice, "other")


def test_the_button_stops_that_member_and_nobody_else(post_letter: Post, client: Client, alice: User) -> None:
    letter = post_letter(to=[BOB, CHARLIE])
    for _ in range(2):
        client.post(url_of(letter) + "now/", {"List-Unsubscribe": "One-Click"})
    assert is_stopped(BOB, alice)
    assert not is_stopped(CHARLIE, alice)
    assert not is_stopped(BOB, UserFactory())
    assert not is_stopped(BOB, None)


def test_the_button_on_ones_own_reminder_stops_that_kind(post_letter: Post, client: Client, alice: User) -> None:
    letter = post_letter(to=["alice@kith.test"])
    client.post(url_of(letter, "alice@kith.test") + "now/", {"List-Unsubscribe": "One-Click"})
    assert is_stopped("alice@kith.test", alice, "test")
    assert not is_stopped("alice@kith.test", alice, "other")


def test_the_button_wants_the_words_of_the_standard(post_letter: Post, client: Client) -> None:
    url = url_of(post_letter()) + "now/"
    assert client.post(url).status_code == 400
    assert client.post(url, {"List-Unsubscribe": "Yes"}).status_code == 400
    assert client.post("/mail/stop/forged/now/", {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not Suppression.objects.exists()
    assert client.get(url, follow=True).status_code == 200


def test_a_stop_holds_for_aliases_and_spellings(post_letter: Post, alice: User) -> None:
    post_letter(to=["Bob+kith@Example.ORG"])
    suppression.stop(StopLink.objects.get(), Scope.SITE)
    for spelling in (BOB, "BOB@example.org", "bob+other@example.org"):
        assert is_stopped(spelling, alice)
    assert not is_stopped("bobby@example.org", alice)


def test_a_stop_outlives_the_member_and_a_change_of_address(post_letter: Post, client: Client, alice: User) -> None:
    letter = post_letter()
    url = url_of(letter)
    client.post(url, {"stop": "member"})
    alice.email = "alice.new@kith.test"
    alice.save()
    assert is_stopped(BOB, alice)
    alice.delete()
    assert client.get(url).status_code == 200
    assert is_stopped(BOB, UserFactory(email="alice@kith.test"))


def test_a_link_of_a_member_who_left_still_stops(post_letter: Post, client: Client, alice: User) -> None:
    url = url_of(post_letter())
    alice.delete()
    assert "this person" in client.get(url).content.decode()
    client.post(url, {"stop": "site"})
    assert is_stopped(BOB, None)


def test_nothing_says_whose_address_it_is(post_letter: Post, client: Client) -> None:
    letter = post_letter(to=[BOB, CHARLIE])
    page = client.get(url_of(letter)).content.decode() + client.post(url_of(letter), {"stop": "site"}).content.decode()
    assert BOB not in page
    assert CHARLIE not in page
    stored: Any = [list(row.values()) for table in (Suppression, StopLink) for row in table.objects.values()]
    assert "example.org" not in str(stored)


def test_digests_depend_on_the_sites_secret(settings: Any) -> None:
    before = suppression.digest_of(BOB)
    settings.SECRET_KEY = "another"
    assert suppression.digest_of(BOB) != before


@pytest.mark.parametrize("proof", ["x", ":::", "null"])
def test_nonsense_as_a_proof_takes_nothing_back(post_letter: Post, client: Client, proof: str) -> None:
    assert "nothing to take back" in client.post(url_of(post_letter()), {"undo": proof}).content.decode()
