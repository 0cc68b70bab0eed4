"""The file that describes a SIP back end (TOML): trunks, phones, sound. `docs/sip.md` explains each line."""

import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from outdial.adapters.media.client import MediaSettings
from outdial.adapters.telephony.browser_phones import BrowserPhonesIn
from outdial.adapters.telephony.sip.carrier import SipSettings
from outdial.adapters.telephony.sip.digest import Credentials, ha1_of
from outdial.adapters.telephony.sip.sdp import Codec
from outdial.adapters.telephony.sip.trunks import TrunkSettings
from outdial.domain.campaigns import MESSAGE_NAME
from outdial.domain.errors import FieldProblem, Invalid
from outdial.domain.machine_detection import RULES, Profile
from outdial.domain.outcomes import Outcome
from outdial.domain.values import PhoneNumber

Port = Annotated[int, Field(ge=1, le=65535)]
E164 = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{1,14}$")]


DETECTOR: Final = "machines"
LISTENERS: Final = {DETECTOR: "outdial.adapters.detection.listener:MachineListener"}
"""Found by the media engine's process, which alone needs what stands behind it."""


class SipFileInvalid(Invalid):
    """The description of the SIP back end cannot be used."""

    code = "sip-file-invalid"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Trunk(_Model):
    name: Annotated[str, Field(min_length=1, max_length=60)]
    host: Annotated[str, Field(min_length=1, max_length=255)]
    port: Port = 5060
    priority: Annotated[int, Field(ge=0, le=1000)] = 0
    weight: Annotated[int, Field(ge=1, le=1000)] = 1
    max_calls: Annotated[int, Field(ge=1, le=10_000)] = 30
    calls_per_second: Annotated[float, Field(gt=0, le=1000)] = 10.0
    codecs: Annotated[list[Codec], Field(min_length=1)] = [Codec.PCMU, Codec.PCMA]
    username: str | None = None
    password: SecretStr | None = None
    register_here: Annotated[bool, Field(alias="register")] = False
    domain: str | None = None
    caller_ids: list[E164] = []
    caller_id: E164 | None = None
    prefix: Annotated[str, Field(pattern=r"^[0-9*#]*$", max_length=20)] = ""
    plus: bool = True
    asserted: bool = False
    ping_seconds: Annotated[float, Field(ge=0, le=3600)] = 30.0
    answer_within: Annotated[float, Field(gt=0, le=32)] = 8.0
    outcomes: dict[Annotated[str, Field(pattern=r"^[3-6][0-9][0-9]$")], Outcome] = {}
    headers: dict[Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]*$")], str] = {}

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password go together")
        if self.register_here and self.username is None:
            raise ValueError("to register takes username and password")
        return self

    @field_validator("headers")
    @classmethod
    def _one_line(cls, headers: dict[str, str]) -> dict[str, str]:
        if any(not value.isprintable() for value in headers.values()):
            raise ValueError("a header is one printable line")
        return headers

    def settings(self) -> TrunkSettings:
        credentials = None
        if self.username is not None and self.password is not None:
            credentials = Credentials(self.username, self.password.get_secret_value())
        return TrunkSettings(
            name=self.name,
            host=self.host,
            port=self.port,
            priority=self.priority,
            weight=self.weight,
            max_calls=self.max_calls,
            calls_per_second=self.calls_per_second,
            codecs=tuple(self.codecs),
            credentials=credentials,
            register=self.register_here,
            domain=self.domain,
            caller_ids=frozenset(map(PhoneNumber, self.caller_ids)),
            caller_id=None if self.caller_id is None else PhoneNumber(self.caller_id),
            prefix=self.prefix,
            plus=self.plus,
            asserted=self.asserted,
            ping_seconds=self.ping_seconds,
            statuses={int(status): outcome for status, outcome in self.outcomes.items()},
            headers=self.headers,
            answer_within=self.answer_within,
        )


