"""Ways to the telephone network, trunks or Asterisks, as those who run the installation see them and empty them."""

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NewType
from uuid import UUID

from outdial.domain.errors import NotFound

TrunkId = NewType("TrunkId", UUID)

UNHEARD_AFTER: Final = timedelta(seconds=15)
"""An engine tells of its trunks every few seconds: without a word for so long, none dials over them."""


class TrunkState(enum.Enum):
    """The values are part of the API."""

    TAKES_CALLS = "TAKES_CALLS"
    DOWN = "DOWN"
    DRAINING = "DRAINING"
    """It gets no calls any more, and has some left; or the engine has not heard of it yet."""
    DRAINED = "DRAINED"
    UNHEARD = "UNHEARD"
    """No engine tells of it: none runs, or it is not in the file of the one that does."""


@dataclass(frozen=True, slots=True)
class Trunk:
    """A trunk, or an Asterisk, as an engine told of it last.

    Attributes:
        drained: it is to get no calls; this is what people asked for, and outlives the engine.
        trouble: why it takes no calls; None when it does.
        draining: the engine gives it none.
        calls, most: how many it has, and may have at once. per_second: new ones at most; None: any number.
        sign: its last answer to the question whether it lives, at `sign_at`; None: none, or it is not asked.
        heard_at: when the engine told this.
    """

    id: TrunkId
    name: str
    drained: bool
    trouble: str | None
    draining: bool
    calls: int
    most: int
    per_second: float | None
    sign: str | None
    sign_at: datetime | None
    heard_at: datetime

    def state(self, now: datetime) -> TrunkState:
        if now - self.heard_at > UNHEARD_AFTER:
            return TrunkState.UNHEARD
        if self.drained or self.draining:
            return TrunkState.DRAINED if self.draining and not self.calls else TrunkState.DRAINING
        return TrunkState.TAKES_CALLS if self.trouble is None else TrunkState.DOWN

    def sentence(self, now: datetime) -> str:
        """The same for people."""
        if self.draining and not self.drained and self.state(now) is not TrunkState.UNHEARD:
            return "is being taken back: the engine follows within two seconds"
        match self.state(now):
            case TrunkState.TAKES_CALLS:
                return f"takes calls, has {self.calls} of at most {self.most}"
            case TrunkState.DOWN:
                return f"takes no calls: {self.trouble}"
            case TrunkState.DRAINING:
                return f"draining, {self.calls} {'call' if self.calls == 1 else 'calls'} left"
            case TrunkState.DRAINED:
                return "drained"
            case TrunkState.UNHEARD:
                wish = ", and is to get no calls" if self.drained else ""
                return f"no engine has told of it since {self.heard_at:%Y-%m-%d %H:%M} UTC{wish}"


class TrunkNotFound(NotFound):
    code = "trunk-not-found"

    def __init__(self, trunk: object) -> None:
        super().__init__(f"no engine has told of a trunk {str(trunk)!r}")
