"""Handles: how addresses, numbers and pages are normalised so that they can be compared.

Every function here is total: any string at all gives an answer, never an exception. None means "not a handle of this
kind", and the caller keeps the text as a plain note or drops it.
"""

import re
import unicodedata
from enum import StrEnum
from typing import Final
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import phonenumbers
from email_validator import EmailNotValidError, validate_email

MAX_HANDLE: Final = 320
"""Longest normalised handle, in characters; anything longer is no handle."""

MAX_URL: Final = 500
"""Longest web address that is looked at, in characters."""

_MAX_PHONE = 60
_LONGEST_PLAIN, _LONGEST_LOCAL = 200, 64


class HandleKind(StrEnum):
    """What sort of handle it is."""

    EMAIL = "email"
    PHONE = "phone"
    LINKEDIN = "linkedin"
    URL = "url"


# The part before the @ that stands for a desk, not for a human. Compared without dots, dashes and underscores.
_ROLE_WORDS = """
    abuse account accounting accounts accountspayable ad admin administration administrator ads advertising
    affiliates alert alerts all anfrage anfragen atendimento automailer billing board booking bookings bounce bounces
    buchhaltung bureau business care career careers commercial compta comptabilite comercial community
    compliance contabilita contabilidad contact contacto contactus contato contatti customercare customerservice
    customersupport daemon dataprotection datenschutz desk devnull donotreply donations dpo editor editorial email
    empfang enquiries enquiry event events everyone facturacion faktura feedback finance fundraising
    geschaeftsstelle hallo hello help helpdesk hi hola hostmaster hr info information infos inquiries inquiry invoice
    invoices jobs kontakt kundenservice legal list listserv mail mailbox mailer mailerdaemon mailinglist
    marketing media membership news newsletter newsletters nobody noc noreply noreplies notification notifications
    notify nepasrepondre noresponder office offers order orders partner partners payments personal postfach postmaster
    poststelle presse press privacy privacyoffice pr purchasing reception rechnung recruiting recruitment redaktion
    registration reply reservations returns root rsvp sales secretariat security sekretariat service services shop
    soporte spam staff subscribe subscriptions suggestions support survey sysadmin team tech technik test ticket
    tickets training unsubscribe updates usenet vendas ventas verkauf vertrieb verwaltung web webmaster webteam
    welcome www zentrale
"""
_ROLES = frozenset(_ROLE_WORDS.split())
_ROLE_STARTS = ("noreply", "donotreply", "mailerdaemon", "bounce", "notification", "unsubscribe")

_LINKEDIN_HOST = re.compile(r"(?:[a-z0-9-]{1,20}\.)?linkedin\.com\Z")
_LINKEDIN_SLUG = re.compile(r"[\w.%~'’·-]{1,200}\Z")
# A pause (p) or a wait (w) while dialling, then the extension.
_PAUSE = re.compile(r"(?<=\d) ?[pPwW]+ ?(\d{1,7})(?!\d).*", re.DOTALL)
# What most addresses look like; there is nothing to normalise in them but the slash of an empty path.
_PLAIN_URL = re.compile(
    r"https?://(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(/[A-Za-z0-9._~/-]*)?\Z"
)
_PLAIN_EMAIL = re.compile(r"[a-z0-9_]+(?:[.+_-][a-z0-9_]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}\Z")
# Ends of domains and the marks of IDNA, which the library must judge.
_JUDGED = re.compile(r"--|\.(?:arpa|invalid|local|localhost|onion|test|example)\Z")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]{0,30}:")
_HOST_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)\Z")
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff\\<>\"`{}|^]")


def normalise_email(raw: str) -> str | None:
    """The address in the one form by which it is compared: lower case, ASCII domain (IDNA), nothing around it.

    A plus-alias stays: `ana+kith@example.org` may be another mailbox than `ana@example.org`. No DNS is asked.
    Domains that mail cannot reach (`.invalid`, `.local`, `localhost`, without a dot) give None; `.test` is let through.
    """
    text = raw.strip()
    if text[:7].lower() == "mailto:":
        text = text[7:].partition("?")[0]
    if text.endswith(">") and "<" in text:
        text = text[text.rindex("<") + 1 : -1]
    text = text.strip()
    if not 3 <= len(text) <= MAX_HANDLE or "@" not in text:
        return None
    plain = text.lower()
    at = plain.find("@")
    if (
        len(plain) <= _LONGEST_PLAIN
        and at <= _LONGEST_LOCAL
        and _PLAIN_EMAIL.match(plain)
        and not _JUDGED.search(plain)
    ):
        # What most addresses look like, told in a thirtieth of the time.
        return plain
    try:
        found = validate_email(text, check_deliverability=False, test_environment=True)
    except (EmailNotValidError, UnicodeError):
        return None
    local = unicodedata.normalize("NFC", found.local_part.lower())
    address = f"{local}@{found.ascii_domain.lower()}"
    return address if len(address) <= MAX_HANDLE else None


