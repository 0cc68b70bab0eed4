"""Both clients over an answering machine: what is sent, what is sent again, what is not."""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from outdial.client import (
    ApiError,
    AsyncClient,
    Client,
    Conflict,
    Invalid,
    NotAllowed,
    NotFinished,
    NotFound,
    NotPossible,
    Patience,
    TooManyRequests,
    Unavailable,
    UnexpectedAnswer,
    Unreachable,
)
from outdial.client.calls import Answer, Ask, Calls, Pause

Reply = httpx.Response | Exception
TOKEN = {"access_token": "secret-token", "token_type": "Bearer", "expires_in": 599}


class Server:
    """Answers with what it was told to, in this order, and keeps what it was asked; tokens are free."""

    def __init__(self, *replies: Reply) -> None:
        self._replies = list(replies)
        self.asked: list[httpx.Request] = []
        self.tokens = 0
        self.slept: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        if request.url.path.endswith("/oauth/token"):
            self.tokens += 1
            return httpx.Response(200, json={**TOKEN, "access_token": f"token-{self.tokens}"})
        self.asked.append(request)
        reply = self._replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply

    def client(self, **options: Any) -> Client:
        transport = httpx.MockTransport(self)
        return Client("https://dialer.test/base", "crm", "s3:cret", transport=transport, sleep=self.sleep, **options)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def ok(**body: Any) -> httpx.Response:
    return httpx.Response(200, json=body)


def page(items: list[str], number: int, pages: int) -> httpx.Response:
    embedded = {"campaigns": [{"id": item} for item in items]}
    return ok(total=9, count=len(items), page=number, per_page=2, total_pages=pages, _embedded=embedded)


class TestRequests:
    def test_go_below_the_base_url_with_the_token_and_ask_for_json(self) -> None:
        server = Server(ok(id="a b"))
        with server.client() as outdial:
            assert outdial.campaign("a/b")["id"] == "a b"
        (request,) = server.asked
        assert str(request.url) == "https://dialer.test/base/campaigns/a%2Fb"
        assert request.headers["authorization"] == "Bearer token-1"
        assert request.headers["accept"] == "application/json"

    def test_for_a_token_authenticate_with_form_encoded_credentials(self) -> None:
        call = Calls("crm", "s3:cret").get_campaign("x")
        ask = call.send(None)
        assert isinstance(ask, Ask)
        assert (ask.method, ask.url, ask.form) == ("POST", "/oauth/token", {"grant_type": "client_credentials"})
        assert ask.headers is not None
        assert base64.b64decode(ask.headers["Authorization"].removeprefix("Basic ")) == b"crm:s3%3Acret"

    def test_leave_out_what_was_not_given_and_write_truth_in_lower_case(self) -> None:
        server = Server(page([], 1, 1), ok(total=0, page=1, total_pages=1, _embedded={"record_lists": []}))
        with server.client() as outdial:
            outdial.campaign_page(action_required=True, status="READY")
            assert list(outdial.record_lists()) == []
        queries = [dict(request.url.params) for request in server.asked]
        assert queries[0] == {"action_required": "true", "status": "READY", "page": "1", "per_page": "50"}
        assert queries[1] == {"page": "1", "per_page": "50"}

    @pytest.mark.parametrize(
        ("change", "operation"),
        [
            (lambda outdial: outdial.start_campaign("x"), ("/status", "RUNNING")),
            (lambda outdial: outdial.pause_campaign("x"), ("/status", "PAUSED")),
            (lambda outdial: outdial.rename_campaign("x", "North"), ("/name", "North")),
        ],
    )
    def test_that_change_a_campaign_are_patches(
        self, change: Callable[[Client], object], operation: tuple[str, str]
    ) -> None:
        server = Server(ok(id="x"))
        with server.client() as outdial:
            change(outdial)
        assert server.asked[0].method == "PATCH"
        assert server.asked[0].headers["content-type"] == "application/json-patch+json"
        path, value = operation
        assert json.loads(server.asked[0].content) == [{"op": "replace", "path": path, "value": value}]

    def test_for_pages_are_made_as_they_are_needed(self) -> None:
        server = Server(page(["a", "b"], 1, 3), page(["c", "d"], 2, 3), page(["e"], 3, 3))
        with server.client() as outdial:
            campaigns: Iterator[Any] = outdial.campaigns(per_page=2)
            assert [next(campaigns)["id"] for _ in range(2)] == ["a", "b"]
            assert len(server.asked) == 1
            assert [each["id"] for each in campaigns] == ["c", "d", "e"]

    def test_of_a_file_carry_its_facts_its_length_and_no_token(self, tmp_path: Path) -> None:
        file = tmp_path / "feb.csv"
        file.write_bytes(b"hello")
        address = "https://elsewhere.test/uploads/1?signature=2"
        server = Server(ok(id="x", status="INCOMPLETE", signed_url=address), httpx.Response(200), ok(status="UPLOADED"))
        with server.client() as outdial:
            assert outdial.upload_new_list("February", file)["status"] == "UPLOADED"
        created, put, patched = server.asked
        assert json.loads(created.content) == {
            "name": "February",
            "unique_identifier_type": "PHONE_NUMBER",
            "csv_metadata": {
                "filename": "feb.csv",
                "byte_size": 5,
                "checksum": "5d41402abc4b2a76b9719d911017c592",
                "content_type": "text/csv",
            },
        }
        assert (str(put.url), put.content, put.headers["content-length"]) == (address, b"hello", "5")
        assert "authorization" not in put.headers
        assert "transfer-encoding" not in put.headers
        assert (patched.method, patched.url.path) == ("PATCH", "/base/record-lists/x")

    def test_of_a_file_that_updates_records_say_so(self, tmp_path: Path) -> None:
        file = tmp_path / "feb.csv"
        file.write_bytes(b"hello")
        waits = ok(id="u", signed_url="https://elsewhere.test/uploads/1")
        checked, canceled, imported = ok(accepted=1), ok(), ok(id="u", status="UPLOADED")
        put = httpx.Response(200)
        server = Server(waits, put, checked, canceled, waits, put, imported)
        with server.client() as outdial:
            assert outdial.check_for_list("x", file, duplicates="UPDATE")["accepted"] == 1
            assert outdial.upload_to_list("x", file, duplicates="UPDATE")["status"] == "UPLOADED"
        for asked, what in ((server.asked[2], "check"), (server.asked[6], "import")):
            assert asked.url.path == f"/base/v1/upload-requests/u/{what}"
            assert json.loads(asked.content) == {"duplicates": "UPDATE"}


