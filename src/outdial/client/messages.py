"""Between the steps of a call and the HTTP library."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx

from outdial.client.calls import Answer, Ask

TIMEOUT = httpx.Timeout(30.0, connect=10.0)
"""Seconds: a connection has 10, and no silence on it may last longer than 30."""


def request_of(
    http: httpx.Client | httpx.AsyncClient, ask: Ask, content: Iterator[bytes] | AsyncIterator[bytes] | None
) -> httpx.Request:
    """The request that a step asks for; `content` is its file, freshly opened."""
    given: dict[str, Any] = {
        "params": ask.query or None,
        "headers": {"Accept": "application/json", **(ask.headers or {})},
    }
    if ask.body is not None:
        given["json"] = ask.body
    if ask.form is not None:
        given["data"] = dict(ask.form)
    if content is not None:
        given["content"] = content
    return http.build_request(ask.method, ask.url, **given)


def answer_of(response: httpx.Response) -> Answer:
    return Answer(
        response.status_code, {name.lower(): value for name, value in response.headers.items()}, response.content
    )


def unreachable(base_url: httpx.URL, error: httpx.TransportError) -> str:
    """What to tell about an exchange that failed; neither tokens nor signed addresses are repeated."""
    return f"no answer from {base_url}: {error or type(error).__name__}"
