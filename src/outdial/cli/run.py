"""`outdial run`: one list, one campaign, from import to the last outcome, in a database that is thrown away."""

import asyncio
import contextlib
import enum
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from outdial import bootstrap
from outdial.adapters.clock import LoopClock, SeededIds, WallClock
from outdial.adapters.storage.database import open_database
from outdial.adapters.storage.dialing import DialRows
from outdial.app.imports import write_rejects
from outdial.cli import asterisk
from outdial.cli import live as screen
from outdial.cli import sip as over_sip
from outdial.cli.output import JsonOption, print_object, say
from outdial.cli.preparation import Prepared, prepare, read_campaign
from outdial.cli.running import run_to_end
from outdial.domain.errors import Invalid
from outdial.domain.values import UserId
from outdial.ports.carrier import Carrier
from outdial.ports.clock import Clock
from outdial.simulation.shift import LONGEST, PACERS, VIRTUAL_START, AtWork, Shift, dial, dial_for_real
from outdial.simulation.virtual_time import VirtualTimeLoop, database_gate


class CarrierName(enum.StrEnum):
    SIMULATED = "simulated"
    SIP = "sip"
    ASTERISK = "asterisk"


@dataclass(frozen=True, slots=True)
class Until:
    """When a run is over: at an instant, after so many calls, or when the list is exhausted."""

    at: datetime | None = None
    calls: int | None = None


