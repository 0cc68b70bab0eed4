"""Refusals: the shape and the code of each, whatever a client sends or the machine does."""

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import Response
from structlog.testing import capture_logs

from outdial.api.bodies import read_json
from outdial.api.hal import hal
from outdial.api.http import create_app
from outdial.api.problems import STATUS_OF_FAMILY, resources_of
from outdial.api.services import Services
from outdial.domain.errors import Conflict, Invalid, NotFound, NotPossible, OutdialError, Unavailable
from tests.api.conftest import BASE_URL, Bearer, created

NAME = json.dumps({"name": "Spring"}).encode()


async def send(api: httpx.AsyncClient, content: bytes, content_type: str = "application/json") -> httpx.Response:
    return await api.post("/campaigns", content=content, headers={"Content-Type": content_type})


class TestBodies:
    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"  ",
            b"{",
            b"{'name': 'Spring'}",
            b'{"name": "Spring",}',
            b'{"name": "Spring"} x',
            b'{"name": "Spring", "priority": NaN}',
            b'{"name": "Spring", "priority": Infinity}',
            b'{"name": "Spring", "priority": -Infinity}',
            b'{"name": "Spring", "priority": 1e999}',
            b'{"name": "Spring", "priority": ' + b"9" * 5000 + b"}",
            b'{"name": "\xff\xfe"}',
            '{"name": "Spring"}'.encode("utf-16"),
            b'{"name": "Spr\\u0000ing"}',
            b'{"name": "Spr\\ud800ing"}',
            b'{"name": "Spring", "\\u0000": 1}',
            b"[" * 200_000,
            b"[" * 100_000 + b"]" * 100_000,
            b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
            b"\x00\x01\x02",
        ],
    )
    async def test_what_is_no_json_is_400(self, api: httpx.AsyncClient, content: bytes) -> None:
        answer = await send(api, content)
        assert (answer.status_code, answer.json()["code"]) == (400, "0530001")
        assert (await api.get("/campaigns")).json()["total"] == 0

    @pytest.mark.parametrize("content", [b"null", b"[]", b'"x"', b"5", b"true", b"[" * 400 + b"]" * 400])
    async def test_json_that_is_no_campaign_is_400_with_fields(self, api: httpx.AsyncClient, content: bytes) -> None:
        answer = await send(api, content)
        assert (answer.status_code, answer.json()["code"]) == (400, "0530001")
        assert answer.json()["description"] == "1 field failed validation"

    async def test_a_byte_order_mark_is_forgiven(self, api: httpx.AsyncClient) -> None:
        assert (await send(api, b"\xef\xbb\xbf" + NAME)).status_code == 201

    @pytest.mark.parametrize(
        "content_type",
        [
            "application/json",
            "application/hal+json",
            "application/json-patch+json",
            "Application/JSON; charset=utf-8",
        ],
    )
    async def test_three_media_types_are_read(self, api: httpx.AsyncClient, content_type: str) -> None:
        assert (await send(api, NAME, content_type)).status_code == 201

    @pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "", "json"])
    async def test_ruling_22_others_are_415(self, api: httpx.AsyncClient, content_type: str) -> None:
        answer = await send(api, NAME, content_type)
        assert (answer.status_code, answer.json()["code"]) == (415, "0530001")

    async def test_ruling_22_a_body_has_at_most_one_mebibyte(self, api: httpx.AsyncClient) -> None:
        fits = NAME + b" " * (1024 * 1024 - len(NAME))
        assert (await send(api, fits)).status_code == 201
        answer = await send(api, fits + b" ")
        assert (answer.status_code, answer.json()["code"]) == (413, "0530001")

    async def test_a_body_that_does_not_say_its_length_is_counted(self, api: httpx.AsyncClient) -> None:
        async def ten_megabytes() -> Any:
            for _ in range(160):
                yield b" " * 65536

        answer = await api.post("/campaigns", content=ten_megabytes())
        assert answer.status_code == 413


class TestPaths:
    @pytest.mark.parametrize(
        ("method", "path", "status", "code"),
        [
            ("GET", "/nothing", 404, "0530002"),
            ("GET", "/campaigns/", 404, "0530002"),
            ("GET", "/campaigns/x/nothing", 404, "0530002"),
            ("PUT", "/campaigns", 405, "0530001"),
            ("PUT", "/campaigns/x", 405, "0530001"),
            ("GET", "/record-lists/x/y/z", 404, "0530900"),
            ("GET", "/do-not-call-lists/x/y/z", 404, "0531500"),
            ("GET", "/schedule-callbacks/x/y/z", 404, "0532006"),
            ("GET", "/v1/nothing", 404, "unknown-path"),
        ],
    )
    async def test_ruling_22_paths_and_methods_that_do_not_exist_speak_their_familys_code(
        self, api: httpx.AsyncClient, method: str, path: str, status: int, code: str
    ) -> None:
        answer = await api.request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert set(answer.json()) == {"code", "message"}

    async def test_under_oauth_errors_have_the_shape_of_oauth(self, api: httpx.AsyncClient) -> None:
        answer = await api.get("/oauth/token")
        assert answer.status_code == 405
        assert set(answer.json()) == {"error", "error_description"}


