"""The member's own pages."""

from django.urls import path

from netapp.accounts import views

app_name = "accounts"
urlpatterns = [
    path("settings/", views.settings, name="settings"),
    path("settings/delete/", views.delete, name="delete"),
]
