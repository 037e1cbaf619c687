"""Pages about mail."""

from django.conf import settings
from django.urls import path

from netapp.mail.views import log, mailbox, paused, stop

app_name = "mail"

urlpatterns = [
    path("mail/log/", log.mail_log, name="log"),
    path("mail/paused/", paused.paused, name="paused"),
    path("mail/stop/<str:token>/", stop.stop, name="stop"),
    path("mail/stop/<str:token>/now/", stop.stop_now, name="stop_now"),
]

# Everybody's mail, for playing all sides of an introduction on one's own computer. Without LOCAL_MAILBOX these
# addresses do not exist, and settings refuse LOCAL_MAILBOX on a site that others can reach.
if settings.LOCAL_MAILBOX:
    urlpatterns += [
        path("mailbox/", mailbox.mails, name="mailbox"),
        path("mailbox/<str:key>/", mailbox.mail, name="mailbox_mail"),
        path("mailbox/<str:key>/html/", mailbox.html_part, name="mailbox_html"),
    ]
