"""Users and caller ids of an account: who sees what, and what a simulation finds ready."""

from uuid import UUID

import pytest

from outdial.adapters.clock import SeededIds
from outdial.adapters.storage.clients import AccessRows
from outdial.adapters.storage.database import Database
from outdial.adapters.storage.unit_of_work import SqlStorage
from outdial.app import numbers, users
from outdial.domain.errors import Invalid
from outdial.domain.values import AccountId, PhoneNumber, UserId
from outdial.ports.clock import Clock
from outdial.ports.numbers import NumberId, NumberTaken
from outdial.ports.users import EmailTaken

NOBODY = UUID(int=0)


@pytest.fixture
async def accounts(database: Database, clock: Clock) -> tuple[AccountId, AccountId]:
    """Two accounts that have nothing to do with each other."""
    access = AccessRows(database)
    north, south = [await access.add_account(name, clock.now()) for name in ("north", "south")]
    return north.id, south.id


@pytest.fixture
def ids() -> SeededIds:
    return SeededIds(1)


class TestUsers:
    async def test_only_users_of_the_account_are_known(
        self, accounts: tuple[AccountId, AccountId], storage: SqlStorage, clock: Clock, ids: SeededIds
    ) -> None:
        ours, theirs = [
            await users.create(account, name="Ana", email=None, storage=storage, clock=clock, ids=ids)
            for account in accounts
        ]
        async with storage.unit_of_work(accounts[0]) as uow:
            assert await uow.users.known([ours.id, theirs.id, UserId(NOBODY)]) == {ours.id}
            assert await uow.users.find(ours.id) == ours
            assert await uow.users.find(theirs.id) is None

    async def test_a_taken_address_leaves_the_unit_of_work_usable(
        self, accounts: tuple[AccountId, AccountId], storage: SqlStorage, clock: Clock, ids: SeededIds
    ) -> None:
        first = await users.create(
            accounts[0], name="Ana", email="ana@example.com", storage=storage, clock=clock, ids=ids
        )
        async with storage.unit_of_work(accounts[0]) as uow:
            with pytest.raises(EmailTaken):
                await uow.users.add(first)
            assert await uow.users.count() == 1

    async def test_a_simulation_finds_the_same_agents_again(
        self, accounts: tuple[AccountId, AccountId], storage: SqlStorage, clock: Clock, ids: SeededIds
    ) -> None:
        few = await users.ensure_simulated(accounts[0], 2, storage=storage, clock=clock, ids=ids)
        more = await users.ensure_simulated(accounts[0], 3, storage=storage, clock=clock, ids=ids)
        assert [user.id for user in more[:2]] == [user.id for user in few]
        total, page = await users.listed(accounts[0], offset=0, limit=10, storage=storage)
        assert (total, page) == (3, more)

    async def test_every_wrong_member_is_named(
        self, accounts: tuple[AccountId, AccountId], storage: SqlStorage, clock: Clock, ids: SeededIds
    ) -> None:
        with pytest.raises(Invalid) as refused:
            await users.create(accounts[0], name="", email="nobody", storage=storage, clock=clock, ids=ids)
        assert [field.name for field in refused.value.fields] == ["name", "email"]


class TestNumbers:
    async def test_only_numbers_of_the_account_are_known(
        self, accounts: tuple[AccountId, AccountId], storage: SqlStorage, clock: Clock, ids: SeededIds
    ) -> None:
        ours, theirs = [
            await numbers.add(account, phone_number=number, storage=storage, clock=clock, ids=ids)
            for account, number in zip(accounts, ("+12025550142", "+12025550143"), strict=True)
        ]
        async with storage.unit_of_work(accounts[0]) as uow:
            assert await uow.numbers.known([ours.id, theirs.id, NumberId(NOBODY)]) == {ours.id}
            assert await uow.numbers.by_phone([ours.phone_number, theirs.phone_number]) == {ours.phone_number: ours}
            assert await uow.numbers.find(theirs.id) is None

    async def test_two_accounts_may_call_from_the_same_number(
        self, accounts: tuple[AccountId, AccountId], storage: SqlStorage, clock: Clock, ids: SeededIds
    ) -> None:
        for account in accounts:
            await numbers.add(account, phone_number="+12025550142", storage=storage, clock=clock, ids=ids)
        with pytest.raises(NumberTaken):
            await numbers.add(accounts[0], phone_number="+12025550142", storage=storage, clock=clock, ids=ids)

    async def test_a_simulation_finds_the_same_number_again(
        self, accounts: tuple[AccountId, AccountId], storage: SqlStorage, clock: Clock, ids: SeededIds
    ) -> None:
        first = await numbers.ensure_simulated(accounts[0], storage=storage, clock=clock, ids=ids)
        again = await numbers.ensure_simulated(accounts[0], storage=storage, clock=clock, ids=ids)
        assert first == again
        assert first.phone_number.startswith("+1202555010"), "a number kept for fiction"

    @pytest.mark.parametrize("text", ["+12025550142", "+447700900123", "+351919000000"])
    def test_e164_is_taken_as_it_is(self, text: str) -> None:
        assert numbers.e164(text) == PhoneNumber(text)
