"""What a campaign is really doing, and why: beside the compatible API, which only knows what was asked for."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.answers.campaigns import ActivityShown
from outdial.api.auth import needs
from outdial.api.describe import described
from outdial.api.hal import hal, link
from outdial.api.services import services_of
from outdial.app import campaigns
from outdial.domain.access import Principal, Scope
from outdial.domain.activity import Doing
from outdial.domain.campaigns import CampaignNotFound, CampaignStatus
from outdial.ports.progress import Watched

router = APIRouter(tags=["Activity"])


@router.get("/v1/campaigns/{campaign_id}/activity", summary="What a campaign is doing, why, and how far it is")
@described(ActivityShown, refuses=(CampaignNotFound,))
async def campaign_activity(
    request: Request, campaign_id: str, who: Annotated[Principal, needs(Scope.CAMPAIGNS_READ)]
) -> Response:
    watched = await campaigns.watched(campaign_id, by=who, storage=services_of(request).storage)
    links = {"self": link(request, f"/v1/campaigns/{campaign_id}/activity")}
    links["campaign"] = link(request, f"/campaigns/{campaign_id}")
    return hal(request, {**_shown(watched), "_links": links})


def _shown(watched: Watched) -> dict[str, Any]:
    results = watched.results
    return {
        "status": watched.status.value,
        **doing(watched),
        "attempts": results.attempts,
        "outcomes": dict(results.outcomes),
        "records": {"total": results.records, "final": results.final, "reasons": dict(results.reasons)},
    }


def doing(watched: Watched) -> dict[str, Any]:
    return noted(watched.status, watched.observed, engine_alive=watched.engine_alive)


def noted(status: CampaignStatus, observed: Mapping[str, object] | None, *, engine_alive: bool) -> dict[str, Any]:
    """The engine's note as long as it can be true; a running campaign that nobody dials says so."""
    observed = dict(observed or {})
    if engine_alive and observed and observed["activity"] != Doing.NO_ENGINE.value:
        return observed
    if status is CampaignStatus.RUNNING:
        return {"activity": Doing.NO_ENGINE.value, "reason": "no dialer is running"}
    return {"reason": f"the campaign is {status.value}: nobody asked for it to run"}
