"""Tables of unknown programs, what stays out, own addresses: the pages that ask, and what is remembered."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contacts.models import Blocked, ColumnMapping, Import, ImportFile, Interaction, OwnAddress, Person
from contacts.services.imports import forgetting
from netapp.accounts.models import User
from tests.contacts.importing import preview, run, upload, work
from tests.factories import NOW

pytestmark = pytest.mark.django_db

TABLE = "Wer,Wo arbeitet,Elektropost,Blutgruppe\nAna Silva,Tinta,ana@example.org,A\nBen Brook,Luz,ben@example.org,B\n"
"""Of no program that Kith knows."""


def chosen(one: Import, *fields: str, file: int | None = None, **more: str) -> dict[str, str]:
    """What the form of a table sends."""
    prefix = file or ImportFile.objects.get(of=one).id
    told = {f"{prefix}-{at}": field for at, field in enumerate(fields)}
    return {**told, f"{prefix}-has_heading": "on", **{f"{prefix}-{name}": value for name, value in more.items()}}


def mail(sender: str, to: str, number: int) -> str:
    return (
        f"From x Mon May  4 09:00:00 2026\nFrom: {sender}\nTo: {to}\nMessage-ID: <{number}@x.test>\n"
        f"Date: Sun, 3 May 2026 09:{number:02}:00 +0000\nSubject: Secret\n\nNobody reads this.\n\n"
    )


# --- Columns


def test_an_unknown_table_is_asked_about_once(alice: User, alice_client: Client) -> None:
    one = preview(alice, ("list.csv", TABLE))
    assert one.state == "mapping"
    assert not one.rows.exists()
    text = alice_client.get(f"/imports/{one.id}/").content.decode()
    assert "Blutgruppe" in text
    assert "ana@example.org · ben@example.org" in text
    answer = alice_client.post(
        f"/imports/{one.id}/columns/", chosen(one, "full_name", "organisation", "email", "custom")
    )
    assert answer.status_code == 302
    work(one, now=timezone.now())
    assert (one.state, one.counts) == ("preview", {"new": 2})
    alice_client.post(f"/imports/{one.id}/confirm/")
    work(one, now=timezone.now())
    ana = Person.objects.get(full_name="Ana Silva")
    assert (ana.organisation, ana.custom_fields) == ("Tinta", [{"label": "Blutgruppe", "value": "A"}])
    # The next one like it is known.
    assert preview(alice, ("other.csv", TABLE + "Cara Cole,,cara@example.org,0\n")).counts == {"new": 1, "unchanged": 2}


def test_a_table_in_which_nobody_is_named_is_asked_about_again(alice: User, alice_client: Client) -> None:
    one = preview(alice, ("list.csv", TABLE))
    answer = alice_client.post(f"/imports/{one.id}/columns/", chosen(one, "", "organisation", "", "notes"))
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "say which column has the name" in text
    assert '<option value="notes" selected>' in text
    assert not ColumnMapping.objects.exists()


def test_several_tables_are_asked_about_together(alice: User, alice_client: Client) -> None:
    known = "First Name,Last Name,URL,Email Address,Company,Position,Connected On\nCara,Cole,,c@x.test,,,3 May 2021\n"
    one = preview(alice, ("a.csv", TABLE), ("b.csv", TABLE.replace("Wer", "Qui")), ("Connections.csv", known))
    assert len(one.options["tables"]) == 2
    data: dict[str, str] = {}
    for table in one.options["tables"]:
        data |= chosen(one, "full_name", "", "email", "", file=table["file"])
    alice_client.post(f"/imports/{one.id}/columns/", data)
    work(one, now=timezone.now())
    assert one.counts == {"new": 3, "unchanged": 2}
    answer = alice_client.post(f"/imports/{one.id}/columns/", data)
    assert answer.url == f"/imports/{one.id}/"  # type: ignore[attr-defined]


def test_a_table_without_a_heading_loses_no_row(alice: User, alice_client: Client) -> None:
    one = preview(alice, ("list.csv", "Ana Silva,x1,ana@example.org\nBen Brook,x2,ben@example.org\n"))
    data = chosen(one, "full_name", "", "email")
    del data[f"{ImportFile.objects.get(of=one).id}-has_heading"]
    alice_client.post(f"/imports/{one.id}/columns/", data)
    work(one, now=timezone.now())
    assert one.counts == {"new": 2}


def test_what_is_remembered_of_tables_can_be_forgotten(alice: User, alice_client: Client) -> None:
    one = preview(alice, ("list.csv", TABLE))
    alice_client.post(f"/imports/{one.id}/columns/", chosen(one, "full_name", "", "email", ""))
    assert "Wer, Wo arbeitet, Elektropost" in alice_client.get("/imports/rules/").content.decode()
    alice_client.post(f"/imports/rules/columns/{ColumnMapping.objects.get().id}/forget/")
    assert preview(alice, ("list.csv", TABLE)).state == "mapping"


def test_a_question_that_nobody_answers_is_thrown_away(alice: User) -> None:
    one = preview(alice, ("list.csv", TABLE))
    Import.objects.update(created_at=NOW)
    forgetting.forget(now=NOW + timedelta(days=15))
    assert not Import.objects.filter(id=one.id).exists()
    assert not ImportFile.objects.exists()


# --- Mails


def mailbox() -> str:
    return (
        mail("Ana <ana@example.org>", "alice@kith.test", 1)
        + mail("alice@kith.test", "ana@example.org", 2)
        + mail("Eve <eve@example.org>", "alice@kith.test", 3)
    )


def test_a_mailbox_from_the_file_to_the_book(alice: User, alice_client: Client) -> None:
    OwnAddress.objects.create(owner=alice, address="alice@kith.test")
    one = preview(alice, ("mail.mbox", mailbox()))
    assert one.counts == {"new": 1, "one_way": 1, "noted": 2, "left_out": 1}
    text = alice_client.get(f"/imports/{one.id}/").content.decode()
    assert "Import this person and 2 contacts" in text
    assert "With <a" in text
    assert "1 mail from them, 1 from you" in text
    assert "mail of 3 May 2026" in text
    assert "Secret" not in text
    alice_client.post(f"/imports/{one.id}/confirm/", {"one_way": "on"})
    work(one, now=timezone.now())
    assert set(Person.objects.values_list("full_name", flat=True)) == {"Ana", "Eve"}
    assert Interaction.objects.count() == 3
    report = b"".join(alice_client.get(f"/imports/{one.id}/report.csv")).decode()
    assert "mail of 3 May 2026" in report
    assert "Nobody reads" not in str(list(one.rows.values()))


def test_an_own_address_can_be_named_in_the_preview(alice: User, alice_client: Client) -> None:
    text = "".join(mail("old@alice.example", f"p{n}@example.org", n) for n in range(12))
    one = preview(alice, ("mail.mbox", text))
    assert "Is old@alice.example yours?" in alice_client.get(f"/imports/{one.id}/").content.decode()
    alice_client.post(f"/imports/{one.id}/own/", {"address": "old@alice.example"})
    one.refresh_from_db()
    assert one.state == "comparing"
    work(one, now=timezone.now())
    assert one.counts == {"one_way": 12, "left_out": 12}
    page = alice_client.get(f"/imports/{one.id}/").content.decode()
    assert "12 people</a> mail went one way only" in page


def test_strangers_in_mails_are_forgotten_after_a_month(alice: User) -> None:
    OwnAddress.objects.create(owner=alice, address="alice@kith.test")
    one = run(alice, ("mail.mbox", mailbox()))
    forgetting.forget(now=NOW + timedelta(days=31))
    kept = str(list(one.rows.values("name", "record", "keys", "changes", "reason")))
    assert "Eve" not in kept
    assert "eve@" not in kept


# --- What stays out


def test_something_is_kept_out_and_let_in_again(alice: User, alice_client: Client) -> None:
    alice_client.post("/imports/rules/block/", {"text": "@Example.org"})
    blocked = Blocked.objects.get()
    assert (blocked.kind, blocked.value) == ("domain", "example.org")
    assert "Everybody at example.org" in alice_client.get("/imports/rules/").content.decode()
    alice_client.post(f"/imports/rules/block/{blocked.id}/remove/")
    assert not Blocked.objects.exists()
    page = alice_client.get("/imports/rules/").content.decode()
    assert "/undo/" in page
    undo = page.split('action="/undo/')[1].split('"')[0]
    alice_client.post(f"/undo/{undo}")
    assert Blocked.objects.get().value == "example.org"


@pytest.mark.parametrize(("url", "field"), [("/imports/rules/block/", "text"), ("/imports/rules/own/", "address")])
@pytest.mark.parametrize("text", ["", "   ", "no sense", "a@b", "<script>"])
def test_nonsense_is_refused_and_kept_in_the_form(alice_client: Client, url: str, field: str, text: str) -> None:
    answer = alice_client.post(url, {field: text})
    assert answer.status_code == 422
    assert not Blocked.objects.exists()
    assert not OwnAddress.objects.exists()


def test_own_addresses_come_and_go(alice: User, alice_client: Client) -> None:
    alice_client.post("/imports/rules/own/", {"address": "Alice@Work.example"})
    one = OwnAddress.objects.get()
    assert one.address == "alice@work.example"
    alice_client.post(f"/imports/rules/own/{one.id}/remove/")
    assert not OwnAddress.objects.exists()


def test_statements_do_not_grow_with_the_rules(alice: User, alice_client: Client) -> None:
    def statements(count: int) -> int:
        Blocked.objects.bulk_create(
            Blocked(owner=alice, kind="domain", value=f"{count}-{n}.test") for n in range(count)
        )
        OwnAddress.objects.bulk_create(OwnAddress(owner=alice, address=f"{count}-{n}@x.test") for n in range(count))
        with CaptureQueriesContext(connection) as queries:
            assert alice_client.get("/imports/rules/").status_code == 200
        return len(queries)

    assert statements(5) == statements(50)


def test_files_of_every_kind_go_in_together(alice: User) -> None:
    OwnAddress.objects.create(owner=alice, address="alice@kith.test")
    calendar = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20260501T090000Z\r\nDTEND:20260501T100000Z\r\n"
        "ORGANIZER:mailto:alice@kith.test\r\nATTENDEE;CN=Ana:mailto:ana@example.org\r\n"
        "ATTENDEE;CN=Cara:mailto:cara@example.org\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    card = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ana Silva\r\nEMAIL:ana@example.org\r\nEND:VCARD\r\n"
    one = run(alice, ("a.vcf", card), ("b.mbox", mailbox()), ("c.ics", calendar))
    assert set(Person.objects.values_list("full_name", flat=True)) == {"Ana Silva", "Cara"}
    assert sorted(Interaction.objects.values_list("person__full_name", "kind")) == [
        ("Ana Silva", "mail"),
        ("Ana Silva", "mail"),
        ("Ana Silva", "met"),
        ("Cara", "met"),
    ]
    assert one.counts["noted"] == 3
    assert upload(alice, "x").state == "reading"
