"""Refusals as answers: one error body, and one table from what went wrong to status and code.

The seven-digit codes belong to the compatible paths; `/v1` has the same members with the domain's own kebab-case
codes, and `/oauth` has the shape that OAuth gives to errors.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.media import answer_type
from outdial.domain.errors import (
    Conflict,
    FieldProblem,
    Invalid,
    NotFound,
    NotPossible,
    NotSignedIn,
    OutdialError,
    Unavailable,
)

log = structlog.get_logger(__name__)

STATUS_OF_FAMILY: Final[Mapping[type[OutdialError], int]] = {
    Invalid: 400,
    NotSignedIn: 401,
    NotFound: 404,
    Conflict: 409,
    NotPossible: 422,
    Unavailable: 503,
}

# What only the edge can find wrong, by the code that /v1 shows.
EDGE_STATUS: Final[Mapping[str, int]] = {
    "unauthorized": 401,
    "scope-missing": 403,
    "csrf-refused": 403,
    "metrics-closed": 403,
    "unknown-path": 404,
    "method-not-allowed": 405,
    "request-still-running": 409,
    "precondition-failed": 412,
    "body-too-large": 413,
    "unsupported-media-type": 415,
    "idempotency-key-reused": 422,
    "rate-limited": 429,
    "internal-error": 500,
    "unavailable": 503,
}


@dataclass(frozen=True, slots=True)
class Resources:
    """The paths under a prefix and their codes, by the code of the error or of a class it descends from.

    `generic` is the code of everything that the table does not name. A pair sets the status too, where the
    compatible API has one of its own.
    """

    prefix: str
    generic: str
    codes: Mapping[str, str | tuple[int, str]]


_RESOURCES: Final = (
    Resources(
        "/record-lists",
        "0530900",
        {
            "unauthorized": "0530901",
            "scope-missing": "0530902",
            "not-possible": "0530905",
            "upload-request-not-possible": "0530904",
            "conflict": "0530907",
            "not-found": "0530910",
            "record-list-not-found": "0530910",
            "record-list-full": (400, "0530911"),
            "record-not-found": "0530920",
            "no-phone-number": "0530921",
            "csv-metadata-missing": "0530933",
            "callback-endpoint-missing": "0530934",
            "callback-method-missing": "0530935",
            "too-many-records": "0530936",
            "unknown-upload-request": "0530937",
            "no-timezone": "0530940",
            "unique-identifier-type-invalid": "0530941",
            "upload-request-not-found": "0530950",
            "upload-request-not-waiting": "0530951",
            "no-file": "0530963",
            "team-invalid": "0530964",
            "teams-not-replaceable": (417, "0530965"),
            "teams-not-removable": (417, "0530966"),
            "list-file-too-large": (413, "0530906"),
            "upload-file-too-large": (413, "0530908"),
            "file-too-large": (413, "0530908"),
            "too-many-upload-requests": "0531000",
        },
    ),
    Resources(
        "/do-not-call-lists",
        "0531500",
        {
            "unauthorized": "0531501",
            "scope-missing": "0531502",
            "not-possible": "0531505",
            "not-found": "0531510",
            "dnc-entry-not-found": "0531520",
            "list-file-too-large": (413, "0531506"),
            "too-many-entries": (413, "0531508"),
            "team-invalid": "0531526",
        },
    ),
    Resources(
        "/dialer-integrations",
        "0530900",
        {"unauthorized": "0530901", "scope-missing": "0530902", "not-found": "0530910", "unknown-path": "0530910"},
    ),
    Resources(
        "/v1/record-list",
        "0530900",
        {
            "unauthorized": "0530901",
            "scope-missing": "0530902",
            "not-found": "0530910",
            "record-not-found": "0530920",
            "internal-error": "0380001",
            "unavailable": "0380002",
        },
    ),
    Resources(
        "/data/reports",
        "1020001",
        {
            "scope-missing": "1020004",
            "report-address-refused": (403, "1020004"),
            "report-bounds-reversed": "1020005",
            "report-file-not-found": "1020008",
            "not-found": "1020011",
            "report-span-too-long": "1020013",
            "report-timezone-unknown": "1020016",
            "too-many-report-jobs": (429, "1020017"),
            "unauthorized": "1020018",
            "unavailable": "1020019",
        },
    ),
    Resources(
        "/schedule-callbacks",
        "0532006",
        {
            "unauthorized": "0011003",
            "scope-missing": "0532003",
            "not-found": "0532002",
            # Of what a patch may be answered with, only this means "not like this".
            "not-possible": (400, "0532006"),
        },
    ),
)
_CAMPAIGNS: Final = Resources(
    "/",
    "0530001",
    {
        "not-found": "0530002",
        "unknown-path": "0530002",
        "scope-missing": "0530003",
        "unauthorized": "0530004",
        "conflict": "0530005",
        "not-possible": "0530008",
    },
)


_OURS: Final = ("/v1", "/health", "/metrics")
_PLATFORM: Final = {"rate-limited": "0012001"}
"""Codes that all resources share."""


class Refused(Exception):
    """Something that the edge itself finds wrong; `key` is one of `EDGE_STATUS`, or `status` is given."""

    def __init__(
        self,
        key: str,
        message: str,
        *,
        status: int | None = None,
        fields: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.key, self.status, self.fields, self.headers = key, status or EDGE_STATUS[key], tuple(fields), headers


def _under(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(f"{prefix}/")


def resources_of(path: str) -> Resources:
    """Whose codes a path speaks; paths that nobody owns speak the campaigns'."""
    return next((resources for resources in _RESOURCES if _under(path, resources.prefix)), _CAMPAIGNS)


