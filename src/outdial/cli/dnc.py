"""`outdial dnc`: do-not-call lists, through the API."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from outdial.cli.output import ExitCode, JsonOption, QuietOption, print_object, say
from outdial.cli.progress import progress
from outdial.cli.remote import bare, connected
from outdial.client import Invalid

app = typer.Typer(help="Do-not-call lists, through the API.", no_args_is_help=True)

_COLUMNS: Final[Mapping[str, str]] = {
    "phone number": "phone_number",
    "phone": "phone_number",
    "number": "phone_number",
    "expiration date": "expiration_date",
    "reason": "reason",
}
MOST_SHOWN: Final = 20
"""Refused rows that are named one by one where people read it; --json has them all."""


@dataclass(frozen=True, slots=True)
class Row:
    """One number of a file: its line, counted from 1, and what stands in it."""

    line: int
    phone_number: str
    expiration_date: str | None = None
    reason: str | None = None


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


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file, or one number a line.")],
    list_id: Annotated[str | None, typer.Option("--list", metavar="ID", help="Add to this list.")] = None,
    new: Annotated[str | None, typer.Option("--new", metavar="NAME", help="Make a list of this name.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Look at the file and the list, and put nothing.")] = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Put the numbers of a file on a do-not-call list: each counts as soon as it is put, and may be put again.

    Columns are Phone number, Expiration date (such as 2027-06-30) and Reason; without a header the first is the number.
    """
    if not file.is_file():
        raise typer.BadParameter(f"there is no file {file}")
    if (list_id is None) == (new is None):
        raise typer.BadParameter("give either --list or --new")
    rows = list(_rows(file))
    refused: list[dict[str, Any]] = []
    with connected(as_json=as_json) as outdial:
        name = new if list_id is None else outdial.dnc_list(list_id)["name"]
        if dry_run:
            where = {"do_not_call_list_id": list_id, "name": name}
            print_object({"dry_run": True, **where, "rows": len(rows)}, as_json=as_json)
            return
        if list_id is None:
            assert new is not None
            list_id = outdial.create_dnc_list(new)["id"]
        with progress("put", "numbers", quiet=quiet) as tell:
            for count, row in enumerate(rows, 1):
                try:
                    outdial.add_dnc_entry(
                        list_id, row.phone_number, expiration_date=row.expiration_date, reason=row.reason
                    )
                except Invalid as error:
                    said = "; ".join(f"{field.name} {field.description}" for field in error.fields) or error.message
                    refused.append({"line": row.line, "phone_number": row.phone_number, "problem": said})
                tell(count, len(rows))
    put = {"do_not_call_list_id": list_id, "name": name, "put": len(rows) - len(refused)}
    print_object({**put, "rejected": refused if as_json else len(refused)}, as_json=as_json)
    if refused:
        if not as_json:
            for one in refused[:MOST_SHOWN]:
                say(f"  line {one['line']}: {one['problem']}")
        raise typer.Exit(ExitCode.REJECTED_ROWS)


def _rows(file: Path) -> Iterator[Row]:
    """The rows of a file. Raises `typer.BadParameter` for one that cannot be understood."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            members: list[str | None] | None = None
            reader = csv.reader(text)
            for cells in reader:
                if not any(cell.strip() for cell in cells):
                    continue
                if members is None:
                    members = [_COLUMNS.get(" ".join(cell.lower().replace("_", " ").split())) for cell in cells]
                    if "phone_number" in members:
                        continue
                    if any(character.isalpha() for character in cells[0]):
                        raise typer.BadParameter(f"{file} has no column Phone number")
                    members = ["phone_number", "expiration_date", "reason"]
                row = {name: cell.strip() for name, cell in zip(members, cells, strict=False) if name and cell.strip()}
                yield Row(reader.line_num, row.get("phone_number", ""), row.get("expiration_date"), row.get("reason"))
    except (UnicodeDecodeError, csv.Error) as error:
        raise typer.BadParameter(f"{file} is not a CSV file in UTF-8: {error}") from None
