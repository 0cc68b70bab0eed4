"""How an attempt ends: the outcome is counted, the rules say what follows for the record, both are written at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from outdial.domain import retry
from outdial.domain.calls import Call
from outdial.domain.dispositions import step_after
from outdial.domain.outcomes import Outcome
from outdial.ports.dialing import DialStore, Ended, RunningCampaign, Said


@dataclass(frozen=True, slots=True)
class Talking:
    """An attempt whose call has just been bridged to an agent."""

    attempt: int
    call: Call


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

    Of two ends of one attempt the first counts, as it does when they come one after the other.

    What the agent has said during the call stands in for what the outcome alone would mean; said later, it is applied
    by `app.dispositions`.

    Raises:
        Unavailable: nothing was written.
    """
    finished = list({one.attempt: one for one in reversed(finished)}.values())[::-1]
    # Who never spoke with an agent has, as a rule, nothing said about them: most ends need no look.
    talked = sorted(one.attempt for one in finished if one.call.agent is not None)
    done: list[Ended] = []
    left = list(finished)
    while left:
        said = await store.said(talked) if talked else {}
        ended = await _decided(store, campaign, left, said, unreachable)
        again = await store.end(campaign.key, ended) if ended else frozenset[int]()
        done += [one for one in ended if one.attempt not in again]
        left = [one for one in left if one.attempt in again]
        talked = sorted(again)
    return done


async def _decided(
    store: DialStore,
    campaign: RunningCampaign,
    finished: Sequence[Finished],
    said: Mapping[int, Said],
    unreachable: Collection[int],
) -> list[Ended]:
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
        word = said.get(one.attempt)
        if word is not None:
            step = step_after(word.meaning, strategy, history.phones, one.position, tally, at)
        else:
            step = retry.next_step(strategy, history.phones, one.position, outcome, tally, at, unreachable=unreachable)
        key = None if word is None else word.disposition
        ended.append(Ended(one.attempt, one.record, one.call, outcome, step, key))
    return ended
