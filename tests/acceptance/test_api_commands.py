"""Commands that are clients of the API, against a real server."""

import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from outdial.cli import execute
from outdial.client import Client
from outdial.domain.access import Scope
from tests.acceptance.outdial_process import Home, fresh_home
from tests.api.conftest import a_campaign

pytestmark = pytest.mark.xdist_group("commands of the API")

MISSING = "00000000-0000-4000-8000-000000000000"
SCOPES = " ".join(scope.value for scope in Scope)


@dataclass(frozen=True)
class Served:
    """A running server, and a client that may do everything there."""

    home: Home
    address: str
    client: dict[str, Any]

    def api(self) -> Client:
        return Client(self.address, self.client["client_id"], self.client["client_secret"])


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """One server for all commands of this module."""
    with fresh_home() as home:
        up = home.up()
        try:
            yield Served(home, up.address, home.json("clients", "create", "--name", "cli", "--scopes", SCOPES))
        finally:
            assert up.stop() == 0


class Commands:
    """Runs commands inside this process, which is quicker than a process for each."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str, code: int = 0) -> Any:
        """The result of a command that ends with this code."""
        ended = execute([*arguments, "--json"])
        out, err = self._capsys.readouterr()
        assert ended == code, err
        return json.loads(out)

    def lines(self, *arguments: str) -> list[str]:
        """What a command prints for people."""
        ended = execute(arguments)
        out, err = self._capsys.readouterr()
        assert ended == 0, err
        return [line.strip() for line in out.splitlines()]

    def refused(self, *arguments: str) -> tuple[int, str]:
        """The exit code and the error code of a command that must fail."""
        code = execute([*arguments, "--json"])
        out, err = self._capsys.readouterr()
        assert out == ""
        return code, str(json.loads(err.splitlines()[-1])["error"]["code"])


@pytest.fixture
def outdial(served: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Commands:
    credentials = {
        "OUTDIAL_API_URL": served.address,
        "OUTDIAL_CLIENT_ID": served.client["client_id"],
        "OUTDIAL_CLIENT_SECRET": served.client["client_secret"],
    }
    monkeypatch.setattr("os.environ", served.home.environment | credentials)
    return Commands(capsys)


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    file = tmp_path / "feb.csv"
    file.write_text("First name,Last name,Mobile\nAna,Costa,+12025550142\nRui,Lopes,+12025550143\n")
    return file


def made(outdial: Commands, folder: Path, name: str) -> str:
    """The id of a new campaign."""
    file = folder / "campaign.json"
    file.write_text(json.dumps(a_campaign(name=name)))
    return str(outdial("campaign", "create", "-f", str(file))["id"])


class TestCampaign:
    def test_from_a_file_to_its_deletion(self, outdial: Commands, served: Served, tmp_path: Path, csv: Path) -> None:
        campaign = made(outdial, tmp_path, "From a file")
        imported = outdial("records", "import", str(csv), "--new", "From a file")
        assert (imported["status"], imported["records_count"]) == ("ACCEPTED", 2)
        user = served.home.json("users", "create", "--name", "Ana")
        served.home.json("numbers", "add", "+12025550199")
        with served.api() as api:
            api.assign(campaign, "record-lists", [{"id": imported["record_list_id"]}])
            api.assign(campaign, "users", [{"id": user["id"]}])
            api.assign(campaign, "numbers", [{"phone_number": "+12025550199"}])
        assert outdial("campaign", "start", campaign, "--yes")["status"] == "RUNNING"
        shown = outdial("campaign", "show", campaign)
        assert shown["activity"]["status"] == "RUNNING"
        assert outdial.refused("campaign", "delete", campaign, "--yes")[0] == 5
        assert outdial("campaign", "pause", campaign)["status"] == "PAUSED"
        assert outdial("campaign", "delete", campaign, "--yes")["deleted"] is True
        assert outdial.refused("campaign", "show", campaign) == (3, "0530002")

    def test_of_many_the_asked_ones_are_listed(self, outdial: Commands, tmp_path: Path) -> None:
        ids = [made(outdial, tmp_path, "One of many") for _ in range(3)]
        listed = outdial("campaign", "list", "--name", "One of many", "--limit", "1", "--offset", "1")
        assert (listed["total"], [each["id"] for each in listed["campaigns"]]) == (3, [ids[1]])
        assert "_links" not in listed["campaigns"][0]

    def test_shown_to_people_says_what_it_is_doing_and_why(self, outdial: Commands, tmp_path: Path) -> None:
        lines = outdial.lines("campaign", "show", made(outdial, tmp_path, "Shown"))
        assert any(line.startswith("name") and line.endswith("Shown") for line in lines)
        assert any(line.startswith("reason") and "nobody asked for it to run" in line for line in lines)

    def test_watched_without_a_terminal_is_an_object_a_line(self, outdial: Commands, tmp_path: Path) -> None:
        campaign = made(outdial, tmp_path, "Watched")
        lines = outdial.lines("campaign", "watch", campaign, "--count", "2", "--every", "0.1")
        assert [json.loads(line)["status"] for line in lines] == ["INCOMPLETE"] * 2

    def test_that_is_not_complete_cannot_start(self, outdial: Commands, tmp_path: Path) -> None:
        assert outdial.refused("campaign", "start", made(outdial, tmp_path, "Incomplete"), "--yes")[0] == 7

    @pytest.mark.parametrize("verb", ["start", "delete"])
    def test_is_not_touched_when_nobody_can_confirm(self, verb: str, outdial: Commands, tmp_path: Path) -> None:
        campaign = made(outdial, tmp_path, "Confirmed")
        assert outdial.refused("campaign", verb, campaign) == (2, "not-confirmed")
        assert outdial("campaign", "show", campaign)["status"] == "INCOMPLETE"

    def test_is_deleted_once_its_name_was_typed(
        self, outdial: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Person(io.StringIO):
            def isatty(self) -> bool:
                return True

        campaign = made(outdial, tmp_path, "Typed")
        monkeypatch.setattr("sys.stdin", Person("Another\n"))
        assert execute(["campaign", "delete", campaign]) == 2
        monkeypatch.setattr("sys.stdin", Person("Typed\n"))
        assert execute(["campaign", "delete", campaign]) == 0

    def test_that_is_wrong_names_what_is(
        self, outdial: Commands, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "wrong.json"
        file.write_text('{"name": "x", "priority": 11}')
        assert execute(["campaign", "create", "-f", str(file), "--json"]) == 2
        error = json.loads(capsys.readouterr().err)["error"]
        assert {detail["name"] for detail in error["details"]} == {"name", "priority"}
        assert error["request_id"]
        file.write_text("[]")
        assert outdial.refused("campaign", "create", "-f", str(file)) == (2, "invalid")


class TestRecords:
    def test_that_are_all_refused_are_told_by_the_exit_code(self, outdial: Commands, csv: Path) -> None:
        csv.write_text("First name,Last name,Mobile\n,,nonsense\n")
        assert outdial("records", "import", str(csv), "--new", "Refused", code=8)["status"] == "REJECTED"

    def test_that_are_not_all_taken_are_counted_by_kind_and_written_to_a_file(
        self, outdial: Commands, csv: Path, tmp_path: Path
    ) -> None:
        with csv.open("a") as file:
            file.write("Ana,Costa,+12025550142\nBea,,+12025550144\n")
        rejects = tmp_path / "rejects.csv"
        made = outdial("records", "import", str(csv), "--new", "Partly", "--rejects", str(rejects), code=8)
        assert (made["status"], made["records_count"]) == ("ACCEPTED", 2)
        assert (made["accepted"], made["rejected"], made["duplicates"]) == (2, 1, 1)
        assert made["by_kind"] == {"missing_last_name": 1}
        assert rejects.read_text().splitlines()[0] == "First name,Last name,Mobile,row,column,value,code,message"
        assert len(rejects.read_text().splitlines()) == 3

    def test_of_a_later_file_are_waited_for_too(self, outdial: Commands, csv: Path) -> None:
        first = outdial("records", "import", str(csv), "--new", "Grows")
        csv.write_text("First name,Last name,Mobile\nEva,Diaz,+12025550145\n")
        second = outdial("records", "import", str(csv), "--list", first["record_list_id"])
        assert (second["accepted"], second["records_count"]) == (1, 3)

    def test_are_tried_without_storing_any(self, outdial: Commands, csv: Path) -> None:
        listed = outdial("records", "import", str(csv), "--new", "Tried")["record_list_id"]
        with csv.open("a") as file:
            file.write("Eva,Diaz,+12025550145\nBea,,+12025550144\n")
        tried = outdial("records", "import", str(csv), "--list", listed, "--dry-run", code=8)
        assert (tried["rows"], tried["accepted"], tried["rejected"], tried["duplicates"]) == (4, 1, 1, 2)
        assert tried["by_kind"] == {"missing_last_name": 1}
        fresh = outdial("records", "import", str(csv), "--new", "Not made", "--dry-run", code=8)
        assert (fresh["accepted"], fresh["rejected"], fresh["duplicates"]) == (3, 1, 0)
        assert outdial("records", "import", str(csv), "--list", listed, code=8)["accepted"] == tried["accepted"]

    def test_that_the_list_has_are_updated_where_that_is_asked_for(self, outdial: Commands, csv: Path) -> None:
        update = ("records", "import", str(csv), "--duplicates", "update")
        first = outdial(*update, "--new", "Updated")
        csv.write_text("First name,Last name,Mobile\nEva,Diaz,+12025550145\nEva,Dias,+12025550142\n")
        tried = outdial(*update, "--list", first["record_list_id"], "--dry-run")
        assert (tried["accepted"], tried["updated"], tried["duplicates"]) == (1, 1, 0)
        again = outdial(*update, "--list", first["record_list_id"])
        assert (again["accepted"], again["updated"], again["records_count"]) == (1, 1, 3)
        assert outdial(*update, "--new", "Not made", "--dry-run")["accepted"] == 2
        for wrong in (("--new", "x", "--unique-by", "NOTHING"), ("--resume", MISSING)):
            assert outdial.refused(*update[: 3 - (wrong[0] == "--resume")], *update[3:], *wrong) == (2, "usage")
        assert outdial.refused("records", "import", str(csv), "--new", "x", "--duplicates", "keep") == (2, "usage")

    def test_of_a_file_that_was_sent_are_waited_for_again(self, outdial: Commands, csv: Path) -> None:
        first = outdial("records", "import", str(csv), "--new", "Interrupted")
        again = outdial("records", "import", "--resume", first["upload_request_id"])
        assert again == first
        assert outdial.refused("records", "import", str(csv), "--resume", MISSING) == (2, "usage")
        assert outdial.refused("records", "import", "--resume", MISSING)[0] == 3

    def test_of_a_file_that_is_no_list_are_a_usage_error(self, outdial: Commands, csv: Path) -> None:
        csv.write_bytes(b"\xff\xfe")
        assert outdial("records", "import", str(csv), "--new", "No list", code=2)["status"] == "CORRUPTED"

    def test_need_exactly_one_list_and_a_file(self, outdial: Commands, csv: Path) -> None:
        assert outdial.refused("records", "import", str(csv)) == (2, "usage")
        assert outdial.refused("records", "import", str(csv), "--new", "x", "--list", MISSING) == (2, "usage")
        assert outdial.refused("records", "import", f"{csv}.gone", "--new", "x") == (2, "usage")
        assert outdial.refused("records", "import", str(csv), "--list", MISSING)[0] == 3


def test_dnc_check_says_by_which_list(outdial: Commands, served: Served) -> None:
    with served.api() as api:
        lists = [api.create_dnc_list(name)["id"] for name in ("Theirs", "Ours")]
        api.add_dnc_entry(lists[1], "+12025550142", reason="asked for it")
    both = ("--list", lists[0], "--list", lists[1])
    found = outdial("dnc", "check", "+12025550142", *both)
    assert found["blocked"] is True
    assert [entry["do_not_call_list_id"] for entry in found["entries"]] == [lists[1]]
    assert any(line.endswith("asked for it") for line in outdial.lines("dnc", "check", "+12025550142", *both))
    assert outdial("dnc", "check", "+12025550143", *both)["blocked"] is False
    assert outdial.refused("dnc", "check", "nonsense", *both)[0] == 2
    assert outdial.refused("dnc", "check", "+12025550142", "--list", MISSING)[0] == 3


class TestSignIn:
    def test_may_come_from_a_file(
        self, outdial: Commands, served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = tmp_path / "client.json"
        file.write_text(json.dumps(served.client))
        kept = {"OUTDIAL_API_URL": served.address, "OUTDIAL_CLIENT_FILE": str(file)}
        monkeypatch.setattr("os.environ", served.home.environment | kept)
        assert "total" in outdial("campaign", "list")
        file.write_text("{}")
        assert outdial.refused("campaign", "list") == (2, "invalid")

    def test_that_is_missing_or_wrong_is_not_allowed(self, outdial: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(os.environ, "OUTDIAL_CLIENT_SECRET", "wrong")
        assert outdial.refused("campaign", "list") == (4, "invalid_client")
        monkeypatch.delitem(os.environ, "OUTDIAL_CLIENT_SECRET")
        assert outdial.refused("campaign", "list") == (4, "not-signed-in")

    def test_to_a_server_that_is_not_there_is_unreachable(
        self, outdial: Commands, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Port 1 of this machine: nothing listens there.
        monkeypatch.setitem(os.environ, "OUTDIAL_API_URL", "http://127.0.0.1:1")
        assert outdial.refused("campaign", "list") == (6, "unreachable")
        monkeypatch.setitem(os.environ, "OUTDIAL_API_URL", "ftp://127.0.0.1")
        assert outdial.refused("campaign", "list") == (2, "invalid")


class TestForecast:
    def test_a_campaign_that_never_dialed_is_foreseen_by_assumptions_that_are_told(
        self, outdial: Commands, served: Served, tmp_path: Path, csv: Path
    ) -> None:
        campaign = made(outdial, tmp_path, "Foreseen")
        imported = outdial("records", "import", str(csv), "--new", "Foreseen")
        with served.api() as api:
            api.assign(campaign, "record-lists", [{"id": imported["record_list_id"]}])
        found = outdial(
            "forecast", campaign, "--agents", "1,2", "--hours", "00:00-00:00", "--talk", "20", "--cap", "0.025"
        )
        assert found["status"] == "DONE"
        result = found["result"]
        assert result["records"] == 2
        assert [one["agents"] for one in result["scenarios"]] == [1, 2]
        assert result["scenarios"][0]["max_abandonment_rate"] == 2.5
        assert any("20 s" in sentence for sentence in result["assumptions"])
        lines = outdial.lines("forecast", campaign, "--agents", "2", "--hours", "00:00-00:00")
        assert any(line.startswith("done by") for line in lines)
        assert any("connected" in line for line in lines)

    def test_what_cannot_be_foreseen_or_was_never_watched_is_refused(self, outdial: Commands, tmp_path: Path) -> None:
        assert outdial.refused("forecast", MISSING, "--agents", "2") == (3, "campaign-not-found")
        campaign = made(outdial, tmp_path, "Without agents")
        assert outdial.refused("forecast", campaign) == (7, "campaign-not-forecastable")
        assert outdial.refused("campaign", "calibration", campaign) == (3, "calibration-not-found")


def test_lists_are_printed_as_an_object_a_line(
    outdial: Commands, served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    with served.api() as api:
        names = {api.create_campaign({"name": f"A line {number}"})["name"] for number in range(2)}
    capsys.readouterr()
    assert execute(["campaign", "list", "--jsonl"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert names <= {line["name"] for line in lines}
    assert {line["schema_version"] for line in lines} == {1}
