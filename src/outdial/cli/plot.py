"""Pictures of what commands found. matplotlib draws them: an extra of the installation, loaded only here."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from outdial.domain.errors import NotPossible
from outdial.simulation.pacing.comparison import Estimate, Result

MOST_ROWS: Final = 6
"""Rows of a picture: more cannot be told apart."""


class NoCharts(NotPossible):
    """The library that draws is not installed."""

    code = "no-charts"

    def __init__(self) -> None:
        super().__init__("pictures need matplotlib: install outdial[plot], or leave --plot out")


def check_drawable() -> None:
    """Whether a picture can be drawn, before anything is played for it. Raises `NoCharts`."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise NoCharts from error


def draw(results: Sequence[Result], path: Path) -> None:
    """Occupancy and abandonment over team sizes, a line for each pacer with its 95 % intervals.

    Each combination of answer rate, length of talk and cap has a row of its own; `MOST_ROWS` of them are drawn.

    Raises:
        NoCharts: matplotlib is missing.
        OSError: the file cannot be written.
    """
    check_drawable()
    from matplotlib.figure import Figure

    rows: dict[tuple[float, float, float], list[Result]] = {}
    for result in results:
        world = result.world
        rows.setdefault((world.p, world.talk, world.cap), []).append(result)
    shown = list(rows.items())[:MOST_ROWS]
    figure = Figure(figsize=(11, 1 + 3.4 * len(shown)), layout="constrained")
    grid = figure.subplots(len(shown), 2, squeeze=False)
    for (busy, dropped), ((rate, talk, cap), found) in zip(grid, shown, strict=True):
        for name in dict.fromkeys(result.pacer for result in found):
            line = sorted((one for one in found if one.pacer == name), key=lambda one: one.world.agents)
            _line(busy, name, line, [one.occupancy for one in line])
            _line(dropped, name, line, [one.abandonment for one in line])
        dropped.axhline(100 * cap, color="black", linestyle="--", linewidth=1, label=f"cap {100 * cap:g} %")
        title = f"{rate:.0%} answered, {talk:g} s talk"
        _finish(busy, f"Occupancy: {title}", "% of the agents' time", found)
        _finish(dropped, f"Abandoned: {title}", "% of people reached", found)
        dropped.set_ylim(bottom=0)
    grid[0][0].legend(loc="lower right")
    grid[0][1].legend(loc="upper right")
    figure.savefig(path, dpi=110)


def _line(axes: Any, name: str, line: Sequence[Result], values: Sequence[Estimate]) -> None:
    axes.errorbar(
        [one.world.agents for one in line],
        [100 * value.mean for value in values],
        yerr=[100 * (value.margin or 0.0) for value in values],
        label=name,
        marker="o",
        capsize=3,
    )


def _finish(axes: Any, title: str, unit: str, found: Sequence[Result]) -> None:
    agents = sorted({one.world.agents for one in found})
    axes.set_title(title)
    axes.set_ylabel(unit)
    axes.set_xlabel("agents")
    if len(agents) > 1:
        axes.set_xscale("log")
    axes.set_xticks(agents, labels=[str(n) for n in agents])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
