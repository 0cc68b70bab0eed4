"""The callbacks of one campaign: when one is due and its agent is free, the agent is reserved and the call placed.

They go the way of every call: claim, last word, attempt row, originate. Only the agent comes first, so that nobody who
was promised a call is answered by silence.
"""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

import structlog

from outdial.dialer.agent_pool import AgentPool
from outdial.domain.callbacks import (
    OWNER_FIRST,
    Callback,
    CallbackReason,
    CallbackStatus,
    Takers,
    after_attempt,
    when_due,
)
from outdial.domain.calling_hours import CallingHours
from outdial.domain.campaigns import DialingStrategy
from outdial.domain.outcomes import Reason
from outdial.domain.values import UserId
from outdial.domain.zones import ZoneNames
from outdial.ports.callbacks import CallbackWork, WaitingCallback
from outdial.ports.clock import Clock
from outdial.ports.dialing import Claimed, Ended

log = structlog.get_logger(__name__)

Place = Callable[[UserId, Claimed, ZoneNames], Awaitable[Reason | None]]
"""Has the last word on a claimed record and calls it for a reserved agent; answers why not, if not."""

_AT_ONCE: Final = 1_000
_LISTED_EVERY: Final = timedelta(seconds=15)
"""How often callbacks are compared with the do-not-call lists before they are due; the last word does so anyway."""
_POLL: Final = timedelta(minutes=1)
"""How soon a callback that waits for its agent is looked at again when nothing happens: hours end, and so do weeks."""
_REST: Final = timedelta(seconds=1)


