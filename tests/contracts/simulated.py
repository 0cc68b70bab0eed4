"""The simulated carrier in virtual time: what waits, waits for nothing."""

import asyncio
import itertools
import math

from outdial.adapters.clock import LoopClock, SeededIds
from outdial.adapters.telephony.simulated.carrier import Fate, SimulatedCarrier
from outdial.domain.outcomes import Outcome
from outdial.domain.values import PhoneNumber, UserId
from outdial.simulation.shift import VIRTUAL_START
from outdial.simulation.virtual_time import run_in_virtual_time
from tests.contracts.stage import Callee, Stage, Story

_FATES = {
    Callee.PERSON: Fate(Outcome.CONNECTED, 0.5, 1.0, patience_seconds=5.0, talk_seconds=6.0),
    Callee.BRIEF_PERSON: Fate(Outcome.CONNECTED, 0.5, 1.0, patience_seconds=2.0, talk_seconds=2.0),
    Callee.BUSY: Fate(Outcome.BUSY, 0.5, 1.0),
    Callee.NOBODY: Fate(Outcome.NO_ANSWER, 0.5, math.inf),
    Callee.UNKNOWN_NUMBER: Fate(Outcome.INVALID_NUMBER, 0.5, 1.0),
    Callee.REJECTS: Fate(Outcome.REJECTED, 0.5, 1.0),
    Callee.CONGESTED: Fate(Outcome.CONGESTION, 0.5, 1.0),
}


class SimulatedNetwork:
    """Implements `tests.contracts.stage.Network`."""

    def play(self, story: Story, *, lines: int = 20) -> None:
        async def main() -> None:
            clock = LoopClock(asyncio.get_running_loop(), VIRTUAL_START)
            carrier = SimulatedCarrier(clock, seed=1, lines=lines)
            numbers = itertools.count(100)

            def number(callee: Callee) -> PhoneNumber:
                new = PhoneNumber(f"+120255501{next(numbers) - 100:02}")
                carrier.script[new] = _FATES[callee]
                return new

            ids = SeededIds(1)
            caller_id, agent = PhoneNumber("+12025550199"), UserId(ids.new("user"))
            await story(Stage(carrier, clock, ids, number, caller_id, agent))

        run_in_virtual_time(main())
