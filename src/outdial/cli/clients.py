"""`outdial clients`: programs that may use the API."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from outdial import bootstrap
from outdial.app import access
from outdial.cli.output import AccountOption, JsonLinesOption, JsonOption, print_list, print_object, say
from outdial.cli.running import with_installation
from outdial.domain.access import DEFAULT_ACCOUNT, ApiClient, ClientNotFound, PublicKey, Scope, ServiceToken, scopes_of
from outdial.ports.tokens import SigningKey

app = typer.Typer(help="Programs that may use the API.", no_args_is_help=True)

ClientArgument = Annotated[str, typer.Argument(metavar="CLIENT_ID", help="Which client.")]
_PUBLIC_KEY_HELP = "Its public key (P-256), in PEM or as a JWK."


@app.command()
def create(
    name: Annotated[str, typer.Option(help="What the program is called.")],
    scopes: Annotated[str, typer.Option(help='What it may do, such as "campaigns:read campaigns:write".')],
    account: AccountOption = DEFAULT_ACCOUNT,
    public_key: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, readable=True, help=f"{_PUBLIC_KEY_HELP} No secret."),
    ] = None,
    redirect_uri: Annotated[
        list[str] | None,
        typer.Option(metavar="URL", help="Where people are sent back to who let it act for them; may be repeated."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make credentials for a program; a secret is shown this once and can never be shown again."""
    wanted = scopes_of(scopes)
    if public_key is not None and redirect_uri:
        raise typer.BadParameter("--redirect-uri is for programs with a secret")
    if public_key is not None:
        _create_with_key(public_key.read_bytes(), name, wanted, account, as_json)
        return

    async def main(here: bootstrap.Installation) -> access.NewClient:
        return await access.create_client(
            account,
            name=name,
            scopes=wanted,
            redirect_uris=redirect_uri or (),
            access=here.access,
            clock=here.wall_clock,
        )

    made = with_installation(main)
    shown = _shown(made.client)
    print_object({"client_id": shown.pop("client_id"), "client_secret": made.secret, **shown}, as_json=as_json)
    if not as_json:
        say("Keep the secret now: it is stored nowhere.")


def _create_with_key(data: bytes, name: str, scopes: Sequence[Scope], account: str, as_json: bool) -> None:
    async def main(here: bootstrap.Installation) -> tuple[ApiClient, PublicKey]:
        key = here.tokens.read_public_key(data)
        made = await access.create_client_with_key(
            account, key, name=name, scopes=scopes, access=here.access, clock=here.wall_clock
        )
        return made, key

    client, key = with_installation(main)
    shown = _shown(client)
    print_object({"client_id": shown.pop("client_id"), "key_id": key.kid, **shown}, as_json=as_json)


@app.command("add-key")
def add_key(
    client_id: ClientArgument,
    public_key: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, readable=True, help=_PUBLIC_KEY_HELP)
    ],
    as_json: JsonOption = False,
) -> None:
    """Let a program sign with one more key; the key_id is the `kid` of what it signs."""
    data = public_key.read_bytes()

    async def main(here: bootstrap.Installation) -> PublicKey:
        key = here.tokens.read_public_key(data)
        await here.access.add_client_key(client_id, key, here.wall_clock.now())
        return key

    key = with_installation(main)
    print_object({"client_id": client_id, "key_id": key.kid}, as_json=as_json)


@app.command("remove-key")
def remove_key(client_id: ClientArgument, key_id: Annotated[str, typer.Argument(help="Which of its keys.")]) -> None:
    """Refuse what a program signs with one of its keys, from now on; tokens it has live on."""

    async def main(here: bootstrap.Installation) -> None:
        await here.access.remove_client_key(client_id, key_id)

    with_installation(main)


@app.command()
def revoke(client_id: ClientArgument) -> None:
    """Give a program no more tokens, and refuse those it has; running servers notice within ten seconds."""

    async def main(here: bootstrap.Installation) -> None:
        await here.access.revoke_client(client_id, here.wall_clock.now())

    with_installation(main)
    say("Revoked; running servers refuse its tokens within ten seconds.")


@app.command()
def tokens(client_id: ClientArgument, as_json: JsonOption = False) -> None:
    """List the service tokens of a program; the tokens themselves are stored nowhere."""

    async def main(here: bootstrap.Installation) -> Sequence[ServiceToken]:
        if await here.access.client(client_id) is None:
            raise ClientNotFound(client_id)
        return await here.access.service_tokens(client_id)

    rows = [_shown_token(token) for token in with_installation(main)]
    columns = ("token_id", "created_at", "expires_at", "revoked_at", "scopes")
    print_list("tokens", rows, columns, total=len(rows), as_json=as_json)


@app.command("revoke-token")
def revoke_token(
    token_id: Annotated[str, typer.Argument(help="Which service token, as `outdial clients tokens` lists them.")],
) -> None:
    """Refuse a service token from now on; running servers notice within ten seconds."""

    async def main(here: bootstrap.Installation) -> None:
        await here.access.revoke_service_token(token_id, here.wall_clock.now())

    with_installation(main)
    say("Revoked; running servers refuse it within ten seconds.")


@app.command("rotate-signing-key")
def rotate_signing_key(as_json: JsonOption = False) -> None:
    """Make a new key that signs access tokens; the old one is published until what it signed has expired."""

    async def main(here: bootstrap.Installation) -> SigningKey:
        return await access.rotate_signing_key(access=here.access, tokens=here.tokens)

    key = with_installation(main)
    shown = {"key_id": key.kid, "encrypted": key.encrypted, "created_at": key.created_at.isoformat()}
    print_object(shown, as_json=as_json)
    say("Running servers sign with it within thirty seconds.")


@app.command("list")
def list_(
    account: AccountOption = DEFAULT_ACCOUNT, as_json: JsonOption = False, as_lines: JsonLinesOption = False
) -> None:
    """List the clients of an account, without their secrets."""

    async def main(here: bootstrap.Installation) -> Sequence[ApiClient]:
        return await here.access.clients(await here.access.account(account))

    clients = with_installation(main)
    rows = [_shown(client) | {"revoked_at": _moment(client.revoked_at)} for client in clients]
    print_list(
        "clients",
        rows,
        ("client_id", "name", "revoked_at", "scopes"),
        total=len(rows),
        as_json=as_json,
        as_lines=as_lines,
    )


def _shown(client: ApiClient) -> dict[str, object]:
    return {
        "client_id": client.id,
        "name": client.name,
        "account": client.account.name,
        "scopes": [scope.value for scope in client.scopes],
        "created_at": client.created_at.isoformat(),
        **({"redirect_uris": list(client.redirect_uris)} if client.redirect_uris else {}),
    }


def _shown_token(token: ServiceToken) -> dict[str, object]:
    return {
        "token_id": token.id,
        "scopes": [scope.value for scope in token.scopes],
        "created_at": _moment(token.created_at),
        "expires_at": _moment(token.expires_at),
        "revoked_at": _moment(token.revoked_at),
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
