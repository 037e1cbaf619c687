"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path

from contacts.views.go import go
from introductions.views import today
from netapp.lib.views import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("admin/", admin.site.urls),
    path("account/", include("allauth.account.urls")),
    path("", include("netapp.accounts.urls")),
    path("", include("netapp.mail.urls")),
    path("", include("contacts.urls")),
    path("", include("introductions.urls")),
    path("go/", go, name="go"),
    path("", today.today, name="today"),
    path("today/put-aside/", today.put_aside, name="put_aside"),
    path("today/take-up/", today.take_up, name="take_up"),
]
