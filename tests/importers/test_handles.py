"""Handles: the one form in which an address, a number or a page is compared."""

import re
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.handles import (
    MAX_HANDLE,
    HandleKind,
    is_role_address,
    linkedin_slug,
    normalise,
    normalise_email,
    normalise_phone,
    normalise_url,
)


@pytest.mark.parametrize(
    ("raw", "normalised"),
    [
        (" Alice@Example.ORG ", "alice@example.org"),
        ("mailto:alice@example.org?subject=x", "alice@example.org"),
        ("Alice J <alice@example.org>", "alice@example.org"),
        ("alice+kith@example.org", "alice+kith@example.org"),
        ("alice@müller.de", "alice@xn--mller-kva.de"),
        ("alice@kith.test", "alice@kith.test"),
        ("jørgen@example.dk", "jørgen@example.dk"),
        ("alice", None),
        ("alice@localhost", None),
        ("alice@example..org", None),
        ("alice@example.org, bob@example.org", None),
        ("alice@exam\r\nple.org", None),
        ("a" * 400 + "@example.org", None),
        ("", None),
    ],
)
def test_emails(raw: str, normalised: str | None):
    assert normalise_email(raw) == normalised


@pytest.mark.parametrize(
    ("raw", "country", "normalised"),
    [
        ("030 1234567", "de", "+49301234567"),
        ("+49 (0)30 / 123 45 67", None, "+49301234567"),
        ("0049 30 1234567", "DE", "+49301234567"),
        ("tel:+1-418-656-9254;ext=102", None, "+14186569254;ext=102"),
        ("+49301234567p99", None, "+49301234567;ext=99"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("030 1234567", None, None),
        ("030 1234567", "XX", None),
        ("555-2671", "US", None),
        ("Mobil", "DE", None),
        ("sip:ana@example.org", "DE", None),
        ("1" * 300, "DE", None),
    ],
)
def test_phones(raw: str, country: str | None, normalised: str | None):
    assert normalise_phone(raw, country) == normalised


@pytest.mark.parametrize(
    ("raw", "normalised"),
    [
        ("www.Example.ORG/", "https://www.example.org"),
        ("HTTP://example.org:80/A?b=c#d", "http://example.org/A?b=c"),
        ("example.org:8080/x", "https://example.org:8080/x"),
        ("//example.org/x", "https://example.org/x"),
        ("http://müller.de/ä", "http://xn--mller-kva.de/%C3%A4"),
        ("javascript:alert(1)", None),
        ("JavaScript://example.org/%0aalert(1)", None),
        ("data:text/html,x", None),
        ("https://user@example.org", None),
        ("https://localhost/", None),
        ("https://exa mple.org", None),
        ("https://[::1", None),
        ("https://example.org:99999/", None),
        ("https://example.org/" + "a" * 600, None),
    ],
)
def test_urls(raw: str, normalised: str | None):
    assert normalise_url(raw) == normalised


@pytest.mark.parametrize(
    ("raw", "slug"),
    [
        ("https://www.linkedin.com/in/Alice-J%C3%B8rgensen/?trk=x", "alice-jørgensen"),
        ("http://de.linkedin.com/in/alice/de", "alice"),
        ("linkedin.com/in/alice", "alice"),
        ("https://www.linkedin.com/mwlite/in/alice", "alice"),
        ("https://www.linkedin.com/company/acme", None),
        ("https://www.linkedin.com/in/", None),
        ("https://evil-linkedin.com/in/alice", None),
        ("https://linkedin.com.evil.example/in/alice", None),
        ("https://www.linkedin.com/in/%3Cscript%3E", None),
    ],
)
def test_linkedin_profiles(raw: str, slug: str | None):
    assert linkedin_slug(raw) == slug


@pytest.mark.parametrize(
    "local", ["info", "Sales", "no-reply", "noreply-123", "do_not_reply", "kontakt", "info+x", "reply+a1b2"]
)
def test_desks_and_machines(local: str):
    assert is_role_address(f"{local}@example.org")


@pytest.mark.parametrize("local", ["alice", "infante", "ana.sales.silva", "teamer", "bob+info"])
def test_people_are_no_desks(local: str):
    assert not is_role_address(f"{local}@example.org")


@given(st.text(max_size=400), st.sampled_from(HandleKind), st.sampled_from(["DE", "us", "", "??", None]))
def test_no_text_raises_and_the_form_is_stable(text: str, kind: HandleKind, country: str | None):
    once = normalise(kind, text, country=country)
    if once is None:
        return
    assert 0 < len(once) <= MAX_HANDLE
    again = f"https://linkedin.com/in/{once}" if kind is HandleKind.LINKEDIN else once
    if "%" not in once:
        assert normalise(kind, again, country=country) == once


WORDS = st.sampled_from(
    ["ana", "Bo", "x-y", "a_b", "xn--mller-kva", "-a", "b-", "a--b", "1", "test", "local", "de", "onion", "c" * 63, ""]
)


@given(
    st.lists(WORDS, min_size=1, max_size=4),
    st.sampled_from([".", "-", "+", "..", "_"]),
    st.lists(WORDS, min_size=1, max_size=4),
)
def test_the_quick_way_says_what_the_library_says(local: list[str], between: str, domain: list[str]):
    address = f"{between.join(local)}@{'.'.join(domain)}"
    quick = normalise_email(address)
    with patch("contacts.handles._LONGEST_PLAIN", 0):
        assert normalise_email(address) == quick
    page = f"https://{'.'.join(domain)}/{between.join(local)}"
    quick = normalise_url(page)
    with patch("contacts.handles._PLAIN_URL", re.compile(r"\Z.")):
        assert normalise_url(page) == quick


@given(st.emails())
def test_the_normal_form_of_an_address_is_its_own(address: str):
    once = normalise_email(address)
    if once is not None:
        assert normalise_email(once) == once
        assert normalise_email(f" {address} ") == once
    is_role_address(address)