class Callbacks:
    """Knows which callbacks are due, and has them called."""

    def __init__(self, campaign: int, *, store: CallbackWork, pool: AgentPool, clock: Clock, place: Place) -> None:
        self._campaign = campaign
        self._store, self._pool, self._clock, self._place = store, pool, clock, place
        self._due: list[WaitingCallback] = []
        self._active = 0
        self._next: datetime | None = None
        self._stale = True
        self._first = True
        self._ended = True
        self._in_call: set[int] = set()
        self._rests_until: datetime | None = None
        self._listed_at: datetime | None = None

    @property
    def waiting(self) -> bool:
        """Whether a callback waits for its agent."""
        return bool(self._due)

    @property
    def next_due(self) -> datetime | None:
        """When the first of those that are not due yet is due."""
        return self._next

    def changed(self) -> None:
        """Callbacks may have come, moved or gone."""
        self._stale = True

    def in_call(self, records: Iterable[int]) -> None:
        """Attempts of these records were found open; some may be of callbacks."""
        self._in_call.update(records)

    def heard(self, ended: Iterable[Ended]) -> None:
        """The ends of attempts are written; some may be of callbacks."""
        for one in ended:
            if one.record in self._in_call:
                self._in_call.discard(one.record)
                self._ended = True

    def next_look(self, now: datetime) -> datetime | None:
        """When there is something to be done though nothing happens; `None` = never."""
        looks = [] if self._next is None else [self._next]
        if self._due:
            looks.append(now + _POLL)
            looks += [free for one in self._due if (free := one.callback.due_at + OWNER_FIRST) > now]
            if self._rests_until is not None and self._rests_until > now:
                looks.append(self._rests_until)
        return min(looks, default=None)

    async def settle(self, strategy: DialingStrategy) -> None:
        """Say what becomes of the callbacks whose attempts are over. Raises `Unavailable`."""
        if not self._ended:
            return
        self._ended = False
        now = self._clock.now()
        for tried in await self._store.tried_callbacks(self._campaign):
            after = before = tried.callback
            # One that was canceled or promised anew during its call stays what it was made.
            if before.status.active and tried.outcomes:
                after = after_attempt(before, strategy, tried.phone, tried.outcomes, tried.ended_at)
            if not await self._decide(tried.key, before, after, now):
                self._ended = True
        self._stale = True

    async def dial(self, *, hours: CallingHours, ring_seconds: float, lease: str, fence: int) -> bool:
        """Call every due callback whose agent is free; whether records may have come back to ordinary dialing.

        Raises `Unavailable`.
        """
        now = self._clock.now()
        if self._rests_until is not None and now < self._rests_until:
            return False
        touched = False
        if self._stale or (self._next is not None and self._next <= now):
            active = self._active
            await self._read(now)
            touched = self._active != active
        for waiting in list(self._due):
            verdict = when_due(waiting.callback, zones=waiting.zones, hours=hours, now=now, members=waiting.members)
            if isinstance(verdict, Callback):
                self._due.remove(waiting)
                await self._decide(waiting.key, waiting.callback, verdict, now)
                touched = self._stale = True
                continue
            agent = self._reserve(verdict.takers, now + timedelta(seconds=ring_seconds))
            if agent is not None:
                self._due.remove(waiting)
                touched = self._stale = True
                called = False
                try:
                    called = await self._call(waiting, agent, lease, fence)
                finally:
                    if not called:
                        self._rests_until = now + _REST
                        self._pool.not_connected(agent)
        return touched

    # ------------------------------------------------------------------------------------------------------------

    async def _read(self, now: datetime) -> None:
        if self._first:
            await self._store.release_parked(self._campaign, now)
            self._first = False
        if self._listed_at is None or now - self._listed_at >= _LISTED_EVERY:
            for listed in await self._store.listed_callbacks(self._campaign):
                dropped = listed.callback.canceled(CallbackReason.ON_DNC_LIST)
                await self._decide(listed.key, listed.callback, dropped, now)
            self._listed_at = now
        self._due = list(await self._store.due_callbacks(self._campaign, now, limit=_AT_ONCE))
        self._active, self._next = await self._store.coming_callbacks(self._campaign, now)
        self._stale = False

    def _reserve(self, takers: Takers, until: datetime) -> UserId | None:
        candidates = [*takers.agents, *(self._pool.ready_for(self._campaign) if takers.anyone else ())]
        return next((one for one in candidates if self._pool.reserve_agent(self._campaign, one, until=until)), None)

    async def _call(self, waiting: WaitingCallback, agent: UserId, lease: str, fence: int) -> bool:
        callback, now = waiting.callback, self._clock.now()
        parked = await self._store.claim_callback(
            self._campaign, waiting.key, due_at=callback.due_at, lease=lease, fence=fence
        )
        if parked is None:  # it was changed, or its record is in a call
            return False
        claim = Claimed(
            parked.record,
            parked.list_key,
            parked.priority,
            parked.phone.position,
            callback.phone_number,
            parked.phone.type,
            waiting.zone,
            callback.attempts,
            parked.number,
        )
        self._in_call.add(parked.record)
        refused = await self._place(agent, claim, waiting.zones)
        if refused is None:
            await self._store.begin_callback(waiting.key, callback.begun(now))
            log.info("callback_dialed", callback_id=str(callback.id), late_seconds=(now - callback.due_at).seconds)
            return True
        self._in_call.discard(parked.record)
        await self._store.give_back_callback(self._campaign, waiting.key, now)
        if refused is Reason.ON_DNC_LIST:
            await self._decide(waiting.key, callback, callback.canceled(CallbackReason.ON_DNC_LIST), now)
        elif refused is Reason.MAX_ATTEMPTS:
            over = callback.over(CallbackStatus.EXHAUSTED, CallbackReason.MAX_ATTEMPTS)
            await self._decide(waiting.key, callback, over, now)
        return False

    async def _decide(self, key: int, before: Callback, after: Callback, now: datetime) -> bool:
        done = await self._store.decide_callback(key, before, after, now)
        if done and after != before:
            reason = None if after.reason is None else after.reason.value
            log.info("callback_decided", callback_id=str(after.id), status=after.status.value, why=reason)
        return done
