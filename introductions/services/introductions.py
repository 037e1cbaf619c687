"""The verbs of an introduction, gathered: what views, tasks and the demo data call."""

from introductions.services.addresses import AddressNeeded, AddressUnusable
from introductions.services.answering import NoLongerAsked, NotAnAnswer, answer
from introductions.services.asking import AlreadyOpen, CannotAsk, check_introducer, draft, revise, send, withdraw
from introductions.services.closing import expire, nudge, part_from, tell_asker
from introductions.services.following import NothingToTell, close, talked, tell_introducer
from introductions.services.moves import Overtaken

__all__ = [
    "AddressNeeded",
    "AddressUnusable",
    "AlreadyOpen",
    "CannotAsk",
    "NoLongerAsked",
    "NotAnAnswer",
    "NothingToTell",
    "Overtaken",
    "answer",
    "check_introducer",
    "close",
    "draft",
    "expire",
    "nudge",
    "part_from",
    "revise",
    "send",
    "talked",
    "tell_asker",
    "tell_introducer",
    "withdraw",
]
