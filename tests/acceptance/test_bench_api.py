"""`make bench-api`, as short as it can be: that it asks what it says, not what it measures."""

import json
import subprocess
import sys
from pathlib import Path

from tests.acceptance.outdial_process import PATIENCE

BENCH = Path(__file__).parents[2] / "bench/api.py"


def test_hot_routes_are_asked_beside_bare_ones(tmp_path: Path) -> None:
    short = ["--rounds", "1", "--count", "2", "--bulks", "1", "--connections", "1"]
    command = [sys.executable, str(BENCH), "--out", str(tmp_path), *short]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert ended.returncode == 0, ended.stderr
    results = json.loads((tmp_path / "api.json").read_text())["results"]
    assert [one["per_request"] for one in results] == [1, 1, 1, 100]
    assert all(one["ratio"] > 0 for one in results)
    assert "POST 100 records" in ended.stdout
