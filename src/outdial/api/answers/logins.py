"""Logins, and who may sign in, as the API shows them."""

from typing import Annotated

from pydantic import Field

from outdial.api.describe import Address, Id, InstantShown, LinkShown, Shown
from outdial.domain.access import Role, Scope

RoleShown = Annotated[str, Field(examples=["supervisor"], json_schema_extra={"enum": [role.value for role in Role]})]


class SignedInUserShown(Shown):
    id: Id
    name: Annotated[str, Field(examples=["Ana Lima"])]
    email: Annotated[str, Field(examples=["ana@example.com"])] | None = None
    role: RoleShown


class LoginShown(Shown):
    """Somebody who is signed in: what they may do, and what their page has to send besides the cookie."""

    user: SignedInUserShown
    account: Annotated[str, Field(examples=["default"])]
    scopes: Annotated[
        list[Annotated[str, Field(json_schema_extra={"enum": [scope.value for scope in Scope]})]],
        Field(description="What the role allows"),
    ]
    read_only: Annotated[bool, Field(description="Whatever the scopes say, nothing can be changed")]
    csrf_token: Annotated[str, Field(description="To be sent as X-CSRF-Token with everything that changes something")]
    expires_at: Annotated[InstantShown, Field(description="If nothing is done until then")]
    links: dict[str, LinkShown] = Field(alias="_links")


class OpenIdShown(Shown):
    """The sign-in of the company: a browser goes to `href` and comes back signed in."""

    name: Annotated[str, Field(examples=["Example Ltd"])]
    href: Address


class LoginOptionsShown(Shown):
    """How one can sign in here. `first_run`: nobody can yet; the link of the server's start makes the first admin."""

    password: bool
    first_run: bool
    openid: OpenIdShown | None = None


class LinkForShown(Shown):
    """What a link does: `password` sets one for the user shown, `first-admin` makes one, `sign-in` asks for nothing."""

    does: Annotated[
        str, Field(examples=["password"], json_schema_extra={"enum": ["password", "first-admin", "sign-in"]})
    ]
    name: str | None = None
    email: str | None = None


class PasswordLinkShown(Shown):
    """Shown this once: whoever has it can set the user's password, once."""

    href: Address
    expires_at: InstantShown
