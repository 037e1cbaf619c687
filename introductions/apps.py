from django.apps import AppConfig


class IntroductionsConfig(AppConfig):
    name = "introductions"

    def ready(self) -> None:
        from introductions import receivers
        from netapp.accounts.signals import member_leaving

        member_leaving.connect(receivers.member_left, dispatch_uid="introductions.member_left")
        receivers.register_letters()
