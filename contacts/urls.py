"""Addresses of people, imports, reminders and sharing."""

from django.urls import path

from contacts.views import reminders

app_name = "contacts"

urlpatterns = [
    path("reminders/", reminders.reminder_list, name="reminders"),
    path("reminders/<uuid:reminder_id>/done/", reminders.reminder_done, name="reminder_done"),
    path("reminders/<uuid:reminder_id>/reopen/", reminders.reminder_reopen, name="reminder_reopen"),
    path("reminders/<uuid:reminder_id>/snooze/", reminders.reminder_snooze, name="reminder_snooze"),
    path("r/<str:token>/", reminders.reminder_answer, name="reminder_answer"),
]
