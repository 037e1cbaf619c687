"""The outbox in the admin: whether mail flows, and why not. What letters say stays between their readers."""

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from netapp.mail.models import Letter, PostOffice, Suppression


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Nothing is added, changed or deleted here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Letter)
class LetterAdmin(ReadOnly):
    """Kind, state and times; neither readers nor texts."""

    list_display = ("id", "kind", "state", "due_at", "attempts", "lapses", "sent_at")
    list_filter = ("state", "kind")
    fields = ("id", "kind", "state", "due_at", "attempts", "lapses", "leased_until", "sent_at", "created_at", "error")


@admin.register(PostOffice)
class PostOfficeAdmin(ReadOnly):
    """Whether mail is paused; its page has the buttons."""

    list_display = ("__str__", "paused_at", "reason", "beats")
    fields = ("paused_at", "reason", "beats")

    def view_on_site(self, obj: PostOffice) -> str:
        """The page with the buttons."""
        return reverse("mail:paused")


@admin.register(Suppression)
class SuppressionAdmin(ReadOnly):
    """How many stops there are, and of which sort; whose they are is not known."""

    list_display = ("id", "kind", "reason", "created_at")
    list_filter = ("reason",)
    fields = ("id", "kind", "reason", "created_at")
