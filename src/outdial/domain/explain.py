"""Why a record is or is not dialed at an instant: exactly one rule binds, the first that would have to give way."""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from outdial.domain.calling_hours import Opening
from outdial.domain.campaigns import CampaignStatus
from outdial.domain.outcomes import Reason


class Stage(enum.Enum):
    """How far a record is in a campaign's work."""

    NOT_TAKEN_IN = "not_taken_in"
    """In an assigned list, and not yet in the campaign's work."""
    READY = "ready"
    WAITING = "waiting"
    CLAIMED = "claimed"
    PARKED = "parked"
    """A callback is promised to it: ordinary dialing leaves it alone."""
    FINAL = "final"
    SUPPRESSED = "suppressed"


class Rule(enum.Enum):
    """What binds a record that is not over. With the reasons of those that are, the closed set of all answers."""

    LIST_NOT_READY = "list_not_ready"
    NOT_TAKEN_IN = "not_taken_in"
    IN_CALL = "in_call"
    ABOUT_TO_BE_CALLED = "about_to_be_called"
    ON_DNC_LIST = "on_dnc_list"
    WAITING_FOR_RETRY = "waiting_for_retry"
    CARRIER_BACK_OFF = "carrier_back_off"
    CALLBACK_PENDING = "callback_pending"
    OUTSIDE_CALLING_HOURS = "outside_calling_hours"
    HIGHER_PRIORITY_WAITS = "higher_priority_waits"
    CAMPAIGN_NOT_RUNNING = "campaign_not_running"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a record, or a group of records that stand alike, stands in a campaign's work.

    Attributes:
        reason: as stored with it; `None` while it is ready or claimed.
        in_call: its attempt is written, and has no outcome.
        on_dnc: its next number is on a list in force now.
        due: when it may be tried again at the earliest; `None` if it was never tried.
        list_accepted: its list may be dialed from.
    """

    stage: Stage
    priority: int
    zone: int | None = None
    reason: Reason | None = None
    in_call: bool = False
    on_dnc: bool = False
    due: datetime | None = None
    list_accepted: bool = True


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What binds all records of a campaign alike at an instant.

    Attributes:
        openings: of each set of zones.
        floor: records of a lower priority are held back; 1 holds nobody.
    """

    status: CampaignStatus
    openings: Mapping[int, Opening]
    floor: int
    now: datetime


@dataclass(frozen=True, slots=True)
class Why:
    """The rule that binds, and when it gives way if that is known: not before `at` can the record be dialed."""

    rule: Rule | Reason
    at: datetime | None = None

    @property
    def final(self) -> bool:
        """Nothing but a person's change brings this record back."""
        return isinstance(self.rule, Reason)

    @property
    def name(self) -> str:
        name: str = self.rule.value
        return name


_CLOSED: Final = Opening(False, None)


def why(standing: Standing, around: Surroundings) -> Why:
    """Which rule binds a record now."""
    match standing.stage:
        case Stage.FINAL | Stage.SUPPRESSED:
            return Why(standing.reason or Reason.FINAL_OUTCOME)
        case Stage.CLAIMED:
            return Why(Rule.IN_CALL if standing.in_call else Rule.ABOUT_TO_BE_CALLED)
        case Stage.PARKED:
            return Why(Rule.CALLBACK_PENDING)
        case Stage.NOT_TAKEN_IN:
            return Why(Rule.NOT_TAKEN_IN if standing.list_accepted else Rule.LIST_NOT_READY)
    if standing.on_dnc:
        return Why(Rule.ON_DNC_LIST)
    opening = _CLOSED if standing.zone is None else around.openings.get(standing.zone, _CLOSED)
    if standing.stage is Stage.WAITING and standing.due is not None and standing.due > around.now:
        backing_off = standing.reason is Reason.CARRIER_BACK_OFF
        return Why(Rule.CARRIER_BACK_OFF if backing_off else Rule.WAITING_FOR_RETRY, _earliest(standing.due, opening))
    if not opening.is_open:
        return Why(Rule.OUTSIDE_CALLING_HOURS, opening.until)
    if standing.priority < around.floor:
        return Why(Rule.HIGHER_PRIORITY_WAITS)
    if around.status is not CampaignStatus.RUNNING:
        return Why(Rule.CAMPAIGN_NOT_RUNNING)
    return Why(Rule.READY)


def _earliest(due: datetime, opening: Opening) -> datetime:
    """When a record that is due at `due` can be dialed: then, or when its zone opens after it."""
    if not opening.is_open and opening.until is not None:
        return max(due, opening.until)
    return due


def floor_priority(waiting: Iterable[tuple[int, int, datetime]], openings: Mapping[int, Opening]) -> int:
    """The priority below which strict order holds records back.

    Args:
        waiting: priority, zone and due time of records that wait for a retry.

    A record that will be due before the present window of its zone closes holds every lower priority back.
    """
    holding = [
        priority
        for priority, zone, due in waiting
        if (opening := openings.get(zone, _CLOSED)).is_open and (opening.until is None or due < opening.until)
    ]
    return max(holding, default=1)


_SENTENCES: Final[Mapping[Rule | Reason, str]] = {
    Rule.LIST_NOT_READY: "its list is not accepted yet",
    Rule.NOT_TAKEN_IN: "it is in the list, and joins the campaign's work when the campaign runs",
    Rule.IN_CALL: "it is in a call",
    Rule.ABOUT_TO_BE_CALLED: "it has been taken for dialing",
    Rule.ON_DNC_LIST: "its number is on a do-not-call list of the campaign",
    Rule.WAITING_FOR_RETRY: "it waits for its next attempt",
    Rule.CARRIER_BACK_OFF: "the carrier failed: it waits before it is tried again, and no attempt was counted",
    Rule.CALLBACK_PENDING: "a callback is promised to it, and nobody calls it before that",
    Rule.OUTSIDE_CALLING_HOURS: "where it may be, the calling hours are not open",
    Rule.HIGHER_PRIORITY_WAITS: "a record of a higher priority waits for its retry, and the order is strict",
    Rule.CAMPAIGN_NOT_RUNNING: "the campaign is not running",
    Rule.READY: "it may be dialed as soon as it is its turn",
    Reason.CONNECTED: "it was connected to an agent",
    Reason.FINAL_OUTCOME: "its last outcome is final by the campaign's rules",
    Reason.FINAL_DISPOSITION: "the agent's disposition ended it",
    Reason.MAX_ATTEMPTS: "the campaign's number of attempts is used up",
    Reason.MAX_OUTCOME_ATTEMPTS: "the outcome's own number of attempts is used up",
    Reason.NO_PHONE_LEFT: "every phone of its record chain is used up",
    Reason.INVALID_NUMBER: "its last phone is not a valid number",
    Reason.NO_COMMON_CALLING_HOURS: "its number may be in zones that are never open at the same time",
    Reason.CARRIER_GAVE_UP: "the carrier failed too often in a row",
    Reason.ON_DNC_LIST: "its number was on a do-not-call list when it was its turn",
}


def sentence(rule: Rule | Reason) -> str:
    """A rule in words, for people."""
    return _SENTENCES[rule]
