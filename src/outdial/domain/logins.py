"""Who may sign in to the console: passwords, the links that replace them, and how long a login lasts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from outdial.domain.access import Role
from outdial.domain.errors import FieldProblem, Invalid, NotFound, NotPossible, NotSignedIn
from outdial.domain.values import AccountId, UserId

SHORTEST_PASSWORD: Final = 10
LONGEST_PASSWORD: Final = 200
"""Characters. Hashing is dear on purpose: nobody may make it dearer by sending a book."""

IDLE: Final = timedelta(hours=12)
"""A login that was not used for so long is over."""
LONGEST_LOGIN: Final = timedelta(days=7)
NOTED_EVERY: Final = timedelta(minutes=1)
"""How exactly it is written down when a login was used last."""
LINK_LIFETIME: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody who is signed in, as of this look. `account_name` is what they typed to get there."""

    account: AccountId
    account_name: str
    user: UserId
    name: str
    email: str | None
    role: Role
    began_at: datetime
    seen_at: datetime

    @property
    def expires_at(self) -> datetime:
        """When it ends if it is not used."""
        return min(self.seen_at + IDLE, self.began_at + LONGEST_LOGIN)

    def needs_note(self, now: datetime) -> bool:
        """Whether it is worth a write that the login was used."""
        return now - self.seen_at >= NOTED_EVERY


@dataclass(frozen=True, slots=True)
class Link:
    """An address that works once: for a new password of a user, or, without one, for the account's first admin.

    With `signs_in` no password is asked for: for demonstrations.
    """

    token_hash: bytes
    account: AccountId
    user: UserId | None
    expires_at: datetime
    signs_in: bool = False


def check_password(password: str, *, email: str | None, member: str = "password") -> None:
    """Raises `Invalid` for a password that is too easily guessed.

    Source:
        NIST SP 800-63B section 3.1.1.2: length and no rules of composition.
    """
    said = None
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        said = f"must be {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters"
    elif len(set(password)) < SHORTEST_PASSWORD // 2:
        said = "repeats too few characters"
    elif email is not None and password.casefold() in (email, email.partition("@")[0] * 2):
        said = "must not be the e-mail address"
    if said is not None:
        raise Invalid("the password is not good enough", [FieldProblem(member, said)])


class LoginRefused(NotSignedIn):
    """Unknown address, wrong password, no password, or disabled: which of them is not told."""

    code = "login-refused"

    def __init__(self) -> None:
        super().__init__("the e-mail address or the password is wrong, or signing in is not allowed")


class LinkNotGood(NotFound):
    """The link was used, has run out, or never was one."""

    code = "link-not-good"

    def __init__(self) -> None:
        super().__init__("this link was used before or is out of date: ask for another one")


class LastAdmin(NotPossible):
    """Nobody would be left who may say who signs in."""

    code = "last-admin"

    def __init__(self) -> None:
        super().__init__("this is the only admin who can sign in: make somebody else one first")


class AdminExists(NotPossible):
    """The link for the first admin is only made while there is none."""

    code = "admin-exists"

    def __init__(self) -> None:
        super().__init__("there is an admin already: name the user whose password is to be set anew")


class NeedsHttps(NotPossible):
    """A browser keeps our cookie only where nobody can read it on its way."""

    code = "needs-https"

    def __init__(self) -> None:
        super().__init__("signing in needs https, or a browser on the server's own machine (127.0.0.1)")
