"""Phone agents: made for users, changed, removed; one transaction each."""

from collections.abc import Sequence
from dataclasses import replace

from outdial.app import numbers, users
from outdial.app.campaigns import uuid_of
from outdial.domain.access import Principal
from outdial.domain.errors import FieldProblem, Invalid
from outdial.domain.phone_agents import (
    BrowserPhone,
    BrowserPhones,
    PhoneAgent,
    PhoneAgentId,
    PhoneAgentNotFound,
    PhoneMode,
    in_browser,
    is_sip_address,
)
from outdial.domain.values import UserId
from outdial.ports.clock import Clock, Ids
from outdial.ports.storage import Storage, UnitOfWork
from outdial.ports.users import UserNotFound


async def create(
    *, user_id: str, address: str, mode: PhoneMode, by: Principal, storage: Storage, clock: Clock, ids: Ids
) -> PhoneAgent:
    """Give a user a phone to take calls on.

    Raises:
        Invalid: no such user, or nothing that a phone could be called at.
        UserHasPhone: the user has one already.
    """
    checked = _checked(address)
    async with storage.unit_of_work(by.account) as uow:
        try:
            # Held: a user who is removed meanwhile takes the phone along.
            user = await users.found(uow, user_id, lock=True)
        except UserNotFound:
            raise Invalid("Invalid input", [FieldProblem("user_id", "there is no user with this id")]) from None
        agent = PhoneAgent(PhoneAgentId(ids.new("phone_agent")), user.id, checked, mode, clock.now())
        await uow.phone_agents.add(agent)
    return agent


async def get(agent_id: str, *, by: Principal, storage: Storage) -> PhoneAgent:
    """Raises `PhoneAgentNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        return await _found(uow, agent_id)


async def listed(
    *, user_id: str | None, offset: int, limit: int, by: Principal, storage: Storage
) -> tuple[int, Sequence[PhoneAgent]]:
    """How many phone agents there are, or are of a user, and one page of them."""
    uuid = None if user_id is None else uuid_of(user_id)
    if user_id is not None and uuid is None:
        return 0, []
    async with storage.unit_of_work(by.account) as uow:
        return await uow.phone_agents.page(user=None if uuid is None else UserId(uuid), offset=offset, limit=limit)


async def browser_phone(*, phones: BrowserPhones | None, by: Principal, storage: Storage) -> BrowserPhone | None:
    """The phone that the browser of whoever asks can be; None where there is none for them."""
    if phones is None or by.user is None:
        return None
    async with storage.unit_of_work(by.account) as uow:
        _, found = await uow.phone_agents.page(user=by.user, offset=0, limit=1)
    return in_browser(found[0], phones) if found else None


async def change(
    agent_id: str, *, address: str | None, mode: PhoneMode | None, by: Principal, storage: Storage
) -> PhoneAgent:
    """Give a phone agent another address or mode; what is None stays.

    Raises:
        PhoneAgentNotFound: no such phone agent.
        Invalid: nothing that a phone could be called at.
    """
    async with storage.unit_of_work(by.account) as uow:
        before = await _found(uow, agent_id, lock=True)
        agent = replace(
            before,
            address=before.address if address is None else _checked(address),
            mode=before.mode if mode is None else mode,
        )
        if agent != before:
            await uow.phone_agents.save(agent)
    return agent


async def remove(agent_id: str, *, by: Principal, storage: Storage) -> None:
    """Take a user's phone away; the user stays. Raises `PhoneAgentNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        await uow.phone_agents.remove((await _found(uow, agent_id, lock=True)).id)


async def _found(uow: UnitOfWork, agent_id: str, *, lock: bool = False) -> PhoneAgent:
    uuid = uuid_of(agent_id)
    if uuid is None:
        raise PhoneAgentNotFound(agent_id)
    return await uow.phone_agents.get(PhoneAgentId(uuid), lock=lock)


def _checked(address: str) -> str:
    """The address, if a phone can be called at it. Raises `Invalid`."""
    if is_sip_address(address):
        return address
    try:
        return numbers.e164(address)
    except Invalid:
        said = "must be a number in E.164, such as +12025550142, or a SIP address, such as sip:ana@pbx.example.com"
        raise Invalid("Invalid input", [FieldProblem("address", said)]) from None
