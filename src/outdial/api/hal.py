"""Answers in HAL: absolute links, instants as the API writes them, members that are absent left out."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from outdial.api.media import answer_type
from outdial.api.services import services_of

Link = dict[str, str]


def url(request: Request, path: str) -> str:
    """The absolute address of a path: under the public address if one is set, else under the request's own host."""
    base = services_of(request).public_url or str(request.base_url)
    return base.rstrip("/") + path


def link(request: Request, path: str) -> Link:
    return {"href": url(request, path)}


def instant(at: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, such as `2026-02-03T09:15:27.410Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def without_absent(members: Mapping[str, Any]) -> dict[str, Any]:
    """The members that have a value: absent ones are left out, never null."""
    return {name: value for name, value in members.items() if value is not None}


def hal(request: Request, body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(content, status, headers, answer_type(request))


def nothing() -> Response:
    """204: done, and there is nothing to say."""
    return Response(status_code=204)
