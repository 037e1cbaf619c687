"""The admin of introductions: members who may not ask for the time being. Never what anybody asked, or of whom."""

from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from introductions.models import AskingPause
from introductions.services import strikes

if TYPE_CHECKING:
    _Admin = admin.ModelAdmin[AskingPause]
else:
    _Admin = admin.ModelAdmin


@admin.register(AskingPause)
class AskingPauseAdmin(_Admin):
    """Whoever was said to be unknown twice in 30 days. Talk to them, and let them ask again or switch them off."""

    list_display = ("owner", "email", "paused_at", "lifted_at")
    list_filter = ("lifted_at",)
    list_select_related = ("owner",)
    readonly_fields = ("owner", "email", "paused_at", "lifted_at")
    fields = ("owner", "email", "paused_at", "lifted_at")
    actions = ("let_them_ask_again",)
    ordering = ("-paused_at",)

    @admin.display(description="address")
    def email(self, pause: AskingPause) -> str:
        """Whom to talk to."""
        return pause.owner.email

    @admin.action(description="Let them ask again")
    def let_them_ask_again(self, request: HttpRequest, queryset: QuerySet[AskingPause]) -> None:
        """Looked at."""
        lifted = sum(strikes.lift(pause=pause, now=timezone.now()) for pause in queryset)
        self.message_user(request, f"{lifted} may ask again.", messages.SUCCESS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """It is people's answers that pause somebody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AskingPause | None = None) -> bool:
        """What was looked at stays on record."""
        return False
