from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "contacts"

    def ready(self) -> None:
        from contacts import receivers
        from netapp.accounts.signals import hours_changed

        hours_changed.connect(receivers.hours_moved, dispatch_uid="contacts.hours_moved")
