"""Comparing: each row is held against the book, and the member sees what would happen."""

from datetime import datetime
from typing import Final

from contacts.models import Import, ImportRow, ImportState, RowKind, RowOutcome
from contacts.services.imports import claims, finding, noting
from contacts.services.imports.claims import Claim
from contacts.services.imports.marking import mark
from contacts.services.imports.planning import plan
from contacts.services.imports.rules import Rules, rules_of

BATCH: Final = 2000


class Comparer:
    """Compares one import, batch by batch."""

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._coming: frozenset[str] | None = None

    def step(self, *, now: datetime) -> None:
        """Compare the next rows, or say that all are. Raises Stale."""
        owner = self._claim.owner
        with claims.batch(self._claim, ImportState.COMPARING, now) as one:
            rules = rules_of(owner, one)
            if not one.options.get("is_searched"):
                finding.find(one=one, owner=owner, rules=rules)
                one.options["is_searched"] = True
                one.total = one.rows.count()
            elif not one.is_at_contacts:
                self._cards(one, rules)
            else:
                self._contacts(one, rules, now)

    def _cards(self, one: Import, rules: Rules) -> None:
        rows = list(one.rows.filter(position__gte=one.cursor).exclude(kind=RowKind.CONTACT)[:BATCH])
        if not rows:
            one.is_at_contacts, one.cursor = True, 0
            return
        changed = []
        for one_plan in plan(owner=self._claim.owner, rows=rows, rules=rules):
            row = one_plan.row
            before = (row.outcome, row.reason)
            row.outcome, row.reason, row.advice = one_plan.outcome, one_plan.reason, one_plan.advice
            row.person, row.changes = one_plan.person, one_plan.as_changes()
            # Most are new, as reading took them to be.
            if row.person or (row.outcome, row.reason) != before:
                changed.append(row)
        mark(changed)
        one.cursor = rows[-1].position + 1
        one.done += len(rows)

    def _contacts(self, one: Import, rules: Rules, now: datetime) -> None:
        rows = list(one.rows.filter(position__gte=one.cursor, kind=RowKind.CONTACT)[:BATCH])
        if rows:
            if self._coming is None:
                self._coming = _coming(one)
            mark(noting.preview(owner=self._claim.owner, rows=rows, rules=rules, coming=self._coming, now=now))
            one.cursor = rows[-1].position + 1
            one.done += len(rows)
            return
        one.is_at_contacts, one.cursor, one.done = False, 0, 0
        # What a synced source tells needs nobody's word: it was given when the source was added.
        one.state = ImportState.RUNNING if one.confirmed_at else ImportState.PREVIEW
        one.counts = {} if one.confirmed_at else claims.count_rows(one)


def _coming(one: Import) -> frozenset[str]:
    """The keys of everybody whom this import would add."""
    rows = ImportRow.objects.filter(of=one, outcome=RowOutcome.NEW).exclude(kind=RowKind.CONTACT)
    return frozenset(key for keys in rows.values_list("keys", flat=True).iterator(chunk_size=2000) for key in keys)
