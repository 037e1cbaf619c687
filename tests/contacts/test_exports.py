"""Leaving with everything: complete, no more than the member may know, for the member alone, and gone again in time."""

import io
import json
import re
import zipfile
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from contacts.handles import HandleKind
from contacts.models import Closeness, Connection, Export, ExportPiece, ExportState, Person, SavedFilter
from contacts.models.exports import KEPT_FOR
from contacts.services import acquaintances, people, photos
from contacts.services.exports import asking, rows, running
from contacts.services.exports.bundle import write_bundle
from contacts.services.handles import HandleInput
from contacts.tasks import run_export, sweep_exports
from netapp.accounts.models import User
from netapp.accounts.services import delete_account
from netapp.lib import tokens
from netapp.mail.models import Letter
from tests.contacts.test_photos import picture
from tests.factories import NOW, ConnectionFactory, InteractionFactory, PersonFactory

pytestmark = pytest.mark.django_db

CANARY = "xyzzycanary"


def bundle_of(member: User) -> zipfile.ZipFile:
    file = io.BytesIO()
    write_bundle(member=member, file=file, now=NOW)
    return zipfile.ZipFile(file)


def everything(member: User) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bundle_of(member).read("everything.json"))
    return found


def prepared(owner: User, *, now: Any = None) -> Export:
    export = asking.ask(owner=owner)
    assert running.run(export_id=export.id, now=now or timezone.now())
    export.refresh_from_db()
    return export


@pytest.fixture
def ana(alice) -> Person:
    """Somebody with everything on the card."""
    person = people.add_person(
        owner=alice,
        fields={
            "full_name": "Ana Álvares",
            "organisation": "Lumen Press",
            "role": "editor",
            "place": "Lisbon",
            "nickname": "Aninhas",
            "tags": ["photo", "a;b"],
            "tie_kinds": ["friend", "colleague"],
            "needs": ["a flat"],
            "offers": ["bookbinding"],
            "custom_fields": [{"label": "Shoe size", "value": "39"}],
            "other_dates": [{"label": "Wedding", "year": None, "month": 2, "day": 29}],
            "notes": "=1+1\nline, two; three\\four",
            "how_met": "At a fair",
            "birth_month": 5,
            "birth_day": 3,
        },
        handles=[
            HandleInput(HandleKind.EMAIL, "ana@lumen.pt", "work"),
            HandleInput(HandleKind.PHONE, "+351912345678", "mobile"),
            HandleInput(HandleKind.LINKEDIN, "https://www.linkedin.com/in/ana-alvares"),
            HandleInput(HandleKind.URL, "https://ana.example.org/"),
        ],
        now=NOW,
        typed=True,
    )
    photos.choose_photo(person=person, data=picture(), now=NOW)
    person.refresh_from_db()
    return person


class TestWhatIsInIt:
    def test_every_row_of_the_members_own(self, alice, ana):
        ben = PersonFactory(owner=alice, full_name="Ben")
        gone = PersonFactory(owner=alice, full_name="Gone", deleted_at=NOW)
        InteractionFactory(person=ana, note="Over coffee.")
        acquaintances.record_acquaintance(
            owner=alice, one=ana, other=ben, closeness=Closeness.SOME, tie_kinds=["family"], now=NOW
        )
        SavedFilter.objects.create(owner=alice, name="Printers", query="tag=print")
        found = everything(alice)
        assert found["format"] == "kith-export"
        assert found["member"]["email"] == alice.email
        assert {row["full_name"] for row in found["people"]} == {"Ana Álvares", "Ben", gone.full_name}
        (card,) = [row for row in found["people"] if row["full_name"] == "Ana Álvares"]
        assert (card["needs"], card["offers"]) == (["a flat"], ["bookbinding"])
        assert card["tie_kinds"] == ["friend", "colleague"]
        assert card["custom_fields"] == [{"label": "Shoe size", "value": "39"}]
        assert {row["value"] for row in found["handles"]} >= {"ana@lumen.pt", "+351912345678"}
        assert [row["note"] for row in found["interactions"]] == ["Over coffee."]
        assert [row["tie_kinds"] for row in found["acquaintances"]] == [["family"]]
        assert [row["query"] for row in found["saved_filters"]] == ["tag=print"]
        assert [row["person_id"] for row in found["photos"]] == [str(ana.id)]

    def test_every_table_is_written_or_left_out_for_a_reason(self, alice):
        written = {model for model, _ in rows._tables()} | {Connection}
        assert written | set(rows.LEFT_OUT) == set(apps.get_app_config("contacts").get_models())
        assert not written & set(rows.LEFT_OUT)
        assert all(rows.LEFT_OUT.values())

    def test_no_secret_and_nothing_of_the_machinery(self):
        for model, _ in rows._tables():
            for name in rows.columns_of(model):
                assert not re.search(r"salt|digest|secret|token|identity|search_text|content|fence", name), (
                    model,
                    name,
                )

    def test_nothing_of_anybody_else(self, alice, charlie, ana):
        ConnectionFactory(inviter=alice, invitee=charlie)
        PersonFactory(owner=charlie, full_name=CANARY, reach=2)
        InteractionFactory(person__owner=charlie, note=CANARY)
        archive = bundle_of(alice)
        for name in archive.namelist():
            assert CANARY.encode() not in archive.read(name), name

    def test_the_asker_does_not_learn_that_an_invitation_was_declined(self, alice, bob):
        Connection.objects.create(
            inviter=alice, invitee=bob, invitee_email=bob.email, state="declined", answered_at=NOW
        )
        (row,) = everything(alice)["connections"]
        assert (row["state"], row["with"], row["answered_at"]) == ("invited", "", None)
        (row,) = everything(bob)["connections"]
        assert (row["state"], row["with"]) == ("declined", alice.display_name)

    def test_cards_with_photos_and_a_readme(self, alice, ana):
        archive = bundle_of(alice)
        assert archive.testzip() is None
        names = set(archive.namelist())
        assert {"README.txt", "people.vcf", "people-vcard3.vcf", "people.csv", "dates.ics", "everything.json"} <= names
        assert archive.read(f"photos/{ana.id}.jpg")[:3] == b"\xff\xd8\xff"
        assert "Ana Álvares" in archive.read("people.vcf").decode()

    def test_statements_do_not_grow(self, alice):
        counts = []
        for count in (5, 45):
            for person in PersonFactory.create_batch(count, owner=alice):
                InteractionFactory(person=person)
            with CaptureQueriesContext(connection) as captured:
                write_bundle(member=alice, file=io.BytesIO(), now=NOW)
            counts.append(len(captured))
        assert counts[0] == counts[1]


