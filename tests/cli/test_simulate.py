"""`outdial simulate`, as scripts and people see it."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from outdial.cli import execute
from outdial.cli.output import ExitCode
from outdial.cli.simulate import COLUMNS
from tests.simulation.conftest import a_campaign


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


class TestACampaignsFile:
    def test_its_settings_are_simulated_and_options_go_before_them(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        body = a_campaign()
        body["dialing_mode_configuration"] |= {
            "answering_machine_detection": False,
            "max_abandonment_rate": 5,
            "max_dialing_ratio": 2,
            "abandonment_timeout": {"amount": 10},
        }
        file = tmp_path / "campaign.json"
        file.write_text(json.dumps(body), "utf-8")
        given = ("--agents", "2", "--hours", "0.05", "--seeds", "1", "--pacer", "predictive", "--campaign", str(file))
        (own,) = simulated(capsys, *given)
        told = ("cap", "ratio", "timeout_seconds", "answering_machine_detection")
        assert [own[name] for name in told] == [0.05, 2.0, 10.0, False]
        (other,) = simulated(capsys, *given, "--cap", "0.02", "--amd")
        assert [other[name] for name in told] == [0.02, 2.0, 10.0, True]

    def test_a_file_that_says_nothing_of_dialing_is_refused(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "campaign.json"
        file.write_text('{"name": "Bare"}', "utf-8")
        assert execute(["simulate", "--campaign", str(file)]) == ExitCode.USAGE
        assert "dialing_mode_configuration" in capsys.readouterr().err


class TestThePicture:
    PLAYED = ("simulate", "--agents", "2,3", "--hours", "0.05", "--seeds", "2", "--pacer", "progressive,ratio:2")

    def test_is_a_png_beside_the_table(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        picture = tmp_path / "out.png"
        assert execute([*self.PLAYED, "--plot", str(picture)]) == ExitCode.DONE
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert "ratio:2" in capsys.readouterr().out

    def test_without_the_library_it_says_what_to_install_and_plays_nothing(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
        assert execute([*self.PLAYED, "--plot", str(tmp_path / "out.png")]) == ExitCode.REFUSED
        out, err = capsys.readouterr()
        assert "outdial[plot]" in err
        assert out == ""
