"""Users, their phones, teams and caller ids, as the API shows them."""

from typing import Annotated

from pydantic import Field

from outdial.api.answers.logins import RoleShown
from outdial.api.describe import Id, InstantShown, LinkShown, PhoneShown, Shown
from outdial.domain.phone_agents import PhoneMode


class UserLinks(Shown):
    self_: LinkShown = Field(alias="self")
    users: LinkShown


class UserShown(Shown):
    """Somebody who takes calls."""

    id: Id
    name: Annotated[str, Field(examples=["Ana Lima"])]
    email: Annotated[str, Field(examples=["ana@example.com"])] | None = None
    role: RoleShown
    disabled: Annotated[bool, Field(description="May not sign in to the console")]
    has_password: bool
    created_at: InstantShown
    links: UserLinks = Field(alias="_links")


class NumberLinks(Shown):
    self_: LinkShown = Field(alias="self")
    numbers: LinkShown


class NumberShown(Shown):
    """A number of the account that its campaigns may call from."""

    id: Id
    phone_number: PhoneShown
    created_at: InstantShown
    links: NumberLinks = Field(alias="_links")


class PhoneAgentLinks(Shown):
    self_: LinkShown = Field(alias="self")
    phone_agents: LinkShown
    user: LinkShown


class PhoneAgentShown(Shown):
    """A user's phone: it rings for each call (`ON_DEMAND`), or is called once and stays up (`NAILED_UP`)."""

    id: Id
    user_id: Id
    address: Annotated[str, Field(examples=["sip:ana@pbx.example.com"], description="E.164, or a SIP address")]
    mode: PhoneMode
    created_at: InstantShown
    links: PhoneAgentLinks = Field(alias="_links")


class TeamWithLinks(Shown):
    self_: LinkShown = Field(alias="self")
    teams: LinkShown


class AssignedTeamShown(Shown):
    """A team that something belongs to."""

    id: Id
    name: Annotated[str, Field(examples=["North"])]
    links: TeamWithLinks = Field(alias="_links")


class TeamShown(AssignedTeamShown):
    created_at: InstantShown
