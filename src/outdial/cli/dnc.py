"""`outdial dnc`: do-not-call lists, through the API."""

from typing import Annotated

import typer

from outdial.cli.output import JsonOption, print_object
from outdial.cli.remote import bare, connected

app = typer.Typer(help="Do-not-call lists, through the API.", no_args_is_help=True)


@app.callback()
def _several() -> None:
    """Keeps the verb in the command line while there is only one."""


@app.command()
def check(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="In E.164, such as +12025550142.")],
    lists: Annotated[list[str], typer.Option("--list", metavar="ID", help="A list to look into; may be repeated.")],
    timezone: Annotated[str, typer.Option(help="Where the number is: an entry ends when the day does there.")] = "UTC",
    as_json: JsonOption = False,
) -> None:
    """Tell whether a number must not be called today, and by which list."""
    with connected(as_json=as_json) as outdial:
        entries = [bare(e) for one in lists for e in outdial.check_numbers(one, [number], timezone=timezone)]
    if as_json:
        print_object({"phone_number": number, "blocked": bool(entries), "entries": entries}, as_json=True)
        return
    print_object({"phone_number": number, "blocked": "yes" if entries else "no"}, as_json=False)
    for entry in entries:
        until = entry.get("expiration_date")
        shown = {"by list": entry["do_not_call_list_id"], "until": until, "reason": entry.get("reason")}
        print_object(shown, as_json=False)
