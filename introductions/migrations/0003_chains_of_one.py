"""What was asked before there were chains: one introducer each, and drafts that did not name them in consents."""

from typing import Any

from django.db import migrations

from netapp.mail.suppression import digest_of


def to_chains(apps: Any, schema_editor: Any) -> None:
    """Introductions past their introducer's yes stand at the target; drafts get their consents."""
    introductions = apps.get_model("introductions", "Introduction").objects
    consents = apps.get_model("introductions", "Consent").objects
    introductions.filter(state__in=["target_asked", "introduced"]).update(position=1)
    for draft in introductions.filter(state="draft", consents=None).iterator():
        for position, party, person_id, name in (
            (0, "introducer", draft.introducer_id, draft.introducer_name),
            (1, "target", draft.target_id, draft.target_name),
        ):
            consents.create(introduction=draft, position=position, party=party, person_id=person_id, name=name)
    for consent in consents.exclude(email="").iterator():
        consent.mailbox = digest_of(consent.email)
        if consent.position == 0:
            consent.expected_mailbox = consent.mailbox
        consent.save(update_fields=["mailbox", "expected_mailbox"])


class Migration(migrations.Migration):
    dependencies = [
        ("introductions", "0002_chains_of_introducers"),
    ]

    operations = [migrations.RunPython(to_chains, migrations.RunPython.noop)]
