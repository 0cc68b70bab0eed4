"""`outdial forecast`: how a campaign will go on, through the API."""

import sys
import time
from collections.abc import Mapping
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.status import Status
from rich.table import Table

from outdial.cli.output import ExitCode, JsonOption, print_object, say
from outdial.cli.remote import bare, connected, stop
from outdial.cli.simulate import values

LOOK_SECONDS: Final = 0.5


def forecast(
    campaign_id: Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign's id.")],
    agents: Annotated[
        str | None, typer.Option(metavar="N,…", help="Team sizes. Without it: as many as are assigned.")
    ] = None,
    cap: Annotated[
        float | None, typer.Option(metavar="RATE", help="Abandoned of those reached, at most; a fraction: 0.03 is 3 %.")
    ] = None,
    ratio: Annotated[float | None, typer.Option(min=1, max=3, help="Another dialing ratio.")] = None,
    hours: Annotated[
        str | None, typer.Option(metavar="HH:MM-HH:MM", help="Other calling hours, the same on every day.")
    ] = None,
    by: Annotated[
        str | None, typer.Option(metavar="TIME", help="How many agents are needed to be done by then (ISO 8601)?")
    ] = None,
    answer_rate: Annotated[
        float | None, typer.Option(help="Assumed while few calls were made: share answered by a person.")
    ] = None,
    talk: Annotated[float | None, typer.Option(help="Assumed while few were had: mean seconds of a talk.")] = None,
    wrap: Annotated[float | None, typer.Option(help="Likewise of the wrap-up after it.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Foresee when a campaign ends, with how many calls, how busy agents are and how many people are abandoned.

    A digital twin dials what is left of its list, many times over, with what its pacer has learned; where it has not
    learned enough, with assumptions that are told. Bounds hold in nine of ten cases.
    """
    assumed = {"answer_rate": answer_rate, "talk_seconds": talk, "wrap_seconds": wrap}
    question = {
        "agents": None if agents is None else values("agents", agents, int),
        "max_abandonment_rate": None if cap is None else round(100 * cap, 6),
        "max_dialing_ratio": ratio,
        "calling_hours": None if hours is None else [_window(hours)],
        "finish_by": by,
        "assume": {name: value for name, value in assumed.items() if value is not None} or None,
    }
    asked = {name: value for name, value in question.items() if value is not None}
    with connected(as_json=as_json) as outdial:
        found = outdial.ask_forecast(campaign_id, asked)
        with Status("foreseeing", console=Console(file=sys.stderr)):
            while found["status"] == "RUNNING":
                time.sleep(LOOK_SECONDS)
                found = outdial.forecast(campaign_id, found["id"])
    if found["status"] != "DONE":
        stop(
            "forecast-failed",
            "the forecast failed: the server's log says why",
            ExitCode.UNEXPECTED_FAILURE,
            as_json=as_json,
        )
    if as_json:
        print_object(bare(found), as_json=True)
        return
    _print(found["result"])


def _print(result: Mapping[str, Any]) -> None:
    print_object(
        {"records left": result["records"], "played": result["records_played"], "calls seen": result["calls_seen"]},
        as_json=False,
    )
    table = Table(box=None)
    for heading in ("agents", "finished", "attempts", "connected", "abandoned", "occupancy", "agent-hours"):
        table.add_column(heading, justify="right")
    for row in result["scenarios"]:
        ends = row["finishes_at"]
        table.add_row(
            str(row["agents"]),
            "\n".join(ends.get(name, "after 90 days")[:16].replace("T", " ") for name in ("low", "likely", "high")),
            _spread(row["attempts"], "{:.0f}"),
            _spread(row["connected"], "{:.0f}"),
            _spread(row["abandonment_rate"], "{:.2%}"),
            _spread(row["occupancy"], "{:.1%}"),
            _spread(row["agent_hours"], "{:.1f}"),
            end_section=True,
        )
    Console().print(table)
    needed = result["agents_needed"]
    until = needed["finish_by"][:16].replace("T", " ")
    if "sure" in needed:
        print(f"done by {until} UTC: likely with {needed['likely']} agents, in nine of ten cases with {needed['sure']}")
    else:
        print(f"done by {until} UTC: not for sure with {needed['most_tried']} agents either")
    for sentence in result["assumptions"]:
        say(f"assumed: {sentence}")


def _spread(spread: Mapping[str, float], form: str) -> str:
    return "\n".join(form.format(spread[name]) for name in ("low", "likely", "high"))


def _window(hours: str) -> dict[str, Any]:
    start, _, end = hours.partition("-")
    return {"from": f"{start.strip()}:00", "to": f"{end.strip()}:00", "week_days": list(_DAYS)}


_DAYS: Final = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
