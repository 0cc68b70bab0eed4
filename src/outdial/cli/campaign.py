"""`outdial campaign`: campaigns, through the API."""

import itertools
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table

from outdial.cli.output import (
    SCHEMA_VERSION,
    JsonLinesOption,
    JsonOption,
    LimitOption,
    OffsetOption,
    print_list,
    print_object,
)
from outdial.cli.remote import YesOption, bare, confirm, connected, read_object
from outdial.client import Activity, CampaignFilter

app = typer.Typer(help="Campaigns, through the API.", no_args_is_help=True)

CampaignArgument = Annotated[str, typer.Argument(metavar="ID", help="The campaign's id.")]

_LARGEST_PAGE = 100


@app.command("list")
def list_(
    name: Annotated[str | None, typer.Option(help="Only campaigns of this name.")] = None,
    status: Annotated[str | None, typer.Option(help="Only campaigns that are READY, RUNNING and so on.")] = None,
    limit: LimitOption = 50,
    offset: OffsetOption = 0,
    as_json: JsonOption = False,
    as_lines: JsonLinesOption = False,
) -> None:
    """List campaigns, newest first."""
    which = CampaignFilter()
    if name is not None:
        which["name"] = name
    if status is not None:
        which["status"] = status
    with connected(as_json=as_json or as_lines) as outdial:
        total = outdial.campaign_page(1, per_page=1, **which).total
        found = itertools.islice(outdial.campaigns(per_page=min(limit, _LARGEST_PAGE), **which), offset, offset + limit)
        rows = [bare(campaign) for campaign in found]
    print_list(
        "campaigns", rows, ("id", "name", "dialing_mode", "status"), total=total, as_json=as_json, as_lines=as_lines
    )


@app.command()
def show(campaign_id: CampaignArgument, as_json: JsonOption = False) -> None:
    """Show a campaign, what it is doing, and why."""
    with connected(as_json=as_json) as outdial:
        campaign = bare(outdial.campaign(campaign_id))
        activity = bare(outdial.campaign_activity(campaign_id))
    if as_json:
        print_object({**campaign, "activity": activity}, as_json=True)
        return
    # How it dials is too much for a line each: --json has it.
    plain = {name: value for name, value in campaign.items() if not isinstance(value, dict | list)}
    print_object({**plain, **_plain(activity)}, as_json=False)


def _plain(activity: Mapping[str, Any]) -> dict[str, object]:
    """An activity as lines."""
    records = activity["records"]
    return {
        "status": activity["status"],
        "activity": activity.get("activity"),
        "reason": activity.get("reason"),
        "attempts": activity["attempts"],
        "records": f"{records['final']} of {records['total']} final",
        **{f"outcome {outcome}": count for outcome, count in activity["outcomes"].items()},
    }


@app.command()
def create(
    file: Annotated[Path, typer.Option("-f", "--file", help="A JSON file, or - for stdin.", allow_dash=True)],
    as_json: JsonOption = False,
) -> None:
    """Make a campaign of a JSON file as `POST /campaigns` takes it."""
    body = read_object(file)
    with connected(as_json=as_json) as outdial:
        _print_brief(outdial.create_campaign(body), as_json=as_json)


def _print_brief(campaign: Mapping[str, Any], *, as_json: bool) -> None:
    members = bare(campaign)
    shown = members if as_json else {name: members[name] for name in ("id", "name", "status")}
    print_object(shown, as_json=as_json)


@app.command()
def start(campaign_id: CampaignArgument, yes: YesOption = False, as_json: JsonOption = False) -> None:
    """Ask for a campaign to run: people will be called."""
    with connected(as_json=as_json) as outdial:
        confirm(outdial.campaign(campaign_id)["name"], to="start", yes=yes, as_json=as_json)
        _print_brief(outdial.start_campaign(campaign_id), as_json=as_json)


@app.command()
def pause(campaign_id: CampaignArgument, as_json: JsonOption = False) -> None:
    """No new calls; those in progress end as they would."""
    with connected(as_json=as_json) as outdial:
        _print_brief(outdial.pause_campaign(campaign_id), as_json=as_json)


