"""The file that describes a fleet of Asterisks (TOML). `docs/asterisk.md` explains each line."""

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from outdial.adapters.telephony.asterisk.carrier import AsteriskSettings
from outdial.adapters.telephony.asterisk.node import NodeSettings
from outdial.adapters.telephony.browser_phones import BrowserPhonesIn
from outdial.domain.campaigns import MESSAGE_NAME
from outdial.domain.errors import FieldProblem, Invalid
from outdial.domain.machine_detection import RULES, Profile


class AsteriskFileInvalid(Invalid):
    """The description of the Asterisk back end cannot be used."""

    code = "asterisk-file-invalid"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Node(_Model):
    name: Annotated[str, Field(min_length=1, max_length=60)]
    url: Annotated[str, Field(pattern=r"^https?://[^\s?#@]+$")]
    user: Annotated[str, Field(min_length=1)]
    password: SecretStr
    endpoint: Annotated[str, Field(pattern=r"^[^{}]*\{number\}[^{}]*$")] = "PJSIP/{number}@trunk"
    application: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,60}$")] = "outdial"
    weight: Annotated[int, Field(ge=0, le=1000)] = 1
    max_calls: Annotated[int, Field(ge=1, le=10_000)] = 200
    calls_per_second: Annotated[float, Field(gt=0, le=1000)] = 20.0
    media_host: str = "127.0.0.1"

    def settings(self) -> NodeSettings:
        return NodeSettings(**{**self.model_dump(), "password": self.password.get_secret_value()})


Media = Annotated[str, Field(pattern=r"^(sound|recording|number|digits|tone):")]


class _File(_Model):
    message: Media = "sound:vm-goodbye"
    messages: dict[Annotated[str, Field(pattern=MESSAGE_NAME)], Media] = {}
    record: bool = False
    detection: Literal["private", "business", "off"] = "private"
    node: Annotated[list[_Node], Field(min_length=1)]
    browser_phones: BrowserPhonesIn | None = None


def read_file(path: Path) -> AsteriskSettings:
    """The fleet that a file describes.

    Raises:
        AsteriskFileInvalid: it cannot be read, or every wrong line of it is named.
    """
    try:
        with path.open("rb") as opened:
            file = _File.model_validate(tomllib.load(opened))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AsteriskFileInvalid(f"{path} cannot be read: {error}") from error
    except ValidationError as error:
        # Values stay out of the message: one of them may be a password.
        problems = [FieldProblem(".".join(map(str, one["loc"])), one["msg"]) for one in error.errors()]
        said = "; ".join(f"{problem.name}: {problem.description}" for problem in problems)
        raise AsteriskFileInvalid(f"{path} describes no Asterisks: {said}", problems) from None
    names = [node.name for node in file.node]
    if len(set(names)) != len(names):
        raise AsteriskFileInvalid(f"{path}: two nodes have the same name")
    rules = None if file.detection == "off" else RULES[Profile(file.detection)]
    return AsteriskSettings(
        [node.settings() for node in file.node],
        message=file.message,
        messages=file.messages,
        record=file.record,
        rules=rules,
        browser_phones=None if file.browser_phones is None else file.browser_phones.settings(),
    )
