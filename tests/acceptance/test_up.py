"""`outdial up` as its users meet it: a process that answers, stops when asked, and leaves nothing behind."""

import json
import re
import signal
import socket
from collections.abc import Iterator

import httpx
import pytest
from websockets import ConnectionClosed, Origin
from websockets.sync.client import connect

from tests.acceptance.outdial_process import PATIENCE, Home, Up, fresh_home


@pytest.fixture
def home() -> Iterator[Home]:
    with fresh_home() as home:
        yield home


@pytest.fixture
def up(home: Home) -> Iterator[Up]:
    """A server in a home of its own."""
    running = home.up()
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.stop()


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=60).close()
    except ConnectionRefusedError:
        return False
    return True


def token_for(address: str, client: dict[str, str]) -> str:
    response = httpx.post(
        f"{address}/oauth/token",
        auth=(client["client_id"], client["client_secret"]),
        data={"grant_type": "client_credentials"},
        timeout=60,
    )
    assert response.status_code == 200, response.text
    token: str = response.json()["access_token"]
    return token


def test_a_client_made_while_the_server_runs_may_use_the_api_at_once(home: Home, up: Up) -> None:
    client = home.json("clients", "create", "--name", "crm", "--scopes", "campaigns:read campaigns:write")
    token = token_for(up.address, client)
    response = httpx.get(f"{up.address}/campaigns", headers={"Authorization": f"Bearer {token}"}, timeout=60)
    assert response.status_code == 200, response.text
    assert response.json()["total"] == 0


def test_a_secret_is_shown_once_and_never_listed(home: Home, up: Up) -> None:
    made = home.json("clients", "create", "--name", "crm", "--scopes", "campaigns:read")
    listed = home.run("clients", "list", "--json")
    assert [client["client_id"] for client in json.loads(listed.stdout)["clients"]] == [made["client_id"]]
    assert made["client_secret"] not in listed.stdout


def test_it_prints_where_it_answers_and_where_its_documentation_is(up: Up) -> None:
    assert up.said["address"] == f"http://127.0.0.1:{up.port}"
    assert up.address in up.stderr
    assert httpx.get(up.said["docs"], timeout=60).status_code == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_it_ends_well_and_leaves_nothing_behind(number: signal.Signals, home: Home, up: Up) -> None:
    assert answers(up.port)
    assert home.processes() != []
    assert up.stop(number) == 0
    assert not answers(up.port)
    assert home.processes() == []
    assert not (home.folder / "data" / "postmaster.pid").exists()


def test_what_was_stored_is_there_the_next_time(home: Home) -> None:
    first = home.up()
    made = home.json("clients", "create", "--name", "crm", "--scopes", "campaigns:read")
    assert first.stop() == 0
    second = home.up()
    try:
        assert token_for(second.address, made)
    finally:
        assert second.stop() == 0


def test_it_starts_again_after_it_was_killed(home: Home) -> None:
    first = home.up()
    made = home.json("clients", "create", "--name", "crm", "--scopes", "campaigns:read")
    first.stop(signal.SIGKILL)
    second = home.up()
    try:
        assert token_for(second.address, made)
    finally:
        assert second.stop() == 0
    assert home.processes() == []


def test_a_second_one_in_the_same_home_is_refused_and_disturbs_nothing(home: Home, up: Up) -> None:
    refused = home.run("up", "--port", "0", "--json")
    assert refused.returncode == 5
    assert refused.stdout == ""
    error = json.loads(refused.stderr.splitlines()[-1])["error"]
    assert error["code"] == "home-in-use"
    assert str(up.process.pid) in error["message"]
    assert answers(up.port)


def test_a_port_that_was_asked_for_and_is_taken_is_refused_before_anything_is_made(home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        refused = home.run("up", "--port", str(port))
    assert refused.returncode == 5
    assert f"port {port}" in refused.stderr
    assert not home.folder.exists()


def test_a_command_works_without_a_server_and_stops_the_database_it_started(home: Home) -> None:
    assert home.json("users", "list") == {"schema_version": 1, "total": 0, "users": []}
    assert home.processes() == []


def test_the_first_start_leads_to_an_admin_of_the_console(home: Home, up: Up) -> None:
    word = re.search(r"/console/welcome#(\S+)", up.stderr)
    assert word is not None, up.stderr
    person = {"name": "Ana Lima", "email": "ana@example.com", "password": "correct horse battery"}
    with httpx.Client(base_url=up.address, timeout=60) as browser:
        login = browser.post("/v1/login/link", json={"token": word[1], **person})
        assert login.status_code == 200, login.text
        assert browser.get("/campaigns").json()["total"] == 0
        assert browser.delete("/v1/login").status_code == 403, "a change has to name the login's token"
        cookie = {"Cookie": f"outdial_session={browser.cookies['outdial_session']}"}
        address = up.address.replace("http:", "ws:") + "/v1/console/stream"
        with connect(address, origin=Origin(up.address), additional_headers=cookie) as stream:
            stream.send(json.dumps({"op": "sub", "topic": "campaigns"}))
            kinds = {json.loads(stream.recv(PATIENCE))["op"] for _ in range(2)}
            assert kinds == {"heartbeat", "snapshot"}
            up.process.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionClosed, match="1012"):
                while True:
                    stream.recv(PATIENCE)
    up.process.wait(PATIENCE)
    assert home.run("users", "password-link").returncode == 7, "there is an admin now"
    home.json("users", "create", "--name", "Bea", "--email", "bea@example.com")
    assert home.json("users", "role", "bea@example.com", "viewer")["role"] == "viewer"
    assert "/console/welcome#" in home.json("users", "password-link", "bea@example.com")["href"]
