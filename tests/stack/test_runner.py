"""What `make run` starts, as real processes on a folder and a port of its own."""

from __future__ import annotations

import json
import mailbox
import os
import re
import signal
import smtplib
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery
from redis import Redis

from netapp.embedded.process import Service
from tests.workers import ROOT, wait_until

pytestmark = pytest.mark.slow


class Site(Service):
    """The runner itself, as a child of the tests."""

    def __init__(self, folder: Path, *, log: str = "first.log") -> None:
        self.folder = folder
        super().__init__(
            name="runner",
            command=[sys.executable, "-m", "netapp.embedded", "run"],
            env={**os.environ, "DATA_DIR": str(folder), "PORT": "0"},
            cwd=ROOT,
            log=folder.with_name(log),
            stop_signal=signal.SIGINT,
        )

    @property
    def output(self) -> str:
        assert self.log
        return self.log.read_text(errors="replace")

    def is_ready(self) -> bool:
        return "Ctrl-C stops it" in self.output

    @property
    def address(self) -> str:
        addresses: list[str] = re.findall(r"the site +(http://127\.0\.0\.1:\d+)/", self.output)
        return addresses[-1]

    @property
    def environment(self) -> dict[str, str]:
        """What the runner left for `manage`."""
        return dict(json.loads((self.folder / "environment.json").read_text()))

    def processes(self) -> dict[int, str]:
        """{pid: command line} of everything that belongs to this site: each of them holds the folder's lock."""
        found = {}
        for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
            try:
                if os.readlink(descriptor) == str(self.folder / "lock"):
                    pid = int(descriptor.parts[2])
                    found[pid] = Path("/proc", str(pid), "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:  # it has just ended
                continue
        return found

    def leader(self, what: str) -> int | None:
        """The process that the runner itself started, by a part of its command line. None while there is none."""
        assert self.process
        for pid, command in self.processes().items():
            try:
                status = Path("/proc", str(pid), "status").read_text()
            except OSError:
                continue
            if what in command and f"\nPPid:\t{self.process.pid}\n" in status:
                return pid
        return None

    def kill_and_see_it_return(self, what: str) -> None:
        """kill -9 for one part; waits for its successor."""
        before = self.leader(what)
        assert before
        os.kill(before, signal.SIGKILL)
        wait_until(lambda: self.leader(what) not in {None, before})

    def get(self, path: str = "/healthz", seconds: float = 10.0) -> tuple[int, str]:
        """Status and body; redirects are followed."""
        try:
            with urllib.request.urlopen(self.address + path, timeout=seconds) as answer:
                return answer.status, answer.read().decode(errors="replace")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, ""

    def workers_answer(self) -> bool:
        url = self.environment["REDIS_URL"].replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
        with Celery(broker=url, set_as_current=False) as app:
            return bool(app.control.ping(timeout=0.5))


def run(*, folder: Path, port: int) -> subprocess.CompletedProcess[str]:
    """Start another runner that is expected to end by itself."""
    return subprocess.run(
        [sys.executable, "-m", "netapp.embedded", "run"],
        env={**os.environ, "DATA_DIR": str(folder), "PORT": str(port)},
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )


@pytest.fixture(scope="module")
def first_life(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder and the key of a site whose runner was killed with -9 a moment ago, its children still ending."""
    first = Site(tmp_path_factory.mktemp("runner") / "data")
    first.start()
    first.wait_until_ready(seconds=90)
    key = first.environment["SECRET_KEY"]
    assert len(first.processes()) >= 8
    assert first.process
    first.process.kill()
    first.process.wait()
    return first.folder, key


@pytest.fixture(scope="module")
def site(first_life: tuple[Path, str]) -> Iterator[Site]:
    """The next site on that folder. Ctrl-C ends it, which must go well too."""
    running = Site(first_life[0], log="second.log")
    running.start()
    running.wait_until_ready(seconds=90)
    yield running
    assert running.process
    began = time.monotonic()
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(30) == 0, running.output
    assert time.monotonic() - began < 10  # under 3 s where the machine is not busy with other tests
    assert running.processes() == {}
    assert "Everything is kept" in running.output


def test_a_killed_runner_leaves_no_orphan_and_its_data(site: Site, first_life: tuple[Path, str]):
    assert site.environment["SECRET_KEY"] == first_life[1]
    assert site.process
    runner = site.process.pid
    assert [command for pid, command in site.processes().items() if not _has_ancestor(pid, runner)] == []


def test_it_says_where_it_is_and_who_may_log_in(site: Site):
    assert f"{site.address}/mailbox/" in site.output
    assert "alice@example.org" in site.output
    assert "kith-demo" in site.output
    assert site.get() == (200, "ok\n")


def test_pages_come_with_their_styles_and_scripts(site: Site):
    status, page = site.get("/account/login/")
    assert status == 200
    files = re.findall(r"(?:href|src)=\"(/static/[^\"]+\.(?:css|js))\"", page)
    assert files
    for file in files:
        assert re.search(r"\.[0-9a-f]{12}\.(css|js)$", file), "a name that changes with the content"
        assert site.get(file)[0] == 200


def test_every_mail_is_kept_in_the_mailbox(site: Site):
    host, port = site.environment["SMTP_URL"].removeprefix("smtp://").split(":")
    with smtplib.SMTP(host, int(port)) as smtp:
        smtp.sendmail("a@example.org", ["bob@example.org"], "Subject: A letter\nTo: bob@example.org\n\nHello\n")
    letters = list(mailbox.Maildir(site.environment["LOCAL_MAILBOX"]))
    (letter,) = [m for m in letters if m["Subject"] == "A letter"]
    assert letter["Delivered-To"] == "bob@example.org"
    assert letter.get_payload() == "Hello\n"
    assert site.get("/mailbox/")[0] == 200


def test_secrets_are_for_their_owner_alone(site: Site):
    for name in ("secret_key", "environment.json", "lock"):
        assert stat.S_IMODE((site.folder / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(site.folder.stat().st_mode) == 0o700
    assert site.environment["SECRET_KEY"] not in site.output


def test_manage_works_on_the_running_site(site: Site):
    done = subprocess.run(
        [sys.executable, "-m", "netapp.embedded", "manage", "migrate", "--check"],
        env={**os.environ, "DATA_DIR": str(site.folder)},
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_killed_worker_is_replaced(site: Site):
    site.kill_and_see_it_return("celery --app netapp --quiet worker")
    assert "worker was killed (SIGKILL); starting it again." in site.output
    wait_until(site.workers_answer, seconds=30)


def test_a_killed_beat_is_replaced(site: Site):
    site.kill_and_see_it_return("celery --app netapp --quiet beat")


def test_a_killed_mail_sink_is_replaced(site: Site):
    site.kill_and_see_it_return("netapp.mail.sink")


def test_visitors_of_a_killed_web_server_wait_instead_of_being_refused(site: Site):
    before = site.leader("gunicorn")
    assert before
    os.killpg(before, signal.SIGKILL)
    assert site.get(seconds=20) == (200, "ok\n")


def test_pages_and_workers_outlive_redis(site: Site):
    site.kill_and_see_it_return("valkey-server")
    assert site.get() == (200, "ok\n")

    def answers() -> bool:
        with Redis.from_url(site.environment["REDIS_URL"]) as client:
            return bool(client.ping())

    wait_until(lambda: _without_error(answers))
    wait_until(lambda: _without_error(site.workers_answer), seconds=30)


def test_pages_outlive_postgres(site: Site):
    site.kill_and_see_it_return("postgres")
    wait_until(lambda: site.get()[0] == 200, seconds=20)


def _without_error(question: object) -> bool:
    try:
        return bool(question()) if callable(question) else False
    except Exception:  # refused while the server is away, in the words of several libraries
        return False


def test_a_second_start_on_the_same_folder_is_refused(site: Site):
    began = time.monotonic()
    second = run(folder=site.folder, port=0)
    assert second.returncode != 0
    assert "already runs" in second.stderr
    assert f"process {site.process.pid if site.process else None}" in second.stderr
    assert "DATA_DIR=" in second.stderr
    assert "Traceback" not in second.stderr
    assert time.monotonic() - began < 10
    assert site.get()[0] == 200


def test_a_taken_port_is_named_with_a_way_out(tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = run(folder=tmp_path / "data", port=port)
    assert refused.returncode != 0
    assert f"Port {port} cannot be used" in refused.stderr
    assert f"(process {os.getpid()})" in refused.stderr
    assert f"PORT={port + 1} make run" in refused.stderr
    assert "Traceback" not in refused.stderr


def _has_ancestor(pid: int, ancestor: int) -> bool:
    while pid > 1:
        if pid == ancestor:
            return True
        try:
            status = Path("/proc", str(pid), "status").read_text()
        except OSError:  # it has ended meanwhile
            return True
        pid = int(re.findall(r"^PPid:\t(\d+)", status, re.MULTILINE)[0])
    return False
