"""The figures as a section of docs/benchmarks.md."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from benchmarks.paths.worker import OURS

Figures = dict[str, Any]
KINDS = {
    "five": "5 best, distinct introducers",
    "one": "the best",
    "two": "the best, at most two introducers",
    "100 targets": "best to each of 100",
}


def table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> list[str]:
    names = list(head)
    lines = [f"| {' | '.join(names)} |", "| --- |" + " ---: |" * (len(names) - 1)]
    return [*lines, *(f"| {' | '.join(map(str, row))} |" for row in rows), ""]


def milliseconds(figure: float) -> str:
    return f"{figure:.3f}" if figure < 1 else f"{figure:.2f}" if figure < 10 else f"{figure:,.0f}"


def section(title: str, about: list[str], results: dict[str, Figures], failed: dict[str, str]) -> str:
    ours = results[OURS]
    mine = {row["kind"]: row for row in ours["rows"]}
    lines = [f"### {title}", "", *about, ""]
    lines += table(
        ("Kith, milliseconds", "asked", "p50", "p99", "first call"),
        (
            (kind, row["asked"], *(milliseconds(row[key]) for key in ("p50", "p99", "first")))
            for kind, row in mine.items()
        ),
    )
    lines += _alone(ours)
    lines += table(
        ("the same question elsewhere", "asked", "p50", "p99", "ratio to Kith", "wrong", "build s", "memory MB"),
        _peers(results, mine),
    )
    lines += [f"- {name}: {reason}" for name, reason in failed.items()]
    return "\n".join(lines).rstrip() + "\n"


def _peers(results: dict[str, Figures], mine: dict[str, Figures]) -> Iterable[list[str]]:
    for kind, named in KINDS.items():
        for name, figures in results.items():
            row = next((row for row in figures["rows"] if row["kind"] == kind), None)
            if name == OURS or row is None:
                continue
            if not row["asked"]:
                told = ["0", row["note"], "", "", ""]
            elif row["wrong"]:
                told = [row["asked"], "void", "void", "void", row["wrong"]]
            else:
                ratio = row["p50"] / mine[kind]["p50"]
                told = [
                    row["asked"],
                    milliseconds(row["p50"]),
                    milliseconds(row["p99"]),
                    f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.1f}",
                    0,
                ]
            memory = max(figures["memory"], 0.0)
            yield [
                f"{named}: {name} {figures['version']}",
                *map(str, told),
                f"{figures['build']:.1f}",
                f"{memory:,.0f}" if not figures.get("bytes_per_tie") else f"{figures['bytes_per_tie']:.0f} bytes a tie",
            ]


def _alone(ours: Figures) -> list[str]:
    touched, batch = ours["touched"], ours["batch"]
    five = next(row for row in ours["rows"] if row["kind"] == "five, question ready")
    floor = (touched["rows"][0] * ours["opened_rows"] + touched["five"][0] * ours["read_tie"]) / 1e6
    lines = [
        f"- Built in {ours['build']:.1f} s, saved in {ours['save']:.1f} s, at most {ours['build_peak']:,.0f} MB;"
        f" {ours['bytes_per_tie']:.1f} bytes a tie, both directions and connections"
        f" ({ours['bytes_per_shared_tie']:.1f} a tie that is shared). The process: {ours['peak']:,.0f} MB at most.",
        "- Engine: compiled, but for the rows that say otherwise.",
        f"- Ties read: 5 best {touched['five'][0]:,} (p99 {touched['five'][1]:,}),"
        f" 100 targets {touched['100 targets'][0]:,} (p99 {touched['100 targets'][1]:,}).",
        f"- Memory here opens a row at a random place in {ours['opened_rows']:.1f} ns and reads a tie in"
        f" {ours['read_tie']:.2f} ns: {touched['rows'][0]:,} rows and these ties take at least"
        f" {floor:.3f} ms, so 5 best is at {five['p50'] / floor:.1f} times the floor.",
        f"- Nightly batch, {batch['targets']} targets a member, two processes: {batch['members_a_second']:,.0f} members"
        f" a second, so 10,000 members take {batch['ten_thousand']:.0f} s.",
    ]
    if fresh := ours["fresh"]:
        lines.append(
            f"- 200 ties written since the snapshot come with the question: 5 best {fresh['p50']:.2f} ms p50;"
            f" the new introduction had its place in the answer in {fresh['seen']} of {fresh['asked']} searches."
        )
    if ours.get("cold"):
        told = ", ".join(f"{name} {took:,.0f} ms" for name, took in ours["cold"].items())
        lines.append(f"- From the start of a Python to its first answer: {told}.")
    return [*lines, ""]
