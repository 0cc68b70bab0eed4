"""What is shown while it happens: put together of an engine's memory and of what is stored.

What is stored is counted, which costs the more the longer a campaign runs: it is asked for less often than the rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from outdial.app import campaigns
from outdial.app.agents import Shown, listed
from outdial.domain.abandonment import Abandonment, history
from outdial.domain.access import Principal
from outdial.domain.audit import Change
from outdial.domain.campaigns import Campaign
from outdial.domain.values import CampaignId, UserId
from outdial.ports.audit import ChangeFilter
from outdial.ports.campaigns import CampaignFilter, OrderBy
from outdial.ports.clock import Clock
from outdial.ports.desk import Desk, NoEngine
from outdial.ports.live import LiveBoard, LiveCampaign
from outdial.ports.progress import ListProgress, Overview, Watched
from outdial.ports.storage import Storage

ABANDONMENT_DAYS: Final = 30
"""47 CFR 64.1200(a)(7): the share of abandoned calls is measured over 30 days, for each campaign."""
MOST_CALLS: Final = 600
"""Of which it is told how abandonment stood after each."""
MOST_CAMPAIGNS: Final = 500
_MOST_CHANGES: Final = 10


@dataclass(frozen=True, slots=True)
class Counted:
    """What is counted of a campaign in storage."""

    watched: Watched
    abandonment: Abandonment
    stood: Sequence[tuple[datetime, Abandonment]]
    """How abandonment stood after each of the latest calls, the oldest first."""
    lists: Sequence[ListProgress]
    changes: Sequence[Change]
    names: Mapping[UserId, str]
    """Of the users who made these changes."""


async def campaign(campaign_id: str, *, by: Principal, storage: Storage) -> Campaign:
    """Raises `CampaignNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        return await campaigns.found(uow, campaign_id)


async def counted(campaign_id: str, *, by: Principal, storage: Storage, clock: Clock) -> Counted:
    """Raises `CampaignNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        known = (await campaigns.found(uow, campaign_id)).id
        watched = await uow.progress.of(known)
        assert watched is not None, "it was there in the same transaction"
        since = clock.now() - timedelta(days=ABANDONMENT_DAYS)
        _, changes = await uow.audit.page(ChangeFilter(campaign=known), offset=0, limit=_MOST_CHANGES)
        names = await uow.agents.names([UserId(one.actor.user_id) for one in changes if one.actor.user_id is not None])
        abandonment = await uow.progress.abandonment(known, since)
        stood = history(abandonment, await uow.progress.live_calls(known, since, MOST_CALLS))
        return Counted(watched, abandonment, stood, await uow.progress.lists(known), changes, names)


async def standings(
    *, by: Principal, storage: Storage
) -> tuple[Sequence[Campaign], bool, Mapping[CampaignId, Mapping[str, object]]]:
    """The campaigns of an account by name, whether an engine is alive, and what it noted of them last."""
    async with storage.unit_of_work(by.account) as uow:
        _, found = await uow.campaigns.page(
            CampaignFilter(), order_by=OrderBy.NAME, descending=False, offset=0, limit=MOST_CAMPAIGNS
        )
        alive, notes = await uow.progress.observed()
    return found, alive, notes


async def overview(*, by: Principal, storage: Storage, clock: Clock) -> Mapping[CampaignId, Overview]:
    """How much of each campaign of an account is done, and how many people it gave up."""
    async with storage.unit_of_work(by.account) as uow:
        return await uow.progress.overview(clock.now() - timedelta(days=ABANDONMENT_DAYS))


async def at_work(campaign_id: str | None, *, by: Principal, storage: Storage, desk: Desk | None) -> Sequence[Shown]:
    """Who is at work, of one campaign or of all; nobody where no engine is."""
    try:
        return await listed(campaign_id=campaign_id, by=by, storage=storage, desk=desk)
    except NoEngine:
        return ()


def on_board(board: LiveBoard | None, by: Principal) -> Mapping[CampaignId, LiveCampaign]:
    return {} if board is None else board.campaigns(by.account)
