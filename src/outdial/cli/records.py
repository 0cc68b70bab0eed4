"""`outdial records`: records of lists, through the API."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, get_args

import typer
from rich.console import Console
from rich.progress import Progress

from outdial.adapters.clock import WallClock
from outdial.cli.output import ExitCode, JsonOption, print_object, say
from outdial.cli.remote import connected
from outdial.client import OnProgress, UniqueBy

app = typer.Typer(help="Records of lists, through the API.", no_args_is_help=True)

_UNIQUE_BY: Final[dict[str, UniqueBy]] = {kind: kind for kind in get_args(UniqueBy)}
LINE_SECONDS: Final = 10.0
"""Between two lines of progress where there is no terminal."""


@app.callback()
def _several() -> None:
    """Keeps the verb in the command line while there is only one."""


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file.")],
    list_id: Annotated[str | None, typer.Option("--list", metavar="ID", help="Add to this list.")] = None,
    new: Annotated[str | None, typer.Option("--new", metavar="NAME", help="Make a list of this name.")] = None,
    unique_by: Annotated[str, typer.Option(help="With --new: PHONE_NUMBER, EXTERNAL or NOTHING.")] = "PHONE_NUMBER",
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait until a new list has been read.")] = 600.0,
    as_json: JsonOption = False,
) -> None:
    """Send a CSV file to a list, or make a list of it and wait until it has been read.

    The API tells how a list's first file went, not how a later one did: with --list the command ends when the server
    has the file. A new list can be ACCEPTED although some of its rows were not.
    """
    if not file.is_file():
        raise typer.BadParameter(f"there is no file {file}")
    if (list_id is None) == (new is None):
        raise typer.BadParameter("give either --list or --new")
    if unique_by not in _UNIQUE_BY:
        raise typer.BadParameter(f"--unique-by must be one of {', '.join(_UNIQUE_BY)}")
    with connected(as_json=as_json) as outdial:
        if list_id is not None:
            with _progress() as progress:
                request = outdial.upload_to_list(list_id, file, progress=progress)
            result = {"record_list_id": list_id, "upload_request_id": request["id"], "status": request["status"]}
            print_object(result, as_json=as_json)
            return
        assert new is not None
        with _progress() as progress:
            sent = outdial.upload_new_list(new, file, unique_by=_UNIQUE_BY[unique_by], progress=progress)
        say(f"sent as list {sent['id']}; the server reads it")
        done = outdial.wait_for_list(sent["id"], seconds=wait)
    members = {"record_list_id": done["id"], "name": done["name"], "status": done["status"]}
    print_object({**members, "records_count": done["records_count"]}, as_json=as_json)
    if done["status"] != "ACCEPTED":
        raise typer.Exit(ExitCode.REJECTED_ROWS if done["status"] == "REJECTED" else ExitCode.USAGE)


@contextlib.contextmanager
def _progress() -> Iterator[OnProgress]:
    """How much of the file has been sent: a bar on a terminal, a line now and then elsewhere, always on stderr."""
    console = Console(stderr=True)
    if console.is_terminal:
        with Progress(console=console, transient=True) as bar:
            task = bar.add_task("Sending", total=None)
            yield lambda sent, total: bar.update(task, completed=sent, total=total)
        return
    clock = WallClock()
    said_at = clock.monotonic()

    def line(sent: int, total: int) -> None:
        nonlocal said_at
        if clock.monotonic() - said_at >= LINE_SECONDS:
            said_at = clock.monotonic()
            say(f"{sent} of {total} bytes sent")

    yield line
