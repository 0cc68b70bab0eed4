"""Caller ids of an account: added one by one, and listed."""

import re

import phonenumbers

from outdial.app import audit
from outdial.app.campaigns import unassign_everywhere, uuid_of
from outdial.domain.errors import FieldProblem, Invalid
from outdial.domain.values import AccountId, PhoneNumber
from outdial.ports.campaigns import Part
from outdial.ports.clock import Clock, Ids
from outdial.ports.numbers import CallerNumber, NumberId, NumberNotFound
from outdial.ports.storage import Storage, UnitOfWork

FICTION = PhoneNumber("+12025550100")
"""A caller id that belongs to nobody: North American numbers 555-0100 to 555-0199 are kept for fiction."""

_E164 = re.compile(r"\+[1-9][0-9]{7,14}")


def e164(text: str) -> PhoneNumber:
    """The number, if it is written in E.164 and has a length that its country uses.

    It need not be in service: numbers kept for fiction are welcome, as simulations call from them.

    Raises:
        Invalid: it is no such number.
    """
    if _E164.fullmatch(text):
        try:
            if phonenumbers.is_possible_number(phonenumbers.parse(text)):
                return PhoneNumber(text)
        except phonenumbers.NumberParseException:
            pass
    problem = FieldProblem("phone_number", "must be a number in E.164: a plus sign, country code and digits only")
    raise Invalid(f"{text!r} is not a phone number in E.164, such as +12025550142", [problem])


async def add(account: AccountId, *, phone_number: str, storage: Storage, clock: Clock, ids: Ids) -> CallerNumber:
    """Give an account a number that its campaigns may call from.

    Raises:
        Invalid: the number is not E.164.
        NumberTaken: the account has it already.
    """
    number = CallerNumber(NumberId(ids.new("number")), e164(phone_number), clock.now())
    async with storage.unit_of_work(account) as uow:
        await uow.numbers.add(number)
        await audit.of_thing(uow, after=number)
    return number


async def get(account: AccountId, number_id: str, *, storage: Storage) -> CallerNumber:
    """Raises `NumberNotFound`."""
    async with storage.unit_of_work(account) as uow:
        return await _found(uow, number_id)


async def remove(account: AccountId, number_id: str, *, storage: Storage, clock: Clock) -> None:
    """Give a number up: campaigns call from it no longer, and those that have no other one want attention.

    Raises:
        NumberNotFound: no such number.
    """
    async with storage.unit_of_work(account) as uow:
        number = await _found(uow, number_id, lock=True)
        await unassign_everywhere(uow, Part.NUMBERS, number.id, clock)
        await uow.numbers.remove(number.id)
        await audit.of_thing(uow, before=number)


async def listed(account: AccountId, *, offset: int, limit: int, storage: Storage) -> tuple[int, list[CallerNumber]]:
    """How many caller ids there are, and one page of them in the order in which they were added."""
    async with storage.unit_of_work(account) as uow:
        return await uow.numbers.count(), await uow.numbers.page(offset=offset, limit=limit)


async def ensure_simulated(account: AccountId, *, storage: Storage, clock: Clock, ids: Ids) -> CallerNumber:
    """The caller id that simulations call from; made when it is missing."""
    async with storage.unit_of_work(account) as uow:
        present = await uow.numbers.by_phone([FICTION])
        if FICTION in present:
            return present[FICTION]
        number = CallerNumber(NumberId(ids.new("number")), FICTION, clock.now())
        await uow.numbers.add(number)
    return number


async def _found(uow: UnitOfWork, number_id: str, *, lock: bool = False) -> CallerNumber:
    uuid = uuid_of(number_id)
    number = None if uuid is None else await uow.numbers.find(NumberId(uuid), lock=lock)
    if number is None:
        raise NumberNotFound(number_id)
    return number
