"""Finds a Chromium for the browser tests, or installs one: `python -m tests.browser.chromium`.

As root on Debian or Ubuntu it comes from apt. Otherwise the npm package @sparticuz/chromium, checked against its
digest, is unpacked into .browser together with the libraries and the font that a small machine lacks.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from playwright._impl._driver import compute_driver_executable
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).resolve().parent.parent.parent / ".browser"
_PACKAGE = "@sparticuz/chromium@153.0.0"
_SHA512 = "jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA=="
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_UNPACK = (
    "const z = require('zlib'), f = require('fs'), [, a, b] = process.argv;"
    "f.writeFileSync(b, z.brotliDecompressSync(f.readFileSync(a)))"
)

FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def find() -> Path | None:
    """The browser that CHROMIUM names, one on PATH, or the one in .browser. None where there is none."""
    if named := os.environ.get("CHROMIUM"):
        return Path(named)
    for name in _NAMES:
        if found := shutil.which(name):
            return Path(found)
    own = FOLDER / "chromium"
    return own if own.exists() else None


def environment(browser: Path) -> dict[str, str]:
    """Our own Chromium brings its libraries and a font; another one needs nothing."""
    if browser.parent != FOLDER:
        return dict(os.environ)
    libraries = f"{FOLDER / 'lib'}:{os.environ.get('LD_LIBRARY_PATH', '')}".rstrip(":")
    fonts = {} if Path("/etc/fonts/fonts.conf").exists() else {"FONTCONFIG_PATH": str(FOLDER)}
    return {**os.environ, **fonts, "LD_LIBRARY_PATH": libraries}


def install() -> Path | None:
    """Make sure that there is a browser that starts. None, after saying why, where that is not possible."""
    if (browser := find()) and _starts(browser):
        return browser
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _say("No Chromium yet: installing it with apt …")
        apt = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120"]
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in ([*apt, "update"], [*apt, "install", "-y", "--no-install-recommends", "chromium"]):
            done = subprocess.run(command, env=env, check=False, capture_output=True, text=True)
            if done.returncode:
                _say(f"{' '.join(command)} failed:\n{done.stderr[-600:]}")
        if (browser := find()) and _starts(browser):
            return browser
    if shutil.which("npm"):
        _say("No Chromium yet: installing one into .browser with npm …")
        try:
            _unpack()
        except (OSError, subprocess.CalledProcessError, tarfile.TarError, ValueError) as error:
            _say(f"That failed: {error}\n{getattr(error, 'stderr', None) or ''}")
        else:
            if (browser := find()) and _starts(browser):
                return browser
    return None


def _unpack() -> None:
    with tempfile.TemporaryDirectory() as place:
        here = Path(place)
        subprocess.run(["npm", "pack", "--silent", _PACKAGE], cwd=here, check=True, capture_output=True, text=True)
        (archive,) = here.glob("*.tgz")
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if digest != _SHA512:
            raise ValueError(f"{_PACKAGE} is not the file that was expected (sha512 {digest}).")
        with tarfile.open(archive) as packed:
            packed.extractall(here, filter="data")
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir()
        # node is part of Playwright; Python itself cannot unpack brotli.
        node = compute_driver_executable()[0]
        for name in ("al2023.tar", "fonts.tar", "swiftshader.tar", "chromium.new"):
            source = here / "package" / "bin" / f"{name.removesuffix('.new')}.br"
            target = FOLDER / name
            subprocess.run([node, "-e", _UNPACK, source, target], check=True, capture_output=True, text=True)
            if target.suffix == ".tar":
                with tarfile.open(target) as packed:
                    packed.extractall(FOLDER, filter="data")
                target.unlink()
        target.chmod(0o755)
        target.rename(FOLDER / "chromium")  # last: its name says that the rest is there


def _starts(browser: Path) -> bool:
    try:
        with sync_playwright() as playwright:
            playwright.chromium.launch(executable_path=browser, args=FLAGS, env={**environment(browser)}).close()
    except PlaywrightError as error:
        _say(f"{browser} does not start:\n{error.message[:900]}")
        return False
    return True


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    if not install():
        _say(
            "\n*** No Chromium could be installed: THE BROWSER TESTS WILL NOT RUN. ***\n"
            "    Install one (apt install chromium, as root) or name it: CHROMIUM=/path/to/chrome make test\n"
        )
        sys.exit(1 if os.environ.get("CI") else 0)
