"""After a crash or a change of owner: every attempt gets an outcome, every claim is given back."""

from outdial.app import attempts
from outdial.app.attempts import Finished
from outdial.domain.calls import Call, CallState, HangupBy
from outdial.domain.outcomes import Outcome
from outdial.ports.carrier import Carrier
from outdial.ports.clock import Clock
from outdial.ports.dialing import DialStore, RunningCampaign


async def put_right(store: DialStore, carrier: Carrier, running: RunningCampaign, clock: Clock) -> int:
    """End the attempts that an earlier owner left open; answers how many.

    The carrier is asked first: a call that still exists gets the safety message and its end, so that nobody who
    answered is left in silence. Only then is the attempt `lost`, which is not counted against the record.

    Raises:
        Unavailable: the carrier or the database does not answer; nothing was ended that might still be ringing.
    """
    left = await store.open_attempts(running.key)
    if left:
        alive = frozenset(await carrier.calls())
        for attempt in left:
            if attempt.id in alive:
                await carrier.play_then_hang_up(attempt.id)
        now = clock.now()
        histories = await store.histories(running.key, sorted(attempt.record for attempt in left))
        lost = [
            Finished(
                attempt.key,
                attempt.record,
                histories[attempt.record].position,
                Call(
                    False,
                    attempt.started_at,
                    CallState.ENDED,
                    ended_at=now,
                    outcome=Outcome.LOST,
                    hangup_by=HangupBy.US,
                    cause="the dialer stopped during the call",
                ),
            )
            for attempt in left
            if attempt.record in histories
        ]
        await attempts.finish(store, running, lost)
    await store.release_claims(running.key)
    return len(left)
