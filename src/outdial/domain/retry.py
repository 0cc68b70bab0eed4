"""What follows an attempt: the same phone again, the next one of the chain, or nothing more.

Limits count attempts of the record in the campaign; what the network or we broke is not counted (see `Outcome`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from outdial.domain.campaigns import ChainItem, DialingStrategy, OutcomeRule, StatusAfterCall
from outdial.domain.outcomes import GOVERNED_BY, Outcome, Reason
from outdial.domain.values import PhoneType

FIRST_BACK_OFF: Final = timedelta(seconds=30)
LONGEST_BACK_OFF: Final = timedelta(minutes=30)
MOST_UNCOUNTED_IN_A_ROW: Final = 20

_NO_RULE: Final = OutcomeRule(StatusAfterCall.RETRY)
"""An optional outcome that the campaign says nothing about is tried again by the campaign's own numbers."""


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone of a record: its place in the record, its type, the key of its set of time zones."""

    position: int
    type: PhoneType
    zone: int


@dataclass(frozen=True, slots=True)
class Tally:
    """A record's attempts in a campaign so far.

    `uncounted_in_a_row` counts the uncounted outcomes since the last counted one; `bad_phones` the positions of
    phones that turned out to be no valid number.
    """

    counted: int = 0
    by_outcome: Mapping[Outcome, int] = field(default_factory=dict)
    by_type: Mapping[PhoneType, int] = field(default_factory=dict)
    uncounted_in_a_row: int = 0
    bad_phones: frozenset[int] = frozenset()

    def plus(self, outcome: Outcome, phone: Phone) -> "Tally":
        """The tally with one more attempt, on `phone`, that ended in `outcome`."""
        if not outcome.counted:
            return replace(self, uncounted_in_a_row=self.uncounted_in_a_row + 1)
        bad = {phone.position} if outcome is Outcome.INVALID_NUMBER else set()
        return Tally(
            self.counted + 1,
            {**self.by_outcome, outcome: self.by_outcome.get(outcome, 0) + 1},
            {**self.by_type, phone.type: self.by_type.get(phone.type, 0) + 1},
            0,
            self.bad_phones | bad,
        )


@dataclass(frozen=True, slots=True)
class DialAgain:
    """Dial the phone at `position`, not before `at`."""

    position: int
    at: datetime
    reason: Reason = Reason.WAITING_FOR_RETRY


@dataclass(frozen=True, slots=True)
class NoMore:
    """The record is final."""

    reason: Reason


def dialing_order(strategy: DialingStrategy, phones: Sequence[Phone]) -> list[Phone]:
    """The phones that the campaign tries, in its order: the chain's, or without a chain the first phone alone.

    Of several phones of one type the first counts.
    """
    if not strategy.record_chain:
        return sorted(phones, key=lambda phone: phone.position)[:1]
    first_of_type: dict[PhoneType, Phone] = {}
    for phone in sorted(phones, key=lambda phone: phone.position):
        first_of_type.setdefault(phone.type, phone)
    return [first_of_type[item.type] for item in strategy.record_chain if item.type in first_of_type]


def next_step(
    strategy: DialingStrategy,
    phones: Sequence[Phone],
    position: int,
    outcome: Outcome,
    tally: Tally,
    now: datetime,
    *,
    unreachable: Collection[int] = (),
) -> DialAgain | NoMore:
    """What becomes of a record whose attempt on the phone at `position` ended in `outcome` at `now`.

    `tally` has the attempt that just ended in it. `unreachable` are the zone sets that the campaign's calling hours
    never open for: phones there are skipped.
    """
    if not outcome.counted:
        if tally.uncounted_in_a_row >= MOST_UNCOUNTED_IN_A_ROW:
            return NoMore(Reason.CARRIER_GAVE_UP)
        back_off = min(FIRST_BACK_OFF * 2 ** (tally.uncounted_in_a_row - 1), LONGEST_BACK_OFF)
        return DialAgain(position, now + back_off, Reason.CARRIER_BACK_OFF)
    if outcome is Outcome.CONNECTED:
        return NoMore(Reason.CONNECTED)

    governing = GOVERNED_BY.get(outcome, outcome)
    rule = strategy.dispositions.get(governing, _NO_RULE)
    invalid = outcome is Outcome.INVALID_NUMBER
    if rule.status_after_call is StatusAfterCall.FINAL and not invalid:
        return NoMore(Reason.FINAL_OUTCOME)
    if tally.counted >= strategy.max_attempts:
        return NoMore(Reason.MAX_ATTEMPTS)
    if rule.custom and _times(governing, tally) >= (rule.max_attempts or strategy.max_attempts):
        return NoMore(Reason.MAX_OUTCOME_ATTEMPTS)

    chain = {item.type: item for item in strategy.record_chain}
    here = next(phone for phone in phones if phone.position == position)
    this_phone_is_done = (invalid and rule.status_after_call is StatusAfterCall.FINAL) or _used_up(
        chain.get(here.type), tally
    )
    if not this_phone_is_done:
        wait = timedelta(0) if invalid else same_phone_wait(strategy, phones, position)
        return DialAgain(position, now + (_own_wait(rule) or wait))
    following = next_phone(strategy, phones, position, tally, unreachable=unreachable)
    if following is not None:
        return DialAgain(following.position, now + (_own_wait(rule) or timedelta(0)))
    return NoMore(Reason.INVALID_NUMBER if invalid else Reason.NO_PHONE_LEFT)


def next_phone(
    strategy: DialingStrategy,
    phones: Sequence[Phone],
    position: int,
    tally: Tally,
    *,
    unreachable: Collection[int] = (),
) -> Phone | None:
    """The phone that follows the one at `position` and may still be dialed; `None` at the end of the chain."""
    order = dialing_order(strategy, phones)
    chain = {item.type: item for item in strategy.record_chain}
    places = [phone.position for phone in order]
    following = order[places.index(position) + 1 :] if position in places else []
    return next(
        (
            phone
            for phone in following
            if phone.zone not in unreachable
            and phone.position not in tally.bad_phones
            and not _used_up(chain.get(phone.type), tally)
        ),
        None,
    )


def _times(governing: Outcome, tally: Tally) -> int:
    """How often a rule's outcome came, those that follow its rule included."""
    return sum(n for outcome, n in tally.by_outcome.items() if GOVERNED_BY.get(outcome, outcome) is governing)


def _used_up(item: ChainItem | None, tally: Tally) -> bool:
    return item is not None and tally.by_type.get(item.type, 0) >= item.max_attempts


def _own_wait(rule: OutcomeRule) -> timedelta | None:
    if rule.custom and rule.retry_period is not None and rule.retry_unit is not None:
        return rule.retry_period * rule.retry_unit.length
    return None


def same_phone_wait(strategy: DialingStrategy, phones: Sequence[Phone], position: int) -> timedelta:
    """How long the phone at `position` rests after an attempt: its chain item's period, else the campaign's."""
    chain = {item.type: item for item in strategy.record_chain}
    here = next((phone for phone in phones if phone.position == position), None)
    item = None if here is None else chain.get(here.type)
    if item is not None and item.retry_period is not None and item.retry_unit is not None:
        return item.retry_period * item.retry_unit.length
    return strategy.retry_period * strategy.retry_unit.length
