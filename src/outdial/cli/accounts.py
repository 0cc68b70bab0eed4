"""`outdial accounts`: tenants that see nothing of each other."""

from collections.abc import Sequence
from typing import Annotated

import typer

from outdial import bootstrap
from outdial.app import access
from outdial.cli.output import JsonLinesOption, JsonOption, print_list, print_object
from outdial.cli.running import with_installation
from outdial.domain.access import Account

TimezoneOption = Annotated[
    str, typer.Option("--timezone", metavar="ZONE", help="Whose days and months abandonment is counted over.")
]

app = typer.Typer(help="Tenants that see nothing of each other.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Lower-case letters, digits and inner hyphens.")],
    timezone: TimezoneOption = "UTC",
    as_json: JsonOption = False,
) -> None:
    """Make an account."""

    async def main(here: bootstrap.Installation) -> Account:
        return await access.create_account(name, timezone=timezone, access=here.access, clock=here.wall_clock)

    print_object(_shown(with_installation(main)), as_json=as_json)


@app.command()
def change(
    name: Annotated[str, typer.Argument(help="The account's name.")],
    timezone: TimezoneOption,
    as_json: JsonOption = False,
) -> None:
    """Give an account another time zone; campaigns that run go by it from their next start."""

    async def main(here: bootstrap.Installation) -> Account:
        return await access.change_account(name, timezone=timezone, access=here.access)

    print_object(_shown(with_installation(main)), as_json=as_json)


@app.command("list")
def list_(as_json: JsonOption = False, as_lines: JsonLinesOption = False) -> None:
    """List all accounts."""

    async def main(here: bootstrap.Installation) -> Sequence[Account]:
        return await here.access.accounts()

    accounts = with_installation(main)
    rows = [_shown(account) for account in accounts]
    print_list(
        "accounts", rows, ("name", "timezone", "created_at"), total=len(rows), as_json=as_json, as_lines=as_lines
    )


def _shown(account: Account) -> dict[str, object]:
    return {"name": account.name, "timezone": account.timezone, "created_at": account.created_at.isoformat()}
