"""Keeps a campaign's records that are out of dialing in step with its rules: who may be called after all goes on.

Rules are compared by a mark that is stored with the campaign, so that what changes while nobody dials is seen, too. A
step is small, and the dialer goes on between two of them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import structlog

from outdial.app.second_chances import look_again
from outdial.domain.campaigns import Campaign
from outdial.domain.dnc import today
from outdial.domain.second_chances import rules_of
from outdial.ports.clock import Clock
from outdial.ports.second_chances import SecondChanceWork, Which

log = structlog.get_logger(__name__)

_LISTS_AT_MOST_EVERY: Final = timedelta(seconds=5)
"""How often suppressed records are compared with do-not-call lists that keep changing."""
_DAYS_BEGIN: Final = timedelta(minutes=15)
"""Every offset of a time zone is a multiple of it: so often, somewhere, a new day may let entries end."""


@dataclass(slots=True)
class _Pass:
    """One way through the records of a kind; `mark` is stored when its last one is done."""

    which: Which
    after: int = 0
    moved: int = 0
    mark: str | None = None


class SecondChances:
    """What is left to be looked at again; `step` does a part of it."""

    def __init__(self, campaign: int, *, store: SecondChanceWork, clock: Clock) -> None:
        self._campaign, self._store, self._clock = campaign, store, clock
        self._passes: list[_Pass] = []
        self._lists: tuple[datetime | None, int, datetime] | None = None
        self._listed_at: datetime | None = None

    @property
    def busy(self) -> bool:
        return bool(self._passes)

    async def rules_changed(self, campaign: Campaign, *, unreachable: bool) -> None:
        """The campaign's settings may be others; with `unreachable` there are zones that never open together.

        Raises `Unavailable`.
        """
        mark = rules_of(campaign)
        self._passes = [one for one in self._passes if one.which is Which.SUPPRESSED]
        if await self._store.judged_by(self._campaign) == mark:
            return
        if unreachable:
            self._passes.append(_Pass(Which.READY))
        self._again(Which.SUPPRESSED)
        self._passes.append(_Pass(Which.FINAL, mark=mark))

    async def lists_changed(self) -> None:
        """Do-not-call lists may be others. Raises `Unavailable`."""
        now = self._clock.now()
        if self._listed_at is not None and now - self._listed_at < _LISTS_AT_MOST_EVERY:
            return
        begun = datetime.min.replace(tzinfo=now.tzinfo)
        lists = (*await self._store.lists_as_of(self._campaign), now - (now - begun) % _DAYS_BEGIN)
        if lists != self._lists:
            self._lists, self._listed_at = lists, now
            self._again(Which.SUPPRESSED)

    async def step(
        self, campaign: Campaign, zones: Mapping[int, Sequence[str]], *, unreachable: Collection[int]
    ) -> bool:
        """Look at the next few records; whether any of them goes on. Raises `Unavailable`."""
        if not self._passes or campaign.strategy is None:
            return False
        one = self._passes[0]
        now = self._clock.now()
        days: dict[int, date] = {key: min(today(name, now) for name in names) for key, names in zones.items() if names}
        after, moved = await look_again(
            self._store,
            self._campaign,
            campaign.strategy,
            one.which,
            unreachable=unreachable,
            days=days,
            after=one.after,
        )
        one.moved += moved
        if after is not None:
            one.after = after
            return bool(moved)
        self._passes.pop(0)
        if one.mark is not None:
            await self._store.judge_by(self._campaign, one.mark)
        if one.moved:
            log.info("second_chances", campaign=self._campaign, which=one.which.name.lower(), records=one.moved)
        return bool(moved)

    def _again(self, which: Which) -> None:
        self._passes = [one for one in self._passes if one.which is not which]
        self._passes.append(_Pass(which))