class TestTokens:
    def test_are_fetched_once_for_many_requests(self) -> None:
        server = Server(ok(), ok())
        with server.client() as outdial:
            outdial.campaign("x")
            outdial.campaign("x")
        assert server.tokens == 1

    def test_that_are_refused_are_replaced_and_the_request_is_sent_again(self) -> None:
        server = Server(httpx.Response(401, json={"code": "0530004", "message": "expired"}), ok(id="x"))
        with server.client() as outdial:
            assert outdial.create_campaign({"name": "North"})["id"] == "x"
        assert [request.headers["authorization"] for request in server.asked] == ["Bearer token-1", "Bearer token-2"]

    def test_are_not_asked_for_without_end(self) -> None:
        server = Server(*(httpx.Response(401, json={"code": "0530004", "message": "no"}) for _ in range(2)))
        with server.client() as outdial, pytest.raises(NotAllowed):
            outdial.campaign("x")
        assert server.tokens == 2

    def test_that_are_none_show_that_something_else_answers(self) -> None:
        def answer(_: httpx.Request) -> httpx.Response:
            return httpx.Response(200, text="<html>")

        transport = httpx.MockTransport(answer)
        with Client("https://dialer.test", "a", "b", transport=transport) as outdial, pytest.raises(UnexpectedAnswer):
            outdial.campaign("x")


