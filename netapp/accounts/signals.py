"""What the accounts tell the rooms above."""

from django.dispatch import Signal

# Sent inside the transaction that deletes an account, before anything is gone. Arguments: member (User),
# now (datetime). Whoever writes letters here gives them member=None: the member's own letters go with the account.
member_leaving = Signal()

# Sent inside the transaction in which a member changes the time zone or the hours for reminders. Arguments: member
# (User, as it is now), zone (ZoneInfo, as it was). What waits for a local morning is to wait for the new one.
hours_changed = Signal()