@app.command()
def delete(campaign_id: CampaignArgument, yes: YesOption = False, as_json: JsonOption = False) -> None:
    """Delete a campaign that is not running."""
    with connected(as_json=as_json) as outdial:
        name = outdial.campaign(campaign_id)["name"]
        confirm(name, to="delete", yes=yes, as_json=as_json)
        outdial.delete_campaign(campaign_id)
    print_object({"id": campaign_id, "name": name, "deleted": True}, as_json=as_json)


@app.command()
def calibration(campaign_id: CampaignArgument, as_json: JsonOption = False) -> None:
    """Show how well the predictive pacer foresaw a progressive campaign that it watches as its shadow."""
    with connected(as_json=as_json) as outdial:
        found = bare(outdial.campaign_calibration(campaign_id))
    if as_json:
        print_object(found, as_json=True)
        return
    abandoned, decisions = found["abandoned"], found["decisions"]
    lines = {
        "live calls": found["live_calls"],
        "abandoned": f"{abandoned['seen']}, expected {abandoned['expected']:.1f}",
        "ratio": abandoned.get("ratio", "unknown: fewer than five were expected and seen"),
        "answer times": "  ".join(f"{share:.0%}" for share in found["answer_times"]) + "  (25% each is perfect)",
        "decisions": f"{decisions['total']}, {decisions['launched']} calls launched, {decisions['wanted']} wanted",
    }
    print_object(lines, as_json=False)
    table = Table(box=None)
    for heading in ("chance of", "between", "expected", "seen", "count"):
        table.add_column(heading, justify="left" if heading == "chance of" else "right")
    for what, name in (("answers", "a person answers"), ("agents_free", "an agent is free in time")):
        for row in found[what]:
            between = f"{row['from']:.0%} and {row['to']:.0%}"
            table.add_row(name, between, f"{row['expected']:.1%}", f"{row['seen']:.1%}", str(row["count"]))
    Console().print(table)


@app.command()
def verdicts(campaign_id: CampaignArgument, as_json: JsonOption = False) -> None:
    """Show how well a campaign tells people from machines, by what agents say of its calls."""
    with connected(as_json=as_json) as outdial:
        found = bare(outdial.campaign_verdicts(campaign_id))
    if as_json:
        print_object(found, as_json=True)
        return
    judged, sample, passed, delay = found["judged"], found["sample"], found["passed"], found.get("delay_seconds")
    lines = {
        "judged": f"{judged['machine']} machine, {judged['person']} person, {judged['not_sure']} not sure",
        "sample": f"{sample['calls']} of the machines met an agent, who said of {sample['said']} who it was: "
        f"{sample['persons']} were people",
        "people": f"{passed['calls']} met an agent, who said of {passed['said']} who it was: "
        f"{passed['machines']} were machines",
    }
    for what, name in (
        ("people taken for machines", "false_positive_rate"),
        ("machine verdicts that were wrong", "false_discovery_rate"),
        ("machines taken for people", "missed_rate"),
    ):
        share = found.get(name)
        lines[what] = "not known yet" if share is None else "{seen:.1%} ({low:.1%} to {high:.1%})".format(**share)
    lines["delay"] = "none" if delay is None else f"{delay['p50']:.1f} s, one in twenty over {delay['p95']:.1f} s"
    print_object(lines, as_json=False)


@app.command()
def watch(
    campaign_id: CampaignArgument,
    every: Annotated[float, typer.Option(min=0.1, max=3600, help="Seconds between two looks.")] = 2.0,
    count: Annotated[int | None, typer.Option(min=1, help="Look so often. Without it: until Ctrl-C.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Follow what a campaign is doing: a table on a terminal, one JSON object a line anywhere else."""
    looks = itertools.count() if count is None else range(count)
    with connected(as_json=as_json) as outdial:
        if as_json or not sys.stdout.isatty():
            for look in looks:
                if look:
                    time.sleep(every)
                activity = bare(outdial.campaign_activity(campaign_id))
                print(json.dumps({"schema_version": SCHEMA_VERSION, **activity}, ensure_ascii=False), flush=True)
            return
        name = outdial.campaign(campaign_id)["name"]
        with Live(auto_refresh=False) as screen:
            for look in looks:
                if look:
                    time.sleep(every)
                screen.update(_table(name, outdial.campaign_activity(campaign_id)), refresh=True)


def _table(name: str, activity: Activity) -> Table:
    table = Table(title=name, show_header=False)
    for member, value in _plain(activity).items():
        table.add_row(member, "-" if value is None else str(value))
    return table
