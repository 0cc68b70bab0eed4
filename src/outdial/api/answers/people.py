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


class IceServerShown(Shown):
    """A STUN or TURN server, in the words of WebRTC's `RTCIceServer`."""

    urls: Annotated[list[str], Field(examples=[["stun:stun.example.com:3478"]])]
    username: str | None = None
    credential: str | None = None


class BrowserPhoneShown(Shown):
    """What a browser has to know to register as the agent's phone, at each of the servers."""

    address: Annotated[str, Field(examples=["sip:ana@pbx.example.com"])]
    user: Annotated[str, Field(examples=["ana"])]
    password: Annotated[str, Field(description="Of the SIP user")]
    servers: Annotated[list[str], Field(examples=[["wss://pbx.example.com/ws"]], description="SIP over WebSocket")]
    ice_servers: list[IceServerShown]


class DeskPhoneLinks(Shown):
    self_: LinkShown = Field(alias="self")


class DeskPhoneShown(Shown):
    """Whether the desk of whoever asks is a phone as well; without `phone` it is none."""

    phone: BrowserPhoneShown | None = None
    links: DeskPhoneLinks = Field(alias="_links")


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
