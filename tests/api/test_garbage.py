"""Whatever JSON is sent to whichever route: it is taken or refused as the document says, and never a fault of ours."""

import copy
import json
import os
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outdial.api.http import document
from outdial.api.services import Services
from tests.api.conftest import Parts, new_app
from tests.api.every_route import Door, World, a_world, doors
from tests.api.held_against import operation_of

READERS = [door for door in doors() if door.reads_a_body]
LONG = bool(os.environ.get("OUTDIAL_TEST_LONG"))
EXAMPLES = 4_000 if LONG else 1_000

TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["", "\0", "\ud800", "x" * 3000, "running", "replace", "/status", "+12025550142", "9" * 30, "-0"]),
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([0, -1, 2**31, 2**63, 10**400, 1e308, -0.0, 0.5]),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
)
GARBAGE = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=12
)


def example_of(door: Door) -> Any:
    """The body that the document gives as an example of the door."""
    operation = operation_of(door.method, door.path)
    assert operation is not None
    content = next(iter(operation["requestBody"]["content"].values()))
    name = content["examples"]["example"]["$ref"].rpartition("/")[2]
    return copy.deepcopy(document()["components"]["examples"][name]["value"])


def places(body: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to all values in a body."""
    yield at
    if isinstance(body, dict | list):
        for step, inside in body.items() if isinstance(body, dict) else enumerate(body):
            yield from places(inside, (*at, step))


@st.composite
def asked(draw: st.DrawFn) -> tuple[Door, Any]:
    """A door and what is sent to it: rubbish alone, or its example with rubbish instead of a value or beside it."""
    door = draw(st.sampled_from(READERS))
    body = example_of(door)
    *way, last = draw(st.sampled_from(list(places(body)))) or (None,)
    rubbish = draw(GARBAGE)
    if last is None:
        return door, draw(st.sampled_from([rubbish, [rubbish], [body, rubbish], {"value": body}]))
    around = body
    for step in way:
        around = around[step]
    match draw(st.sampled_from(["instead", "nothing", "beside", "around"])):
        case "instead":
            around[last] = rubbish
        case "nothing":
            del around[last]
        case "beside" if isinstance(around, dict):
            around[draw(TEXTS)] = rubbish
        case _:
            around[last] = [around[last]] * 3
    return door, body


@pytest.fixture
async def app(services: Services) -> AsyncIterator[FastAPI]:
    app = new_app(services)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def world(api: httpx.AsyncClient, parts: Parts) -> World:
    return await a_world(api, parts, number="+1202555014", account="default")


def test_every_route_that_reads_json_takes_part() -> None:
    assert len(READERS) >= 40
    assert all(example_of(door) is not None for door in READERS)


@settings(max_examples=EXAMPLES, derandomize=True, suppress_health_check=list(HealthCheck))
@given(sent=asked())
async def test_no_json_is_a_fault(api: httpx.AsyncClient, world: World, sent: tuple[Door, Any]) -> None:
    """The client of these tests holds every answer against the document: an undocumented one fails, too."""
    door, body = sent
    headers = {"Content-Type": "application/json"}
    answer = await api.request(door.method, world.address(door), content=json.dumps(body), headers=headers)
    assert answer.status_code < 500, f"{door}: {answer.text}"
