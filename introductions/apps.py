from django.apps import AppConfig


class IntroductionsConfig(AppConfig):
    name = "introductions"

    def ready(self) -> None:
        from allauth.account.signals import email_confirmed, email_removed

        from contacts.signals import book_changed, export_wanted, people_used, spoke
        from introductions import book_changes, export, merging, receivers, uses
        from netapp.accounts.signals import member_leaving

        member_leaving.connect(receivers.member_left, dispatch_uid="introductions.member_left")
        spoke.connect(receivers.talked_by_mail, dispatch_uid="introductions.talked_by_mail")
        receivers.register_letters()
        merging.register()
        book_changed.connect(book_changes.on_book_changed, dispatch_uid="introductions.book_changed")
        for moved in (email_confirmed, email_removed):
            moved.connect(book_changes.on_address_changed, dispatch_uid="introductions.address_changed")
        people_used.connect(uses.people_used, dispatch_uid="introductions.people_used")
        export_wanted.connect(export.export_rows, dispatch_uid="introductions.export")
