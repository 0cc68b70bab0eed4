"""A server's engine outlives a fault in one campaign: it says so and takes the campaign up again."""

import asyncio
from typing import Any

import pytest

from outdial.adapters.clock import LoopClock, SeededIds
from outdial.adapters.telephony.simulated.carrier import SimulatedCarrier
from outdial.dialer.agent_pool import AgentPool
from outdial.dialer.engine import Engine, EngineSettings
from outdial.domain.pacing.progressive import ProgressivePacer
from outdial.simulation.shift import VIRTUAL_START
from outdial.simulation.virtual_time import run_in_virtual_time


class BrokenAtFirst:
    """A store whose list of campaigns cannot be read for a while, because of a fault and not of an outage."""

    def __init__(self) -> None:
        self.asked = 0

    async def take_lease(self, *_: Any, **__: Any) -> int:
        return 1

    async def drop_lease(self, *_: Any) -> None: ...

    async def running_campaigns(self) -> list[Any]:
        self.asked += 1
        if self.asked < 4:
            raise ZeroDivisionError
        return []


@pytest.mark.parametrize("fail_fast", [False, True])
def test_it_goes_on_unless_it_was_told_to_fail(fail_fast: bool) -> None:
    async def main() -> int:
        clock = LoopClock(asyncio.get_running_loop(), VIRTUAL_START)
        store: Any = BrokenAtFirst()
        engine = Engine(
            holder="test",
            store=store,
            carrier=SimulatedCarrier(clock, seed=1),
            pool=AgentPool(clock),
            clock=clock,
            ids=SeededIds(1),
            new_pacer=lambda running: ProgressivePacer(),
            settings=EngineSettings(fail_fast=fail_fast),
        )
        running = asyncio.create_task(engine.run())
        await clock.sleep(10.0)
        await engine.stop()
        await running
        return int(store.asked)

    if fail_fast:
        with pytest.raises(ZeroDivisionError):
            run_in_virtual_time(main())
    else:
        assert run_in_virtual_time(main()) > 4
