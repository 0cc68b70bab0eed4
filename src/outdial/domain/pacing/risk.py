"""The risk that the next call, if answered, finds no agent in time; and how many calls keep it within a limit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain, repeat
from math import erfc, exp, lgamma, log, sqrt
from operator import mul
from typing import NamedTuple, Protocol

NORMAL_ABOVE = 16.0
"""Joint variance of agents and calls from which the normal distribution is close enough."""
NEGLIGIBLE = 1e-10
MOST_AHEAD_FOR_BOUND = 6
"""With more agents to spare the bound is too weak to be worth its while."""
SMALLEST_LOG = -600.0
SUREST = 1e-9
"""No chance counts as nearer to 0 or 1."""
INVERSES = tuple(1 / i for i in range(1, 257))
MOST_BY_TABLE = 100.0
"""Means up to here have all their terms that count within `INVERSES`."""
PATIENT_TIMEOUT = 3.0
"""Up to this abandonment timeout, in seconds, nearly nobody hangs up before it."""


def waiting_offsets(timeout: float, hang_up_rate: float) -> list[tuple[float, float]]:
    """Until when an answered person can still be served, as (seconds from the verdict, weight); weights sum to 1.

    Args:
        timeout: seconds until we abandon the call ourselves.
        hang_up_rate: hang-ups per second of waiting; people leave long before a long timeout.
    """
    if timeout <= PATIENT_TIMEOUT:
        return [(timeout, 1.0)]
    edges = [edge for edge in (0.0, 1.0, 3.0, 8.0) if edge < timeout] + [timeout]
    stay = [exp(-hang_up_rate * edge) for edge in edges]
    offsets = [((edges[i] + edges[i + 1]) / 2, stay[i] - stay[i + 1]) for i in range(len(edges) - 1)]
    return [*offsets, (timeout, stay[-1])]


def matched_binomial(mean: float, variance: float) -> list[float]:
    """Probabilities of 0, 1, 2... of the binomial with these moments; its size need not be whole."""
    if mean <= 0:
        return [1.0]
    begin = _by_table(mean, variance)
    if begin is None:
        return _matched_from_mode(mean, variance)
    term, rise, odds = begin
    terms: list[float] = []
    add = terms.append
    # Up to the mean no term is negligible; after it the terms fall, and are below 0 where there should be none.
    whole = int(mean) + 1
    for inverse in INVERSES[:whole]:
        add(term)
        term *= rise * inverse - odds
    for inverse in INVERSES[whole:]:
        if term < NEGLIGIBLE:
            break
        add(term)
        term *= rise * inverse - odds
    return terms


def at_least(count: int, mean: float, variance: float) -> float:
    """A lower bound of the same binomial's chance of `count` or more, found without the whole of it."""
    if count <= 0:
        return 1.0
    begin = None if mean <= 0 or count > len(INVERSES) else _by_table(mean, variance)
    if begin is None:
        return 0.0
    term, rise, odds = begin
    more = 1 - term
    for inverse in INVERSES[: count - 1]:
        term *= rise * inverse - odds
        if term <= 0:
            return 0.0
        more -= term
    return max(0.0, more)


def _by_table(mean: float, variance: float) -> tuple[float, float, float] | None:
    """The matched binomial as its first term, and what the ratio of the next term to the i-th is made of.

    That ratio is (size - i) / (i + 1) times the odds, or rise x `INVERSES[i]` - odds. None where the first term is
    too small for a float, or the table too short.
    """
    fail = variance / mean
    if not SUREST < fail < 1 - SUREST:
        fail = min(max(fail, SUREST), 1 - SUREST)
    success = 1 - fail
    size = mean / success
    if mean >= MOST_BY_TABLE or size * log(fail) < SMALLEST_LOG:
        return None
    odds = success / fail
    first: float = fail**size
    return first, (size + 1) * odds, odds


