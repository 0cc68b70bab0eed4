"""How well a campaign's pacing foresees what comes."""

from typing import Annotated, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.answers.pacing import CalibrationShown
from outdial.api.auth import needs
from outdial.api.describe import described
from outdial.api.hal import hal, link, without_absent
from outdial.api.services import services_of
from outdial.app import pacing
from outdial.app.pacing import CalibrationNotFound
from outdial.domain.access import Principal, Scope
from outdial.domain.campaigns import CampaignNotFound
from outdial.domain.pacing.shadow import BINS, Calibration, Reliability

router = APIRouter(tags=["Pacing"])

Read = Annotated[Principal, needs(Scope.CAMPAIGNS_READ)]


@router.get(
    "/v1/campaigns/{campaign_id}/calibration",
    summary="How well the predictive pacer foresaw a campaign that it watched",
)
@described(CalibrationShown, refuses=(CampaignNotFound, CalibrationNotFound))
async def campaign_calibration(request: Request, campaign_id: str, who: Read) -> Response:
    found = await pacing.calibration_of(campaign_id, by=who, storage=services_of(request).storage)
    here = f"/v1/campaigns/{campaign_id}"
    links = {"self": link(request, f"{here}/calibration"), "campaign": link(request, here)}
    return hal(request, {**_shown(found), "_links": links})


def _shown(found: Calibration) -> dict[str, Any]:
    ratio = found.ratio
    answered = sum(found.quarters)
    return {
        "live_calls": found.live,
        "abandoned": without_absent(
            {
                "expected": round(found.risk, 3),
                "seen": found.abandoned,
                "ratio": None if ratio is None else round(ratio, 3),
            }
        ),
        "answers": _bins(found.answers),
        "answer_times": [round(quarter / answered, 4) for quarter in found.quarters] if answered else [],
        "agents_free": _bins(found.agents),
        "decisions": {"total": found.decisions, "launched": found.launched, "wanted": found.wanted},
        "last": [
            {
                "second": second,
                "room": room,
                "launched": calls,
                "wanted": wanted,
                "risk": risk,
                "allowed": allowed,
            }
            for second, room, calls, wanted, risk, allowed in found.last
        ],
    }


def _bins(reliability: Reliability) -> list[dict[str, Any]]:
    """The tenths in which anything was foreseen."""
    return [
        {
            "from": place / BINS,
            "to": (place + 1) / BINS,
            "count": one.count,
            "expected": round(one.expected / one.count, 4),
            "seen": round(one.seen / one.count, 4),
        }
        for place, one in enumerate(reliability.bins)
        if one.count
    ]
