"""`outdial users`: the people who take calls."""

from typing import Annotated

import typer

from outdial import bootstrap
from outdial.app import logins, users
from outdial.app.logins import NewLink
from outdial.cli.output import (
    AccountOption,
    JsonLinesOption,
    JsonOption,
    LimitOption,
    OffsetOption,
    print_list,
    print_object,
)
from outdial.cli.running import with_installation
from outdial.domain.access import DEFAULT_ACCOUNT, RIGHTS, Principal, Role
from outdial.ports.users import User, UserNotFound

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
    as_lines: JsonLinesOption = False,
) -> None:
    """List the users of an account, oldest first."""

    async def main(here: bootstrap.Installation) -> tuple[int, list[User]]:
        return await users.listed(await here.account_id(account), offset=offset, limit=limit, storage=here.storage)

    total, page = with_installation(main)
    print_list(
        "users",
        [_shown(user) for user in page],
        ("id", "name", "email", "role"),
        total=total,
        as_json=as_json,
        as_lines=as_lines,
    )


@app.command()
def role(
    email: Annotated[str, typer.Argument(help="The user's e-mail address.")],
    is_now: Annotated[Role, typer.Argument(metavar="ROLE", help="admin, supervisor, viewer or agent.")],
    disable: Annotated[bool, typer.Option("--disable/--enable", help="Whether they may not sign in.")] = False,
    account: AccountOption = DEFAULT_ACCOUNT,
    as_json: JsonOption = False,
) -> None:
    """Say what a user may do in the web console, and whether they may sign in."""

    async def main(here: bootstrap.Installation) -> User:
        user = await _by_email(here, account, email)
        by = Principal(await here.account_id(account), "command", RIGHTS[Role.ADMIN].scopes)
        return await logins.set_role(
            str(user.id),
            is_now.value,
            disable,
            by=by,
            storage=here.storage,
            logins=here.logins,
            clock=here.wall_clock,
        )

    print_object(_shown(with_installation(main)), as_json=as_json)


@app.command("password-link")
def password_link(
    email: Annotated[
        str | None, typer.Argument(help="Whose password is to be set. Without it: a link that makes the first admin.")
    ] = None,
    account: AccountOption = DEFAULT_ACCOUNT,
    as_json: JsonOption = False,
) -> None:
    """Make a link by which somebody sets a password in the web console, once, within a day."""

    async def main(here: bootstrap.Installation) -> NewLink:
        user = None if email is None else await _by_email(here, account, email)
        return await logins.make_link(
            await here.account_id(account),
            None if user is None else str(user.id),
            storage=here.storage,
            logins=here.logins,
            clock=here.wall_clock,
        )

    made = with_installation(main)
    settings = bootstrap.read_settings()
    base = settings.public_url or f"http://{settings.host}:{settings.port}"
    shown = {"href": base + bootstrap.welcome_path(made.word), "expires_at": made.expires_at.isoformat()}
    print_object(shown, as_json=as_json)


async def _by_email(here: bootstrap.Installation, account: str, email: str) -> User:
    """Raises `UserNotFound`."""
    address = email.strip().lower()
    async with here.storage.unit_of_work(await here.account_id(account)) as uow:
        user = (await uow.users.by_email([address])).get(address)
    if user is None:
        raise UserNotFound(email)
    return user


def _shown(user: User) -> dict[str, object]:
    return {
        "id": str(user.id),
        "name": user.name,
        "email": user.email,
        "role": user.role.value,
        "disabled": user.disabled_at is not None,
        "created_at": user.created_at.isoformat(),
    }