class TestRetries:
    @pytest.mark.parametrize("trouble", [httpx.ConnectError("x"), httpx.ReadError("x"), httpx.Response(503)])
    def test_a_question_is_asked_again(self, trouble: Reply) -> None:
        server = Server(trouble, ok(id="x"))
        with server.client() as outdial:
            assert outdial.campaign("x")["id"] == "x"
        assert len(server.slept) == 1

    def test_a_command_is_sent_again_when_nothing_was_sent(self) -> None:
        server = Server(httpx.ConnectError("refused"), ok(id="x"))
        with server.client() as outdial:
            assert outdial.start_campaign("x")["id"] == "x"

    @pytest.mark.parametrize(
        "trouble",
        [httpx.ReadTimeout("x"), httpx.Response(503), httpx.Response(409, headers={"Retry-After": "1"})],
    )
    def test_a_creation_is_sent_again_under_the_same_key(self, trouble: Reply) -> None:
        server = Server(trouble, ok(id="x"), ok(id="y"))
        with server.client() as outdial:
            assert outdial.create_campaign({})["id"] == "x"
            assert outdial.create_campaign({})["id"] == "y"
        first, again, other = (request.headers["idempotency-key"] for request in server.asked)
        assert first == again != other

    @pytest.mark.parametrize(
        ("trouble", "error"),
        [
            (httpx.ReadTimeout("x"), Unreachable),
            (httpx.Response(503), Unavailable),
            (httpx.Response(429), TooManyRequests),
        ],
    )
    def test_a_patch_that_may_have_arrived_is_not(self, trouble: Reply, error: type[Exception]) -> None:
        server = Server(trouble)
        with server.client() as outdial, pytest.raises(error):
            outdial.start_campaign("x")
        assert (len(server.asked), server.slept) == (1, [])

    def test_neither_is_what_the_server_has_a_fault_with(self) -> None:
        server = Server(httpx.Response(500))
        with server.client() as outdial, pytest.raises(ApiError):
            outdial.campaign("x")
        assert server.slept == []

    def test_end_when_patience_does(self) -> None:
        server = Server(*(httpx.ConnectError("refused") for _ in range(3)))
        with server.client(patience=Patience(attempts=3)) as outdial, pytest.raises(Unreachable, match=r"dialer\.test"):
            outdial.campaign("x")
        assert len(server.slept) == 2

    def test_wait_as_long_as_the_server_asks_within_reason(self) -> None:
        replies = [httpx.Response(429, headers={"Retry-After": asked}) for asked in ("7", "86400")]
        server = Server(*replies, ok(id="x"))
        with server.client(patience=Patience(first_pause=1.0, longest_pause=20.0)) as outdial:
            outdial.campaign("x")
        assert server.slept == [7.0, 20.0]

    async def test_are_the_asynchronous_clients_too(self) -> None:
        server = Server(httpx.ConnectError("refused"), ok(id="x"))

        async def sleep(seconds: float) -> None:
            server.slept.append(seconds)

        transport = httpx.MockTransport(server)
        async with AsyncClient("https://dialer.test", "a", "b", transport=transport, sleep=sleep) as outdial:
            assert (await outdial.campaign("x"))["id"] == "x"
        assert len(server.slept) == 1


class TestErrors:
    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (400, Invalid),
            (401, NotAllowed),
            (403, NotAllowed),
            (404, NotFound),
            (409, Conflict),
            (412, Conflict),
            (413, Invalid),
            (422, NotPossible),
            (500, ApiError),
        ],
    )
    def test_have_a_type_for_each_thing_that_one_can_do_about_them(self, status: int, kind: type[ApiError]) -> None:
        body = {"code": "0530005", "message": "no", "fields": [{"name": "name", "description": "is taken"}]}
        replies = [httpx.Response(status, json=body, headers={"X-Request-Id": "r1"}) for _ in range(2)]
        with Server(*replies).client() as outdial, pytest.raises(ApiError) as refused:
            outdial.campaign("x")
        error = refused.value
        assert type(error) is kind
        assert (error.status, error.code, error.message, error.request_id) == (status, "0530005", "no", "r1")
        assert [(field.name, field.description) for field in error.fields] == [("name", "is taken")]

    def test_that_the_api_did_not_write_have_a_code_all_the_same(self) -> None:
        server = Server(httpx.Response(502, text="<html>bad gateway"))
        with server.client() as outdial, pytest.raises(Unavailable) as refused:
            outdial.campaign("x")
        assert (refused.value.status, refused.value.code) == (502, "http-502")

    def test_a_redirection_is_one(self) -> None:
        server = Server(httpx.Response(302, headers={"Location": "https://elsewhere.test"}))
        with server.client() as outdial, pytest.raises(ApiError) as refused:
            outdial.campaign("x")
        assert refused.value.status == 302


def test_waiting_for_a_list_ends_some_time() -> None:
    server = Server(*(ok(id="x", status="UPLOADED") for _ in range(20)))
    with server.client() as outdial, pytest.raises(NotFinished, match="UPLOADED"):
        outdial.wait_for_list("x", seconds=30)
    assert 30 <= sum(server.slept) < 40


def test_waiting_for_a_list_asks_less_and_less_often() -> None:
    calls = Calls("a", "b").wait_for_list("x", 60)
    pauses: list[float] = []
    step = calls.send(None)
    while len(pauses) < 4:
        if isinstance(step, Pause):
            pauses.append(step.seconds)
            step = calls.send(None)
        else:
            body = TOKEN if step.url == "/oauth/token" else {"id": "x", "status": "UPLOADED"}
            step = calls.send(Answer(200, {}, json.dumps(body).encode()))
    assert pauses == sorted(set(pauses))
