"""The processes of a local site, and the order in which they start and stop."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from .folder import DataFolder
from .ports import listen
from .postgres import Postgres
from .process import EmbeddedError, Service
from .supervisor import StopAsked, Supervisor
from .valkey import Valkey

ROOT = Path(__file__).resolve().parent.parent.parent
_PYTHON = sys.executable


class Web(Service):
    """gunicorn on a socket that the runner holds open."""

    def __init__(self, listener: socket.socket, *, env: Mapping[str, str], lock: int) -> None:
        self.port: int = listener.getsockname()[1]
        super().__init__(
            name="web",
            command=[
                *(_PYTHON, "-m", "gunicorn", "netapp.wsgi:application", "--bind", f"fd://{listener.fileno()}"),
                *("--worker-class", "gthread", "--workers", "2", "--threads", "8", "--no-control-socket"),
                *("--graceful-timeout", "5", "--log-level", "warning"),
            ],
            env={**env, "DB_POOL": "true"},
            cwd=ROOT,
            pass_fds=(listener.fileno(), lock),
        )

    def is_ready(self) -> bool:
        """True when /healthz says so."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        with suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        connection.close()
        return False


def run(folder: DataFolder, port: int) -> None:
    """Serve the site on `port` (0: any free one) until somebody asks to stop.

    Raises EmbeddedError where it cannot start or go on; everything has been stopped by then.
    """
    began = time.monotonic()
    lock = folder.lock()
    listener, mail = listen(port), listen(0)
    port = listener.getsockname()[1]
    log = folder.path / "log"
    database = Postgres(folder.path / "postgres", log=log / "postgres.log", pass_fds=(lock,))
    redis = Valkey(folder.path / "redis", log=log / "redis.log", pass_fds=(lock,))
    site = site_environment(folder, database, redis, port=port, mail_port=mail.getsockname()[1])
    env = {**os.environ, **site}
    web = Web(listener, env=env, lock=lock)

    def python(name: str, *command: str, grace: float = 10.0, pass_fds: tuple[int, ...] = ()) -> Service:
        fds = (*pass_fds, lock)
        return Service(name=name, command=[_PYTHON, *command], env=env, cwd=ROOT, pass_fds=fds, grace=grace)

    with Supervisor() as supervisor:
        try:
            supervisor.say(f"Starting on {folder.path} …")
            _trim(log)
            supervisor.start(database)
            supervisor.start(redis)
            # Django takes a second to come up, so the static files are gathered while the database starts.
            database.wait_until_ready(pause=supervisor.pause)
            redis.wait_until_ready(pause=supervisor.pause)
            supervisor.run(
                python("migrate", "manage.py", "migrate", "--verbosity", "0"),
                python("static", "manage.py", "collectstatic", "--no-input", "--verbosity", "0"),
            )
            maildir = site["LOCAL_MAILBOX"]
            sink = ("-m", "netapp.mail.sink", "--fd", str(mail.fileno()), "--maildir", maildir)
            supervisor.start(python("mail", *sink, pass_fds=(mail.fileno(),)))
            log_in = supervisor.run(python("demo", "manage.py", "demo", "--if-empty", "--quiet"), keep=True)
            # Root on one's own machine is no news; this is not how a server runs it.
            calm = ("-W", "ignore:You're running the worker with superuser")
            celery = (*calm, "-m", "celery", "--app", "netapp", "--quiet")
            calls = ("worker", "--concurrency", "2", "--without-mingle", "--without-gossip")
            beat = ("beat", "--schedule", str(folder.path / "beat"), "--pidfile", "")
            supervisor.start(python("worker", *celery, *calls))
            supervisor.start(python("beat", *celery, *beat), web)
            web.wait_until_ready(seconds=60, pause=supervisor.pause)
            folder.remember(site)
            supervisor.say(_welcome(site["BASE_URL"], log_in, time.monotonic() - began))
            while True:
                supervisor.pause(0.2)
                supervisor.keep_running()
        except StopAsked:
            supervisor.say("Stopping …")
            began = time.monotonic()
        finally:
            folder.forget()
    supervisor.say(f"Stopped in {time.monotonic() - began:.1f} s. Everything is kept in {folder.path}.")


def manage(folder: DataFolder, arguments: Sequence[str]) -> int:
    """Run `manage.py` on the local site's data, whether the site runs now or not. Returns the exit code."""
    if folder.is_locked():
        return _manage(folder.recall(), arguments)
    lock = folder.lock()
    log = folder.path / "log"
    database = Postgres(folder.path / "postgres", log=log / "postgres.log", pass_fds=(lock,))
    redis = Valkey(folder.path / "redis", log=log / "redis.log", pass_fds=(lock,))
    try:
        database.start()
        redis.start()
        database.wait_until_ready()
        redis.wait_until_ready()
        site = site_environment(folder, database, redis, port=8000, mail_port=9)
        return _manage(site, ["migrate", "--verbosity", "0"]) or _manage(site, arguments)
    finally:
        redis.stop()
        database.stop()


def _manage(site: Mapping[str, str], arguments: Sequence[str]) -> int:
    child = subprocess.Popen([_PYTHON, "manage.py", *arguments], cwd=ROOT, env={**os.environ, **site})
    # Ctrl-C is for the command (a shell, say); it ends by itself and we go on to stop the database.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return child.wait()
    finally:
        signal.signal(signal.SIGINT, before)


def site_environment(
    folder: DataFolder, database: Postgres, redis: Valkey, *, port: int, mail_port: int
) -> dict[str, str]:
    """The variables of .env.example for the local site."""
    return {
        "SECRET_KEY": folder.secret_key(),
        "BASE_URL": f"http://127.0.0.1:{port}",
        "ALLOWED_HOSTS": "localhost",
        "DATABASE_URL": database.url,
        "REDIS_URL": redis.url,
        "SMTP_URL": f"smtp://127.0.0.1:{mail_port}",
        "MAIL_FROM": "kith@example.org",
        "LOCAL_MAILBOX": str(folder.path / "mailbox"),
        "SNAPSHOT_DIR": str(folder.path / "snapshots"),
        "STATIC_ROOT": str(folder.path / "static"),
        "DATA_DIR": str(folder.path),
        "PYTHONUNBUFFERED": "1",
    }


def _welcome(address: str, log_in: str, seconds: float) -> str:
    lines = [f"the site      {address}/", f"every mail    {address}/mailbox/", *log_in.splitlines()]
    shown = "\n".join(f"    {line}" for line in lines)
    return (
        f"\nKith is ready after {seconds:.1f} s:\n\n{shown}\n\nCtrl-C stops it; everything is kept for the next run.\n"
    )


def _trim(folder: Path) -> None:
    """Keep one older log of each server, so that they do not grow for ever."""
    for file in folder.glob("*.log"):
        if file.stat().st_size > 5_000_000:
            file.replace(file.with_suffix(".log.1"))


def read_port(text: str) -> int:
    """PORT as a number. Raises EmbeddedError."""
    if not text.isdecimal() or int(text) > 65535:
        raise EmbeddedError(f"PORT must be a number from 0 (any free port) to 65535, not {text!r}.")
    return int(text)
