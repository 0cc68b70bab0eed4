"""How an attempt ends: the outcome is counted, the rules say what follows for the record, both are written at once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from outdial.domain import retry
from outdial.domain.calls import Call
from outdial.domain.outcomes import Outcome
from outdial.ports.dialing import DialStore, Ended, RunningCampaign


@dataclass(frozen=True, slots=True)
class Finished:
    """An attempt whose call is over."""

    attempt: int
    record: int
    position: int
    call: Call


async def finish(
    store: DialStore, campaign: RunningCampaign, finished: Sequence[Finished], *, unreachable: Collection[int] = ()
) -> list[Ended]:
    """Write the ends of attempts and what follows for their records; may be repeated without harm.

    Raises:
        Unavailable: nothing was written.
    """
    strategy = campaign.campaign.strategy
    assert strategy is not None, "a campaign without a strategy cannot run"
    histories = await store.histories(campaign.key, sorted(one.record for one in finished))
    ended = []
    for one in finished:
        history = histories.get(one.record)
        if history is None:  # the record was deleted during the call: its attempts went with it
            continue
        outcome = one.call.outcome or Outcome.LOST
        at = one.call.ended_at or one.call.started_at
        phone = next(phone for phone in history.phones if phone.position == one.position)
        tally = history.tally.plus(outcome, phone)
        step = retry.next_step(strategy, history.phones, one.position, outcome, tally, at, unreachable=unreachable)
        ended.append(Ended(one.attempt, one.record, one.call, outcome, step))
    if ended:
        await store.end(campaign.key, ended)
    return ended
