"""From a template triple to the texts of a letter."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import css_inline
from django.conf import settings
from django.template import Context, Template
from django.template.loader import get_template

from netapp.mail import texts

# What stands in @media (dark mode, phones) cannot be inlined and is kept. Nothing is ever fetched.
_inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


@dataclass(frozen=True, slots=True)
class Rendered:
    """The three texts of a letter."""

    subject: str
    text: str
    html: str


def render(template: str, context: Mapping[str, Any]) -> Rendered:
    """Render `templates/mail/<template>.{subject.txt,txt,html}`. Plain text is not escaped, HTML is."""
    values = {"base_url": settings.BASE_URL, "site_name": settings.SITE_NAME, **context}
    return Rendered(
        subject=texts.one_line(_render(f"mail/{template}.subject.txt", values, escaped=False), texts.MAX_SUBJECT),
        text=texts.body(_render(f"mail/{template}.txt", values, escaped=False)).strip() + "\n",
        html=_inliner.inline(texts.body(_render(f"mail/{template}.html", values, escaped=True))),
    )


def _render(name: str, values: Mapping[str, Any], *, escaped: bool) -> str:
    # The backend's own wrapper always escapes; the template itself can be told not to.
    template = cast(Template, get_template(name).template)  # type: ignore[attr-defined]
    return template.render(Context(dict(values), autoescape=escaped))
