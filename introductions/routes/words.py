"""Chances and strengths in words a friend would use. A chance is an estimate from a few facts: digits would lie."""

_CHANCES = (
    (0.8, "very likely"),
    (0.6, "more likely than not"),
    (0.42, "about even"),
    (0.28, "about one in three"),
    (0.18, "about one in five"),
    (0.08, "about one in ten"),
)


def chance_words(chance: float) -> str:
    """A chance, 0..1: "about one in three"."""
    return next((words for least, words in _CHANCES if chance >= least), "a long shot")


def asked_words(times: int) -> str:
    """How often somebody was asked by the member in the last 90 days; empty for not at all."""
    if times == 0:
        return ""
    spoken = {1: "once", 2: "twice"}.get(times, f"{times} times")
    return f"You asked them {spoken} in the last three months."
