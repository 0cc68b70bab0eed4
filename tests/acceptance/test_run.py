"""`outdial run` and `outdial demo` as a person at a terminal has them."""

import contextlib
import csv
import json
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.outdial_process import PATIENCE, Home
from tests.builders.lists import GeneratedList, make_list
from tests.simulation.conftest import a_campaign


@pytest.fixture(scope="module")
def given() -> GeneratedList:
    return make_list(120, 3)


@pytest.fixture
def files(tmp_path: Path, given: GeneratedList) -> tuple[str, str]:
    """A list and a campaign as files."""
    list_path, campaign_path = tmp_path / "list.csv", tmp_path / "campaign.json"
    list_path.write_bytes(given.csv_bytes)
    campaign_path.write_text(json.dumps(a_campaign()), "utf-8")
    return str(list_path), str(campaign_path)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture(autouse=True)
def nothing_stays_behind(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a command does, its throw-away folder and its PostgreSQL are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="outdial-test-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)  # the database's own account must get through
        monkeypatch.setenv("TMPDIR", folder)
        yield
        assert [path.name for path in Path(folder).iterdir() if path.name.startswith("outdial")] == []


class TestRun:
    def test_a_list_is_imported_dialed_to_its_end_and_summed_up(
        self, home: Home, files: tuple[str, str], given: GeneratedList, tmp_path: Path
    ) -> None:
        rejects = tmp_path / "rejected.csv"
        list_path, campaign = files
        result = home.json("run", list_path, "--campaign", campaign, "--agents", "6", "--rejects", str(rejects))
        for key in ("rows", "accepted", "rejected", "duplicates", "by_kind", "lines"):
            assert result["import"][key] == given.expected[key]
        assert result["records"]["total"] == result["records"]["final"] == given.expected["accepted"]
        assert sum(result["outcomes"].values()) == result["attempts"] > 0
        assert 0 < result["occupancy"] < 1
        with rejects.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert [int(row["row"]) for row in rows] == [line for line, _ in given.expected["lines"]]
        assert all(row["code"] and row["message"] for row in rows)

    def test_the_same_seed_prints_the_same_bytes(self, home: Home, files: tuple[str, str]) -> None:
        list_path, campaign = files
        command = ("run", list_path, "--campaign", campaign, "--until", "40calls", "--seed", "5", "--json")
        first, second = home.run(*command), home.run(*command)
        assert first.returncode == 0, first.stderr
        assert first.stdout == second.stdout
        assert json.loads(first.stdout)["attempts"] >= 40

    def test_an_hour_as_the_end(self, home: Home, files: tuple[str, str]) -> None:
        list_path, campaign = files
        result = home.json("run", list_path, "--campaign", campaign, "--until", "00:02")
        assert result["attempts"] > 0
        assert result["records"]["final"] < result["records"]["total"]

    def test_in_scaled_time_with_plain_lines_instead_of_a_table(self, home: Home, files: tuple[str, str]) -> None:
        list_path, campaign = files
        command = ("run", list_path, "--campaign", campaign, "--speed", "100", "--until", "20calls")
        ended = home.run(*command)
        assert ended.returncode == 0, ended.stderr
        assert re.search(r"^attempts +\d+$", ended.stdout, re.MULTILINE)
        assert "\x1b" not in ended.stderr

    def test_records_that_can_never_be_called_are_final_with_their_reason(
        self, home: Home, files: tuple[str, str], tmp_path: Path
    ) -> None:
        list_path, _ = files
        campaign = tmp_path / "never.json"
        never = a_campaign(calling_hours=[])
        campaign.write_text(json.dumps(never), "utf-8")
        result = home.json("run", list_path, "--campaign", str(campaign))
        assert result["attempts"] == 0
        assert result["records"]["reasons"] == {"no_common_calling_hours": result["records"]["total"]}


class TestBadInput:
    @pytest.mark.parametrize(
        ("name", "content", "says"),
        [
            ("empty", b"", "empty"),
            ("latin1", "First name,Last name,Mobile\nJos\xe9,B,+12025550142\n".encode("latin-1"), "UTF-8"),
            ("binary", bytes(range(256)) * 20, ""),
            ("no header", b"+12025550142,+12025550143\n+12025550144,x\n", ""),
        ],
    )
    def test_an_unreadable_list(
        self, home: Home, files: tuple[str, str], tmp_path: Path, name: str, content: bytes, says: str
    ) -> None:
        path = tmp_path / "bad.csv"
        path.write_bytes(content)
        ended = home.run("run", str(path), "--campaign", files[1], "--json")
        assert (ended.returncode, ended.stdout) == (2, "")
        error = json.loads(ended.stderr.splitlines()[-1])["error"]
        assert error["code"] == "list-corrupted"
        assert says in error["message"]

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"name": "Bad", "priority": 11}, "priority"),
            (a_campaign(max_attempts=0), "dialing_strategy.max_attempts"),
            ({**a_campaign(), "dialing_mode": "SOMETIMES"}, "dialing_mode"),
        ],
    )
    def test_an_invalid_campaign_names_the_wrong_member(
        self, home: Home, files: tuple[str, str], tmp_path: Path, body: dict[str, Any], field: str
    ) -> None:
        path = tmp_path / "bad.json"
        path.write_text(json.dumps(body), "utf-8")
        ended = home.run("run", files[0], "--campaign", str(path), "--json")
        assert (ended.returncode, ended.stdout) == (2, "")
        error = json.loads(ended.stderr.splitlines()[-1])["error"]
        assert field in {detail["name"] for detail in error["details"]}

    def test_a_campaign_file_that_is_no_json(self, home: Home, files: tuple[str, str], tmp_path: Path) -> None:
        path = tmp_path / "bad.json"
        path.write_text("{not json", "utf-8")
        ended = home.run("run", files[0], "--campaign", str(path))
        assert ended.returncode == 2
        assert "is not JSON" in ended.stderr

    @pytest.mark.parametrize(
        "option",
        [("--speed", "fast"), ("--until", "25:00"), ("--start", "yesterday"), ("--pacer", "guess"), ("--agents", "0")],
    )
    def test_an_option_that_makes_no_sense(self, home: Home, files: tuple[str, str], option: tuple[str, str]) -> None:
        ended = home.run("run", files[0], "--campaign", files[1], *option)
        assert ended.returncode == 2
        assert option[0] in ended.stderr

    def test_a_campaign_that_lacks_something_is_refused_with_what_it_lacks(
        self, home: Home, files: tuple[str, str], tmp_path: Path
    ) -> None:
        path = tmp_path / "incomplete.json"
        path.write_text(json.dumps({"name": "Only a name"}), "utf-8")
        ended = home.run("run", files[0], "--campaign", str(path))
        assert ended.returncode == 7
        assert "dialing_strategy" in ended.stderr


def wait_until_it_answers(address: str) -> None:
    for _ in range(600):
        with contextlib.suppress(httpx.TransportError):
            httpx.get(f"{address}/campaigns", timeout=1.0)
            return
        threading.Event().wait(0.1)
    raise AssertionError(f"nothing answers at {address}")


class TestDemo:
    def test_it_ends_by_itself_and_prints_one_object(self, home: Home) -> None:
        ended = home.run("demo", "--for", "5", "--speed", "50", "--port", "0", "--json")
        assert ended.returncode == 0, ended.stderr
        result = json.loads(ended.stdout)
        assert result["attempts"] > 0
        assert result["records"]["total"] == 3000
        assert "in_call" not in result["records"]["reasons"]
        assert re.search(r"client_secret +\S+", ended.stderr)

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_a_signal_ends_it_cleanly(self, home: Home, number: signal.Signals) -> None:
        process = subprocess.Popen(
            [sys.executable, "-m", "outdial", "demo", "--port", "0", "--json"],
            env=home.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        address = next(match[1] for line in process.stderr if (match := re.match(r"API +(\S+)", line)))
        wait_until_it_answers(address)
        process.send_signal(number)
        out, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
        assert json.loads(out)["records"]["total"] == 3000
