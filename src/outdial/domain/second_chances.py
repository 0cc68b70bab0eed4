"""Records that a rule put out of dialing, judged once more when that rule has become looser.

A stricter rule needs nothing of the kind: the last word before each call asks it anew. A looser one has nobody to ask,
so whoever refused has stored the reason, and what was refused for it is looked at again.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from outdial.domain import retry
from outdial.domain.campaigns import Campaign, DialingStrategy
from outdial.domain.outcomes import Outcome, Reason
from outdial.domain.retry import DialAgain, Phone, Tally

LIMITS: Final = frozenset({Reason.MAX_ATTEMPTS, Reason.MAX_OUTCOME_ATTEMPTS, Reason.NO_PHONE_LEFT})
"""Reasons for which an attempt was the last one, though its outcome would have allowed another."""

RULES: Final = LIMITS | {Reason.NO_COMMON_CALLING_HOURS}
"""Reasons that follow from the campaign's own settings."""


@dataclass(frozen=True, slots=True)
class KeptOut:
    """A record that is out of dialing.

    Attributes:
        reason: why; `None` = it is ready, and its phone is in zones that are never open together.
        position: of its present phone.
        last: outcome and end of its last attempt, if there was one.
        listed: positions of its phones that are on a do-not-call list now.
    """

    record: int
    reason: Reason | None
    phones: tuple[Phone, ...]
    position: int
    tally: Tally
    last: tuple[Outcome, datetime] | None = None
    listed: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Back:
    """Go on with the phone at `position`; not before `at`, where an attempt went before."""

    position: int
    at: datetime | None = None


def second_chance(kept: KeptOut, strategy: DialingStrategy, *, unreachable: Collection[int]) -> Back | Reason:
    """How a record that is kept out goes on under the rules as they are now, or why it does not.

    `unreachable` are the zone sets that the campaign's calling hours never open for.
    """
    if kept.tally.counted >= strategy.max_attempts:
        return Reason.MAX_ATTEMPTS if kept.reason is None else kept.reason
    if kept.reason in LIMITS and kept.last is not None:
        if all(phone.position != kept.position for phone in kept.phones):
            return kept.reason  # its record has other phones by now
        outcome, ended_at = kept.last
        if outcome is Outcome.CONNECTED:
            # Its agent wanted it to be called again, and only the number of attempts stood against that.
            return Back(kept.position, ended_at + retry.same_phone_wait(strategy, kept.phones, kept.position))
        step = retry.next_step(
            strategy, kept.phones, kept.position, outcome, kept.tally, ended_at, unreachable=unreachable
        )
        return Back(step.position, step.at) if isinstance(step, DialAgain) else kept.reason
    chain = {item.type: item.max_attempts for item in strategy.record_chain}
    for phone in retry.dialing_order(strategy, kept.phones):
        used_up = kept.tally.by_type.get(phone.type, 0) >= chain.get(phone.type, strategy.max_attempts)
        shut_out = phone.zone in unreachable or phone.position in kept.listed | kept.tally.bad_phones
        if not used_up and not shut_out:
            return Back(phone.position)
    return Reason.NO_COMMON_CALLING_HOURS if kept.reason is None else kept.reason


def rules_of(campaign: Campaign) -> str:
    """A mark of the settings that put records out of dialing: another mark, other rules."""
    strategy = campaign.strategy
    rules = (
        None
        if strategy is None
        else (
            strategy.max_attempts,
            strategy.record_chain,
            sorted(((outcome.value, rule) for outcome, rule in strategy.dispositions.items()), key=lambda one: one[0]),
            strategy.calling_hours,
        ),
        campaign.extensions.exceptions,
    )
    return hashlib.sha256(repr(rules).encode()).hexdigest()[:32]
