"""`outdial explain`: why a campaign or one of its records is or is not being dialed."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from outdial.cli.output import JsonOption, print_object
from outdial.cli.remote import bare, connected


def explain(
    campaign_id: Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign's id.")],
    record_id: Annotated[str | None, typer.Argument(metavar="[RECORD]", help="The id of one of its records.")] = None,
    next_: Annotated[int | None, typer.Option("--next", min=1, max=100, help="Show so many who are next.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say why a campaign, or one record of it, is or is not being dialed, and who is next."""
    with connected(as_json=as_json) as outdial:
        if record_id is not None:
            found = bare(outdial.record_why(campaign_id, record_id))
            campaign = found.pop("campaign")
            last = found.pop("last_attempt", {})
            if as_json:
                print_object({**found, "last_attempt": last, "campaign": campaign}, as_json=True)
                return
            lines = {f"last attempt {name}": value for name, value in last.items()}
            lines |= {f"campaign {name}": value for name, value in campaign.items()}
            print_object({**found, **lines}, as_json=False)
            return
        why = bare(outdial.campaign_reasons(campaign_id))
        who = [] if next_ is None else outdial.campaign_next(campaign_id, next_)["records"]
    if as_json:
        print_object({**why, **({} if next_ is None else {"next": who})}, as_json=True)
        return
    print_object({**why["campaign"], "records": why["total"]}, as_json=False)
    table = Table(box=None)
    for heading in ("records", "reason", "not before", ""):
        table.add_column(heading, justify="right" if heading == "records" else "left")
    for row in why["reasons"]:
        table.add_row(str(row["records"]), row["reason"], row.get("next_at", ""), row["description"])
    Console().print(table)
    if who:
        table = Table(title="next", title_justify="left", box=None)
        for heading in ("", "record", "reason", "not before", "priority", "attempts"):
            table.add_column(heading)
        for row in who:
            table.add_row(
                str(row["place"]),
                row["record_id"],
                row["reason"],
                row.get("next_at", ""),
                str(row["priority"]),
                str(row["attempts"]),
            )
        Console().print(table)
