"""The board on the wall: what the engine does now and did in the last ten minutes, for those who watch."""

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Final

from outdial.dialer.campaign_loop import CampaignLoop
from outdial.dialer.engine import Engine
from outdial.domain.activity import Doing
from outdial.domain.agents import Agent, AgentState
from outdial.domain.calls import CallState
from outdial.domain.values import AccountId, CampaignId
from outdial.ports.carrier import MovesMedia, Watched
from outdial.ports.clock import Clock
from outdial.ports.live import LiveCampaign, LiveEngine, Point

MOST_POINTS: Final = 600
MOST_EVENTS: Final = 50
EVERY_SECONDS: Final = 1.0


class _Past:
    """What is remembered of a campaign."""

    def __init__(self) -> None:
        self.points: dict[int, Point] = {}
        self.events: deque[tuple[datetime, str]] = deque(maxlen=MOST_EVENTS)
        self.doing: Doing | None = None


class Board:
    """Implements `outdial.ports.live.LiveBoard` for one engine. `clock` is the one that dialing goes by."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._engine: Engine | None = None
        self._past: dict[CampaignId, _Past] = {}

    @contextlib.asynccontextmanager
    async def watching(self, engine: Engine, wall: Clock) -> AsyncIterator[None]:
        """Look at the engine each second of the wall clock while the block runs."""
        self._engine = engine
        task = asyncio.create_task(self._look_again_and_again(wall), name="board")
        try:
            yield
        finally:
            self._engine = None
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def campaigns(self, account: AccountId) -> Mapping[CampaignId, LiveCampaign]:
        return self._dialed(account)

    def everything(self) -> Mapping[CampaignId, LiveCampaign]:
        return self._dialed(None)

    def engine(self) -> LiveEngine | None:
        engine = self._engine
        if engine is None:
            return None
        carrier = engine.carrier
        silent = carrier.silent_seconds() if isinstance(carrier, Watched) else None
        media = carrier.media_load() if isinstance(carrier, MovesMedia) else None
        return LiveEngine(engine.owns, carrier.free_lines(), silent, tuple(carrier.health()), media)

    def _dialed(self, account: AccountId | None) -> Mapping[CampaignId, LiveCampaign]:
        engine = self._engine
        if engine is None or not engine.owns:
            return {}
        working = _working(engine)
        return {
            CampaignId(loop.campaign_id): self._live(engine, loop, working.get(loop.key, []))
            for loop in engine.loops.values()
            if account is None or loop.account == account
        }

    def look(self) -> None:
        """Remember how things are now."""
        engine = self._engine
        if engine is None or not engine.owns:
            return
        at, working = self._clock.now(), _working(engine)
        for loop in engine.loops.values():
            past = self._past.setdefault(CampaignId(loop.campaign_id), _Past())
            agents = Counter(agent.state for agent in working.get(loop.key, []))
            calls = _calls(loop)
            past.points[int(at.timestamp())] = (
                len(loop.flow.live),
                calls[CallState.DIALING],
                agents[AgentState.READY],
                agents[AgentState.TALKING],
            )
            while len(past.points) > MOST_POINTS:
                del past.points[next(iter(past.points))]
            if loop.activity.doing is not past.doing:
                past.doing = loop.activity.doing
                past.events.appendleft((loop.activity.since, loop.activity.sentence()))
        running = {loop.campaign_id for loop in engine.loops.values()}
        for gone in [campaign for campaign in self._past if campaign not in running]:
            del self._past[gone]

    async def _look_again_and_again(self, wall: Clock) -> None:
        while True:
            self.look()
            await wall.sleep(EVERY_SECONDS)

    def _live(self, engine: Engine, loop: CampaignLoop, agents: list[Agent]) -> LiveCampaign:
        past = self._past.get(CampaignId(loop.campaign_id)) or _Past()
        at_work = engine.pool.at_work(loop.key)
        return LiveCampaign(
            loop.activity,
            _calls(loop),
            Counter(agent.state for agent in agents),
            loop.flow.unanswered / at_work if at_work else 0.0,
            loop.free_lines,
            engine.pool.time_spent().occupancy,
            past.points,
            tuple(past.events),
            loop.progress.attempts,
            loop.progress.outcomes.copy(),
        )


def _working(engine: Engine) -> dict[int, list[Agent]]:
    """Who works for which campaign now."""
    found: dict[int, list[Agent]] = {}
    for agent in engine.pool.agents():
        if (key := engine.pool.works_for(agent.id)) is not None:
            found.setdefault(key, []).append(agent)
    return found


def _calls(loop: CampaignLoop) -> Counter[CallState]:
    return Counter(one.call.state for one in loop.flow.live.values())
