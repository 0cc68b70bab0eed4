"""The benchmark's verdicts, on results made by hand; and what its forms play."""

from __future__ import annotations

import json
from math import inf
from pathlib import Path
from typing import Any

import pytest
from bench.pacing import Diary, Job, code_of, full, measure, quick
from bench.pacing_report import KNOWS_AGENTS, OURS, PEERS, TUNED, Measured, best_peer, markdown, targets

from outdial.simulation.pacing.comparison import Result
from outdial.simulation.pacing.world import Pattern, Shift, World

CELL = World(agents=5)


def result(pacer: str, occupancy: float, *excess: float, world: World = CELL, **shift: Any) -> Result:
    """Shifts of the same occupancy, one for each excess."""
    return Result(pacer, world, [Shift(occupancy=occupancy, excess=e, **shift) for e in excess])


def measured(**blocks: list[Result]) -> Measured:
    return Measured(blocks, decision_p99=0.001, speed={5: 60.0}, played=1, planned=1)


PROGRESSIVE = result("progressive", 0.55, -9.0, -9.0)
WEBITEL = result("webitel", 0.60, -1.0, -1.0)
RATIO = result("ratio:3", 0.80, 40.0, -1.0)
OURS_GOOD = result(OURS, 0.70, -1.0, -2.0)
KNOWING = result(KNOWS_AGENTS, 0.72, -1.0)
OTHERS = [result(name, 0.50, -1.0) for name in PEERS if name not in ("progressive", "webitel", "ratio:3")]
CORE = [OURS_GOOD, PROGRESSIVE, RATIO, WEBITEL, KNOWING, *OTHERS]
TUNED_BADLY = [result(name, 0.45, -1.0) for name in TUNED if name != "ratio:2"]


def verdicts(seen: Measured) -> dict[str, tuple[str, bool]]:
    """What was measured and whether it is good enough, by the beginning of the target's name."""
    return {target.name: (target.measured, target.met) for target in targets(seen) if target.met is not None}


def verdict(seen: Measured, begins: str) -> tuple[str, bool]:
    (found,) = [value for name, value in verdicts(seen).items() if name.startswith(begins)]
    return found


def test_only_peers_that_keep_the_cap_are_compared_with() -> None:
    assert best_peer(CORE, CELL) is WEBITEL


def test_a_good_run_meets_every_target() -> None:
    seen = measured(core=CORE, tuned=[result("ratio:2", 0.68, -1.0), *TUNED_BADLY])
    assert all(met for _, met in verdicts(seen).values())
    assert verdict(seen, "idle share")[0] == "0.75 (1)"  # 0.30 / 0.40 idle
    assert verdict(seen, "way from progressive")[0] == "0.88 (1)"  # 0.15 / 0.17
    assert verdict(seen, "occupancy less that of the best ratio")[0] == "+2.0 (1)"


def test_each_miss_is_told() -> None:
    poor = result(OURS, 0.59, 3.5, -1.0, over_asked=1, abandoned=40, connected=1000)
    seen = Measured(
        {"core": [poor, *CORE[1:]], "tuned": [result("ratio:2", 0.58, -1.0), *TUNED_BADLY]},
        0.003,
        {5: 20.0},
        played=1,
        planned=1,
    )
    assert not any(met for name, (_, met) in verdicts(seen).items() if not name.startswith("allowance used"))
    assert markdown(seen).count("MISS") == len(verdicts(seen))


def test_what_was_not_played_has_its_row_and_no_verdict() -> None:
    rows = {target.name: target for target in targets(measured(core=CORE))}
    assert len(rows) == len(targets(Measured({}, 0.001, {5: 60.0}, played=0, planned=1)))
    large = rows["idle share / best peer's, 300 agents at 3 %, mean of the cells"]
    assert (large.wanted, large.measured, large.met) == ("<= 0.50", "not played", None)


@pytest.mark.parametrize(("abandoned", "told"), [(2700, ("0.90 (1)", True)), (2400, ("0.80 (1)", False))])
def test_an_allowance_left_lying_is_told_where_it_is_large(abandoned: int, told: tuple[str, bool]) -> None:
    ours = result(OURS, 0.7, -1.0, abandoned=abandoned, connected=100_000 - abandoned)
    assert verdict(measured(core=[ours, PROGRESSIVE]), "allowance used") == told


