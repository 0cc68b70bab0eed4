"""Life tables: when a ringing call is answered, and when a busy agent is free.

Both are hazards (the chance of the event in the next bin for one who got that far), counted over everyone who is
or was at risk. What still rings or talks is thereby included: averages over finished calls and conversations alone
would be made of the short ones, and dial too much.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate, islice, pairwise, repeat
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
        self.reach: dict[int, list[float]] = {}
        self._arrived: list[float] = []
        self._survival: list[float] = []
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
        self._survival = survival
        self.reach = _Reach(self._arrived, survival, self.points)

    def answers_within(self, age: float, seconds: float) -> float:
        """As `reach`, for any age and any time ahead, in seconds."""
        at = min(max(0, int(age / RING_BIN)), len(self._survival) - 1)
        gain = self.arrived(at * RING_BIN + seconds) - self._arrived[at]
        return max(0.0, gain) / max(self._survival[at], 1e-6)

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
        return {"over": self.over, "live": self.live}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up stored counts at half weight; those beyond this table's end join its last bin."""
        self.over, self.live = (_refit(state[name], len(self.over)) for name in ("over", "live"))
        self._total = sum(self.over)
        self.fade()
        self.rebuild(())


class _Reach(dict[int, list[float]]):
    """`RingTable.reach`, each point worked out when it is first asked for."""

    def __init__(self, arrived: list[float], survival: list[float], points: list[float]) -> None:
        self._arrived, self._survival, self._points = arrived, survival, points

    def __missing__(self, point: int) -> list[float]:
        # (G(a + tau) - G(a)) / S(a) of the competing-risk curve G, freed of its own answer rate: dialing tables
        # remember far longer than the rate does, so the rate is put in afresh at each decision. All ages a are whole
        # bins, so that a + tau falls on the same place between two of them: a shift and one interpolation.
        now = self._arrived
        bins, part = divmod(self._points[point] / RING_BIN, 1.0)
        shift = int(bins)
        later = [low + part * (high - low) for low, high in zip(now[shift:], now[shift + 1 :], strict=False)]
        later += [1.0] * (len(now) - len(later))
        reach = [
            (ahead - so_far) / max(still, 1e-6) for ahead, so_far, still in zip(later, now, self._survival, strict=True)
        ]
        self[point] = reach
        return reach


class LifeCurve:
    """How long something lasts, as it was known at one moment: by whole seconds, endless by a constant last hazard.

    Args:
        hazard: chance to end within the second that begins there, for one who got so far.
        constant: the same for all later seconds.
    """

    __slots__ = ("_alive", "_constant", "_ends")

    def __init__(self, hazard: list[float], constant: float) -> None:
        self._alive = list(accumulate([1 - h for h in hazard], mul, initial=1.0))
        self._ends = list(map(mul, self._alive, hazard))
        self._constant = constant

    def lasts(self, seconds: float) -> float:
        """Chance to last at least so many seconds."""
        whole = int(seconds)
        self._know(whole + 2)
        low = self._alive[whole]
        return low + (seconds - whole) * (self._alive[whole + 1] - low)

    def ends_well(self, elapsed: int, then: list[float]) -> float:
        """Chance to end within the next seconds, each weighted by what `then` has for it, after so many seconds."""
        until = elapsed + len(then)
        if until >= len(self._ends):
            self._know(until + 1)
        chance: float = sum(map(mul, self._ends[elapsed:until], then)) / (self._alive[elapsed] or 1e-300)
        return chance

    def over_within(self, seconds: float) -> list[float]:
        """Chance to be over within `seconds`, within a second less, and so on while any time is left."""
        whole = int(seconds)
        part = seconds - whole
        self._know(whole + 2)
        alive = self._alive[0 if part > 0 else 1 : whole + 2]
        over = [1 - (low + part * (high - low)) for low, high in pairwise(alive)]
        over.reverse()
        return over

    def _know(self, seconds: int) -> None:
        missing = seconds - len(self._ends)
        if missing <= 0:
            return
        # Few ask for what nobody has lived to see yet; so it is worked out when they do, and some more at once.
        alive = accumulate(repeat(1 - self._constant, missing + LOOK_AHEAD_SECONDS), mul, initial=self._alive[-1])
        known = len(self._alive)
        self._alive.extend(islice(alive, 1, None))
        self._ends.extend(self._constant * still for still in self._alive[known - 1 : -1])


class DurationTable:
    """How long something lasts, by whole seconds, shrunk towards a constant hazard while little is known.

    Attributes:
        curve: the life table as of the last `rebuild`.
    """

    curve: LifeCurve

    def __init__(self, horizon: int, prior_seconds: float) -> None:
        self.ended = [0.0] * horizon
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
        hazard = [(ends + pull) / (risk - ends / 2 + SHRINKAGE) for ends, risk in zip(ended, at_risk, strict=True)]
        if max(hazard) > HIGHEST_HAZARD:
            hazard = [min(HIGHEST_HAZARD, h) for h in hazard]
        # Where nobody has been yet, the formula gives the constant hazard.
        self.curve = LifeCurve(hazard, min(HIGHEST_HAZARD, constant))

    def lasts(self, seconds: float) -> float:
        """Chance to last at least so many seconds."""
        return self.curve.lasts(seconds)

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


class FreeBy:
    """Chance that an agent is free within some seconds, by index in `ELAPSED`; worked out where it is asked for.

    One who talks must end the conversation in some second x and then wrap up in the time that is left.

    Attributes:
        talking, wrapping: chances of an agent who talks, or wraps up; mappings from index to chance.
    """

    __slots__ = ("talking", "wrapping")

    def __init__(self, talk: LifeCurve, wrap: LifeCurve, seconds: float) -> None:
        seconds = min(seconds, LOOK_AHEAD_SECONDS - 2.0)
        self.talking: dict[int, float] = _FreeTalking(talk, wrap, seconds)
        self.wrapping: dict[int, float] = _FreeWrapping(wrap, seconds)


class _FreeTalking(dict[int, float]):
    def __init__(self, talk: LifeCurve, wrap: LifeCurve, seconds: float) -> None:
        self._talk = talk
        self._wrapped = wrap.over_within(seconds)

    def __missing__(self, index: int) -> float:
        chance = self[index] = self._talk.ends_well(ELAPSED[index], self._wrapped)
        return chance


class _FreeWrapping(dict[int, float]):
    def __init__(self, wrap: LifeCurve, seconds: float) -> None:
        self._wrap, self._seconds = wrap, seconds

    def __missing__(self, index: int) -> float:
        elapsed = min(ELAPSED[index], WRAP_SECONDS)
        chance = 1 - self._wrap.lasts(elapsed + self._seconds) / max(self._wrap.lasts(elapsed), 1e-300)
        self[index] = chance
        return chance


def _refit(counts: Sequence[float], length: int) -> list[float]:
    fitted = [float(n) for n in counts[:length]]
    fitted += [0.0] * (length - len(fitted))
    fitted[-1] += sum(counts[length:])
    return fitted