class TestPreparing:
    def test_it_is_prepared_once_and_told(self, alice, ana):
        export = prepared(alice)
        assert (export.state, export.counts["people"]) == (ExportState.READY, 1)
        assert export.size == sum(len(piece.content) for piece in ExportPiece.objects.all())
        letter = Letter.objects.get(kind="export_ready")
        assert letter.to == [alice.email]
        assert letter.is_essential
        assert tokens.derive("export", export.salt) not in letter.text
        assert not running.run(export_id=export.id, now=timezone.now())
        assert Letter.objects.count() == 1

    def test_asking_twice_is_asking_once(self, alice, alice_client):
        alice_client.post(reverse("contacts:export_ask"))
        alice_client.post(reverse("contacts:export_ask"))
        assert Export.objects.count() == 1
        assert "puts it together" in alice_client.get(reverse("contacts:export")).content.decode()

    def test_a_new_one_takes_the_place_of_the_old(self, alice):
        old = prepared(alice)
        new = prepared(alice)
        assert list(Export.objects.values_list("id", flat=True)) == [new.id]
        assert not ExportPiece.objects.filter(of=old.id).exists()

    def test_a_large_one_lies_in_pieces(self, alice, monkeypatch):
        monkeypatch.setattr(running, "_PIECE", 500)
        for number in range(30):
            PersonFactory(owner=alice, notes=str(number) * 500)
        export = prepared(alice)
        assert ExportPiece.objects.count() > 3
        client = Client()
        client.force_login(alice)
        answer = client.get(reverse("contacts:export_file", args=[export.id]))
        content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
        assert len(content) == export.size == int(answer["Content-Length"])
        assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None

    def test_a_worker_that_was_thought_dead_is_refused(self, alice, monkeypatch):
        export = asking.ask(owner=alice)

        def overtaken(**kwargs: Any) -> Any:
            Export.objects.filter(id=export.id).update(fence=7)
            return write_bundle(**kwargs)

        monkeypatch.setattr(running, "write_bundle", overtaken)
        assert not running.run(export_id=export.id, now=NOW)
        assert not ExportPiece.objects.exists()
        assert not Letter.objects.exists()

    def test_one_that_kills_its_workers_is_given_up(self, alice, alice_client, monkeypatch):
        export = asking.ask(owner=alice)

        def broken(**_: Any) -> None:
            raise RuntimeError("killed")

        monkeypatch.setattr(running, "write_bundle", broken)
        for _ in range(running.MAX_LAPSES):
            with pytest.raises(RuntimeError):
                running.run(export_id=export.id, now=NOW)
        assert not running.run(export_id=export.id, now=NOW)
        export.refresh_from_db()
        assert export.state == ExportState.FAILED
        assert "could not put the file together" in alice_client.get(reverse("contacts:export")).content.decode()
        alice_client.post(reverse("contacts:export_ask"))
        assert Export.objects.get().state == ExportState.WAITING

    def test_the_tasks(self, alice, monkeypatch):
        export = asking.ask(owner=alice)
        rung = []
        monkeypatch.setattr("contacts.tasks.ring", lambda task, *args: rung.append(args))
        sweep_exports()
        assert rung == [(str(export.id),)]
        run_export(str(export.id))
        assert Export.objects.get().state == ExportState.READY
        run_export(str(export.id))

    def test_it_expires(self, alice, alice_client):
        export = prepared(alice, now=timezone.now() - KEPT_FOR)
        assert alice_client.get(reverse("contacts:export_file", args=[export.id])).status_code == 404
        link = reverse("contacts:export_link", args=[tokens.derive("export", export.salt)])
        assert alice_client.get(link).status_code == 404
        sweep_exports()
        assert not Export.objects.exists()
        assert not ExportPiece.objects.exists()

    def test_a_member_who_leaves_takes_the_files_along(self, alice, ana):
        prepared(alice)
        waiting = asking.ask(owner=alice)
        delete_account(member=alice, now=NOW)
        assert not Export.objects.exists()
        assert not ExportPiece.objects.exists()
        assert not Letter.objects.filter(kind="export_ready").exists()
        assert not running.run(export_id=waiting.id, now=NOW)


