"""What the tests of the outbox share: letters of a kind of their own, so that no room's texts matter here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from netapp.accounts.models import User
from netapp.mail import outbox
from netapp.mail.models import Letter

_TEMPLATES = {
    "subject.txt": "{{ subject }}\n",
    "txt": "Dear {{ who }},\n{{ base_url }}/answer/{{ token }}/\n{% if stop_url %}Stop: {{ stop_url }}\n{% endif %}",
    "html": "<html><head><style>p { color: red }</style></head><body><p>Dear {{ who }}</p></body></html>",
}

Post = Callable[..., Letter]


@pytest.fixture(autouse=True)
def _test_templates(settings: Any) -> None:
    """Letters of the kinds `test` and `other`."""
    texts = {f"mail/{kind}.{end}": text for kind in ("test", "other") for end, text in _TEMPLATES.items()}
    django = {**settings.TEMPLATES[0], "APP_DIRS": False}
    django["OPTIONS"] = {
        **django["OPTIONS"],
        "loaders": [
            ("django.template.loaders.locmem.Loader", texts),
            "django.template.loaders.filesystem.Loader",
            "django.template.loaders.app_directories.Loader",
        ],
    }
    settings.TEMPLATES = [django]


@pytest.fixture
def post_letter(alice: User) -> Post:
    """Posts a letter for Alice to Bob; every part can be given."""
    count = 0

    def post(**parts: Any) -> Letter:
        nonlocal count
        count += 1
        context = {"who": "Bob", "subject": f"Letter {count}", "token": "t", **parts.pop("context", {})}
        to = parts.pop("to", ["bob@example.org"])
        defaults = {"key": f"test:{count}", "template": "test", "now": timezone.now(), "member": alice}
        readers = [one if isinstance(one, outbox.Recipient) else outbox.Recipient(one) for one in to]
        return outbox.post(**{**defaults, "context": context, "to": readers, **parts})

    return post
