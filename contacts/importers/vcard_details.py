"""What a vCard tells besides name and handles: dates, photo, and whatever has no place of its own in a record."""

import base64
import binascii
import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from contacts.handles import linkedin_slug
from contacts.importers import records
from contacts.importers.dates import read_birthday
from contacts.importers.records import Birthday
from contacts.importers.text import one_line
from contacts.importers.vcard_lines import Card
from contacts.importers.vcard_properties import Property, apple_label

Found = Mapping[str, Sequence[Property]]
"""Properties by name; the names that a card does not have are there, without any."""

_DATES: Final = {
    "ANNIVERSARY": "anniversary",
    "X-ANNIVERSARY": "anniversary",
    "X-EVOLUTION-ANNIVERSARY": "anniversary",
    "X-MS-ANNIVERSARY": "anniversary",
    "X-KADDRESSBOOK-X-ANNIVERSARY": "anniversary",
    "DEATHDATE": "death",
}
# Properties of RFC 6350, 6474, 6715 and 9554 that are kept under a plain name.
_NAMED: Final = {
    "EXPERTISE": "expertise",
    "HOBBY": "hobby",
    "INTEREST": "interest",
    "LANG": "language",
    "PRONOUNS": "pronouns",
    "IMPP": "chat",
    "RELATED": "related",
    "X-ABRELATEDNAMES": "related",
    "X-SOCIALPROFILE": "profile",
    "SOCIALPROFILE": "profile",
}
# How a program writes a field for itself; of no use to people.
_TECHNICAL = re.compile(
    r"X-(?:AB|ADDRESSBOOKSERVER|APPLE-|MS-OL-|MS-CARDPICTURE|MS-IMADDRESS|MOZILLA-|PHONETIC-|IMAGE|SHARED-|IRMC-|ESI-"
    r"|EVOLUTION-(?:FILE-AS|UI-SLOT|E2K|LIST|WEBDAV|VIDEO-URL|BLOG-URL|PHOTO|X509)|KADDRESSBOOK-(?:CRYPTO|MAIL|BLOGFEED|"
    r"EXTENSION|OPENPGP)|CRYPTO|OPENPGP|NC-|SYNTHESIS|ANDROID-CUSTOM|LINKEDIN|ANNIVERSARY|CLASS\Z|REV|GWUSERID|KITH-"
    r"|RADICALE-|PHOTO|LOGO|SOUND|THUMB|UID|DUMMY|SERVICE-TYPE|WAB-GENDER|NO\Z|REDUCTION|QP)"
)
_PREFIX = re.compile(r"X-(?:EVOLUTION-|KADDRESSBOOK-X-|KADDRESSBOOK-|MS-|GOOGLE-|KDE-)?")
_ADDRESS_OF_A_CARD = re.compile(r"urn:|uri:|https?://[^ ]*\.vcf\Z", re.IGNORECASE)
# ContactsContract.CommonDataKinds.Relation of Android.
_ANDROID_RELATION_NAMES = """
related assistant brother child domestic_partner father friend manager mother parent partner referred_by relative
sister spouse
"""
_ANDROID_RELATIONS: Final = tuple(_ANDROID_RELATION_NAMES.split())
_GENDERS: Final = {"M": "male", "F": "female", "O": "other", "N": "none"}
# ISO 8601 in either spelling: "20260131T120000Z", "2026-01-31T12:00:00.000+01:00", "2026-01-31".
_MOMENT = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,]\d{1,9})?)?(Z|[+-]\d\d(?::?\d\d)?)?)?",
    re.IGNORECASE,
)
_IMAGE = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|GIF8[79]a|RIFF....WEBP", re.DOTALL)
_DATA_ADDRESS = re.compile(rb"\s*data:[^,]{0,100};base64\\?,", re.IGNORECASE)
_ELSEWHERE = re.compile(rb"\s*(?:https?|ftp|cid|content|file):", re.IGNORECASE)


def birthday(found: Found) -> Birthday | None:
    """The first BDAY that is one."""
    return next((day for one in found["BDAY"] if (day := read_birthday(one.text))), None)


def revised_at(found: Found) -> dt.datetime | None:
    """When the card was last changed, in UTC: the first REV that is a moment. A day alone is its first moment, and a
    time without a zone is taken for UTC; both rather too early than too late."""
    return next((moment for one in found["REV"] if (moment := _moment(one.text))), None)


def other_dates(found: Found, labels: Mapping[str, str]) -> tuple[tuple[str, Birthday], ...]:
    """(label, day) of anniversaries and of Apple's and Android's labelled dates, each once."""
    told: list[tuple[str, str]] = [(label, one.text) for name, label in _DATES.items() for one in found[name]]
    told += [(labels.get(one.group, "") or one.label or "date", one.text) for one in found["X-ABDATE"]]
    for row in _android(found, "contact_event"):
        kind, label = row[2:3] or [""], row[3:4] or [""]
        if kind[0] != "3":
            told.append(("anniversary" if kind[0] == "1" else label[0] or "date", row[1]))
    days = [(one_line(label, records.MAX_LABEL) or "date", day) for label, raw in told if (day := read_birthday(raw))]
    return tuple(dict.fromkeys(days))[: records.MAX_DATES]


