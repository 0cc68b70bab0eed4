"""The risk that the next call, if answered, finds no agent in time; and how many calls keep it within a limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import accumulate
from math import erfc, exp, lgamma, log, sqrt
from operator import mul

NORMAL_ABOVE = 16.0
"""Joint variance of agents and calls from which the normal distribution is close enough."""
NEGLIGIBLE = 1e-14
SMALLEST_LOG = -600.0
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
    fail = min(max(variance / mean, 1e-9), 1 - 1e-9)
    success = 1 - fail
    size = mean / success
    odds = success / fail
    if size * log(fail) < SMALLEST_LOG:
        return _matched_from_mode(int(mean), size, success, fail)
    term: float = fail**size
    terms = [term]
    i = 0
    while i < size:
        term *= (size - i) / (i + 1) * odds
        i += 1
        if term <= 0 or (term < NEGLIGIBLE and i > mean):
            break
        terms.append(term)
    return terms


def _matched_from_mode(mode: int, size: float, success: float, fail: float) -> list[float]:
    """The same where the first term is too small for a float: outwards from about the most likely count."""
    odds = success / fail
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

    def at_most(self) -> list[float]:
        """P(F <= 0), P(F <= 1)...; the last entry stands for all further ones."""
        if self._cumulative is None:
            self._cumulative = list(accumulate(matched_binomial(self.mean, self.variance)))
        return self._cumulative


def shortfall(ahead: int, supply: Supply, demand_mean: float, demand_variance: float, demand: list[float]) -> float:
    """P(ahead + F - B <= 0): every agent who is or comes free is taken by an earlier call.

    Args:
        ahead: idle agents less people already waiting.
        supply: agents who come free (F).
        demand_mean, demand_variance: of the earlier calls that become live (B).
        demand: B's probabilities, filled in here when first needed.
    """
    variance = supply.variance + demand_variance
    if variance > NORMAL_ABOVE:
        return 0.5 * erfc((ahead + supply.mean - demand_mean - 0.5) / sqrt(2 * variance))
    if not demand:
        demand.extend(matched_binomial(demand_mean, demand_variance))
    at_most = supply.at_most()
    if ahead >= 0:
        enough = demand[ahead:]  # B = ahead, ahead + 1, ... against F <= 0, 1, ...
    else:
        enough, at_most = demand, at_most[-ahead:] or at_most[-1:]
    chance: float = sum(map(mul, enough, at_most))
    if len(enough) > len(at_most):
        chance += sum(enough[len(at_most) :]) * at_most[-1]
    return chance


def no_agent_probability(ahead: int, mu_f: float, v_f: float, mu_b: float, v_b: float) -> float:
    """`shortfall` from bare numbers: means and variances of the agents coming free and of the earlier live calls."""
    return shortfall(ahead, Supply(1.0, mu_f, v_f), mu_b, v_b, [])


@dataclass(slots=True)
class Outlook:
    """What is expected by the time a call launched now is answered, for one answer point.

    Attributes:
        supply: agents who come free, for each moment until which the person may wait.
        mean, variance: live calls ahead of it, from the calls already in flight.
        each: chance that another call launched at the same time is live before it.
    """

    supply: list[Supply]
    mean: float
    variance: float
    each: float


class Forecast:
    """The risk of further calls at one moment; each answer point is looked at only when it is needed.

    Args:
        ahead: idle agents less people already waiting.
        points: number of answer points.
        look: what is expected by the k-th answer point.
    """

    def __init__(self, ahead: int, points: int, look: Callable[[int], Outlook]) -> None:
        self._ahead = ahead
        self._outlooks: list[Outlook | None] = [None] * points
        self._look = look

    def risk(self, n: int) -> float:
        """Chance that the n-th additional call is abandoned, given that a person answers it."""
        points = len(self._outlooks)
        return sum(self._at_point(k, n) for k in range(points)) / points

    def within(self, limit: float, n: int) -> bool:
        """Whether `risk(n) <= limit`, stopping at the first answer points if they alone say no."""
        left = limit * len(self._outlooks)
        for k in range(len(self._outlooks)):
            left -= self._at_point(k, n)
            if left < 0:
                return False
        return True

    def _at_point(self, k: int, n: int) -> float:
        outlook = self._outlooks[k]
        if outlook is None:
            outlook = self._outlooks[k] = self._look(k)
        mean = outlook.mean + (n - 1) * outlook.each
        variance = outlook.variance + (n - 1) * outlook.each * (1 - outlook.each)
        demand: list[float] = []
        risk = 0.0
        for supply in outlook.supply:
            risk += supply.weight * shortfall(self._ahead, supply, mean, variance, demand)
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
