"""The last word before each call. Import and claim only guess ahead of it; what it refuses is stored with a reason."""

from dataclasses import dataclass
from datetime import datetime

from outdial.domain.calling_hours import CallingHours
from outdial.domain.campaigns import CampaignStatus
from outdial.domain.outcomes import Reason


@dataclass(frozen=True, slots=True)
class DialNow:
    """The call may start."""


@dataclass(frozen=True, slots=True)
class DialLater:
    """Not now; ask again at `at`, or as soon as the zone is open when it is `None`."""

    at: datetime | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class NeverDial:
    """This number is not to be called."""

    reason: Reason


Verdict = DialNow | DialLater | NeverDial


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is known of a claimed record at the last instant.

    `on_dnc` is true also when the look-up failed: a number that cannot be checked is not called.
    """

    zones: tuple[str, ...]
    attempts: int
    on_dnc: bool


def may_dial(
    candidate: Candidate, *, status: CampaignStatus, hours: CallingHours, max_attempts: int, now: datetime
) -> Verdict:
    """Whether this number of this record may be called at `now`."""
    if status is not CampaignStatus.RUNNING:
        return DialLater(None, Reason.READY)
    if candidate.on_dnc:
        return NeverDial(Reason.ON_DNC_LIST)
    if candidate.attempts >= max_attempts:
        return NeverDial(Reason.MAX_ATTEMPTS)
    if not hours.opening(candidate.zones, now).is_open:
        return DialLater(None, Reason.READY)
    return DialNow()
