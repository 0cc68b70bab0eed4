"""One campaign at work: look, pace, claim, last word, originate; and always a reason why it is or is not dialing."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog

from outdial.app import attempts
from outdial.app.attempts import Finished, Talking
from outdial.dialer import recovery
from outdial.dialer.agent_pool import AgentPool
from outdial.dialer.call_flow import CallFlow
from outdial.dialer.callbacks import Callbacks
from outdial.dialer.journal import Journal
from outdial.dialer.preview import Previews
from outdial.dialer.second_chances import SecondChances
from outdial.dialer.sharing import Sharing
from outdial.domain import retry
from outdial.domain.activity import Activity, Doing, Elsewhere, NextLimit, Pace
from outdial.domain.calling_hours import CallingHours, HolidayCalendar
from outdial.domain.calls import Failed
from outdial.domain.campaigns import Campaign, CampaignStatus, DialingConfiguration, DialingStrategy, Mode
from outdial.domain.dnc import today
from outdial.domain.eligibility import Candidate, DialLater, DialNow, NeverDial, may_dial
from outdial.domain.errors import Unavailable
from outdial.domain.outcomes import Outcome, Reason
from outdial.domain.pacing.base import Pacer, PacerConfig, State
from outdial.domain.pacing.kept import Counted, caught_up
from outdial.domain.pacing.limits import CallRate, Limit, Room, room
from outdial.domain.pacing.predictive import STALE_SECONDS, STATE_VERSION, PredictivePacer
from outdial.domain.pacing.recording import RecordingPacer
from outdial.domain.retry import NoMore
from outdial.domain.values import AccountId, UserId
from outdial.ports.carrier import CallEvent, Carrier, CarrierUnreachable, NewCall, NoFreeLine, Watched
from outdial.ports.clock import Clock, Ids
from outdial.ports.dialing import Claimed, DialStore, Ended, NewAttempt, Placing, Refused, RunningCampaign

log = structlog.get_logger(__name__)

NOTE_AT_MOST_EVERY: Final = 5.0
"""Seconds of dialing time between two notes of the same campaign's activity in the database."""

BRIEF_SECONDS: Final = 15.0
"""How often a pacer that dials ahead is told the time and how many records are left."""
KEEP_SECONDS: Final = 30.0
"""What a pacer learned is stored so often while it dials: more is not lost when a process dies."""
MOST_LEFT: Final = 10_000
"""More records left than this are as good as any number."""
ALIVE_SECONDS: Final = 1.0
"""A carrier that was heard of so lately is alive."""
STALLED_SECONDS: Final = 10.0
"""Seconds of dialing time without a call after which an event says what stands in the way."""

_DEFAULT_ABANDON_SECONDS: Final = 2
_DEFAULT_RATIO: Final = 1
_DEFAULT_CAP_PERCENT: Final = 3.0
_LIMITED_BY: Final = {
    Limit.RATIO: Doing.LIMITED_BY_RATIO,
    Limit.LINES: Doing.LIMITED_BY_LINES,
    Limit.RATE: Doing.LIMITED_BY_CALL_RATE,
}
_NEXT_LIMIT: Final = {
    Limit.RATIO: NextLimit.RATIO,
    Limit.LINES: NextLimit.LINES,
    Limit.RATE: NextLimit.CALLS_PER_SECOND,
}
_CARRIER_PAUSE: Final = 5.0
_SHORTEST_WAIT: Final = 0.001


@dataclass(frozen=True, slots=True)
class LoopSettings:
    """How a loop works; durations in seconds of dialing time.

    `strict_priority`: a record that waits for its retry holds lower priorities back. `holidays` knows the days off
    that campaigns may keep. `call_rate` holds calls a second of all campaigns together. `decide_seconds` lie between
    two decisions while calls could be made: for half of them, on average, a line or an agent that comes free waits.
    """

    decide_seconds: float = 0.5
    strict_priority: bool = True
    holidays: HolidayCalendar | None = None
    call_rate: CallRate | None = None


@dataclass(slots=True)
class Progress:
    """What a loop has done since it began, counted as it happens: for screens, not for the books."""

    records: int = 0
    final: int = 0
    attempts: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter)


@dataclass(slots=True)
class Stall:
    """How long no call was made, and what was told of it. Instants are of the monotonic clock.

    Attributes:
        over: it was told, and calls are made again.
    """

    dialed_at: float
    why: Doing | None = None
    told_at: float = float("-inf")
    over: bool = False

    def dialed(self, now: float) -> None:
        self.over |= self.why is not None
        self.dialed_at, self.why = now, None

    def told(self, why: Doing, now: float) -> None:
        self.why, self.told_at = why, now

    def left(self, doing: Doing, now: float) -> float | None:
        """Seconds until it is to be told that nothing is dialed because of `doing`; `None` when it was told."""
        if doing is self.why:
            return None
        return max(0.0, max(self.dialed_at, self.told_at) + STALLED_SECONDS - now)


@dataclass(frozen=True, slots=True)
class Ownership:
    """The lease under which campaigns are dialed, with its fence."""

    lease: str
    fence: int