def test_changing_campaigns_are_compared_with_the_steady_one() -> None:
    steady = result(OURS, 0.80, -1.0)
    sine = result(OURS, 0.76, -1.0, world=World(agents=5, pattern=Pattern.SINE))
    seen = measured(dynamics=[steady, sine])
    assert verdict(seen, "changing campaigns: occupancy") == ("0.950 (2)", False)
    assert verdict(seen, "changing campaigns: shifts") == ("0 of 2", True)


def test_the_exact_optimum_and_the_long_timeout_have_their_rows() -> None:
    exact = result(OURS, 0.745, -1.0, world=World.of_the_optimum(agents=5, cap=0.03))
    late = result(OURS, 0.9, -1.0, world=World(agents=5, timeout=30.0), abandoned=4, connected=96)
    seen = measured(exact=[exact], timeout=[late])
    assert verdict(seen, "occupancy / exact optimum")[0].startswith("0.988")
    assert verdict(seen, "impatient people") == ("1.333 (1)", False)


def test_cells_that_some_peer_was_not_played_in_are_not_compared() -> None:
    seen = measured(core=CORE[:-1], tuned=[result("ratio:2", 0.75, -1.0)])
    assert not any(name.startswith(("idle share", "occupancy / best", "occupancy less")) for name in verdicts(seen))
    assert verdict(seen, "shifts above the cap") == ("0 of 2", True)


class TestWritingDown:
    JOBS = tuple(Job("core", World(agents=n, hours=0.02), "progressive", seeds=2) for n in (2, 1))

    def test_a_form_that_was_stopped_goes_on_where_it_was(self, tmp_path: Path) -> None:
        path = tmp_path / "out" / "pacing.jsonl"
        assert measure(self.JOBS, 1, Diary(path, resume=False), seconds=0.0) == ({}, 0, 4)
        whole, played, wanted = measure(self.JOBS, 1, Diary(path, resume=False), seconds=inf)
        assert (played, wanted) == (4, 4)
        lines = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join([*lines[:2], lines[2][:40]]), encoding="utf-8")  # killed while it wrote the third
        diary = Diary(path, resume=True)
        assert len(diary.shifts) == 2
        assert measure(self.JOBS, 1, diary, seconds=inf)[0] == whole
        assert len(Diary(path, resume=True).shifts) == 4
        assert measure(self.JOBS[:1], 1, Diary(path, resume=True), seconds=inf)[1:] == (2, 2)  # others are not of it
        assert Diary(path, resume=False).shifts == {}

    def test_what_other_code_has_played_is_not_taken_up(self, tmp_path: Path) -> None:
        path = tmp_path / "pacing.jsonl"
        measure(self.JOBS, 1, Diary(path, resume=False), seconds=inf)
        code, elsewhere = code_of("progressive"), "0123456789abcdef"
        path.write_text(path.read_text(encoding="utf-8").replace(code, elsewhere, 1), encoding="utf-8")
        assert len(Diary(path, resume=True).shifts) == 3
        assert code_of(OURS) != code

    def test_every_cell_has_its_first_shift_before_any_has_its_second(self, tmp_path: Path) -> None:
        path = tmp_path / "pacing.jsonl"
        measure(self.JOBS, 1, Diary(path, resume=False), seconds=inf)
        played = [json.loads(line)["key"] for line in path.read_text(encoding="utf-8").splitlines()]
        assert [key for key in played if "seed=1" in key] == played[:2]
        assert "agents=1," in played[0]


def test_the_table_marks_ours_and_the_best_peer_and_no_other() -> None:
    rows = markdown(measured(core=CORE)).splitlines()
    marked = [row.split("|")[1].strip() for row in rows if row.startswith("|") and "**" in row]
    assert marked == [OURS, "webitel"]
    assert any("ratio:3" in row and "1 of 2" in row for row in rows)


def test_the_full_form_plays_every_cell_of_the_core_with_every_peer() -> None:
    jobs = [job for job in full() if job.block == "core"]
    cells = {job.world for job in jobs}
    assert {(c.agents, c.p, c.talk) for c in cells} == {
        (n, p, talk) for n in (5, 10, 25, 50) for p in (0.1, 0.25, 0.4) for talk in (30.0, 90.0, 240.0)
    }
    for cell in cells:
        assert {job.pacer for job in jobs if job.world == cell} == {OURS, KNOWS_AGENTS, *PEERS}


def test_the_quick_form_has_a_little_of_every_block() -> None:
    assert {job.block for job in quick()} == {"core", "lines", "dynamics", "bursts", "timeout", "exact", "cold"}
    assert {job.world.pattern for job in quick()} == set(Pattern)
