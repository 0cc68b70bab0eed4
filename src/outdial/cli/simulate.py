"""`outdial simulate`: pacers compared on invented shifts in virtual time, without a database and without calls."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from outdial.adapters.clock import WallClock
from outdial.cli import plot
from outdial.cli.output import JsonOption, print_list, print_object, say
from outdial.cli.preparation import read_campaign
from outdial.domain.errors import FieldProblem, Invalid
from outdial.simulation.pacing.baselines import PACER_NAMES, pacer_named
from outdial.simulation.pacing.comparison import Estimate, Result, compare
from outdial.simulation.pacing.world import World

T = TypeVar("T")
HIGHEST_CAP = 0.99
"""The simulated world is about caps that can be broken."""
COLUMNS = ("agents", "answer_rate", "talk", "cap", "pacer", "occupancy", "abandoned", "above_cap", "wait")


def simulate(
    agents: Annotated[str, typer.Option(metavar="N,…", help="How many agents.")] = "5,25,100",
    answer_rate: Annotated[
        str, typer.Option(metavar="RATE,…", help="Share of calls that a person answers, a fraction.")
    ] = "0.25",
    talk: Annotated[str, typer.Option(metavar="SECONDS,…", help="Mean length of a conversation.")] = "90",
    campaign: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="A POST /campaigns body as a JSON file, for the five options below."
        ),
    ] = None,
    cap: Annotated[
        str | None,
        typer.Option(metavar="RATE,…", help="Abandoned of those reached, at most; a fraction: 0.03 is 3 %. [0.03]"),
    ] = None,
    ratio: Annotated[
        float | None, typer.Option(min=1, max=100, help="Unanswered calls allowed for each agent. [3]")
    ] = None,
    timeout: Annotated[
        float | None, typer.Option(min=0, max=60, help="Seconds a person waits before we give up. [2]")
    ] = None,
    ring: Annotated[float | None, typer.Option(min=6, max=120, help="Seconds a call may ring. [25]")] = None,
    amd: Annotated[
        bool | None, typer.Option("--amd/--no-amd", help="With answering-machine detection. [--amd]")
    ] = None,
    hours: Annotated[float, typer.Option(min=0.01, max=1000, help="Length of a shift, from a cold start.")] = 8.0,
    pacer: Annotated[
        str, typer.Option(metavar="NAME,…", help=f"Which pacers: {', '.join(PACER_NAMES)}.")
    ] = "predictive,progressive",
    seeds: Annotated[int, typer.Option(min=1, max=1000, help="Shifts for each pacer, the same for all.")] = 5,
    seed: Annotated[int, typer.Option(help="Of the first shift; the others follow it.")] = 1,
    tick: Annotated[
        float, typer.Option(min=0.1, max=2, help="Seconds between two decisions; 1 s says the same in twice the time.")
    ] = 2.0,
    picture: Annotated[
        Path | None, typer.Option("--plot", metavar="OUT.png", dir_okay=False, help="Draw the results into this file.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare pacers on simulated shifts: how busy agents are, and how many people are abandoned.

    Every pacer dials the same people, who say the same things. Values separated by commas are all combined. Intervals
    hold with 95 % confidence (Student's t over the seeds). Only compare the occupancy of pacers that keep the cap.
    """
    pacers = values("pacer", pacer, _known)
    if picture is not None:
        plot.check_drawable()
    own = _settings(campaign)
    caps = [own.cap] if cap is None else values("cap", cap, float)
    try:
        cells = [
            World(
                agents=n,
                p=p,
                talk=seconds,
                cap=limit,
                ratio=own.ratio if ratio is None else ratio,
                timeout=own.timeout if timeout is None else timeout,
                maxring=own.maxring if ring is None else ring,
                amd=own.amd if amd is None else amd,
                hours=hours,
                seed=seed,
                tick=tick,
            )
            for n in values("agents", agents, int)
            for p in values("answer-rate", answer_rate, float)
            for seconds in values("talk", talk, float)
            for limit in caps
        ]
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    clock = WallClock()
    began = clock.monotonic()
    results = _play(cells, pacers, seeds)
    seconds = clock.monotonic() - began
    if picture is not None:
        plot.draw(results, picture)
    if as_json:
        print_object({"results": [result.as_json() for result in results]}, as_json=True)
        return
    print_list("results", [_shown(result) for result in results], COLUMNS, total=len(results), as_json=False)
    agent_hours = sum(cell.agents * cell.hours for cell in cells) * seeds * len(pacers)
    say(f"{agent_hours:g} agent-hours in {seconds:.1f} s; {seeds} shifts of {hours:g} h for each line")


def _settings(path: Path | None) -> World:
    """The settings of a campaign's file, in a world that is otherwise as worlds are."""
    if path is None:
        return World()
    configuration = read_campaign(path).configuration
    if configuration is None:
        problem = FieldProblem("dialing_mode_configuration", "is missing: without it there is nothing to simulate")
        raise Invalid(f"{path} does not say how to dial", [problem])
    usual = World()
    rate, timeout = configuration.max_abandonment_rate, configuration.abandonment_timeout
    return World(
        cap=usual.cap if rate is None else min(rate / 100, HIGHEST_CAP),
        ratio=usual.ratio if configuration.max_dialing_ratio is None else configuration.max_dialing_ratio,
        timeout=usual.timeout if timeout is None else float(timeout),
        maxring=float(configuration.max_ring_time_in_secs),
        amd=bool(configuration.answering_machine_detection),
    )


def _play(cells: Sequence[World], pacers: Sequence[str], seeds: int) -> list[Result]:
    console = Console(file=sys.stderr)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        # Large teams take longer: the bar moves by agents, not by shifts.
        task = bar.add_task("shifts", total=sum(cell.agents for cell in cells) * len(pacers) * seeds)
        return list(compare(cells, pacers, seeds, played=lambda world: bar.advance(task, world.agents)))


def values(option: str, given: str, kind: Callable[[str], T]) -> list[T]:
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
