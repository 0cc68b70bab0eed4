"""From what a client sent to typed values, with every wrong member named: bodies strictly, queries from text."""

import enum
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final, TypeVar, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter, ValidationError, model_validator
from pydantic_core import PydanticCustomError
from starlette.requests import Request

from outdial.domain.errors import FieldProblem, Invalid

T = TypeVar("T")
E = TypeVar("E", bound=enum.Enum)

LARGEST_WHOLE_NUMBER: Final = 4611686018427388000


class Shape(BaseModel):
    """An object in a body: strict types, unknown members ignored, a null the same as an absent member."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, data: Any) -> Any:
        return {name: value for name, value in data.items() if value is not None} if isinstance(data, dict) else data


class Query(BaseModel):
    """Query parameters: text that is read as what it should be; unknown parameters are ignored.

    A parameter that is declared as a list may be repeated; of any other the last one counts.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)


def wrong(description: str) -> PydanticCustomError:
    """What a validator of ours raises; the description is shown to the client as it is."""
    return PydanticCustomError("wrong", "{description}", {"description": description})


def any_case(kind: type[E]) -> BeforeValidator:
    """Read a member of an enumeration without regard to case; `Annotated[DialingMode, any_case(DialingMode)]`."""
    members = {str(member.value).upper(): member for member in kind}

    def read(value: object) -> object:
        if isinstance(value, kind):
            return value
        if isinstance(value, str) and value.isascii() and value.upper() in members:
            return members[value.upper()]
        raise wrong(f"must be one of {', '.join(str(member.value) for member in kind)}")

    return BeforeValidator(read)


def _whole(value: object) -> object:
    if isinstance(value, str):
        if re.fullmatch(r"-?[0-9]{1,19}", value) and abs(int(value)) <= LARGEST_WHOLE_NUMBER:
            return int(value)
        raise wrong("must be a whole number")
    return value


WholeNumber = Annotated[int, BeforeValidator(_whole)]
"""A query parameter that is a whole number."""


def _truth(value: object) -> object:
    if isinstance(value, str):
        if value.lower() in {"true", "false"}:
            return value.lower() == "true"
        raise wrong("must be true or false")
    return value


TrueOrFalse = Annotated[bool, BeforeValidator(_truth)]
"""A query parameter that is true or false."""


def _instant(value: object) -> object:
    if isinstance(value, str):
        # A plus sign that was not escaped arrives as a blank.
        text = re.sub(r" (?=[0-9]{2}:?[0-9]{2}$)", "+", value) if "T" in value.upper() else value
        try:
            at = datetime.fromisoformat(text)
            if len(text) <= 35 and "T" in text.upper():
                return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise wrong("must be a date-time such as 2026-02-03T09:15:27.410Z")
    return value


Instant = Annotated[datetime, BeforeValidator(_instant)]
"""A query parameter that is a date-time; without an offset it is UTC."""


_PLAIN: Final[dict[str, str]] = {
    "missing": "is required",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "string_type": "must be a string",
    "list_type": "must be an array",
    "model_type": "must be an object",
    "dict_type": "must be an object",
}
_WITH_LIMIT: Final[dict[str, tuple[str, str]]] = {
    "greater_than_equal": ("must be at least {}", "ge"),
    "less_than_equal": ("must be at most {}", "le"),
    "string_too_short": ("must have at least {} characters", "min_length"),
    "string_too_long": ("must have at most {} characters", "max_length"),
    "too_short": ("must have at least {} items", "min_length"),
    "too_long": ("must have at most {} items", "max_length"),
}


def field_problems(error: ValidationError, prefix: str = "") -> list[FieldProblem]:
    """Every wrong member, by its dotted name; nothing that the client sent is repeated."""
    found = []
    for detail in error.errors(include_url=False, include_input=False):
        name = ".".join([prefix] * bool(prefix) + [str(part) for part in detail["loc"]])
        kind, context = detail["type"], detail.get("ctx", {})
        if kind in _PLAIN:
            description = _PLAIN[kind]
        elif kind in _WITH_LIMIT:
            words, limit = _WITH_LIMIT[kind]
            description = words.format(context[limit])
        else:
            description = detail["msg"]
        found.append(FieldProblem(name or "body", description))
    return found


def read_as(kind: type[T] | TypeAdapter[T], data: object, *, check: Callable[[T], None] | None = None) -> T:
    """The data as what it should be.

    Raises:
        Invalid: with all wrong members.
    """
    adapter = kind if isinstance(kind, TypeAdapter) else TypeAdapter(kind)
    try:
        value = adapter.validate_python(data)
    except ValidationError as error:
        raise Invalid("Invalid input", field_problems(error)) from None
    if check is not None:
        check(value)
    return value


Q = TypeVar("Q", bound=Query)


def read_query(request: Request, kind: type[Q]) -> Q:
    """The request's query parameters.

    Raises:
        Invalid: with all wrong parameters.
    """
    problems = [
        FieldProblem(name, "has a character that no text may have")
        for name, value in request.query_params.multi_items()
        if "\0" in value
    ]
    if problems:
        raise Invalid("Invalid query", problems)
    given: dict[str, Any] = dict(request.query_params)
    for name, info in kind.model_fields.items():
        parameter = info.alias or name
        if get_origin(info.annotation) is list and parameter in given:
            given[parameter] = request.query_params.getlist(parameter)
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        raise Invalid("Invalid query", field_problems(error)) from None


def all_of(problems: Sequence[FieldProblem], message: str = "Invalid input") -> None:
    """Raises `Invalid` if there is any problem."""
    if problems:
        raise Invalid(message, problems)
