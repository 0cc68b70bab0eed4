"""What a campaign is really doing, as the engine observes it: not what people asked for, which is its status."""

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Final


class Doing(enum.Enum):
    DIALING = "dialing"
    LIMITED_BY_ABANDONMENT = "limited_by_abandonment"
    LIMITED_BY_RATIO = "limited_by_ratio"
    LIMITED_BY_LINES = "limited_by_lines"
    LIMITED_BY_CALL_RATE = "limited_by_call_rate"
    CARRIER_SILENT = "carrier_silent"
    NO_AGENTS_READY = "no_agents_ready"
    AGENTS_ELSEWHERE = "agents_elsewhere"
    AGENTS_BUSY = "agents_busy"
    OUTSIDE_CALLING_HOURS = "outside_calling_hours"
    WAITING_FOR_RETRY = "waiting_for_retry"
    LAST_CALLS = "last_calls"
    LIST_EXHAUSTED = "list_exhausted"
    CARRIER_DOWN = "carrier_down"
    CARRIER_DRAINED = "carrier_drained"
    DATABASE_DOWN = "database_down"
    NO_ENGINE = "no_engine"
    PAUSING = "pausing"


NOTHING_TO_DIAL: Final = frozenset({Doing.OUTSIDE_CALLING_HOURS, Doing.WAITING_FOR_RETRY, Doing.LIST_EXHAUSTED})
"""While one of these holds, agents wait for no fault of pacing: that time is kept apart from occupancy."""


NAMED_AT_MOST: Final = 3
"""More campaigns than these are counted, where agents are with others."""


class NextLimit(enum.Enum):
    """What keeps a campaign that dials from dialing more."""

    ABANDONMENT = "abandonment"
    RATIO = "ratio"
    LINES = "lines"
    CALLS_PER_SECOND = "calls_per_second"
    AGENTS = "agents"
    RECORDS = "records"


_LIMITED_BY: Final = {
    NextLimit.RATIO: "the dialing ratio",
    NextLimit.LINES: "the free lines of the carrier",
    NextLimit.CALLS_PER_SECOND: "the calls a second that are allowed",
    NextLimit.AGENTS: "the agents ready",
    NextLimit.RECORDS: "the records ready",
}


@dataclass(frozen=True, slots=True)
class Pace:
    """How a campaign dials at present.

    Attributes:
        ratio: unanswered calls for each agent at work.
        target, cap: of abandoned calls, fractions: what is steered for, and what is allowed. Only where the pacer dials
            ahead of its agents.
    """

    ratio: float
    limit: NextLimit
    target: float | None = None
    cap: float | None = None

    def sentence(self) -> str:
        """The same for people."""
        if self.limit is NextLimit.ABANDONMENT and self.target is not None and self.cap is not None:
            by = f"the abandonment target {100 * self.target:.1f} % of cap {100 * self.cap:g} %"
        else:
            by = _LIMITED_BY.get(self.limit, "the abandonment target")
        return f"dialing at {self.ratio:.2f}, limited by {by}"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Agents of a campaign who are at work, all of them with other campaigns; these by their names."""

    agents: int
    campaigns: tuple[str, ...]

    def sentence(self) -> str:
        """The same for people."""
        who = "its one agent at work is" if self.agents == 1 else f"its {self.agents} agents at work are all"
        named = [f'"{name}"' for name in self.campaigns[:NAMED_AT_MOST]]
        if others := len(self.campaigns) - len(named):
            named.append(f"{others} more")
        if not named:
            return f"{who} with other campaigns"
        if len(named) == 1:
            return f"{who} with campaign {named[0]}"
        return f"{who} with campaigns {', '.join(named[:-1])} and {named[-1]}"


@dataclass(frozen=True, slots=True)
class Activity:
    """What is going on since when, and until when if that is known; `pace` while calls are on their way.

    Between two launches a limit is what goes on: `doing` names it, while `pace` tells how far it lets the campaign go.
    `elsewhere` tells where its agents are, if they are `agents_elsewhere`.
    """

    doing: Doing
    since: datetime
    until: datetime | None = None
    calls: int = 0
    pace: Pace | None = None
    elsewhere: Elsewhere | None = None

    def sentence(self) -> str:
        """The reason line for people."""
        until = f" until {self.until:%a %H:%M} UTC" if self.until is not None else ""
        match self.doing:
            case Doing.DIALING:
                return "dialing" if self.pace is None else self.pace.sentence()
            case Doing.LIMITED_BY_ABANDONMENT:
                return "holding back: one more call could be abandoned with the agents there are"
            case Doing.LIMITED_BY_RATIO:
                return "the dialing ratio allows no more calls for the agents signed in"
            case Doing.LIMITED_BY_LINES:
                return "every line of the carrier is in use"
            case Doing.LIMITED_BY_CALL_RATE:
                return "as many calls a second are placed as are allowed"
            case Doing.CARRIER_SILENT:
                return "nothing was heard from the carrier for seconds: one call for each ready agent until it is back"
            case Doing.NO_AGENTS_READY:
                return "no agent is signed in and off pause"
            case Doing.AGENTS_ELSEWHERE:
                return "its agents are with other campaigns" if self.elsewhere is None else self.elsewhere.sentence()
            case Doing.AGENTS_BUSY:
                return "every agent has a record, a call or a wrap-up"
            case Doing.OUTSIDE_CALLING_HOURS:
                return f"outside calling hours{until}"
            case Doing.WAITING_FOR_RETRY:
                return f"every record left waits for its next attempt{until}"
            case Doing.LAST_CALLS:
                return "nothing is left to dial: the last calls are on their way"
            case Doing.LIST_EXHAUSTED:
                return "every record is final"
            case Doing.CARRIER_DOWN:
                return f"the carrier does not take calls: trying again{until}"
            case Doing.CARRIER_DRAINED:
                return "whoever runs the installation keeps calls off its trunks: no new calls until they let them on"
            case Doing.DATABASE_DOWN:
                return "the database does not answer: no new calls, calls in progress go on"
            case Doing.NO_ENGINE:
                return "no dialer is running"
            case Doing.PAUSING:
                return f"pausing: {self.calls} calls finishing"
