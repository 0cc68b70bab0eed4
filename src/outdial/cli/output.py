"""What every command shares: results on stdout, everything else on stderr, and exit codes that scripts can rely on."""

import enum
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import typer

from outdial.domain.errors import Conflict, Invalid, NotFound, NotPossible, NotSignedIn, OutdialError, Unavailable

SCHEMA_VERSION = 1
"""Of the JSON that commands print: raised when a member changes its meaning or goes away."""


class ExitCode(enum.IntEnum):
    """How a command ended. Part of the interface: a number never changes its meaning."""

    DONE = 0
    UNEXPECTED_FAILURE = 1
    USAGE = 2
    """A wrong option, argument, setting or file."""
    NOT_FOUND = 3
    NOT_ALLOWED = 4
    """Not signed in, or not permitted: by Outdial or by the operating system."""
    CONFLICT = 5
    """Something is in the way: a name or a port that is taken, another Outdial in the same folder."""
    UNREACHABLE = 6
    """The server or the database does not answer; trying again later is reasonable."""
    REFUSED = 7
    """A rule says no: calling hours, a DNC list, a cap, a state that does not allow it."""
    REJECTED_ROWS = 8
    """Finished, but some rows of the input were rejected."""
    INTERRUPTED = 130


_CODE_OF_FAMILY = {
    Invalid: ExitCode.USAGE,
    NotSignedIn: ExitCode.NOT_ALLOWED,
    NotFound: ExitCode.NOT_FOUND,
    Conflict: ExitCode.CONFLICT,
    NotPossible: ExitCode.REFUSED,
    Unavailable: ExitCode.UNREACHABLE,
}

JsonOption = Annotated[bool, typer.Option("--json", help="Print the result, or the error, as JSON.")]
JsonLinesOption = Annotated[bool, typer.Option("--jsonl", help="Print one JSON object a line.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Say nothing while it works: results and errors alone.")]
AccountOption = Annotated[str, typer.Option("--account", metavar="NAME", help="The account it belongs to.")]
LimitOption = Annotated[int, typer.Option(min=1, max=1000, help="How many to show at most.")]
OffsetOption = Annotated[int, typer.Option(min=0, help="How many to leave out at the beginning.")]


def exit_code_of(error: Exception) -> ExitCode:
    """The exit code of the error's family."""
    for family, code in _CODE_OF_FAMILY.items():
        if isinstance(error, family):
            return code
    return ExitCode.NOT_ALLOWED if isinstance(error, PermissionError) else ExitCode.UNEXPECTED_FAILURE


def print_object(result: Mapping[str, Any], *, as_json: bool) -> None:
    """One result: a JSON object, or a line for each member."""
    if as_json:
        _print_json(result)
        return
    width = max(len(name) for name in result)
    for name, value in result.items():
        print(f"{name:<{width}}  {_cell(value)}")


def print_list(
    noun: str,
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    *,
    total: int,
    as_json: bool,
    as_lines: bool = False,
) -> None:
    """A list of results: `{"total": 2, "<noun>": [...]}`, an object a line, or a table that other tools can cut."""
    if as_lines:
        print_lines(rows)
        return
    if as_json:
        _print_json({"total": total, noun: list(rows)})
        return
    table = [[column.upper() for column in columns], *([_cell(row.get(c)) for c in columns] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    if total > len(rows):
        say(f"{len(rows)} of {total} shown: --limit and --offset show others")


def print_lines(rows: Iterable[Mapping[str, Any]]) -> None:
    """Results as JSON Lines, each as soon as it is there."""
    for row in rows:
        _print_json(row)


def print_error(
    code: str,
    message: str,
    details: Iterable[Mapping[str, str]] = (),
    *,
    as_json: bool,
    request_id: str | None = None,
) -> None:
    """What went wrong, on stderr, in the one form that all commands have; `request_id` if a server said no."""
    details = list(details)
    if as_json:
        error = {"code": code, "message": message, "request_id": request_id, "details": details}
        say(json.dumps({"error": error}, ensure_ascii=False))
        return
    say(f"outdial: {message}")
    for detail in details:
        say(f"  {detail['name']}: {detail['description']}")


def print_refusal(error: OutdialError, *, as_json: bool) -> None:
    """An error that Outdial raised on purpose."""
    fields = error.fields if isinstance(error, Invalid) else ()
    details = [{"name": field.name, "description": field.description} for field in fields]
    print_error(error.code, str(error), details, as_json=as_json)


def say(line: str) -> None:
    """Something for the person at the terminal: progress, a warning, an address."""
    print(line, file=sys.stderr, flush=True)


def _print_json(result: Mapping[str, Any]) -> None:
    print(json.dumps({"schema_version": SCHEMA_VERSION, **result}, ensure_ascii=False, default=str), flush=True)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
