"""What came of a campaign's calls."""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from outdial.app.campaigns import found
from outdial.domain.access import Principal
from outdial.domain.errors import FieldProblem, Invalid
from outdial.domain.results import LONGEST_SPAN, CallResults
from outdial.domain.zones import zone_name
from outdial.ports.clock import Clock
from outdial.ports.storage import Storage

USUAL_SPAN: Final = timedelta(days=7)


async def of_campaign(
    campaign_id: str,
    *,
    begins: datetime | None,
    ends: datetime | None,
    timezone: str,
    by: Principal,
    storage: Storage,
    clock: Clock,
) -> CallResults:
    """Counts of the calls that began in a span of time: without bounds the last week. Bounds without an offset are
    in the time zone.

    Raises:
        Invalid: there is no such time zone, the bounds are reversed, or too far from each other.
        CampaignNotFound: no such campaign.
    """
    known = zone_name(timezone)
    if known is None:
        raise Invalid("Invalid query", [FieldProblem("timezone", "must be an IANA time zone")])
    zone = ZoneInfo(known)
    until = clock.now() if ends is None else _aware(ends, zone)
    since = until - USUAL_SPAN if begins is None else _aware(begins, zone)
    if since > until:
        raise Invalid("Invalid query", [FieldProblem("to", "must not be before from")])
    if until - since > LONGEST_SPAN:
        raise Invalid("Invalid query", [FieldProblem("to", f"must be at most {LONGEST_SPAN.days} days after from")])
    async with storage.unit_of_work(by.account) as uow:
        campaign = await found(uow, campaign_id)
        return await uow.results.of(campaign.id, since.astimezone(UTC), until.astimezone(UTC), known)


def _aware(at: datetime, zone: ZoneInfo) -> datetime:
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)
