"""Roles and places as seats ask for them, worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from introductions.criteria import Card, Criteria, Fit, fit
from introductions.roles import Level, role_of


def fitting(criteria: Criteria, *, role: str = "", place: str = "") -> Fit:
    found = fit(criteria, Card(name="Charlie", role=role, place=place))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("role", "sought", "is_found"),
    [
        ("Chief Technology Officer", "CTO", True),
        ("CTO & co-founder", "chief technology officer", True),
        ("CEO", "chief executive", True),
        ("Design Director", "head of design", True),
        ("VP Design", "head of design", True),
        ("Designer", "head of design", False),
        ("Principal Software Engineer", "senior developer", True),
        ("Junior software engineer", "senior developer", False),
        ("Software engineer", "senior developer", False),
        ("Solicitor", "lawyer", True),
        ("Avocado farmer", "lawyer", False),
        ("Talent Acquisition Manager", "recruiter", True),
        ("Head hunter", "recruiter", True),
        ("Éditeur / Editor-in-chief", "editor", True),
        ("Editorial assistant", "editor", False),
        ("Trainee to the director", "director", True),
        ("Trainee, direction", "director", False),
        ("Head of Sales", "director", True),
        ("Salesman", "director", False),
        ("Angel investor", "investor", True),
        ("Executive assistant", "CEO", False),
        ("Editor of photo books", "photo editor", False),
        ("C", "C++", False),
        ("C++ developer", "C++", True),
        ("", "editor", False),
        ("Editor", "the", False),
    ],
)
def test_who_has_the_role_that_is_sought(role, sought, is_found):
    assert (fit(Criteria(roles=[sought]), Card(name="Charlie", role=role)) is not None) is is_found


def test_a_role_said_in_other_words_comes_after_one_said_in_these_and_says_why():
    exact, part, alike = (
        fitting(Criteria(roles=["lawyer"]), role=role) for role in ("Lawyer", "Tax lawyer", "Tax solicitor")
    )
    assert exact.score > part.score > alike.score
    assert alike.reasons == ("“lawyer”, as Tax solicitor",)


def test_levels_are_ordered_and_a_learner_learns_whatever_else_is_said():
    assert role_of("Senior editor").level == Level.SENIOR
    assert role_of("Lead editor").level == Level.LEADING
    assert role_of("Junior head of post").level == Level.LEARNING
    assert role_of("Head of post (junior)").level == Level.LEARNING
    assert role_of("").work == ()


@given(st.text(max_size=400), st.text(max_size=100))
def test_any_text_is_read_and_finds_itself(text, other):
    one = role_of(text)
    assert one.answers(one) or (not one.work and one.level is Level.NONE)
    assert role_of(text).answers(role_of(other)) in (True, False)


@pytest.mark.parametrize(
    ("place", "sought", "score", "reason"),
    [
        ("Lisbon", "Lisbon", 1.0, "in Lisbon"),
        ("Lisboa", "Lisbon", 0.8, "in Lisboa"),
        ("Porto", "Portugal", 0.8, "in Porto"),
        ("Cascais", "Lisbon", 0.5, "in Cascais, 24 km from Lisbon"),
        ("Alfama", "Alfama", 1.0, "in Alfama"),
    ],
)
def test_places_are_found_by_what_they_are_and_lie_in(place, sought, score, reason):
    found = fitting(Criteria(places=[sought]), place=place)
    assert (found.score, found.reasons) == (score, (reason,))


@pytest.mark.parametrize(("place", "sought"), [("Paris, Texas", "Paris"), ("Porto", "Lisbon"), ("", "Lisbon")])
def test_another_place_is_no_match(place, sought):
    assert fit(Criteria(places=[sought]), Card(name="Charlie", place=place)) is None
