"""The site's Celery with a broker that hands a task to the next worker after two seconds without an answer."""

from netapp.celery import app

app.conf.broker_transport_options = {**app.conf.broker_transport_options, "visibility_timeout": 2}
