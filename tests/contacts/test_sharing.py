"""Connections: both agree, either ends it, and nobody learns what they need not."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from allauth.account.models import EmailAddress
from django.db import connection as database
from django.urls import reverse

from contacts.models import Connection, ConnectionState
from contacts.queries import connections as queries
from contacts.services import connections
from contacts.shared import circle_of, shared_cards
from netapp.mail.models import Letter, LetterState
from tests.factories import NOW, PersonFactory

pytestmark = pytest.mark.django_db


def verify(member):
    EmailAddress.objects.update_or_create(user=member, email=member.email, defaults={"verified": True, "primary": True})


@pytest.fixture
def alice(alice):
    verify(alice)
    return alice


@pytest.fixture
def bob(bob):
    verify(bob)
    return bob


@pytest.fixture
def connected(alice, bob) -> Connection:
    connection = connections.invite(inviter=alice, email=bob.email, now=NOW)
    assert connections.accept(connection=connection, member=bob, now=NOW)
    return connection


def names_seen_by(member):
    return sorted(card.name for card in shared_cards(circle_of(member.pk, NOW)).values())


class TestInviting:
    """By address; it tells nobody whether there is an account."""

    def test_the_invited_is_written_to(self, alice, bob):
        connections.invite(inviter=alice, email="BOB@kith.test", now=NOW)
        letter = Letter.objects.get()
        assert letter.to == ["bob@kith.test"]
        assert letter.from_name == "Alice Anders via Kith"
        assert letter.subject == "Alice Anders would like to be connected with you on Kith"

    def test_known_and_unknown_addresses_answer_alike(self, alice_client, bob, alice):
        pages = []
        for email in (bob.email, "nobody@kith.test"):
            page = alice_client.post(reverse("contacts:sharing"), {"email": email}, follow=True).content.decode()
            pages.append(page.replace(email, "…"))
        assert pages[0].count("invited") == pages[1].count("invited") - 1
        assert [row.state for row in Connection.objects.all()] == ["invited", "invited"]

    @pytest.mark.parametrize("email", ["alice@kith.test", "ALICE@kith.test", "nonsense"])
    def test_oneself_and_nonsense_are_refused(self, alice, email):
        with pytest.raises(connections.CannotInvite):
            connections.invite(inviter=alice, email=email, now=NOW)

    def test_twice_is_once(self, alice, bob):
        for _ in range(2):
            connections.invite(inviter=alice, email=bob.email, now=NOW)
        assert (Connection.objects.count(), Letter.objects.count()) == (1, 1)

    def test_withdrawn_and_invited_again_is_not_mailed_again(self, alice, bob):
        connections.withdraw(connection=connections.invite(inviter=alice, email=bob.email, now=NOW), now=NOW)
        assert Letter.objects.get().state == LetterState.CANCELLED
        connections.invite(inviter=alice, email=bob.email, now=NOW)
        assert Letter.objects.count() == 1

    def test_there_is_an_end_to_a_days_invitations(self, alice):
        for number in range(connections.INVITATIONS_A_DAY):
            connections.invite(inviter=alice, email=f"friend{number}@kith.test", now=NOW)
        with pytest.raises(connections.CannotInvite, match="enough for today"):
            connections.invite(inviter=alice, email="onemore@kith.test", now=NOW)

    def test_a_bad_address_keeps_what_was_typed(self, alice_client, alice):
        answer = alice_client.post(reverse("contacts:sharing"), {"email": "not an address"})
        assert answer.status_code == 422
        assert "not an address" in answer.content.decode()


class TestAnswering:
    """Only a proved address may say yes."""

    def test_yes_tells_the_inviter(self, connected, alice, bob):
        assert connected.state == ConnectionState.ACCEPTED
        assert Letter.objects.get(to=[alice.email]).subject == "You and Bob Brook are connected"

    def test_no_is_not_told(self, alice, bob, alice_client):
        connection = connections.invite(inviter=alice, email=bob.email, now=NOW)
        before = alice_client.get(reverse("contacts:sharing")).content
        connections.decline(connection=connection, now=NOW)
        after = alice_client.get(reverse("contacts:sharing")).content
        # The inviter's mail log shows the letter, and would show that it was called back.
        assert Letter.objects.get().state == LetterState.QUEUED
        assert before.count(b"no answer yet") == after.count(b"no answer yet") == 1
        assert connections.invite(inviter=alice, email=bob.email, now=NOW) == connection
        assert not Letter.objects.filter(to=[alice.email]).exists()

    def test_an_unproved_address_sees_no_invitation(self, alice, charlie, charlie_client):
        connection = connections.invite(inviter=alice, email=charlie.email, now=NOW)
        assert "Alice" not in charlie_client.get(reverse("contacts:sharing")).content.decode()
        assert charlie_client.post(reverse("contacts:connection_accept", args=[connection.id])).status_code == 404

    def test_both_invite_both_accept_and_one_is_in_force(self, alice, bob):
        one = connections.invite(inviter=alice, email=bob.email, now=NOW)
        other = connections.invite(inviter=bob, email=alice.email, now=NOW)
        assert connections.accept(connection=one, member=bob, now=NOW)
        connections.accept(connection=other, member=alice, now=NOW)
        assert sorted(row.state for row in Connection.objects.all()) == ["accepted", "ended"]

    def test_accepting_what_was_withdrawn_does_nothing(self, alice, bob):
        connection = connections.invite(inviter=alice, email=bob.email, now=NOW)
        connections.withdraw(connection=connection, now=NOW)
        assert not connections.accept(connection=connection, member=bob, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_accepting_and_withdrawing_at_once_gives_one_answer(alice, bob):
    for _ in range(10):
        Connection.objects.all().delete()
        row = connections.invite(inviter=alice, email=bob.email, now=NOW)

        def act(what, row=row):
            try:
                mine = Connection.objects.get(id=row.id)
                if what == "accept":
                    return connections.accept(connection=mine, member=bob, now=NOW)
                return connections.withdraw(connection=mine, now=NOW)
            finally:
                database.close()

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(act, ["accept", "withdraw"])) == [False, True]


class TestWhatShows:
    """Name, role, organisation, and a word; as far as its owner lets it go, and no longer than the connection holds."""

    @pytest.fixture
    def shared(self, alice):
        PersonFactory(owner=alice, full_name="Ana Private", reach=0)
        PersonFactory(owner=alice, full_name="Ben Near", reach=1, notes="He snores.", organisation="Aperture")
        PersonFactory(owner=alice, full_name="Cleo Far", reach=2)

    def test_a_connection_sees_what_reaches_it(self, shared, connected, bob):
        assert names_seen_by(bob) == ["Ben Near", "Cleo Far"]

    def test_nothing_before_and_nothing_after(self, shared, alice, bob):
        connection = connections.invite(inviter=alice, email=bob.email, now=NOW)
        assert names_seen_by(bob) == []
        connections.accept(connection=connection, member=bob, now=NOW)
        connections.end(connection=connection, now=NOW)
        assert names_seen_by(bob) == []

    def test_see_what_bob_sees(self, shared, connected, alice_client):
        page = alice_client.get(reverse("contacts:seen_by", args=[connected.id])).content.decode()
        assert "Ben Near" in page
        assert "Cleo Far" in page
        assert "Ana Private" not in page
        assert "snores" not in page

    def test_the_counts(self, shared, alice):
        assert queries.shared_counts(member=alice) == {"only_me": 1, "connections": 1, "beyond": 1}

    def test_a_stranger_finds_no_door(self, shared, connected, charlie_client):
        for name in ("seen_by", "connection_accept", "connection_decline", "connection_withdraw", "connection_end"):
            url = reverse(f"contacts:{name}", args=[connected.id])
            method = charlie_client.get if name == "seen_by" else charlie_client.post
            assert method(url).status_code == 404
        connected.refresh_from_db()
        assert connected.state == ConnectionState.ACCEPTED

    def test_either_may_end_it_in_the_page(self, connected, alice_client):
        alice_client.post(reverse("contacts:connection_end", args=[connected.id]))
        connected.refresh_from_db()
        assert connected.state == ConnectionState.ENDED

    @pytest.mark.parametrize("count", [5, 50])
    def test_queries_do_not_grow(self, alice, alice_client, connected, count, django_assert_max_num_queries):
        for number in range(count):
            PersonFactory(owner=alice, reach=1)
            Connection.objects.create(inviter=alice, invitee_email=f"friend{number}@kith.test")
        with django_assert_max_num_queries(10):
            alice_client.get(reverse("contacts:sharing"))
        with django_assert_max_num_queries(10):
            alice_client.get(reverse("contacts:seen_by", args=[connected.id]))
