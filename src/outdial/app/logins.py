"""People at the console: they sign in, stay signed in, change their password; admins say who may, and as what.

A login, and a link that sets a password, is a long random word of which only the hash is stored.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from outdial.app import audit
from outdial.app import users as people
from outdial.domain.access import Principal, Role, hash_of
from outdial.domain.errors import FieldProblem, Invalid
from outdial.domain.logins import (
    LINK_LIFETIME,
    LONGEST_PASSWORD,
    AdminExists,
    Link,
    LinkNotGood,
    Login,
    LoginRefused,
    check_password,
)
from outdial.domain.values import AccountId, UserId
from outdial.ports.clock import Clock, Ids
from outdial.ports.logins import LoginStore, PasswordHasher
from outdial.ports.storage import Storage
from outdial.ports.users import User, UserNotFound

_WORD_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class NewLogin:
    """A login with its word, which the browser gets and nobody else."""

    login: Login
    word: str


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link with its word, which is shown this once."""

    word: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LinkFor:
    """Whom a link is for; nobody yet where it makes the first admin."""

    link: Link
    user: User | None


def csrf_token(word: str) -> str:
    """What a page has to say besides the cookie: another site can have the cookie sent, and cannot know this."""
    return hash_of("csrf:" + word).hex()[:40]


async def sign_in(
    account: str, email: str, password: str, *, logins: LoginStore, passwords: PasswordHasher, clock: Clock
) -> NewLogin:
    """Begin a login. Raises `LoginRefused`, whatever the reason."""
    known = await logins.credentials(account, email.strip().lower())
    stored = None if known is None else known.password_hash
    # Compared for unknown people too, in the same time; and never with a text that would take for ever.
    right = await passwords.matches(stored, password[: LONGEST_PASSWORD + 1])
    if known is None or stored is None or not right:
        raise LoginRefused
    if passwords.is_old(stored):
        await logins.rehash(known.user, stored, await passwords.hash(password))
    return await begin(known.account, known.user, logins=logins, clock=clock)


async def begin(account: AccountId, user: UserId, *, logins: LoginStore, clock: Clock) -> NewLogin:
    """Begin a login of somebody who has shown who they are. Raises `LoginRefused` if they are disabled."""
    word = secrets.token_urlsafe(_WORD_BYTES)
    login = await logins.begin(hash_of(word), account, user, clock.now())
    if login is None:
        raise LoginRefused
    return NewLogin(login, word)


async def current(word: str, *, logins: LoginStore, clock: Clock) -> Login | None:
    """The login that a browser shows; using it keeps it alive."""
    now, known = clock.now(), hash_of(word)
    login = await logins.login(known, now)
    if login is None or now >= login.expires_at:
        return None
    if login.needs_note(now):
        await logins.seen(known, now)
        login = replace(login, seen_at=now)
    return login


async def sign_out(word: str, *, logins: LoginStore) -> None:
    await logins.end(hash_of(word))


async def change_password(
    login: Login, old: str, new: str, *, logins: LoginStore, passwords: PasswordHasher, clock: Clock
) -> NewLogin:
    """Give oneself another password; every login of before is over, and a new one begins.

    Raises:
        Invalid: the old one is wrong, or the new one not good enough.
    """
    known = await logins.credentials_of(login.account, login.user)
    stored = None if known is None else known.password_hash
    if not await passwords.matches(stored, old[: LONGEST_PASSWORD + 1]):
        raise Invalid("Invalid input", [FieldProblem("old_password", "is not your password")])
    check_password(new, email=login.email)
    await logins.set_password(login.account, login.user, await passwords.hash(new))
    return await begin(login.account, login.user, logins=logins, clock=clock)


