"""The pages of imports: what they show, to whom, in how many statements, and what they refuse."""

import csv
import io
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from contacts.forms import imports as forms
from contacts.models import Import, ImportState, Person
from contacts.services.imports import uploading
from contacts.views import imports as views
from tests.contacts.importing import card, cards, preview, run, undo, upload, work

pytestmark = pytest.mark.django_db

ANA = card("Ana Silva", "EMAIL:ana@example.org", "ORG:Tinta", "TITLE:Photo editor")


def file(content: str | bytes = ANA, name: str = "friends.vcf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)


def page(client: Client, one: Import, query: str = "") -> str:
    answer = client.get(f"/imports/{one.id}/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_from_the_file_to_the_report_and_back(alice, alice_client):
    assert "Nothing was imported yet" in alice_client.get("/imports/").content.decode()
    answer = alice_client.post("/imports/", {"files": file()})
    one = Import.objects.get()
    assert answer.url == f"/imports/{one.id}/"
    text = page(alice_client, one)
    assert 'hx-trigger="every 2s"' in text
    assert '<noscript><meta http-equiv="refresh"' in text
    work(one, now=timezone.now())
    text = page(alice_client, one)
    assert "Nothing is imported yet" in text
    assert "Photo editor · Tinta · ana@example.org" in text
    assert "Import this person" in text
    assert not Person.objects.exists()
    assert alice_client.post(f"/imports/{one.id}/confirm/").url == f"/imports/{one.id}/"
    assert "0 of 1" in page(alice_client, one)
    work(one, now=timezone.now())
    person = Person.objects.get()
    text = page(alice_client, one)
    assert f'href="/people/{person.id}/">Ana Silva</a>' in text
    assert "Take this import back" in text
    assert "1 new" in alice_client.get("/imports/").content.decode()
    alice_client.post(f"/imports/{one.id}/undo/")
    work(one, now=timezone.now())
    assert "Taken back on" in page(alice_client, one)
    assert not Person.objects.exists()


def test_the_preview_shows_old_and_new(alice, alice_client):
    run(alice, ANA)
    one = preview(alice, ANA.replace("Tinta", "Luz") + card("Ana Silva", "EMAIL:ana@example.org", "EMAIL:a2@x.test"))
    text = page(alice_client, one, "?outcome=updated")
    assert "<del>Tinta</del>" in text
    assert "<ins>Luz</ins>" in text
    assert "a2@x.test" in text
    assert "The same person as in line 1." in page(alice_client, one, "?outcome=unchanged")


def test_htmx_asks_until_it_is_over(alice, alice_client):
    one = upload(alice, ANA)
    answer = alice_client.get(f"/imports/{one.id}/", HTTP_HX_REQUEST="true")
    assert answer.status_code == 200
    assert answer.content.startswith(b'<div id="import" hx-get')
    work(one)
    answer = alice_client.get(f"/imports/{one.id}/", HTTP_HX_REQUEST="true")
    assert answer.status_code == 286
    assert b"hx-get" not in answer.content
    assert b"<html" not in answer.content


def test_getting_changes_nothing(alice, alice_client):
    one = preview(alice, ANA)
    for name in ("confirm", "discard", "undo"):
        assert alice_client.get(f"/imports/{one.id}/{name}/").status_code == 405
    one.refresh_from_db()
    assert one.state == ImportState.PREVIEW


def test_a_second_click_is_harmless(alice, alice_client):
    one = preview(alice, ANA)
    for _ in range(2):
        assert alice_client.post(f"/imports/{one.id}/confirm/").status_code == 302
    work(one)
    alice_client.post(f"/imports/{one.id}/confirm/")
    alice_client.post(f"/imports/{one.id}/discard/")
    one.refresh_from_db()
    assert one.state == ImportState.DONE
    for _ in range(2):
        assert alice_client.post(f"/imports/{one.id}/undo/").status_code == 302


def test_thrown_away_is_gone(alice, alice_client):
    one = preview(alice, ANA)
    answer = alice_client.post(f"/imports/{one.id}/discard/", follow=True)
    assert "was thrown away" in answer.content.decode()
    assert alice_client.get(f"/imports/{one.id}/").status_code == 404


PATHS = ["", "confirm/", "discard/", "undo/", "report.csv"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["get", "head", "post", "put", "patch", "delete", "options"])
def test_a_stranger_finds_nothing(alice, charlie_client, path, method):
    one = run(alice, ANA)
    foreign = getattr(charlie_client, method)(f"/imports/{one.id}/{path}")
    missing = getattr(charlie_client, method)(f"/imports/00000000-0000-4000-8000-000000000000/{path}")
    # A method that the page does not know is refused before anything is looked up.
    assert foreign.status_code == missing.status_code
    assert foreign.status_code in (404, 405)
    assert foreign.content == missing.content
    assert Person.objects.count() == 1


@pytest.mark.parametrize("path", PATHS)
def test_nobody_gets_in_without_logging_in(alice, client, path):
    one = run(alice, ANA)
    for answer in (client.get(f"/imports/{one.id}/{path}"), client.post("/imports/", {"files": file()})):
        assert answer.status_code in (302, 405)
        assert answer.get("Location", "/account/login/").startswith("/account/login/")
    assert Import.objects.count() == 1


def test_each_import_is_listed_for_its_member_alone(alice, charlie_client):
    run(alice, ("secret-name.vcf", ANA))
    assert "secret-name" not in charlie_client.get("/imports/").content.decode()


@pytest.mark.parametrize("outcome", ["", "?outcome=updated"])
def test_statements_do_not_grow_with_the_rows(alice, alice_client, outcome):
    def statements(one: Import) -> int:
        with CaptureQueriesContext(connection) as queries:
            page(alice_client, one, outcome)
        return len(queries)

    run(alice, cards(50))
    few, many = run(alice, cards(5).replace("Firm", "A")), run(alice, cards(50).replace("Firm", "B"))
    assert few.counts == {"updated": 5}
    assert statements(few) == statements(many) < 12


def test_statements_do_not_grow_with_the_imports(alice, alice_client):
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert alice_client.get("/imports/").status_code == 200
        return len(queries)

    run(alice, ANA)
    run(alice, ANA)
    few = statements()
    Import.objects.bulk_create([Import(owner=alice, title=f"{n}.vcf", state="done") for n in range(15)])
    assert statements() == few < 12


# --- What is refused


def refused(client: Client, *files: SimpleUploadedFile, status: int = 422) -> str:
    answer = client.post("/imports/", {"files": list(files)})
    assert answer.status_code == status
    assert not Import.objects.exists()
    return unescape(answer.content.decode())


def test_no_file(alice_client):
    assert "Choose a file first." in refused(alice_client)


def test_an_empty_file(alice_client):
    assert "friends.vcf: The file is empty." in refused(alice_client, file(""))


def test_a_file_of_another_kind(alice_client):
    text = refused(alice_client, file("%PDF-1.7 and so on", "export.pdf"))
    assert "export.pdf: This is a PDF" in text


def test_the_good_ones_of_several_files_are_taken(alice_client):
    answer = alice_client.post("/imports/", {"files": [file(), file("%PDF-1.7", "cv.pdf")]}, follow=True)
    assert Import.objects.get().title == "friends.vcf"
    assert "cv.pdf: This is a PDF" in unescape(answer.content.decode())


def test_too_many_files(alice_client):
    assert "up to 50 files at once" in refused(alice_client, *(file() for _ in range(51)))
    assert "up to 50 files at once" in refused(alice_client, *(file() for _ in range(101)), status=413)


def test_too_much_is_refused_before_it_is_read(alice_client, monkeypatch):
    answer = alice_client.generic("POST", "/imports/", b"", CONTENT_LENGTH=str(10**12))
    assert answer.status_code == 413
    assert f"Kith takes up to {forms.MEGABYTES} MB at once" in answer.content.decode()
    # What is only a little too much is read to its end and dropped.
    monkeypatch.setattr(views, "_MAX_BODY", 1000)
    assert f"Kith takes up to {forms.MEGABYTES} MB at once" in refused(alice_client, file("x" * 2000), status=413)


def test_too_much_in_all_is_refused(alice_client, monkeypatch):
    monkeypatch.setattr(forms, "MAX_UPLOAD_BYTES", 150)
    assert f"Kith takes up to {forms.MEGABYTES} MB at once" in refused(alice_client, file(), file())


def test_more_imports_than_a_member_may_have_under_way(alice, alice_client):
    for _ in range(uploading.MOST_OPEN):
        upload(alice, ANA)
    answer = alice_client.post("/imports/", {"files": file()})
    assert answer.status_code == 422
    assert "You have 5 imports under way already" in answer.content.decode()


def test_a_form_from_elsewhere_is_refused(alice):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.post("/imports/", {"files": file()}).status_code == 403
    assert not Import.objects.exists()


# --- What files may do


NAUGHTY = [
    '<script>alert(1)</script>"',
    "'><img src=x onerror=alert(1)>",
    "=HYPERLINK(1)",
    "{{ 7|add:7 }}",
    "\u202eabc",
]


@pytest.mark.parametrize("text", NAUGHTY)
def test_naughty_words_are_only_words(alice, alice_client, text):
    escaped = text.replace(",", "\\,").replace(";", "\\;")
    naughty = card(f"Mal {escaped}", "EMAIL:mal@example.org", f"ORG:{escaped}", f"NOTE:{escaped}", f"TITLE:{escaped}")
    run(alice, naughty.replace("Mal", "Mal Ory").replace("ORG:", "ORG:Old "))
    upload_name = text.replace("/", "")[:60]
    for one in (preview(alice, (upload_name, naughty)), run(alice, (upload_name, naughty))):
        found = page(alice_client, one)
        assert "<script>alert" not in found
        assert "<img src=x" not in found
        assert "Mal" in found
    assert "<script>alert" not in alice_client.get("/imports/").content.decode()


def test_the_report_is_a_table_without_formulas(alice, alice_client):
    text = card("=cmd|' /C calc'!A0", "EMAIL:x@example.org") + card("+49 30 1", "ORG:@SUM(1)", "EMAIL:y@example.org")
    one = run(alice, ("=1+1.vcf", text))
    undo(one)
    answer = alice_client.get(reverse("contacts:import_report", args=[one.id]))
    assert answer["Content-Disposition"] == 'attachment; filename="import-report.csv"'
    body = b"".join(answer.streaming_content).decode("utf-8-sig")
    head, *rows = csv.reader(io.StringIO(body))
    assert head[:4] == ["File", "Line", "Name", "What became of it"]
    assert [row[:4] for row in rows] == [
        ["'=1+1.vcf", "1", "'=cmd|' /C calc'!A0", "new"],
        ["'=1+1.vcf", "6", "'+49 30 1", "new"],
    ]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


@pytest.mark.parametrize(
    "query", ["?page=9999999", "?page=x", "?page=-1", "?outcome=nonsense", "?page=%00&outcome=%00"]
)
def test_nonsense_in_the_address_does_no_harm(alice, alice_client, query):
    assert "Ana Silva" in page(alice_client, run(alice, ANA), query)
