"""Users of an account: made one by one, changed, removed, and listed."""

from dataclasses import replace

from outdial.app import audit
from outdial.app.campaigns import unassign_everywhere, uuid_of
from outdial.domain.access import Role
from outdial.domain.errors import FieldProblem, Invalid
from outdial.domain.logins import LastAdmin
from outdial.domain.values import AccountId, UserId
from outdial.ports.campaigns import Part
from outdial.ports.clock import Clock, Ids
from outdial.ports.storage import Storage, UnitOfWork
from outdial.ports.users import User, UserNotFound

MAX_NAME = 100
MAX_EMAIL = 254  # RFC 5321 section 4.5.3.1.3: a path is 256 octets with its angle brackets.


async def create(account: AccountId, *, name: str, email: str | None, storage: Storage, clock: Clock, ids: Ids) -> User:
    """Make a user, who can then be assigned to campaigns.

    Raises:
        Invalid: no name, or something that is no e-mail address.
        EmailTaken: another user of the account has the address.
    """
    user = _checked(User(UserId(ids.new("user")), name, email, clock.now()))
    async with storage.unit_of_work(account) as uow:
        await uow.users.add(user)
        await audit.of_thing(uow, after=user)
    return user


async def get(account: AccountId, user_id: str, *, storage: Storage) -> User:
    """Raises `UserNotFound`."""
    async with storage.unit_of_work(account) as uow:
        return await found(uow, user_id)


async def change(
    account: AccountId,
    user_id: str,
    *,
    name: str | None = None,
    email: str | None = None,
    no_email: bool = False,
    storage: Storage,
) -> User:
    """Give a user another name or address, or with `no_email` none; what is None stays.

    Raises:
        UserNotFound: no such user.
        Invalid: no name, or something that is no e-mail address.
        EmailTaken: another user of the account has the address.
    """
    async with storage.unit_of_work(account) as uow:
        before = await found(uow, user_id, lock=True)
        address = None if no_email else before.email if email is None else email
        user = _checked(replace(before, name=before.name if name is None else name, email=address))
        if user != before:
            await uow.users.save(user)
            await audit.of_thing(uow, before=before, after=user)
    return user


async def remove(account: AccountId, user_id: str, *, storage: Storage, clock: Clock) -> None:
    """Let a user exist no longer: nobody's agent, in no team, without a phone. Attempts go on naming them.

    Raises:
        UserNotFound: no such user.
        LastAdmin: nobody would be left who may say who signs in.
    """
    async with storage.unit_of_work(account) as uow:
        user = await found(uow, user_id, lock=True)
        if user.role is Role.ADMIN and user.has_password and not await uow.users.has_other_admin(user.id):
            raise LastAdmin
        await unassign_everywhere(uow, Part.USERS, user.id, clock)
        await uow.users.remove(user.id, clock.now())
        await audit.of_thing(uow, before=user)


async def found(uow: UnitOfWork, user_id: str, *, lock: bool = False) -> User:
    """The user of an id as it came from outside. Raises `UserNotFound`."""
    uuid = uuid_of(user_id)
    user = None if uuid is None else await uow.users.find(UserId(uuid), lock=lock)
    if user is None:
        raise UserNotFound(user_id)
    return user


async def listed(account: AccountId, *, offset: int, limit: int, storage: Storage) -> tuple[int, list[User]]:
    """How many users there are, and one page of them in the order in which they were made."""
    async with storage.unit_of_work(account) as uow:
        return await uow.users.count(), await uow.users.page(offset=offset, limit=limit)


async def ensure_simulated(account: AccountId, count: int, *, storage: Storage, clock: Clock, ids: Ids) -> list[User]:
    """So many agents that a machine plays, always the same ones: those that are missing are made."""
    wanted = {f"agent-{number}@simulated.invalid": f"Agent {number}" for number in range(1, count + 1)}
    async with storage.unit_of_work(account) as uow:
        users = await uow.users.by_email(wanted.keys())
        for email, name in wanted.items():
            if email not in users:
                users[email] = User(UserId(ids.new("user")), name, email, clock.now())
                await uow.users.add(users[email])
    return [users[email] for email in wanted]


def _checked(user: User) -> User:
    name, email = checked(user.name, user.email)
    return replace(user, name=name, email=email)


def checked(name: str, email: str | None) -> tuple[str, str | None]:
    """A user's texts brought into form. Raises `Invalid` with every wrong member."""
    name = name.strip()
    email = email.strip().lower() if email is not None else None
    problems = []
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        problems.append(FieldProblem("name", f"must be 1 to {MAX_NAME} printable characters"))
    if email is not None and not _looks_like_email(email):
        problems.append(FieldProblem("email", "must be an e-mail address, such as ana@example.com"))
    if problems:
        raise Invalid("the user is not valid", problems)
    return name, email


def _looks_like_email(text: str) -> bool:
    """Whether a message could be addressed to it; only its owner can say whether it arrives."""
    local, at, host = text.rpartition("@")
    return (
        bool(local and at and "." in host.strip("."))
        and len(text) <= MAX_EMAIL
        and text.isprintable()
        and not any(letter in ' ,;<>"' for letter in text)
    )
