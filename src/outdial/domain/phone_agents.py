"""Phone agents: users who take calls on a phone, and the address at which it rings."""

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NewType
from uuid import UUID

from outdial.domain.errors import Conflict, NotFound
from outdial.domain.values import UserId

PhoneAgentId = NewType("PhoneAgentId", UUID)

LONGEST_ADDRESS: Final = 255
_SIP: Final = re.compile(
    r"sips?:([A-Za-z0-9_.!~*'()%&=+$,;?/-]+)@([A-Za-z0-9.-]+)(?::[0-9]{1,5})?(?:;[A-Za-z0-9=.;_-]+)?"
)


class PhoneMode(enum.Enum):
    """How the phone is brought into calls."""

    ON_DEMAND = "ON_DEMAND"
    """It rings for each call."""
    NAILED_UP = "NAILED_UP"
    """It is called once when the agent signs in and stays up: calls are bridged in."""


@dataclass(frozen=True, slots=True)
class PhoneAgent:
    """A user's phone. `address` is a number in E.164 or a SIP address."""

    id: PhoneAgentId
    user: UserId
    address: str
    mode: PhoneMode
    created_at: datetime


def is_sip_address(text: str) -> bool:
    """Whether it is `sip:` or `sips:`, a user and a host, with a port and parameters if wished.

    Source:
        RFC 3261 section 19.1.1, without passwords and headers: nobody needs them in an agent's phone.
    """
    return len(text) <= LONGEST_ADDRESS and _SIP.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class IceServer:
    """A STUN or TURN server, by which a browser behind a router finds a way for its sound."""

    urls: tuple[str, ...]
    username: str | None = None
    credential: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class BrowserPhones:
    """What the back end offers to agents whose phone is their browser.

    Attributes:
        servers: WebSocket addresses; a phone registers with each of them, since a call may come from any.
        passwords: of the phones, by their SIP user.
    """

    servers: tuple[str, ...]
    passwords: Mapping[str, str] = field(repr=False)
    ice_servers: tuple[IceServer, ...] = ()


@dataclass(frozen=True, slots=True)
class BrowserPhone:
    """What a browser has to know to be an agent's phone. `address` is `sip:user@host`."""

    address: str
    user: str
    password: str = field(repr=False)
    servers: tuple[str, ...]
    ice_servers: tuple[IceServer, ...]


def in_browser(agent: PhoneAgent, phones: BrowserPhones) -> BrowserPhone | None:
    """An agent's phone as their browser can be it; None where the back end offers none of that SIP user."""
    found = _SIP.fullmatch(agent.address)
    if found is None or (password := phones.passwords.get(found[1])) is None:
        return None
    return BrowserPhone(f"sip:{found[1]}@{found[2]}", found[1], password, phones.servers, phones.ice_servers)


class PhoneAgentNotFound(NotFound):
    code = "phone-agent-not-found"

    def __init__(self, agent_id: object) -> None:
        super().__init__("there is no phone agent with this id")
        self.agent_id = agent_id


class UserHasPhone(Conflict):
    """The user is a phone agent already; nothing was stored."""

    code = "user-has-phone"

    def __init__(self) -> None:
        super().__init__("this user is a phone agent already")
