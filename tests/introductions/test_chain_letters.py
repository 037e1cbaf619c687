"""The letters of longer ways and of the newer answers, as their readers get them, word for word (see test_letters)."""

import os
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils.html import strip_tags

from contacts.models import Handle, Relation
from contacts.services import people
from introductions import letters
from introductions.models import AskingPause
from introductions.services import closing, lost_mail
from introductions.services import introductions as services
from netapp.mail.models import Letter, LetterState
from netapp.mail.tasks import deliver
from tests.factories import NOW, UserFactory
from tests.introductions.chains import Chain, draft_chain
from tests.introductions.story import CHARLIE, verify
from tests.introductions.test_letters import GOLDEN, as_read

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def three(alice) -> Chain:
    verify(alice)
    return draft_chain(alice, 3).send()


def first(chain: Chain) -> None:
    pass


def second(chain: Chain) -> None:
    chain.answer(0, "yes", added="Ben, she is the one with the lamp.")


def last(chain: Chain) -> None:
    second(chain)
    chain.answer(1, "yes", next_email="dora@work.test")


def target(chain: Chain) -> None:
    last(chain)
    chain.answer(2, "yes", added="Charlie, you will like her.")


def nudge_first(chain: Chain) -> None:
    closing.nudge(consent_id=chain.question(0).id, now=NOW + 4 * DAY)


def nudge_last(chain: Chain) -> None:
    last(chain)
    closing.nudge(consent_id=chain.question(2).id, now=NOW + 5 * DAY)


def withdrawn_second(chain: Chain) -> None:
    second(chain)
    services.withdraw(introduction=chain.introduction, now=NOW + DAY)


def address_wanted_second(chain: Chain) -> None:
    last(chain)
    Handle.objects.filter(normalised="dora@friends.test").delete()
    Letter.objects.filter(to=["dora@work.test"]).update(state=LetterState.FAILED)
    assert lost_mail.take_up(consent_id=chain.question(2).id, now=NOW + DAY)


def address_wanted_of_the_askers(chain: Chain) -> None:
    target(chain)
    Letter.objects.filter(to=[CHARLIE]).update(state=LetterState.FAILED)
    assert lost_mail.take_up(consent_id=chain.question(3).id, now=NOW + DAY)


def met_first(chain: Chain) -> None:
    meet(chain)


def met_target(chain: Chain) -> None:
    target(chain)
    meet(chain)


def meet(chain: Chain) -> None:
    people.update_person(person=chain.charlie, fields={"relation": Relation.KNOWN}, now=NOW, typed=True)
    assert closing.meet(introduction_id=chain.introduction.id, now=NOW + DAY)


def introduced_by_three(chain: Chain) -> None:
    target(chain)
    chain.answer(3, "yes")


def forwardable_first(chain: Chain) -> None:
    chain.answer(0, "forward")


def forwardable_last(chain: Chain) -> None:
    last(chain)
    chain.answer(2, "forward")


def forwarded_second(chain: Chain) -> None:
    second(chain)
    chain.answer(1, "forward", word="I see her at choir.", word_is_shared=True)


def passed_on_second(chain: Chain) -> None:
    forwarded_second(chain)
    services.passed_on(consent_id=chain.question(1).id, now=NOW + 2 * DAY)


def did_you_pass_it_on_second(chain: Chain) -> None:
    forwarded_second(chain)
    closing.nudge(consent_id=chain.question(1).id, now=NOW + 5 * DAY)


def not_this_time_later(chain: Chain) -> None:
    chain.answer(0, "yes")
    chain.answer(1, "not_now", again_date=(NOW + 60 * DAY).date())
    closing.tell_asker(introduction_id=chain.introduction.id, now=NOW + 2 * DAY)


def introducer_told_second(chain: Chain) -> None:
    introduced_by_three(chain)
    services.tell_introducers(introduction=chain.introduction, line="We print in May.", now=NOW + 3 * DAY)


def asks_paused(chain: Chain) -> None:
    admin = UserFactory(name="Ada Admin")
    pause = AskingPause.objects.create(owner=chain.alice, paused_at=NOW)
    letters.asks_paused(admin=admin, member=chain.alice, path=f"/admin/{pause.pk}/", key="k", now=NOW)


