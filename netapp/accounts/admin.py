"""Members in the admin: to switch one off, or to hand out rights. Their books are not here."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.http import HttpRequest

from netapp.accounts.models import User

# The admin's own log-in page would know neither our rate limits nor whether the address is verified.
admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign, no-untyped-call]


class MemberCreationForm(AdminUserCreationForm):  # type: ignore[type-arg]
    """By address; there is no user name."""

    class Meta:
        model = User
        fields = ("email", "name")


class MemberChangeForm(UserChangeForm):  # type: ignore[type-arg]
    """By address; there is no user name."""

    class Meta:
        model = User
        fields = "__all__"


@admin.register(User)
class MemberAdmin(UserAdmin):  # type: ignore[type-arg]
    """A member, by address."""

    form = MemberChangeForm
    add_form = MemberCreationForm
    ordering = ("email",)
    list_display = ("email", "name", "is_active", "is_staff", "joined_at")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name")
    readonly_fields = ("last_login", "joined_at")
    fieldsets = (
        (None, {"fields": ("email", "password", "name")}),
        ("Settings", {"fields": ("time_zone", "country", "theme", "mail_from_time", "mail_until_time")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Times", {"fields": ("last_login", "joined_at")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("email", "name", "usable_password", "password1", "password2")}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Members delete themselves, in the settings, which ends kindly what is in flight."""
        return False
