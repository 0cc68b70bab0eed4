"""The result of a run as one JSON object, without wall times: the same seed gives the same bytes."""

from outdial.domain.outcomes import Outcome
from outdial.ports.dialing import Results


def summary(results: Results, *, occupancy: float, idle_outside_seconds: float) -> dict[str, object]:
    """Counts by name, rates as fractions (0..1).

    `abandoned` counts people who answered and whom we gave up, `left_early` those who left while they waited;
    `abandonment_rate` is abandoned / (abandoned + connected).
    """
    connected = results.outcomes.get(Outcome.CONNECTED.value, 0)
    abandoned = results.outcomes.get(Outcome.ABANDONED.value, 0)
    live = connected + abandoned
    return {
        "attempts": results.attempts,
        "connected": connected,
        "abandoned": abandoned,
        "left_early": results.left_early,
        "abandonment_rate": round(abandoned / live, 6) if live else 0.0,
        "occupancy": round(occupancy, 6),
        "idle_outside_seconds": round(idle_outside_seconds, 3),
        "outcomes": {outcome.value: results.outcomes.get(outcome.value, 0) for outcome in Outcome},
        "records": {"total": results.records, "final": results.final, "reasons": dict(results.reasons)},
    }
