"""`outdial demo`: everything at once, in a database that is thrown away: the API, the dialer, agents, a live table."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from outdial import bootstrap
from outdial.adapters.clock import LoopClock, WallClock
from outdial.adapters.storage.dialing import DialRows
from outdial.app import access
from outdial.app.summary import summary
from outdial.cli import live as screen
from outdial.cli.output import JsonOption, print_object, say
from outdial.cli.preparation import prepare, read_campaign
from outdial.cli.run import print_summary
from outdial.cli.running import run_to_end
from outdial.cli.up import address_of, listening, serve
from outdial.domain.access import DEFAULT_ACCOUNT, Scope
from outdial.simulation.shift import Shift, working


def demo(
    agents: Annotated[int, typer.Option(min=1, max=1000, help="How many simulated agents.")] = 12,
    speed: Annotated[float, typer.Option(min=0.1, max=100, help="Seconds of dialing per second.")] = 10.0,
    seconds: Annotated[
        float | None, typer.Option("--for", min=1, metavar="SECONDS", help="End by itself after so many seconds.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Listen here, or fail. Without it: 8000, or the next free one.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of all chance.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Show Outdial at work: a list is dialed by simulated agents over a simulated network, until Ctrl-C.

    Nothing leaves the machine and nothing stays behind. Prints the result at the end.
    """
    settings = bootstrap.read_settings(**({} if port is None else {"port": port}))

    async def main(server: bootstrap.Server, listener: socket.socket, folder: Path) -> dict[str, object]:
        clock = LoopClock(asyncio.get_running_loop(), WallClock().now(), speed)
        async with bootstrap.open_installation(settings, server, clock=clock) as here:
            say("Outdial demo: importing a list …")
            campaign = read_campaign(folder / "demo.campaign.json")
            prepared = await prepare(here, folder / "demo.csv", campaign, agents=agents)
            scopes = [scope for scope in Scope if scope is not Scope.ROLE_PERMISSIONS_SKIP]
            made = await access.create_client(
                DEFAULT_ACCOUNT, name="demo", scopes=scopes, access=here.access, clock=here.wall_clock
            )
            shift = Shift(users=prepared.users, seed=seed, start=clock.now(), speed=speed)
            store = DialRows(here.database)
            (running,) = await store.running_campaigns()
            address = address_of(listener)
            lines = (
                bootstrap.about_console(address),
                f"sign in once   {await bootstrap.demo_link(here, address)}",
                f"API            {address}   (documentation: {address}/docs)",
                f"client_id      {made.client.id}",
                f"client_secret  {made.secret}",
                f"time runs {speed:g} times as fast; Ctrl-C ends the demo",
            )
            async with (
                working(store, shift, clock, ids=here.ids, trunks=here.trunks) as live,
                bootstrap.hints_for(here, live),
            ):
                async with screen.shown(live, title=prepared.campaign.name, lines=lines):
                    await serve(bootstrap.http_app(here), listener, ready=lambda: None, seconds=seconds)
                spent = live.pool.time_spent()
            results = await store.results(running.key)
        return summary(results, occupancy=spent.occupancy, idle_outside_seconds=spent.idle_outside)

    with (
        _examples() as folder,
        listening(settings.host, settings.port, exact=settings.port_given) as listener,
        bootstrap.throwaway_server(settings) as server,
    ):
        result = run_to_end(main(server, listener, folder))
    if as_json:
        print_object(result, as_json=True)
    else:
        print_summary(result)


@contextlib.contextmanager
def _examples() -> Iterator[Path]:
    """The folder of example data: part of the package when installed, of the repository in a checkout."""
    packaged = resources.files("outdial") / "examples"
    if packaged.is_dir():
        with resources.as_file(packaged) as folder:
            yield folder
    else:
        yield Path(__file__).parents[3] / "examples"