class TestFetching:
    def test_the_link_leads_there_and_changes_nothing(self, alice, alice_client):
        export = prepared(alice)
        link = reverse("contacts:export_link", args=[tokens.derive("export", export.salt)])
        before = list(Export.objects.values())
        nobody = Client()
        for _ in range(5):
            page = nobody.get(link)
            assert page.status_code == 200
        assert alice.name not in page.content.decode()
        assert alice.email not in page.content.decode()
        assert "Log in" in page.content.decode()
        assert nobody.post(link).status_code == 405
        assert alice_client.get(link)["Location"] == reverse("contacts:export")
        assert list(Export.objects.values()) == before
        assert "Save the file" in alice_client.get(reverse("contacts:export")).content.decode()

    def test_the_link_in_the_mail_is_the_one_that_opens(self, alice):
        export = prepared(alice)
        text = tokens.fill(Letter.objects.get(kind="export_ready").text)
        assert reverse("contacts:export_link", args=[tokens.derive("export", export.salt)]) in text

    def test_nobody_else_gets_it(self, alice, charlie_client, client):
        export = prepared(alice)
        link = reverse("contacts:export_link", args=[tokens.derive("export", export.salt)])
        assert charlie_client.get(link).status_code == 404
        assert charlie_client.get(reverse("contacts:export_file", args=[export.id])).status_code == 404
        assert client.get(reverse("contacts:export_file", args=[export.id])).status_code == 302
        assert "Save the file" not in charlie_client.get(reverse("contacts:export")).content.decode()

    def test_the_file_is_saved_and_kept_by_no_cache(self, alice, alice_client, ana):
        export = prepared(alice)
        answer = alice_client.get(reverse("contacts:export_file", args=[export.id]))
        assert answer["Content-Type"] == "application/zip"
        assert "attachment" in answer["Content-Disposition"]
        assert answer["Cache-Control"] == "private, no-store"
        assert "people.vcf" in zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))).namelist()
        head = alice_client.head(reverse("contacts:export_file", args=[export.id]))
        assert head["Content-Length"] == str(export.size)

    def test_it_can_be_removed_before_its_time(self, alice, alice_client):
        export = prepared(alice)
        alice_client.post(reverse("contacts:export_remove", args=[export.id]))
        assert not Export.objects.exists()

    def test_the_page_stops_asking_once_it_is_ready(self, alice, alice_client):
        asking.ask(owner=alice)
        page = alice_client.get(reverse("contacts:export"), headers={"HX-Request": "true"})
        assert page.status_code == 200
        assert 'hx-trigger="every 2s"' in page.content.decode()
        prepared(alice)
        page = alice_client.get(reverse("contacts:export"), headers={"HX-Request": "true"})
        assert page.status_code == 286
        assert "hx-trigger" not in page.content.decode()


class TestAtOnce:
    @pytest.mark.parametrize("name", ["people_vcard", "people_vcard3", "people_table", "people_dates"])
    def test_those_who_match_and_nobody_else(self, alice, alice_client, charlie_client, ana, name):
        PersonFactory(owner=alice, full_name="Ben", tags=["print"], birth_month=3, birth_day=4)
        url = reverse(f"contacts:{name}")
        everybody = b"".join(alice_client.get(url).streaming_content).decode()
        some = b"".join(alice_client.get(url, {"tag": "print"}).streaming_content).decode()
        nobody = b"".join(charlie_client.get(url).streaming_content).decode()
        assert "Ana" in everybody
        assert "Ben" in everybody
        assert "Ben" in some
        assert "Ana" not in some
        assert "Ana" not in nobody
        assert alice_client.get(url)["Cache-Control"] == "private, no-store"

    def test_a_cell_is_no_formula(self, alice, alice_client):
        PersonFactory(owner=alice, full_name="=HYPERLINK(1)", organisation="@SUM(A1)", notes="+1")
        table = b"".join(alice_client.get(reverse("contacts:people_table")).streaming_content).decode()
        assert "'=HYPERLINK(1)" in table
        assert "'@SUM(A1)" in table
        assert "'+1" in table

    def test_the_page_offers_them_for_the_present_filter(self, alice, alice_client, ana):
        page = alice_client.get("/people/", {"tag": "photo"}).content.decode()
        assert f"{reverse('contacts:people_vcard')}?tag=photo" in page
