"""All settings, read from top to bottom. What differs between two sites comes from the environment (`netapp.env`)."""

from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from netapp import env

ROOT = Path(__file__).resolve().parent.parent

# --- The site -----------------------------------------------------------------------------------------------------

DEBUG = env.flag("DEBUG")
SECRET_KEY = env.text("SECRET_KEY")
SITE_NAME = "Kith"

# Every link in a mail starts here, never with the Host header of some request (which an attacker may choose).
BASE_URL = env.text("BASE_URL", "http://127.0.0.1:8000").rstrip("/")
_base = urlsplit(BASE_URL)
if _base.scheme not in {"http", "https"} or not _base.hostname:
    raise ImproperlyConfigured("BASE_URL must look like https://kith.example.org.")
IS_LOOPBACK = _base.hostname in {"127.0.0.1", "localhost", "::1"}
IS_HTTPS = _base.scheme == "https"
ALLOWED_HOSTS = [_base.hostname, *env.words("ALLOWED_HOSTS")]
CSRF_TRUSTED_ORIGINS = [BASE_URL]

# A Maildir that `make run` fills from its own SMTP sink. It turns the mailbox page on; a site that others can reach
# refuses to start with it, since that page shows everybody's mail.
LOCAL_MAILBOX = env.path("LOCAL_MAILBOX")
if LOCAL_MAILBOX and not IS_LOOPBACK:
    raise ImproperlyConfigured("LOCAL_MAILBOX is only for a site on this computer: BASE_URL is not a loopback address.")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.admin",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "netapp.lib",
    "netapp.accounts",
    "netapp.mail",
    "contacts",
    "introductions",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "netapp.accounts.middleware.TimeZoneMiddleware",
]

ROOT_URLCONF = "netapp.urls"
WSGI_APPLICATION = "netapp.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "netapp.lib.context.site",
                "netapp.mail.context.post",
            ],
        },
    }
]

# --- Data ---------------------------------------------------------------------------------------------------------

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_HEALTH_CHECKS": True,
        **env.database("DATABASE_URL", "postgresql:///kith"),
    }
}
# One pool for each web process. Celery forks, and a pool does not survive a fork, so workers leave DB_POOL unset.
if env.flag("DB_POOL"):
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 10}

# For what may be lost: the counters of allauth's rate limits. In the database, so that logging in neither stops nor
# becomes unlimited while Redis is away (docs/decisions/0008-cache-in-the-database.md).
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

REDIS_URL = env.text("REDIS_URL", "redis://127.0.0.1:6379/0")

# --- Celery: a doorbell. What must be done stands in PostgreSQL; losing every message loses nothing. ----------------

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 240
# Without the two `unacked` options the tasks of a killed worker come back after 93 s instead of 7 s.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 1,
    "socket_timeout": 30,
    # Ringing gives up after the second try; without these it goes on for as long as its clock says, 4 s or for ever.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
# A page must not hang on a dead broker: the row is written, the sweep will find it.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "mail.sweep": {"task": "netapp.mail.tasks.sweep", "schedule": 60.0},
    "mail.read_returned": {"task": "netapp.mail.tasks.read_returned", "schedule": 300.0},
    "contacts.sweep_imports": {"task": "contacts.tasks.sweep_imports", "schedule": 60.0},
    "contacts.sweep_sources": {"task": "contacts.tasks.sweep_sources", "schedule": 60.0},
    "contacts.tend_sources": {"task": "contacts.tasks.tend_sources", "schedule": 21_600.0},
    "contacts.sweep_duplicates": {"task": "contacts.tasks.sweep_duplicates", "schedule": 60.0},
    "contacts.sweep_exports": {"task": "contacts.tasks.sweep_exports", "schedule": 60.0},
    "contacts.refresh_strengths": {"task": "contacts.tasks.refresh_strengths", "schedule": 3600.0},
    "contacts.purge_deleted": {"task": "contacts.tasks.purge_deleted", "schedule": 21_600.0},
    "contacts.build_snapshot": {"task": "contacts.tasks.build_snapshot", "schedule": 600.0},
    "contacts.plan_dates": {"task": "contacts.tasks.plan_dates", "schedule": 3600.0},
    "contacts.send_reminders": {"task": "contacts.tasks.send_reminders", "schedule": 60.0},
    "introductions.sweep": {"task": "introductions.tasks.sweep", "schedule": 60.0},
    "introductions.sweep_routes": {"task": "introductions.tasks.sweep_routes", "schedule": 60.0},
}

# --- Accounts -----------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 9}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "today"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "netapp.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_SIGNUP_FORM_CLASS = "netapp.accounts.forms.SignupForm"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_MAX_EMAIL_ADDRESSES = 10
ACCOUNT_USER_DISPLAY = "netapp.accounts.models.display_name"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _base.scheme
ACCOUNT_RATE_LIMITS_ENABLED = True

