"""`outdial simulate`, as scripts and people see it."""

import json
from typing import Any

import pytest

from outdial.cli import execute
from outdial.cli.output import ExitCode
from outdial.cli.simulate import COLUMNS


def simulated(capsys: pytest.CaptureFixture[str], *options: str) -> list[dict[str, Any]]:
    """The results in the command's JSON."""
    assert execute(["simulate", *options, "--json"]) == ExitCode.DONE
    out = json.loads(capsys.readouterr().out)
    assert out["schema_version"] == 1
    results: list[dict[str, Any]] = out["results"]
    return results


def test_every_combination_is_played_by_every_pacer(capsys: pytest.CaptureFixture[str]) -> None:
    results = simulated(
        capsys,
        *("--agents", "2,3", "--talk", "30,60", "--hours", "0.1", "--seeds", "2", "--seed", "4"),
        *("--pacer", "progressive,ratio:2"),
    )
    cells = [(result["agents"], result["talk_seconds"], result["pacer"]) for result in results]
    assert cells == [(n, talk, name) for n in (2, 3) for talk in (30.0, 60.0) for name in ("progressive", "ratio:2")]
    assert all(result["seeds"] == [4, 5] for result in results)


def test_the_figures_agree_with_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    for one in simulated(capsys, "--agents", "3", "--hours", "0.5", "--seeds", "3", "--pacer", "ratio:3,progressive"):
        assert 0 < one["occupancy"]["mean"] < 1
        assert one["occupancy"]["margin"] > 0
        assert one["launches"] > one["connected"] > 0
        assert (one["abandoned"] == 0) == (one["pacer"] == "progressive")
        assert (one["share_of_shifts_above_cap"] > 0) == (one["largest_excess_calls"] > 0)
        assert one["over_asked"] == 0


def test_the_same_command_gives_the_same_result(capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--agents", "4", "--hours", "0.2", "--seeds", "2", "--pacer", "predictive,binomial-feedback")
    first = simulated(capsys, *options)
    assert simulated(capsys, *options) == first
    assert simulated(capsys, *options, "--seed", "9") != first


def test_a_single_shift_has_no_interval(capsys: pytest.CaptureFixture[str]) -> None:
    (one,) = simulated(capsys, "--agents", "2", "--hours", "0.1", "--seeds", "1", "--pacer", "progressive")
    assert one["occupancy"]["margin"] is None


def test_people_get_a_table_and_scripts_nothing_else_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["simulate", "--agents", "2", "--hours", "0.1", "--seeds", "2", "--pacer", "progressive"]) == 0
    out, err = capsys.readouterr()
    heading, row = out.splitlines()
    assert heading.lower().split() == list(COLUMNS)
    assert "progressive" in row
    assert "±" in row
    assert "0 of 2" in row
    assert "0.4 agent-hours" in err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--pacer", "psychic"], "vicidial-average"),
        (["--agents", "five"], "five"),
        (["--agents", "0"], "at least one agent"),
        (["--cap", "3"], "fractions between 0 and 1"),
        (["--answer-rate", "25"], "fractions between 0 and 1"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_played(
    options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["simulate", *options]) == ExitCode.USAGE
    out, err = capsys.readouterr()
    assert out == ""
    assert said in " ".join(err.split())
