"""Which snapshot this host has: its own folder, filled from the one that all hosts share, if there is such a one."""

import fcntl
from datetime import datetime
from pathlib import Path

import structlog
from django.conf import settings

from contacts.graph import Snapshot, SnapshotError, storage
from contacts.network.building import build

log = structlog.get_logger(__name__)


def keep_fresh(*, now: datetime, anew: bool = False) -> bool:
    """Build the site's snapshot if it has to be, and have it on this host. True where one was built.

    Does nothing on a site without SNAPSHOT_DIR.
    """
    folder: Path | None = settings.SNAPSHOT_DIR
    if folder is None:
        return False
    is_built = build(settings.SNAPSHOT_SHARED_DIR or folder, now=now, anew=anew)
    latest()
    return is_built


def latest() -> Snapshot | None:
    """The newest snapshot that can be had here, checked and mapped; None where there is none to be trusted.

    Copies it from SNAPSHOT_SHARED_DIR first where that has another one. When that folder is away, the copy before
    serves.
    """
    folder: Path | None = settings.SNAPSHOT_DIR
    if folder is None:
        return None
    if settings.SNAPSHOT_SHARED_DIR:
        _copy(settings.SNAPSHOT_SHARED_DIR, folder)
    try:
        return Snapshot.load(folder)
    except SnapshotError as error:
        log.warning("snapshot.refused", reason=str(error))
        return None


def _copy(shared: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    try:
        # One process of a host copies; the others wait and find it done.
        with (folder / "copying").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            storage.fetch(shared, folder)
    except (SnapshotError, OSError) as error:
        log.warning("snapshot.not_copied", reason=str(error))
