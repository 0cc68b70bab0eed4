"""The installation's trunks: looked at, drained, taken back. For its operator, who is the account `default`."""

from collections.abc import Sequence

from outdial.app import audit
from outdial.app.campaigns import uuid_of
from outdial.domain.audit import Kind
from outdial.domain.trunks import Trunk, TrunkId, TrunkNotFound
from outdial.domain.values import AccountId
from outdial.ports.storage import Storage


async def listed(account: AccountId, *, storage: Storage) -> Sequence[Trunk]:
    """All of them, for the operator; nobody else has any."""
    async with storage.unit_of_work(account) as uow:
        return await uow.trunks.all()


async def named(account: AccountId, name: str, *, storage: Storage) -> Trunk:
    """Raises `TrunkNotFound`."""
    for trunk in await listed(account, storage=storage):
        if trunk.name == name:
            return trunk
    raise TrunkNotFound(name)


async def get(account: AccountId, trunk_id: str, *, storage: Storage) -> Trunk:
    """Raises `TrunkNotFound`."""
    async with storage.unit_of_work(account) as uow:
        return await uow.trunks.get(_id(trunk_id))


async def drain(account: AccountId, trunk_id: str, *, storage: Storage) -> Trunk:
    """Let a trunk get no further calls, until `resume`; those that it has go on. Engines follow within seconds.

    Raises:
        TrunkNotFound: no such trunk.
    """
    return await _put(account, trunk_id, drained=True, storage=storage)


async def resume(account: AccountId, trunk_id: str, *, storage: Storage) -> Trunk:
    """Let a trunk get calls again. Raises `TrunkNotFound`."""
    return await _put(account, trunk_id, drained=False, storage=storage)


async def _put(account: AccountId, trunk_id: str, *, drained: bool, storage: Storage) -> Trunk:
    async with storage.unit_of_work(account) as uow:
        before = await uow.trunks.get(_id(trunk_id), lock=True)
        await uow.trunks.put_drained(before.id, drained)
        after = await uow.trunks.get(before.id)
        old, new = ({"name": one.name, "drained": one.drained} for one in (before, after))
        await audit.note(uow, Kind.TRUNK, before.id, before=old, after=new)
    return after


def _id(trunk_id: str) -> TrunkId:
    uuid = uuid_of(trunk_id)
    if uuid is None:
        raise TrunkNotFound(trunk_id)
    return TrunkId(uuid)
