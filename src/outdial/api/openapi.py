"""The OpenAPI 3.1 document, put together from what the routes say about themselves; the page that shows it."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import DefsRef, GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import core_schema
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.describe import AN_ID, FORM, Description, Raw, Refusal, Shown, adapter_of, demanded, description_of
from outdial.api.idempotency import LONGEST_KEY
from outdial.api.media import HAL, JSON
from outdial.api.problems import is_oauth, meaning_of, refusal
from outdial.api.shapes import Shape
from outdial.domain.access import Scope
from outdial.domain.errors import Invalid

TITLE: Final = "Outdial"
VERSION: Final = "1"
ABOUT: Final = """\
Outbound dialing: campaigns, record lists and their records, do-not-call lists, callbacks and reports.

Answers are HAL (`application/hal+json`), or the same as `application/json` for those who ask for it in `Accept`. A
member without a value is left out. Requests may have members that nobody knows; they are ignored, and a null is the
same as an absent member. What is refused has a body with a `code` that never changes its meaning. Of several reasons to
refuse a request the first of these is told: 401, 403, 404, 400, then 409, 412 and 422.

In place of an access token, people who are signed in to the console (`POST /v1/login`) have a cookie, with the scopes
of their role; what changes something then needs the header `X-CSRF-Token` as well.
"""
SCOPES: Final[Mapping[str, str]] = {
    "campaigns:read": "List and view campaigns and what is assigned to them",
    "campaigns:write": "Create, change and delete campaigns, assign and unassign",
    "record-lists:manage": "Everything about record lists and records that the next scope does not allow",
    "record-lists:write": "Say that the file of a record list has been sent",
    "do-not-call-lists:manage": "Everything about do-not-call lists and their entries",
    "do-not-call-lists:read": "View one entry of a do-not-call list",
    "schedule-callbacks:read": "List and view scheduled callbacks",
    "schedule-callbacks:write": "Change and delete scheduled callbacks",
    "dialer-integrations-records:read": "View the record behind a contact",
    "po-record-list-automations:write": "Send events about record lists",
    "data-reports:read": "View report jobs and fetch their files",
    "data-reports:write": "Start and delete report jobs",
    "role-permissions:skip": "Granted to those who ask for it, and never demanded",
    "users:read": "View users and their phones",
    "users:write": "Create, change and delete users and their phones",
    "teams:read": "View teams and who belongs to them",
    "teams:write": "Create, change and delete teams, and say who belongs to them",
    "numbers:read": "View caller ids",
    "numbers:write": "Add, change and delete caller ids",
    "agents:read": "View agents at work and their sessions",
    "agents:write": "Sign agents in and out and say what they do; change what holds for them",
    "events:read": "Hear what happens, as it happens",
    "audit:read": "Read who changed what, from what to what",
    "logins:write": "Say who may sign in to the console, and as what",
    "clients:manage": "Say which programs may use the API, with no more than one may do oneself",
    "trunks:read": "View the trunks of the installation that the account operates",
    "trunks:write": "Drain those trunks, and take them back",
    "desk:use": "Work at one's own desk: for people who are signed in, of no use to a client",
}

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
async def openapi_json(request: Request) -> Response:
    return Response(json.dumps(request.app.state.document(), ensure_ascii=False), media_type=JSON)


def document(routes: Iterable[object]) -> dict[str, Any]:
    """The OpenAPI document of those of the routes that describe themselves, in a stable order."""
    described = [
        Operation(route, method, found)
        for route in routes
        if isinstance(route, APIRoute) and route.include_in_schema and (found := description_of(route)) is not None
        for method in sorted(route.methods or ())
    ]
    described.sort(key=lambda operation: (operation.path, _METHODS.index(operation.method)))
    return _Document(described).whole()


_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
_REF: Final = "#/components/{}/{}"


class Operation:
    """A route under one of its methods."""

    def __init__(self, route: APIRoute, method: str, description: Description) -> None:
        self.route, self.method, self.says = route, method, description
        self.path = route.path_format
        self.id = route.operation_id or route.name
        self.scopes = demanded(route)
        self.parameters = sorted(route.param_convertors)
        self.tags = [str(tag) for tag in route.tags]

    @property
    def repeatable(self) -> bool:
        """Whether it heeds an `Idempotency-Key`."""
        return self.method == "POST" and self.scopes is not None

    @property
    def status(self) -> int:
        return self.route.status_code or 200

    def answers(self) -> dict[int, Any]:
        """The shape of each answer that is no refusal, None for those without a body."""
        not_modified = {304: None} if self.says.tagged and self.method == "GET" else {}
        return {self.status: self.says.answer, **self.says.also, **not_modified}

    def refusals(self) -> list[Refusal]:
        found: list[Refusal] = [*self.says.refuses]
        if self.scopes is not None:
            found += ["unauthorized", "scope-missing", "rate-limited"]
            if self.method != "GET":
                found.append("csrf-refused")
        if self.says.body is not None:
            found += [Invalid, "body-too-large"]
            if not isinstance(self.says.body, Raw) and FORM not in self.says.body_types:
                found.append("unsupported-media-type")
        if self.says.query is not None:
            found.append(Invalid)
        if self.repeatable:
            found += [Invalid, "request-still-running", "idempotency-key-reused"]
        if self.says.conditional:
            found.append("precondition-failed")
        return [*found, "internal-error", "unavailable"]

    def security(self) -> list[dict[str, list[str]]]:
        if self.says.for_clients:
            return [{"client": []}, {}]
        if self.scopes is None:
            return []
        return [{"oauth": sorted(scope.value for scope in all_of_these)} for all_of_these in self.scopes]


class _Schemas(GenerateJsonSchema):
    """Pydantic's schemas, with what `Shape` and `Shown` say about members that are absent."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        drawn = super().model_schema(schema)
        model: type[BaseModel] = schema["cls"]
        drawn.pop("title", None)
        if model.__doc__ is not None and model.__doc__ in (Shown.__doc__, Shape.__doc__):
            drawn.pop("description", None)
        for name, member in drawn.get("properties", {}).items():
            if member.get("default", 0) is None:
                del member["default"]
            if name not in drawn.get("required", ()):
                drawn["properties"][name] = _with_null(member) if issubclass(model, Shape) else _without_null(member)
        return drawn


