"""Providers that people really have, and what each calls the password that a program must use."""

from dataclasses import dataclass
from typing import Final

from contacts.models import SourceKind


@dataclass(frozen=True, slots=True)
class Preset:
    """A provider. `address` is its server, where everybody has the same; `family` is the domain of all its servers."""

    key: str
    kind: SourceKind
    title: str
    address: str = ""
    family: str = ""
    address_help: str = ""
    user_help: str = ""
    password_help: str = ""


PRESETS: Final = (
    Preset(
        "nextcloud",
        SourceKind.CARDDAV,
        "Nextcloud",
        address_help="The address at which you open Nextcloud in a browser, such as cloud.example.org.",
        user_help="The name you log in to Nextcloud with.",
        password_help="In Nextcloud open Settings, Security, and at the bottom “Create new app password”.",
    ),
    Preset(
        "fastmail",
        SourceKind.CARDDAV,
        "Fastmail",
        address="https://carddav.fastmail.com/",
        user_help="Your whole Fastmail address.",
        password_help="In Fastmail open Settings, Privacy & Security, App passwords; make one for Contacts (CardDAV).",
    ),
    Preset(
        "icloud",
        SourceKind.CARDDAV,
        "iCloud",
        address="https://contacts.icloud.com/",
        family="icloud.com",
        user_help="The e-mail address of your Apple Account.",
        password_help="At account.apple.com open Sign-In and Security, App-Specific Passwords, and make one.",
    ),
    Preset(
        "radicale",
        SourceKind.CARDDAV,
        "Radicale",
        address_help="The address of your Radicale, such as dav.example.org:5232.",
        password_help="The password of your Radicale user.",
    ),
    Preset(
        "carddav",
        SourceKind.CARDDAV,
        "Another address book",
        address_help="The address of the CardDAV server, or of one address book on it.",
        password_help="An app password, where your provider has them: a password for this one program, which you can "
        "take back without changing your own.",
    ),
    Preset(
        "gmail",
        SourceKind.IMAP,
        "Gmail",
        address="imaps://imap.gmail.com:993",
        password_help="At myaccount.google.com open Security, 2-Step Verification, App passwords, and make one.",
    ),
    Preset(
        "icloud_mail",
        SourceKind.IMAP,
        "iCloud Mail",
        address="imaps://imap.mail.me.com:993",
        password_help="At account.apple.com open Sign-In and Security, App-Specific Passwords, and make one.",
    ),
    Preset(
        "fastmail_mail",
        SourceKind.IMAP,
        "Fastmail",
        address="imaps://imap.fastmail.com:993",
        password_help="In Fastmail open Settings, Privacy & Security, App passwords; make one for Mail (IMAP).",
    ),
    Preset(
        "imap",
        SourceKind.IMAP,
        "Another mailbox",
        address_help="The IMAP server of your provider, such as imap.example.org.",
        user_help="Mostly your whole address; leave it empty then.",
        password_help="An app password, where your provider has them: a password for this one program, which you can "
        "take back without changing your own.",
    ),
)

BY_KEY: Final = {preset.key: preset for preset in PRESETS}


def of_kind(kind: SourceKind) -> list[Preset]:
    """The presets of a kind, in the order in which they are offered."""
    return [preset for preset in PRESETS if preset.kind == kind]
