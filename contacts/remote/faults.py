"""What can go wrong with somebody else's server, in words for the member: what it is, and what to do."""

from datetime import timedelta
from enum import StrEnum
from typing import Final


class Trouble(StrEnum):
    """A kind of fault."""

    ADDRESS = "address"
    """Kith does not connect there: no such server, or none on the public internet. Deliberately not told apart."""
    UNREACHABLE = "unreachable"
    TLS = "tls"
    LOGIN = "login"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not found"
    MOVED = "moved"
    SERVER = "server"
    SLOW = "slow"
    TOO_LARGE = "too large"
    NONSENSE = "nonsense"


_FOR_THE_MEMBER: Final = frozenset({Trouble.LOGIN, Trouble.FORBIDDEN, Trouble.NOT_FOUND, Trouble.MOVED})


class Fault(Exception):
    """A server could not be used. `str()` is for the member; it holds no secret and no address but the host."""

    def __init__(
        self, trouble: Trouble, words: str, *, retry_after: timedelta | None = None, moved_to: str = ""
    ) -> None:
        super().__init__(words)
        self.trouble = trouble
        self.retry_after = retry_after
        """How long the server asks to be left alone."""
        self.moved_to = moved_to

    @property
    def needs_member(self) -> bool:
        """Whether trying again by itself is of no use, or (with a wrong password) even does harm."""
        return self.trouble in _FOR_THE_MEMBER


def no_such_server(host: str) -> Fault:
    """The name leads nowhere, or to a network that is not the public internet. One text for all, and no hint which."""
    return Fault(
        Trouble.ADDRESS,
        f"Kith finds no public server called {host[:100]}. Look at the spelling. A server in a private network can "
        "only be used if whoever runs this site allows it by name.",
    )


def unreachable(host: str) -> Fault:
    """Nobody answers, or the line broke."""
    return Fault(
        Trouble.UNREACHABLE, f"{host} cannot be reached at the moment. Kith tries again by itself; nothing is lost."
    )


def bad_certificate(host: str) -> Fault:
    """TLS failed."""
    return Fault(
        Trouble.TLS,
        f"Kith could not make sure that it really talks to {host}: its certificate is out of date or not for this "
        "name. Whoever runs that server has to mend it; Kith tries again by itself.",
    )


def bad_login(host: str) -> Fault:
    """The password was refused."""
    return Fault(
        Trouble.LOGIN,
        f"{host} did not accept the user name and password. Many providers want an app password here, not the one "
        "you log in with. Kith has stopped asking, so that you are not locked out: type it again.",
    )


def lost_secret(title: str) -> Fault:
    """It cannot be unsealed: the site's key was changed without keeping the old one."""
    return Fault(Trouble.LOGIN, f"Kith can no longer read the password of {title[:100]}. Type it again.")


def forbidden(host: str) -> Fault:
    """Logged in, and still not let in."""
    return Fault(
        Trouble.FORBIDDEN,
        f"{host} knows you but does not let Kith in. Look whether the app password is meant for contacts or mail.",
    )


def not_found(host: str, what: str) -> Fault:
    """There is nothing at this place (any more)."""
    return Fault(Trouble.NOT_FOUND, f"{host} has no {what} there (any more). Look at the address, or choose anew.")


def moved(host: str, where: str) -> Fault:
    """It sends us to another server, which must not get the password unasked."""
    return Fault(
        Trouble.MOVED,
        f"{host} sends Kith on to another server. Kith does not hand your password on by itself: if {where} is right, "
        "put that address in.",
        moved_to=where,
    )


def troubled(host: str, status: int, *, retry_after: timedelta | None = None) -> Fault:
    """It answered with an error of its own."""
    return Fault(
        Trouble.SERVER,
        f"{host} is in trouble itself (it answered with error {status}). Kith tries again by itself; nothing is lost.",
        retry_after=retry_after,
    )


def slow(host: str) -> Fault:
    """The time allowed is over."""
    return Fault(Trouble.SLOW, f"{host} took too long to answer. Kith tries again by itself and goes on where it was.")


def too_large(host: str) -> Fault:
    """It sends more than is taken at once."""
    return Fault(
        Trouble.TOO_LARGE,
        f"{host} sent more at once than Kith takes. If one card or message has many megabytes, make it smaller.",
    )


def nonsense(host: str, what: str) -> Fault:
    """The answer is not what it should be."""
    return Fault(
        Trouble.NONSENSE, f"{host} answered in a way that Kith does not understand. Is it really the address of {what}?"
    )
