"""`outdial doctor`: looks at what Outdial needs, and says what to do about what is missing."""

import errno
import re
import shutil
import socket
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from outdial import bootstrap
from outdial.adapters.clock import WallClock
from outdial.cli.doctor_asterisk import look_at_asterisk
from outdial.cli.doctor_dialing import look_at_dialing
from outdial.cli.doctor_sip import look_at_sip
from outdial.cli.findings import CLOCK_TOLERANCE, Finding, Level
from outdial.cli.output import ExitCode, JsonOption, print_list, say
from outdial.cli.running import run_to_end
from outdial.domain.errors import Invalid, OutdialError
from outdial.domain.values import PhoneNumber
from outdial.settings import Settings

MEBIBYTE = 1024 * 1024
DISK_FAIL = 200 * MEBIBYTE
DISK_WARN = 2048 * MEBIBYTE


def doctor(
    test_call: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="Call this number as a campaign would, and hang up again.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Look at what Outdial needs; exit code 1 when something fails."""
    settings = bootstrap.read_settings()
    if test_call is not None and not re.fullmatch(r"\+[1-9][0-9]{1,14}", test_call):
        raise Invalid(f"--test-call is a number in E.164 such as +12025550142, not {test_call!r}")
    number = None if test_call is None else PhoneNumber(test_call)
    findings = [
        *look_at_database(settings),
        look_at_zones(),
        look_at_disk(settings.home),
        look_at_uploads(settings.uploads),
        look_at_port(settings.host, settings.port),
        *look_at_asterisk(settings, test_call=number),
        *look_at_sip(settings, test_call=None if settings.asterisk_file else number),
    ]
    rows = [
        {"level": one.level.value, "check": one.check, "found": one.found, "remedy": one.remedy} for one in findings
    ]
    print_list("checks", rows, ("level", "check", "found"), total=len(rows), as_json=as_json)
    for one in findings:
        if one.remedy is not None and not as_json:
            say(f"{one.check}: {one.remedy}")
    if any(one.level is Level.FAIL for one in findings):
        raise typer.Exit(ExitCode.UNEXPECTED_FAILURE)


def look_at_database(settings: Settings) -> list[Finding]:
    """Whether it answers, has the right schema, and goes by the same time. A database not yet made is not made."""
    if settings.database_url is None and not bootstrap.database_made(settings):
        return [Finding("database", Level.WARN, f"none in {settings.home} yet", "`outdial up` makes it")]

    async def main(server: bootstrap.Server) -> list[Finding]:
        answers = await bootstrap.look_at_database(server)
        there = answers.at
        here = WallClock().now()
        found = [Finding("database", Level.OK, f"PostgreSQL {answers.version} answers")]
        if answers.schema == answers.schema_needed:
            found.append(Finding("migrations", Level.OK, f"schema {answers.schema}"))
            found += look_at_dialing(await bootstrap.look_at_dialing(server), settings, here)
        else:
            wrong = f"schema {answers.schema or '(none)'}, this release needs {answers.schema_needed}"
            found.append(Finding("migrations", Level.FAIL, wrong, "run `outdial db upgrade`"))
        apart = abs(here - there)
        if apart <= CLOCK_TOLERANCE:
            found.append(Finding("clock", Level.OK, "agrees with the database's"))
        else:
            wrong = f"{apart.total_seconds():.0f} s apart from the database's"
            found.append(Finding("clock", Level.FAIL, wrong, "synchronise both machines by NTP"))
        return found

    try:
        with bootstrap.database_server(settings) as server:
            return run_to_end(main(server))
    except OutdialError as error:
        remedy = (
            f"see {settings.home / 'postgres.log'}"
            if settings.database_url is None
            else "check OUTDIAL_DATABASE_URL and that its server runs"
        )
        return [Finding("database", Level.FAIL, str(error), remedy)]


def look_at_zones() -> Finding:
    """Whether time zones are known, with their daylight saving time: calling hours depend on them."""
    try:
        lisbon = ZoneInfo("Europe/Lisbon")
    except (ZoneInfoNotFoundError, OSError):
        return Finding("zones", Level.FAIL, "no time zone data", "install the package tzdata")
    summer, winter = (datetime(2026, month, 15, tzinfo=UTC).astimezone(lisbon).utcoffset() for month in (7, 1))
    if (summer, winter) != (timedelta(hours=1), timedelta(0)):
        return Finding("zones", Level.FAIL, "time zone data are damaged", "install the package tzdata anew")
    return Finding("zones", Level.OK, "time zone data are there")


def look_at_disk(home: Path) -> Finding:
    """Whether there is room where the database and the uploads are, or will be."""
    place = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    said = f"{free // MEBIBYTE} MiB free at {place}"
    if free < DISK_FAIL:
        return Finding("disk", Level.FAIL, said, "make room, or move OUTDIAL_HOME to a larger disk")
    if free < DISK_WARN:
        return Finding("disk", Level.WARN, said, "lists of a million records need about 2 GiB")
    return Finding("disk", Level.OK, said)


def look_at_uploads(uploads: Path) -> Finding:
    """Whether files that are uploaded can be kept; a folder not yet there is not made."""
    if not uploads.is_dir():
        return Finding("uploads", Level.OK, f"{uploads} is made when the first file comes")
    try:
        tempfile.TemporaryFile(dir=uploads).close()
    except OSError as error:
        remedy = f"make {uploads} writable for the account that Outdial runs as"
        return Finding("uploads", Level.FAIL, f"{uploads}: {error.strerror}", remedy)
    return Finding("uploads", Level.OK, f"{uploads} can be written")


def look_at_port(host: str, port: int) -> Finding:
    """Whether the API could listen; taken is only a warning, as Outdial itself may be what listens there."""
    try:
        family, _, _, _, _ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((host, port))
            trial.listen(1)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            remedy = "fine if that is Outdial; else `outdial up` takes the next free port, or the one of --port"
            return Finding("port", Level.WARN, f"{host}:{port} is in use", remedy)
        return Finding("port", Level.FAIL, f"{host}:{port}: {error.strerror}", "set OUTDIAL_HOST and OUTDIAL_PORT")
    return Finding("port", Level.OK, f"{host}:{port} is free")
