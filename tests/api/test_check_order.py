"""Refusals come in one order on every route: 401, 403, 404, then the body (415, 400), then the state (409, 422)."""

from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI

from outdial.api.describe import demanded
from outdial.domain.access import Scope
from tests.api.conftest import Bearer, Parts, created, make_ready
from tests.api.every_route import NOBODY, Door, World, a_world, doors, nobodys, routes
from tests.api.test_record_lists import a_list

CODES = {
    "/campaigns": ("0530004", "0530003"),
    "/record-lists": ("0530901", "0530902"),
    "/do-not-call-lists": ("0531501", "0531502"),
    "/schedule-callbacks": ("0011003", "0532003"),
    "/dialer-integrations": ("0530901", "0530902"),
    "/data/reports": ("1020018", "1020004"),
    "/v1/record-list/": ("0530901", "0530902"),
    "/v1": ("unauthorized", "scope-missing"),
}
"""The codes of 401 and 403 by the beginning of the path."""

BROKEN = b"{"
JSON = {"Content-Type": "application/json"}


def codes_of(door: Door) -> tuple[str, str]:
    return next(codes for prefix, codes in CODES.items() if door.path.startswith(prefix))


class Walk:
    """What was found at each door, so that one test tells of all that are wrong."""

    def __init__(self) -> None:
        self.wrong: list[str] = []

    def expect(self, door: Door, answer: httpx.Response, status: int, *codes: str) -> None:
        code = answer.json().get("code") if answer.status_code == status and answer.content else None
        if answer.status_code != status or (codes and code not in codes):
            self.wrong.append(f"{door}: {answer.status_code} {answer.text}, not {status} {' '.join(codes)}")


@pytest.fixture
def walk() -> Iterator[Walk]:
    walked = Walk()
    yield walked
    assert not walked.wrong, "\n".join(walked.wrong)


def test_only_these_routes_want_no_token() -> None:
    """They look at a client's own credentials, at a signed address, or at nothing that is anybody's."""
    assert {route.path for route in routes() if demanded(route) is None} == {
        "/oauth/token",
        "/oauth/authorize",
        "/oauth/introspect",
        "/oauth/certs",
        "/oauth/2023-10/certs",
        "/openapi.json",
        "/docs",
        "/docs/{name}",
        # The page where people sign in, and its parts.
        "/",
        "/console",
        "/console/{path:path}",
        "/v1/login",
        "/v1/login/password",
        "/v1/login/options",
        "/v1/login/link",
        "/v1/login/link/peek",
        "/v1/login/openid",
        "/v1/login/openid/callback",
        # For load balancers; for the one who runs the installation, by a token of its own.
        "/health",
        "/health/live",
        "/metrics",
        "/uploads/{token}",
        "/data/reports/outbound_dialer_calls/downloads/{token}",
    }


async def test_without_a_token_every_route_is_401_whatever_else_is_wrong(
    stranger: httpx.AsyncClient, walk: Walk
) -> None:
    for door in doors():
        answer = await stranger.request(door.method, nobodys(door), content=BROKEN, headers=JSON)
        walk.expect(door, answer, 401, codes_of(door)[0])


async def test_without_its_scope_every_route_is_403_whatever_else_is_wrong(
    stranger: httpx.AsyncClient, bearer: Bearer, walk: Walk
) -> None:
    for door in doors():
        # All that does not open this door; of two that it takes together, also the one without the other.
        opened = frozenset(scope for demanded in door.demands for scope in demanded)
        kept = [frozenset(Scope) - opened]
        kept += [frozenset(Scope) - {scope} for demanded in door.demands if len(demanded) > 1 for scope in demanded]
        for scopes in kept:
            headers = JSON | await bearer(*scopes)
            answer = await stranger.request(door.method, nobodys(door), content=BROKEN, headers=headers)
            walk.expect(door, answer, 403, codes_of(door)[1])


BY_TOPIC = "/v1/console/snapshot"
"""Which of its scopes is enough depends on the topic that is asked for: see test_stream."""


