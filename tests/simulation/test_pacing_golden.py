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
        (World(agents=2, hours=1.0, p=0.1), 381, "e6acca11e095c6c3"),
        (World(agents=5, hours=1.0), 512, "24c3f709302722e1"),
        (World(agents=25, hours=0.5, timeout=10.0), 1753, "c665ca09f993c0e2"),
        (World(agents=25, hours=0.5, amd=False, talk=240.0, p=0.4, cap=0.01), 439, "90759b64af828bf3"),
        (World(agents=300, hours=0.1), 5304, "35d2988c575f8e84"),
    ],
    ids=lambda value: f"{value.agents}-agents" if isinstance(value, World) else "",
)
def test_every_decision_is_the_one_it_was(world: World, launched: int, decisions: str) -> None:
    shift = play(world, PredictivePacer())
    assert shift.launched == launched
    assert sha256(bytes(str(shift.decisions), "ascii")).hexdigest()[:16] == decisions
