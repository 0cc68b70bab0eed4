"""The part of a back end's file that describes phones in browsers. `docs/browser-phones.md` explains each line."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from outdial.domain.phone_agents import BrowserPhones, IceServer


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Phone(_Model):
    user: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,60}$")]
    password: Annotated[SecretStr, Field(min_length=8)]


class _IceServer(_Model):
    urls: Annotated[list[Annotated[str, Field(pattern=r"^(stun|turn)s?:[^\s]+$")]], Field(min_length=1)]
    username: str | None = None
    credential: SecretStr | None = None


# It becomes a part of the pages' security policy: nothing that could end a directive there.
_Server = Annotated[str, Field(pattern=r"^wss?://[A-Za-z0-9.:\[\]-]+(/[^\s?#;,]*)?$")]


class BrowserPhonesIn(_Model):
    """`[browser_phones]`."""

    servers: Annotated[list[_Server], Field(min_length=1)]
    phone: Annotated[list[_Phone], Field(min_length=1)]
    ice_server: list[_IceServer] = []

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({phone.user for phone in self.phone}) != len(self.phone):
            raise ValueError("two phones have the same user")
        return self

    def settings(self) -> BrowserPhones:
        return BrowserPhones(
            tuple(self.servers),
            {phone.user: phone.password.get_secret_value() for phone in self.phone},
            tuple(
                IceServer(
                    tuple(one.urls),
                    one.username,
                    None if one.credential is None else one.credential.get_secret_value(),
                )
                for one in self.ice_server
            ),
        )
