"""What a campaign can have beyond the compatible API, and how it is shown there."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from outdial.domain.campaigns import Campaign, DialingConfiguration, DialingMode, Extensions, Mode
from outdial.domain.values import CampaignId

BORN = datetime(2026, 6, 1, tzinfo=UTC)
PREDICTIVE = Campaign(CampaignId(UUID(int=1)), "Renewals", BORN, BORN, DialingMode.PREDICTIVE)
PROGRESSIVE = replace(PREDICTIVE, extensions=Extensions(progressive=True))


def test_progressive_is_a_mode_of_its_own_and_predictive_for_the_compatible_api() -> None:
    assert PROGRESSIVE.mode is Mode.PROGRESSIVE
    assert PROGRESSIVE.dialing_mode is DialingMode.PREDICTIVE
    assert PREDICTIVE.mode is Mode.PREDICTIVE
    assert replace(PREDICTIVE, dialing_mode=DialingMode.PREVIEW).mode is Mode.PREVIEW
    assert replace(PREDICTIVE, dialing_mode=None).mode is None


def test_only_predictive_dialing_needs_a_ratio_and_a_limit_of_abandonment() -> None:
    configuration = DialingConfiguration(max_ring_time_in_secs=20)
    assert "dialing_mode_configuration.max_dialing_ratio" in replace(PREDICTIVE, configuration=configuration).missing()
    assert not {
        member
        for member in replace(PROGRESSIVE, configuration=configuration).missing()
        if member.startswith("dialing_mode_configuration")
    }


def test_priority_is_strict_unless_somebody_says_otherwise() -> None:
    assert Extensions().strict_priority
