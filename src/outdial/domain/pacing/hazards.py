"""Life tables: when a ringing call is answered, and when a busy agent is free.

Both are hazards (the chance of the event in the next bin for one who got that far), counted over everyone who is
or was at risk. What still rings or talks is thereby included: averages over finished calls and conversations alone
would be made of the short ones, and dial too much.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate
from math import ceil
from operator import mul
from typing import Any

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


class RingTable:
    """Time from launch to the end of ringing, with a live answer as one of the competing ends.

    Attributes (after `rebuild`):
        points: seconds from launch to a live answer at each of `ANSWER_POINTS`.
        reach: for each point, by age in bins: chance that a call ringing since then is answered live within that
            point, for a campaign whose every call is (to be multiplied by the chance of a live answer per launch).
    """

    def __init__(self, maxring: float) -> None:
        bins = ceil((maxring + RING_SLACK_SECONDS) / RING_BIN)
        self.over = [0.0] * bins
        self.live = [0.0] * bins
        self.points: list[float] = []
        self.reach: list[list[float]] = []
        self._arrived: list[float] = []
        first, last = (int(min(seconds, maxring) / RING_BIN) for seconds in (3.0, 20.0))
        spread = range(first, max(first + 1, last))
        for b in spread:
            self.live[b] += 4 / len(spread)
            self.over[b] += 6 / len(spread)
        self.over[int(min(25.0, maxring) / RING_BIN)] += 2
        self._total = sum(self.over)
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
        self.over = [n / 2 for n in self.over]
        self.live = [n / 2 for n in self.live]
        self._total /= 2

    def rebuild(self, ringing: Iterable[tuple[float, int]]) -> None:
        """Derive the curves from the counts and from the calls now ringing, as (age in seconds, how many)."""
        at_risk = self.over.copy()
        for age, calls in ringing:
            at_risk[self._bin(age)] += calls
        at_risk = list(accumulate(reversed(at_risk)))[::-1]
        survival, answered = [1.0], [0.0]
        for over, live, risk in zip(self.over, self.live, at_risk, strict=True):
            still = survival[-1]
            survival.append(still * (1 - over / risk) if risk > 0 else still)
            answered.append(answered[-1] + (still * live / risk if risk > 0 else 0.0))
        end = max(answered[-1], 1e-9)
        self._arrived = [g / end for g in answered]
        self.points = [self.within(point) for point in ANSWER_POINTS]
        self.reach = [self._reach(tau, survival, end) for tau in self.points]

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

    def _reach(self, tau: float, survival: list[float], end: float) -> list[float]:
        # (G(a + tau) - G(a)) / S(a) of the competing-risk curve G, freed of its own answer rate `end`: dialing
        # tables remember far longer than the rate does, so the rate is put in afresh at each decision.
        ahead = [self.arrived(b * RING_BIN + tau) - g for b, g in enumerate(self._arrived)]
        return [gain / max(still, 1e-6) for gain, still in zip(ahead, survival, strict=True)]

    def _bin(self, seconds: float) -> int:
        return min(max(0, int(seconds / RING_BIN)), len(self.over) - 1)

    def state(self) -> dict[str, Any]:
        """The counts, as JSON values."""
        return {"over": self.over, "live": self.live}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up stored counts at half weight; those beyond this table's end join its last bin."""
        self.over, self.live = (_refit(state[name], len(self.over)) for name in ("over", "live"))
        self._total = sum(self.over)
        self.fade()
        self.rebuild(())


class DurationTable:
    """How long something lasts, by whole seconds, shrunk towards a constant hazard while little is known.

    Attributes (after `rebuild`):
        survival: chance to last at least so many seconds.
        density: chance to end within the second that begins there.
    """

    def __init__(self, horizon: int, prior_seconds: float) -> None:
        self.ended = [0.0] * horizon
        self.seconds = 0.0
        self.survival: list[float] = []
        self.density: list[float] = []
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
        self.ended = [n / 2 for n in self.ended]
        self.seconds /= 2
        self._samples /= 2

    def rebuild(self, running: Sequence[float]) -> None:
        """Derive the curves from the counts and from those now running, as elapsed seconds."""
        constant = (self._samples + PRIOR_ENDS) / (self.seconds + sum(running) + self._prior_seconds)
        horizon = len(self.ended)
        seen = min(horizon, int(max(self._longest, max(running, default=0.0))) + 1)
        ended = self.ended[:seen]
        at_risk = ended.copy()
        for elapsed in running:
            at_risk[min(int(elapsed), seen - 1)] += 1
        at_risk = list(accumulate(reversed(at_risk)))[::-1]
        pull = SHRINKAGE * constant
        hazard = [
            min(HIGHEST_HAZARD, (ends + pull) / (risk - ends / 2 + SHRINKAGE))
            for ends, risk in zip(ended, at_risk, strict=True)
        ]
        # Where nobody has been yet, the formula gives the constant hazard.
        hazard += [min(HIGHEST_HAZARD, constant)] * (horizon + LOOK_AHEAD_SECONDS - seen)
        self.survival = list(accumulate(hazard, lambda still, h: still * (1 - h), initial=1.0))
        self.density = list(map(mul, self.survival, hazard))

    def lasts(self, seconds: float) -> float:
        """Chance to last at least so many seconds."""
        whole = int(seconds)
        low = self.survival[whole]
        return low + (seconds - whole) * (self.survival[whole + 1] - low)

    def state(self) -> dict[str, Any]:
        """The counts, as JSON values; seconds nobody ended in at the end are left out."""
        return {"ended": self.ended[: int(self._longest) + 1], "seconds": self.seconds}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up stored counts at half weight."""
        self.ended = _refit(state["ended"], len(self.ended))
        self.seconds = float(state["seconds"])
        self._samples = sum(self.ended)
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
ELAPSED_INDEX = [min(range(len(ELAPSED)), key=lambda i: abs(ELAPSED[i] - second)) for second in range(TALK_SECONDS + 1)]
"""Whole elapsed seconds to the nearest index in `ELAPSED`."""


def elapsed_index(seconds: float) -> int:
    """Index in `ELAPSED` for one who has been busy this long."""
    return ELAPSED_INDEX[min(max(0, int(seconds)), TALK_SECONDS)]


def free_within(talk: DurationTable, wrap: DurationTable, seconds: float) -> tuple[list[float], list[float]]:
    """Chance that an agent is free within `seconds`, by index in `ELAPSED`: of one talking, of one wrapping up.

    One who talks must end the conversation in some second x and then wrap up in the time that is left.
    """
    seconds = min(seconds, LOOK_AHEAD_SECONDS - 2.0)
    done_wrapping = [1 - wrap.lasts(seconds - x) for x in range(ceil(seconds))]
    span = len(done_wrapping)
    talking = [
        sum(map(mul, talk.density[e : e + span], done_wrapping)) / max(talk.survival[e], 1e-300) for e in ELAPSED
    ]
    capped = [min(e, WRAP_SECONDS) for e in ELAPSED]
    wrapping = [1 - wrap.lasts(e + seconds) / max(wrap.survival[e], 1e-300) for e in capped]
    return talking, wrapping


def _refit(counts: Sequence[float], length: int) -> list[float]:
    fitted = [float(n) for n in counts[:length]]
    fitted += [0.0] * (length - len(fitted))
    fitted[-1] += sum(counts[length:])
    return fitted
