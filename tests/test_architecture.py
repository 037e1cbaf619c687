"""The promises about the code itself: floors, budgets, and what must not stand in a committed file."""

from __future__ import annotations

import ast
import gzip
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workers import ROOT


def tracked(*patterns: str) -> list[Path]:
    """Files that git knows and that are still here."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def texts() -> list[tuple[str, str]]:
    """(name, text) of every committed file that is text."""
    pairs = []
    for path in tracked():
        data = path.read_bytes()
        if b"\0" not in data:
            pairs.append((str(path.relative_to(ROOT)), data.decode(errors="replace")))
    return pairs


def test_every_room_imports_only_from_below():
    linted = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_no_import_hides_in_a_function():
    hidden = []
    for path in tracked("contacts/*.py", "introductions/*.py"):
        for function in ast.walk(ast.parse(path.read_text())):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if function.name == "ready" and path.name == "apps.py":  # Django's own place to connect signals
                continue
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    hidden.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not hidden, hidden


# Written in pieces, so that this file does not hold what it looks for.
_REGISTRIES = [
    "py" + "pi.org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "npm" + "js.com",
    "deb." + "debian.org",
    "docker" + ".io",
    "gh" + "cr.io",
    "proxy.go" + "lang.org",
]
_MACHINE_PATHS = ["/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/", "/Use" + "rs/"]


@pytest.mark.parametrize("host", _REGISTRIES)
def test_no_registry_is_named(host: str):
    assert [name for name, text in texts() if host in text] == []


@pytest.mark.parametrize("path", _MACHINE_PATHS)
def test_no_path_of_a_machine_is_written_down(path: str):
    absolute = re.compile(rf"(?<![\w.}}~<>-]){re.escape(path)}\w")
    assert [name for name, text in texts() if absolute.search(text)] == []


@pytest.mark.parametrize("name", ["run", "local", "dev"])
def test_the_lock_has_a_hash_for_everything_and_no_address(name: str):
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    packages = re.findall(r"^[a-z0-9].*(?:\n +.*)*", text, flags=re.MULTILINE | re.IGNORECASE)
    assert packages
    assert [p.splitlines()[0] for p in packages if "--hash=sha256:" not in p or "==" not in p] == []
    assert "://" not in text


@pytest.mark.parametrize("name", ["run", "local", "dev"])
def test_the_lock_holds_what_is_asked_for(name: str):
    asked = re.findall(r"^([A-Za-z][\w.-]*)", (ROOT / "requirements" / f"{name}.in").read_text(), re.MULTILINE)
    locked = (ROOT / "requirements" / f"{name}.txt").read_text()
    missing = [p for p in asked if not re.search(rf"^{re.escape(p)}==", locked, re.MULTILINE | re.IGNORECASE)]
    assert missing == []


def as_sent(*patterns: str) -> int:
    """Bytes of these files, compressed one by one."""
    return sum(len(gzip.compress(path.read_bytes())) for path in tracked(*patterns))


def test_styles_stay_small():
    assert 0 < as_sent("static/*.css") < 40_000


def test_scripts_stay_small():
    assert 0 < as_sent("static/*.js") < 60_000


def test_nothing_is_loaded_from_another_site():
    remote = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)=[\"'](?:https?:)?//", re.IGNORECASE)
    pages = [path for path in tracked("templates/*.html") if path.parent.name != "mail"]
    assert pages
    assert [str(path.relative_to(ROOT)) for path in pages if remote.search(path.read_text())] == []
