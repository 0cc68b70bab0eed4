"""What agents say of their calls: the account's dispositions, and the one use case that applies them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from outdial.app import audit, dnc
from outdial.app.campaigns import found as found_campaign
from outdial.app.campaigns import uuid_of
from outdial.app.record_lists import to_milliseconds
from outdial.domain.access import Principal
from outdial.domain.audit import Kind
from outdial.domain.dispositions import (
    AttemptNotFound,
    AttemptWithoutAgent,
    Disposition,
    DispositionId,
    DispositionNotFound,
    Effect,
    step_after,
)
from outdial.domain.dnc import DncListId, DncListNotFound
from outdial.domain.errors import FieldProblem, Invalid
from outdial.domain.values import AccountId
from outdial.domain.verdicts import AnsweredBy, Verdicts
from outdial.ports.attempts import Attempt, AttemptFilter
from outdial.ports.clock import Clock, Ids
from outdial.ports.desk import Desk, NoEngine
from outdial.ports.storage import Storage, UnitOfWork


@dataclass(frozen=True, slots=True)
class Wanted:
    """A disposition as a client describes it."""

    name: str
    effect: Effect
    retry_after: timedelta | None = None
    dnc_list: str | None = None
    is_default: bool = False
    answered_by: AnsweredBy | None = None


async def create(wanted: Wanted, *, by: Principal, storage: Storage, clock: Clock, ids: Ids) -> Disposition:
    """Raises `Invalid`, `DispositionNameTaken`."""
    async with storage.unit_of_work(by.account) as uow:
        now = to_milliseconds(clock.now())
        blank = Disposition(DispositionId(ids.new("disposition")), wanted.name, wanted.effect, now, now)
        new = await _described(uow, blank, wanted)
        if new.is_default:
            await uow.dispositions.no_default(new.id)
        await uow.dispositions.add(new)
        await audit.of_thing(uow, after=new)
    return new


async def change(disposition_id: str, wanted: Wanted, *, by: Principal, storage: Storage, clock: Clock) -> Disposition:
    """Describe a disposition anew; what it has done already stays done.

    Raises:
        DispositionNotFound: no such disposition.
        Invalid, DispositionNameTaken: nothing was changed.
    """
    async with storage.unit_of_work(by.account) as uow:
        before = await _found(uow, disposition_id, lock=True)
        after = await _described(uow, replace(before, updated_at=to_milliseconds(clock.now())), wanted)
        if after.is_default:
            await uow.dispositions.no_default(after.id)
        await uow.dispositions.save(after)
        await audit.of_thing(uow, before=before, after=replace(after, updated_at=before.updated_at))
    return after


async def get(disposition_id: str, *, by: Principal, storage: Storage) -> Disposition:
    """Raises `DispositionNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        return await _found(uow, disposition_id)


async def listed(*, offset: int, limit: int, by: Principal, storage: Storage) -> tuple[int, Sequence[Disposition]]:
    """How many there are, and one page of them, by name."""
    async with storage.unit_of_work(by.account) as uow:
        return await uow.dispositions.count(), await uow.dispositions.page(offset=offset, limit=limit)


async def retire(disposition_id: str, *, by: Principal, storage: Storage, clock: Clock) -> None:
    """Take a disposition out of use; attempts go on naming it. Raises `DispositionNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        disposition = await _found(uow, disposition_id, lock=True)
        await uow.dispositions.retire(disposition.id, to_milliseconds(clock.now()))
        await audit.of_thing(uow, before=disposition)


