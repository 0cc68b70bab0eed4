"""The predictive pacer beside the same rules written out plainly: tables by loops, no bound, no cache, no early end.

Whatever makes the pacer fast must change none of its decisions.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from math import ceil, erf, sqrt
from typing import Any

import pytest

from outdial.domain.pacing.base import Pacer, PacerConfig
from outdial.domain.pacing.hazards import ANSWER_POINTS, ELAPSED, DurationTable
from outdial.domain.pacing.predictive import PredictivePacer
from outdial.domain.pacing.risk import waiting_offsets
from outdial.simulation.pacing.world import World, play

pytestmark = pytest.mark.slow

SEEDS = 40 if os.environ.get("OUTDIAL_TEST_LONG") else 3


class Curve:
    """The share that lasts so many bins, from the hazard of each; beyond them the hazard is constant."""

    def __init__(self, hazards: Sequence[float], constant: float) -> None:
        self.hazards = [*hazards, *[constant] * 400]
        self.alive = [1.0]
        for hazard in self.hazards:
            self.alive.append(self.alive[-1] * (1 - hazard))

    def lasts(self, bins: float) -> float:
        low, high = self.alive[int(bins)], self.alive[int(bins) + 1]
        return low + (bins - int(bins)) * (high - low)


def busy_curve(table: DurationTable, running: Sequence[float], prior_seconds: float) -> Curve:
    """Talk or wrap-up by whole seconds: h(b) = (ended_b + 6 h0) / (at risk_b - ended_b / 2 + 6)."""
    ended = [float(n) for n in table.ended]
    h0 = (sum(ended) + 3) / (table.seconds + sum(running) + prior_seconds)
    last = max([second for second, n in enumerate(ended) if n] + [int(elapsed) for elapsed in running], default=0)
    hazards = []
    for second in range(last + 1):
        at_risk = sum(ended[second:]) + sum(int(elapsed) >= second for elapsed in running)
        hazards.append(min(0.95, (ended[second] + 6 * h0) / (at_risk - ended[second] / 2 + 6)))
    return Curve(hazards, min(0.95, h0))


def binomial(mean: float, variance: float) -> list[float]:
    """Of these moments, to its last term, however small."""
    if mean <= 0:
        return [1.0]
    fail = min(max(variance / mean, 1e-9), 1 - 1e-9)
    size = mean / (1 - fail)
    terms = [fail**size]
    for i in range(min(ceil(size), 300)):
        terms.append(terms[-1] * (size - i) / (i + 1) * (1 - fail) / fail)
    return terms


def no_agent(ahead: int, mu_f: float, v_f: float, mu_b: float, v_b: float) -> float:
    """P(ahead + F - B <= 0)."""
    if v_f + v_b > 16:
        return 0.5 * (1 + erf((0.5 - (ahead + mu_f - mu_b)) / sqrt(2 * (v_f + v_b))))
    free, calls = binomial(mu_f, v_f), binomial(mu_b, v_b)
    return sum(p * sum(calls[max(0, ahead + f) :]) for f, p in enumerate(free))


class PlainPacer(PredictivePacer):
    """Learns and spends as the pacer does; but what it decides is reckoned from the counts, one call after another."""

    def start(self, cfg: PacerConfig | Mapping[str, Any]) -> None:
        self.moments: dict[int, list[tuple[float, float, Curve, Curve]]] = {}
        super().start(cfg)

    def _rebuild(self, part: int | str, now: float) -> None:
        super()._rebuild(part, now)
        if part == "ring":
            self.read_ring_times(now)
        elif part == "busy":
            talking, wrapping = (
                [now - began for began in busy.values()] for busy in (self.floor.talk, self.floor.wrap)
            )
            self.curves = busy_curve(self.talk, talking, 180.0), busy_curve(self.wrap, wrapping, 45.0)
        else:
            offsets = waiting_offsets(self.config.tab, self.hang_ups / self.waiting_seconds)
            answered = self.answer_points[int(part)] + self.analysis_seconds
            self.moments[int(part)] = [(weight, answered + offset, *self.curves) for offset, weight in offsets]

    def read_ring_times(self, now: float) -> None:
        """S and G of the competing risks by half seconds, and when a share of the answers has come."""
        over, live = ([float(n) for n in counts] for counts in (self.ring.over, self.ring.live))
        ringing = [0.0] * len(over)
        for cohort in self.rate.cohorts:
            ringing[min(int((now - cohort.at) / 0.5), len(over) - 1)] += cohort.ringing
        self.still, arrived = [1.0], [0.0]
        for b in range(len(over)):
            at_risk = sum(over[b:]) + sum(ringing[b:])
            any_end, answer = (over[b] / at_risk, live[b] / at_risk) if at_risk else (0.0, 0.0)
            arrived.append(arrived[-1] + self.still[-1] * answer)
            self.still.append(self.still[-1] * (1 - any_end))
        self.arrived = [g / arrived[-1] for g in arrived]
        self.answer_points = [self.when(share) for share in ANSWER_POINTS]

    def when(self, share: float) -> float:
        b = next(b for b, g in enumerate(self.arrived) if g >= share)
        return 0.5 * (b - 1 + (share - self.arrived[b - 1]) / (self.arrived[b] - self.arrived[b - 1]))

    def arrived_by(self, seconds: float) -> float:
        bins = max(0.0, seconds / 0.5)
        if bins >= len(self.arrived) - 1:
            return 1.0
        low, high = self.arrived[int(bins)], self.arrived[int(bins) + 1]
        return low + (bins - int(bins)) * (high - low)

    def plain_answer_rate(self, now: float) -> float:
        young = [cohort for cohort in self.rate.cohorts if not cohort.matured]
        lives = self.rate.lives + sum(cohort.live for cohort in young)
        dials = self.rate.dials + sum(c.launched * self.arrived_by(now - c.at - self.analysis_seconds) for c in young)
        return min(0.98, max(0.002, lives / dials))

    def agents_free(self, now: float, u: float, talk: Curve, wrap: Curve) -> list[float]:
        """For each busy agent the chance to be free within u seconds."""
        chances = []
        for agent, began in self.floor.talk.items():
            if agent not in self.floor.leaving:
                e = min(ELAPSED, key=lambda seconds: abs(seconds - int(now - began)))
                ends = [talk.alive[e + x] * talk.hazards[e + x] / talk.alive[e] for x in range(ceil(u))]
                chances.append(sum(end * (1 - wrap.lasts(u - x)) for x, end in enumerate(ends)))
        for agent, began in self.floor.wrap.items():
            if agent not in self.floor.leaving:
                e = min(ELAPSED, key=lambda seconds: abs(seconds - int(now - began)))
                chances.append(1 - wrap.lasts(e + u) / wrap.lasts(e))
        return chances

    def plain_risk(self, now: float, n: int) -> float:
        """m(n), the mean over answer points and moments."""
        p, total = self.plain_answer_rate(now), 0.0
        for k, moments in self.moments.items():
            lives = [self.analysis_live] * self.floor.in_analysis
            for cohort in self.rate.cohorts:
                age = int((now - cohort.at) / 0.5)
                within = self.arrived_by(0.5 * age + self.answer_points[k]) - self.arrived[age]
                lives += [min(0.98, p * within / max(self.still[age], 1e-6))] * cohort.ringing
            spread = self.dispersion.factor * sum(r * (1 - r) for r in lives)
            lives += [p * ANSWER_POINTS[k]] * (n - 1)
            spread += sum(r * (1 - r) for r in lives[len(lives) - n + 1 :]) if n > 1 else 0.0
            for weight, u, talk, wrap in moments:
                free = self.agents_free(now, u, talk, wrap)
                total += weight * no_agent(
                    self.floor.idle_count - self.floor.waiting,
                    sum(free),
                    sum(q * (1 - q) for q in free),
                    sum(lives),
                    spread,
                )
        return total / len(self.moments)

    def decide(self, now: float, room: int) -> int:
        self.prepare(now)
        floor = self.floor
        safe = max(0, min(room, floor.idle_count - floor.in_flight - floor.waiting))
        threshold = self.threshold(now)
        if threshold <= 0 or not (floor.idle_count or floor.talk or floor.wrap):
            return safe
        n = safe
        while n < room and self.plain_risk(now, n + 1) <= threshold:
            n += 1
        return n


def played(world: World, pacer: Pacer) -> tuple[str, int]:
    """All decisions of a shift in one word, and the calls it launched."""
    shift = play(world, pacer)
    return sha256(str(shift.decisions).encode()).hexdigest(), shift.launched


@pytest.mark.parametrize("seed", range(1, SEEDS + 1))
@pytest.mark.parametrize(
    "world",
    [
        World(agents=2, p=0.1, hours=0.2),
        World(agents=5, hours=0.15),
        World(agents=5, p=0.4, talk=30.0, hours=0.1, amd=False, cap=0.05),
        World(agents=10, hours=0.05, timeout=10.0),
        World(agents=25, hours=0.04, talk=30.0),
        World(agents=120, hours=0.01, p=0.4),
    ],
    ids=lambda world: f"{world.agents}-agents",
)
def test_every_decision_is_that_of_the_rules_written_out(world: World, seed: int) -> None:
    world = replace(world, seed=seed)
    assert played(world, PredictivePacer()) == played(world, PlainPacer())
