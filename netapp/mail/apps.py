from importlib import import_module

from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "netapp.mail"
    label = "mail"

    def ready(self) -> None:
        """Connect the receivers."""
        import_module("netapp.mail.alarms")
