"""`make bench-paths`: the path engine and everything else that could answer, on one network, in one run.

    python -m benchmarks.paths [--people N | --ldbc] [--reach-3] [--connected 0.3] [--peers scipy,duckdb]

Every engine has a process of its own; the first call of each kind stands apart; each answer of a peer is compared with
ours (cost and number of legs of every path) before a figure is believed, and one mismatch voids the row. Peers are
asked the exact question: libraries on a layered graph (layers.py), databases in their own language (databases.py).
A million people: --people 1000000 --peers none, by hand; 24 GiB are needed for it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.paths import generator, network, ours
from benchmarks.paths.databases import DATABASES
from benchmarks.paths.libraries import LIBRARIES
from benchmarks.paths.measuring import machine
from benchmarks.paths.report import section
from benchmarks.paths.worker import OURS

SHARED = Path(os.environ.get("SHARED_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
# Where the layered graph of Python objects would not fit beside the rest (arcs are about 2.8 times the ties).
MOST_TIES = {"networkx": 4e6, "rustworkx": 3e7, "igraph": 3e7, "kuzu": 4e6, "postgresql recursive": 3e7}
PATIENCE = 1200.0
"""Seconds for one engine, building included."""


def run(name: str, folder: Path, seconds: float, asked: int) -> dict[str, Any]:
    subprocess.run(
        [sys.executable, "-m", "benchmarks.paths.worker", name, str(folder), str(seconds), str(asked)],
        check=True,
        timeout=PATIENCE,
        capture_output=True,
        text=True,
    )
    figures: dict[str, Any] = json.loads((folder / f"{name}.json").read_text())
    return figures


def measure(
    made: network.Network, folder: Path, *, peers: list[str], seconds: float, asked: int
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Figures by engine, ours first, and why an engine has none."""
    made.save(folder)
    ties = made.ties
    results, failed = {}, {}
    for name in [OURS, *peers]:
        print(f"  {name} …", file=sys.stderr, flush=True)
        if ties > MOST_TIES.get(name, np.inf):
            failed[name] = f"not asked beyond {MOST_TIES[name]:,.0f} ties: its graph would take too much memory or time"
            continue
        try:
            results[name] = run(name, folder, seconds, asked)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            if name == OURS:
                sys.exit(f"{error}\n{error.stderr}")
            said = error.stderr.decode() if isinstance(error.stderr, bytes) else error.stderr or ""
            failed[name] = (said.strip().splitlines() or [str(error)])[-1]
    results[OURS]["cold"] = ours.cold(folder)
    return results, failed


def main() -> None:
    known = [*LIBRARIES, *DATABASES]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.paths", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--ldbc", action="store_true", help="LDBC's knows graph in place of a made-up one")
    parser.add_argument("--reach-3", action="store_true", help="every tie has the full reach")
    parser.add_argument("--connected", type=float, default=1.0, help="share of pairs that are connected members")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peers", default=",".join(known), help="names with commas between, or none")
    parser.add_argument("--seconds", type=float, default=15.0, help="for each kind of question and engine")
    parser.add_argument("--asked", type=int, default=1000, help="questions of each kind at most")
    options = parser.parse_args()
    peers = [] if options.peers == "none" else options.peers.split(",")
    if strange := set(peers) - set(known):
        sys.exit(f"No such peer: {', '.join(sorted(strange))}. There are {', '.join(known)}.")

    began = time.perf_counter()
    if options.ldbc:
        made, title = network.ldbc(SHARED), "LDBC's knows graph"
    else:
        made = generator.generate(
            options.people, seed=options.seed, linked=options.connected, everywhere=options.reach_3
        )
        title = f"{made.n:,} people"
        title += ", every tie of reach 3" if options.reach_3 else ""
        title += f", {options.connected:.0%} of pairs connected"
    knows = np.diff(made.begin)
    about = [
        f"`python -m benchmarks.paths {' '.join(sys.argv[1:])}`".replace(" `", "`"),
        "",
        f"{made.n:,} people, {made.ties:,} ties, {len(made.connections):,} connections; contacts: median"
        f" {np.median(knows):.0f}, most {knows.max():,}; made in {time.perf_counter() - began:.1f} s. {machine()}.",
    ]
    with tempfile.TemporaryDirectory(prefix="kith-bench-", dir="/dev/shm" if made.ties < 5e6 else None) as place:
        results, failed = measure(made, Path(place), peers=peers, seconds=options.seconds, asked=options.asked)
    print(section(title, about, results, failed))


if __name__ == "__main__":
    main()
