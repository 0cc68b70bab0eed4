"""Life tables: when a ringing call is answered, and when a busy agent is free.

Both are hazards (the chance of the event in the next bin for one who got that far), counted over everyone who is
or was at risk. What still rings or talks is thereby included: averages over finished calls and conversations alone
would be made of the short ones, and dial too much.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Indexes = NDArray[np.int_]

RING_BIN = 0.5
"""Seconds per bin of the ring table, equal to the width of a launch cohort."""
RING_SLACK_SECONDS = 15.0
RING_HALVE_ABOVE = 4000
ANSWER_POINTS = (0.125, 0.375, 0.625, 0.875)
"""A new call's answer time is represented by these points of its distribution."""

TALK_SECONDS, TALK_PRIOR_SECONDS = 1500, 180.0
WRAP_SECONDS, WRAP_PRIOR_SECONDS = 400, 45.0
PRIOR_ENDS = 3
SHRINKAGE = 6
HALVE_ABOVE = 3000
LOOK_AHEAD_SECONDS = 200
"""Tables reach this much further than their horizon: longest ringing plus analysis plus waiting."""
HIGHEST_HAZARD = 0.95
LEAST_STILL_RINGING, LEAST_STILL_BUSY = 1e-6, 1e-300
"""What is divided by is at least so much."""


