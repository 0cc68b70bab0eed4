"""Where a campaign goes on when the phones of a record that it dials have changed."""

from collections.abc import Sequence
from datetime import time

import pytest

from outdial.domain.campaigns import CallingWindow, ChainItem, DialingStrategy, TimeUnit, WeekDay
from outdial.domain.outcomes import Reason
from outdial.domain.record_changes import phone_to_dial
from outdial.domain.retry import Phone
from outdial.domain.values import PhoneType

MOBILE, HOME, OFFICE = PhoneType.MOBILE, PhoneType.HOME, PhoneType.OFFICE


def a_strategy(*chain: PhoneType) -> DialingStrategy:
    return DialingStrategy(
        max_attempts=6,
        retry_period=1,
        retry_unit=TimeUnit.HOURS,
        calling_hours=(CallingWindow(time(9), time(18), (WeekDay.MONDAY,)),),
        dispositions={},
        record_chain=tuple(ChainItem(kind, 2) for kind in chain),
    )


def phones(*types: PhoneType) -> list[Phone]:
    """Phones of these types in this order; each has the zone set of its position."""
    return [Phone(place, kind, place) for place, kind in enumerate(types)]


@pytest.mark.parametrize(
    ("chain", "types", "begun_at", "unreachable", "expected"),
    [
        # Before the first attempt: the first of the chain that can be reached.
        ((MOBILE, HOME), (HOME, MOBILE), None, (), 1),
        ((MOBILE, HOME), (HOME, MOBILE), None, (1,), 0),
        ((MOBILE, HOME), (HOME, MOBILE), None, (0, 1), Reason.NO_COMMON_CALLING_HOURS),
        ((MOBILE,), (HOME,), None, (), Reason.NO_PHONE_LEFT),
        # Without a chain only the first phone is ever dialed.
        ((), (HOME, MOBILE), None, (), 0),
        ((), (HOME, MOBILE), None, (0,), Reason.NO_COMMON_CALLING_HOURS),
        ((), (HOME, MOBILE), MOBILE, (), 0),
        # After attempts: never back in the chain.
        ((MOBILE, HOME, OFFICE), (MOBILE, HOME), HOME, (), 1),
        ((MOBILE, HOME, OFFICE), (MOBILE, OFFICE), HOME, (), 1),
        ((MOBILE, HOME, OFFICE), (MOBILE,), HOME, (), Reason.NO_PHONE_LEFT),
        ((MOBILE, HOME, OFFICE), (MOBILE, HOME, OFFICE), HOME, (1,), 2),
    ],
)
def test_the_phone_to_dial_follows_the_chain(
    chain: Sequence[PhoneType],
    types: Sequence[PhoneType],
    begun_at: PhoneType | None,
    unreachable: Sequence[int],
    expected: int | Reason,
) -> None:
    found = phone_to_dial(a_strategy(*chain), phones(*types), unreachable=unreachable, begun_at=begun_at)
    assert (found.position if isinstance(found, Phone) else found) == expected