class TestMediaTypeOfAnswers:
    @pytest.mark.parametrize(
        ("accept", "expected"),
        [
            (None, "application/hal+json"),
            ("*/*", "application/hal+json"),
            ("application/json", "application/json"),
            ("application/json, text/plain, */*", "application/json"),
            ("application/hal+json, application/json", "application/hal+json"),
            ("application/hal+json;q=0.5, application/json", "application/json"),
            ("text/html;q=x,;;,", "application/hal+json"),
        ],
    )
    async def test_hal_unless_plain_json_is_asked_for(
        self, api: httpx.AsyncClient, accept: str | None, expected: str
    ) -> None:
        headers = {} if accept is None else {"Accept": accept}
        for path in ("/campaigns", "/campaigns/x"):
            assert (await api.get(path, headers=headers)).headers["content-type"] == expected


def every_error(family: type[OutdialError] = OutdialError) -> list[type[OutdialError]]:
    return [family, *(error for child in family.__subclasses__() for error in every_error(child))]


class TestDomainErrors:
    def test_every_error_has_a_code_of_its_own_and_a_family(self) -> None:
        errors = every_error()
        codes = [error.code for error in errors]
        assert len(codes) == len(set(codes)), sorted(code for code in codes if codes.count(code) > 1)
        for error in errors[1:]:
            assert any(issubclass(error, family) for family in STATUS_OF_FAMILY), error

    def test_resources_are_told_by_whole_path_segments(self) -> None:
        assert resources_of("/record-lists/1").generic == "0530900"
        assert resources_of("/record-listsx").generic == "0530001"


class TestTheUnexpected:
    @pytest.fixture
    async def broken(self, services: Services) -> Any:
        """A client of an application whose extra routes fail as they are told."""
        router = APIRouter()
        failures = {
            "bug": ZeroDivisionError("password=hunter2"),
            "away": ConnectionRefusedError("no socket"),
            "unavailable": Unavailable("later"),
            "not-found": NotFound("gone"),
            "conflict": Conflict("busy"),
            "not-possible": NotPossible("no"),
            "invalid": Invalid("wrong"),
        }

        @router.get("/v1/fail/{how}")
        @router.get("/campaigns/fail/{how}")
        async def fail(how: str) -> None:
            raise failures[how]

        @router.post("/v1/echo")
        async def echo(request: Request) -> Response:
            return hal(request, await read_json(request))

        app: FastAPI = create_app(replace(services, database_away=(OSError,)))
        app.include_router(router)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE_URL) as client:
            yield client

    async def test_a_bug_is_500_and_gives_nothing_away_but_the_request_to_look_for(
        self, broken: httpx.AsyncClient
    ) -> None:
        with capture_logs() as logs:
            answer = await broken.get("/campaigns/fail/bug")
        assert (answer.status_code, answer.json()["code"]) == (500, "0530001")
        assert [(entry["event"], entry["request_id"]) for entry in logs] == [
            ("request_failed", answer.headers["x-request-id"])
        ]
        assert "hunter2" not in answer.text
        assert answer.headers["x-request-id"] in answer.json()["message"]
        with capture_logs():
            assert (await broken.get("/v1/fail/bug")).json()["code"] == "internal-error"

    @pytest.mark.parametrize("how", ["away", "unavailable"])
    async def test_without_the_database_it_is_503(self, broken: httpx.AsyncClient, how: str) -> None:
        assert (await broken.get(f"/campaigns/fail/{how}")).status_code == 503
        answer = await broken.get(f"/v1/fail/{how}")
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")

    @pytest.mark.parametrize(
        ("how", "status", "code"),
        [
            ("invalid", 400, "0530001"),
            ("not-found", 404, "0530002"),
            ("conflict", 409, "0530005"),
            ("not-possible", 422, "0530008"),
        ],
    )
    async def test_ruling_22_v1_has_the_same_members_with_codes_in_words(
        self, broken: httpx.AsyncClient, how: str, status: int, code: str
    ) -> None:
        compatible = await broken.get(f"/campaigns/fail/{how}")
        ours = await broken.get(f"/v1/fail/{how}")
        assert (compatible.status_code, compatible.json()["code"]) == (status, code)
        assert ours.json() == {**compatible.json(), "code": how}

    async def test_every_answer_names_its_request(self, broken: httpx.AsyncClient) -> None:
        first, second = await broken.get("/nothing"), await broken.get("/nothing")
        assert first.headers["x-request-id"] != second.headers["x-request-id"]


async def test_the_api_describes_itself(api: httpx.AsyncClient, bearer: Bearer) -> None:
    paths = (await api.get("/openapi.json")).json()["paths"]
    assert set(paths["/campaigns/{campaign_id}"]) == {"get", "patch", "delete"}
    assert await created(api)


@given(accept=st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=30))
def test_no_accept_header_is_too_strange(accept: str) -> None:
    from outdial.api.media import answer_type

    scope = {"type": "http", "headers": [(b"accept", accept.encode("latin-1"))]}
    assert answer_type(Request(scope)) in {"application/json", "application/hal+json"}
