"""What was observed of an attempt: one closed set, from which everything else follows."""

import enum
from typing import Final


class Outcome(enum.Enum):
    """How an attempt ended. The values are the keys of `outcomes` in every JSON."""

    CONNECTED = "connected"
    ABANDONED = "abandoned"
    HANGUP_BEFORE_CONNECTION = "hangup_before_connection"
    AGENT_HANGUP_BEFORE_CONNECTION = "agent_hangup_before_connection"
    MACHINE = "machine"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    INVALID_NUMBER = "invalid_number"
    CONGESTION = "congestion"
    CARRIER_FAULT = "carrier_fault"
    LOST = "lost"

    @property
    def counted(self) -> bool:
        """Whether it uses up one of the record's attempts: what the network or we broke does not."""
        return self not in _UNCOUNTED


_UNCOUNTED: Final = frozenset({Outcome.CONGESTION, Outcome.CARRIER_FAULT, Outcome.LOST})

GOVERNED_BY: Final = {Outcome.REJECTED: Outcome.NO_ANSWER}
"""Outcomes that follow another one's rule of the campaign."""


class Reason(enum.Enum):
    """Why a record is final, suppressed or waiting: exactly one at any time, stored with it."""

    # final
    CONNECTED = "connected"
    FINAL_OUTCOME = "final_outcome"
    FINAL_DISPOSITION = "final_disposition"
    MAX_ATTEMPTS = "max_attempts"
    MAX_OUTCOME_ATTEMPTS = "max_outcome_attempts"
    NO_PHONE_LEFT = "no_phone_left"
    INVALID_NUMBER = "invalid_number"
    NO_COMMON_CALLING_HOURS = "no_common_calling_hours"
    CARRIER_GAVE_UP = "carrier_gave_up"
    ON_DNC_LIST = "on_dnc_list"
    # not final
    READY = "ready"
    IN_CALL = "in_call"
    WAITING_FOR_RETRY = "waiting_for_retry"
    CARRIER_BACK_OFF = "carrier_back_off"
    CALLBACK_PENDING = "callback_pending"
