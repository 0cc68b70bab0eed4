"""`outdial records`: records of lists, through the API."""

import asyncio
import contextlib
import csv
import io
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Annotated, Any, Final, get_args

import typer

from outdial.adapters.uploads import text_of
from outdial.app.previews import NoRecords, check_rows
from outdial.cli.output import (
    SCHEMA_VERSION,
    ExitCode,
    JsonLinesOption,
    JsonOption,
    QuietOption,
    print_object,
    say,
)
from outdial.cli.progress import progress
from outdial.cli.remote import bare, connected
from outdial.client import Client, Duplicates, Record, RecordFilter, UniqueBy
from outdial.domain.readings import DuplicateRule, Reading
from outdial.domain.record_lists import UniqueBy as RecordsUniqueBy

app = typer.Typer(help="Records of lists, through the API.", no_args_is_help=True)

_UNIQUE_BY: Final[dict[str, UniqueBy]] = {kind: kind for kind in get_args(UniqueBy)}
_DUPLICATES: Final[dict[str, Duplicates]] = {rule.lower(): rule for rule in get_args(Duplicates)}
_COUNTS: Final = ("accepted", "updated", "rejected", "duplicates")
_PHONES: Final = {
    "MOBILE": "Mobile",
    "HOME": "Home",
    "OFFICE": "Office",
    "EXTRA_1": "Extra 1",
    "EXTRA_2": "Extra 2",
    "EXTRA_3": "Extra 3",
}
COLUMNS: Final = (
    "First name",
    "Last name",
    *_PHONES.values(),
    "External ID",
    "External Provider",
    "Timezone",
    "Priority",
)
"""Of a file that is imported, and of one that is exported; whatever else a record holds gets a column after them."""
LARGEST_PRIORITY: Final = 10


