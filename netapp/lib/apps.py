from django.apps import AppConfig


class LibConfig(AppConfig):
    name = "netapp.lib"
    label = "lib"