async def make_link(
    account: AccountId,
    user_id: str | None,
    *,
    storage: Storage,
    logins: LoginStore,
    clock: Clock,
    signs_in: bool = False,
) -> NewLink:
    """A link by which a user sets a password; without a user, the account's first admin makes themselves known.

    Raises:
        UserNotFound: no such user.
        Invalid: the user has no e-mail address to sign in with.
        AdminExists: no user was named, and the account has an admin.
    """
    user: User | None = None
    if user_id is not None:
        user = await people.get(account, user_id, storage=storage)
        if user.email is None:
            raise Invalid("Invalid input", [FieldProblem("email", "the user has no e-mail address to sign in with")])
    elif await logins.has_admin(account):
        raise AdminExists
    word, expires_at = secrets.token_urlsafe(_WORD_BYTES), clock.now() + LINK_LIFETIME
    await logins.add_link(Link(hash_of(word), account, user.id if user else None, expires_at, signs_in))
    return NewLink(word, expires_at)


async def link_for(word: str, *, storage: Storage, logins: LoginStore, clock: Clock) -> LinkFor:
    """Whom a link is for; it is not used up by looking. Raises `LinkNotGood`."""
    link = await logins.link(hash_of(word), clock.now())
    if link is None:
        raise LinkNotGood
    try:
        user = None if link.user is None else await people.get(link.account, str(link.user), storage=storage)
    except UserNotFound:
        raise LinkNotGood from None
    return LinkFor(link, user)


async def use_link(
    word: str,
    password: str | None,
    *,
    name: str | None,
    email: str | None,
    storage: Storage,
    logins: LoginStore,
    passwords: PasswordHasher,
    clock: Clock,
    ids: Ids,
) -> NewLogin:
    """Set the password that a link is for, and sign in. The first admin says name and e-mail address, too.

    Raises:
        LinkNotGood: used, out of date, or never made.
        Invalid, EmailTaken: the password is not good enough, or name or address are missing; the link goes on working.
    """
    meant = await link_for(word, storage=storage, logins=logins, clock=clock)
    user, hashed = meant.user, None
    if not meant.link.signs_in:
        if password is None:
            raise Invalid("Invalid input", [FieldProblem("password", "is required")])
        address = email.strip().lower() if user is None and email is not None else user.email if user else None
        check_password(password, email=address)
        if user is None and (absent := [field for field, one in (("name", name), ("email", email)) if not one]):
            raise Invalid("Invalid input", [FieldProblem(field, "is required") for field in absent])
        if user is None:
            people.checked(name or "", email)
        hashed = await passwords.hash(password)
    # From here on nobody else can use it.
    if await logins.use_link(hash_of(word), clock.now()) is None:
        raise LinkNotGood
    if user is None:
        if await logins.has_admin(meant.link.account):
            raise LinkNotGood
        user = await _first_admin(meant.link.account, name or "", email or "", storage, logins, clock, ids)
    if hashed is not None:
        await logins.set_password(meant.link.account, user.id, hashed)
    return await begin(meant.link.account, user.id, logins=logins, clock=clock)


async def _first_admin(
    account: AccountId, name: str, email: str, storage: Storage, logins: LoginStore, clock: Clock, ids: Ids
) -> User:
    """The user of that address, or a new one, as an admin."""
    async with storage.unit_of_work(account) as uow:
        known = (await uow.users.by_email([email.strip().lower()])).get(email.strip().lower())
    user = known or await people.create(account, name=name, email=email, storage=storage, clock=clock, ids=ids)
    await logins.set_role(account, user.id, Role.ADMIN, None)
    return user


async def known(user_id: str, *, by: Principal, storage: Storage) -> User:
    """Raises `UserNotFound`."""
    return await people.get(by.account, user_id, storage=storage)


async def set_role(
    user_id: str, role: str, disabled: bool, *, by: Principal, storage: Storage, logins: LoginStore, clock: Clock
) -> User:
    """Say what a user may do in the console, and whether they may sign in at all; what they are in is over at once.

    Raises:
        UserNotFound: no such user.
        Invalid: no such role.
        LastAdmin: nobody would be left who may do this.
    """
    before = await known(user_id, by=by, storage=storage)
    if role not in (words := [one.value for one in Role]):
        raise Invalid("Invalid input", [FieldProblem("role", f"must be one of {', '.join(words)}")])
    at = None if not disabled else before.disabled_at or clock.now()
    await logins.set_role(by.account, before.id, Role(role), at)
    after = await people.get(by.account, user_id, storage=storage)
    async with storage.unit_of_work(by.account) as uow:
        await audit.of_thing(uow, before=before, after=after)
    return after
