from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "contacts"

    def ready(self) -> None:
        from contacts import receivers
        from netapp.accounts.signals import hours_changed, member_leaving
        from netapp.mail.signals import address_failed

        hours_changed.connect(receivers.hours_moved, dispatch_uid="contacts.hours_moved")
        address_failed.connect(receivers.address_failed, dispatch_uid="contacts.address_failed")
        receivers.register_letters()
        member_leaving.connect(receivers.member_left, dispatch_uid="contacts.member_left")
