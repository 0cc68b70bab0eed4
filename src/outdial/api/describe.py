"""What a route says about itself for the OpenAPI document, said once and beside the route.

Routes read their bodies and queries themselves, so the framework knows nothing of them. This decorator does, and stands
below the one that names the path:

    @router.post("/campaigns", status_code=201, summary="Create a campaign, or duplicate one")
    @described(CampaignShown, query=CreateQuery, body=CampaignIn, makes="campaign_id", refuses=(NumberNotFound,))
    async def create_campaign(request: Request, who: ReadAndWrite) -> Response: ...

Said here is only what the code beside it does not say:

- the first argument is the shape of the answer: a model derived from `Shown`, `pages_of(...)` for a page of a
  collection, `Raw` for what is no JSON, nothing for an answer without a body. The status is the route's. Further
  answers go into `also={202: None}`, with `says={202: "..."}` where the status alone does not tell enough.
- `body` is the shape that `read_as` reads, or a shape for the document alone (`Annotated[Any, WithJsonSchema({...})]`)
  where the code takes more spellings than it promises. `example` is a body that can be sent as it stands.
- `query` is the class that `read_query` reads. A parameter that a validator of ours takes apart says what it is as
  text: `words_schema`, `order_schema` or another `WithJsonSchema` in its annotation.
- `refuses` are the errors of this route: classes derived from `OutdialError`, words of `problems.EDGE_STATUS`, or a
  pair of a status and a word. Status and code follow from the path and the tables in `api/problems.py`.
- `tagged` for answers with an `ETag` (then GET answers 304, too), `conditional` for those that heed `If-Match`.
- `makes="campaign_id"`: the answer's `id` is what other routes have under that name in their path: the links. An answer
  that says it elsewhere tells where: `made_at="/job/id"`.

Not said here, because it is known: scopes and 401, 403, 429 (from `auth.needs`), path parameters, 400, 413 and 415 of a
body, 400 of a query, `Idempotency-Key` with its 400, 409 and 422 on every POST with a token, `X-Request-Id`, 500, 503.

`tests/api/test_openapi.py` finds routes without this, and examples that do not fit their schemas. Every answer that the
tests of the API get is held against the document (`tests/api/conftest.py`): a status, a code or a member that is not
described fails the test.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, TypeVar

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field, TypeAdapter, WithJsonSchema, create_model

from outdial.api.media import HAL, JSON, JSON_PATCH
from outdial.api.shapes import LARGEST_WHOLE_NUMBER, Query
from outdial.domain.access import Scope
from outdial.domain.errors import OutdialError

Refusal = type[OutdialError] | str | tuple[int, str]
"""An error of the domain, a word of `problems.EDGE_STATUS`, or a status with a word."""

Handler = TypeVar("Handler", bound=Callable[..., Any])
T = TypeVar("T")

FORM: Final = "application/x-www-form-urlencoded"
PATCHES: Final = (JSON_PATCH, JSON, HAL)
"""What a JSON Patch may come as."""


class Shown(BaseModel):
    """What the API shows: for the document alone, nothing is made of it. An optional member is left out, never null."""


@dataclass(frozen=True, slots=True)
class Raw:
    """A body that is not of our JSON; `also` are other media types that it may have."""

    media_type: str
    also: tuple[str, ...] = ()
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})


@dataclass(frozen=True, slots=True)
class Description:
    """See the module."""

    answer: Any = None
    also: Mapping[int, Any] = field(default_factory=dict)
    says: Mapping[int, str] = field(default_factory=dict)
    answer_types: Sequence[str] = (HAL, JSON)
    body: Any = None
    body_types: Sequence[str] = (JSON, HAL)
    body_required: bool = True
    example: Any = None
    query: type[Query] | None = None
    refuses: Sequence[Refusal] = ()
    headers: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    tagged: bool = False
    conditional: bool = False
    makes: str | None = None
    made_at: str = "/id"
    for_clients: bool = False


def described(
    answer: Any = None,
    *,
    also: Mapping[int, Any] | None = None,
    says: Mapping[int, str] | None = None,
    answer_types: Sequence[str] = (HAL, JSON),
    body: Any = None,
    body_types: Sequence[str] = (JSON, HAL),
    body_required: bool = True,
    example: Any = None,
    query: type[Query] | None = None,
    refuses: Sequence[Refusal] = (),
    headers: Mapping[int, Mapping[str, str]] | None = None,
    tagged: bool = False,
    conditional: bool = False,
    makes: str | None = None,
    made_at: str = "/id",
    for_clients: bool = False,
) -> Callable[[Handler], Handler]:
    """Describe a route; see the module.

    Args:
        headers: of an answer, by its status: names with what they say.
        for_clients: the client authenticates itself, with HTTP Basic or in the form, instead of showing a token.
    """
    description = Description(
        answer=answer,
        also=also or {},
        says=says or {},
        answer_types=answer_types,
        body=body,
        body_types=body_types,
        body_required=body_required,
        example=example,
        query=query,
        refuses=refuses,
        headers=headers or {},
        tagged=tagged,
        conditional=conditional,
        makes=makes,
        made_at=made_at,
        for_clients=for_clients,
    )

    def keep(handler: Handler) -> Handler:
        handler.__described__ = description  # type: ignore[attr-defined]
        return handler

    return keep


def description_of(route: APIRoute) -> Description | None:
    """What a route says about itself; None where nobody has described it."""
    found: Description | None = getattr(route.endpoint, "__described__", None)
    return found


def undescribed(routes: Iterable[object]) -> list[str]:
    """Method and path of the routes that lack a description."""
    return sorted(
        f"{method} {route.path}"
        for route in routes
        if isinstance(route, APIRoute) and route.include_in_schema and description_of(route) is None
        for method in route.methods or ()
    )


def demanded(route: APIRoute) -> tuple[frozenset[Scope], ...] | None:
    """The sets of scopes of which a token needs any one; None for a route that asks for no token."""

    def look(dependant: Dependant) -> tuple[frozenset[Scope], ...] | None:
        found: tuple[frozenset[Scope], ...] | None = getattr(dependant.call, "__demands__", None)
        return found or next((deeper for one in dependant.dependencies if (deeper := look(one))), None)

    return look(route.dependant)


# Shapes that many answers share --------------------------------------------------------------------------------------

AN_ID: Final = "8d4c1f0e-5f0b-4c8a-9f57-2f6f6f1f4f1d"

Id = Annotated[str, Field(json_schema_extra={"format": "uuid"}, examples=[AN_ID])]
InstantShown = Annotated[
    str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-02-03T09:15:27.410Z"], description="In UTC")
]
DayShown = Annotated[str, Field(json_schema_extra={"format": "date"}, examples=["2027-06-30"])]
DaySent = DayShown
Address = Annotated[str, Field(json_schema_extra={"format": "uri"}, examples=["https://dialer.example/campaigns"])]
PhoneShown = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{1,14}$", examples=["+12025550142"], description="In E.164")]
Count = Annotated[int, Field(ge=0, le=LARGEST_WHOLE_NUMBER, examples=[1])]

PhoneSent = Annotated[
    str, Field(min_length=1, max_length=20, json_schema_extra={"format": "phone-number"}, examples=["+12025550142"])
]
"""A number as it may be sent: in international form, with or without blanks between the digits."""
ZoneSent = Annotated[str, Field(max_length=35, json_schema_extra={"format": "time-zone"}, examples=["Europe/Lisbon"])]
"""A name of the IANA time zone database."""


class LinkShown(Shown):
    href: Address


class SelfLink(Shown):
    """Where the thing itself is."""

    self_: LinkShown = Field(alias="self")


class PageLinks(Shown):
    """`prev` and `next` only where there is such a page."""

    self_: LinkShown = Field(alias="self")
    first: LinkShown
    last: LinkShown
    prev: LinkShown | None = None
    next: LinkShown | None = None


class PageShown(Shown):
    """One page of a collection: `total` counts all items, `count` those of this page."""

    total: Count
    count: Count
    page: Annotated[int, Field(ge=1, le=LARGEST_WHOLE_NUMBER, examples=[1])]
    per_page: Annotated[int, Field(ge=1, le=500, examples=[50])]
    total_pages: Annotated[int, Field(ge=1, le=LARGEST_WHOLE_NUMBER, examples=[1])]
    links: PageLinks = Field(alias="_links")


def pages_of(name: str, item: Any) -> type[PageShown]:
    """The envelope of `paging.page_of`: the items are embedded under `name`."""
    words = "".join(part.capitalize() for part in name.split("_"))
    kind = getattr(item, "__name__", "").removesuffix("Shown")
    suffix = "" if kind == "" or words.startswith(kind) else f"Of{kind}"
    members: dict[str, Any] = {name: (list[item], ...)}
    embedded = create_model(f"{words}Embedded{suffix}", __base__=Shown, **members)
    return create_model(f"{words}Page{suffix}", __base__=PageShown, embedded=(embedded, Field(alias="_embedded")))


# Parameters that are taken apart --------------------------------------------------------------------------------------

LONGEST_PARAMETER: Final = 2083


def words_schema(*names: str) -> WithJsonSchema:
    """Some of the words, separated by commas."""
    one = "|".join(names)
    pattern = f"^({one})(,({one}))*$"
    return WithJsonSchema(
        {"type": "string", "maxLength": LONGEST_PARAMETER, "pattern": pattern, "examples": [names[0]]}
    )


def order_schema(*columns: str, several: bool = False) -> WithJsonSchema:
    """A column, bare or with its direction; `several` of them separated by commas."""
    one = f"({'|'.join(columns)})(:(asc|desc))?"
    pattern = f"^{one}(,{one})*$" if several else f"^{one}$"
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": [f"{columns[0]}:desc"]})


def adapter_of(kind: Any) -> TypeAdapter[Any]:
    return kind if isinstance(kind, TypeAdapter) else TypeAdapter(kind)
