"""A run of the real engine whose pacer is recorded, and replayed by the command."""

from pathlib import Path

import pytest

from outdial.cli import execute
from outdial.cli.output import ExitCode
from tests.builders.lists import make_list
from tests.simulation.conftest import Simulate, a_campaign


def test_a_run_is_replayed_to_the_same_decisions(
    simulate: Simulate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logs = tmp_path / "logs"
    bare = simulate(make_list(60, 4).csv_bytes, a_campaign(), agents=4, seed=4, pacer_logs=logs)
    (log,) = logs.iterdir()
    assert execute(["replay", str(log), "--json"]) == ExitCode.DONE
    out = capsys.readouterr().out
    assert '"identical": true' in out
    assert '"pacer": "predictive"' in out
    assert bare.summary["attempts"] > 60
    text = log.read_text("utf-8")
    place = text.rindex('["decide"')
    end = text.index("\n", place)
    log.write_text(text[:place] + text[place:end].rsplit(",", 1)[0] + ",999]" + text[end:], "utf-8")
    assert execute(["replay", str(log)]) == 1
    assert "another one than was recorded" in capsys.readouterr().err
