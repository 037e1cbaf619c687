"""Types that views share."""

from django.http import HttpRequest

from netapp.accounts.models import User


class MemberRequest(HttpRequest):
    """A request behind `login_required`: `user` is a member. For annotations only."""

    user: User
