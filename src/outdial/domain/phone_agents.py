"""Phone agents: users who take calls on a phone, and the address at which it rings."""

import enum
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NewType
from uuid import UUID

from outdial.domain.errors import Conflict, NotFound
from outdial.domain.values import UserId

PhoneAgentId = NewType("PhoneAgentId", UUID)

LONGEST_ADDRESS: Final = 255
_SIP: Final = re.compile(r"sips?:[A-Za-z0-9_.!~*'()%&=+$,;?/-]+@[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:;[A-Za-z0-9=.;_-]+)?")


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
