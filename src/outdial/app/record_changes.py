"""Storing records that are changed, whoever changes them, and what that means for the campaigns that dial them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from outdial.domain.calling_hours import CallingHours
from outdial.domain.campaigns import DialingStrategy
from outdial.domain.outcomes import Reason
from outdial.domain.record_changes import DialedBy, phone_to_dial
from outdial.domain.records import NewRecord, Record, RecordId
from outdial.domain.retry import Phone
from outdial.domain.values import RecordListId
from outdial.ports.clock import Clock
from outdial.ports.records import RecordChange
from outdial.ports.storage import UnitOfWork


def other_numbers(before: Record, new: NewRecord) -> bool:
    """Whether a change is one of the numbers, which stay as they are during a call."""
    return tuple((phone.type, phone.number) for phone in new.phones) != before.phones


async def change_records(
    uow: UnitOfWork,
    list_id: RecordListId,
    changed: Sequence[tuple[Record, NewRecord]],
    dialed_by: Mapping[RecordId, Sequence[DialedBy]],
    clock: Clock,
) -> None:
    """Store records of a list that is held, each beside what it was, and say so; campaigns follow at once.

    A record without attempts goes behind all others. `dialed_by` is what the store says of all of them.
    """
    if not changed:
        return
    now = clock.now()
    changes = [_change(before, new, dialed_by.get(before.id, ()), now) for before, new in changed]
    await uow.records.change(list_id, changes, now)
    await uow.outbox.add("records.changed", {"record_list_id": str(list_id)})


def _change(before: Record, new: NewRecord, campaigns: Sequence[DialedBy], now: datetime) -> RecordChange:
    """What a changed record means for each campaign that dials it."""
    other_phones = other_numbers(before, new) or new.timezone != before.timezone
    go_on: dict[int, int | Reason] = {}
    for one in campaigns:
        # What is final after attempts stays so: a better number does not undo what was tried.
        if other_phones and one.strategy is not None and not one.on_call and not (one.final and one.attempted):
            next_up = _goes_on(one, one.strategy, new, now)
            go_on[one.campaign] = next_up if isinstance(next_up, Reason) else next_up.position
    new_place = not any(one.attempted or one.on_call for one in campaigns)
    return RecordChange(before.id, new, other_phones, new_place, go_on)


def _goes_on(campaign: DialedBy, strategy: DialingStrategy, new: NewRecord, now: datetime) -> Phone | Reason:
    # The keys of zone sets matter only in storage: here each phone has a set of its own.
    phones = [Phone(place, phone.type, place) for place, phone in enumerate(new.phones)]
    hours = CallingHours(strategy.calling_hours, campaign.exceptions)
    closed = {place for place, phone in enumerate(new.phones) if not hours.ever_open(phone.zones, now)}
    begun_at = campaign.phone_type if campaign.attempted else None
    return phone_to_dial(strategy, phones, unreachable=closed, begun_at=begun_at)
