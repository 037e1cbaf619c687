"""One engine in a process of its own: python -m benchmarks.paths.worker ENGINE FOLDER SECONDS ASKED

Reads the network and the expected answers from the folder and leaves its figures there as ENGINE.json.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.paths import ours
from benchmarks.paths.asking import Questions, ask
from benchmarks.paths.databases import DATABASES
from benchmarks.paths.libraries import LIBRARIES, version_of
from benchmarks.paths.measuring import peak, resident
from benchmarks.paths.network import Network

OURS = "kith"


def measure(name: str, folder: Path, seconds: float, asked: int) -> dict[str, Any]:
    if name == OURS:
        return ours.measure(folder, seconds, asked) | {"peak": peak()}
    network = Network.load(folder)
    expected = json.loads((folder / "expected.json").read_text())
    questions = Questions.draw(network, asked)
    before, began = resident(), time.perf_counter()
    peer = LIBRARIES[name](network) if name in LIBRARIES else DATABASES[name](network, folder)
    result: dict[str, Any] = {
        "build": time.perf_counter() - began,
        "memory": resident() - before,
        "peak": peak(),
        "bytes_per_tie": getattr(peer, "bytes_per_tie", None),
        "version": getattr(peer, "version", None) or version_of(name),
        "rows": [],
    }
    pairs = list(questions.pairs)
    kinds = {"five": ("five", pairs), "one": ("one", pairs), "two": ("two", pairs)}
    kinds["100 targets"] = ("each", list(questions.groups["100 targets"]))
    for kind, (verb, arguments) in kinds.items():
        function = getattr(peer, verb, None)
        if function is not None:
            row, _ = ask(kind, function, arguments[: len(expected[kind])], expected[kind], seconds)
            result["rows"].append(row.as_dict())
    if hasattr(peer, "close"):
        peer.close()
    return result


def main() -> None:
    name, folder, seconds, asked = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    result = measure(name, folder, seconds, asked)
    if name == OURS:
        (folder / "expected.json").write_text(json.dumps(result.pop("expected")))
    (folder / f"{name}.json").write_text(json.dumps(result))


if __name__ == "__main__":
    main()
