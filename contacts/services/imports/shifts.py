"""A worker's shift on one import: batch after batch, in whatever state it is, until it is done or somebody else's."""

from datetime import datetime
from typing import Final, Self
from uuid import UUID

import structlog
from django.db import OperationalError

from contacts.models import ImportState
from contacts.services.imports import claims, running, undoing
from contacts.services.imports.claims import Claim, Stale
from contacts.services.imports.comparing import Comparer
from contacts.services.imports.reading import Reader

log = structlog.get_logger(__name__)

_TRIES: Final = 3


class Shift:
    """The work on one import, from the claim on."""

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._reader: Reader | None = None
        self._comparer: Comparer | None = None
        self._troubles = 0

    @classmethod
    def begin(cls, *, import_id: UUID, now: datetime) -> Self | None:
        """Claim the import. None where there is nothing to do, or somebody does it."""
        claim = claims.claim(import_id=import_id, now=now)
        return cls(claim) if claim else None

    def step(self, *, now: datetime) -> bool:
        """Do one batch; whether there is more to do. What fails goes back whole, and another worker tries it."""
        try:
            state = claims.state_of(self._claim)
            if state is None:
                return False
            self._do(state, now)
        except Stale:
            log.info("import.stale", id=str(self._claim.import_id), fence=self._claim.fence)
            return False
        except OperationalError:
            # Two transactions that wait for each other: PostgreSQL ends one of them, and it is tried again.
            self._troubles += 1
            if self._troubles >= _TRIES:
                raise
            self._reader = self._comparer = None
            return True
        self._troubles = 0
        return True

    def rest(self) -> None:
        """Stop in good order before the work is done."""
        claims.rest(self._claim)

    def _do(self, state: ImportState, now: datetime) -> None:
        match state:
            case ImportState.READING:
                if self._reader is None:
                    self._reader = Reader(self._claim)
                self._reader.step(now=now)
            case ImportState.COMPARING:
                self._reader = None
                if self._comparer is None:
                    self._comparer = Comparer(self._claim)
                self._comparer.step(now=now)
            case ImportState.RUNNING:
                running.step(self._claim, now=now)
            case ImportState.UNDOING:
                undoing.step(self._claim, now=now)
