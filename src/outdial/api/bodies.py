"""Reading a request's body: bounded, and only when the route asks for it.

Compatible routes call this after token, scope and existence, so that the order of refusals is 401, 403, 404, 400.
"""

import json
import math
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request

from outdial.api.media import READABLE, media_type
from outdial.api.problems import Refused
from outdial.domain.errors import Invalid

LARGEST_JSON: Final = 1024 * 1024
"""Bytes of a JSON body."""


async def read_bytes(request: Request, limit: int) -> bytes:
    """The whole body, if it has no more than `limit` bytes."""
    too_large = Refused("body-too-large", f"the body has more than {limit} bytes", headers={"Connection": "close"})
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:19]) > limit:
        raise too_large
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise too_large
    except ClientDisconnect:
        raise Invalid("the body ended early") from None
    return bytes(body)


async def read_json(request: Request, limit: int = LARGEST_JSON) -> Any:
    """The body as plain JSON values; text in them is what can be stored.

    Raises:
        Refused: of another media type (415) or too large (413).
        Invalid: no JSON, or JSON that nobody should send: NaN, endless nesting, halves of characters.
    """
    sent_as = request.headers.get("content-type")
    if sent_as is not None and media_type(sent_as) not in READABLE:
        raise Refused("unsupported-media-type", "the body must be application/json or application/hal+json")
    body = await read_bytes(request, limit)
    if not body.strip():
        raise Invalid("the request needs a JSON body")
    try:
        text = body.decode("utf-8-sig")
        value = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except RecursionError:
        raise Invalid("the JSON body is nested too deeply") from None
    except ValueError as error:
        where = f": line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise Invalid(f"the body is not valid JSON{where}") from None
    # Only an escape can smuggle these in: as bytes, JSON and UTF-8 forbid them by themselves.
    if "\\u" in text:
        _check_text(value)
    return value


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _check_text(value: Any) -> None:
    """Refuse the NUL character, which PostgreSQL cannot store, and lone surrogates, which UTF-8 cannot write."""
    left = [value]
    while left:
        match left.pop():
            case str(text):
                if any(c == "\0" or "\ud800" <= c <= "\udfff" for c in text):
                    raise Invalid("the body has a character that no text may have")
            case list(items):
                left += items
            case dict(members):
                left += members.keys()
                left += members.values()