def _matched_from_mode(mean: float, variance: float) -> list[float]:
    """All terms, outwards from about the most likely count, whose logarithm is not too small."""
    fail = min(max(variance / mean, SUREST), 1 - SUREST)
    success, mode = 1 - fail, int(mean)
    size, odds = mean / success, success / fail
    peak = exp(
        lgamma(size + 1) - lgamma(mode + 1) - lgamma(size - mode + 1) + mode * log(success) + (size - mode) * log(fail)
    )
    below = list(accumulate(range(mode, 0, -1), lambda p, i: p * i / ((size - i + 1) * odds), initial=peak))[::-1]
    term, i = peak, mode
    while i < size:
        term *= (size - i) / (i + 1) * odds
        i += 1
        if term < NEGLIGIBLE:
            break
        below.append(term)
    return below


@dataclass(slots=True)
class Supply:
    """Agents who come free by one moment: mean, variance, and the weight of that moment."""

    weight: float
    mean: float
    variance: float
    _cumulative: list[float] | None = field(default=None, init=False)

    @property
    def none(self) -> float:
        """P(F <= 0), or less: nobody comes free."""
        if self.mean <= 0:
            return 1.0
        fail = self.variance / self.mean
        if not SUREST < fail < 1 - SUREST:
            fail = min(max(fail, SUREST), 1 - SUREST)
        chance: float = fail ** (self.mean / (1 - fail))
        return chance

    def at_most(self) -> list[float]:
        """P(F <= 0), P(F <= 1)...; the last entry stands for all further ones."""
        if self._cumulative is None:
            self._cumulative = list(accumulate(matched_binomial(self.mean, self.variance)))
        return self._cumulative


def shortfall(ahead: int, supply: Supply, demand_mean: float, demand_variance: float) -> float:
    """P(ahead + F - B <= 0): every agent who is or comes free is taken by an earlier call.

    Args:
        ahead: idle agents less people already waiting.
        supply: agents who come free (F).
        demand_mean, demand_variance: of the earlier calls that become live (B).
    """
    variance = supply.variance + demand_variance
    if variance > NORMAL_ABOVE:
        return 0.5 * erfc((ahead + supply.mean - demand_mean - 0.5) / sqrt(2 * variance))
    at_most = supply.at_most()
    if ahead < 0:
        at_most, ahead = at_most[-ahead:] or at_most[-1:], 0
    # B = ahead, ahead + 1... against F <= 0, 1...; the last entry of F stands for all further ones.
    begin = None if demand_mean <= 0 else _by_table(demand_mean, demand_variance)
    if begin is None:
        demand = matched_binomial(demand_mean, demand_variance)[ahead:]
        chance: float = sum(map(mul, demand, chain(at_most, repeat(at_most[-1]))))
        return chance
    # The terms of `matched_binomial`, each used as soon as it is known: decisions take most of their time here.
    term, rise, odds = begin
    for inverse in INVERSES[:ahead]:
        term *= rise * inverse - odds
        if term <= 0:
            return 0.0
    past_mean = 1 / (demand_mean + 1)
    chance = 0.0
    for enough, inverse in zip(chain(at_most, repeat(at_most[-1])), INVERSES[ahead:], strict=False):
        chance += term * enough
        term *= rise * inverse - odds
        if term < NEGLIGIBLE and inverse < past_mean:
            break
    return chance


def no_agent_probability(ahead: int, mu_f: float, v_f: float, mu_b: float, v_b: float) -> float:
    """`shortfall` from bare numbers: means and variances of the agents coming free and of the earlier live calls."""
    return shortfall(ahead, Supply(1.0, mu_f, v_f), mu_b, v_b)


class Demand(NamedTuple):
    """The calls ahead of one launched now that are live by the time it is answered, for one answer point.

    Attributes:
        mean, variance: live calls ahead of it, from the calls already in flight.
        each: chance that another call launched at the same time is live before it.
    """

    mean: float
    variance: float
    each: float