@app.command("import")
def import_(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="A CSV file.")] = None,
    list_id: Annotated[str | None, typer.Option("--list", metavar="ID", help="Add to this list.")] = None,
    new: Annotated[str | None, typer.Option("--new", metavar="NAME", help="Make a list of this name.")] = None,
    resume: Annotated[
        str | None, typer.Option(metavar="ID", help="Wait for a file that was sent before, by its upload request.")
    ] = None,
    unique_by: Annotated[str, typer.Option(help="With --new: PHONE_NUMBER, EXTERNAL or NOTHING.")] = "PHONE_NUMBER",
    duplicates: Annotated[
        str, typer.Option(help="What becomes of rows of records that the list has: refuse or update.")
    ] = "refuse",
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait until the file has been read.")] = 600.0,
    rejects: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the rows that were not taken, and why, to this CSV file.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what would become of each row, and store none.")
    ] = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Send a CSV file to a list, or make a list of it, and wait until it has been read.

    A record that the list has already is a duplicate; with --duplicates update it gets what its row gives instead.
    Rows that are no records, and duplicates, are counted by their kind; the command then ends with exit code 8. After
    an interruption (130) the server goes on with what it has: --resume ID waits for it again.
    """
    if resume is None:
        if file is None or not file.is_file():
            raise typer.BadParameter("give a file, or --resume" if file is None else f"there is no file {file}")
        if (list_id is None) == (new is None):
            raise typer.BadParameter("give either --list or --new")
    elif file is not None or list_id is not None or new is not None or dry_run or duplicates != "refuse":
        raise typer.BadParameter("--resume takes no file, no list, no --duplicates and no --dry-run")
    if unique_by not in _UNIQUE_BY:
        raise typer.BadParameter(f"--unique-by must be one of {', '.join(_UNIQUE_BY)}")
    rule = _DUPLICATES.get(duplicates)
    if rule is None:
        raise typer.BadParameter(f"--duplicates must be one of {', '.join(_DUPLICATES)}")
    if rule == "UPDATE" and new is not None and unique_by == "NOTHING":
        raise typer.BadParameter("--duplicates update needs --unique-by PHONE_NUMBER or EXTERNAL")
    if dry_run:
        assert file is not None
        _check(file, list_id, new, _UNIQUE_BY[unique_by], rule, quiet=quiet, as_json=as_json)
        return
    with connected(as_json=as_json) as outdial:
        upload_id = resume
        if upload_id is None:
            assert file is not None
            upload_id = _send(outdial, file, list_id, new, _UNIQUE_BY[unique_by], rule, quiet=quiet)
        try:
            with progress("read", "rows", quiet=quiet) as tell:
                read = outdial.wait_for_upload(upload_id, seconds=wait, progress=tell)
        except KeyboardInterrupt:
            say(f"the server goes on reading the file: outdial records import --resume {upload_id} waits for it")
            raise
        refused = read["rejected"] + read["duplicates"]
        if refused and rejects is not None:
            rejects.write_bytes(outdial.upload_rejects(upload_id))
        done = outdial.record_list(read["record_list_id"])
    result = {
        "record_list_id": done["id"],
        "upload_request_id": upload_id,
        "name": done["name"],
        "status": read["status"],
        "records_count": done["records_count"],
        **{name: read[name] for name in _COUNTS},
    }
    _print_counts(result, read, as_json=as_json)
    if read["status"] == "CORRUPTED":
        raise typer.Exit(ExitCode.USAGE)
    if refused or read["status"] == "REJECTED":
        raise typer.Exit(ExitCode.REJECTED_ROWS)


def _send(
    outdial: Client,
    file: Path,
    list_id: str | None,
    new: str | None,
    unique_by: UniqueBy,
    duplicates: Duplicates,
    *,
    quiet: bool,
) -> str:
    """Send a file; answers the upload request that it is read as."""
    try:
        with progress("sent", "bytes", quiet=quiet) as tell:
            if list_id is not None:
                upload_id = outdial.upload_to_list(list_id, file, duplicates=duplicates, progress=tell)["id"]
            else:
                assert new is not None
                made = outdial.upload_new_list(new, file, unique_by=unique_by, duplicates=duplicates, progress=tell)
                list_id = made["id"]
                upload_id = next(outdial.uploads(list_id))["id"]
    except KeyboardInterrupt:
        say("the file was not sent to its end, and nothing of it was taken: send it again")
        raise
    if not quiet:
        say(f"sent to list {list_id}; the server reads it")
    return upload_id


def _print_counts(result: Mapping[str, object], read: Mapping[str, Any], *, as_json: bool) -> None:
    kinds = {"by_kind": read["by_kind"]} if as_json else {f"rejected, {kind}": n for kind, n in read["by_kind"].items()}
    why = {"corrupted": read["corrupted"]} if "corrupted" in read else {}
    print_object({**result, **kinds, **why}, as_json=as_json)


def _check(
    file: Path,
    list_id: str | None,
    new: str | None,
    unique_by: UniqueBy,
    duplicates: Duplicates,
    *,
    quiet: bool,
    as_json: bool,
) -> None:
    """Say what an import would report. A list that is not there yet has no records: its file is looked at here."""
    if list_id is None:
        checked: Mapping[str, Any] = asyncio.run(_checked_here(file, unique_by, duplicates))
        name = new
    else:
        with connected(as_json=as_json) as outdial:
            name = outdial.record_list(list_id)["name"]
            with progress("sent", "bytes", quiet=quiet) as tell:
                checked = outdial.check_for_list(list_id, file, duplicates=duplicates, progress=tell)
    counts = ("rows", *_COUNTS)
    result = {"dry_run": True, "record_list_id": list_id, "name": name, **{one: checked[one] for one in counts}}
    _print_counts(result, checked, as_json=as_json)
    if "corrupted" in checked:
        raise typer.Exit(ExitCode.USAGE)
    if checked["rejected"] + checked["duplicates"]:
        raise typer.Exit(ExitCode.REJECTED_ROWS)


async def _checked_here(file: Path, unique_by: UniqueBy, duplicates: Duplicates) -> dict[str, Any]:
    reading = Reading(duplicates=DuplicateRule(duplicates))
    return (await check_rows(text_of(file), reading, RecordsUniqueBy(unique_by), NoRecords())).as_json()


@app.command("export")
def export(
    list_id: Annotated[str, typer.Option("--list", metavar="ID", help="The list.")],
    file: Annotated[Path, typer.Argument(metavar="[FILE]", help="Where to, or - for stdout.", allow_dash=True)] = Path(
        "-"
    ),
    search: Annotated[str | None, typer.Option(help="Only records with this in a name or a number.")] = None,
    priorities: Annotated[str | None, typer.Option(help="Only records of these priorities, such as 1,2,3.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    quiet: QuietOption = False,
    as_lines: JsonLinesOption = False,
) -> None:
    """Write the records of a list as a CSV file that can be imported again, or as one JSON object a line.

    A hot lead's priority stays empty in CSV: a file cannot give it. With --jsonl all that the API tells is there.
    """
    if file != Path("-") and file.exists() and not force:
        raise typer.BadParameter(f"{file} is there already: give --force to write over it")
    which = RecordFilter(order_by="updated_at:asc")
    if search is not None:
        which["search"] = search
    if priorities is not None:
        which["priorities"] = priorities
    # Into a file of its own first: the last record may have a column that no other has, and a failure leaves nothing.
    with tempfile.TemporaryFile("w+", encoding="utf-8") as kept:
        extra: dict[str, None] = {}
        count = 0
        with connected(as_json=as_lines) as outdial, progress("read", "records", quiet=quiet) as tell:
            for record in outdial.records(list_id, **which):
                kept.write(json.dumps(bare(record), ensure_ascii=False) + "\n")
                extra |= dict.fromkeys(record.get("extra_data", {}))
                count += 1
                tell(count, None)
        kept.seek(0)
        with _output(file) as out:
            if as_lines:
                out.writelines(_lines(kept))
            else:
                _write_csv(out, (json.loads(line) for line in kept), list(extra))
    if not quiet and file != Path("-"):
        say(f"{count} records written to {file}")


@contextlib.contextmanager
def _output(file: Path) -> Iterator[IO[str]]:
    if file != Path("-"):
        with file.open("w", encoding="utf-8", newline="") as out:
            yield out
        return
    # Through a text layer of its own: a CSV file ends its lines with CR LF, whatever the system's are.
    text = io.StringIO(newline="")
    yield text
    sys.stdout.write(text.getvalue())
    sys.stdout.flush()


def _lines(kept: Iterable[str]) -> Iterator[str]:
    for line in kept:
        yield json.dumps({"schema_version": SCHEMA_VERSION, **json.loads(line)}, ensure_ascii=False) + "\n"


def _write_csv(out: IO[str], records: Iterable[Record], extra: list[str]) -> None:
    writer = csv.DictWriter(out, [*COLUMNS, *(name for name in extra if name not in COLUMNS)], extrasaction="ignore")
    writer.writeheader()
    for record in records:
        writer.writerow(_row(record))


def _row(record: Record) -> dict[str, Any]:
    priority = record["priority"]
    phones = {_PHONES[phone["phone_type"]]: phone["phone_number"] for phone in record["phone_numbers"]}
    return {
        **{name: _cell(value) for name, value in record.get("extra_data", {}).items()},
        "First name": record["first_name"],
        "Last name": record["last_name"],
        **dict.fromkeys(_PHONES.values(), ""),
        **phones,
        "External ID": record.get("external_id", ""),
        "External Provider": record.get("external_provider", ""),
        "Timezone": record.get("timezone", ""),
        "Priority": "" if priority > LARGEST_PRIORITY else priority,
    }


def _cell(value: object) -> str:
    """A value of the extra data as text; what is no text is written as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
