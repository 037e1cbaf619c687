"""Addresses of people, imports, reminders and sharing."""

from django.urls import path

from contacts.views import acquaintances, imports, interactions, people, person, reminders, sharing

app_name = "contacts"

urlpatterns = [
    path("people/", people.people, name="people"),
    path("people/together/", people.people_together, name="people_together"),
    path("people/names/", people.person_names, name="person_names"),
    path("people/add/", person.person_add, name="person_add"),
    path("people/quick/", person.person_quick, name="person_quick"),
    path("people/<uuid:person_id>/", person.person, name="person"),
    path("people/<uuid:person_id>/edit/", person.person_edit, name="person_edit"),
    path("people/<uuid:person_id>/archive/", person.person_archive, name="person_archive"),
    path("people/<uuid:person_id>/unarchive/", person.person_unarchive, name="person_unarchive"),
    path("people/<uuid:person_id>/delete/", person.person_delete, name="person_delete"),
    path("people/<uuid:person_id>/restore/", person.person_restore, name="person_restore"),
    path("people/<uuid:person_id>/layer/", person.person_layer, name="person_layer"),
    path("people/<uuid:person_id>/known/", person.person_known, name="person_known"),
    path("people/<uuid:person_id>/wanted/", person.person_wanted, name="person_wanted"),
    path("people/<uuid:person_id>/contact/", interactions.contact_log, name="contact_log"),
    path("people/<uuid:person_id>/knows/", acquaintances.acquaintance_find, name="acquaintance_find"),
    path("people/<uuid:person_id>/knows/<uuid:other_id>/", acquaintances.acquaintance_add, name="acquaintance_add"),
    path("contact/<uuid:interaction_id>/", interactions.contact_edit, name="contact_edit"),
    path("contact/<uuid:interaction_id>/remove/", interactions.contact_remove, name="contact_remove"),
    path("contact/<uuid:interaction_id>/take-back/", interactions.contact_take_back, name="contact_take_back"),
    path("acquaintances/<uuid:acquaintance_id>/forget/", acquaintances.acquaintance_forget, name="acquaintance_forget"),
    path("undo/<uuid:change_id>/", people.take_back, name="undo"),
    path("imports/", imports.imports, name="imports"),
    path("imports/<uuid:import_id>/", imports.import_one, name="import"),
    path("imports/<uuid:import_id>/confirm/", imports.import_confirm, name="import_confirm"),
    path("imports/<uuid:import_id>/discard/", imports.import_discard, name="import_discard"),
    path("imports/<uuid:import_id>/undo/", imports.import_undo, name="import_undo"),
    path("imports/<uuid:import_id>/report.csv", imports.import_report, name="import_report"),
    path("reminders/", reminders.reminder_list, name="reminders"),
    path("reminders/<uuid:reminder_id>/done/", reminders.reminder_done, name="reminder_done"),
    path("reminders/<uuid:reminder_id>/reopen/", reminders.reminder_reopen, name="reminder_reopen"),
    path("reminders/<uuid:reminder_id>/snooze/", reminders.reminder_snooze, name="reminder_snooze"),
    path("sharing/", sharing.sharing, name="sharing"),
    path("sharing/<uuid:connection_id>/seen/", sharing.seen_by, name="seen_by"),
    path("sharing/<uuid:connection_id>/accept/", sharing.accept, name="connection_accept"),
    path("sharing/<uuid:connection_id>/decline/", sharing.decline, name="connection_decline"),
    path("sharing/<uuid:connection_id>/withdraw/", sharing.withdraw, name="connection_withdraw"),
    path("sharing/<uuid:connection_id>/end/", sharing.end, name="connection_end"),
    path("r/<str:token>/", reminders.reminder_answer, name="reminder_answer"),
]
