"""Our pacer beside the baselines, in the same run on the same people: a JSON file and a Markdown table.

`--form quick` takes minutes, `--form full` hours; `--blocks` picks some of the blocks. Which occupancies may be
compared is the point of the tables: a pacer that breaks the cap is busy at the expense of people who are called for
nobody, so the peers that count are those that kept it in the cell.

Every shift is written down as soon as it is played (`pacing-FORM.jsonl`), so that `--minutes` can end a long form and
`--resume` takes it up again where it stopped; the tables say which part of it was played. Shifts that were played by
other code than this are not taken up.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.util import find_spec
from math import inf
from pathlib import Path
from time import process_time
from typing import Any

from bench.pacing_report import KNOWS_AGENTS, OURS, PEERS, TUNED, Measured, markdown, targets

from outdial.adapters.clock import WallClock
from outdial.dialer.campaign_loop import LoopSettings
from outdial.domain.pacing.predictive import PredictivePacer
from outdial.simulation.pacing.baselines import pacer_named
from outdial.simulation.pacing.comparison import Result
from outdial.simulation.pacing.world import Pattern, Shift, World, line_bound, play

CHANGING = (Pattern.STEADY, Pattern.DOUBLES, Pattern.HALVES, Pattern.SINE, Pattern.BLOCKS)
"""The changing campaigns that the targets are about; answers in bursts came later, and have a block of their own."""
ANSWER_RATES, TALKS = (0.1, 0.25, 0.4), (30.0, 90.0, 240.0)
ENGINE_TICK = LoopSettings().decide_seconds
"""Seconds between the engine's decisions: for cells in which it shows how long a line or an agent waits for one.

Elsewhere it does not, and decisions are a second apart: half of the work.
"""
PLAYED_BY = (
    "simulation.pacing.world",
    "simulation.pacing.baselines",
    *(f"domain.pacing.{name}" for name in ("answer_rate", "base", "floor", "hazards", "limits", "progressive", "risk")),
)
"""Modules that a shift depends on, whoever paces it."""
OURS_PLAYED_BY = (
    *PLAYED_BY,
    "simulation.pacing.oracles",
    *(f"domain.pacing.{name}" for name in ("budget", "dispersion", "predictive", "windows")),
)
"""The same for our pacer, and for the one that knows what it does not."""
SEEDS = {1: 1, 2: 1, 5: 8, 10: 6, 25: 4, 50: 3, 100: 3, 300: 2}
"""Shifts in the full form, by agents: large teams vary less, and take longer."""


@dataclass(frozen=True)
class Job:
    """One cell of a block, for one pacer."""

    block: str
    world: World
    pacer: str
    seeds: int


def full() -> Iterator[Job]:
    """Every block as the benchmark defines it; adaptive peers get half of the seeds, at least two."""
    for agents in (5, 10, 25, 50, 100, 300):
        seeds = SEEDS[agents]
        block = "core" if agents <= 50 else "large"
        for talk in TALKS if agents <= 50 else (90.0,):
            for p in ANSWER_RATES:
                cell = World(agents=agents, p=p, talk=talk)
                if agents >= 50 and line_bound(cell) < 1:
                    cell = replace(cell, tick=ENGINE_TICK)
                yield from _beside_peers(block, cell, seeds)
                yield Job(block, cell, KNOWS_AGENTS, max(2, seeds // 2))
                if talk == 90.0:
                    for name in TUNED:
                        yield Job("tuned", cell, name, max(1, seeds // 3))
        if agents <= 50:
            for cap in (0.01, 0.05):
                for p in ANSWER_RATES:
                    yield from _beside_peers("caps", World(agents=agents, p=p, cap=cap), seeds)
        yield Job("uncapped", World(agents=agents, p=0.1, talk=30.0, ratio=1000.0), OURS, min(3, seeds))
    yield from _dynamics({10: 6, 50: 3})
    for agents in (10, 50, 100):
        yield Job("bursts", World(agents=agents, pattern=Pattern.BURSTS), OURS, 3)
    for agents, seeds in ((5, 6), (25, 3), (100, 2)):
        for timeout in (2.0, 10.0, 30.0):
            for cap in (0.01, 0.03):
                yield Job("timeout", World(agents=agents, timeout=timeout, cap=cap), OURS, seeds)
    yield from _exact((1, 2, 5, 10, 25), (0.01, 0.03, 0.05), hours=80.0)
    for agents, seeds in ((5, 20), (25, 12), (100, 6)):
        for cap in (0.01, 0.03):
            yield Job("cold", World(agents=agents, cap=cap, hours=0.5), OURS, seeds)


def quick() -> Iterator[Job]:
    """A little of every block, for every day."""
    for agents in (5, 25):
        for p in ANSWER_RATES:
            cell = World(agents=agents, p=p)
            yield from _beside_peers("core", cell, 3)
            yield Job("core", cell, KNOWS_AGENTS, 1)
    yield Job("lines", World(agents=50, p=0.1, talk=30.0, tick=ENGINE_TICK), OURS, 1)
    yield from _dynamics({10: 2})
    yield Job("bursts", World(agents=50, pattern=Pattern.BURSTS, hours=3.0), OURS, 2)
    yield Job("timeout", World(agents=25, timeout=30.0), OURS, 1)
    yield from _exact((5, 10), (0.03,), hours=40.0)
    yield Job("cold", World(agents=5, hours=0.5), OURS, 8)


FORMS: Mapping[str, Callable[[], Iterator[Job]]] = {"quick": quick, "full": full}


def _beside_peers(block: str, cell: World, seeds: int) -> Iterator[Job]:
    yield Job(block, cell, OURS, seeds)
    for name in PEERS:
        yield Job(block, cell, name, seeds if seeds <= 3 else max(2, seeds // 2))


def _dynamics(seeds: Mapping[int, int]) -> Iterator[Job]:
    for agents, shifts in seeds.items():
        for pattern in CHANGING:
            yield Job("dynamics", World(agents=agents, pattern=pattern), OURS, shifts)
        yield Job("dynamics", World(agents=agents, breaks=True), OURS, shifts)


def _exact(teams: Sequence[int], caps: Sequence[float], hours: float) -> Iterator[Job]:
    for agents in teams:
        for cap in caps:
            cell = World.of_the_optimum(agents=agents, cap=cap, hours=hours, tick=ENGINE_TICK)
            yield Job("exact", cell, OURS, 1)


def _played(world: World, name: str) -> Shift:
    shift = play(world, pacer_named(name, world.hours))
    # Nobody asks for these here, and they would be most of what is written down.
    shift.decisions.clear()
    shift.course.clear()
    return shift


@cache
def code_of(pacer: str) -> str:
    """A digest of the code that plays this pacer's shifts."""
    digest = hashlib.sha256()
    for module in OURS_PLAYED_BY if pacer in (OURS, KNOWS_AGENTS) else PLAYED_BY:
        spec = find_spec(f"outdial.{module}")
        assert spec is not None, module
        assert spec.origin is not None, module
        digest.update(Path(spec.origin).read_bytes())
    return digest.hexdigest()[:16]


