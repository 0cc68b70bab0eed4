"""Agents who are always there: they talk as long as the callee does and wrap up for a while, by keyed chance."""

import asyncio
import math
from collections.abc import Sequence
from datetime import datetime
from random import Random

from outdial.dialer.agent_pool import AgentPool
from outdial.domain.agents import AgentState
from outdial.domain.values import UserId
from outdial.ports.clock import Clock


class SimulatedAgents:
    """Signs users in and makes them ready again after each wrap-up of about `wrap_seconds` on average."""

    def __init__(self, pool: AgentPool, clock: Clock, *, seed: int, wrap_seconds: float = 15.0) -> None:
        self._pool, self._clock, self._seed, self._wrap_seconds = pool, clock, seed, wrap_seconds
        self._mine: set[UserId] = set()
        pool.watch(self)

    def sign_in(self, users: Sequence[UserId], *, until: datetime | None = None) -> None:
        """Begin to work; with `until` they have said that they leave then, and do, after a call that they are in."""
        self._mine |= set(users)
        for user in users:
            self._pool.plan(user, until)
            self._pool.sign_in(user)
        if until is not None:
            seconds = self._clock.real_seconds((until - self._clock.now()).total_seconds())
            asyncio.get_running_loop().call_later(max(0.0, seconds), self.sign_out, users)

    def sign_out(self, users: Sequence[UserId]) -> None:
        for user in users:
            self._pool.leave(user, AgentState.SIGNED_OUT)

    def wrap_up_began(self, agent: UserId, call_key: str) -> None:
        if agent not in self._mine:
            return  # a person, who says by themselves when they are done
        chance = Random(f"{self._seed}:wrap:{call_key}")
        sigma = math.sqrt(math.log1p(0.8**2))
        seconds = chance.lognormvariate(math.log(self._wrap_seconds) - sigma**2 / 2, sigma)
        asyncio.get_running_loop().call_later(self._clock.real_seconds(seconds), self._pool.ready, agent)
