"""A member: someone with an account here."""

from datetime import time
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone


class UserManager(BaseUserManager["User"]):
    """Makes members by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A new member. The address is an identity only once allauth has it as verified."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """An admin, for `manage.py createsuperuser`."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


def default_time_zone() -> str:
    """The site's zone, for members who have not told theirs."""
    return settings.TIME_ZONE


def check_time_zone(value: str) -> None:
    """Refuse a name that the zone database does not know."""
    if value not in available_timezones():
        raise ValidationError(f"{value} is not a time zone that this site knows.")


class Theme(models.TextChoices):
    """How the pages look; `AUTO` follows the device."""

    AUTO = "auto", "As my device"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class Birthdays(models.TextChoices):
    """Of whose birthdays and other days a member is reminded."""

    NONE = "none", "nobody"
    CLOSE = "close", "people I am close to or keep in touch with"
    ALL = "all", "everybody whose day I know"


def every_day() -> list[int]:
    """Monday to Sunday, as ISO weekdays."""
    return [1, 2, 3, 4, 5, 6, 7]


class User(AbstractBaseUser, PermissionsMixin):
    """A member. Logs in by e-mail address."""

    email = models.EmailField("e-mail address", unique=True)
    name = models.CharField(max_length=200, blank=True)
    time_zone = models.CharField(max_length=64, default=default_time_zone, validators=[check_time_zone])
    country = models.CharField(
        max_length=2, default="GB", help_text="Two letters; how phone numbers without +… are read."
    )
    theme = models.CharField(max_length=5, choices=Theme.choices, default=Theme.AUTO)
    mail_from_time = models.TimeField("reminders not before", default=time(8))
    mail_until_time = models.TimeField("reminders not after", default=time(20))
    mail_days = ArrayField(
        models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(7)]),
        default=every_day,
        verbose_name="days for reminders",
        help_text="ISO weekdays, Monday is 1.",
    )
    birthdays = models.CharField(max_length=5, choices=Birthdays.choices, default=Birthdays.CLOSE)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = "member"
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique_whatever_case")]

    def __str__(self) -> str:
        return f"member {self.pk}"

    def clean(self) -> None:
        """Keep addresses in lower case, as allauth does."""
        super().clean()
        self.email = self.email.lower()

    @property
    def zone(self) -> ZoneInfo:
        """The member's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def display_name(self) -> str:
        """The name others read in a mail; the address only where no name was given."""
        return self.name or self.email

    @property
    def first_name(self) -> str:
        """What a greeting uses."""
        return self.name.split(" ")[0] if self.name else self.email.split("@")[0]


def display_name(member: User) -> str:
    """`User.display_name`, in the form that allauth's settings want."""
    return member.display_name
