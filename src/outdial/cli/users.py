"""`outdial users`: the people who take calls."""

from typing import Annotated

import typer

from outdial import bootstrap
from outdial.app import users
from outdial.cli.output import AccountOption, JsonOption, LimitOption, OffsetOption, print_list, print_object
from outdial.cli.running import with_installation
from outdial.domain.access import DEFAULT_ACCOUNT
from outdial.ports.users import User

app = typer.Typer(help="The people who take calls.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Option(help="How the agent is shown.")],
    email: Annotated[str | None, typer.Option(help="The agent's e-mail address; one user an address.")] = None,
    account: AccountOption = DEFAULT_ACCOUNT,
    as_json: JsonOption = False,
) -> None:
    """Make a user, who can then be assigned to campaigns."""

    async def main(here: bootstrap.Installation) -> User:
        return await users.create(
            await here.account_id(account),
            name=name,
            email=email,
            storage=here.storage,
            clock=here.wall_clock,
            ids=here.ids,
        )

    print_object(_shown(with_installation(main)), as_json=as_json)


@app.command("list")
def list_(
    account: AccountOption = DEFAULT_ACCOUNT,
    limit: LimitOption = 50,
    offset: OffsetOption = 0,
    as_json: JsonOption = False,
) -> None:
    """List the users of an account, oldest first."""

    async def main(here: bootstrap.Installation) -> tuple[int, list[User]]:
        return await users.listed(await here.account_id(account), offset=offset, limit=limit, storage=here.storage)

    total, page = with_installation(main)
    print_list("users", [_shown(user) for user in page], ("id", "name", "email"), total=total, as_json=as_json)


def _shown(user: User) -> dict[str, object]:
    return {"id": str(user.id), "name": user.name, "email": user.email, "created_at": user.created_at.isoformat()}
