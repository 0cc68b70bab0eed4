"""Commands that work on the database, beside a running server."""

import json
import time
from collections.abc import Iterator

import pytest

from outdial.cli import execute
from tests.acceptance.outdial_process import PATIENCE, Home, fresh_home

pytestmark = pytest.mark.xdist_group("commands")


@pytest.fixture(scope="module")
def shared_home() -> Iterator[Home]:
    """One server for all commands of this module, and its home."""
    with fresh_home() as home:
        running = home.up()
        try:
            yield home
        finally:
            assert running.stop() == 0


class Commands:
    """Runs commands inside this process, which is quicker than a process for each."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str) -> dict[str, object]:
        """The result of a command that must succeed."""
        code = execute([*arguments, "--json"])
        out, err = self._capsys.readouterr()
        assert code == 0, err
        result: dict[str, object] = json.loads(out)
        return result

    def refused(self, *arguments: str) -> tuple[int, str]:
        """The exit code and the error code of a command that must fail."""
        code = execute([*arguments, "--json"])
        out, err = self._capsys.readouterr()
        assert out == ""
        error: str = json.loads(err.splitlines()[-1])["error"]["code"]
        return code, error


@pytest.fixture
def outdial(shared_home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Commands:
    monkeypatch.setattr("os.environ", shared_home.environment)
    return Commands(capsys)


def names(listed: dict[str, object], noun: str, member: str = "name") -> list[object]:
    rows = listed[noun]
    assert isinstance(rows, list)
    return [row[member] for row in rows]


class TestAccounts:
    def test_there_is_one_from_the_beginning(self, outdial: Commands) -> None:
        assert "default" in names(outdial("accounts", "list"), "accounts")

    def test_a_name_is_given_once(self, outdial: Commands) -> None:
        outdial("accounts", "create", "twice")
        assert outdial.refused("accounts", "create", "twice") == (5, "account-exists")

    def test_an_account_that_is_not_there_is_not_found(self, outdial: Commands) -> None:
        assert outdial.refused("users", "list", "--account", "nobody") == (3, "account-not-found")

    def test_accounts_see_nothing_of_each_other(self, outdial: Commands) -> None:
        for account in ("north", "south"):
            outdial("accounts", "create", account)
            # The same address and the same number may exist in both.
            outdial("users", "create", "--name", f"Ana {account}", "--email", "ana@example.com", "--account", account)
            outdial("numbers", "add", "+12025550142", "--account", account)
            outdial("clients", "create", "--name", account, "--scopes", "campaigns:read", "--account", account)
        assert names(outdial("users", "list", "--account", "south"), "users") == ["Ana south"]
        assert names(outdial("clients", "list", "--account", "south"), "clients") == ["south"]
        assert outdial("numbers", "list", "--account", "south")["total"] == 1


class TestUsers:
    def test_an_address_belongs_to_one_user_however_it_is_written(self, outdial: Commands) -> None:
        outdial("users", "create", "--name", "Rui", "--email", "rui@example.com")
        again = outdial.refused("users", "create", "--name", "Rui Lopes", "--email", "RUI@example.com")
        assert again == (5, "email-taken")

    def test_many_may_have_none(self, outdial: Commands) -> None:
        outdial("accounts", "create", "unnamed")
        for _ in range(2):
            outdial("users", "create", "--name", "Ana", "--account", "unnamed")
        assert outdial("users", "list", "--account", "unnamed")["total"] == 2

    def test_a_page_starts_and_ends_where_it_is_asked_to(self, outdial: Commands) -> None:
        outdial("accounts", "create", "paged")
        for name in ("Ana", "Bruno", "Carla"):
            outdial("users", "create", "--name", name, "--account", "paged")
        page = outdial("users", "list", "--account", "paged", "--offset", "1", "--limit", "1")
        assert names(page, "users") == ["Bruno"]
        assert page["total"] == 3

    @pytest.mark.parametrize("email", ["ana", "ana@", "@example.com", "ana@localhost", "a b@example.com"])
    def test_what_is_no_address_is_refused(self, email: str, outdial: Commands) -> None:
        assert outdial.refused("users", "create", "--name", "Ana", "--email", email) == (2, "invalid")

    def test_a_name_is_needed(self, outdial: Commands) -> None:
        assert outdial.refused("users", "create", "--name", "  ") == (2, "invalid")


class TestNumbers:
    def test_a_number_is_added_once(self, outdial: Commands) -> None:
        assert outdial("numbers", "add", "+12025550143")["phone_number"] == "+12025550143"
        assert outdial.refused("numbers", "add", "+12025550143") == (5, "number-taken")

    @pytest.mark.parametrize(
        "number", ["12025550142", "+1 202 555 0142", "+1202555014", "+0123456789", "+999123456789", "+1٢٠٢٥٥٥٠١٤٢"]
    )
    def test_what_is_not_e164_is_refused(self, number: str, outdial: Commands) -> None:
        assert outdial.refused("numbers", "add", number) == (2, "invalid")


class TestTrunks:
    def test_the_engine_of_another_process_drains_one_and_takes_it_back(self, outdial: Commands) -> None:
        def become(state: str) -> None:
            for _ in range(int(PATIENCE / 0.1)):
                if names(outdial("trunks", "list"), "trunks", "state") == [state]:
                    return
                time.sleep(0.1)
            raise AssertionError(outdial("trunks", "list"))

        become("TAKES_CALLS")
        try:
            assert outdial("trunks", "drain", "simulated")["drained"] is True
            become("DRAINED")
            checks = outdial("doctor")["checks"]
            assert isinstance(checks, list)
            assert [(one["level"], one["found"]) for one in checks if one["check"] == "dialing over simulated"] == [
                ("warn", "drained")
            ]
        finally:
            outdial("trunks", "resume", "simulated")
        become("TAKES_CALLS")

    def test_one_that_is_not_there_is_not_found(self, outdial: Commands) -> None:
        assert outdial.refused("trunks", "drain", "nobody-knows-it") == (3, "trunk-not-found")


class TestDatabase:
    def test_a_running_server_has_the_schema_of_its_release(self, outdial: Commands) -> None:
        revision = outdial("db", "check")["schema"]
        assert outdial("db", "upgrade") == {"schema_version": 1, "before": revision, "after": revision}

    def test_the_doctor_finds_a_running_server_well(self, outdial: Commands) -> None:
        levels = outdial("doctor")["checks"]
        assert isinstance(levels, list)
        by_check = {check["check"]: check["level"] for check in levels}
        assert [by_check[name] for name in ("database", "migrations", "clock", "zones")] == ["ok"] * 4


class TestForeignDatabase:
    def test_one_that_does_not_answer_is_told_of_without_its_password(
        self, outdial: Commands, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        # Port 1 of this machine: nothing listens there.
        monkeypatch.setenv("OUTDIAL_DATABASE_URL", "postgresql://ana:hunter2@127.0.0.1:1/outdial")
        assert execute(["users", "list", "--json"]) == 6
        err = capsys.readouterr().err
        assert json.loads(err)["error"]["code"] == "database-unreachable"
        assert "hunter2" not in err

    def test_the_doctor_says_so_and_fails(self, outdial: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OUTDIAL_DATABASE_URL", "postgresql://ana@127.0.0.1:1/outdial")
        assert execute(["doctor"]) == 1

    def test_something_else_than_postgresql_is_refused(
        self, outdial: Commands, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OUTDIAL_DATABASE_URL", "mysql://ana@127.0.0.1/outdial")
        assert outdial.refused("users", "list") == (2, "invalid")


def test_the_api_describes_itself_without_a_database(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OUTDIAL_DATABASE_URL", "postgresql://ana@127.0.0.1:1/outdial")
    assert execute(["openapi"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["openapi"].startswith("3.")
    assert "/campaigns" in document["paths"]