def own_list(found: Found, name: str, limit: int) -> tuple[str, ...]:
    """What Kith itself wrote, a line each: kinds of tie, needs, offers. Each once, at most `limit` characters."""
    told = dict.fromkeys(clean for one in found[name] if (clean := one_line(one.text, limit)))
    return tuple(told)[: records.MAX_LISTED]


def custom(found: Found, labels: Mapping[str, str], agents: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """(name, value) of what has no place of its own, each once: streets, chats, relatives, fields of programs."""
    told = dict.fromkeys(
        (clean_name, clean)
        for name, value in _custom(found, labels, agents)
        if (clean_name := one_line(name, records.MAX_CUSTOM_NAME))
        and (clean := one_line(value, records.MAX_CUSTOM_VALUE))
    )
    return tuple(told)[: records.MAX_CUSTOM]


def android_nickname(found: Found) -> Iterator[str]:
    """The nickname out of Android's own `vnd.android.cursor.item/nickname;Nick;1;…`."""
    return (row[1] for row in _android(found, "nickname"))


def photo(card: Card) -> tuple[str, str]:
    """(base64 of the photo or nothing, remark or nothing). A photo that is only linked to is never fetched."""
    large = "the photo is too large and was left out" if card.large_photos else ""
    for line in card.lines:
        if line.name not in ("PHOTO", "X-MS-CARDPICTURE"):
            continue
        raw = line.value
        if _ELSEWHERE.match(raw[:40]) or not raw.strip():
            continue
        data = _DATA_ADDRESS.sub(b"", raw[:200], count=1) + raw[200:]
        # A data address may have its comma and semicolon escaped as text.
        data = b"".join(data.replace(b"\\", b"").split())
        try:
            image = base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError):
            return "", "the photo could not be read"
        if not _IMAGE.match(image):
            return "", "the photo is of a kind that Kith does not take"
        text = base64.b64encode(image).decode("ascii")
        return (text, "") if len(text) <= records.MAX_PHOTO else ("", "the photo is too large and was left out")
    return "", large


def _moment(raw: str) -> dt.datetime | None:
    match = _MOMENT.fullmatch(raw.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    zone = (match[7] or "").upper().replace(":", "")
    ahead = dt.timedelta()
    if zone and zone != "Z":
        ahead = dt.timedelta(hours=int(zone[1:3]), minutes=int(zone[3:] or 0)) * (-1 if zone[0] == "-" else 1)
    try:
        return dt.datetime(year, month, day, hour, minute, min(second, 59), tzinfo=dt.UTC) - ahead
    except (ValueError, OverflowError):
        return None


def _custom(found: Found, labels: Mapping[str, str], agents: Sequence[str]) -> Iterator[tuple[str, str]]:
    for one in found["X-KITH-CUSTOM"]:
        parts = one.parts()
        yield parts[0], parts[-1]
    for org in found["ORG"][:1]:
        yield "department", ", ".join(part for part in org.parts()[1:] if part.strip())
    for address in found["ADR"]:
        parts = [part.strip() for part in address.parts()]
        if any(parts[:3]):
            kind = labels.get(address.group, "") or address.label
            yield f"{kind} address".strip(), ", ".join(part for part in parts if part)
    for one in found["GENDER"]:
        code, _, words = one.value.partition(";")
        yield "gender", words or _GENDERS.get(code.strip().upper(), "")
    for agent in agents:
        yield "assistant", agent
    for row in _android(found, "relation"):
        kind = row[2] if len(row) > 2 and row[2].isascii() and row[2].isdigit() else ""
        label = row[3] if len(row) > 3 else ""
        known = _ANDROID_RELATIONS[int(kind)] if kind and int(kind[:3]) < len(_ANDROID_RELATIONS) else "related"
        yield label or known.replace("_", " "), row[1]
    for name, several in found.items():
        plain = _NAMED.get(name)
        if plain is None and (name[:2] != "X-" or name in _DATES or _TECHNICAL.match(name)):
            continue
        for one in several:
            if plain in ("profile", "related") and (_ADDRESS_OF_A_CARD.match(one.value) or linkedin_slug(one.text)):
                continue
            kind = labels.get(one.group, "") or (one.label if plain in ("profile", "related") else "")
            yield kind or plain or _PREFIX.sub("", name, count=1).lower().replace("-", " "), one.text


def _android(found: Found, kind: str) -> Iterator[list[str]]:
    """Rows of Android's custom field, which has at least a kind and a value."""
    rows = (one.parts() for one in found["X-ANDROID-CUSTOM"])
    return (row for row in rows if row[0].endswith(f"/{kind}") and len(row) > 1)


def group_labels(found: Found) -> dict[str, str]:
    """Apple's labels by the group that they name."""
    return {label.group: apple_label(label.text) for label in found["X-ABLABEL"] if label.group}