def normalise_phone(raw: str, country: str | None) -> str | None:
    """The number in E.164 (`+493012345678`), read as dialled from `country` (ISO 3166 alpha-2, any case).

    An extension is kept as `;ext=102` (RFC 3966): colleagues behind one switchboard are not one human. None for
    what no numbering plan has room for, and for a national number without a country.
    """
    text = raw.strip()
    if text[:4].lower() == "tel:":
        text = text[4:]
    if not text or len(text) > _MAX_PHONE or "@" in text:
        return None
    text = _PAUSE.sub(r";ext=\1", text)
    try:
        number = phonenumbers.parse(text, country.strip().upper() if country else None)
    except (phonenumbers.NumberParseException, UnicodeError):
        return None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{e164};ext={number.extension}" if number.extension else e164


def normalise_url(raw: str) -> str | None:
    """A web address in comparable form: http or https, lower-case ASCII host, no fragment, no lone trailing slash.

    Without a scheme, https is taken. None for every other scheme (`javascript:`, `data:`), for an address that
    carries a user name, and for a host without a dot.
    """
    text = raw.strip()
    if not text or len(text) > MAX_URL or _UNSAFE.search(text):
        return None
    if len(text) <= MAX_HANDLE and (plain := _PLAIN_URL.match(text)):
        return text[:-1] if plain[1] == "/" else text
    if text.startswith("//"):
        text = f"https:{text}"
    elif "://" not in text:
        # `example.org:8080/x` has a port, `javascript:x` has a scheme; only the first has a dot before the colon.
        scheme = _SCHEME.match(text)
        if scheme and "." not in scheme.group():
            return None
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        port = parts.port
        host = (parts.hostname or "").rstrip(".").encode("idna").decode("ascii").lower()
    except (ValueError, UnicodeError):
        return None
    scheme_name = parts.scheme.lower()
    if scheme_name not in ("http", "https") or "@" in parts.netloc:
        return None
    if "." not in host or not all(_HOST_LABEL.match(label) for label in host.split(".")):
        return None
    if port is not None and port != {"http": 80, "https": 443}[scheme_name]:
        host = f"{host}:{port}"
    path = "" if parts.path == "/" else quote(parts.path, safe="/%:@!$&'()*+,;=~")
    url = urlunsplit((scheme_name, host, path, quote(parts.query, safe="/%:@!$&'()*+,;=~?"), ""))
    return url if len(url) <= MAX_HANDLE else None


def linkedin_slug(url: str) -> str | None:
    """The member part of a LinkedIn profile address, lower case, decoded: `.../in/Alice-J%C3%B8/` -> `alice-jø`.

    Any country subdomain, scheme or tracking query is fine; company, school and search pages give None.
    """
    found = normalise_url(url)
    if found is None:
        return None
    parts = urlsplit(found)
    if not _LINKEDIN_HOST.match(parts.hostname or ""):
        return None
    steps = [step for step in parts.path.split("/") if step]
    if steps and steps[0].lower() == "mwlite":
        del steps[0]
    if len(steps) < 2 or steps[0].lower() != "in":
        return None
    slug = unicodedata.normalize("NFC", unquote(steps[1])).lower()
    return slug if _LINKEDIN_SLUG.match(slug) else None


def normalise(kind: HandleKind, raw: str, *, country: str | None) -> str | None:
    """The comparable form of a handle of that kind; `country` serves phone numbers only."""
    match kind:
        case HandleKind.EMAIL:
            return normalise_email(raw)
        case HandleKind.PHONE:
            return normalise_phone(raw, country)
        case HandleKind.LINKEDIN:
            return linkedin_slug(raw)
        case HandleKind.URL:
            return normalise_url(raw)


def is_role_address(email: str) -> bool:
    """Whether an address stands for a desk or a machine (info@, sales@, noreply@) and so names no human."""
    local = email.strip().lower().rpartition("@")[0].partition("+")[0]
    name = re.sub(r"[._-]", "", local)
    return name in _ROLES or name.startswith(_ROLE_STARTS)
