"""Other dialers' formulas, each in a situation small enough to reckon by hand."""

from __future__ import annotations

from itertools import count
from math import comb

import pytest

from outdial.domain.pacing.base import Pacer
from outdial.simulation.pacing.baselines import (
    PACER_NAMES,
    BinomialPacer,
    IssabelPacer,
    RatioPacer,
    VicidialMethod,
    VicidialPacer,
    WebitelPacer,
    expected_abandonment,
    pacer_named,
)

CONFIG = {"cap": 0.03, "ratio": 3.0, "tab": 2.0, "maxring": 25.0, "amd": False, "ring_mode": 0}
ROOM = 1000


class Floor:
    """Tells a pacer what happens among `agents` agents."""

    def __init__(self, pacer: Pacer, agents: int) -> None:
        self.pacer, self.calls = pacer, count()
        self.waiting: list[int] = []
        pacer.start({**CONFIG, "agents": agents})
        for agent in range(agents):
            pacer.event(0.0, "login", agent=agent)

    def ring(self, now: float, calls: int = 1) -> list[int]:
        """Launch so many calls; they ring on."""
        made = [next(self.calls) for _ in range(calls)]
        for call in made:
            self.pacer.event(now, "launched", call=call)
        return made

    def unanswered(self, now: float, calls: int) -> None:
        """So many calls that end without an answer."""
        for call in self.ring(now, calls):
            self.pacer.event(now, "ended", call=call, result="busy")

    def live(self, now: float) -> int:
        """A person answers at once."""
        (call,) = self.ring(now)
        self.pacer.event(now, "answered", call=call)
        self.pacer.event(now, "verdict", call=call, live=True)
        return call

    def talk(self, now: float, agent: int) -> None:
        """A person answers and is bridged."""
        self.pacer.event(now, "connected", call=self.live(now), agent=agent, waited=0.0)

    def abandon(self, now: float) -> None:
        """A person answers and is given up."""
        call = self.live(now)
        self.pacer.event(now, "queued", call=call)
        self.pacer.event(now, "abandoned", call=call, waited=2.0, by_caller=False)

    def wait(self, now: float) -> None:
        """A person answers and waits."""
        self.waiting.append(self.live(now))
        self.pacer.event(now, "queued", call=self.waiting[-1])

    def abandon_all(self, now: float) -> None:
        """Those who wait are given up."""
        while self.waiting:
            self.pacer.event(now, "abandoned", call=self.waiting.pop(), waited=0.5, by_caller=False)

    def end_talk(self, now: float, agent: int) -> None:
        """A conversation ends, without wrap-up."""
        self.pacer.event(now, "talk_end", agent=agent)
        self.pacer.event(now, "idle", agent=agent)


@pytest.mark.parametrize(("ratio", "calls"), [(1.5, 1), (2.0, 3), (3.0, 6)])
def test_a_ratio_counts_idle_agents_less_calls_under_way(ratio: float, calls: int) -> None:
    pacer = RatioPacer(ratio)
    floor = Floor(pacer, agents=4)
    floor.talk(1.0, agent=0)
    floor.ring(1.0, calls=2)
    floor.wait(1.0)
    assert pacer.reactive
    # floor(r * 3) - 2 - 1
    assert pacer.decide(1.0, ROOM) == calls
    assert pacer.decide(1.0, 1) == 1


def test_vicidial_aims_at_lines_for_ready_and_talking_agents_but_not_for_those_in_wrap_up() -> None:
    pacer = VicidialPacer(VicidialMethod.AVERAGE)
    floor = Floor(pacer, agents=5)
    pacer.level = 2.0
    floor.talk(1.0, agent=0)
    floor.talk(1.0, agent=1)
    pacer.event(1.5, "talk_end", agent=1)
    floor.ring(1.5, calls=2)
    # round(2 * (3 ready + 1 in call)) - 2 ringing - 1 talking
    assert pacer.decide(2.0, ROOM) == 5
    assert pacer.decide(3.0, ROOM) == 0  # it acts every 2.5 s
    assert pacer.decide(4.5, ROOM) == 5


def test_vicidial_raises_its_level_by_the_share_of_ready_agents_up_to_the_limit() -> None:
    pacer = VicidialPacer(VicidialMethod.AVERAGE)
    floor = Floor(pacer, agents=4)
    for agent in range(3):
        floor.talk(0.0, agent)
    levels = []
    for second in range(91):
        pacer.decide(float(second), ROOM)
        if second and second % 15 == 0:
            levels.append(pacer.level)
    assert levels[:4] == pytest.approx([1.25, 1.25**2, 1.25**3, 1.25**4])
    assert levels[4:] == [3.0, 3.0]


