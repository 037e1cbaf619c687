from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "netapp.mail"
    label = "mail"