async def test_its_scopes_are_enough_for_every_route(stranger: httpx.AsyncClient, bearer: Bearer, walk: Walk) -> None:
    for door in doors():
        for together in door.demands if door.has_an_end and door.path != BY_TOPIC else ():
            headers = JSON | await bearer(*together)
            answer = await stranger.request(door.method, nobodys(door), content=BROKEN, headers=headers)
            if answer.status_code in (401, 403):
                walk.expect(door, answer, 404)


async def test_what_does_not_exist_is_404_before_the_body_is_looked_at(api: httpx.AsyncClient, walk: Walk) -> None:
    for door in doors():
        for headers in (JSON, {"Content-Type": "text/plain"}):
            if door.parameters:
                answer = await api.request(door.method, nobodys(door), content=BROKEN, headers=headers)
                walk.expect(door, answer, 404)


@pytest.fixture
async def world(api: httpx.AsyncClient, parts: Parts) -> World:
    return await a_world(api, parts, number="+1202555014", account="default")


async def test_every_parameter_of_a_path_has_a_thing_to_try_it_with(world: World) -> None:
    assert [str(door) for door in doors() if not world.known(door)] == []


async def test_what_exists_is_read_and_its_last_part_is_404_alone(
    api: httpx.AsyncClient, world: World, walk: Walk
) -> None:
    for door in doors():
        if world.known(door) and len(door.parameters) > 1:
            address = world.address(door, **{door.parameters[-1]: NOBODY})
            answer = await api.request(door.method, address, content=BROKEN, headers=JSON)
            walk.expect(door, answer, 404)


async def test_then_comes_the_body(api: httpx.AsyncClient, world: World, walk: Walk) -> None:
    for door in doors():
        if world.known(door) and door.reads_a_body:
            for content_type, status in (("application/json", 400), ("text/plain", 415)):
                headers = {"Content-Type": content_type}
                answer = await api.request(door.method, world.address(door), content=BROKEN, headers=headers)
                walk.expect(door, answer, status)


class TestThenTheState:
    """A body that is wrong is 400 even where a right one would be 409 or 422."""

    async def test_of_a_campaign(self, api: httpx.AsyncClient) -> None:
        path = await created(api)
        start = {"op": "REPLACE", "path": "status", "value": "running"}
        wrong = await api.patch(path, json=[start, start | {"path": "nothing"}])
        assert (wrong.status_code, (await api.patch(path, json=start)).status_code) == (400, 422)

    async def test_of_a_running_campaign(self, api: httpx.AsyncClient, parts: Parts) -> None:
        path = await created(api)
        await make_ready(api, parts, path)
        assert (await api.patch(path, json={"op": "replace", "path": "status", "value": "running"})).status_code == 200
        assert (await api.delete(path)).json()["code"] == "0530005"

    async def test_of_a_record_list(self, app: FastAPI, api: httpx.AsyncClient) -> None:
        path = await a_list(api)
        right = {"op": "replace", "path": "/status", "value": "UPLOADED"}
        async with app.router.lifespan_context(app):
            wrong = await api.patch(path, json=[right | {"value": "ACCEPTED"}])
            assert (wrong.status_code, (await api.patch(path, json=[right])).status_code) == (400, 409)

    async def test_of_a_record(self, api: httpx.AsyncClient, world: World) -> None:
        path = f"/record-lists/{world.things['record-lists list_id']}/records/{world.things['record_id']}"
        forbidden = {"op": "replace", "path": "/external_id", "value": "x"}
        wrong = await api.patch(path, json=[forbidden, {"op": "replace", "path": "/priority"}])
        assert (wrong.status_code, (await api.patch(path, json=[forbidden])).status_code) == (400, 422)

    async def test_of_a_do_not_call_entry(self, api: httpx.AsyncClient, world: World) -> None:
        path = f"/do-not-call-lists/{world.things['do-not-call-lists list_id']}/entries/{world.things['entry_id']}"
        forbidden = {"op": "replace", "path": "/reason", "value": "x"}
        wrong = await api.patch(path, json=[forbidden, {"op": "replace", "path": "/expiration_date", "value": "soon"}])
        assert (wrong.status_code, (await api.patch(path, json=[forbidden])).status_code) == (400, 422)
