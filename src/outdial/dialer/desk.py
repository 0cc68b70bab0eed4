"""The agents' desks on the engine's side: what they and their supervisors want, what becomes of them, and its log.

A command acts on the pool at once; every change is then told on the bus and written down in order, retried until the
database takes it. A new engine finds who was signed in and gives them the time of a lost link to come back.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from outdial.app import dispositions
from outdial.dialer.agent_pool import Changed
from outdial.dialer.call_flow import CallFlow
from outdial.dialer.campaign_loop import CampaignLoop
from outdial.dialer.engine import Engine
from outdial.dialer.journal import Journal
from outdial.domain.agents import Agent, AgentCannot, AgentState, Link, Trouble
from outdial.domain.values import AccountId, CampaignId, UserId
from outdial.ports.agents import AgentEntry, Session, SessionStore
from outdial.ports.bus import Bus, Message
from outdial.ports.clock import Clock, Ids
from outdial.ports.desk import (
    AgentIsSimulated,
    NewSession,
    NoEngine,
    NotInCall,
    PreviewOver,
    Seat,
    SessionNotFound,
)
from outdial.ports.storage import Storage

CHANGED: Final = "agent.changed"
FREED: Final = "agent.freed"
"""Topics of the bus: any change, and a change that nobody asked for, with the reason."""

_IN_CALL: Final = frozenset({AgentState.DIALING, AgentState.RESERVED, AgentState.TALKING})


@dataclass(slots=True)
class _Chair:
    """Who sits where. Without a session the machine plays the agent."""

    account: AccountId
    user: UserId
    signed_in_at: datetime
    session: Session | None = None
    extension: timedelta = timedelta(0)


class FrontDesk:
    """Implements `outdial.ports.desk.Desk` for one engine.

    Use it around the engine's life: `async with desk.open(): ... desk.serve(engine) ...`; at the end of the block
    everything is written.
    """

    def __init__(self, store: SessionStore, storage: Storage, bus: Bus, clock: Clock, ids: Ids) -> None:
        self._store, self._storage, self._bus, self._clock, self._ids = store, storage, bus, clock, ids
        self._chairs: dict[UserId, _Chair] = {}
        self._by_session: dict[UUID, _Chair] = {}
        self._campaigns: dict[int, CampaignId] = {}
        self._journal: Journal[AgentEntry, None] = Journal(clock, self._write, lambda written: None)
        self._unsaid: Journal[tuple[AccountId, UUID], None] = Journal(clock, self._stand_in, lambda written: None)
        self._signing_in = asyncio.Lock()
        self._engine: Engine | None = None

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["FrontDesk"]:
        """Keep the log while the block runs; at its end nobody is served any more and all of the log is written."""
        journals = [
            asyncio.create_task(self._journal.run(), name="agents' log"),
            asyncio.create_task(self._unsaid.run(), name="default dispositions"),
        ]
        try:
            yield self
        finally:
            self._engine = None
            await self._journal.drained()
            await self._unsaid.drained()
            for task in journals:
                task.cancel()
            await asyncio.gather(*journals, return_exceptions=True)

    def serve(self, engine: Engine) -> None:
        """Work with this engine; its agents sit down as soon as it owns the dialing."""
        self._engine = engine
        engine.pool.observe(self._hear)
        engine.ownership_changed = self._take_over

    def adopt(self, account: AccountId, users: Sequence[UserId]) -> None:
        """Show agents whom the machine plays beside the others."""
        for user in users:
            self._chairs[user] = _Chair(account, user, self._clock.now())

    # What agents and supervisors do ------------------------------------------------------------------------------

    async def seats(self, account: AccountId) -> Sequence[Seat]:
        pool = self._working().pool
        mine = [chair for chair in self._chairs.values() if chair.account == account and pool.agent(chair.user)]
        return [self._seat(chair) for chair in sorted(mine, key=lambda chair: (chair.signed_in_at, str(chair.user)))]

    async def seat(self, account: AccountId, session: UUID) -> Seat:
        return self._seat(self._chair(account, session))

    async def sign_in(self, new: NewSession) -> tuple[Seat, bool]:
        engine = self._working()
        async with self._signing_in:
            chair = self._chairs.get(new.user)
            if chair is not None and chair.session is None:
                raise AgentIsSimulated
            here = engine.pool.agent(new.user)
            if chair is not None and chair.session is not None and here is not None:
                if here.state is not AgentState.SIGNED_OUT:
                    return await self._resume(chair, chair.session, new), False
                self._drop(new.user)
            now = self._clock.now()
            session = Session(
                self._ids.new("session"), new.account, new.user, new.campaigns, new.wrap_up, now, new.ends_at
            )
            state = AgentState.READY if new.ready else AgentState.PAUSED
            agent = Agent(new.user, state, now, seen_at=now, reason=None if new.ready else "signed_in")
            await self._store.begin(session, agent)
            chair = self._sit_down(session, agent, new.extension)
            self._note(Changed(replace(agent, state=AgentState.SIGNED_OUT), agent, None, None))
            return self._seat(chair), True

    async def heard(self, account: AccountId, session: UUID) -> Seat:
        chair = self._chair(account, session)
        self._working().pool.heard(chair.user)
        return self._seat(chair)

    async def ready(self, account: AccountId, session: UUID) -> Seat:
        chair, agent = self._at(account, session)
        pool = self._working().pool
        if agent.state in _IN_CALL:
            if agent.leaving is None:
                raise AgentCannot(agent.id, agent.state, AgentState.READY)
            pool.stay(agent.id)
        elif agent.state is AgentState.READY:
            pool.stay(agent.id)
        else:
            pool.ready(agent.id)
        return self._seat(chair)

    async def pause(self, account: AccountId, session: UUID, reason: str | None, *, after_call: bool) -> Seat:
        chair, agent = self._at(account, session)
        pool = self._working().pool
        if after_call:
            pool.pause_after(agent.id, reason)
        else:
            pool.leave(agent.id, AgentState.PAUSED, reason)
        return self._seat(chair)

    async def dial(self, account: AccountId, session: UUID, preview: UUID) -> Seat:
        chair, agent = self._at(account, session)
        await self._loop_of(agent.id).previews.dial(agent.id, preview)
        return self._seat(chair)

    async def skip(self, account: AccountId, session: UUID, preview: UUID) -> Seat:
        chair, agent = self._at(account, session)
        self._loop_of(agent.id).previews.skip(agent.id, preview)
        return self._seat(chair)

    async def hang_up(self, account: AccountId, session: UUID) -> Seat:
        chair, agent = self._at(account, session)
        loop = self._serving_loop(agent.id)
        if loop is None or not loop.hang_up(agent.id):
            raise NotInCall
        return self._seat(chair)

    async def hold(self, account: AccountId, session: UUID) -> Seat:
        chair, agent = self._at(account, session)
        await self._flow_of(agent.id).hold(agent.id, on=True)
        return self._seat(chair)

    async def unhold(self, account: AccountId, session: UUID) -> Seat:
        chair, agent = self._at(account, session)
        await self._flow_of(agent.id).hold(agent.id, on=False)
        return self._seat(chair)

    async def send_digits(self, account: AccountId, session: UUID, digits: str) -> Seat:
        chair, agent = self._at(account, session)
        await self._flow_of(agent.id).send_digits(agent.id, digits)
        return self._seat(chair)

    async def wrap_up_done(self, account: AccountId, session: UUID) -> Seat:
        chair, agent = self._at(account, session)
        if agent.state is not AgentState.WRAP_UP:
            raise AgentCannot(agent.id, agent.state, AgentState.READY)
        self._working().pool.ready(agent.id)
        return self._seat(chair)

    async def extend_wrap_up(self, account: AccountId, session: UUID) -> Seat:
        chair, agent = self._at(account, session)
        self._working().pool.extend_wrap_up(agent.id, chair.extension)
        return self._seat(chair)

    async def sign_out(self, account: AccountId, session: UUID, reason: str | None) -> Seat:
        chair, agent = self._at(account, session)
        self._working().pool.leave(agent.id, AgentState.SIGNED_OUT, reason)
        return self._seat(chair)

    # ------------------------------------------------------------------------------------------------------------

    def _working(self) -> Engine:
        if self._engine is None or not self._engine.owns:
            raise NoEngine
        return self._engine

    def _chair(self, account: AccountId, session: UUID) -> _Chair:
        self._working()
        chair = self._by_session.get(session)
        if chair is None or chair.account != account:
            raise SessionNotFound
        return chair

    def _at(self, account: AccountId, session: UUID) -> tuple[_Chair, Agent]:
        """Who sits there; a command is a sign of life, too."""
        chair = self._chair(account, session)
        pool = self._working().pool
        pool.heard(chair.user)
        agent = pool.agent(chair.user)
        if agent is None or agent.state is AgentState.SIGNED_OUT:
            raise SessionNotFound
        return chair, agent

    def _serving_loop(self, agent: UserId) -> CampaignLoop | None:
        engine = self._working()
        return engine.loops.get(engine.pool.serving(agent) or 0)

    def _loop_of(self, agent: UserId) -> CampaignLoop:
        loop = self._serving_loop(agent)
        if loop is None:
            raise PreviewOver
        return loop

    def _flow_of(self, agent: UserId) -> CallFlow:
        loop = self._serving_loop(agent)
        if loop is None:
            raise NotInCall
        return loop.flow

    def _seat(self, chair: _Chair) -> Seat:
        pool = self._working().pool
        agent = pool.agent(chair.user)
        assert agent is not None, "whoever has a chair is in the pool"
        return Seat(
            chair.session.id if chair.session is not None else None,
            chair.account,
            agent,
            chair.session.campaigns if chair.session is not None else None,
            self._campaign_of(agent.id),
            pool.work(agent.id),
            chair.signed_in_at,
            chair.session.ends_at if chair.session is not None else None,
        )

    def _campaign_of(self, agent: UserId) -> CampaignId | None:
        """Whom the agent works for; of a campaign that has stopped meanwhile the name is remembered."""
        if self._engine is None:
            return None
        key = self._engine.pool.works_for(agent)
        if key is not None and (loop := self._engine.loops.get(key)) is not None:
            self._campaigns[key] = CampaignId(loop.campaign_id)
        return self._campaigns.get(key) if key is not None else None

    async def _resume(self, chair: _Chair, session: Session, new: NewSession) -> Seat:
        """The screen was loaded again, or somebody signs in at another one."""
        pool = self._working().pool
        if new.campaigns is not None and new.campaigns != session.campaigns:
            await self._store.choose(session.id, new.campaigns)
            chair.session = session = replace(session, campaigns=new.campaigns)
            pool.choose(chair.user, new.campaigns)
        if new.ends_at is not None and new.ends_at != session.ends_at:
            await self._store.plan(session.id, new.ends_at)
            chair.session = replace(session, ends_at=new.ends_at)
            pool.plan(chair.user, new.ends_at)
        pool.heard(chair.user)
        return self._seat(chair)

    def _sit_down(self, session: Session, agent: Agent, extension: timedelta) -> _Chair:
        chair = _Chair(session.account, session.user, session.signed_in_at, session, extension)
        self._chairs[session.user] = self._by_session[session.id] = chair
        pool = self._working().pool
        pool.plan(session.user, session.ends_at)
        pool.seat(agent, campaigns=session.campaigns, wrap_up=session.wrap_up)
        return chair

    def _drop(self, user: UserId) -> None:
        """Whoever signed out leaves the room."""
        engine, chair = self._engine, self._chairs.get(user)
        if engine is None or chair is None or chair.session is None:
            return
        agent = engine.pool.agent(user)
        if agent is not None and agent.state is AgentState.SIGNED_OUT:
            engine.pool.remove(user)
            del self._chairs[user], self._by_session[chair.session.id]

    async def _take_over(self, owns: bool) -> None:
        """The engine has become the owner of the dialing, or is no longer: the agents go with it."""
        engine = self._engine
        if engine is None:
            return
        for chair in [chair for chair in self._chairs.values() if chair.session is not None]:
            engine.pool.remove(chair.user)
            del self._chairs[chair.user]
        self._by_session.clear()
        if not owns:
            return
        sessions = await self._store.open_sessions()
        now = self._clock.now()
        for session, agent in sessions:
            chair = _Chair(session.account, session.user, session.signed_in_at, session, session.wrap_up)
            self._chairs[session.user] = self._by_session[session.id] = chair
            back = _back(agent, session, now - engine.pool.limits.link, now)
            engine.pool.plan(session.user, session.ends_at)
            engine.pool.seat(back, campaigns=session.campaigns, wrap_up=session.wrap_up)
            self._note(Changed(agent, back, None, "engine_restarted"))
            if back.state is AgentState.SIGNED_OUT:
                self._drop(session.user)

    # What becomes of them ---------------------------------------------------------------------------------------

    def _hear(self, change: Changed) -> None:
        # After the end of service the agents' timers still run for a moment, and nobody is there to be told.
        if self._engine is not None and change.after.id in self._chairs:
            self._note(change)
            if change.why == Trouble.WRAP_UP_OVER.value and change.work is not None and change.work.attempt is not None:
                self._unsaid.add((self._chairs[change.after.id].account, change.work.attempt))
            if change.after.state is AgentState.SIGNED_OUT:
                asyncio.get_running_loop().call_soon(self._drop, change.after.id)

    def _note(self, change: Changed) -> None:
        """Tell it, and write it down."""
        chair, agent, now = self._chairs[change.after.id], change.after, self._clock.now()
        engine = self._engine
        assert engine is not None, "agents change only while there is an engine"
        campaign = self._campaign_of(agent.id)
        work = change.work
        payload: dict[str, object] = {
            "user_id": str(agent.id),
            "session_id": str(chair.session.id) if chair.session is not None else None,
            "state": agent.state.value,
            "since": _instant(agent.since),
            "until": _instant(agent.until) if agent.until is not None else None,
            "reason": agent.reason,
            "leaving": agent.leaving.value if agent.leaving is not None else None,
            "link": agent.link.value,
            "campaign_id": str(campaign) if campaign is not None else None,
            "preview_id": str(work.preview) if work is not None and work.preview is not None else None,
            "attempt_id": str(work.attempt) if work is not None and work.attempt is not None else None,
            "why": change.why,
        }
        payload = {name: value for name, value in payload.items() if value is not None}
        self._bus.publish(Message(CHANGED, chair.account, payload, now))
        if change.why is not None and change.why.startswith(("stuck", "link_gone", "away")):
            self._bus.publish(Message(FREED, chair.account, payload, now))
        if chair.session is not None:
            attempt = work.attempt if work is not None else None
            key = engine.pool.works_for(agent.id)
            self._journal.add(AgentEntry(chair.session.id, now, agent, key, attempt, change.why))

    async def _stand_in(self, unsaid: Sequence[tuple[AccountId, UUID]]) -> Sequence[None]:
        for account, attempt in unsaid:
            await dispositions.stand_in(
                attempt, account=account, storage=self._storage, clock=self._clock, ids=self._ids
            )
        return ()

    async def _write(self, entries: Sequence[AgentEntry]) -> Sequence[None]:
        await self._store.write(entries)
        return ()


def _back(agent: Agent, session: Session, seen_at: datetime, now: datetime) -> Agent:
    """An agent as an engine finds them after another one has gone: their call is over, their screen to be heard of."""
    here = replace(agent, seen_at=seen_at, link=Link.LOST)
    match agent.state:
        case AgentState.PAUSED:
            return here
        case AgentState.TALKING | AgentState.WRAP_UP:
            return replace(here, state=AgentState.WRAP_UP, since=now, until=now + session.wrap_up)
        case _ if agent.leaving is not None:
            return Agent(agent.id, agent.leaving, now, reason=agent.leaving_reason, seen_at=seen_at, link=Link.LOST)
        case _:
            return replace(here, state=AgentState.READY, since=now)


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
