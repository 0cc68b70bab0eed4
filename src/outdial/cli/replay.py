"""`outdial replay`: a pacer's decisions made again from what it saw."""

from pathlib import Path
from typing import Annotated

import typer

from outdial.cli.output import JsonOption, print_object, say
from outdial.domain.pacing.recording import replay as replayed


def replay(
    log: Annotated[
        Path,
        typer.Argument(
            metavar="LOG", exists=True, dir_okay=False, help="A file out of OUTDIAL_PACER_LOGS, or of run --pacer-logs."
        ),
    ],
    as_json: JsonOption = False,
) -> None:
    """Let a recorded pacer decide everything again, and compare.

    Exit code 1 when a decision is another one than was recorded: then this release paces differently.
    """
    with log.open(encoding="utf-8", errors="replace") as lines:
        found = replayed(lines)
    result = {
        "pacer": found.pacer,
        "events": found.events,
        "decisions": found.decisions,
        "launched": found.launched,
        "recorded_sha256": found.recorded,
        "replayed_sha256": found.replayed,
        "identical": found.identical,
        "first_difference": found.first_difference,
    }
    print_object(result, as_json=as_json)
    if not found.identical:
        say(f"outdial: decision {found.first_difference} is another one than was recorded")
        raise typer.Exit(1)
