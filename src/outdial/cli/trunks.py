"""`outdial trunks`: the ways to the telephone network, emptied and taken back."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

import typer

from outdial import bootstrap
from outdial.app import trunks
from outdial.cli.output import JsonLinesOption, JsonOption, print_list, print_object
from outdial.cli.running import with_installation
from outdial.domain.trunks import Trunk
from outdial.ports.clock import Clock

Name = Annotated[str, typer.Argument(metavar="NAME", help="As the SIP or Asterisk file has it.")]

app = typer.Typer(help="Trunks and Asterisks: which of them take calls.", no_args_is_help=True)


@app.command("list")
def list_(as_json: JsonOption = False, as_lines: JsonLinesOption = False) -> None:
    """List them as the engine that dials told of them last."""

    async def main(here: bootstrap.Installation) -> tuple[Clock, Sequence[Trunk]]:
        return here.wall_clock, await trunks.listed(await here.account_id(), storage=here.storage)

    clock, found = with_installation(main)
    rows = [_shown(one, clock) for one in found]
    print_list("trunks", rows, ("name", "state", "sentence"), total=len(rows), as_json=as_json, as_lines=as_lines)


@app.command()
def drain(name: Name, as_json: JsonOption = False) -> None:
    """Give it no further calls, until `resume`; those that it has go on. The engine follows within two seconds."""
    _put(trunks.drain, name, as_json=as_json)


@app.command()
def resume(name: Name, as_json: JsonOption = False) -> None:
    """Let it take calls again."""
    _put(trunks.resume, name, as_json=as_json)


def _put(change: Callable[..., Awaitable[Trunk]], name: str, *, as_json: bool) -> None:
    async def main(here: bootstrap.Installation) -> tuple[Clock, Trunk]:
        account = await here.account_id()
        found = await trunks.named(account, name, storage=here.storage)
        return here.wall_clock, await change(account, str(found.id), storage=here.storage)

    clock, changed = with_installation(main)
    print_object(_shown(changed, clock), as_json=as_json)


def _shown(trunk: Trunk, clock: Clock) -> dict[str, object]:
    now = clock.now()
    return {
        "name": trunk.name,
        "state": trunk.state(now).value,
        "sentence": trunk.sentence(now),
        "drained": trunk.drained,
        "calls": trunk.calls,
        "max_calls": trunk.most,
        "calls_per_second": trunk.per_second,
        "sign_of_life": trunk.sign,
        "heard_at": trunk.heard_at.isoformat(),
    }
