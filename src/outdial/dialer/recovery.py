"""After a crash, a fault or a change of owner: every attempt gets an outcome, every claim is given back."""

from collections.abc import Callable, Collection, Sequence

from outdial.dialer.call_flow import CallFlow
from outdial.domain.errors import Unavailable
from outdial.ports.carrier import Carrier
from outdial.ports.dialing import DialStore


async def put_right(
    store: DialStore,
    carrier: Carrier,
    flow: CallFlow,
    campaign: int,
    *,
    lease: str,
    fence: int,
    unwritten: Callable[[], Collection[int]] = frozenset,
    claims: Sequence[int] = (),
) -> list[int]:
    """Take over the attempts that nobody drives, and give back the claims that nobody holds.

    Answers the records of the attempts, whose ends follow.

    The carrier is asked. A conversation goes on and ends as it will; in any other call that still exists whoever
    answered hears the message, and it is followed to its end. An attempt without a call is over: it was connected if
    that was written down, else it is `lost`, which is not counted against the record. Until the end is written the
    attempt blocks its record.

    `unwritten` tells the attempts whose end is on its way to the database, `claims` are the records held on purpose.

    Raises:
        Unavailable: the carrier or the database does not answer; to be called again.
    """
    driven = _driven(flow, unwritten())
    still_open = await store.open_attempts(campaign, fence)
    driven |= _driven(flow, unwritten())  # a call may end, and its end be written, while the database is asked
    left = [
        attempt for attempt in still_open if attempt.key not in driven and attempt.about.claimed.record not in claims
    ]
    for attempt in left:
        flow.adopt(attempt)  # before the carrier is asked, so that no event after its answer is missed
    if left:
        try:
            alive = frozenset(await carrier.calls())
        except Unavailable:
            flow.forget([attempt.about.id for attempt in left])
            raise
        for attempt in left:
            if attempt.about.id in alive:
                flow.exists(attempt.about.id)
            else:
                flow.gone(attempt.about.id)
    await store.release_claims(campaign, lease, fence, keep=claims)
    return [attempt.about.claimed.record for attempt in left]


def _driven(flow: CallFlow, unwritten: Collection[int]) -> set[int]:
    """The attempts whose call somebody follows, or whose end is known already."""
    return {live.attempt for live in flow.live.values()}.union(unwritten)
