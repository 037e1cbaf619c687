"""Every letter as its reader gets it: who it is from, what it wants, and its plain text, word for word.

The texts stand in golden/. After a change on purpose run this file with GOLDEN=write in the environment,
then read the difference.
"""

import os
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from django.utils.html import strip_tags
from time_machine import travel

from contacts.models import AcquaintanceSource, Closeness
from contacts.services import sending, trials
from contacts.services.acquaintances import record_acquaintance
from introductions.choosing import next_best
from introductions.services import closing
from introductions.services import introductions as services
from netapp.mail import suppression
from netapp.mail.models import Letter, StopLink
from netapp.mail.tasks import deliver
from tests.factories import NOW
from tests.introductions.story import BOB, CHARLIE, Story, card

pytestmark = pytest.mark.django_db
GOLDEN = Path(__file__).parent / "golden"
DAY = timedelta(days=1)


def introducer_asked(story: Story) -> None:
    pass


def target_asked(story: Story) -> None:
    story.answer("introducer", "yes", added="She photographed my father's last shift; you will like her.")


def target_asked_by_typed_address(story: Story) -> None:
    story.answer("introducer", "yes", next_email="charlie@work.test")


def nudge(story: Story) -> None:
    closing.nudge(consent_id=story.question("introducer").id, now=NOW + 4 * DAY)


def nudge_target(story: Story) -> None:
    story.answer("introducer", "yes")
    closing.nudge(consent_id=story.question("target").id, now=NOW + 5 * DAY)


def withdrawn(story: Story) -> None:
    services.withdraw(introduction=story.introduction, now=NOW + DAY)


def withdrawn_target(story: Story) -> None:
    story.answer("introducer", "yes")
    services.withdraw(introduction=story.introduction, now=NOW + DAY)


def introduced(story: Story) -> None:
    target_asked(story)
    story.answer("target", "yes")


def forwarded(story: Story) -> None:
    story.answer("introducer", "forward", word="I see her on Friday.", word_is_shared=True)


def not_this_time(story: Story) -> None:
    story.answer("introducer", "no")
    closing.tell_asker(introduction_id=story.introduction.id, now=NOW + 2 * DAY)


def not_this_time_with_next_best(story: Story) -> None:
    ann = card(story.alice, "Ann Able", "ann@friends.test", layer=15)
    ann.strength = 0.7
    ann.save()
    record_acquaintance(
        owner=story.alice,
        one=ann,
        other=story.charlie,
        closeness=Closeness.SOME,
        evidence="",
        evidence_date=None,
        now=NOW,
        source=AcquaintanceSource.SAID,
    )
    story.answer("introducer", "not_now", word="Not before the fair.", word_is_shared=True)
    closing.tell_asker(introduction_id=story.introduction.id, now=NOW + 2 * DAY, find_next=next_best)


def reply_today(story: Story) -> None:
    introduced(story)
    _remind(story, 1)


def did_you_talk(story: Story) -> None:
    introduced(story)
    _remind(story, 1)
    _remind(story, 7)


def did_you_talk_forwarded(story: Story) -> None:
    forwarded(story)
    _remind(story, 7)


def thank_introducer(story: Story) -> None:
    introduced(story)
    services.talked(introduction=story.introduction, now=NOW + 2 * DAY)
    _remind(story, 3)


def introducer_told(story: Story) -> None:
    introduced(story)
    services.talked(introduction=story.introduction, now=NOW + 2 * DAY)
    services.tell_introducers(
        introduction=story.introduction,
        line="We met on Tuesday, and Charlie shows the pictures in May.\n\nThank you, truly.",
        now=NOW + 3 * DAY,
    )


def trial(story: Story) -> None:
    trials.begin(owner=story.alice, now=NOW)
    _remind(story, 0)


def _remind(story: Story, days: int) -> None:
    with travel(NOW + days * DAY, tick=False):
        sending.send_due(owner_id=story.alice.id, now=timezone.now())


LETTERS = [
    introducer_asked,
    target_asked,
    target_asked_by_typed_address,
    nudge,
    nudge_target,
    withdrawn,
    withdrawn_target,
    introduced,
    forwarded,
    not_this_time,
    not_this_time_with_next_best,
    reply_today,
    did_you_talk,
    did_you_talk_forwarded,
    thank_introducer,
    introducer_told,
    trial,
]


def kind_of(tell: Callable[[Story], None]) -> str:
    return re.sub(r"_(target|by_typed_address|with_next_best|forwarded)$", "", tell.__name__)


def newest(kind: str) -> Letter:
    found = Letter.objects.filter(kind=kind).order_by("-key", "-created_at").first()
    assert found is not None, f"no letter of kind {kind}"
    return found


