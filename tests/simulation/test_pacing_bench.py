"""The benchmark's verdicts, on results made by hand."""

from __future__ import annotations

from bench.pacing import OURS, best_peer, markdown, targets

from outdial.simulation.pacing.comparison import Result
from outdial.simulation.pacing.world import Shift, World

CELL = World(agents=5)


def result(pacer: str, occupancy: float, *excess: float, over_asked: int = 0) -> Result:
    """Shifts of the same occupancy, one for each excess."""
    return Result(pacer, CELL, [Shift(occupancy=occupancy, excess=e, over_asked=over_asked) for e in excess])


PROGRESSIVE = result("progressive", 0.55, -9.0, -9.0)
WEBITEL = result("webitel", 0.60, -1.0, -1.0)
RATIO = result("ratio:3", 0.80, 40.0, -1.0)
OURS_GOOD = result(OURS, 0.70, -1.0, -2.0)


def test_only_peers_that_keep_the_cap_are_compared_with() -> None:
    assert best_peer([OURS_GOOD, PROGRESSIVE, RATIO, WEBITEL], CELL) is WEBITEL


def test_a_good_run_meets_every_target() -> None:
    found = targets([OURS_GOOD, PROGRESSIVE, RATIO, WEBITEL])
    assert [target.met for target in found] == [True] * 5
    assert found[-1].measured == "0.75"  # 0.30 / 0.40 idle


def test_each_miss_is_told() -> None:
    poor = result(OURS, 0.59, 3.5, -1.0, over_asked=1)
    assert [target.met for target in targets([poor, PROGRESSIVE, RATIO, WEBITEL])] == [False] * 5
    assert markdown([poor, PROGRESSIVE, RATIO, WEBITEL]).count("FAIL") == 5


def test_the_table_marks_ours_and_the_best_peer_and_no_other() -> None:
    rows = markdown([OURS_GOOD, PROGRESSIVE, RATIO, WEBITEL]).splitlines()
    marked = [row.split("|")[1].strip() for row in rows if row.startswith("|") and "**" in row]
    assert marked == [OURS, "webitel"]
    assert any("ratio:3" in row and "1 of 2" in row for row in rows)