def test_vicidial_lowers_its_level_by_the_share_of_waiting_people() -> None:
    pacer = VicidialPacer(VicidialMethod.AVERAGE)
    floor = Floor(pacer, agents=5)
    for agent in range(5):
        floor.talk(0.0, agent)
    pacer.level = 2.0
    for second in range(16):
        floor.wait(float(second))
        pacer.decide(float(second), ROOM)
        floor.abandon_all(second + 0.5)
    # One waits in each of 16 samples, of 5 signed in: 2 (1 - 1 / 5).
    assert pacer.level == pytest.approx(1.6)


@pytest.mark.parametrize("method", list(VicidialMethod))
def test_vicidial_halves_its_level_after_a_minute_in_which_most_calls_were_dropped(method: VicidialMethod) -> None:
    pacer = VicidialPacer(method, hours=20.0)
    floor = Floor(pacer, agents=2)
    for agent in range(2):
        floor.talk(0.0, agent)
    for _ in range(20):  # 22 calls, 20 dropped; fewer than 50 today, so that the method has no say yet
        floor.abandon(1.0)
    for second in range(60):
        pacer.decide(float(second), ROOM)
    pacer.level = 2.6
    pacer.decide(60.0, ROOM)
    assert pacer.level == pytest.approx(1.3)
    pacer.level = 2.6
    for second in range(61, 121):
        pacer.decide(float(second), ROOM)
    # It was halved at 75, 90 and 105 s by the same minute, not below 1; at 120 s that minute is over.
    assert pacer.level == 1.0
    pacer.level = 2.6
    for second in range(121, 136):
        pacer.decide(float(second), ROOM)
    assert pacer.level == pytest.approx(2.6)


@pytest.mark.parametrize(
    ("elapsed", "level"), [(3600.0, 3.0 * 0.1), (3000.0, 3.0 * 0.15), (7200.0, 1.0), (8000.0, 1.0)]
)
def test_vicidials_tapered_method_cuts_by_the_written_time_that_is_left(elapsed: float, level: float) -> None:
    # A shift from 9:00 to 11:00: at 10:00 there are 1100 - 1000 = 100 left, at 9:50 1100 - 950 = 150.
    assert VicidialPacer(VicidialMethod.TAPERED, hours=2.0).cut(3.0, elapsed) == pytest.approx(level)


@pytest.mark.parametrize(
    ("method", "level"),
    [
        (VicidialMethod.HARD_LIMIT, 1.0),
        (VicidialMethod.AVERAGE, 1.5),
        # At 9:01 of a shift from 9:00 to 17:00: (1700 - 901) / 1000.
        (VicidialMethod.TAPERED, 3.0 * 0.799),
    ],
)
def test_vicidial_cuts_the_level_while_todays_drops_are_above_the_cap(method: VicidialMethod, level: float) -> None:
    pacer = VicidialPacer(method, hours=8.0)
    floor = Floor(pacer, agents=1)
    floor.unanswered(0.0, calls=50)
    floor.talk(0.0, agent=0)
    floor.abandon(0.0)
    for second in range(60):
        pacer.decide(float(second), ROOM)
    pacer.level = 3.0
    pacer.decide(60.0, ROOM)
    assert pacer.level == pytest.approx(level)


def test_issabel_divides_missing_calls_by_the_answer_ratio_and_foresees_only_long_conversations() -> None:
    pacer = IssabelPacer()
    floor = Floor(pacer, agents=4)
    for n in range(10):
        floor.talk(10.0 * n, agent=0)
        floor.end_talk(10.0 * n + 10.0, agent=0)
    floor.unanswered(100.0, calls=12)
    floor.talk(100.0, agent=0)
    floor.talk(125.0, agent=1)
    # 24 launched, 12 answered; H = 10 s. Who has talked for 36 s passes 1 - exp(-3.6) >= 0.97, who for 11 s does not.
    assert pacer.decide(136.0, ROOM) == 6  # (2 idle + 1) / 0.5
    assert pacer.decide(138.0, ROOM) == 0  # it acts every 3 s


def test_issabel_counts_people_who_wait_and_believes_in_no_ratio_below_a_fifth() -> None:
    pacer = IssabelPacer()
    floor = Floor(pacer, agents=4)
    for n in range(10):
        floor.talk(10.0 * n, agent=0)
        floor.end_talk(10.0 * n + 10.0, agent=0)
    floor.unanswered(100.0, calls=189)
    floor.wait(100.0)
    floor.ring(100.0)
    # 4 idle - 1 waits - 1 rings, by 0.2: 11 of 201 were answered.
    assert pacer.decide(101.0, ROOM) == 10


