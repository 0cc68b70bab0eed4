"""The links of the document: whatever was made can be asked about with each of them."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from outdial.api.http import document
from outdial.api.services import Services
from tests.api.conftest import Parts, new_app
from tests.api.every_route import World, a_world, doors
from tests.api.test_garbage import example_of

NOTHING_YET = {"calibration-not-found"}
"""What was made is there, and there is nothing to tell about it before it has dialed."""
DOORS = {(door.method, door.path): door for door in doors()}


def linked() -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """Each link: the operation that has it, the one that it leads to, and where the parameters of that come from."""
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            for answer in operation["responses"].values():
                for link in answer.get("links", {}).values():
                    yield f"{method.upper()} {path}", link["operationId"], link["parameters"]


def operation_at(operation_id: str) -> tuple[str, str, dict[str, Any]]:
    return next(
        (method.upper(), path, operation)
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
        if operation["operationId"] == operation_id
    )


@pytest.fixture
async def app(services: Services) -> AsyncIterator[FastAPI]:
    app = new_app(services)
    async with app.router.lifespan_context(app):
        yield app


class Making:
    """Makes what the links begin with: the document's example of each creation, with what must be there already."""

    def __init__(self, api: httpx.AsyncClient, world: World) -> None:
        self._api, self._world, self._count = api, world, 0

    async def made(self, method: str, path: str) -> dict[str, Any]:
        self._count += 1
        things = self._world.things
        body: dict[str, Any] = example_of(DOORS[method, path])
        number = f"+12025550{self._count:03}"
        match path:
            case "/record-lists/{list_id}/records":
                body |= {
                    "external_id": str(self._count),
                    "phone_numbers": [{"phone_number": number, "phone_type": "HOME"}],
                }
            case "/v1/numbers":
                body |= {"phone_number": number}
            case "/v1/teams" | "/v1/dispositions" | "/v1/hour-templates":
                body |= {"name": f"Made {self._count}"}
            case "/v1/users":
                body |= {"email": f"made{self._count}@example.org"}
            case "/v1/sessions":
                body |= {"user_id": await self._a_user(), "campaigns": None}
            case "/v1/phone-agents":
                body |= {"user_id": await self._a_user(), "campaigns": None}
            case "/v1/schedule-callbacks":
                record = await self.made("POST", "/record-lists/{list_id}/records")
                body |= {"campaign_id": things["campaign_id"], "record_id": record["id"]}
                body |= {"time_to_call": "2026-06-06T15:00:00Z"}
        answer = await self._api.request(method, self._world.address(DOORS[method, path]), json=body)
        assert answer.is_success, f"{method} {path}: {answer.text}"
        made: dict[str, Any] = answer.json()
        return made

    async def _a_user(self) -> str:
        made: str = (await self.made("POST", "/v1/users"))["id"]
        return made

    def parameter(self, made: dict[str, Any], path: str, source: str) -> str:
        """The value of a runtime expression."""
        if source.startswith("$request.path."):
            return self._world.thing(DOORS["POST", path], source.removeprefix("$request.path.")) or ""
        found: Any = made
        for step in source.removeprefix("$response.body#/").split("/"):
            found = found[step]
        return str(found)


async def test_each_leads_to_what_was_made(api: httpx.AsyncClient, app: FastAPI, parts: Parts) -> None:
    making = Making(api, await a_world(api, parts, number="+1202555014", account="default"))
    links, wrong = list(linked()), []
    assert len(links) >= 80
    for origin, target, sources in links:
        method, path = origin.split(" ")
        made = await making.made(method, path)
        other, where, operation = operation_at(target)
        values = {name: making.parameter(made, path, source) for name, source in sources.items()}
        body = example_of(DOORS[other, where]) if DOORS[other, where].reads_a_body else None
        query = {
            one["name"]: "x" for one in operation.get("parameters", ()) if one["in"] == "query" and one["required"]
        }
        answer = await api.request(other, where.format(disposition="CONNECTED", **values), json=body, params=query)
        # What else an example names need not be there: of a body the answer says so in other ways, of a query by 404.
        absent = answer.status_code == 404 and not query and answer.json()["code"] not in NOTHING_YET
        if absent or answer.status_code == 405 or answer.status_code >= 500:
            wrong.append(f"{origin} -> {other} {where}: {answer.status_code} {answer.text}")
    assert wrong == []
