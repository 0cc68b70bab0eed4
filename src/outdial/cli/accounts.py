"""`outdial accounts`: tenants that see nothing of each other."""

from collections.abc import Sequence
from typing import Annotated

import typer

from outdial import bootstrap
from outdial.app import access
from outdial.cli.output import JsonOption, print_list, print_object
from outdial.cli.running import with_installation
from outdial.domain.access import Account

app = typer.Typer(help="Tenants that see nothing of each other.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Lower-case letters, digits and inner hyphens.")],
    as_json: JsonOption = False,
) -> None:
    """Make an account."""

    async def main(here: bootstrap.Installation) -> Account:
        return await access.create_account(name, access=here.access, clock=here.wall_clock)

    print_object(_shown(with_installation(main)), as_json=as_json)


@app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """List all accounts."""

    async def main(here: bootstrap.Installation) -> Sequence[Account]:
        return await here.access.accounts()

    accounts = with_installation(main)
    rows = [_shown(account) for account in accounts]
    print_list("accounts", rows, ("name", "created_at"), total=len(rows), as_json=as_json)


def _shown(account: Account) -> dict[str, object]:
    return {"name": account.name, "created_at": account.created_at.isoformat()}