def test_progressive_dials_one_call_for_each_idle_agent_at_every_event() -> None:
    pacer = pacer_named("progressive")
    floor = Floor(pacer, agents=5)
    floor.ring(0.0, calls=2)
    floor.wait(0.0)
    assert pacer.reactive
    assert pacer.decide(0.0, ROOM) == 2  # 5 - 2 - 1


def test_issabel_dials_one_call_per_agent_before_ten_conversations() -> None:
    pacer = IssabelPacer()
    floor = Floor(pacer, agents=3)
    floor.ring(0.0)
    assert pacer.decide(0.0, ROOM) == 2


def test_webitel_dials_by_the_hit_rate_and_the_distance_to_the_limit() -> None:
    pacer = WebitelPacer()
    floor = Floor(pacer, agents=10)
    assert pacer.decide(0.0, ROOM) == 10
    floor.unanswered(1.0, calls=32)
    for agent in range(8):
        floor.talk(1.0, agent)
    assert pacer.decide(30.0, ROOM) == 13
    assert pacer.over == pytest.approx(6.5)  # 40 / 8 = 5, and 5 * (3 - 0) * 10 % on top
    floor.abandon(31.0)
    pacer.decide(60.0, ROOM)
    assert pacer.over == 1.0  # 1 of 9 abandoned is above 3 %
    pacer.decide(3600.0, ROOM)
    floor.unanswered(3601.0, calls=9)
    floor.talk(3601.0, agent=8)
    pacer.decide(3700.0, ROOM)
    assert pacer.over == pytest.approx(13.0)  # 10 / 1 in the last hour, in which nobody was abandoned


@pytest.mark.parametrize(("calls", "p", "available"), [(4, 0.5, 2.0), (7, 0.3, 2.6), (12, 0.8, 0.4), (3, 0.2, 0.0)])
def test_expected_abandonment_is_the_mean_of_answers_beyond_the_agents(calls: int, p: float, available: float) -> None:
    beyond = sum(max(0.0, b - available) * comb(calls, b) * p**b * (1 - p) ** (calls - b) for b in range(calls + 1))
    assert expected_abandonment(calls, p, available) == pytest.approx(beyond / (calls * p))


def test_expected_abandonment_at_the_edges() -> None:
    assert expected_abandonment(3, 0.5, 3.0) == 0.0
    assert expected_abandonment(2, 0.5, -1.0) == 2.0
    assert expected_abandonment(2000, 0.9, 1700.0) == pytest.approx(100 / 1800, rel=0.01)  # no underflow


def test_the_binomial_pacer_launches_the_most_that_keep_the_expected_abandonment_within_the_cap() -> None:
    pacer = BinomialPacer()
    floor = Floor(pacer, agents=5)
    floor.ring(0.0, calls=2)
    n = pacer.decide(0.0, ROOM)
    p = 0.4  # of the prior, 3.2 / 8: the calls that ring count for nothing yet
    assert expected_abandonment(2 + n, p, 5.0) <= 0.03 < expected_abandonment(2 + n + 1, p, 5.0)


def test_the_binomial_pacer_expects_busy_agents_by_an_exponential_conversation() -> None:
    pacer = BinomialPacer()
    floor = Floor(pacer, agents=3)
    floor.talk(0.0, agent=0)
    floor.end_talk(40.0, agent=0)
    floor.talk(41.0, agent=1)
    floor.wait(41.0)
    assert pacer.available() == pytest.approx(2 - 1 + 0.04877, abs=1e-4)  # 1 - exp(-2 / 40)


@pytest.mark.parametrize(("abandoned", "talks", "limit"), [(0, 30, 0.12), (1, 24, 0.03 * 0.75), (10, 10, 0.003)])
def test_feedback_scales_the_binomial_limit_by_cap_over_measured(abandoned: int, talks: int, limit: float) -> None:
    pacer = BinomialPacer(feedback=True)
    floor = Floor(pacer, agents=talks)
    for agent in range(talks):
        floor.talk(1.0, agent)
    for _ in range(abandoned):
        floor.abandon(1.0)
    assert pacer.limit() == pytest.approx(limit)


def test_every_name_makes_a_new_pacer() -> None:
    for name in PACER_NAMES:
        given = name.replace(":R", ":1.5")
        assert isinstance(pacer_named(given), Pacer)
        assert pacer_named(given) is not pacer_named(given)


@pytest.mark.parametrize("name", ["", "psychic", "ratio", "ratio:", "ratio:0.5", "ratio:nan", "progressive:2"])
def test_unknown_names_are_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(ValueError, match="vicidial-average"):
        pacer_named(name)
