"""The verbs of an introduction, gathered: what views, tasks and the demo data call."""

from introductions.services.addresses import AddressNeeded, AddressUnusable
from introductions.services.answering import Extras, NoLongerAsked, NotAnAnswer, answer, passed_on
from introductions.services.asking import (
    AlreadyOpen,
    CannotAsk,
    check_introducer,
    check_limits,
    draft,
    is_unproven,
    revise,
    send,
    withdraw,
)
from introductions.services.closing import expire, meet, nudge, part_from, tell_asker
from introductions.services.following import NothingToTell, close, replied, talked, tell_introducers
from introductions.services.moves import Overtaken

__all__ = [
    "AddressNeeded",
    "AddressUnusable",
    "AlreadyOpen",
    "CannotAsk",
    "Extras",
    "NoLongerAsked",
    "NotAnAnswer",
    "NothingToTell",
    "Overtaken",
    "answer",
    "check_introducer",
    "check_limits",
    "close",
    "draft",
    "expire",
    "is_unproven",
    "meet",
    "nudge",
    "part_from",
    "passed_on",
    "replied",
    "revise",
    "send",
    "talked",
    "tell_asker",
    "tell_introducers",
    "withdraw",
]
