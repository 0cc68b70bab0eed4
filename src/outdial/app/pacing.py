"""How well a campaign's pacing foresees what comes."""

from outdial.app.campaigns import found
from outdial.domain.access import Principal
from outdial.domain.errors import NotFound
from outdial.domain.pacing.shadow import Calibration
from outdial.ports.storage import Storage


class CalibrationNotFound(NotFound):
    code = "calibration-not-found"

    def __init__(self) -> None:
        super().__init__("nothing was watched yet: set `shadow` on a PROGRESSIVE campaign and let it dial for a minute")


async def calibration_of(campaign_id: str, *, by: Principal, storage: Storage) -> Calibration:
    """What the predictive pacer expected while it watched the campaign, and what came.

    Raises:
        CampaignNotFound: no such campaign.
        CalibrationNotFound: it did not watch.
    """
    async with storage.unit_of_work(by.account) as uow:
        campaign = await found(uow, campaign_id)
        learned = await uow.forecasts.learned(campaign.id)
    if "calibration" not in learned:
        raise CalibrationNotFound
    calibration = Calibration()
    calibration.restore(learned["calibration"])
    return calibration


async def known(campaign_id: str, *, by: Principal, storage: Storage) -> None:
    """Raises `CampaignNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        await found(uow, campaign_id)
