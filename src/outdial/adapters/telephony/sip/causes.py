"""What a call that was not answered ended with, in words of SIP: the fact for the dialer."""

from collections.abc import Mapping
from typing import Final

from outdial.adapters.telephony.causes import outcome_of
from outdial.adapters.telephony.sip.dialogs import Over
from outdial.domain.calls import Failed
from outdial.domain.outcomes import Outcome

TRUNK_FAULTS: Final = frozenset({401, 407})
"""Statuses that say something of the trunk and nothing of the callee: the next call would meet them too."""


def failed(over: Over, *, statuses: Mapping[int, Outcome], offered: str) -> Failed:
    """The fact for a call that ended before its answer.

    Args:
        statuses: the trunk's own reading of some statuses: a carrier's 404 is not always a bad number.
        offered: the codecs we offered, for the message of a refusal for their sake.
    """
    status, cause, text = over.status, over.q850, over.text
    if status is None:
        return Failed(Outcome.LOST, None, None, text)
    if status in (401, 407):
        return Failed(Outcome.CARRIER_FAULT, status, cause, f"the trunk refuses our credentials: {text}")
    if status in (415, 488, 606):
        return Failed(Outcome.CARRIER_FAULT, status, cause, f"codec mismatch: we offered {offered}; {text}")
    return Failed(outcome_of(status, cause, statuses), status, cause, text)
