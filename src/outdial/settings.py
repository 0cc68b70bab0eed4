"""What an installation can be told by its environment: `OUTDIAL_HOST=0.0.0.0` sets `host`, and so on.

Read once, in `outdial.bootstrap`, and handed on as values; nothing else looks at the environment.
"""

import enum
import os
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from outdial.domain.access import DEFAULT_ACCOUNT, Role
from outdial.domain.networks import is_here


class LogFormat(enum.Enum):
    """How log lines are written: for people, or one JSON object a line."""

    CONSOLE = "console"
    JSON = "json"


class LogLevel(enum.Enum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def default_home() -> Path:
    """Where an installation keeps its data: the machine's place for root, else the user's own data folder."""
    if os.geteuid() == 0:
        return Path("/var/lib/outdial")
    given = os.environ.get("XDG_DATA_HOME", "")
    # The XDG base directory specification has relative paths ignored.
    data = Path(given) if Path(given).is_absolute() else Path.home() / ".local" / "share"
    return data / "outdial"


class Settings(BaseSettings):
    """Everything has a default: without any variable, Outdial runs on its own database on this machine."""

    model_config = SettingsConfigDict(env_prefix="OUTDIAL_", frozen=True, extra="ignore", env_ignore_empty=True)

    home: Path = Field(default_factory=default_home)
    """The folder of the embedded database, its lock, its log and the uploaded files."""

    database_url: SecretStr | None = None
    """A PostgreSQL of yours (`postgresql://user@host/name`) instead of the embedded one."""

    postgres_account: str | None = None
    """For root only: the system account that the embedded PostgreSQL runs as."""

    public_url: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$")] | None = None
    """How the world reaches the API, for links; without it the request's own host is used."""

    secret_key: SecretStr | None = None
    """Encrypts the keys that sign access tokens, in the database."""

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    """0 lets the machine choose. A port that is given here is not exchanged for another one when it is taken."""

    rate_limit: float | None = Field(None, gt=0, allow_inf_nan=False)
    """Requests a second that each API client may send; without it there is no limit."""

    rate_burst: int | None = Field(None, ge=1)
    """Requests that a client may send at once after a rest; by default those of one second."""

    callback_networks: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = ()
    """Networks of yours that `callback_action` may call besides the public internet: `10.1.0.0/16,fd00::/8`."""

    upload_store: Annotated[str, Field(pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^?#\s]*)?$")] | None = None
    """Where clients send the files of lists: `s3://bucket/prefix`. Without it they come here and are kept in `home`."""

    upload_store_endpoint: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$")] | None = None
    """Of an S3-compatible store that is not Amazon's, as clients reach it, too."""

    upload_store_region: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")] = "us-east-1"
    upload_store_key_id: SecretStr | None = None
    upload_store_secret: SecretStr | None = None
    """With what requests to the store are signed; without the two, what botocore finds on this machine."""

    sip_file: Path | None = None
    """Real calls: the trunks, phones and sounds of a SIP back end as a TOML file. Without it calls are simulated."""

    asterisk_file: Path | None = None
    """Real calls through Asterisks of yours: the nodes of the fleet as a TOML file. Not together with `sip_file`."""

    openid_issuer: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$")] | None = None
    """The company's own sign-in by OpenID Connect, as it names itself; without it there is none."""

    openid_client_id: str | None = Field(None, validate_default=True)
    openid_client_secret: SecretStr | None = None
    openid_client_secret_file: Path | None = None
    """Who Outdial is there; without a secret, in either form, it shows none and PKCE alone protects the code."""

    openid_name: Annotated[str, Field(min_length=1, max_length=60)] = "OpenID Connect"
    """What people call that place: it stands on the button."""

    openid_scopes: str = "openid email profile"
    openid_account: str = DEFAULT_ACCOUNT
    """Whose users sign in there."""

    openid_role_claim: str | None = None
    """The member of the ID token that says what somebody may do here: `groups`, `realm_access.roles`."""

    openid_roles: Annotated[dict[str, Role], NoDecode] = Field({}, validate_default=True)
    """What its words mean: `dialer-admins=admin,floor=supervisor`. Who has none of them may not sign in there."""

    metrics_token: SecretStr | None = Field(None, min_length=16)
    """Opens `/metrics` to who sends it as a bearer token; without it they are told to this machine alone."""

    simulated_agents: int = Field(0, ge=0, le=1000)
    """Agents that `outdial up` plays by itself."""

    calls_per_second: float | None = Field(None, gt=0, le=10_000, allow_inf_nan=False)
    """Calls that the dialer places a second at most, over all campaigns; without it only the carrier limits them."""

    pacer_logs: Path | None = None
    """A folder: what each campaign's pacer sees and decides is written there, for `outdial replay`."""

    log_format: LogFormat = LogFormat.CONSOLE
    log_level: LogLevel = LogLevel.INFO

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @field_validator("log_format", "log_level", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("callback_networks", mode="before")
    @classmethod
    def _by_comma(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("openid_issuer")
    @classmethod
    def _private(cls, issuer: str | None) -> str | None:
        if issuer is not None and issuer.startswith("http:") and not is_here(urlsplit(issuer).hostname or ""):
            raise ValueError("must begin with https://")
        return issuer

    @field_validator("openid_client_id")
    @classmethod
    def _known_there(cls, client_id: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("openid_issuer") is not None and not client_id:
            raise ValueError("is needed beside OUTDIAL_OPENID_ISSUER")
        return client_id

    @field_validator("openid_client_secret_file")
    @classmethod
    def _one_secret(cls, file: Path | None, info: ValidationInfo) -> Path | None:
        if file is not None and info.data.get("openid_client_secret") is not None:
            raise ValueError("stands beside OUTDIAL_OPENID_CLIENT_SECRET: one of them only")
        return file

    @field_validator("openid_scopes")
    @classmethod
    def _with_openid(cls, scopes: str) -> str:
        if "openid" not in scopes.split():
            raise ValueError("must have openid among its words")
        return scopes

    @field_validator("openid_roles", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [part.rpartition("=") for part in value.split(",") if part.strip()]
        return {word.strip(): role.strip() for word, _, role in pairs}

    @field_validator("openid_roles")
    @classmethod
    def _of_a_claim(cls, roles: dict[str, Role], info: ValidationInfo) -> dict[str, Role]:
        if (info.data.get("openid_role_claim") is not None) != bool(roles):
            raise ValueError("and OUTDIAL_OPENID_ROLE_CLAIM need each other")
        return roles

    @field_validator("database_url")
    @classmethod
    def _postgresql(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not url.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("must begin with postgresql://")
        return url

    @field_validator("asterisk_file")
    @classmethod
    def _one_back_end(cls, file: Path | None, info: ValidationInfo) -> Path | None:
        if file is not None and info.data.get("sip_file") is not None:
            raise ValueError("OUTDIAL_SIP_FILE is set too, and calls are placed in one way only")
        return file

    @field_validator("public_url")
    @classmethod
    def _without_slash(cls, url: str | None) -> str | None:
        return None if url is None else url.rstrip("/")

    @property
    def port_given(self) -> bool:
        """Whether somebody asked for this very port."""
        return "port" in self.model_fields_set

    @property
    def recordings(self) -> Path:
        """Where calls are recorded, if they are."""
        return self.home / "recordings"

    @property
    def uploads(self) -> Path:
        """Where uploaded lists wait for their import."""
        return self.home / "uploads"
