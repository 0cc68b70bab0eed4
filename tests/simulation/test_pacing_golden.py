"""What the predictive pacer decided in some shifts, call for call: making it faster must change none of it."""

from __future__ import annotations

from hashlib import sha256

import pytest

from outdial.domain.pacing.predictive import PredictivePacer
from outdial.simulation.pacing.world import World, play

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("world", "launched", "decisions"),
    [
        (World(agents=2, hours=1.0, p=0.1), 370, "df8c9b5b3f287ad5"),
        (World(agents=5, hours=1.0), 512, "568d4a6b55ac5fa9"),
        (World(agents=25, hours=0.5, timeout=10.0), 1750, "a2f55a607f060273"),
        (World(agents=25, hours=0.5, amd=False, talk=240.0, p=0.4, cap=0.01), 439, "90759b64af828bf3"),
        (World(agents=300, hours=0.1), 5302, "ccd0fc55921d2ecb"),
    ],
    ids=lambda value: f"{value.agents}-agents" if isinstance(value, World) else "",
)
def test_every_decision_is_the_one_it_was(world: World, launched: int, decisions: str) -> None:
    shift = play(world, PredictivePacer())
    assert shift.launched == launched
    assert sha256(bytes(str(shift.decisions), "ascii")).hexdigest()[:16] == decisions
