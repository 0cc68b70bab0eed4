"""Pacers beside each other: the same shifts for each of them, and what came of it with its uncertainty."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import atan, cos, exp, inf, lgamma, pi, sqrt, tan
from statistics import fmean, stdev
from typing import Any

from outdial.simulation.pacing.baselines import pacer_named
from outdial.simulation.pacing.world import Shift, World, play


@dataclass(frozen=True)
class Estimate:
    """A mean over shifts, give or take `margin` with 95 % confidence; no margin is known from a single shift."""

    mean: float
    margin: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> Estimate:
        """From one value a shift, by Student's t distribution."""
        if len(values) < 2:
            return cls(fmean(values), None)
        return cls(fmean(values), student_t(len(values) - 1) * stdev(values) / sqrt(len(values)))

    def as_json(self) -> dict[str, float | None]:
        """Both numbers, to six places."""
        return {"mean": round(self.mean, 6), "margin": None if self.margin is None else round(self.margin, 6)}


@cache
def student_t(freedom: int) -> float:
    """The number that |T| stays below with probability 0.95, for T of Student's t distribution."""
    # With T = sqrt(freedom) tan(x) the density becomes a power of cos(x), smooth over a bounded range.
    factor = 2 * exp(lgamma((freedom + 1) / 2) - lgamma(freedom / 2)) / sqrt(pi)
    steps = 400

    def within(x: float) -> float:
        h = x / steps
        inner = sum((4 if i % 2 else 2) * cos(i * h) ** (freedom - 1) for i in range(1, steps))
        return factor * h / 3 * (1 + inner + cos(x) ** (freedom - 1))

    low, high = 0.0, atan(inf)
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if within(middle) < 0.95 else (low, middle)
    return sqrt(freedom) * tan(low)


@dataclass(frozen=True)
class Result:
    """One pacer in one cell: the same circumstances, a shift for each seed.

    Attributes:
        world: the circumstances, with the first seed.
    """

    pacer: str
    world: World
    shifts: Sequence[Shift]

    @property
    def occupancy(self) -> Estimate:
        """Share of the agents' time in talk and wrap-up."""
        return Estimate.of([shift.occupancy for shift in self.shifts])

    @property
    def abandonment(self) -> Estimate:
        """Abandoned / (abandoned + connected), a fraction."""
        return Estimate.of([shift.abandonment for shift in self.shifts])

    @property
    def idle_seconds_per_call(self) -> Estimate:
        """An agent's wait between two conversations."""
        return Estimate.of([shift.idle_seconds_per_call for shift in self.shifts])

    @property
    def share_above_cap(self) -> float:
        """Share of the shifts that ended with more abandoned than the cap allows."""
        return sum(shift.excess > 0 for shift in self.shifts) / len(self.shifts)

    @property
    def largest_excess(self) -> float:
        """Abandoned calls beyond the cap in the worst shift, at least 0."""
        return max(0.0, *(shift.excess for shift in self.shifts))

    def as_json(self) -> dict[str, Any]:
        """The cell, the pacer, and the figures; rates are fractions, times seconds."""
        world, shifts = self.world, self.shifts
        return {
            "pacer": self.pacer,
            "agents": world.agents,
            "answer_rate": world.p,
            "talk_seconds": world.talk,
            "cap": world.cap,
            "ratio": world.ratio,
            "timeout_seconds": world.timeout,
            "answering_machine_detection": world.amd,
            "pattern": world.pattern.value,
            "breaks": world.breaks,
            "hours": world.hours,
            "seeds": [world.seed + i for i in range(len(shifts))],
            "occupancy": self.occupancy.as_json(),
            "abandonment": self.abandonment.as_json(),
            "idle_seconds_per_call": self.idle_seconds_per_call.as_json(),
            "share_of_shifts_above_cap": round(self.share_above_cap, 6),
            "largest_excess_calls": round(self.largest_excess, 2),
            "worst_hour_abandonment": round(max(shift.worst_hour for shift in shifts), 6),
            "launches": sum(shift.launched for shift in shifts),
            "connected": sum(shift.connected for shift in shifts),
            "abandoned": sum(shift.abandoned for shift in shifts),
            "over_asked": sum(shift.over_asked for shift in shifts),
        }


def compare(
    cells: Sequence[World], pacers: Sequence[str], seeds: int, played: Callable[[World], None] = lambda world: None
) -> Iterator[Result]:
    """Every pacer in every cell, cell by cell.

    Args:
        seeds: shifts for each; the first has the cell's own seed, the others those that follow it.
        played: called after each shift.

    Raises:
        ValueError: a pacer is unknown.
    """
    for name in pacers:
        pacer_named(name)
    for cell in cells:
        for name in pacers:
            shifts = []
            for i in range(seeds):
                world = replace(cell, seed=cell.seed + i)
                shifts.append(play(world, pacer_named(name, world.hours)))
                played(world)
            yield Result(name, cell, shifts)
