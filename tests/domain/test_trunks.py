"""How a trunk is, for those who want to empty it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from outdial.domain.trunks import Trunk, TrunkId, TrunkState

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
TRUNK = Trunk(
    TrunkId(UUID(int=1)),
    "main",
    drained=False,
    trouble=None,
    draining=False,
    calls=7,
    most=30,
    per_second=10.0,
    sign="OPTIONS 200",
    sign_at=NOON,
    heard_at=NOON,
)


@pytest.mark.parametrize(
    ("trunk", "state", "sentence"),
    [
        (TRUNK, TrunkState.TAKES_CALLS, "takes calls, has 7 of at most 30"),
        (replace(TRUNK, trouble="no sign of life"), TrunkState.DOWN, "takes no calls: no sign of life"),
        (replace(TRUNK, drained=True, draining=True), TrunkState.DRAINING, "draining, 7 calls left"),
        (replace(TRUNK, drained=True, draining=True, calls=1), TrunkState.DRAINING, "draining, 1 call left"),
        (replace(TRUNK, drained=True, draining=True, calls=0), TrunkState.DRAINED, "drained"),
        # Whoever switches a server off because of this word must be sure that the engine knows it.
        (replace(TRUNK, drained=True, calls=0), TrunkState.DRAINING, "draining, 0 calls left"),
        (
            replace(TRUNK, draining=True),
            TrunkState.DRAINING,
            "is being taken back: the engine follows within two seconds",
        ),
    ],
)
def test_a_trunk_that_the_engine_tells_of(trunk: Trunk, state: TrunkState, sentence: str) -> None:
    assert (trunk.state(NOON), trunk.sentence(NOON)) == (state, sentence)


@pytest.mark.parametrize("drained", [False, True])
def test_one_that_no_engine_tells_of_is_not_known(drained: bool) -> None:
    later = NOON + timedelta(minutes=1)
    trunk = replace(TRUNK, drained=drained, draining=drained, calls=0)
    assert trunk.state(later) is TrunkState.UNHEARD
    assert ("is to get no calls" in trunk.sentence(later)) is drained
