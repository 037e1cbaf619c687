"""Tokens: derived, never stored, of one purpose (TRUST.md S4)."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from netapp.lib import tokens


def test_a_token_is_long_random_and_safe_in_an_address() -> None:
    seen = {tokens.derive("answer", tokens.issue("answer").salt) for _ in range(200)}
    assert len(seen) == 200
    assert all(len(token) == 43 and token.replace("-", "").replace("_", "").isalnum() for token in seen)


def test_what_is_stored_does_not_tell_the_token(settings: Any) -> None:
    issued = tokens.issue("answer")
    token = tokens.derive("answer", issued.salt)
    assert token not in (issued.salt, issued.digest, issued.placeholder)
    assert tokens.digest(token) == issued.digest
    settings.SECRET_KEY = "another site's"
    assert tokens.derive("answer", issued.salt) != token


def test_a_token_serves_one_purpose() -> None:
    salt = tokens.issue("answer").salt
    assert tokens.derive("answer", salt) != tokens.derive("stop", salt)


def test_placeholders_are_filled_and_nothing_else() -> None:
    one, two = tokens.issue("answer"), tokens.issue("reminder")
    text = f"a {one.placeholder}/ b {two.placeholder} c kith-token-answer-short-end"
    filled = tokens.fill(text)
    assert filled == (
        f"a {tokens.derive('answer', one.salt)}/ b {tokens.derive('reminder', two.salt)} c kith-token-answer-short-end"
    )


@given(st.text())
def test_any_text_without_a_placeholder_stays(text: str) -> None:
    if "kith-token-" not in text:
        assert tokens.fill(text) == text