# --- Cookies, headers, Content-Security-Policy ----------------------------------------------------------------------

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_NAME = "__Host-session" if IS_HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if IS_HTTPS else "csrf"
CSRF_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_HTTPS
# The health checks of a container come by plain HTTP from inside.
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# --- Static files ---------------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = env.path("STATIC_ROOT") or ROOT / "staticfiles"
STATICFILES_DIRS = [ROOT / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- Language and time ----------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.text("TIME_ZONE", "UTC")  # for members who have not told theirs
FORMAT_MODULE_PATH = None

# --- Mail: only the outbox speaks SMTP (netapp.mail) ----------------------------------------------------------------

_smtp = env.smtp("SMTP_URL", "smtp://127.0.0.1:2525")
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST, EMAIL_PORT = _smtp["HOST"], _smtp["PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _smtp["USER"], _smtp["PASSWORD"]
EMAIL_USE_TLS, EMAIL_USE_SSL = _smtp["STARTTLS"], _smtp["TLS"]
EMAIL_TIMEOUT = 30
# Seconds for which a letter belongs to the worker that sends it. Longer than any task may run, so that a lease runs out
# only where the worker is dead or frozen.
MAIL_LEASE = env.integer("MAIL_LEASE", CELERY_TASK_TIME_LIMIT + 60)
MAIL_FROM = env.text("MAIL_FROM", "kith@localhost.localdomain")
# The mailbox of that address, in which mail that could not be delivered comes back; unset: only what is refused at
# once is known (and what `manage.py read_returned` is given).
BOUNCE_MAILBOX = env.imap("BOUNCE_MAILBOX")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = f"{SITE_NAME} <{MAIL_FROM}>"

# --- Imports --------------------------------------------------------------------------------------------------------

# Seconds for which an import belongs to the worker that does it, from the last batch it finished.
IMPORT_LEASE = env.integer("IMPORT_LEASE", 60)

# --- The snapshot of what is shared, for path searches ---------------------------------------------------------------

# The folder of this host that its workers map it from; unset: none is built.
SNAPSHOT_DIR = env.path("SNAPSHOT_DIR")
# With workers on several hosts: the folder that all of them reach. One builds there, each copies to its SNAPSHOT_DIR.
SNAPSHOT_SHARED_DIR = env.path("SNAPSHOT_SHARED_DIR")

# --- Sync: address books and mailboxes that keep a book fresh -------------------------------------------------------

# Passphrases under which members' passwords for other servers lie in the database: the first seals, all of them open
# (docs/operations.md says how to change one). SECRET_KEY comes last, for sites that set none of their own.
ENCRYPTION_KEYS = [*env.words("ENCRYPTION_KEYS"), SECRET_KEY]
# Servers in private networks that members may name all the same: "nas.lan" or "nas.lan:5232", with commas. Kith then
# speaks to them without TLS too, if a member's address says so. Everything else must be on the public internet.
SYNC_ALLOW_HOSTS = env.words("SYNC_ALLOW_HOSTS")
# A further certificate authority (PEM) that such servers may have their certificates from.
SYNC_CA_FILE = env.path("SYNC_CA_FILE")
SYNC_EVERY = env.integer("SYNC_EVERY", 3600)  # seconds from one look to the next
# Seconds for which a source belongs to the worker that speaks to it: longer than any task may run.
SYNC_LEASE = env.integer("SYNC_LEASE", CELERY_TASK_TIME_LIMIT + 60)

# --- Introductions: days from the question ----------------------------------------------------------------------------

INTRODUCTION_NUDGE_DAYS = env.integer("INTRODUCTION_NUDGE_DAYS", 4)  # asked once more, and never again
INTRODUCTION_ANSWER_DAYS = env.integer("INTRODUCTION_ANSWER_DAYS", 14)  # no answer by then is an answer
INTRODUCTION_WHOLE_DAYS = env.integer("INTRODUCTION_WHOLE_DAYS", 21)  # from sending to the end, all questions together
INTRODUCTION_HOP_DAYS = env.integer("INTRODUCTION_HOP_DAYS", 7)  # longer for each introducer behind the first
INTRODUCTION_TALK_DAYS = env.integer("INTRODUCTION_TALK_DAYS", 7)  # from the introduction to "did you talk?"
# How often somebody is asked, by anybody here; members may say otherwise for themselves.
INTRODUCTION_OPEN_ASKS = env.integer("INTRODUCTION_OPEN_ASKS", 1)  # questions before them at one time
INTRODUCTION_ASKS_LATELY = env.integer("INTRODUCTION_ASKS_LATELY", 3)
# How often a member asks: to begin with, and at most, as one more for each introduction that came about.
INTRODUCTION_ASKS_A_WEEK = env.integer("INTRODUCTION_ASKS_A_WEEK", 3)
INTRODUCTION_ASKS_A_WEEK_MOST = env.integer("INTRODUCTION_ASKS_A_WEEK_MOST", 15)

# --- Logs: one line an event, with no address, name or token in it ---------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "netapp.lib.logs.formatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        # These print the path of a request, which may hold a token that was mailed to somebody.
        "django.request": {"level": "ERROR"},
        "django.server": {"level": "ERROR"},
        # These print the address of a member's own server, which names the member.
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
    },
}
