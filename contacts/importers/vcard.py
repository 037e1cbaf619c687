"""vCard 2.1, 3.0 and 4.0 (RFC 2426, RFC 6350) as phones, webmail and address books really write it."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from contacts.handles import linkedin_slug, normalise_url
from contacts.importers import records, vcard_lines
from contacts.importers.dates import read_date
from contacts.importers.lines import TooManyLines
from contacts.importers.names import join_name, split_name
from contacts.importers.records import Labelled, PersonRecord, Record, Skipped
from contacts.importers.sources import Source
from contacts.importers.text import many_lines, one_line, plain_uid, whole, wide_encoding
from contacts.importers.vcard_details import (
    Found,
    android_nickname,
    birthday,
    custom,
    group_labels,
    other_dates,
    own_list,
    photo,
    revised_at,
)
from contacts.importers.vcard_lines import Card, cards
from contacts.importers.vcard_properties import Property, card_charset, properties

_BEGIN = re.compile(rb"(?:\A|[\r\n])(?:\xef\xbb\xbf)?[ \t]*BEGIN[ \t]*:[ \t]*VCARD[ \t]*(?:[\r\n]|\Z)", re.IGNORECASE)
_FIRST = re.compile(rb"(?:\xef\xbb\xbf)?\s*BEGIN[ \t]*:[ \t]*VCARD", re.IGNORECASE)
# Kith's own cards are taken at their word: nothing in them is an entity, and a name that is not split stays so.
_OWN = re.compile(rb"//Kith//")
_GROUP = re.compile(rb"KIND[^:\r\n]{0,80}:[ \t]*GROUP", re.IGNORECASE)
# At least one digit, and no "@" or "sip:", which are other ways to call.
_NUMBER = re.compile(r"(?!sip:)[^@]*\d[^@]*\Z", re.IGNORECASE)
# Kinds of RFC 6350, 6473 and 6869 that are no human and no company.
_THINGS: Final = {"location": "a place", "application": "a program", "device": "a device"}
_MAX_MEMBERSHIPS = 100_000


def recognises(source: Source) -> bool:
    """Whether there is a line BEGIN:VCARD anywhere."""
    head = source.head(400_000)
    wide = wide_encoding(head)
    # Only the head of a wide file is looked at: decoding all of it for a question would be waste.
    if wide:
        return _BEGIN.search(head.decode(wide, "replace").encode("utf-8", "replace")) is not None
    return source.contains(_BEGIN)


def begins(source: Source) -> bool:
    """Whether the file begins as a vCard does."""
    head = source.head(2000)
    wide = wide_encoding(head)
    return _FIRST.match(head.decode(wide, "replace").encode("utf-8", "replace") if wide else head) is not None


def read(file_name: str, source: Source) -> Iterator[Record]:
    """Every card of the file as a person, or skipped with its line and reason. Never raises on any bytes.

    A card for a group becomes a tag on its members, where these are in the same file.
    """
    try:
        tags = _group_tags(source)
        fallback = "cp1252"
        for count, card in enumerate(cards(source)):
            if count >= records.MAX_PEOPLE:
                yield _skip(
                    file_name,
                    card,
                    f"more than {records.MAX_PEOPLE:,} cards",
                    "Split the file and import the rest by itself.",
                )
                return
            fallback = card_charset(card) or fallback
            yield _read_card(file_name, card, fallback, tags)
    except TooManyLines:
        yield Skipped(
            file_name,
            vcard_lines.MAX_LINES,
            f"more than {vcard_lines.MAX_LINES:,} lines",
            "Split the file and import the rest by itself.",
        )


def _read_card(file_name: str, card: Card, fallback: str, tags: Mapping[str, Sequence[str]]) -> Record:
    if card.fault:
        return _skip(file_name, card, card.fault, "Export this contact again, or type it in by hand.")
    kind = _kind(card)
    if kind == "group":
        return _skip(file_name, card, "a group, not a person", "Its members in this file got its name as a tag.")
    if kind in _THINGS:
        return _skip(file_name, card, f"{_THINGS[kind]}, not a person", "Nothing needs to be done.")

    is_own = any(line.name == "PRODID" and _OWN.search(line.value) for line in card.lines)
    found = _by_name(card, fallback, is_own=is_own)
    labels = group_labels(found)
    emails = tuple(one for one in _handles(found["EMAIL"], labels, "mailto:", records.MAX_EMAIL) if "@" in one.value)
    phones = tuple(one for one in _handles(found["TEL"], labels, "tel:", records.MAX_PHONE) if _NUMBER.match(one.value))
    pages = _handles([*found["URL"], *_profiles(found)], labels, "", records.MAX_URL)
    profiles = [page for page in pages if _is_profile(page.value)]
    linkedin = profiles[0].value if profiles else ""
    urls = tuple(page for page in pages if page not in profiles and normalise_url(page.value))

    organisation = _first((part for org in _best(found["ORG"]) for part in org.parts()), records.MAX_ORGANISATION)
    nickname = _first((part for nick in found["NICKNAME"] for part in nick.parts(",")), records.MAX_NICKNAME)
    nickname = nickname or _first(android_nickname(found), records.MAX_NICKNAME)
    given, family = _name_parts(found)
    full_name = _first((name.text for name in _best(found["FN"])), records.MAX_NAME)
    if full_name and not (given or family or is_own) and full_name != organisation:
        given, family = split_name(full_name)
    full_name = (
        full_name or join_name(given, family) or nickname or organisation or _stand_in(emails, phones, linkedin, urls)
    )
    if not full_name:
        return _skip(file_name, card, "no name, organisation, e-mail, phone or web address", "Add a name to the card.")
    uid = next((uid for one in found["UID"] if (uid := plain_uid(one.text, records.MAX_UID))), "")
    picture, remark = photo(card)
    return PersonRecord(
        full_name=full_name[: records.MAX_NAME],
        file=file_name,
        line=card.line,
        given=given,
        family=family,
        nickname=nickname,
        organisation=organisation,
        role=_first((role.text for role in (*_best(found["TITLE"]), *_best(found["ROLE"]))), records.MAX_ROLE),
        place=_place(found),
        emails=emails,
        phones=phones,
        urls=urls,
        linkedin=linkedin,
        birthday=birthday(found),
        other_dates=other_dates(found, labels),
        tags=_tags(found, tags.get(uid, ())),
        tie_kinds=own_list(found, "X-KITH-TIE", records.MAX_TAG),
        needs=own_list(found, "X-KITH-NEED", records.MAX_PHRASE),
        offers=own_list(found, "X-KITH-OFFER", records.MAX_PHRASE),
        custom=custom(found, labels, [agent.decode("utf-8", "replace") for agent in card.agents]),
        notes=many_lines("\n\n".join(note.text for note in found["NOTE"][:20]), records.MAX_NOTES),
        how_met=_first((one.text for one in found["X-KITH-HOW-MET"]), records.MAX_HOW_MET),
        connected_on_date=next((day for one in found["X-KITH-CONNECTED-ON"] if (day := read_date(one.text))), None),
        uid=uid,
        photo=picture,
        remarks=(remark,) if remark else (),
        revised_at=revised_at(found),
    )


def _skip(file_name: str, card: Card, reason: str, advice: str) -> Skipped:
    return Skipped(file_name, card.line, reason, advice)


def _by_name(card: Card, fallback: str, *, is_own: bool) -> Found:
    found: defaultdict[str, list[Property]] = defaultdict(list)
    for one in properties(card, fallback, is_literal=is_own):
        found[one.name].append(one)
    return found


def _best(several: Sequence[Property]) -> list[Property]:
    """By preference; equals stay in the order of the card."""
    return sorted(several, key=lambda one: one.preference) if len(several) > 1 else list(several)


def _kind(card: Card) -> str:
    """What the card is for, in lower case; read before the rest, since a group may have thousands of lines."""
    kinds = (line.value for line in card.lines if line.name in ("KIND", "X-ADDRESSBOOKSERVER-KIND"))
    return next(kinds, b"").decode("ascii", "replace").strip().lower()


def _first(texts: Iterator[str], limit: int) -> str:
    """The first text of which something is left after cleaning."""
    return next((clean for text in texts if (clean := one_line(text, limit))), "")


def _name_parts(found: Found) -> tuple[str, str]:
    """(given with further names, family) as N tells them; titles and suffixes are left out."""
    for name in found["N"]:
        family, given, further = (part.replace("\n", " ") for part in (*name.lists(), "", "", "")[:3])
        family = one_line(family, records.MAX_PART)
        given = one_line(f"{given} {further}" if further else given, records.MAX_PART)
        if given or family:
            return given, family
    return "", ""


def _stand_in(emails: Sequence[Labelled], phones: Sequence[Labelled], linkedin: str, urls: Sequence[Labelled]) -> str:
    """What to call somebody of whom only a handle is known."""
    if emails or phones:
        return (*emails, *phones)[0].value
    page = linkedin_slug(linkedin) or (urls[0].value.partition("://")[2] or urls[0].value if urls else "")
    return one_line(page, records.MAX_NAME)


def _padded(structured: Property, count: int) -> list[str]:
    return (structured.parts() + [""] * count)[:count]


def _handles(several: Sequence[Property], labels: Mapping[str, str], scheme: str, limit: int) -> tuple[Labelled, ...]:
    """Handles by preference, each once, without the scheme of their URI, with the label that their owner gave."""
    found: dict[str, Labelled] = {}
    for one in _best(several):
        text = one.text.strip()
        if scheme and text[: len(scheme)].lower() == scheme:
            text = text[len(scheme) :]
        value = whole(text, limit)
        if value and len(found) < records.MAX_HANDLES:
            label = one_line(labels.get(one.group, "") or one.label, records.MAX_LABEL)
            found.setdefault(value.lower(), Labelled(value, label))
    return tuple(found.values())


def _profiles(found: Found) -> list[Property]:
    """LinkedIn profiles out of the social ones; the others are no handles here."""
    several = (*found["X-SOCIALPROFILE"], *found["SOCIALPROFILE"], *found["X-LINKEDIN"])
    return [one for one in several if _is_profile(one.text)]


def _is_profile(page: str) -> bool:
    return "linkedin" in page.lower() and linkedin_slug(page) is not None


def _place(found: Found) -> str:
    """Town and country of the first address that has a town; else region and country."""
    if own := _first((one.text for one in found["X-KITH-PLACE"]), records.MAX_PLACE):
        return own
    places = []
    for address in _best(found["ADR"]):
        parts = [one_line(part, records.MAX_PLACE) for part in _padded(address, 7)]
        town, region, country = parts[3], parts[4], parts[6]
        places.append((bool(town), ", ".join(part for part in (town or region, country) if part)))
    places.sort(key=lambda place: not place[0])
    return next((place[: records.MAX_PLACE].strip() for _, place in places if place), "")


def _tags(found: Found, groups: Sequence[str]) -> tuple[str, ...]:
    names = (one_line(tag, records.MAX_TAG) for one in found["CATEGORIES"] for tag in one.parts(","))
    tags = {tag.casefold(): tag for tag in (*groups, *names) if tag}
    return tuple(tags.values())[: records.MAX_TAGS]


def _group_tags(source: Source) -> dict[str, list[str]]:
    """UID of a member -> names of the groups in the file that hold it."""
    tags: defaultdict[str, list[str]] = defaultdict(list)
    if not (wide_encoding(source.head(256)) or source.contains(_GROUP)):
        return tags
    memberships = 0
    for card in cards(source):
        if _kind(card) != "group":
            continue
        found = _by_name(card, card_charset(card) or "cp1252", is_own=False)
        name = _first((fn.text for fn in (*found["FN"], *found["N"])), records.MAX_TAG)
        if not name:
            continue
        for member in (*found["MEMBER"], *found["X-ADDRESSBOOKSERVER-MEMBER"]):
            memberships += 1
            if memberships > _MAX_MEMBERSHIPS:
                return tags
            names = tags[plain_uid(member.text, records.MAX_UID)]
            if name not in names and len(names) < records.MAX_TAGS:
                names.append(name)
    return tags
