"""What a carrier's words mean for us: SIP statuses and Q.850 causes to outcomes.

Where the carrier gives a Q.850 cause, that is nearer to what the telephone network said than the status is.

Source:
    RFC 3398 section 8 (statuses for causes), ITU-T Q.850 (causes).
"""

from collections.abc import Mapping
from typing import Final

from outdial.domain.outcomes import Outcome

_OF_CAUSE: Final[Mapping[int, Outcome]] = {
    **dict.fromkeys((1, 3, 22, 28), Outcome.INVALID_NUMBER),
    17: Outcome.BUSY,
    **dict.fromkeys((18, 19, 20), Outcome.NO_ANSWER),
    21: Outcome.REJECTED,
    **dict.fromkeys((27, 34, 38, 41, 42, 44, 47, 102), Outcome.CONGESTION),
    **dict.fromkeys((50, 55, 57, 58, 63, 65, 79, 88, 95, 96, 97, 111, 127), Outcome.CARRIER_FAULT),
}

_OF_STATUS: Final[Mapping[int, Outcome]] = {
    **dict.fromkeys((486, 600), Outcome.BUSY),
    **dict.fromkeys((408, 480, 487), Outcome.NO_ANSWER),
    **dict.fromkeys((404, 410, 484, 485, 604), Outcome.INVALID_NUMBER),
    **dict.fromkeys((403, 603, 607, 608), Outcome.REJECTED),
    **dict.fromkeys((500, 502, 503, 504), Outcome.CONGESTION),
    # The trunk's faults: our credentials, our codecs, our requests. They must not cost the record an attempt.
    **dict.fromkeys((401, 407, 415, 488, 606), Outcome.CARRIER_FAULT),
}


def outcome_of(status: int | None, cause: int | None, statuses: Mapping[int, Outcome] | None = None) -> Outcome:
    """What became of a call that was not answered.

    Args:
        status: of SIP, cause: of Q.850; as far as the carrier said.
        statuses: the trunk's own reading of some statuses: a carrier's 404 is not always a bad number.
    """
    outcome = (statuses or {}).get(status) if status is not None else None
    if outcome is None and cause is not None:
        outcome = _OF_CAUSE.get(cause)
    if outcome is None and status is not None:
        outcome = _OF_STATUS.get(status) or _of_family(status)
    return outcome or Outcome.LOST


def _of_family(status: int) -> Outcome:
    """For a status that nobody thought of: its first digit says whose fault it is."""
    match status // 100:
        case 3:  # a redirection leads nowhere that we would go
            return Outcome.CARRIER_FAULT
        case 5:
            return Outcome.CONGESTION
        case 6:
            return Outcome.REJECTED
        case _:
            return Outcome.NO_ANSWER