def _is_ours(path: str) -> bool:
    """Whether a path shows the domain's own codes: all of ours but what the compatible API has there."""
    return any(_under(path, own) for own in _OURS) and resources_of(path) is _CAMPAIGNS


def _code(path: str, keys: Sequence[str], status: int) -> tuple[int, str]:
    if _is_ours(path):
        return status, keys[0]
    if keys[0] in _PLATFORM:
        return status, _PLATFORM[keys[0]]
    resources = resources_of(path)
    for key in keys:
        match resources.codes.get(key):
            case str(code):
                return status, code
            case (own_status, code):
                return own_status, code
    return status, resources.generic


def is_oauth(path: str) -> bool:
    """Whether errors under a path have OAuth's shape."""
    return _under(path, "/oauth")


def refusal(path: str, error: type[OutdialError] | str | tuple[int, str]) -> tuple[int, str]:
    """Status and code with which a path tells an error: one of the domain, of `EDGE_STATUS`, or with a status given."""
    if isinstance(error, tuple):
        status, key = error
        return (status, key) if is_oauth(path) else _code(path, [key], status)
    if isinstance(error, str):
        status, key = _code(path, [error], EDGE_STATUS[error])
    else:
        status, key = _code(path, _codes_of(error), _status_of(error))
    return status, oauth_error(status) if is_oauth(path) else key


def meaning_of(path: str, code: str) -> str | None:
    """A code in words, as the tables know it."""
    if _is_ours(path) or is_oauth(path):
        return re.sub("[-_]", " ", code)
    resources = resources_of(path)
    known = {found if isinstance(found, str) else found[1]: key for key, found in resources.codes.items()}
    known |= {found: key for key, found in _PLATFORM.items()}
    return known[code].replace("-", " ") if code in known else None


def oauth_error(status: int) -> str:
    """The word that OAuth has for what the edge refuses."""
    return _OAUTH_ERROR.get(status, "invalid_request")


def _lineage(error: type[OutdialError]) -> list[type[OutdialError]]:
    return [cls for cls in error.__mro__ if issubclass(cls, OutdialError)]


def _codes_of(error: type[OutdialError]) -> list[str]:
    return list(dict.fromkeys(cls.code for cls in _lineage(error)))


def _status_of(error: type[OutdialError]) -> int:
    return next((STATUS_OF_FAMILY[cls] for cls in _lineage(error) if cls in STATUS_OF_FAMILY), 500)


def problem(
    request: Request,
    status: int,
    keys: Sequence[str],
    message: str,
    *,
    fields: Sequence[FieldProblem] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An error in the shape that the request's path promises; `keys` from the most to the least specific."""
    if is_oauth(request.url.path):
        return oauth_problem(status, oauth_error(status), message, headers)
    status, code = _code(request.url.path, keys, status)
    body: dict[str, Any] = {"code": code, "message": message}
    if fields and status not in (417, 429):
        body["description"] = f"{len(fields)} field{'s' if len(fields) > 1 else ''} failed validation"
    if fields:
        body["fields"] = [{"name": field.name, "description": field.description} for field in fields]
    return Response(_json(body), status, headers, answer_type(request))


_OAUTH_ERROR: Final = {401: "invalid_client", 500: "server_error", 503: "temporarily_unavailable"}


def oauth_problem(status: int, error: str, description: str, headers: Mapping[str, str] | None = None) -> Response:
    """An error as RFC 6749 section 5.2 writes it."""
    body = _json({"error": error, "error_description": description})
    return Response(body, status, {"Cache-Control": "no-store"} | dict(headers or {}), "application/json")


def _json(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def on_domain_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, OutdialError)
    fields: Sequence[FieldProblem] = getattr(error, "fields", ())
    return problem(request, _status_of(type(error)), _codes_of(type(error)), str(error), fields=fields)


def on_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return problem(request, error.status, [error.key], str(error), fields=error.fields, headers=error.headers)


def on_http_error(request: Request, error: Exception) -> Response:
    """What the framework finds by itself: no such path, or no such method on it."""
    assert isinstance(error, HTTPException)
    key, message = {
        404: ("unknown-path", "there is nothing at this path"),
        405: ("method-not-allowed", f"{request.method} is not possible here"),
    }.get(error.status_code, ("invalid", str(error.detail)))
    return problem(request, error.status_code, [key], message, headers=error.headers)


def on_unread_parameters(request: Request, error: Exception) -> Response:
    """A route that left reading to the framework: the same shape as everywhere."""
    assert isinstance(error, RequestValidationError)
    fields = [FieldProblem(".".join(str(part) for part in e["loc"][1:]), e["msg"]) for e in error.errors()]
    return problem(request, 400, ["invalid"], "Invalid input", fields=fields)


def on_database_away(request: Request, error: Exception) -> Response:
    log.warning("database_away", error=type(error).__name__)
    message = "the database does not answer; please try again"
    return problem(request, 503, ["unavailable"], message, headers={"Retry-After": "1"})


def on_internal_error(request: Request, request_id: str) -> Response:
    """The answer to a mistake of ours: nothing of it leaves the log but the id to find it by."""
    return problem(request, 500, ["internal-error"], f"internal error; the log has it under request {request_id}")
