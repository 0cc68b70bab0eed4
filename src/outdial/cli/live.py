"""What a person sees while it dials: a table that changes on a terminal, a line now and then elsewhere. On stderr."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

from rich.console import Console
from rich.live import Live as RichLive
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from outdial import logs
from outdial.cli.output import say
from outdial.dialer.campaign_loop import CampaignLoop
from outdial.domain.agents import AgentState
from outdial.domain.calls import CallState
from outdial.domain.outcomes import Outcome
from outdial.simulation.shift import AtWork

TABLE_SECONDS: Final = 0.5
LINE_SECONDS: Final = 10.0

_AGENT_WORDS = {
    AgentState.READY: "ready",
    AgentState.RESERVED: "reserved",
    AgentState.TALKING: "talking",
    AgentState.WRAP_UP: "wrap-up",
    AgentState.PAUSED: "paused",
}
_CALL_WORDS = {
    CallState.DIALING: "ringing",
    CallState.DETECTING: "person or machine?",
    CallState.WAITING: "waiting for an agent",
    CallState.BRIDGED: "in conversation",
}


@contextlib.asynccontextmanager
async def shown(live: AtWork, *, title: str, lines: tuple[str, ...] = (), quiet: bool = False) -> AsyncIterator[None]:
    """Show what goes on while the block runs; `lines` stay above the table."""
    console = Console(stderr=True)
    if quiet:
        yield
        return
    for line in lines:
        say(line)
    if console.is_terminal:
        with logs.quiet(), RichLive(console=console, auto_refresh=False, transient=True) as screen:
            task = asyncio.create_task(_draw(screen, live, title))
            try:
                yield
            finally:
                task.cancel()
    else:
        task = asyncio.create_task(_tell(live))
        try:
            yield
        finally:
            task.cancel()


async def _draw(screen: RichLive, live: AtWork, title: str) -> None:
    while True:
        screen.update(table(live, title), refresh=True)
        await asyncio.sleep(TABLE_SECONDS)


async def _tell(live: AtWork) -> None:
    while True:
        await asyncio.sleep(LINE_SECONDS)
        if live.loop is not None:
            say(one_line(live, live.loop))


def one_line(live: AtWork, loop: CampaignLoop) -> str:
    """The state of things in a line of plain text."""
    progress = loop.progress
    states = live.pool.states()
    return (
        f"{live.clock.now():%a %H:%M:%S} UTC  {progress.final}/{progress.records} records final, "
        f"{progress.attempts} attempts, {len(loop.flow.live)} calls, {states[AgentState.TALKING]} talking, "
        f"{states[AgentState.READY]} ready, abandoned {_abandonment(loop):.2%}: {_now(loop)}"
    )


def table(live: AtWork, title: str) -> Panel:
    """The whole picture of one campaign at work."""
    loop = live.loop
    if loop is None:
        return Panel("starting …", title=title)
    states, spent, progress = live.pool.states(), live.pool.time_spent(), loop.progress
    calls = dict.fromkeys(_CALL_WORDS, 0)
    for one in loop.flow.live.values():
        if one.call.state in calls:
            calls[one.call.state] += 1
    configuration = loop.campaign.configuration
    cap = (configuration.max_abandonment_rate if configuration else None) or 0
    ratio = (configuration.max_dialing_ratio if configuration else None) or 1
    at_work = sum(states[state] for state in AgentState if state not in (AgentState.SIGNED_OUT, AgentState.PAUSED))

    left = Table.grid(padding=(0, 2))
    left.add_row(Text("agents", "bold"), "  ".join(f"{states[s]} {word}" for s, word in _AGENT_WORDS.items()))
    left.add_row(Text("calls", "bold"), "  ".join(f"{calls[s]} {word}" for s, word in _CALL_WORDS.items()))
    left.add_row(
        Text("pacing", "bold"),
        f"{loop.flow.unanswered} unanswered of {ratio * at_work} allowed   occupancy {spent.occupancy:.0%}",
    )
    abandonment = _abandonment(loop)
    left.add_row(
        Text("abandoned", "bold"),
        Text(f"{abandonment:.2%} of people answered, cap {cap} %", "red" if abandonment > cap / 100 > 0 else "green"),
    )
    left.add_row(
        Text("outcomes", "bold"),
        "  ".join(f"{n} {outcome.value}" for outcome in Outcome if (n := progress.outcomes[outcome])) or "none yet",
    )
    left.add_row(
        Text("records", "bold"),
        f"{progress.final} of {progress.records} final, {progress.attempts} attempts",
    )
    bar = ProgressBar(total=max(1, progress.records), completed=progress.final, width=60)
    left.add_row("", bar)
    left.add_row(Text("now", "bold"), Text(_now(loop), "bold cyan"))
    when = f"{live.clock.now():%Y-%m-%d %H:%M:%S} UTC"
    return Panel(left, title=title, subtitle=when)


def _now(loop: CampaignLoop) -> str:
    """How it dials, or why it does not."""
    activity = loop.activity
    return activity.sentence() if activity.pace is None else activity.pace.sentence()


def _abandonment(loop: CampaignLoop) -> float:
    abandoned, connected = loop.progress.outcomes[Outcome.ABANDONED], loop.progress.outcomes[Outcome.CONNECTED]
    return abandoned / (abandoned + connected) if abandoned + connected else 0.0