def as_read(letter: Letter) -> str:
    """Headers and text, with what differs from run to run by name."""
    lines = [
        f"From: {letter.from_name}",
        f"To: {', '.join(letter.to)}",
        *([f"Cc: {', '.join(letter.cc)}"] if letter.cc else []),
        f"Reply-To: {', '.join(letter.reply_to) or 'nobody'}",
        f"Subject: {letter.subject}",
        "",
        letter.text,
    ]
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<id>", "\n".join(lines))
    return re.sub(r"kith-token-([a-z]+)-[\w-]{22}-end", r"<\1 token>", text)


@pytest.mark.parametrize("tell", LETTERS, ids=lambda tell: tell.__name__)
def test_reads_as_written_down(sent, tell):
    tell(sent)
    text = as_read(newest(kind_of(tell)))
    golden = GOLDEN / f"{tell.__name__}.txt"
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(text)
    assert text == golden.read_text()


@pytest.mark.parametrize("tell", LETTERS, ids=lambda tell: tell.__name__)
def test_html_says_the_same_and_asks_nobody_for_anything(sent, tell):
    tell(sent)
    letter = newest(kind_of(tell))
    html = re.sub(r"\s+", " ", strip_tags(re.sub(r"(?s)<(style|title).*?</\1>", "", letter.html))).replace("’", "'")
    for sentence in re.split(r"\n\s*\n", letter.text.split("\n-- \n")[0]):
        words = " ".join(sentence.split())
        if "http" not in words and not words.endswith(":") and "@" not in words and "Nothing happens" not in words:
            assert words.replace("’", "'") in html.replace("&#x27;", "'"), words
    assert "<img" not in letter.html
    assert not re.search(r"(src|background)=\"http|url\(http", letter.html)


@pytest.mark.parametrize("tell", LETTERS, ids=lambda tell: tell.__name__)
def test_everybody_can_stop_it(sent, tell):
    tell(sent)
    letter = newest(kind_of(tell))
    assert not letter.is_essential
    assert "/mail/stop/" in letter.text
    assert "/mail/stop/" in letter.html


def test_the_whole_story_by_mail(draft, smtp_sink, client):
    """Sent over real SMTP and answered through the links as they arrive, by people who have nothing but their mail."""

    def link_in(address: str) -> str:
        (mail,) = smtp_sink.to(address)
        text: str = mail.get_body(("plain",)).get_content()
        (link,) = re.findall(r"http://[^/]+(/answer/\S+)", text)
        return str(link)

    services.send(introduction=draft.introduction, now=timezone.now())
    deliver()
    mail = smtp_sink.to(BOB)[0]
    assert mail["From"] == "Alice Anders via Kith <kith@example.org>"
    assert mail["Reply-To"] == "Alice Anders <alice@kith.test>"
    assert mail["List-Unsubscribe"]
    assert client.get(link_in(BOB)).status_code == 200
    client.post(link_in(BOB), {"answer": "yes", "added": "She is good."})
    deliver()
    assert "alice@kith.test" not in str(smtp_sink.to(CHARLIE)[0])
    client.post(link_in(CHARLIE), {"answer": "yes"})
    smtp_sink.clear()
    deliver()
    for address in ("alice@kith.test", CHARLIE, BOB):
        (mail,) = smtp_sink.to(address)
        assert mail["To"] == "Alice Anders <alice@kith.test>, Charlie Cole <charlie@stranger.test>"
        assert mail["Cc"] == "Bob Brook <bob@friends.test>"
        assert mail["Reply-To"] == mail["To"]
    assert draft.fresh().state == "introduced"


def test_names_and_notes_are_words_and_not_markup(sent):
    sent.introduction.refresh_from_db()
    type(sent.introduction).objects.filter(id=sent.introduction.id).update(
        note="<script>alert(1)</script> {{ x }}", introducer_name="Bob\r\nBcc: x@y.test <b>"
    )
    sent.answer("introducer", "yes", added="<img src=x>\u2028Hi")
    letter = sent.letters("target_asked")[0]
    assert "<script" not in letter.html
    assert "<img" not in letter.html
    assert "<script>alert(1)</script>" in letter.text
    assert "\n" not in letter.subject + letter.from_name
    assert "{{ x }}" in letter.text


def test_a_yes_to_this_letter_outweighs_a_stop_of_before(sent):
    sent.answer("introducer", "yes", next_email=CHARLIE)
    (asked,) = sent.letters("target_asked")
    suppression.stop(StopLink.objects.get(letter=asked), suppression.Scope.SITE)
    sent.answer("target", "yes")
    (introduced,) = sent.letters("introduced")
    assert introduced.is_essential