class Diary:
    """The shifts played so far, in a file: a form that was stopped goes on where it was.

    Args:
        path: one JSON object a line: a shift's key and what came of it.
        resume: begin with what it holds and this very code has played, instead of anew.
    """

    def __init__(self, path: Path, *, resume: bool) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        if not resume:
            path.unlink(missing_ok=True)
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        # A line cut short by a kill is one that was not written.
        whole = [json.loads(line) for line in lines if line.endswith("}}")]
        whole = [line for line in whole if line["key"].split()[1] == code_of(line["key"].split()[0])]
        path.write_text("".join(json.dumps(line) + "\n" for line in whole), encoding="utf-8")
        self.shifts = {line["key"]: Shift(**line["shift"]) for line in whole}

    @staticmethod
    def key(world: World, pacer: str) -> str:
        """What makes a shift the same one: all of its circumstances, the pacer, and the code of both."""
        return f"{pacer} {code_of(pacer)} {world!r}"

    def note(self, world: World, pacer: str, shift: Shift) -> None:
        """Write one down."""
        key = self.key(world, pacer)
        self.shifts[key] = shift
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"key": key, "shift": asdict(shift)}) + "\n")


def measure(
    jobs: Sequence[Job], processes: int, diary: Diary, seconds: float
) -> tuple[dict[str, list[Result]], int, int]:
    """Play the shifts that are not in the diary yet, until so much time has passed.

    Answers the results by block, and how many of the wanted shifts were played, and wanted.

    First one shift of everything, then the second of everything: whatever is stopped has a little of all cells. Of
    those, small teams come first.
    """
    tasks: dict[str, tuple[int, float, World, str]] = {}
    for job in jobs:
        for i in range(job.seeds):
            world = replace(job.world, seed=job.world.seed + i)
            tasks.setdefault(diary.key(world, job.pacer), (i, _cost(job, world), world, job.pacer))
    left = sorted((task for key, task in tasks.items() if key not in diary.shifts), key=lambda task: task[:2])
    left.reverse()
    clock = WallClock()
    until = clock.monotonic() + seconds
    with ProcessPoolExecutor(processes) as pool:
        running: dict[Future[Shift], tuple[World, str]] = {}
        while True:
            while left and len(running) < processes and clock.monotonic() < until:
                _, _, world, pacer = left.pop()
                running[pool.submit(_played, world, pacer)] = world, pacer
            if not running:
                break
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                diary.note(*running.pop(done), done.result())
            print(
                f"\r{len(tasks) - len(left) - len(running)} of {len(tasks)} shifts", end="", file=sys.stderr, flush=True
            )
    print(file=sys.stderr)
    blocks: dict[str, list[Result]] = {}
    for job in jobs:
        worlds = (replace(job.world, seed=job.world.seed + i) for i in range(job.seeds))
        keys = [diary.key(world, job.pacer) for world in worlds]
        shifts = [diary.shifts[key] for key in keys if key in diary.shifts]
        if shifts:
            blocks.setdefault(job.block, []).append(Result(job.pacer, job.world, shifts))
    return blocks, sum(key in diary.shifts for key in tasks), len(tasks)


