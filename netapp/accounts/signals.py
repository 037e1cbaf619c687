"""What the accounts tell the rooms above."""

from django.dispatch import Signal

# Sent inside the transaction that deletes an account, before anything is gone. Arguments: member (User),
# now (datetime). Whoever writes letters here gives them member=None: the member's own letters go with the account.
member_leaving = Signal()