def _with_null(member: JsonSchemaValue) -> JsonSchemaValue:
    kinds = member.get("anyOf", [member])
    if {"type": "null"} in kinds or not member:
        return member
    outside: JsonSchemaValue = {name: member[name] for name in ("default", "description", "examples") if name in member}
    inside = {name: value for name, value in member.items() if name not in outside}
    return {"anyOf": [*inside.get("anyOf", [inside]), {"type": "null"}], **outside}


def _without_null(member: JsonSchemaValue) -> JsonSchemaValue:
    kinds = [kind for kind in member.get("anyOf", ()) if kind != {"type": "null"}]
    if not kinds:
        return member
    rest = {name: value for name, value in member.items() if name != "anyOf"}
    return {**kinds[0], **rest} if len(kinds) == 1 else {"anyOf": kinds, **rest}


class _Document:
    """Collects the parts of the document while its operations are drawn."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._operations = operations
        self._responses: dict[str, Any] = {}
        self._examples: dict[str, Any] = {}
        kinds: list[tuple[str, JsonSchemaMode, Any]] = []
        for operation in operations:
            says = operation.says
            if says.query is not None:
                kinds.append((f"{operation.id} query", "validation", adapter_of(says.query)))
            if says.body is not None and not isinstance(says.body, Raw):
                kinds.append((f"{operation.id} body", "validation", adapter_of(says.body)))
            for status, shape in operation.answers().items():
                if shape is not None and not isinstance(shape, Raw):
                    kinds.append((f"{operation.id} {status}", "serialization", adapter_of(shape)))
        generator = _Schemas(by_alias=True, ref_template=_REF.format("schemas", "{model}"))
        drawn, self._schemas = generator.generate_definitions(
            [(key, mode, adapter.core_schema) for key, mode, adapter in kinds]
        )
        self._drawn: dict[str, JsonSchemaValue] = {
            key: schema if key.endswith(" query") else self._named(key, schema) for (key, _), schema in drawn.items()
        }

    def _named(self, key: str, schema: JsonSchemaValue) -> JsonSchemaValue:
        """A schema that has no name gets that of its operation: bodies stand under several media types."""
        if "$ref" in schema:
            return schema
        name = "".join(word.capitalize() for word in re.split("[_ ]", key))
        self._schemas[DefsRef(name)] = schema
        return {"$ref": _REF.format("schemas", name)}

    def whole(self) -> dict[str, Any]:
        paths: dict[str, dict[str, Any]] = {}
        for operation in self._operations:
            paths.setdefault(operation.path, {})[operation.method.lower()] = self._operation(operation)
        # A query is no body: its members are drawn as parameters.
        queries = {schema.get("$ref") for key, schema in self._drawn.items() if key.endswith(" query")}
        schemas: dict[str, Any] = {str(name): one for name, one in self._schemas.items()}
        schemas |= _PROBLEMS
        return {
            "openapi": "3.1.0",
            "info": {
                "title": TITLE,
                "version": VERSION,
                "description": ABOUT,
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "servers": [{"url": "/"}],
            "tags": [{"name": tag} for tag in dict.fromkeys(tag for one in self._operations for tag in one.tags)],
            "paths": paths,
            "components": {
                "schemas": {
                    name: schemas[name] for name in sorted(schemas) if _REF.format("schemas", name) not in queries
                },
                "responses": dict(sorted(self._responses.items())),
                "examples": dict(sorted(self._examples.items())),
                "headers": _HEADERS,
                "securitySchemes": _security_schemes(),
            },
        }

    def _operation(self, operation: Operation) -> dict[str, Any]:
        drawn: dict[str, Any] = {
            "operationId": operation.id,
            "tags": operation.tags,
            "summary": operation.route.summary or operation.id.replace("_", " ").capitalize(),
            "security": operation.security(),
        }
        if operation.route.description:
            drawn["description"] = operation.route.description
        if operation.route.deprecated:
            drawn["deprecated"] = True
        if parameters := [*_path_parameters(operation), *self._query_parameters(operation), *_headers_of(operation)]:
            drawn["parameters"] = parameters
        if operation.says.body is not None:
            drawn["requestBody"] = self._body(operation)
        drawn["responses"] = self._answers(operation) | self._refusals(operation)
        return drawn

    def _query_parameters(self, operation: Operation) -> Iterator[dict[str, Any]]:
        if operation.says.query is None:
            return
        schema = self._resolved(self._drawn[f"{operation.id} query"])
        for name, member in schema.get("properties", {}).items():
            member = dict(member)
            drawn: dict[str, Any] = {"name": name, "in": "query", "required": name in schema.get("required", ())}
            if "description" in member:
                drawn["description"] = member.pop("description")
            yield {**drawn, "schema": member}

    def _body(self, operation: Operation) -> dict[str, Any]:
        says = operation.says
        if isinstance(says.body, Raw):
            return {
                "required": says.body_required,
                "content": {says.body.media_type: {"schema": dict(says.body.schema)}},
            }
        schema = self._drawn[f"{operation.id} body"]
        example = says.example if says.example is not None else self._example(schema, whole=False)
        content = {"schema": schema, "examples": {"example": self._kept_example(operation.id, example)}}
        return {"required": says.body_required, "content": dict.fromkeys(says.body_types, content)}

    def _answers(self, operation: Operation) -> dict[str, Any]:
        answers: dict[str, Any] = {}
        for status, shape in operation.answers().items():
            answer: dict[str, Any] = {
                "description": operation.says.says.get(status, _MEANING.get(status, HTTPStatus(status).phrase)),
                "headers": self._headers(operation, status),
            }
            if isinstance(shape, Raw):
                answer["content"] = {
                    media_type: {"schema": dict(shape.schema)} for media_type in (shape.media_type, *shape.also)
                }
            elif shape is not None:
                schema = self._drawn[f"{operation.id} {status}"]
                example = self._kept_example(f"{operation.id}-{status}", self._example(schema, whole=True))
                content = {"schema": schema, "examples": {"example": example}}
                answer["content"] = dict.fromkeys(operation.says.answer_types, content)
            if status == operation.status and (links := self._links(operation)):
                answer["links"] = links
            answers[str(status)] = answer
        return answers

    def _headers(self, operation: Operation, status: int) -> dict[str, Any]:
        headers: dict[str, Any] = {"X-Request-Id": {"$ref": _REF.format("headers", "X-Request-Id")}}
        if operation.says.tagged:
            headers["ETag"] = {"$ref": _REF.format("headers", "ETag")}
        if status == 201 and operation.says.makes is not None:
            headers["Location"] = {"$ref": _REF.format("headers", "Location")}
        for name, meaning in operation.says.headers.get(status, {}).items():
            headers[name] = {"description": meaning, "schema": {"type": "string"}}
        return headers

    def _links(self, operation: Operation) -> dict[str, Any]:
        """To every operation that can be asked with the id of what this one has made."""
        made = operation.says.makes
        if made is None:
            return {}
        known = {name: f"$request.path.{name}" for name in operation.parameters} | {
            made: f"$response.body#{operation.says.made_at}"
        }
        where = f"/{operation.path.rpartition('/')[2]}/{{{made}}}"
        return {
            other.id: {"operationId": other.id, "parameters": {name: known[name] for name in other.parameters}}
            for other in self._operations
            if where in other.path and set(other.parameters) <= known.keys()
        }

    def _refusals(self, operation: Operation) -> dict[str, Any]:
        by_status: dict[int, set[str]] = {}
        for one in operation.refusals():
            status, code = refusal(operation.path, one)
            by_status.setdefault(status, set()).add(code)
        described = operation.answers()
        return {
            str(status): self._refusal(operation.path, status, sorted(codes))
            for status, codes in sorted(by_status.items())
            if status not in described
        }

    def _refusal(self, path: str, status: int, codes: list[str]) -> dict[str, str]:
        name = "-".join([str(status), *codes])
        member, shape, types = (
            ("error", "OAuthProblem", (JSON,)) if is_oauth(path) else ("code", "Problem", (HAL, JSON))
        )
        headers = {"X-Request-Id": {"$ref": _REF.format("headers", "X-Request-Id")}}
        for header in _HEADERS_OF_REFUSALS.get(status, ()):
            headers[header] = {"$ref": _REF.format("headers", header)}
        meanings = [f"`{code}`: {_words(path, code, status)}" for code in codes]
        schema = {"$ref": _REF.format("schemas", shape), "properties": {member: {"enum": codes}}}
        example = {
            member: codes[0],
            ("error_description" if is_oauth(path) else "message"): _words(path, codes[0], status),
        }
        content = {"schema": schema, "examples": {"example": {"value": example}}}
        self._responses[name] = {
            "description": f"{HTTPStatus(status).phrase}. {'; '.join(meanings)}",
            "headers": headers,
            "content": dict.fromkeys(types, content),
        }
        return {"$ref": _REF.format("responses", name)}

    def _kept_example(self, name: str, example: Any) -> dict[str, str]:
        self._examples[name] = {"value": example}
        return {"$ref": _REF.format("examples", name)}

    def _resolved(self, schema: JsonSchemaValue) -> JsonSchemaValue:
        if "$ref" not in schema:
            return schema
        rest = {name: value for name, value in schema.items() if name != "$ref"}
        return {**self._resolved(self._schemas[schema["$ref"].rpartition("/")[2]]), **rest}

    def _example(self, schema: JsonSchemaValue, *, whole: bool) -> Any:
        """What the schema describes, out of the examples of its members; `whole`: with those that may be absent."""
        schema = self._resolved(schema)
        if "examples" in schema:
            return schema["examples"][0]
        for kinds in ("anyOf", "oneOf"):
            if kinds in schema:
                return self._example(schema[kinds][0], whole=whole)
        match schema:
            case {"const": value} | {"enum": [value, *_]}:
                return value
            case {"type": "object"}:
                required = schema.get("required", ())
                return {
                    name: self._example(member, whole=whole)
                    for name, member in schema.get("properties", {}).items()
                    if whole or name in required
                }
            case {"type": "array", "items": items}:
                return [self._example(items, whole=whole)]
            case {"type": "integer" | "number"}:
                return schema.get("minimum", 1)
            case {"type": "boolean"}:
                return schema.get("default", False)
            case {"type": "string"}:
                return _TEXT_OF_FORMAT.get(schema.get("format", ""), schema.get("default", "text"))
        return None


_TEXT_OF_FORMAT: Final = {
    "uuid": AN_ID,
    "date-time": "2026-02-03T09:15:27.410Z",
    "date": "2027-06-30",
    "time": "09:00:00",
    "uri": "https://dialer.example/",
}


def _words(path: str, code: str, status: int) -> str:
    """What a code means, in words: those that the tables of the problems know it by."""
    return meaning_of(path, code) or HTTPStatus(status).phrase.lower()


def _path_parameters(operation: Operation) -> Iterator[dict[str, Any]]:
    for name in operation.parameters:
        schema = {"type": "string", "format": "uuid"} if name.endswith("_id") else {"type": "string"}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _headers_of(operation: Operation) -> Iterator[dict[str, Any]]:
    def header(name: str, meaning: str, **schema: Any) -> dict[str, Any]:
        said = {"type": "string", **schema}
        return {"name": name, "in": "header", "required": False, "description": meaning, "schema": said}

    if operation.repeatable:
        meaning = (
            "The same request with the same key is carried out once, and has the same answer each time. An answer that "
            "holds a secret (`Cache-Control: no-store`) is not kept: then the request is carried out again."
        )
        yield header("Idempotency-Key", meaning, maxLength=LONGEST_KEY, pattern="^[!-~]([ -~]*[!-~])?$")
    if operation.says.conditional:
        yield header("If-Match", "Only if it is still what this ETag names", examples=["*"])
    if operation.says.tagged and operation.method == "GET":
        yield header("If-None-Match", "Only if it is no longer what this ETag names", examples=['"0"'])


_MEANING: Final = {
    200: "Done",
    201: "Made",
    202: "Will be done",
    204: "Done, and there is nothing to say",
    304: "It is what `If-None-Match` names",
}
_HEADERS_OF_REFUSALS: Final[Mapping[int, Sequence[str]]] = {401: ["WWW-Authenticate"], 429: ["Retry-After"]}
_HEADERS: Final[dict[str, Any]] = {
    "X-Request-Id": {
        "description": "Names the request, as the log does",
        "schema": {"type": "string"},
        "required": True,
    },
    "ETag": {"description": "Names this state of it, for `If-Match` and `If-None-Match`", "schema": {"type": "string"}},
    "Location": {
        "description": "The address of what was made",
        "schema": {"type": "string", "format": "uri"},
        "required": True,
    },
    "Retry-After": {"description": "Seconds to wait", "schema": {"type": "string", "pattern": "^[0-9]+$"}},
    "WWW-Authenticate": {"description": "How to authenticate", "schema": {"type": "string"}},
}
_PROBLEMS: Final[dict[str, Any]] = {
    "Problem": {
        "description": "Why a request was refused. A code never changes its meaning; a message may.",
        "type": "object",
        "required": ["code", "message"],
        "properties": {
            "code": {"type": "string"},
            "message": {"type": "string"},
            "description": {"type": "string"},
            "fields": {
                "type": "array",
                "minItems": 1,
                "description": "The members that are wrong, all of them",
                "items": {
                    "type": "object",
                    "required": ["name", "description"],
                    "properties": {
                        "name": {
                            "type": "string",
                            "description": "With dots between the names and places it lies under",
                        },
                        "description": {"type": "string"},
                    },
                },
            },
        },
    },
    "OAuthProblem": {
        "description": "RFC 6749 section 5.2",
        "type": "object",
        "required": ["error", "error_description"],
        "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
    },
}


def _security_schemes() -> dict[str, Any]:
    flow = {"tokenUrl": "/oauth/token", "scopes": {scope.value: SCOPES.get(scope.value, "") for scope in Scope}}
    for_people = {"authorizationUrl": "/oauth/authorize", "refreshUrl": "/oauth/token", **flow}
    return {
        "oauth": {"type": "oauth2", "flows": {"clientCredentials": flow, "authorizationCode": for_people}},
        "client": {
            "type": "http",
            "scheme": "basic",
            "description": "Id and secret of a client; or a signed assertion in the form (RFC 7523)",
        },
    }