async def attempts(
    campaign_id: str, which: AttemptFilter, *, offset: int, limit: int, by: Principal, storage: Storage
) -> tuple[int, Sequence[Attempt]]:
    """How many attempts of a campaign match, and one page of them, the newest first. Raises `CampaignNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        campaign = await found_campaign(uow, campaign_id)
        return await uow.attempts.page(campaign.id, which, offset=offset, limit=limit)


async def verdicts(
    campaign_id: str, *, since: datetime | None, until: datetime | None, by: Principal, storage: Storage
) -> Verdicts:
    """What detection said of a campaign's calls, and what agents said of those that reached them.

    Calls count that were started from `since` on and before `until`; None = however early or late. Raises
    `CampaignNotFound`.
    """
    async with storage.unit_of_work(by.account) as uow:
        campaign = await found_campaign(uow, campaign_id)
        return await uow.attempts.verdicts(campaign.id, since, until)


async def attempt(attempt_id: str, *, by: Principal, storage: Storage, desk: Desk | None) -> Attempt:
    """Raises `AttemptNotFound`, for an agent also where the call is not their own."""
    async with storage.unit_of_work(by.account) as uow:
        uuid = uuid_of(attempt_id)
        found = None if uuid is None else await uow.attempts.get(uuid)
    if found is None or (by.at_own_desk and found.user != by.user and not await _on_screen(found, by, desk)):
        raise AttemptNotFound
    return found


async def _on_screen(attempt: Attempt, by: Principal, desk: Desk | None) -> bool:
    """Whether the call is the one that this agent has now: until it ends, only the desk knows."""
    try:
        seats = () if desk is None else await desk.seats(by.account)
    except NoEngine:
        return False
    works = [seat.work for seat in seats if seat.agent.id == by.user]
    return any(work is not None and work.attempt == attempt.id for work in works)


async def dispose(
    attempt_id: str,
    disposition_id: str,
    note: str | None,
    *,
    account: AccountId,
    storage: Storage,
    clock: Clock,
    ids: Ids,
) -> Attempt:
    """Write down what the agent says of an attempt, and let its record go on accordingly.

    During the call it is kept, and applied when the attempt ends; after that at once. The same again changes nothing;
    another one corrects the first, as long as the record has not been dialed since: then only the books change. A
    number that went on a do-not-call list stays there.

    Raises:
        AttemptNotFound, DispositionNotFound: nothing was written.
        AttemptWithoutAgent: the attempt ended without anybody of ours.
    """
    uuid = uuid_of(attempt_id)
    if uuid is None:
        raise AttemptNotFound
    async with storage.unit_of_work(account) as uow:
        await _dispose(uow, uuid, await _found(uow, disposition_id), note, clock, ids)
        said = await uow.attempts.get(uuid)
    assert said is not None, "it was held in the same transaction"
    return said


async def stand_in(attempt_id: UUID, *, account: AccountId, storage: Storage, clock: Clock, ids: Ids) -> bool:
    """Let the account's default disposition stand for an agent who has said nothing of an attempt in time.

    Answers whether it does; there may be no default, or the agent has spoken after all. Raises `Unavailable`.
    """
    async with storage.unit_of_work(account) as uow:
        disposition = await uow.dispositions.default()
        attempt = await uow.attempts.get(attempt_id)
        if disposition is None or attempt is None or attempt.disposition is not None:
            return False
        if attempt.outcome is not None and attempt.user is None:
            return False
        await _dispose(uow, attempt_id, disposition, attempt.note, clock, ids)
    return True


async def _dispose(
    uow: UnitOfWork, attempt_id: UUID, disposition: Disposition, note: str | None, clock: Clock, ids: Ids
) -> None:
    if disposition.effect is Effect.DO_NOT_CALL:
        await _never_again(uow, attempt_id, disposition, clock, ids)
    await _say(uow, attempt_id, disposition, note, clock)


async def _say(uow: UnitOfWork, attempt_id: UUID, disposition: Disposition, note: str | None, clock: Clock) -> None:
    """Apply a disposition in the caller's transaction, all but its do-not-call entry.

    Raises:
        AttemptNotFound, AttemptWithoutAgent: nothing was written.
    """
    held = await uow.attempts.hold(attempt_id)
    if held is None:
        raise AttemptNotFound
    before = held.attempt
    if before.outcome is not None and before.user is None:
        raise AttemptWithoutAgent
    if (before.disposition, before.note) == (disposition.id, note):
        return
    await uow.attempts.say(attempt_id, disposition.id, note, clock.now())
    if before.disposition is not None:
        old, new = _said(before.disposition, before.note), _said(disposition.id, note)
        await audit.note(uow, Kind.ATTEMPT, attempt_id, before=old, after=new, campaign_id=before.campaign)
    if before.disposition != disposition.id and before.outcome is not None:
        if held.history is not None and held.strategy is not None:
            step = step_after(
                disposition.means(),
                held.strategy,
                held.history.phones,
                held.history.position,
                held.history.tally,
                before.ended_at or before.started_at,
            )
            await uow.attempts.set_step(attempt_id, step)
        await uow.outbox.add("records.disposed", {"campaign_id": str(before.campaign), "attempt_id": str(attempt_id)})


def _said(disposition: DispositionId, note: str | None) -> Mapping[str, str]:
    """What was said of an attempt, by the names of the API."""
    return {"disposition_id": str(disposition), **({} if note is None else {"note": note})}


async def _never_again(uow: UnitOfWork, attempt_id: UUID, disposition: Disposition, clock: Clock, ids: Ids) -> None:
    """Put the attempt's number on the disposition's list, before anything is held that a call in preparation needs."""
    known = await uow.attempts.get(attempt_id)
    if known is None:
        raise AttemptNotFound
    if known.outcome is not None and known.user is None:
        raise AttemptWithoutAgent
    if known.disposition == disposition.id or disposition.dnc_list is None:
        return
    await uow.dnc.hold_calls([known.phone])
    await dnc.enter(uow, disposition.dnc_list, known.phone, None, disposition.name, clock=clock, ids=ids)


async def _described(uow: UnitOfWork, disposition: Disposition, wanted: Wanted) -> Disposition:
    """The disposition as it is wanted. Raises `Invalid` with every wrong member."""
    problems = []
    dnc_list: DncListId | None = None
    if wanted.effect is Effect.DO_NOT_CALL:
        if wanted.dnc_list is None:
            problems.append(FieldProblem("do_not_call_list_id", "is required with the effect DO_NOT_CALL"))
        else:
            try:
                dnc_list = (await dnc.found(uow, wanted.dnc_list)).id
            except DncListNotFound as absent:
                problems.append(FieldProblem("do_not_call_list_id", str(absent)))
    elif wanted.dnc_list is not None:
        problems.append(FieldProblem("do_not_call_list_id", "goes with the effect DO_NOT_CALL only"))
    if wanted.retry_after is not None and wanted.effect is not Effect.RETRY:
        problems.append(FieldProblem("retry_after_in_secs", "goes with the effect RETRY only"))
    if problems:
        raise Invalid("Invalid input", problems)
    return replace(
        disposition,
        name=wanted.name,
        effect=wanted.effect,
        retry_after=wanted.retry_after,
        dnc_list=dnc_list,
        is_default=wanted.is_default,
        answered_by=wanted.answered_by,
    )


async def _found(uow: UnitOfWork, disposition_id: str, *, lock: bool = False) -> Disposition:
    uuid = uuid_of(disposition_id)
    disposition = None if uuid is None else await uow.dispositions.get(DispositionId(uuid), lock=lock)
    if disposition is None:
        raise DispositionNotFound
    return disposition
