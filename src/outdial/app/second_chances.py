"""What was put out of dialing is judged again, and put back if it may be called after all."""

from collections.abc import Collection, Mapping
from datetime import date

from outdial.domain.campaigns import DialingStrategy
from outdial.domain.second_chances import Back, second_chance
from outdial.ports.second_chances import Moved, SecondChanceWork, Which

AT_ONCE = 500
"""Records that are looked at in one step: the dialer waits for it."""


async def look_again(
    store: SecondChanceWork,
    campaign: int,
    strategy: DialingStrategy,
    which: Which,
    *,
    unreachable: Collection[int],
    days: Mapping[int, date],
    after: int = 0,
) -> tuple[int | None, int]:
    """Judge the next records after `after` by the rules as they are now.

    Answers after which one to go on, `None` when none is left, and how many were moved. Raises `Unavailable`.
    """
    zones = sorted(unreachable)
    kept = await store.kept_out(campaign, which, days, zones=zones, after=after, limit=AT_ONCE)
    moved = []
    for one in kept:
        to = second_chance(one, strategy, unreachable=unreachable)
        if isinstance(to, Back) or one.reason is None:
            moved.append(Moved(one.record, to))
    done = await store.move(campaign, which, moved) if moved else 0
    return (kept[-1].record if len(kept) == AT_ONCE else None), done