def _cost(job: Job, world: World) -> float:
    return world.hours * (8 + world.agents) * (5 if job.pacer in (OURS, KNOWS_AGENTS) else 1)


class _Timed(PredictivePacer):
    """Takes the processor's time for each decision: what else the machine does meanwhile is not counted."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        super().__init__()

    def decide(self, now: float, room: int) -> int:
        before = process_time()
        wanted = super().decide(now, room)
        self.seconds.append(process_time() - before)
        return wanted


def decision_p99(agents: int = 300) -> float:
    """Seconds within which 99 of 100 decisions are made."""
    pacer = _Timed()
    play(World(agents=agents, hours=0.15), pacer)
    return sorted(pacer.seconds)[int(0.99 * len(pacer.seconds))]


def speed(agents: int) -> float:
    """Simulated agent-hours per second of processor time, through the pacer that dials: the best of three shifts.

    Decisions are two seconds apart, as in `outdial simulate`.
    """
    world = World(agents=agents, hours=max(0.5, 10 / agents), tick=2.0)
    times = []
    for _ in range(3):
        began = process_time()
        play(world, PredictivePacer())
        times.append(process_time() - began)
    return agents * world.hours / min(times)


def main() -> None:
    """Play, print the tables, write both files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--form", choices=sorted(FORMS), default="quick")
    parser.add_argument("--blocks", default="", help="only these, separated by commas")
    parser.add_argument("--agents", default="", help="only these team sizes, separated by commas")
    parser.add_argument("--seeds", type=int, default=1000, help="at most so many shifts for each pacer in each cell")
    parser.add_argument("--out", type=Path, default=Path("build/bench"), help="folder for pacing-FORM.json and .md")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--minutes", type=float, default=inf, help="begin no further shift after so long")
    parser.add_argument(
        "--resume", action="store_true", help="go on with what an earlier run of the same code wrote down"
    )
    options = parser.parse_args()
    jobs = [replace(job, seeds=min(job.seeds, options.seeds)) for job in FORMS[options.form]()]
    if options.blocks:
        jobs = [job for job in jobs if job.block in options.blocks.split(",")]
    if options.agents:
        jobs = [job for job in jobs if str(job.world.agents) in options.agents.split(",")]
    clock = WallClock()
    began = clock.monotonic()
    p99, speeds = decision_p99(), {agents: speed(agents) for agents in (5, 25, 100)}
    diary = Diary(options.out / f"pacing-{options.form}.jsonl", resume=options.resume)
    blocks, played, planned = measure(jobs, options.jobs, diary, 60 * options.minutes)
    measured = Measured(blocks, p99, speeds, played, planned)
    seconds = clock.monotonic() - began
    print(f"{seconds:.0f} s", file=sys.stderr)
    table = markdown(measured)
    report: dict[str, Any] = {
        "schema_version": 2,
        "form": options.form,
        "seconds": round(seconds, 1),
        "shifts": {"played": measured.played, "planned": measured.planned},
        "decision_p99_seconds": round(p99, 6),
        "agent_hours_per_second": {str(agents): round(rate, 1) for agents, rate in speeds.items()},
        "results": [
            {"block": block, **result.as_json()} for block, results in measured.blocks.items() for result in results
        ],
        "targets": [asdict(target) for target in targets(measured)],
    }
    (options.out / f"pacing-{options.form}.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    (options.out / f"pacing-{options.form}.md").write_text(table, encoding="utf-8")
    print(table, end="")


if __name__ == "__main__":
    main()
