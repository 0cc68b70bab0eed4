"""What commands share that are clients of the API: where it is, who asks, and how its refusals end a command."""

import contextlib
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from outdial.cli.output import ExitCode, print_error
from outdial.client import (
    ApiError,
    Client,
    ClientError,
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    NotPossible,
    Patience,
    TooManyRequests,
    Unavailable,
)
from outdial.domain.errors import FieldProblem
from outdial.domain.errors import Invalid as InvalidInput

_CODE_OF: Final[Mapping[type[ApiError], ExitCode]] = {
    Invalid: ExitCode.USAGE,
    NotAllowed: ExitCode.NOT_ALLOWED,
    NotFound: ExitCode.NOT_FOUND,
    Conflict: ExitCode.CONFLICT,
    NotPossible: ExitCode.REFUSED,
    TooManyRequests: ExitCode.UNREACHABLE,
    Unavailable: ExitCode.UNREACHABLE,
}

YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask for the name.")]


class ApiSettings(BaseSettings):
    """Where the API is and who asks it. Secrets come from the environment or a file, never from the command line."""

    model_config = SettingsConfigDict(env_prefix="OUTDIAL_", frozen=True, extra="ignore", env_ignore_empty=True)

    api_url: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$")] = "http://127.0.0.1:8000"
    """The default is where `outdial up` answers."""

    client_id: str | None = None
    client_secret: SecretStr | None = None

    client_file: Path | None = None
    """What `outdial clients create --json` printed: a JSON object with the two above, which go before it."""

    def credentials(self) -> tuple[str, str] | None:
        """Id and secret. Raises `OSError` for a file that cannot be read, `Invalid` for one that is something else."""
        if self.client_id is not None and self.client_secret is not None:
            return self.client_id, self.client_secret.get_secret_value()
        if self.client_file is None:
            return None
        kept = read_object(self.client_file)
        client_id, secret = (kept.get(name) for name in ("client_id", "client_secret"))
        if not isinstance(client_id, str) or not isinstance(secret, str):
            problem = FieldProblem("OUTDIAL_CLIENT_FILE", "must name a file with client_id and client_secret")
            raise InvalidInput("the settings are not valid", [problem])
        return client_id, secret


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file, or on stdin for `-`. Raises `Invalid` if it cannot be read or is anything else."""
    try:
        found = json.loads(sys.stdin.read() if path == Path("-") else path.read_text("utf-8"))
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise InvalidInput(f"{path} is not a JSON object")
    return found


def _settings() -> ApiSettings:
    try:
        return ApiSettings()
    except ValidationError as error:
        problems = [
            FieldProblem(f"OUTDIAL_{'.'.join(map(str, problem['loc'])).upper()}", problem["msg"])
            for problem in error.errors()
        ]
        raise InvalidInput("the settings are not valid", problems) from None


@contextlib.contextmanager
def connected(*, as_json: bool) -> Iterator[Client]:
    """The API, for one command; what it refuses is printed and ends the command with the code of its kind."""
    settings = _settings()
    credentials = settings.credentials()
    if credentials is None:
        message = (
            "not signed in: set OUTDIAL_CLIENT_ID and OUTDIAL_CLIENT_SECRET, or OUTDIAL_CLIENT_FILE to what "
            "`outdial clients create --json` printed"
        )
        stop("not-signed-in", message, ExitCode.NOT_ALLOWED, as_json=as_json)
    try:
        # A person waits for the error, too.
        with Client(settings.api_url, *credentials, patience=Patience(attempts=3)) as client:
            yield client
    except ApiError as error:
        details = [{"name": field.name, "description": field.description} for field in error.fields]
        print_error(error.code, error.message, details, as_json=as_json, request_id=error.request_id)
        raise typer.Exit(_CODE_OF.get(type(error), ExitCode.UNEXPECTED_FAILURE)) from None
    except ClientError as error:
        stop("unreachable", str(error), ExitCode.UNREACHABLE, as_json=as_json)


def stop(code: str, message: str, exit_code: ExitCode, *, as_json: bool) -> NoReturn:
    """End the command with an error."""
    print_error(code, message, as_json=as_json)
    raise typer.Exit(exit_code)


def confirm(name: str, *, to: str, yes: bool, as_json: bool) -> None:
    """Have the name typed before something that is not easily undone; `to` is the verb."""
    if yes:
        return
    if not sys.stdin.isatty():
        stop("not-confirmed", f"nobody is here to confirm: give --yes to {to} it", ExitCode.USAGE, as_json=as_json)
    if typer.prompt(f"Type its name ({name}) to {to} it", err=True) != name:
        stop("not-confirmed", "that is not its name: nothing was changed", ExitCode.USAGE, as_json=as_json)


def bare(resource: Mapping[str, Any]) -> dict[str, Any]:
    """A resource without its links."""
    return {name: value for name, value in resource.items() if not name.startswith("_")}
