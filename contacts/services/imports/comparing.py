"""Comparing: each row is held against the book, and the member sees what would happen."""

from datetime import datetime

from contacts.models import ImportRow, ImportState
from contacts.services.imports import claims
from contacts.services.imports.claims import Claim
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
        plans = plan(owner=claim.owner, rows=rows)
        for one_plan in plans:
            row = one_plan.row
            row.outcome, row.reason, row.advice = one_plan.outcome, one_plan.reason[:500], one_plan.advice[:500]
            row.person, row.changes = one_plan.person, one_plan.as_changes()
        ImportRow.objects.bulk_update(
            [one_plan.row for one_plan in plans], ["outcome", "reason", "advice", "person", "changes"], batch_size=BATCH
        )
        one.done = rows[-1].position + 1