def run(
    list_path: Annotated[
        Path, typer.Argument(metavar="LIST.csv", exists=True, dir_okay=False, help="The record list.")
    ],
    campaign: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="The campaign: a POST /campaigns body as a JSON file.")
    ],
    agents: Annotated[int, typer.Option(min=1, max=1000, help="How many simulated agents.")] = 12,
    carrier: Annotated[
        CarrierName, typer.Option(help="Who places the calls; asterisk takes the servers of OUTDIAL_ASTERISK_FILE.")
    ] = CarrierName.SIMULATED,
    trunk: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST:PORT", help="With --carrier sip: where real calls go; several share them."),
    ] = None,
    sip: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="With --carrier sip: trunks and phones as a TOML file."),
    ] = None,
    agent_phones: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="With --carrier sip: agents' phones, that answer by themselves."),
    ] = None,
    speed: Annotated[
        str | None,
        typer.Option(help="Seconds of dialing per second: a number, or max (the default) for virtual time."),
    ] = None,
    until: Annotated[
        str, typer.Option(help="exhausted, HH:MM (UTC, its next occurrence), or a number of attempts as 500calls.")
    ] = "exhausted",
    start: Annotated[
        str | None, typer.Option(help="The dialing clock's start, ISO 8601. Default: 2026-06-01 at max, else now.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of all chance: the same seed gives the same result.")] = 1,
    pacer: Annotated[str, typer.Option(help=f"One of {', '.join(PACERS)}.")] = "predictive",
    relaxed_priority: Annotated[
        bool, typer.Option("--relaxed-priority", help="Dial lower priorities while higher ones wait for a retry.")
    ] = False,
    rejects: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write the rows that were not accepted to this CSV file.")
    ] = None,
    pacer_logs: Annotated[
        Path | None, typer.Option(file_okay=False, help="Write what the pacer sees to this folder, for `replay`.")
    ] = None,
    keep: Annotated[
        Path | None, typer.Option(file_okay=False, help="Keep the database in this folder afterwards.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Import a list, create a campaign, dial it with simulated agents, and print what came of it.

    Nothing is left behind: the database lives in a temporary folder (or, with OUTDIAL_DATABASE_URL, in a schema of its
    own). Exit code 0 also when rows were rejected; 1 when records were left after 90 simulated days.
    """
    if pacer not in PACERS:
        raise Invalid(f"--pacer is one of {', '.join(PACERS)}, not {pacer!r}")
    real_calls = carrier is not CarrierName.SIMULATED
    if carrier is not CarrierName.SIP and (trunk or sip or agent_phones):
        raise Invalid("--trunk, --sip and --agent-phones are for --carrier sip")
    if real_calls and speed not in (None, "1"):
        raise Invalid("real calls take their time: --speed is for the simulated carrier")
    virtual = not real_calls and speed in (None, "max")
    factor = 1.0 if virtual or speed is None else _speed(speed)
    begins = _start(start, virtual=virtual)
    end = _until(until, begins)
    body = read_campaign(campaign)
    settings = bootstrap.read_settings()
    real: Callable[[Clock, Sequence[UserId]], AbstractAsyncContextManager[Carrier]] | None = None
    if carrier is CarrierName.SIP:
        sip_settings = over_sip.settings_of(settings, trunk or [], sip)
        real = partial(over_sip.carrier_at_work, sip_settings, phones=agent_phones)
    elif carrier is CarrierName.ASTERISK:
        real = partial(asterisk.carrier_at_work, asterisk.settings_of(settings))
    ids = SeededIds(seed)

    with bootstrap.throwaway_server(settings, keep) as server:

        async def ready() -> Prepared:
            clock = LoopClock(asyncio.get_running_loop(), begins)
            async with bootstrap.open_installation(settings, server, clock=clock, ids=ids, size=2) as here:
                with _bar("importing", "rows") as told:
                    return await prepare(here, list_path, body, agents=agents, progress=told)

        prepared = run_to_end(ready())
        report = prepared.report
        if rejects is not None:
            write_rejects(rejects, report)
        say(
            f"{report.accepted} of {report.rows} rows accepted, {report.rejected} rejected, "
            f"{report.duplicates} duplicates" + (f"; see {rejects}" if rejects is not None else "")
        )
        shift = Shift(
            users=prepared.users,
            seed=seed,
            start=begins,
            speed=factor,
            virtual=virtual,
            until=end.at,
            most_calls=end.calls,
            pacer=pacer,
            strict_priority=not relaxed_priority,
            pacer_logs=pacer_logs or settings.pacer_logs,
            calls_per_second=settings.calls_per_second,
        )

        async def dialing() -> tuple[dict[str, object], bool]:
            gate = database_gate if virtual else contextlib.nullcontext
            async with open_database(
                server.connect, size=1 if virtual else 5, schema=server.schema, gate=gate
            ) as database:
                store = DialRows(database)
                if virtual:
                    return await _with_bar(store, shift)
                if real is None:
                    return await _with_table(store, shift, prepared.campaign.name)
                clock = LoopClock(asyncio.get_running_loop(), begins)
                async with real(clock, prepared.users) as at_work:
                    return await _with_table(store, shift, prepared.campaign.name, (at_work, clock))

        result, reached = run_to_end(dialing(), VirtualTimeLoop if virtual else None)
    result["import"] = _import_json(prepared)
    if as_json:
        print_object(result, as_json=True)
    else:
        print_summary(result)
    if not reached:
        say(f"outdial: the list was not exhausted after {LONGEST.days} days of dialing")
        raise typer.Exit(1)


async def _with_bar(store: DialRows, shift: Shift) -> tuple[dict[str, object], bool]:
    """Dial in virtual time, with a progress bar of records that are final."""
    with _bar("dialing", "records") as told:
        tasks: list[asyncio.Task[None]] = []

        async def follow(live: AtWork) -> None:
            while True:
                await live.clock.sleep(600.0)
                if live.loop is not None:
                    told(live.loop.progress.final, live.loop.progress.records)

        try:
            return await dial(store, shift, started=lambda live: tasks.append(asyncio.create_task(follow(live))))
        finally:
            for task in tasks:
                task.cancel()


async def _with_table(
    store: DialRows, shift: Shift, title: str, real: tuple[Carrier, Clock] | None = None
) -> tuple[dict[str, object], bool]:
    """Dial in real or scaled time, with the live table."""
    async with contextlib.AsyncExitStack() as showing:
        begun: asyncio.Future[AtWork] = asyncio.get_running_loop().create_future()
        if real is None:
            task = asyncio.create_task(dial(store, shift, started=begun.set_result))
        else:
            task = asyncio.create_task(dial_for_real(store, shift, *real, started=begun.set_result))
        ends: list[asyncio.Future[Any]] = [begun, task]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if begun.done():
            await showing.enter_async_context(screen.shown(begun.result(), title=title))
        try:
            return await task
        except asyncio.CancelledError:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            raise


@contextlib.contextmanager
def _bar(what: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on a terminal; elsewhere a plain line every ten seconds of real time."""
    console = Console(stderr=True)
    if not console.is_terminal:
        wall = WallClock()
        last = wall.monotonic()

        def tell(done: int, total: int) -> None:
            nonlocal last
            if wall.monotonic() - last >= screen.LINE_SECONDS:
                last = wall.monotonic()
                say(f"{what}: {done} of {total} {unit}")

        yield tell
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn(unit))
    with Progress(*columns, TimeElapsedColumn(), console=console) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _import_json(prepared: Prepared) -> dict[str, Any]:
    report = prepared.report.as_json()
    return {key: report[key] for key in ("rows", "accepted", "rejected", "duplicates", "by_kind", "lines")}


def print_summary(result: dict[str, Any]) -> None:
    """The result for people, on stdout."""
    lines = {
        "attempts": result["attempts"],
        "connected": result["connected"],
        "abandoned": f"{result['abandoned']} ({result['abandonment_rate']:.2%} of people answered)",
        "left early": result["left_early"],
        "occupancy": f"{result['occupancy']:.1%}",
        "outcomes": ", ".join(f"{n} {name}" for name, n in result["outcomes"].items() if n),
        "records": f"{result['records']['final']} of {result['records']['total']} final",
        "reasons": ", ".join(f"{n} {name}" for name, n in result["records"]["reasons"].items()),
    }
    for name, value in lines.items():
        print(f"{name:<12} {value}")
    sys.stdout.flush()


def _speed(text: str) -> float:
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 0 < factor <= 1000:
        raise Invalid(f"--speed is a number above 0 and up to 1000, or max, not {text!r}")
    return factor


def _start(text: str | None, *, virtual: bool) -> datetime:
    if text is None:
        return VIRTUAL_START if virtual else WallClock().now()
    try:
        start = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(f"--start is an ISO 8601 time such as 2026-06-01T08:00:00Z, not {text!r}") from error
    return start.replace(tzinfo=UTC) if start.tzinfo is None else start.astimezone(UTC)


def _until(text: str, begins: datetime) -> Until:
    if text == "exhausted":
        return Until()
    if match := re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", text):
        at = begins.replace(hour=int(match[1]), minute=int(match[2]), second=0, microsecond=0)
        return Until(at=at if at > begins else at + timedelta(days=1))
    if match := re.fullmatch(r"([1-9]\d{0,8}) ?calls?", text):
        return Until(calls=int(match[1]))
    raise Invalid(f"--until is exhausted, HH:MM or a number of calls such as 500calls, not {text!r}")
