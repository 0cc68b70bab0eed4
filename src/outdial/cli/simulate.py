"""`outdial simulate`: pacers compared on invented shifts in virtual time, without a database and without calls."""

import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from outdial.adapters.clock import WallClock
from outdial.cli.output import JsonOption, print_list, print_object, say
from outdial.simulation.pacing.baselines import PACER_NAMES, pacer_named
from outdial.simulation.pacing.comparison import Estimate, Result, compare
from outdial.simulation.pacing.world import World

T = TypeVar("T")
COLUMNS = ("agents", "answer_rate", "talk", "cap", "pacer", "occupancy", "abandoned", "above_cap", "wait")


def simulate(
    agents: Annotated[str, typer.Option(metavar="N,…", help="How many agents.")] = "5,25,100",
    answer_rate: Annotated[
        str, typer.Option(metavar="RATE,…", help="Share of calls that a person answers, a fraction.")
    ] = "0.25",
    talk: Annotated[str, typer.Option(metavar="SECONDS,…", help="Mean length of a conversation.")] = "90",
    cap: Annotated[
        str, typer.Option(metavar="RATE,…", help="Abandoned of those reached, at most; a fraction: 0.03 is 3 %.")
    ] = "0.03",
    ratio: Annotated[float, typer.Option(min=1, max=100, help="Unanswered calls allowed for each agent.")] = 3.0,
    timeout: Annotated[float, typer.Option(min=0, max=60, help="Seconds a person waits before we give up.")] = 2.0,
    amd: Annotated[bool, typer.Option("--amd/--no-amd", help="With answering-machine detection.")] = True,
    hours: Annotated[float, typer.Option(min=0.01, max=1000, help="Length of a shift, from a cold start.")] = 8.0,
    pacer: Annotated[
        str, typer.Option(metavar="NAME,…", help=f"Which pacers: {', '.join(PACER_NAMES)}.")
    ] = "predictive,progressive",
    seeds: Annotated[int, typer.Option(min=1, max=1000, help="Shifts for each pacer, the same for all.")] = 5,
    seed: Annotated[int, typer.Option(help="Of the first shift; the others follow it.")] = 1,
    tick: Annotated[
        float, typer.Option(min=0.1, max=2, help="Seconds between two decisions; 1 s says the same in twice the time.")
    ] = 2.0,
    as_json: JsonOption = False,
) -> None:
    """Compare pacers on simulated shifts: how busy agents are, and how many people are abandoned.

    Every pacer dials the same people, who say the same things. Values separated by commas are all combined. Intervals
    hold with 95 % confidence (Student's t over the seeds). Only compare the occupancy of pacers that keep the cap.
    """
    pacers = _values("pacer", pacer, _known)
    try:
        cells = [
            World(
                agents=n,
                p=p,
                talk=seconds,
                cap=limit,
                ratio=ratio,
                timeout=timeout,
                amd=amd,
                hours=hours,
                seed=seed,
                tick=tick,
            )
            for n in _values("agents", agents, int)
            for p in _values("answer-rate", answer_rate, float)
            for seconds in _values("talk", talk, float)
            for limit in _values("cap", cap, float)
        ]
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    clock = WallClock()
    began = clock.monotonic()
    results = _play(cells, pacers, seeds)
    seconds = clock.monotonic() - began
    if as_json:
        print_object({"results": [result.as_json() for result in results]}, as_json=True)
        return
    print_list("results", [_shown(result) for result in results], COLUMNS, total=len(results), as_json=False)
    agent_hours = sum(cell.agents * cell.hours for cell in cells) * seeds * len(pacers)
    say(f"{agent_hours:g} agent-hours in {seconds:.1f} s; {seeds} shifts of {hours:g} h for each line")


def _play(cells: Sequence[World], pacers: Sequence[str], seeds: int) -> list[Result]:
    console = Console(file=sys.stderr)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        # Large teams take longer: the bar moves by agents, not by shifts.
        task = bar.add_task("shifts", total=sum(cell.agents for cell in cells) * len(pacers) * seeds)
        return list(compare(cells, pacers, seeds, played=lambda world: bar.advance(task, world.agents)))


def _values(option: str, given: str, kind: Callable[[str], T]) -> list[T]:
    """The values between the commas, each once."""
    try:
        return list(dict.fromkeys(kind(value.strip()) for value in given.split(",")))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=f"--{option}") from error


def _known(name: str) -> str:
    pacer_named(name)
    return name


def _shown(result: Result) -> dict[str, Any]:
    world = result.world
    above = sum(shift.excess > 0 for shift in result.shifts)
    return {
        "agents": world.agents,
        "answer_rate": f"{world.p:g}",
        "talk": f"{world.talk:g} s",
        "cap": f"{100 * world.cap:g} %",
        "pacer": result.pacer,
        "occupancy": _interval(result.occupancy, 100, 1, "%"),
        "abandoned": _interval(result.abandonment, 100, 2, "%"),
        "above_cap": f"{above} of {len(result.shifts)}",
        "wait": _interval(result.idle_seconds_per_call, 1, 1, "s"),
    }


def _interval(estimate: Estimate, factor: float, places: int, unit: str) -> str:
    mean = f"{factor * estimate.mean:.{places}f}"
    return f"{mean} {unit}" if estimate.margin is None else f"{mean} ± {factor * estimate.margin:.{places}f} {unit}"