class RingTable:
    """Time from launch to the end of ringing, with a live answer as one of the competing ends.

    Attributes (after `rebuild`):
        points: seconds from launch to a live answer at each of `ANSWER_POINTS`.
        reach: for each point, by age in bins: chance that a call ringing since then is answered live within that
            point, for a campaign whose every call is (to be multiplied by the chance of a live answer per launch).
    """

    def __init__(self, maxring: float) -> None:
        bins = ceil((maxring + RING_SLACK_SECONDS) / RING_BIN)
        self.over = np.zeros(bins)
        self.live = np.zeros(bins)
        self.points: list[float] = []
        self.reach: list[list[float]] = []
        self._arrived: list[float] = []
        self._survival: list[float] = []
        first, last = (int(min(seconds, maxring) / RING_BIN) for seconds in (3.0, 20.0))
        spread = range(first, max(first + 1, last))
        for b in spread:
            self.live[b] += 4 / len(spread)
            self.over[b] += 6 / len(spread)
        self.over[int(min(25.0, maxring) / RING_BIN)] += 2
        self._total = float(self.over.sum())
        self.rebuild(())

    def ring_over(self, seconds: float) -> None:
        """Count a call that rang this long, whatever the end."""
        self.over[self._bin(seconds)] += 1
        self._total += 1
        if self._total > RING_HALVE_ABOVE:
            self.fade()

    def answered_live(self, seconds: float) -> None:
        """Count a person's answer after this much ringing."""
        self.live[self._bin(seconds)] += 1

    def fade(self) -> None:
        """Halve the weight of all that was seen."""
        self.over /= 2
        self.live /= 2
        self._total /= 2

    def rebuild(self, ringing: Iterable[tuple[float, int]]) -> None:
        """Derive the curves from the counts and from the calls now ringing, as (age in seconds, how many)."""
        at_risk = self.over.copy()
        for age, calls in ringing:
            at_risk[self._bin(age)] += calls
        at_risk = np.add.accumulate(at_risk[::-1])[::-1]
        someone = at_risk > 0
        survival, answered = np.ones(len(at_risk) + 1), np.zeros(len(at_risk) + 1)
        ends = np.divide(self.over, at_risk, out=np.zeros_like(at_risk), where=someone)
        np.multiply.accumulate(1 - ends, out=survival[1:])
        answers = np.divide(survival[:-1] * self.live, at_risk, out=np.zeros_like(at_risk), where=someone)
        np.add.accumulate(answers, out=answered[1:])
        arrived = answered / max(answered[-1], 1e-9)
        self._arrived, self._survival = arrived.tolist(), survival.tolist()
        self.points = [self.within(point) for point in ANSWER_POINTS]
        # (G(a + tau) - G(a)) / S(a) of the competing-risk curve G, freed of its own answer rate: dialing tables
        # remember far longer than the rate does, so the rate is put in afresh at each decision. All ages a are whole
        # bins, so that a + tau falls on the same place between two of them: a shift and one interpolation.
        bins = np.array(self.points)[:, np.newaxis] / RING_BIN
        whole = bins.astype(int)
        ages = np.arange(len(arrived)) + whole
        beyond = np.concatenate((arrived, np.ones(len(arrived) + 1)))
        low, high = beyond[ages], beyond[ages + 1]
        gain = low + (bins - whole) * (high - low) - arrived
        self.reach = (gain / np.maximum(survival, LEAST_STILL_RINGING)).tolist()

    def answers_within(self, age: float, seconds: float) -> float:
        """As `reach`, for any age and any time ahead, in seconds."""
        at = min(max(0, int(age / RING_BIN)), len(self._survival) - 1)
        gain = self.arrived(at * RING_BIN + seconds) - self._arrived[at]
        return max(0.0, gain) / max(self._survival[at], LEAST_STILL_RINGING)

    def arrived(self, seconds: float) -> float:
        """Share of live answers that come within this time of launch."""
        position = seconds / RING_BIN
        if position <= 0:
            return 0.0
        b = int(position)
        if b >= len(self._arrived) - 1:
            return 1.0
        low = self._arrived[b]
        return low + (position - b) * (self._arrived[b + 1] - low)

    def within(self, share: float) -> float:
        """Seconds from launch within which this share of the live answers comes; the inverse of `arrived`."""
        b = max(1, bisect_left(self._arrived, share))
        low, high = self._arrived[b - 1], self._arrived[b]
        return RING_BIN * (b - 1 + (share - low) / (high - low))

    def _bin(self, seconds: float) -> int:
        return min(max(0, int(seconds / RING_BIN)), len(self.over) - 1)

    def state(self) -> dict[str, Any]:
        """The counts, as JSON values."""
        return {"over": self.over.tolist(), "live": self.live.tolist()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up stored counts at half weight; those beyond this table's end join its last bin."""
        self.over, self.live = (_refit(state[name], len(self.over)) for name in ("over", "live"))
        self._total = float(self.over.sum())
        self.fade()
        self.rebuild(())


class LifeCurve:
    """How long something lasts, as it was known at one moment, by whole seconds.

    Args:
        hazard: chance to end within the second that begins there, for one who got so far.
        constant: the same for all later seconds.
        horizon: whole seconds that anyone is believed to have got to.

    Attributes:
        alive: chance to last so many seconds.
        ends: chance to end in the second that begins there.
        still: `alive` at each time of `ELAPSED` within the horizon, as what is divided by.
    """

    __slots__ = ("alive", "ends", "grid", "still")

    def __init__(self, hazard: Numbers, constant: float, horizon: int) -> None:
        hazards = np.full(horizon + LOOK_AHEAD_SECONDS, constant)
        np.minimum(hazard, HIGHEST_HAZARD, out=hazards[: len(hazard)])
        self.alive = np.ones(len(hazards) + 1)
        np.multiply.accumulate(1 - hazards, out=self.alive[1:])
        self.ends = self.alive[:-1] * hazards
        self.grid = _grid_within(horizon)
        self.still = np.maximum(self.alive[self.grid], LEAST_STILL_BUSY)

    def lasts(self, seconds: float) -> float:
        """Chance to last at least so many seconds."""
        whole = int(seconds)
        low, high = self.alive[whole : whole + 2].tolist()
        chance: float = low + (seconds - whole) * (high - low)
        return chance


class DurationTable:
    """How long something lasts, by whole seconds, shrunk towards a constant hazard while little is known.

    Attributes:
        curve: the life table as of the last `rebuild`.
    """

    curve: LifeCurve

    def __init__(self, horizon: int, prior_seconds: float) -> None:
        self.ended = np.zeros(horizon)
        self.seconds = 0.0
        self._prior_seconds = prior_seconds
        self._samples = 0.0
        self._longest = 0.0
        self.rebuild(())

    def add(self, seconds: float) -> None:
        """Count one that lasted this long."""
        self.ended[min(int(seconds), len(self.ended) - 1)] += 1
        self.seconds += seconds
        self._longest = max(self._longest, seconds)
        self._samples += 1
        if self._samples > HALVE_ABOVE:
            self.fade()

    def fade(self) -> None:
        """Halve the weight of all that was seen."""
        self.ended /= 2
        self.seconds /= 2
        self._samples /= 2

    def rebuild(self, running: Sequence[float]) -> None:
        """Derive the curves from the counts and from those now running, as elapsed seconds."""
        constant = (self._samples + PRIOR_ENDS) / (self.seconds + sum(running) + self._prior_seconds)
        horizon = len(self.ended)
        seen = min(horizon, int(max(self._longest, max(running, default=0.0))) + 1)
        ended = self.ended[:seen]
        gone = ended.copy()
        for elapsed in running:
            gone[min(int(elapsed), seen - 1)] += 1
        at_risk = np.add.accumulate(gone[::-1])[::-1]
        hazard = (ended + SHRINKAGE * constant) / (at_risk - ended / 2 + SHRINKAGE)
        # Where nobody has been yet, the formula gives the constant hazard.
        self.curve = LifeCurve(hazard, min(HIGHEST_HAZARD, constant), horizon)

    def lasts(self, seconds: float) -> float:
        """Chance to last at least so many seconds."""
        return self.curve.lasts(seconds)

    def state(self) -> dict[str, Any]:
        """The counts, as JSON values; seconds nobody ended in at the end are left out."""
        return {"ended": self.ended[: int(self._longest) + 1].tolist(), "seconds": self.seconds}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up stored counts at half weight."""
        self.ended = _refit(state["ended"], len(self.ended))
        self.seconds = float(state["seconds"])
        self._samples = float(self.ended.sum())
        self._longest = float(len(state["ended"]) - 1)
        self.fade()
        self.rebuild(())


def _elapsed_grid() -> list[int]:
    grid = list(range(20))
    step = 20.0
    while step < TALK_SECONDS:
        grid.append(int(step))
        step *= 1.12
    return grid


ELAPSED = _elapsed_grid()
"""Elapsed seconds for which the chance to be free is tabulated: each second at first, then wider."""
_GRID = np.array(ELAPSED)


@lru_cache(maxsize=8)
def _grid_within(horizon: int) -> Indexes:
    within: Indexes = np.minimum(_GRID, horizon)
    return within


class _Nearest(dict[int, int]):
    def __init__(self, first: int) -> None:
        self._first = first

    def __missing__(self, seconds: int) -> int:
        within = min(max(0, seconds), TALK_SECONDS)
        index = self._first + int(np.abs(_GRID - within).argmin())
        if seconds == within:
            self[seconds] = index
        return index


TALKING: Mapping[int, int] = _Nearest(0)
WRAPPING: Mapping[int, int] = _Nearest(len(ELAPSED))
"""Where `FreeBy.chances` has an agent who has been talking, or wrapping up, for so many whole seconds."""


class FreeBy:
    """Chance that an agent is free within some seconds.

    One who talks must end the conversation in some second x and then wrap up in the time that is left.

    Attributes:
        chances: by `TALKING` and `WRAPPING`.
    """

    __slots__ = ("chances",)

    def __init__(self, talk: LifeCurve, wrap: LifeCurve, seconds: float) -> None:
        seconds = min(seconds, LOOK_AHEAD_SECONDS - 2.0)
        whole = int(seconds)
        part = seconds - whole
        # Wrapped up within `seconds`, within a second less, and so on while any time is left.
        alive = wrap.alive[whole + 1 :: -1] if part > 0 else wrap.alive[whole + 1 : 0 : -1]
        wrapped = 1 - (alive[1:] + part * (alive[:-1] - alive[1:]))
        talking = talk.ends[_seconds_after(len(wrapped))] @ wrapped / talk.still
        later = wrap.grid + whole
        low, high = wrap.alive[later], wrap.alive[later + 1]
        wrapping = 1 - (low + part * (high - low)) / wrap.still
        self.chances: list[float] = [*talking.tolist(), *wrapping.tolist()]


@lru_cache(maxsize=256)
def _seconds_after(seconds: int) -> Indexes:
    """For each time in `ELAPSED`, it and the seconds that follow it."""
    return _GRID[:, np.newaxis] + np.arange(seconds)


def _refit(counts: Sequence[float], length: int) -> Numbers:
    fitted = np.zeros(length)
    fitted[: len(counts)] = counts[:length]
    fitted[-1] += sum(counts[length:])
    return fitted
