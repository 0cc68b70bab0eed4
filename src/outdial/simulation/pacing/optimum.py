"""The best that any pacer can do, where that can be computed: in a world without memory.

Calls end after an exponential time, live with a known chance; agents are busy for an exponential time; whoever waits
leaves after an exponential time. Then nothing matters but how many agents are busy or people waiting (j) and how many
calls are in flight (i), and the best occupancy under the abandonment cap is a constrained Markov decision problem:
for a price on each abandoned call beyond the cap, policy iteration finds the best rule "launch up to t(j)"; the price
at which the priced optimum is lowest gives the constrained one.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from operator import mul

Rule = list[list[int]]
"""By agents busy or people waiting, then by calls in flight: to how many calls in flight to launch."""


@dataclass(frozen=True)
class Memoryless:
    """The world: seconds, and a fraction for `p`.

    Attributes:
        ring: mean time until a call ends, live with chance p.
        handling: mean time an agent is busy.
        waiting: mean time until somebody who waits is lost.
    """

    agents: int
    cap: float
    p: float = 0.25
    ring: float = 15.0
    handling: float = 105.0
    waiting: float = 2.0

    @property
    def most_waiting(self) -> int:
        """Longest queue considered; longer ones hardly occur where the cap is kept."""
        return 4 + self.agents // 3

    @property
    def most_calls(self) -> int:
        """Most calls in flight considered: well above those that would keep everybody busy without any chance."""
        steady = self.agents / self.handling * self.ring / self.p
        return int(8 + steady + 4 * sqrt(steady) + 1.5 / self.p)


def optimum(world: Memoryless) -> float:
    """The largest occupancy, a fraction, of any rule that keeps abandoned / answered within the cap.

    Raises:
        ValueError: more than 12 agents: with so many states plain elimination is slow, and no longer exact.
    """
    if world.agents > 12:
        raise ValueError(f"the optimum is worked out for up to 12 agents, not for {world.agents}")

    # The priced optimum is convex in the price; three points of each range tell which third can go.
    low, high = 0.0, 60.0 * world.handling / world.cap / 10
    targets = [list(range(world.most_calls + 1)) for _ in range(world.agents + world.most_waiting + 1)]
    golden = (sqrt(5) - 1) / 2
    left, right = high - golden * (high - low), low + golden * (high - low)
    at_left, targets = _priced(world, left, targets)
    at_right, targets = _priced(world, right, targets)
    while high - low > 1e-3 * high:
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - golden * (high - low)
            at_left, targets = _priced(world, left, targets)
        else:
            low, left, at_left = left, right, at_right
            right = low + golden * (high - low)
            at_right, targets = _priced(world, right, targets)
    return min(at_left, at_right) / world.agents


def _priced(world: Memoryless, price: float, targets: Rule) -> tuple[float, Rule]:
    """Best mean of busy agents less the price of excess abandonment, and the rule that reaches it; from a guess."""
    for _ in range(100):
        gain, values = _evaluated(world, price, targets)
        width = world.most_calls + 1
        better = [_lifted(values[j * width : (j + 1) * width], present) for j, present in enumerate(targets)]
        if better == targets:
            break
        targets = better
    return gain, targets


def _lifted(level: list[float], present: list[int]) -> list[int]:
    """For each number of calls in flight the best one to launch up to; of equal ones the present one stays."""
    lifted, best = present.copy(), len(level) - 1
    for i in range(len(level) - 1, -1, -1):
        if level[i] > level[best]:
            best = i
        if level[best] - level[present[i]] > 1e-9:
            lifted[i] = best
    return lifted


def _evaluated(world: Memoryless, price: float, targets: Rule) -> tuple[float, list[float]]:
    """Long-run reward per second of a rule, and the relative value of holding in each state, by j then i."""
    width, levels, agents = world.most_calls + 1, len(targets), world.agents
    states = width * levels
    band = 2 * width
    # Rows of (rates out of the state) x (difference of values) = gain - reward, in a band around the diagonal.
    rows = [[0.0] * (2 * band + 1) for _ in range(states)]
    reward = [0.0] * states

    def add(state: int, j: int, i: int, rate: float) -> None:
        if rate:
            rows[state][band] -= rate
            rows[state][j * width + targets[j][i] - state + band] += rate

    for j in range(levels):
        busy, waiting = min(j, agents), max(0, j - agents)
        for i in range(width):
            state = j * width + i
            ends = i / world.ring
            abandons = waiting / world.waiting
            reward[state] = busy - price * (abandons - world.cap * world.p * ends)
            add(state, j, i - 1, ends * (1 - world.p))
            add(state, min(j + 1, levels - 1), i - 1, ends * world.p)
            add(state, j - 1, i, busy / world.handling + abandons)
            if j == levels - 1:
                # A person beyond the longest queue considered is lost at once.
                reward[state] -= price * ends * world.p
    # With nobody busy and nothing in flight nothing would happen again: a second later the rule is asked anew.
    add(0, 0, 0, 1.0)
    return _solved(rows, reward, band, targets[0][0])


def _solved(rows: list[list[float]], reward: list[float], band: int, origin: int) -> tuple[float, list[float]]:
    """Values and gain of a chain, by elimination within the band.

    Args:
        origin: a state the chain comes back to for ever; its value is set to 0, and its equation gives the gain.
    """
    n = len(rows)
    by_reward, by_gain = [-r for r in reward], [1.0] * n
    last = rows[origin].copy(), by_reward[origin], by_gain[origin]
    for state in range(max(0, origin - band), min(origin + band + 1, n)):
        rows[state][band + origin - state] = 0.0
    rows[origin] = [0.0] * band + [1.0] + [0.0] * band
    by_reward[origin] = by_gain[origin] = 0.0
    for k in range(n):
        pivot, tail = rows[k][band], rows[k][band + 1 :]
        for below in range(k + 1, min(k + band + 1, n)):
            row = rows[below]
            at = band + k - below
            if row[at]:
                factor = row[at] / pivot
                row[at + 1 : at + 1 + band] = [
                    a - factor * b for a, b in zip(row[at + 1 : at + 1 + band], tail, strict=True)
                ]
                by_reward[below] -= factor * by_reward[k]
                by_gain[below] -= factor * by_gain[k]
    x, y = [0.0] * n, [0.0] * n
    for k in range(n - 1, -1, -1):
        right = min(band, n - 1 - k)
        coefficients, ahead = rows[k][band + 1 : band + 1 + right], slice(k + 1, k + 1 + right)
        x[k] = (by_reward[k] - sum(map(mul, coefficients, x[ahead]))) / rows[k][band]
        y[k] = (by_gain[k] - sum(map(mul, coefficients, y[ahead]))) / rows[k][band]
    row, missing_reward, missing_gain = last
    for state in range(max(0, origin - band), min(origin + band + 1, n)):
        missing_reward -= row[band + state - origin] * x[state]
        missing_gain -= row[band + state - origin] * y[state]
    # Row x (x + gain y) = reward + gain at the origin too.
    gain = -missing_reward / missing_gain
    return gain, [a + gain * b for a, b in zip(x, y, strict=True)]
