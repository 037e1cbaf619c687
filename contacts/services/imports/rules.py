"""What one import goes by, besides the records: whose addresses are the member's, what is blocked, what was chosen."""

from dataclasses import dataclass
from datetime import datetime

from contacts.models import Import
from contacts.services.imports.blocking import Blocklist, blocklist_of
from contacts.services.imports.own import own_keys
from netapp.accounts.models import User


@dataclass(frozen=True, slots=True)
class Rules:
    """`told_at`: when files without a date of their own count as told. `with_one_way`: whom nobody answered, too."""

    own: frozenset[str]
    blocked: Blocklist
    told_at: datetime
    with_one_way: bool

    def keeps_out(self, key: str) -> bool:
        """Whether a key is the member's own, or blocked."""
        return key in self.own or self.blocked.has_key(key)


def rules_of(owner: User, one: Import) -> Rules:
    """The rules as they are now. Three statements."""
    return Rules(own_keys(owner), blocklist_of(owner.pk), one.created_at, bool(one.options.get("one_way")))