class Outlook(Protocol):
    """What is expected for a call launched now, by the answer point its answer is represented by."""

    @property
    def ahead(self) -> Sequence[int]:
        """For each answer point: agents idle now who are still there by then, less people already waiting."""

    def supply(self, point: int, moment: int) -> Supply:
        """Agents who come free, for one of the moments until which the person may wait."""

    def demand(self, point: int) -> Demand:
        """Earlier calls that become live."""


class Forecast:
    """The risk of further calls at one instant; each answer point is looked at only when it is needed.

    Args:
        points: number of answer points.
        moments: number of moments until which an answered person may wait, for each of them.
    """

    def __init__(self, outlook: Outlook, points: int, moments: int) -> None:
        self._outlook = outlook
        self._points, self._moments = points, moments
        # By the last point most earlier calls are answered: where agents are to spare, it tells the most.
        self._order = range(points - 1, -1, -1) if outlook.ahead[0] > 0 else range(points)
        self._supply: list[Supply | None] = [None] * (points * moments)
        self._demand: list[Demand | None] = [None] * points

    def risk(self, n: int) -> float:
        """Chance that the n-th additional call is abandoned, given that a person answers it."""
        return sum(self._at_point(k, n) for k in range(self._points)) / self._points

    def within(self, limit: float, n: int) -> bool:
        """Whether `risk(n) <= limit`, stopping at the first answer points if they alone say no."""
        left = limit * self._points
        for k in self._order:
            left -= self._at_point(k, n)
            if left < 0:
                return False
        return True

    def hopeless(self, limit: float) -> bool:
        """Whether even the next call is surely riskier than this, by a bound that is quick to find.

        It is abandoned at least when nobody comes free and the earlier calls take all agents to spare; and most
        decisions of a small team are of this kind.
        """
        total = limit * self._points + 1e-9
        if self._outlook.ahead[0] > MOST_AHEAD_FOR_BOUND:
            return False
        least, last = 0.0, self._moments - 1
        for k in self._order:
            supply = self._supply_at(k, last)  # whoever waits longest has the best chance, so it bounds all moments
            none = supply.none
            if least + none * self._points < total:
                return False
            ahead = self._outlook.ahead[k]
            if ahead > 0:
                mean, variance, _ = self._demand_at(k)
                if supply.variance + variance > NORMAL_ABOVE:
                    return False  # the normal distribution may fall below the bound
                none *= at_least(ahead, mean, variance)
            elif total > 0.5:
                return False  # so it may here
            least += none
            if least > total:
                return True
        return False

    def _supply_at(self, k: int, j: int) -> Supply:
        at = k * self._moments + j
        supply = self._supply[at]
        if supply is None:
            supply = self._supply[at] = self._outlook.supply(k, j)
        return supply

    def _demand_at(self, k: int) -> Demand:
        demand = self._demand[k]
        if demand is None:
            demand = self._demand[k] = self._outlook.demand(k)
        return demand

    def _at_point(self, k: int, n: int) -> float:
        mean, variance, each = self._demand_at(k)
        if n > 1:
            mean += (n - 1) * each
            variance += (n - 1) * each * (1 - each)
        ahead = self._outlook.ahead[k]
        risk = 0.0
        for j in range(self._moments):
            supply = self._supply_at(k, j)
            risk += supply.weight * shortfall(ahead, supply, mean, variance)
        return risk


def most_within(known: int, room: int, fits: Callable[[int], bool]) -> int:
    """The largest n in known..room that fits, where all smaller ones fit too; `known` is taken as given."""
    low, step = known, 1
    while True:
        high = low + step
        if high > room:
            high = room + 1
            break
        if not fits(high):
            break
        low, step = high, step * 2
    while high - low > 1:
        middle = (low + high) // 2
        if fits(middle):
            low = middle
        else:
            high = middle
    return low
