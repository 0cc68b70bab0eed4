"""Events leave with the change that made them, in order, once."""

from outdial.adapters.bus.memory import MemoryBus
from outdial.adapters.storage.database import Database
from outdial.adapters.storage.outbox import OutboxRows, Relay
from outdial.domain.values import AccountId
from outdial.ports.bus import Message
from outdial.ports.clock import Clock

ACME = AccountId(7)


async def test_committed_events_reach_the_bus_in_order_and_once(database: Database, clock: Clock) -> None:
    heard: list[Message] = []
    bus = MemoryBus()
    bus.subscribe(("campaign.",), heard.append)
    relay = Relay(database, bus)
    async with database.transaction() as connection:
        for n in range(3):
            await OutboxRows(connection, ACME, clock).add("campaign.changed", {"n": n})
        await OutboxRows(connection, ACME, clock).add("records.added", {})
    assert await relay.once() == 4
    assert [(message.topic, message.account, message.payload["n"]) for message in heard] == [
        ("campaign.changed", ACME, n) for n in range(3)
    ]
    assert await relay.once() == 0


async def test_what_an_open_transaction_might_still_precede_waits_for_it(database: Database, clock: Clock) -> None:
    heard: list[Message] = []
    bus = MemoryBus()
    bus.subscribe(("",), heard.append)
    relay = Relay(database, bus)
    async with database.transaction() as slow:
        await OutboxRows(slow, ACME, clock).add("a.first", {})
        async with database.transaction() as quick:
            await OutboxRows(quick, ACME, clock).add("b.second", {})
        assert await relay.once() == 0
    assert await relay.once() == 2
    assert [message.topic for message in heard] == ["a.first", "b.second"]


async def test_nothing_leaves_when_the_change_is_undone(database: Database, clock: Clock) -> None:
    try:
        async with database.transaction() as connection:
            await OutboxRows(connection, ACME, clock).add("campaign.changed", {})
            raise RuntimeError
    except RuntimeError:
        pass
    assert await Relay(database, MemoryBus()).once() == 0


def test_who_stops_listening_hears_nothing_more(clock: Clock) -> None:
    heard: list[Message] = []
    bus = MemoryBus()
    stop = bus.subscribe(("campaign.",), heard.append)
    bus.publish(Message("campaign.changed", ACME, {}, clock.now()))
    stop()
    bus.publish(Message("campaign.changed", ACME, {}, clock.now()))
    assert len(heard) == 1
