"""The command line: `outdial NOUN VERB`; one module a noun, and this one to assemble them."""

import asyncio
import sys
import traceback
from collections.abc import Sequence
from typing import Final

import typer

from outdial.cli import (
    accounts,
    campaign,
    clients,
    db,
    demo,
    dnc,
    doctor,
    explain,
    forecast,
    numbers,
    openapi,
    recordings,
    records,
    replay,
    run,
    simulate,
    trunks,
    up,
    users,
    version,
)
from outdial.cli.output import ExitCode, exit_code_of, print_error, print_refusal
from outdial.domain.errors import OutdialError

# Typer keeps a click of its own: its errors are reached through the one that Typer makes public.
_ClickError: Final[type[Exception]] = typer.BadParameter.__mro__[2]

EPILOG: Final = "Exit codes: " + " · ".join(f"{code.value} {code.name.lower().replace('_', ' ')}" for code in ExitCode)

app = typer.Typer(
    name="outdial",
    help="Outbound dialing: the API, the dialer behind it, and what it takes to run them.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(version.version)
app.command()(demo.demo)
app.command()(run.run)
app.command()(up.up)
app.command()(doctor.doctor)
app.command()(openapi.openapi)
app.command()(simulate.simulate)
app.command()(replay.replay)
app.command()(explain.explain)
app.command()(forecast.forecast)
for _name, _noun in (
    ("accounts", accounts.app),
    ("clients", clients.app),
    ("users", users.app),
    ("numbers", numbers.app),
    ("trunks", trunks.app),
    ("campaign", campaign.app),
    ("records", records.app),
    ("recordings", recordings.app),
    ("dnc", dnc.app),
    ("db", db.app),
):
    app.add_typer(_noun, name=_name)


def execute(arguments: Sequence[str]) -> int:
    """Run one command; its errors are printed and become exit codes."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    as_json = "--json" in options or "--jsonl" in options
    try:
        ended = app(list(arguments), prog_name="outdial", standalone_mode=False)
    except _ClickError as error:
        _print_usage_error(error, as_json=as_json)
        return ExitCode.USAGE
    except (KeyboardInterrupt, asyncio.CancelledError, typer.Abort):
        ended = ExitCode.INTERRUPTED
    except OutdialError as error:
        print_refusal(error, as_json=as_json)
        return exit_code_of(error)
    except OSError as error:
        # The operating system's own words name the file and what is wrong with it.
        print_error("operating-system", str(error), as_json=as_json)
        return exit_code_of(error)
    except Exception as error:
        # Only where in the code it was: messages of libraries may repeat people's data.
        where = "".join(traceback.format_tb(error.__traceback__))
        message = f"unexpected failure ({type(error).__name__}): this is a fault of Outdial, please report it"
        print_error("unexpected-failure", message, as_json=as_json)
        if not as_json:
            sys.stderr.write(where)
        return ExitCode.UNEXPECTED_FAILURE
    if ended == ExitCode.INTERRUPTED:  # Typer itself turns Ctrl-C into this code, without a word
        print_error("interrupted", "interrupted", as_json=as_json)
    return int(ended or ExitCode.DONE)


def _print_usage_error(error: BaseException, *, as_json: bool) -> None:
    message = getattr(error, "format_message", error.__str__)()
    context = getattr(error, "ctx", None)
    if not as_json and context is not None:
        print_error("usage", f"{message}\n{context.get_usage()}\nTry `{context.command_path} --help`.", as_json=False)
    else:
        print_error("usage", message, as_json=as_json)
