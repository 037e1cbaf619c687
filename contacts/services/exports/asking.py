"""What a member does with an export: ask for it, throw it away."""

from django.db import transaction

from contacts.models import Export, ExportState
from netapp.accounts.models import User


@transaction.atomic
def ask(*, owner: User) -> Export:
    """Have everything prepared. Where that is under way already, it is that one. The caller rings for it."""
    User.objects.select_for_update(no_key=True).get(id=owner.pk)
    waiting = Export.objects.filter(owner=owner, state=ExportState.WAITING).first()
    if waiting:
        return waiting
    Export.objects.filter(owner=owner, state=ExportState.FAILED).delete()
    return Export.objects.create(owner=owner)


def throw_away(*, export: Export) -> None:
    """Remove a prepared file before its time. Its link opens nothing any more."""
    export.delete()
