"""Our pacer beside the baselines, in the same run on the same people: a JSON file and a Markdown table.

The quick form, for every day: two team sizes and three answer rates of the benchmark's core block, shifts of 8 hours
from a cold start. Which occupancies may be compared is the point of the table: a pacer that breaks the cap is busy at
the expense of people who are called for nobody, so the peers that count are those that kept it in the cell.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from outdial.adapters.clock import WallClock
from outdial.simulation.pacing.comparison import Estimate, Result, compare
from outdial.simulation.pacing.world import World

OURS = "predictive"
PEERS = (
    "progressive",
    "ratio:1.5",
    "ratio:2",
    "ratio:3",
    "vicidial-hard-limit",
    "vicidial-average",
    "vicidial-tapered",
    "issabel",
    "webitel",
    "binomial",
    "binomial-feedback",
)
QUICK = tuple(World(agents=agents, p=p, talk=90.0, cap=0.03) for agents in (5, 25) for p in (0.1, 0.25, 0.4))
COMPLIANT_SHARE = 0.05
"""A peer keeps the cap in a cell if no larger share of its shifts there ended above it."""
IDLE_TARGETS = {5: 0.92, 10: 0.85, 25: 0.78, 50: 0.75, 100: 0.72, 300: 0.50}
"""Idle share against the best peer that keeps the cap, at most, by agents."""


@dataclass(frozen=True)
class Target:
    """One thing the benchmark asks for, and what came of it."""

    name: str
    wanted: str
    measured: str
    met: bool


def best_peer(results: Sequence[Result], cell: World) -> Result:
    """The busiest peer among those that kept the cap in this cell; progressive always does."""
    peers = [r for r in results if r.world == cell and r.pacer != OURS and r.share_above_cap <= COMPLIANT_SHARE]
    return max(peers, key=lambda result: result.occupancy.mean)


def targets(results: Sequence[Result]) -> list[Target]:
    """Those rows of the benchmark's targets that these cells can speak of."""
    ours = [result for result in results if result.pacer == OURS]
    shifts = [shift for result in ours for shift in result.shifts]
    above = sum(shift.excess > 0 for shift in shifts)
    excess = max(result.largest_excess for result in ours)
    over_asked = sum(shift.over_asked for shift in shifts)
    found = [
        Target("shifts above the cap", "<= 2 %", f"{above} of {len(shifts)}", above <= 0.02 * len(shifts)),
        Target("largest excess, calls", "<= 3", f"{excess:.1f}", excess <= 3),
        Target("launches asked for beyond the room", "0", str(over_asked), over_asked == 0),
    ]
    gains = [result.occupancy.mean / best_peer(results, result.world).occupancy.mean for result in ours]
    found.append(
        Target("occupancy / best peer's, worst cell", ">= 0.995", f"{min(gains):.3f}", min(gains) >= 0.995),
    )
    for agents in dict.fromkeys(result.world.agents for result in ours):
        idle = fmean(
            (1 - result.occupancy.mean) / (1 - best_peer(results, result.world).occupancy.mean)
            for result in ours
            if result.world.agents == agents
        )
        limit = IDLE_TARGETS[agents]
        name = f"idle share / best peer's, mean of the cells of {agents} agents"
        found.append(Target(name, f"<= {limit:g}", f"{idle:.2f}", idle <= limit))
    return found


def markdown(results: Sequence[Result]) -> str:
    """Occupancy ± its interval, and abandonment with the shifts above the cap, of every pacer in every cell."""
    cells = list(dict.fromkeys(result.world for result in results))
    seeds, hours, cap = len(results[0].shifts), cells[0].hours, 100 * cells[0].cap
    lines = [
        f"Shifts of {hours:g} h from a cold start, {seeds} for each entry, conversations of {cells[0].talk:g} s, cap "
        f"{cap:g} %. Each entry: occupancy % ± 95 % interval / abandoned % / shifts above the cap. In bold: the best "
        "peer among those that kept the cap, and ours.",
        "",
        "| pacer | " + " | ".join(f"{cell.agents} agents, {100 * cell.p:g} % answer" for cell in cells) + " |",
        "|---" * (len(cells) + 1) + "|",
    ]
    best = {cell: best_peer(results, cell).pacer for cell in cells}
    for name in dict.fromkeys(result.pacer for result in results):
        row = [result for result in results if result.pacer == name]
        entries = [_entry(result, bold=name in (OURS, best[result.world])) for result in row]
        lines.append(f"| {name} | " + " | ".join(entries) + " |")
    lines += ["", "| target | wanted | measured | |", "|---|---|---|---|"]
    lines += [f"| {t.name} | {t.wanted} | {t.measured} | {'pass' if t.met else 'FAIL'} |" for t in targets(results)]
    return "\n".join(lines) + "\n"


def _entry(result: Result, *, bold: bool) -> str:
    occupancy: Estimate = result.occupancy
    margin = "" if occupancy.margin is None else f" ± {100 * occupancy.margin:.1f}"
    above = sum(shift.excess > 0 for shift in result.shifts)
    text = f"{100 * occupancy.mean:.1f}{margin} / {100 * result.abandonment.mean:.2f} / {above} of {len(result.shifts)}"
    return f"**{text}**" if bold else text


def _played(job: tuple[World, str, int]) -> Result:
    cell, name, seeds = job
    (result,) = compare([cell], [name], seeds)
    for shift in result.shifts:
        shift.decisions.clear()  # nobody asks for them here, and they would all be sent between the processes
    return result


def main() -> None:
    """Play, print the table, write both files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("build/bench"), help="folder for pacing.json and pacing.md")
    parser.add_argument("--seeds", type=int, default=3, help="shifts for each pacer in each cell")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    options = parser.parse_args()
    clock = WallClock()
    began = clock.monotonic()
    # Ours take longest: they go first, so that no process is left alone with one of them at the end.
    jobs = [(cell, name, options.seeds) for name in (OURS, *PEERS) for cell in QUICK]
    results: list[Result] = []
    with ProcessPoolExecutor(options.jobs) as pool:
        for result in pool.map(_played, jobs):
            results.append(result)
            print(f"\r{len(results)} of {len(jobs)}", end="", file=sys.stderr, flush=True)
    seconds = clock.monotonic() - began
    print(f"\r{len(jobs)} cells in {seconds:.0f} s", file=sys.stderr)
    table = markdown(results)
    report: dict[str, Any] = {
        "schema_version": 1,
        "form": "quick",
        "seconds": round(seconds, 1),
        "results": [result.as_json() for result in results],
        "targets": [vars(target) for target in targets(results)],
    }
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "pacing.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    (options.out / "pacing.md").write_text(table, encoding="utf-8")
    print(table, end="")


if __name__ == "__main__":
    main()
