"""What an admin sees: that rows exist, whose and since when. Never a name, an address, a note or who knows whom."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from contacts.models import Person


@admin.register(Person)
class PersonAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Ids and ages only; nothing can be changed, opened or searched for."""

    list_display = ("id", "owner_id", "created_at", "archived_at", "deleted_at")
    list_display_links = None
    list_filter = ("created_at",)
    list_select_related = False
    show_full_result_count = False
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # The list, for superusers; never the page of one card.
        return obj is None and bool(request.user.is_active and getattr(request.user, "is_superuser", False))
