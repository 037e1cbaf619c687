from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "netapp.accounts"
    label = "accounts"
