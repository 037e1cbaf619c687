"""Comparing: each row is held against the book, and the member sees what would happen."""

from datetime import datetime

from contacts.models import ImportState
from contacts.services.imports import claims
from contacts.services.imports.claims import Claim
from contacts.services.imports.marking import mark
from contacts.services.imports.planning import plan

BATCH = 500


def step(claim: Claim, *, now: datetime) -> None:
    """Compare the next rows, or say that all are. Raises Stale."""
    with claims.batch(claim, ImportState.COMPARING, now) as one:
        rows = list(one.rows.filter(position__gte=one.done)[:BATCH])
        if not rows:
            one.state = ImportState.PREVIEW
            one.counts = claims.count_rows(one)
            return
        changed = []
        for one_plan in plan(owner=claim.owner, rows=rows):
            row = one_plan.row
            before = (row.outcome, row.reason)
            row.outcome, row.reason, row.advice = one_plan.outcome, one_plan.reason, one_plan.advice
            row.person, row.changes = one_plan.person, one_plan.as_changes()
            # Most are new, as reading took them to be.
            if row.person or (row.outcome, row.reason) != before:
                changed.append(row)
        mark(changed)
        one.done = rows[-1].position + 1
