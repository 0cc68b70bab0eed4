"""Holds answers of the API against its document: a status, a code or a member that is not described is a failure."""

import functools
import json
import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import httpx
import jsonschema_rs

from outdial.api.http import document


class NotAsDescribed(AssertionError):
    """The API and its document disagree."""


class Described(httpx.AsyncBaseTransport):
    """Hands requests on, and looks at what comes back. Paths that the document does not have pass as they are."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        await answer.aread()
        check(request, answer)
        return answer


def check(request: httpx.Request, answer: httpx.Response) -> None:
    """Raises `NotAsDescribed`."""
    operation = operation_of(request.method, request.url.path)
    if operation is None:
        return
    name = f"{request.method} {request.url.path}: {answer.status_code} {answer.text[:2000]}"
    described = operation["responses"].get(str(answer.status_code))
    if described is None:
        raise NotAsDescribed(f"the document has no such status: {name}")
    described = _resolved(described)
    for header, about in described.get("headers", {}).items():
        if _resolved(about).get("required") and header not in answer.headers:
            raise NotAsDescribed(f"the header {header} is missing: {name}")
    content = described.get("content")
    if not content:
        if answer.content:
            raise NotAsDescribed(f"the document knows no body: {name}")
        return
    sent_as = answer.headers["content-type"].partition(";")[0]
    if sent_as not in content:
        raise NotAsDescribed(f"the document does not have {sent_as}: {name}")
    schema = content[sent_as].get("schema", {})
    if sent_as == "application/json" or sent_as.endswith("+json"):
        for error in _validator(json.dumps(schema, sort_keys=True)).iter_errors(answer.json()):
            where = ".".join(str(step) for step in error.instance_path)
            raise NotAsDescribed(f"{where}: {error.message}: {name}")


def operation_of(method: str, path: str) -> dict[str, Any] | None:
    """The operation of the document that a request means; paths without parameters come before those with them."""
    return next((found[method] for pattern, found in _paths() if method in found and pattern.fullmatch(path)), None)


@functools.cache
def _paths() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    paths = sorted(document()["paths"].items(), key=lambda item: (item[0].count("{"), item[0]))
    return [
        (
            re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))),
            {method.upper(): operation for method, operation in methods.items()},
        )
        for path, methods in paths
    ]


def _resolved(part: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in part:
        return part
    found: Any = document()
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    resolved: dict[str, Any] = found
    return resolved


@functools.cache
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    whole = {**json.loads(schema), "components": _closed_components()}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


@functools.cache
def _closed_components() -> dict[str, Any]:
    """The shapes of answers, without members that they do not name: clients must bear more, the tests do not."""
    schemas = deepcopy(document()["components"]["schemas"])
    for schema in schemas.values():
        for part in _parts(schema):
            if part.get("type") == "object" and "properties" in part:
                part.setdefault("additionalProperties", False)
    return {"schemas": schemas}


def _parts(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        schema = list(schema.values())
    if isinstance(schema, list):
        for one in schema:
            yield from _parts(one)