class _Phone(_Model):
    username: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,60}$")]
    password: SecretStr | None = None
    ha1: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.password is None) == (self.ha1 is None):
            raise ValueError("takes either a password or its ha1")
        return self

    def proof(self, realm: str) -> str:
        if self.password is None:
            assert self.ha1 is not None
            return self.ha1
        return ha1_of(self.username, realm, self.password.get_secret_value())


class _Media(_Model):
    host: str | None = None
    first_port: Annotated[int, Field(ge=1024, le=65534)] = 20_000
    last_port: Annotated[int, Field(ge=1025, le=65535)] = 20_999
    message: Path | None = None
    messages: dict[Annotated[str, Field(pattern=MESSAGE_NAME)], Path] = {}
    hold: Path | None = None
    silent_seconds: Annotated[float, Field(ge=1, le=3600)] = 20.0

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first_port % 2 or self.last_port <= self.first_port:
            raise ValueError("first_port is even, and below last_port")
        return self


class _File(_Model):
    host: str = "127.0.0.1"
    port: Port = 5060
    lines: Annotated[int, Field(ge=1, le=10_000)] = 1000
    realm: Annotated[str, Field(pattern=r'^[^"\\]{1,60}$')] = "outdial"
    record: bool = False
    keep_recordings_days: Annotated[float, Field(gt=0)] | None = None
    early_media: bool = False
    detection: Literal["private", "business", "off"] = "private"
    media: _Media = _Media()
    trunk: Annotated[list[_Trunk], Field(min_length=1)]
    phone: list[_Phone] = []
    browser_phones: BrowserPhonesIn | None = None


def read_file(path: Path, *, recordings: Path, secret: str | None) -> SipSettings:
    """The back end that a file describes. Sound files in it are relative to it.

    Args:
        recordings: where recordings go; with `secret` they are encrypted.

    Raises:
        SipFileInvalid: it cannot be read, or every wrong line of it is named.
    """
    try:
        with path.open("rb") as file:
            described = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SipFileInvalid(f"{path} cannot be read: {error}") from error
    return _settings(described, str(path), path.parent, recordings=recordings, secret=secret)


def _settings(
    described: Mapping[str, Any], where: str, folder: Path, *, recordings: Path, secret: str | None
) -> SipSettings:
    try:
        file = _File.model_validate(described)
    except ValidationError as error:
        # Values stay out of the message: one of them may be a password.
        problems = [FieldProblem(".".join(map(str, one["loc"])), one["msg"]) for one in error.errors()]
        said = "; ".join(f"{problem.name}: {problem.description}" for problem in problems)
        raise SipFileInvalid(f"{where} describes no SIP back end: {said}", problems) from None
    names = [trunk.name for trunk in file.trunk]
    if len(set(names)) != len(names):
        raise SipFileInvalid(f"{where}: two trunks have the same name")
    media = MediaSettings(
        host=file.media.host or file.host,
        ports=(file.media.first_port, file.media.last_port),
        message=None if file.media.message is None else folder / file.media.message,
        hold=None if file.media.hold is None else folder / file.media.hold,
        messages={name: folder / path for name, path in file.media.messages.items()},
        recordings=recordings,
        secret=secret,
        silent_seconds=file.media.silent_seconds,
        listeners=LISTENERS,
    )
    keep = None if file.keep_recordings_days is None else timedelta(days=file.keep_recordings_days)
    return SipSettings(
        trunks=[trunk.settings() for trunk in file.trunk],
        host=file.host,
        port=file.port,
        phones={phone.username: phone.proof(file.realm) for phone in file.phone},
        realm=file.realm,
        media=media,
        record=file.record,
        keep_recordings=keep,
        early_media=file.early_media,
        detector=DETECTOR if file.detection != "off" else None,
        rules=RULES[Profile.PRIVATE if file.detection == "off" else Profile(file.detection)],
        lines=file.lines,
        browser_phones=None if file.browser_phones is None else file.browser_phones.settings(),
    )
