"""Previews of one campaign: a record on an agent's screen until it is dialed, skipped, or its time is over.

The time is the server's: what comes after it is refused, whatever the agent's screen shows.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from outdial.dialer.agent_pool import AgentPool
from outdial.domain.agents import AgentState, Work
from outdial.domain.campaigns import DialingStrategy, StrategyType
from outdial.domain.errors import Unavailable
from outdial.domain.outcomes import Reason
from outdial.domain.values import UserId
from outdial.ports.clock import Clock, Ids
from outdial.ports.desk import NoSkipLeft, PreviewNotDialed, PreviewOver
from outdial.ports.dialing import Claimed, GivenBack


@dataclass(slots=True)
class Preview:
    """A record on an agent's screen, claimed for nobody else."""

    id: UUID
    agent: UserId
    claim: Claimed
    until: datetime | None
    automatic: bool
    skips_left: int
    timer: asyncio.TimerHandle | None = None
    cancelled: bool = False


class Previews:
    """Who has what on the screen. `call` carries out the last word and the call; it answers why not, if not."""

    def __init__(
        self,
        campaign: int,
        *,
        pool: AgentPool,
        clock: Clock,
        ids: Ids,
        call: Callable[[UserId, Claimed, Callable[[], bool]], Awaitable[Reason | None]],
        hang_up: Callable[[UserId], object],
        changed: Callable[[], None],
        spawn: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        self._campaign = campaign
        self._pool, self._clock, self._ids = pool, clock, ids
        self._call, self._hang_up, self._changed, self._spawn = call, hang_up, changed, spawn
        self._open: dict[UserId, Preview] = {}
        self._placing: dict[UserId, Preview] = {}  # being dialed, no attempt yet
        self.given_back: list[GivenBack] = []
        """Records that go back to the list: for the campaign's loop to write down."""

    @property
    def busy(self) -> bool:
        return bool(self._open or self._placing or self.given_back)

    @property
    def claims(self) -> list[int]:
        """Records that are claimed here without an attempt."""
        records = [preview.claim.record for preview in (*self._open.values(), *self._placing.values())]
        return sorted(records + [back.record for back in self.given_back])

    def offer(self, claim: Claimed, strategy: DialingStrategy) -> bool:
        """Show the record to the agent who waits longest; false if nobody is free any more."""
        now = self._clock.now()
        until = None if strategy.preview_timeout is None else now + timedelta(seconds=strategy.preview_timeout)
        skips_left = max(0, (strategy.max_skip_attempts or 0) - claim.skips)
        preview_id = self._ids.new("preview", self._campaign, claim.record, claim.number, claim.skips, now.isoformat())
        work = Work(
            self._campaign,
            claim.record,
            claim.phone,
            claim.phone_type,
            claim.number,
            preview=preview_id,
            skips_left=skips_left,
        )
        agent = self._pool.preview(self._campaign, lambda _: work, until=until)
        if agent is None:
            self.given_back.append(GivenBack(claim.record, None))
            return False
        automatic = strategy.strategy_type is StrategyType.AUTOMATIC
        preview = self._open[agent] = Preview(preview_id, agent, claim, until, automatic, skips_left)
        if until is not None:
            seconds = self._clock.real_seconds((until - now).total_seconds())
            preview.timer = asyncio.get_running_loop().call_later(seconds, self._time_over, preview)
        return True

    async def dial(self, agent: UserId, preview_id: UUID) -> None:
        """Call the record now.

        Raises:
            PreviewOver: too late.
            PreviewNotDialed: the last word was no; the agent is free again.
            Unavailable: the database does not answer; the record goes back.
        """
        await self._dial(self._take(agent, preview_id))

    def skip(self, agent: UserId, preview_id: UUID) -> None:
        """Send the record back; the agent is free for the next one.

        Raises:
            PreviewOver: too late.
            NoSkipLeft: it has to be dialed.
        """
        preview = self._open.get(agent)
        if preview is not None and preview.id == preview_id and not preview.skips_left:
            raise NoSkipLeft
        self._skipped(self._take(agent, preview_id))
        self._pool.not_connected(agent)

    def cancel(self, agent: UserId) -> bool:
        """The agent hangs up before the call is on its way; false if nothing of the kind goes on."""
        if (preview := self._placing.get(agent)) is not None:
            preview.cancelled = True
        return preview is not None

    def let_go(self, agent: UserId) -> None:
        """The agent leaves the preview: the record goes back as it came, and the skip is not counted."""
        if (preview := self._open.get(agent)) is not None:
            self._close(preview)
            self.given_back.append(GivenBack(preview.claim.record, None))
            self._changed()
        self.cancel(agent)

    def end_all(self) -> None:
        """The campaign stops: every record goes back, every agent is free."""
        for agent in list(self._open):
            self.let_go(agent)
            self._pool.not_connected(agent)

    # ------------------------------------------------------------------------------------------------------------

    def _take(self, agent: UserId, preview_id: UUID) -> Preview:
        preview = self._open.get(agent)
        late = preview is not None and preview.until is not None and self._clock.now() >= preview.until
        if preview is None or preview.id != preview_id or late:
            raise PreviewOver
        self._close(preview)
        return preview

    def _close(self, preview: Preview) -> None:
        del self._open[preview.agent]
        if preview.timer is not None:
            preview.timer.cancel()

    def _holds(self, preview: Preview) -> bool:
        """Whether the agent is still at this record: they are taken from whatever lasts too long."""
        work = self._pool.work(preview.agent)
        return work is not None and work.preview == preview.id

    def _free(self, preview: Preview) -> None:
        if self._holds(preview):
            self._pool.not_connected(preview.agent)

    def _skipped(self, preview: Preview) -> None:
        self.given_back.append(GivenBack(preview.claim.record, self._clock.now()))
        self._changed()

    def _time_over(self, preview: Preview) -> None:
        """The countdown is at zero: dial, or take the record from somebody who does not answer."""
        if self._open.get(preview.agent) is not preview:
            return
        self._close(preview)
        if preview.automatic:
            self._spawn(self._dial_at_zero(preview))
        else:
            self._skipped(preview)
            # Whoever lets one preview run out would let the next one run out too.
            self._pool.leave(preview.agent, AgentState.PAUSED, "preview_expired")

    async def _dial_at_zero(self, preview: Preview) -> None:
        # Whatever stood in the way: the record has its reason, the agent is free again.
        with contextlib.suppress(PreviewNotDialed, Unavailable):
            await self._dial(preview)

    async def _dial(self, preview: Preview) -> None:
        agent = preview.agent
        self._pool.dialing(agent)
        self._placing[agent] = preview
        try:
            reason = await self._call(agent, preview.claim, lambda: preview.cancelled or not self._holds(preview))
        except Unavailable:
            self.given_back.append(GivenBack(preview.claim.record, None))
            self._free(preview)
            raise
        finally:
            del self._placing[agent]
            self._changed()
        if reason is not None:
            self._free(preview)
            raise PreviewNotDialed(reason)
        if preview.cancelled:
            self._hang_up(agent)
