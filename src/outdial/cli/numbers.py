"""`outdial numbers`: what the called party sees as the caller."""

from typing import Annotated

import typer

from outdial import bootstrap
from outdial.app import numbers
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
from outdial.domain.access import DEFAULT_ACCOUNT
from outdial.ports.numbers import CallerNumber

app = typer.Typer(help="The numbers to call from.", no_args_is_help=True)


@app.command()
def add(
    phone_number: Annotated[str, typer.Argument(metavar="NUMBER", help="In E.164, such as +12025550142.")],
    account: AccountOption = DEFAULT_ACCOUNT,
    as_json: JsonOption = False,
) -> None:
    """Add a number that campaigns may call from."""

    async def main(here: bootstrap.Installation) -> CallerNumber:
        return await numbers.add(
            await here.account_id(account),
            phone_number=phone_number,
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
    """List the numbers of an account, oldest first."""

    async def main(here: bootstrap.Installation) -> tuple[int, list[CallerNumber]]:
        return await numbers.listed(await here.account_id(account), offset=offset, limit=limit, storage=here.storage)

    total, page = with_installation(main)
    print_list(
        "numbers",
        [_shown(number) for number in page],
        ("id", "phone_number"),
        total=total,
        as_json=as_json,
        as_lines=as_lines,
    )


def _shown(number: CallerNumber) -> dict[str, object]:
    return {
        "id": str(number.id),
        "phone_number": number.phone_number,
        "created_at": number.created_at.isoformat(),
    }
