"""`outdial clients`: programs that may use the API."""

from collections.abc import Sequence
from typing import Annotated

import typer

from outdial import bootstrap
from outdial.app import access
from outdial.cli.output import AccountOption, JsonOption, print_list, print_object, say
from outdial.cli.running import with_installation
from outdial.domain.access import DEFAULT_ACCOUNT, ApiClient, scopes_of

app = typer.Typer(help="Programs that may use the API.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Option(help="What the program is called.")],
    scopes: Annotated[str, typer.Option(help='What it may do, such as "campaigns:read campaigns:write".')],
    account: AccountOption = DEFAULT_ACCOUNT,
    as_json: JsonOption = False,
) -> None:
    """Make credentials for a program; the secret is shown this once and can never be shown again."""
    wanted = scopes_of(scopes)

    async def main(here: bootstrap.Installation) -> access.NewClient:
        return await access.create_client(account, name=name, scopes=wanted, access=here.access, clock=here.wall_clock)

    made = with_installation(main)
    shown = _shown(made.client)
    print_object({"client_id": shown.pop("client_id"), "client_secret": made.secret, **shown}, as_json=as_json)
    if not as_json:
        say("Keep the secret now: it is stored nowhere.")


@app.command("list")
def list_(account: AccountOption = DEFAULT_ACCOUNT, as_json: JsonOption = False) -> None:
    """List the clients of an account, without their secrets."""

    async def main(here: bootstrap.Installation) -> Sequence[ApiClient]:
        return await here.access.clients(await here.access.account(account))

    clients = with_installation(main)
    rows = [_shown(client) for client in clients]
    print_list("clients", rows, ("client_id", "name", "scopes"), total=len(rows), as_json=as_json)


def _shown(client: ApiClient) -> dict[str, object]:
    return {
        "client_id": client.id,
        "name": client.name,
        "account": client.account.name,
        "scopes": [scope.value for scope in client.scopes],
        "created_at": client.created_at.isoformat(),
    }