class CampaignLoop:
    """Dials one running campaign until it is told to stop and its calls are over."""

    def __init__(
        self,
        running: RunningCampaign,
        ownership: Ownership,
        *,
        store: DialStore,
        carrier: Carrier,
        pool: AgentPool,
        sharing: Sharing,
        clock: Clock,
        ids: Ids,
        new_pacer: Callable[[RunningCampaign], Pacer],
        settings: LoopSettings,
        spawn: Callable[[Coroutine[Any, Any, None]], object],
        owned: Callable[[], bool] = lambda: True,
    ) -> None:
        self._running, self._ownership, self._settings = running, ownership, settings
        self._owned = owned
        self._store, self._carrier, self._pool, self._clock, self._ids = store, carrier, pool, clock, ids
        self._sharing = sharing
        self._new_pacer = new_pacer
        self.pacer = new_pacer(running)
        self._paced_by = self._pacer_config()
        self._wake = asyncio.Event()
        self._stopping = False
        self._ended = self.wanted_again = False
        self._changed = True
        self.flow = CallFlow(
            running.key,
            carrier=carrier,
            pool=pool,
            clock=clock,
            abandon_seconds=self._paced_by.tab,
            ring_seconds=self._paced_by.maxring,
            tell_pacer=self._tell_pacer,
            journal=self._journal_call,
            spawn=spawn,
        )
        self.previews = Previews(
            running.key,
            pool=pool,
            clock=clock,
            ids=ids,
            call=self.call_for,
            hang_up=self.flow.agent_hangs_up,
            changed=self._previews_changed,
            spawn=spawn,
        )
        self.callbacks = Callbacks(running.key, store=store, pool=pool, clock=clock, place=self._place_callback)
        self.second_chances = SecondChances(running.key, store=store, clock=clock)
        self.journal: Journal[Finished | Talking, Ended] = Journal(clock, self._write_calls, self._ends_written)
        self.activity = Activity(Doing.WAITING_FOR_RETRY, clock.now())
        self.exhausted = asyncio.Event()
        self.progress = Progress()
        self._noted: tuple[Doing, datetime | None, Elsewhere | None] | None = None
        self._noted_at = float("-inf")
        self._kept_at = float("-inf")
        self._kept_attempts = 0
        self._briefed_at = float("-inf")
        self._zones: Mapping[int, tuple[str, ...]] = {}
        self._zone_keys: frozenset[int] = frozenset()
        self._unreachable: frozenset[int] = frozenset()
        self._open: dict[int, datetime] = {}
        self._zones_change: datetime | None = None
        self._zones_known = False
        self._next_due: datetime | None = None
        self._dry = False
        self._work_changed = True
        # What was learned before the pacer at work began, and which live calls are not counted in it yet.
        self._learned: Mapping[str, Any] = running.pacer_state or {}
        self._uncounted: Counted | None = None
        self._newest: tuple[int, datetime] | None = None
        # Until it has looked, a loop knows neither what an engine before it left open nor what a fault did.
        self._unsettled = True
        self._carrier_rests_until = float("-inf")
        self._carrier_failed = False
        self._next_caller = 0
        self._ran_out = False
        self._stall = Stall(clock.monotonic())
        self._started = clock.monotonic()

    # From outside -----------------------------------------------------------------------------------------------

    @property
    def key(self) -> int:
        return self._running.key

    @property
    def campaign_id(self) -> UUID:
        return self._running.campaign.id

    @property
    def name(self) -> str:
        return self.campaign.name

    @property
    def account(self) -> AccountId:
        return self._running.account

    @property
    def calls_due(self) -> int:
        return self.flow.unanswered + self.flow.waiting

    @property
    def unanswered(self) -> int:
        return self.flow.unanswered

    @property
    def ratio(self) -> float:
        return self._paced_by.ratio

    def room(self) -> int:
        """See `PacedCampaign`."""
        rests = self._clock.monotonic() < self._carrier_rests_until
        nothing = self._stopping or rests or (self._dry and not self._work_changed)
        return 0 if nothing else self._room().calls

    def looks_ahead(self) -> tuple[PredictivePacer, float] | None:
        """See `PacedCampaign`."""
        pacer = self._predictive
        if pacer is None:
            return None
        now = self._mono()
        self.pacer.event(now, "look")
        return pacer, now

    @property
    def _predictive(self) -> PredictivePacer | None:
        pacer = self.pacer.recorded if isinstance(self.pacer, RecordingPacer) else self.pacer
        return pacer if isinstance(pacer, PredictivePacer) else None

    @property
    def free_lines(self) -> int:
        return self._carrier.free_lines()

    @property
    def campaign(self) -> Campaign:
        return self._running.campaign

    @property
    def busy(self) -> bool:
        """Whether calls, previews or unwritten ends are left."""
        return bool(self.flow.live) or len(self.journal) > 0 or self.previews.busy

    def update(self, running: RunningCampaign) -> None:
        """Take up a changed campaign: settings, agents, numbers. New records are looked for in any case."""
        if self._ended:
            self.wanted_again = True  # no agents are its own any more: the engine begins anew once all is written
            return
        before = self._running
        self._running = running
        if _paced_by(running.campaign) != _paced_by(before.campaign):
            self._change_pacer()
        self._tell_changes(before)
        self._attach()
        old, new = before.campaign, running.campaign
        if (old.strategy, old.extensions) != (new.strategy, new.extensions):
            self._zones_known = False
        self._changed = self._work_changed = True
        self._wake.set()

    def _tell_changes(self, before: RunningCampaign) -> None:
        """Let the pacer know what it has to go by from now on; it keeps what it learned."""
        if (after := self._pacer_config()) != self._paced_by:
            self._paced_by = after
            self.flow.abandon_seconds, self.flow.ring_seconds = after.tab, after.maxring
            self._tell_pacer("settings", cfg=after)
        lists = (one.campaign.assigned.accepted_lists for one in (before, self._running))
        if before.caller_ids != self._running.caller_ids or len(set(lists)) > 1:
            self._tell_pacer("list_changed")

    def go_on(self, fence: int) -> None:
        """Dial on after a `stop` whose reason has passed, unless the ownership has changed since."""
        if self._ownership.fence == fence:
            self._stopping = False

    def renew(self, fence: int, *, go_on: bool) -> None:
        """The lease has run out and is ours again: what was claimed under it is void, what is being called is not."""
        self._ownership = replace(self._ownership, fence=fence)
        self.previews.end_all()
        self.flow.seat_again()
        if self._newest is not None and self._uncounted is None:
            through, begun_at = self._newest
            self._uncounted = Counted(through, (), begun_at)  # another engine may have dialed meanwhile
        self._stopping, self._unsettled = not go_on, True
        self._wake.set()

    def look_for_records(self) -> None:
        """Records may have come to the campaign's lists."""
        self._changed = True
        self._wake.set()

    def stop(self) -> None:
        """Launch nothing more; `run` ends when the calls in progress are over and written."""
        self._stopping = True
        self.previews.end_all()
        self._wake.set()

    def hear(self, event: CallEvent) -> None:
        self._carrier_failed = False
        self.flow.hear(event)

    def agent_event(self, agent: UserId, kind: str, *, ago: float = 0.0) -> None:
        self._tell_pacer(kind, ago=ago, agent=agent)
        if kind in ("login", "logout"):
            self._wake.set()

    def agent_leaves(self, agent: UserId, at: datetime | None) -> None:
        left = None if at is None else self._mono() + (at - self._clock.now()).total_seconds()
        self._tell_pacer("roster", agent=agent, leaves_at=left)

    def agent_ready(self, agent: UserId) -> None:
        self.flow.agent_ready()
        if self.callbacks.waiting:
            self._wake.set()

    def let_go(self, agent: UserId) -> None:
        self.previews.let_go(agent)
        self.flow.let_go(agent)

    def hang_up(self, agent: UserId) -> bool:
        """The agent ends their call, or takes it back before it was made; false if there is none."""
        return self.previews.cancel(agent) or self.flow.agent_hangs_up(agent)

    # The loop ---------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Dial until stopped and done. The journal runs beside it."""
        self._start_pacer()
        self._uncounted = Counted.of(self._learned)
        self._attach()
        try:
            while self._unsettled or not (self._stopping and not self.busy):
                self._wake.clear()
                try:
                    await self._look()
                    if not self._stopping:
                        await self._dial_callbacks()
                        await self._turn()
                    else:
                        self._observe(Doing.PAUSING)
                    await self._note()
                    await self._tell_of_stall()
                except Unavailable as exc:
                    # A statement may have been carried out whose answer was lost: claims and attempts nobody knows of.
                    self._unsettled = True
                    log.warning("campaign_waits", campaign_id=str(self.campaign_id), why=exc.code)
                    away = Doing.CARRIER_DOWN if isinstance(exc, CarrierUnreachable) else Doing.DATABASE_DOWN
                    self._observe(away)
                    await self._clock.sleep(1.0)
                await self._wait()
            with contextlib.suppress(Unavailable):  # then the next owner does it
                await self.callbacks.settle(self._strategy)
        finally:
            self._ended = True
            self._pool.detach(self.key)

    def _start_pacer(self) -> None:
        self._paced_by = self._pacer_config()
        self.pacer.start(self._paced_by)
        self._tell_time()
        try:
            self.pacer.restore(self._learned)
        except (ValueError, KeyError, TypeError, IndexError) as exc:
            # Of another release: it learns anew, and the allowance of the time before is lost to it.
            log.warning("pacer_begins_anew", campaign_id=str(self.campaign_id), why=repr(exc))
            self._learned = {}
            self.pacer.start(self._paced_by)
            self._tell_time()

    async def _count_the_uncounted(self, uncounted: Counted) -> None:
        """Let the pacer count live calls of another engine: of one that died, or that had the lease in between."""
        settled, newest = await self._store.settled_since(self.key, uncounted)
        self._newest = max(self._newest or (0, uncounted.at), (newest, self._clock.now()))
        self._uncounted = None
        # A pacer under which nothing was dialed yet knows nothing more than what was stored.
        learned = {**self._learned, **self.pacer.state()} if self.progress.attempts else self._learned
        if settled and learned.get("version") == STATE_VERSION:
            log.info("live_calls_counted", campaign_id=str(self.campaign_id), calls=len(settled))
            self._learned = caught_up(learned, settled, self._paced_by)
            self.pacer.restore(self._learned)

    def _pacer_config(self) -> PacerConfig:
        configuration = self._configuration
        return PacerConfig(
            cap=(configuration.max_abandonment_rate or _DEFAULT_CAP_PERCENT) / 100,
            ratio=float(configuration.max_dialing_ratio or _DEFAULT_RATIO),
            tab=float(configuration.abandonment_timeout or _DEFAULT_ABANDON_SECONDS),
            maxring=float(configuration.max_ring_time_in_secs),
            amd=bool(configuration.answering_machine_detection),
            windows=self.campaign.extensions.abandonment_periods,
            timezone=self._running.timezone,
        )

    def _tell_time(self) -> None:
        self.pacer.event(self._mono(), "clock", utc=self._clock.now().timestamp())

    async def _brief_pacer(self) -> None:
        """Tell a pacer that dials ahead what it cannot see from calls and agents; none of it calls for a decision."""
        if isinstance(self._carrier, Watched) and self._carrier.silent_seconds() <= ALIVE_SECONDS:
            self.pacer.event(self._mono(), "heartbeat")
        if self._clock.monotonic() - self._briefed_at >= BRIEF_SECONDS:
            self._briefed_at = self._clock.monotonic()
            self._tell_time()
            left = await self._store.records_left(self.key, MOST_LEFT)
            self.pacer.event(self._mono(), "leads", left=left)

    def _change_pacer(self) -> None:
        """Dial in another way from now on; calls in progress go on as they began."""
        self.previews.end_all()
        self._learned = {**self._learned, **self.pacer.state()}
        self.pacer = self._new_pacer(self._running)
        self._start_pacer()
        self._pool.detach(self.key)  # attached again at once, its new pacer hears of every agent

    async def _look(self) -> None:
        """Bring what is known up to date: records, zones, records whose time has come."""
        if self.previews.given_back:
            back = list(self.previews.given_back)
            await self._store.give_back(self.key, back)
            del self.previews.given_back[: len(back)]
            self._work_changed = True
        if self._unsettled:
            # But for previews, this loop claims and dials in one breath: whatever is claimed now was never dialed.
            self._unsettled = False
            try:
                taken_over = await recovery.put_right(
                    self._store,
                    self._carrier,
                    self.flow,
                    self.key,
                    lease=self._ownership.lease,
                    fence=self._ownership.fence,
                    unwritten=lambda: {entry.attempt for entry in self.journal},
                    claims=self.previews.claims,
                )
            except Unavailable:
                self._unsettled = True
                raise
            self.callbacks.in_call(taken_over)
            self._work_changed = True
        if self._uncounted is not None:
            await self._count_the_uncounted(self._uncounted)
        await self.callbacks.settle(self._strategy)
        if self._changed:
            self.callbacks.changed()
            await self._take_in_records()
            await self.second_chances.lists_changed()
            self._changed = False
        if self.second_chances.busy:
            await self._give_second_chances()
        now = self._clock.now()
        if self._zones_change is not None and now >= self._zones_change:
            self._look_at_zones(now)
        if self._next_due is not None and now >= self._next_due:
            await self._store.promote(self.key, now)
            self._next_due = (await self._store.backlog(self.key)).next_due
            self._work_changed = True

    async def _take_in_records(self) -> None:
        zones = await self._store.zones_of(self.key, fresh=self._zones_known)
        if self._zones_known and not zones:
            return  # nobody came
        if not self._zones_known or not zones <= self._zone_keys:
            self._zones = await self._store.zones()
            self._zone_keys |= zones
            now = self._clock.now()
            self._unreachable = frozenset(
                key for key in self._zone_keys if not self._hours.ever_open(self._zones[key], now)
            )
            if not self._zones_known:
                await self.second_chances.rules_changed(self.campaign, unreachable=bool(self._unreachable))
            self._zones_known = True
            self._look_at_zones(now)
        while taken := await self._store.enrol(self._running, self._unreachable):
            self.progress.records += taken
            self._work_changed = True
        self._next_due = (await self._store.backlog(self.key)).next_due

    async def _give_second_chances(self) -> None:
        """A part of the records that were put out of dialing, looked at by the rules as they are now."""
        if await self.second_chances.step(self.campaign, self._zones, unreachable=self._unreachable):
            self._next_due = (await self._store.backlog(self.key)).next_due
            self._work_changed = True
        if self.second_chances.busy:
            self._wake.set()  # dial on, and come back

    def _look_at_zones(self, now: datetime) -> None:
        """Which zone sets are open, until when, and when that changes next."""
        openings = {key: self._hours.opening(self._zones[key], now) for key in sorted(self._zone_keys)}
        far = datetime.max.replace(tzinfo=now.tzinfo)
        self._open = {key: opening.until or far for key, opening in openings.items() if opening.is_open}
        self._zones_change = min((o.until for o in openings.values() if o.until is not None), default=None)
        self._work_changed = True

    async def _dial_callbacks(self) -> None:
        """What was promised comes before what is only wanted."""
        if self._clock.monotonic() >= self._carrier_rests_until:
            self._work_changed |= await self.callbacks.dial(
                hours=self._hours,
                ring_seconds=float(self._configuration.max_ring_time_in_secs),
                lease=self._ownership.lease,
                fence=self._ownership.fence,
            )

    async def _place_callback(self, agent: UserId, claim: Claimed, zones: tuple[str, ...]) -> Reason | None:
        self._zones = {**self._zones, claim.zone: zones}
        return await self.call_for(agent, claim, lambda: self._pool.serving(agent) != self.key)

    async def _turn(self) -> None:
        """One decision, and what follows from it."""
        if self._dry and not self._work_changed:
            return
        self._dry = False
        if self._clock.monotonic() < self._carrier_rests_until:
            return
        at_work = self._pool.at_work(self.key)
        if not at_work:
            elsewhere = self._pool.elsewhere(self.key)
            away = Doing.NO_AGENTS_READY if elsewhere is None else Doing.AGENTS_ELSEWHERE
            self._observe(away, elsewhere=elsewhere)
            return
        if (down := self._carrier_down()) is not None:
            self._observe(down)
            return
        if self._running.campaign.mode is Mode.PREVIEW:
            await self._offer_previews()
            return
        if _dials_ahead(self.campaign):
            await self._brief_pacer()
        limit = self._room()
        granted = self._sharing.granted(self.key, limit.calls, self._for_all())
        wanted = self.pacer.decide(self._mono(), granted)
        if wanted <= 0:
            pace = self._pace(self._next_limit(limit, wanted)) if self.flow.unanswered else None
            if self._carrier_failed:
                self._observe(Doing.CARRIER_DOWN)  # nobody knows what became of the last calls
            elif limit.calls <= 0:
                self._observe(_LIMITED_BY[limit.limited_by], pace=pace)
            elif isinstance(self._carrier, Watched) and self._carrier.silent_seconds() > STALE_SECONDS:
                self._observe(Doing.CARRIER_SILENT)
            elif self.campaign.mode is Mode.PROGRESSIVE:
                self._observe(Doing.AGENTS_BUSY, pace=pace)
            else:
                self._observe(Doing.LIMITED_BY_ABANDONMENT, pace=pace)
            return
        self._work_changed = False
        launched = await self._launch(wanted)
        if self._clock.monotonic() < self._carrier_rests_until:
            return  # it said why
        if launched < wanted and not self._work_changed:
            await self._run_dry()
        else:
            self._observe(Doing.DIALING, pace=self._pace(self._next_limit(limit, wanted)))

    def _next_limit(self, limit: Room, wanted: int) -> NextLimit:
        """Why not more calls than these are launched."""
        if wanted >= limit.calls:
            return _NEXT_LIMIT[limit.limited_by]
        return NextLimit.AGENTS if self._predictive is None else NextLimit.ABANDONMENT

    def _pace(self, limit: NextLimit) -> Pace:
        ratio = self.flow.unanswered / max(1, self._pool.at_work(self.key))
        pacer = self._predictive
        if pacer is None:
            return Pace(ratio, limit)
        return Pace(ratio, limit, pacer.budget.target(self._mono()), pacer.config.cap)

    def _attach(self) -> None:
        ahead = self._predictive is not None
        self._pool.attach(self.key, self._running.users, self, priority=self.campaign.priority, shares=ahead)

    def _for_all(self) -> int:
        """Calls that all campaigns may launch now, by the limits that they have in common."""
        lines, rate = self._carrier.free_lines(), self._settings.call_rate
        return lines if rate is None else min(lines, rate.available(self._clock.monotonic()))

    def _room(self) -> Room:
        """Calls that the limits allow, whatever the pacer would like."""
        rate = self._settings.call_rate
        return room(
            ratio=self.ratio,
            agents=self._pool.at_work(self.key),
            unanswered=self._sharing.unanswered(self.key),
            lines=self._carrier.free_lines(),
            rate=None if rate is None else rate.available(self._clock.monotonic()),
        )

    def _carrier_down(self) -> Doing | None:
        """Why no call can be placed by any way, however long one waits for a free line; None: one can."""
        ways = self._carrier.health()
        if not all(way.down for way in ways):
            return None
        drained = any(way.draining and way.trouble is None for way in ways)  # that one would take calls
        return Doing.CARRIER_DRAINED if drained else Doing.CARRIER_DOWN

    async def _offer_previews(self) -> None:
        """A record for every agent who is free."""
        wanted = self._pool.free(self.key)
        if not wanted:
            self._observe(Doing.AGENTS_BUSY)
            return
        self._work_changed = False
        claimed = await self._claim(wanted)
        if claimed:
            await self._goes_on()
            async with self._store.placing(self._running, claimed, self._days(claimed)) as placing:
                going, refused = self._last_word(claimed, placing.on_dnc)
            if refused:
                await self._store.refuse(self.key, await self._with_next_phone(refused))
                self._work_changed = True
            for claim in going:
                self.previews.offer(claim, self._strategy)
        if len(claimed) < wanted and not self._work_changed:
            await self._run_dry()
        else:
            self._observe(Doing.DIALING)

    async def call_for(self, agent: UserId, claim: Claimed, cancelled: Callable[[], bool]) -> Reason | None:
        """The last word on a claimed record, and its call for this agent; answers why there is none, if there is none.

        The agent is to be reserved or to have the record on the screen. `cancelled` is asked at the last instant.

        Raises:
            Unavailable: nothing was sent; the record is still claimed.
        """
        if not await self._store.holds(self.key, claim.record, self._ownership.lease, self._ownership.fence):
            return Reason.READY  # another engine may have it by now
        async with self._store.placing(self._running, [claim], self._days([claim])) as placing:
            going, refused = self._last_word([claim], placing.on_dnc)
            if going and cancelled():
                going, refused = [], [Refused(claim.record, Reason.READY, suppressed=False)]
            if going:
                await self._originate(going, placing, agent=agent)
        if not refused:
            return None
        await self._store.refuse(self.key, await self._with_next_phone(refused))
        self._work_changed = True
        self._wake.set()
        return refused[0].reason

    def _previews_changed(self) -> None:
        self._wake.set()

    async def _claim(self, wanted: int) -> Sequence[Claimed]:
        return await self._store.claim(
            self._running,
            lease=self._ownership.lease,
            fence=self._ownership.fence,
            open_zones=self._open,
            wanted=wanted,
            strict=self._settings.strict_priority and self.campaign.extensions.strict_priority,
        )

    def _days(self, claims: Sequence[Claimed]) -> list[date]:
        """For each claim the earliest date it is in the number's time zones."""
        now = self._clock.now()
        return [min(today(zone, now) for zone in self._zones[claim.zone]) for claim in claims]

    async def _launch(self, wanted: int) -> int:
        """Claim, last word, attempt row, call; answers how many records were claimed."""
        claimed = await self._claim(wanted)
        if not claimed:
            return 0
        await self._goes_on()
        async with self._store.placing(self._running, claimed, self._days(claimed)) as placing:
            going, refused = self._last_word(claimed, placing.on_dnc)
            if going:
                await self._originate(going, placing)
        if refused:
            await self._store.refuse(self.key, await self._with_next_phone(refused))
            self._work_changed = True
        return len(claimed)

    def _last_word(
        self, claimed: Sequence[Claimed], on_dnc: frozenset[int]
    ) -> tuple[Sequence[Claimed], Sequence[Refused]]:
        """Who may be called this instant, and why the others may not."""
        now = self._clock.now()
        going, refused = [], []
        for claim in claimed:
            verdict = may_dial(
                Candidate(self._zones[claim.zone], claim.attempts, claim.record in on_dnc),
                status=CampaignStatus.PAUSED if self._stopping else CampaignStatus.RUNNING,
                hours=self._hours,
                max_attempts=self._strategy.max_attempts,
                now=now,
            )
            match verdict:
                case DialNow():
                    going.append(claim)
                case DialLater(_, reason):
                    refused.append(Refused(claim.record, reason, suppressed=False))
                case NeverDial(reason):
                    refused.append(Refused(claim.record, reason, suppressed=True))
        return going, refused

    async def _with_next_phone(self, refused: Sequence[Refused]) -> list[Refused]:
        """A record whose number may not be called goes on with its next phone, if it has one."""
        histories = await self._store.histories(self.key, sorted(one.record for one in refused if one.suppressed))
        answer = []
        for one in refused:
            history = histories.get(one.record)
            if one.suppressed and history is not None:
                phone = retry.next_phone(
                    self._strategy, history.phones, history.position, history.tally, unreachable=self._unreachable
                )
                if phone is not None and history.tally.counted < self._strategy.max_attempts:
                    answer.append(replace(one, suppressed=False, position=phone.position))
                    continue
            answer.append(one)
        return answer

    async def _originate(self, claims: Sequence[Claimed], placing: Placing, *, agent: UserId | None = None) -> None:
        now = self._clock.now()
        new = [
            NewAttempt(self._ids.new("attempt", self.key, claim.record, claim.number), claim, self._caller_id(), now)
            for claim in claims
        ]
        keys = await placing.begin(self._ownership.lease, self._ownership.fence, new)
        configuration, extensions = self._configuration, self.campaign.extensions
        detect = bool(configuration.answering_machine_detection)
        for key, attempt in zip(keys, new, strict=True):
            if key is None:  # another engine has it
                continue
            self._newest = max(self._newest or (0, now), (key, now))
            self.progress.attempts += 1
            sampled = extensions.detection.samples(attempt.id)
            self.flow.launched(key, attempt, detect_machines=detect, sampled=sampled, agent=agent)
            call = NewCall(
                attempt.id,
                attempt.claimed.phone,
                attempt.caller_id,
                float(configuration.max_ring_time_in_secs),
                detect and agent is None,
                f"{attempt.claimed.record}/{attempt.claimed.number}",
                extensions.detection.rules,
                extensions.safety_message,
            )
            if not self._owned():
                # Another engine may have ended this attempt by now, and be calling the same person.
                self._not_sent(attempt.id, Outcome.LOST, "the lease ran out before the call was sent")
                continue
            if self._settings.call_rate is not None:
                self._settings.call_rate.spend(1)
            try:
                await self._carrier.originate(call)
            except NoFreeLine as exc:
                self._not_sent(attempt.id, Outcome.CONGESTION, str(exc))
            except CarrierUnreachable:
                self._carrier_failed = True
                self.flow.unsure(attempt.id)
                self._carrier_rests_until = self._clock.monotonic() + _CARRIER_PAUSE
                self._observe(Doing.CARRIER_DOWN, self._clock.now() + timedelta(seconds=_CARRIER_PAUSE))
            else:
                self._carrier_failed = False
                self._stall.dialed(self._clock.monotonic())

    def _not_sent(self, call_id: UUID, outcome: Outcome, why: str) -> None:
        self.flow.hear(CallEvent(call_id, self._clock.now(), Failed(outcome, cause=why)))

    def _caller_id(self) -> Any:
        """The campaign's numbers in turn."""
        numbers = self._running.caller_ids
        if not numbers:
            return None
        self._next_caller += 1
        return numbers[(self._next_caller - 1) % len(numbers)]

    async def _goes_on(self) -> None:
        """A list that had run out has records again: nobody needs to act."""
        if (self._ran_out or self.campaign.action_required) and not self.campaign.missing():
            await self._store.goes_on(self.key, self._clock.now())
            self._ran_out = False

    async def _run_dry(self) -> None:
        """Nothing could be claimed: find out why, and until when there is no use in asking again."""
        backlog = await self._store.backlog(self.key)
        self._next_due = backlog.next_due
        self._dry = not self._work_changed
        if backlog.exhausted and not self.busy:
            self._observe(Doing.LIST_EXHAUSTED)
            await self._note(at_once=True)
            await self._store.run_out(self.key, self._clock.now())
            self._ran_out = True
            self.exhausted.set()
        elif backlog.exhausted or backlog.claimed:
            self._observe(Doing.LAST_CALLS, pace=self._pace(NextLimit.RECORDS) if self.flow.unanswered else None)
        elif backlog.ready and not self._open:
            self._observe(Doing.OUTSIDE_CALLING_HOURS, self._zones_change)
        elif self._open:
            self._observe(Doing.WAITING_FOR_RETRY, self._next_change())
        else:
            self._observe(Doing.OUTSIDE_CALLING_HOURS, self._zones_change)

    def _next_change(self) -> datetime | None:
        looks = (self._next_due, self._zones_change, self.callbacks.next_due)
        return min((at for at in looks if at is not None), default=None)

    async def _wait(self) -> None:
        """Until the next decision: a moment while there is work, else until something changes."""
        if self._stopping and not self.busy:
            return
        seconds: float | None
        if self._stopping or self._unsettled:
            seconds = 1.0
        elif self._dry:
            change = self._next_change()
            seconds = None if change is None else max(0.0, (change - self._clock.now()).total_seconds())
        elif self.activity.doing is Doing.NO_AGENTS_READY:
            seconds = None
        elif self.activity.doing is Doing.AGENTS_ELSEWHERE:
            seconds = NOTE_AT_MOST_EVERY  # nobody tells of agents who go from one of the other campaigns to the next
        else:
            seconds = self._settings.decide_seconds
        if (look := self.callbacks.next_look(self._clock.now())) is not None and not self._stopping:
            until_look = max(0.0, (look - self._clock.now()).total_seconds())
            seconds = until_look if seconds is None else min(seconds, until_look)
        if not self._stopping and (left := self._stall.left(self.activity.doing, self._clock.monotonic())) is not None:
            # What rounding leaves of a time is too little to make any pass: the loop would go round for ever.
            left = max(left, _SHORTEST_WAIT)
            seconds = left if seconds is None else min(seconds, left)
        try:
            async with asyncio.timeout(None if seconds is None else self._clock.real_seconds(seconds)):
                await self._wake.wait()
        except TimeoutError:
            pass

    # What happens meanwhile -------------------------------------------------------------------------------------

    def _tell_pacer(self, kind: str, *, ago: float = 0.0, **info: Any) -> None:
        self.pacer.event(self._mono() - ago, kind, **info)
        if self.pacer.reactive and not self._dry:
            self._wake.set()

    def _journal_call(self, entry: Finished | Talking) -> None:
        self.journal.add(entry)

    async def _write_calls(self, entries: Sequence[Finished | Talking]) -> Sequence[Ended]:
        finished = [entry for entry in entries if isinstance(entry, Finished)]
        over = {entry.attempt for entry in finished}
        talking = [(entry.attempt, entry.call) for entry in entries if entry.attempt not in over]
        if talking:
            await self._store.connected(talking)
        if not finished:
            return ()
        return await attempts.finish(self._store, self._running, finished, unreachable=self._unreachable)

    def _ends_written(self, ended: Sequence[Ended]) -> None:
        if not ended:
            return
        self.callbacks.heard(ended)
        for one in ended:
            self.progress.outcomes[one.outcome] += 1
            if isinstance(one.step, NoMore):
                self.progress.final += 1
            else:
                self._next_due = min(self._next_due or one.step.at, one.step.at)
        # A record that ended or waits may have held others back, and the last one ends the list.
        self._work_changed = True
        if self._dry or self._stopping:
            self._wake.set()

    # What is told -----------------------------------------------------------------------------------------------

    def _observe(
        self,
        doing: Doing,
        until: datetime | None = None,
        *,
        pace: Pace | None = None,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        if (doing, until) != (self.activity.doing, self.activity.until) or doing is Doing.PAUSING:
            since = self.activity.since if doing is self.activity.doing else self._clock.now()
            self.activity = Activity(doing, since, until, len(self.flow.live), pace, elsewhere)
            self._pool.observed(self.key, doing)
        elif (pace, elsewhere) != (self.activity.pace, self.activity.elsewhere):
            self.activity = replace(self.activity, pace=pace, elsewhere=elsewhere)

    async def _note(self, *, at_once: bool = False) -> None:
        """Keep the stored activity true, without a write for every flicker."""
        if not self._owned():
            return  # whoever dials now says what the campaign does
        now = self.activity.doing, self.activity.until, self.activity.elsewhere
        mono = self._clock.monotonic()
        due = at_once or mono - self._noted_at >= NOTE_AT_MOST_EVERY
        learned = None
        if self.progress.attempts != self._kept_attempts and mono - self._kept_at >= KEEP_SECONDS:
            self._kept_attempts, self._kept_at = self.progress.attempts, mono
            learned = self._to_keep()
        if learned is None and (now == self._noted or not due):
            return
        self._noted, self._noted_at = now, mono
        await self._store.note(self.key, activity_json(self.activity), learned)

    def _to_keep(self) -> State | None:
        """What was learned and spent, and the attempts it knows of; `None` if there is nothing."""
        learned = {**self._learned, **self.pacer.state()}
        if not learned or self._uncounted is not None:
            return None
        if self._newest is None:
            return learned
        return Counted(self._newest[0], self.flow.awaited, self._clock.now()).beside(learned)

    async def _tell_of_stall(self) -> None:
        """An event when no call was made for a while: what stands in the way; and one when calls are made again."""
        doing, now = self.activity.doing, self._clock.monotonic()
        if self._stall.over:
            await self._store.tell(self.key, "campaign.dialing", {}, self._clock.now())
            self._stall.over = False
        elif not self._stopping and self._stall.left(doing, now) == 0.0:
            await self._store.tell(self.key, "campaign.not_dialing", activity_json(self.activity), self._clock.now())
            self._stall.told(doing, now)

    async def note_end(self) -> None:
        """Store what the pacer learned, and that this engine no longer dials; nothing if another one does."""
        if not self._owned():
            return
        nobody = Activity(Doing.NO_ENGINE, self._clock.now())
        try:
            await self._store.note(self.key, activity_json(nobody), self._to_keep())
        except Unavailable as exc:
            log.warning("campaign_end_not_noted", campaign_id=str(self.campaign_id), why=exc.code)

    def _mono(self) -> float:
        return self._clock.monotonic() - self._started

    @property
    def _configuration(self) -> DialingConfiguration:
        assert self._running.campaign.configuration is not None, "an incomplete campaign cannot run"
        return self._running.campaign.configuration

    @property
    def _strategy(self) -> DialingStrategy:
        assert self._running.campaign.strategy is not None, "an incomplete campaign cannot run"
        return self._running.campaign.strategy

    @property
    def _hours(self) -> CallingHours:
        return CallingHours.of(self.campaign, self._settings.holidays)


def _paced_by(campaign: Campaign) -> tuple[Mode | None, bool]:
    """What decides which pacer a campaign has."""
    return campaign.mode, campaign.extensions.shadow


def _dials_ahead(campaign: Campaign) -> bool:
    """Whether the predictive pacer is at work, be it only beside another one."""
    return campaign.mode is Mode.PREDICTIVE or campaign.extensions.shadow


def activity_json(activity: Activity) -> dict[str, object]:
    """The activity as the API shows it."""
    return {
        "activity": activity.doing.value,
        "since": _instant(activity.since),
        "reason": activity.sentence(),
        **({"until": _instant(activity.until)} if activity.until is not None else {}),
        **({"limit": activity.pace.limit.value} if activity.pace is not None else {}),
    }


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
