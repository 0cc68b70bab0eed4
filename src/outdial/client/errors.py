"""What can go wrong between a client and the API: refusals by their status, and everything that is no answer."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final


class ClientError(Exception):
    """Anything that the client raises on purpose."""


class Unreachable(ClientError):
    """No answer came. A request that changes something may have arrived all the same."""


class NotFinished(ClientError):
    """What was waited for did not happen in time; it goes on without being watched."""


class UnexpectedAnswer(ClientError):
    """The answer is not what the API promises: probably something else answers at this address."""


@dataclass(frozen=True, slots=True)
class Field:
    """A wrong member of a request: its dotted path, and what would have been right."""

    name: str
    description: str


class ApiError(ClientError):
    """The API refused a request.

    Args:
        status: the HTTP status.
        code: the API's own code, such as `0530002` (`invalid_client` and the like from the token endpoint).
        fields: the wrong members, where members were wrong.
        request_id: by which the server's log can be searched.
    """

    def __init__(
        self, status: int, code: str, message: str, fields: Sequence[Field] = (), request_id: str | None = None
    ) -> None:
        super().__init__("; ".join([message, *(f"{field.name}: {field.description}" for field in fields)]))
        self.status, self.code, self.message = status, code, message
        self.fields, self.request_id = tuple(fields), request_id


class Invalid(ApiError):
    """The request is wrong: `fields` tells where."""


class NotAllowed(ApiError):
    """Not signed in, or the scope is missing."""


class NotFound(ApiError):
    """No such thing in the client's account."""


class Conflict(ApiError):
    """Another state or another writer stands in the way."""


class NotPossible(ApiError):
    """The request is sound; a rule does not allow it as things stand."""


class TooManyRequests(ApiError):
    """Asked too often, and still so after the retries."""


class Unavailable(ApiError):
    """The server, or something it depends on, cannot answer now."""


_BY_STATUS: Final[Mapping[int, type[ApiError]]] = {
    400: Invalid,
    401: NotAllowed,
    403: NotAllowed,
    404: NotFound,
    405: Invalid,
    409: Conflict,
    412: Conflict,
    413: Invalid,
    415: Invalid,
    422: NotPossible,
    429: TooManyRequests,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}


def error_of(status: int, content: bytes, request_id: str | None) -> ApiError:
    """The error in an answer; one without a body of the API's has the code `http-STATUS`."""
    body = _object(content)
    code = body.get("code") or body.get("error") or f"http-{status}"
    message = body.get("message") or body.get("error_description") or f"the server answered with status {status}"
    given = body.get("fields")
    fields = [
        Field(str(field.get("name", "")), str(field.get("description", "")))
        for field in (given if isinstance(given, list) else [])
        if isinstance(field, dict)
    ]
    return _BY_STATUS.get(status, ApiError)(status, str(code), str(message), fields, request_id)


def _object(content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