LETTERS: list[tuple[Callable[[Chain], None], str, int]] = [
    (first, "introducer_asked", 0),
    (second, "introducer_asked", 1),
    (last, "introducer_asked", 2),
    (target, "target_asked", 3),
    (nudge_first, "nudge", 0),
    (nudge_last, "nudge", 2),
    (withdrawn_second, "withdrawn", 1),
    (met_first, "withdrawn", 0),
    (met_target, "withdrawn", 3),
    (introduced_by_three, "introduced", -1),
    (forwardable_first, "forwardable", 0),
    (forwardable_last, "forwardable", 2),
    (forwarded_second, "forwarded", -1),
    (passed_on_second, "passed_on", -1),
    (did_you_pass_it_on_second, "did_you_pass_it_on", 1),
    (not_this_time_later, "not_this_time", -1),
    (introducer_told_second, "introducer_told", 1),
    (asks_paused, "asks_paused", -1),
    (address_wanted_second, "address_wanted", -1),
    (address_wanted_of_the_askers, "address_wanted", -1),
]
IDS = [tell.__name__ for tell, _, _ in LETTERS]


def the_letter(chain: Chain, tell: Callable[[Chain], None], kind: str, position: int) -> Letter:
    """What the reader at that place got of that kind; -1: the only one there is."""
    tell(chain)
    found = Letter.objects.filter(kind=kind)
    return found.get() if position < 0 else found.get(key__endswith=f":{position}")


@pytest.mark.parametrize(("tell", "kind", "position"), LETTERS, ids=IDS)
def test_reads_as_written_down(three, tell, kind, position):
    text = re.sub(r"member \d+ asked", "member 7 asked", as_read(the_letter(three, tell, kind, position)))
    text = re.sub(r"^To: member\d+@", "To: ada@", text, flags=re.MULTILINE)
    golden = GOLDEN / f"chain_{tell.__name__}.txt"
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(text)
    assert text == golden.read_text()


@pytest.mark.parametrize(("tell", "kind", "position"), LETTERS, ids=IDS)
def test_html_says_the_same_and_asks_nobody_for_anything(three, tell, kind, position):
    letter = the_letter(three, tell, kind, position)
    html = re.sub(r"\s+", " ", strip_tags(re.sub(r"(?s)<(style|title).*?</\1>", "", letter.html))).replace("’", "'")
    for sentence in re.split(r"\n\s*\n", letter.text.split("\n-- \n")[0]):
        words = " ".join(sentence.split())
        if "http" not in words and not words.endswith(":") and "@" not in words and "Nothing happens" not in words:
            assert words.replace("’", "'") in html.replace("&#x27;", "'"), words
    assert "<img" not in letter.html
    assert not re.search(r"(src|background)=\"http|url\(http", letter.html)


@pytest.mark.parametrize(("tell", "kind", "position"), LETTERS, ids=IDS)
def test_everybody_can_stop_it_but_what_they_asked_for(three, tell, kind, position):
    letter = the_letter(three, tell, kind, position)
    assert letter.is_essential == (kind in ("forwardable", "asks_paused"))
    assert ("/mail/stop/" in letter.text) != letter.is_essential


def test_hostile_names_and_lines_are_words_and_add_no_header(alice, smtp_sink):
    """TRUST.md S8 over a whole chain, through SMTP."""
    verify(alice)
    alice.name = "Alice\r\nBcc: evil@x.test\u2028<b>" + "A" * 150
    alice.save()
    chain = draft_chain(alice, 2)
    type(chain.introduction).objects.filter(id=chain.introduction.id).update(
        introducer_name="Ana\nSubject: x <script>", further_names=["Ben\u2029\r\nX: y"], target_name="C\x85\r\n{{ x }}"
    )
    chain.introduction.consents.filter(position=0).update(
        name="Ana\nSubject: x <script>", because="<img src=x> {{ y }}"
    )
    services.send(introduction=chain.introduction, now=NOW)
    chain.answer(0, "yes", added="A\r\nBcc: evil@x.test " + "long " * 2000)
    chain.answer(1, "yes", added="<script>alert(1)</script>")
    chain.answer(2, "yes")
    Letter.objects.update(state="queued", due_at=NOW)
    deliver()
    assert len(smtp_sink.messages) >= 6
    for one in smtp_sink.messages:
        mail = one.message
        assert set(one.recipients) <= {alice.email, "ana@friends.test", "ben@friends.test", "charlie@stranger.test"}
        assert mail["Bcc"] is None
        assert mail["X"] is None
        assert len(mail.get_all("Subject")) == 1
        html = mail.get_body(("html",)).get_content()
        assert "<script" not in html
        assert "<img" not in html
