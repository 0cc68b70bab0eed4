"""Records of a list: what may be sent, what is shown, and the routes of the compatible API."""

from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import BeforeValidator, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.bodies import read_json
from outdial.api.hal import hal, instant, link, without_absent
from outdial.api.paging import LongPageQuery, page_of
from outdial.api.record_lists import Manage, both_or_none
from outdial.api.services import services_of
from outdial.api.shapes import Instant, all_of, read_query, wrong
from outdial.app import record_lists, records
from outdial.app.campaigns import uuid_of
from outdial.app.records import Sent
from outdial.domain.errors import FieldProblem, Invalid
from outdial.domain.record_lists import UploadId
from outdial.domain.records import Draft, Record, RowKind, RowProblem, e164, problem, read_number
from outdial.domain.values import HOT_LEAD, PhoneNumber, PhoneType
from outdial.domain.zones import zone_name
from outdial.ports.records import RecordFilter

router = APIRouter(tags=["Records"])

MOST_IN_BULK: Final = 100
SEARCH_FIELDS: Final = ("first_name", "last_name", "phone_number")
LONGEST_PHONE: Final = 20
LONGEST_ADDRESS: Final = 2083


def shown(request: Request, record: Record) -> dict[str, Any]:
    """A record as the API shows it."""
    record_list = f"/record-lists/{record.list_id}"
    phones = [{"phone_number": number, "phone_type": kind.value} for kind, number in record.phones]
    return without_absent(
        {
            "id": str(record.id),
            "record_list_id": str(record.list_id),
            "phone_number": phones[0]["phone_number"] if phones else None,
            "phone_numbers": phones,
            "first_name": record.first_name,
            "last_name": record.last_name,
            "timezone": record.timezone,
            "priority": record.priority,
            "extra_data": dict(record.extra_data),
            "external_provider": record.external_provider,
            "external_id": record.external_id,
            "external_url": record.external_url,
            "sync_external_id": record.sync_external_id,
            "created_at": instant(record.created_at),
            "updated_at": instant(record.updated_at),
            "_links": {
                "self": link(request, f"{record_list}/records/{record.id}"),
                "record_list": link(request, record_list),
            },
        }
    )


# What may be sent ----------------------------------------------------------------------------------------------------


def sent(item: dict[str, Any]) -> Sent:
    """A record as it was sent. Members of a wrong type are problems of it, so that a bulk can refuse it alone."""
    problems: list[RowProblem] = []

    def text(name: str, longest: int | None = None) -> str:
        value = item.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            problems.append(problem(RowKind.WRONG_TYPE, name, "", "must be a string"))
        elif longest is not None and len(value) > longest:
            problems.append(problem(RowKind.WRONG_TYPE, name, "", f"must have at most {longest} characters"))
        else:
            return value
        return ""

    def member(name: str, kind: type, description: str) -> Any:
        value = item.get(name)
        if value is None or (isinstance(value, kind) and not (kind is int and isinstance(value, bool))):
            return value
        problems.append(problem(RowKind.WRONG_TYPE, name, "", description))
        return None

    phones, places = _phones(item, problems)
    priority = member("priority", int, "must be a whole number from 1 to 10")
    draft = Draft(
        first_name=text("first_name"),
        last_name=text("last_name"),
        phones=phones,
        timezone=text("timezone"),
        priority="" if priority is None else priority,
        external_provider=text("external_provider"),
        external_id=text("external_id"),
        external_url=text("external_url", LONGEST_ADDRESS),
        sync_external_id=member("sync_external_id", bool, "must be true or false"),
        extra_data=member("extra_data", dict, "must be an object") or {},
    )
    return Sent(draft, problems, places)


def _phones(item: dict[str, Any], problems: list[RowProblem]) -> tuple[list[tuple[PhoneType, str]], dict[str, str]]:
    """The numbers of a record by type, and the member in which each type stands."""
    given = item.get("phone_numbers")
    if given is None:
        given = item.get("phone_number")
        if given is None:
            return [], {}
        if not isinstance(given, str):
            problems.append(problem(RowKind.WRONG_TYPE, "phone_number", "", "must be a string"))
            return [], {}
        return [(PhoneType.MOBILE, given)], {PhoneType.MOBILE.value: "phone_number"}
    if not isinstance(given, list):
        problems.append(problem(RowKind.WRONG_TYPE, "phone_numbers", "", "must be an array"))
        return [], {}
    phones: list[tuple[PhoneType, str]] = []
    places: dict[str, str] = {}
    for place, phone in enumerate(given):
        where = f"phone_numbers.{place}"
        if not isinstance(phone, dict):
            problems.append(problem(RowKind.WRONG_TYPE, where, "", "must be an object"))
            continue
        number, named = phone.get("phone_number"), phone.get("phone_type")
        kind = _TYPES.get(named.upper()) if isinstance(named, str) else None
        if not isinstance(number, str) or not 1 <= len(number) <= LONGEST_PHONE:
            description = f"must be a string of 1 to {LONGEST_PHONE} characters"
            problems.append(problem(RowKind.WRONG_TYPE, f"{where}.phone_number", "", description))
        if kind is None:
            description = f"must be one of {', '.join(_TYPES)}"
            problems.append(problem(RowKind.WRONG_TYPE, f"{where}.phone_type", "", description))
        elif isinstance(number, str) and len(number) <= LONGEST_PHONE:
            phones.append((kind, number))
            places.setdefault(kind.value, f"{where}.phone_number")
    return phones, places


_TYPES: Final = {kind.value: kind for kind in PhoneType}


class TooManyRecords(Invalid):
    code = "too-many-records"


def _bulk(body: object) -> tuple[list[Any], str | None]:
    """The records of a bulk and the upload request they are said to come from."""
    if not isinstance(body, dict):
        raise Invalid("Invalid input", [FieldProblem("body", "must be an object")])
    items, upload_id = body.get("records"), body.get("upload_request_id")
    problems = []
    if items is None:
        problems.append(FieldProblem("records", "is required"))
    elif not isinstance(items, list) or not items:
        problems.append(FieldProblem("records", f"must be an array of 1 to {MOST_IN_BULK} records"))
    if upload_id is not None and not (isinstance(upload_id, str) and 1 <= len(upload_id) <= 36):
        problems.append(FieldProblem("upload_request_id", "must be a string of 1 to 36 characters"))
    all_of(problems)
    assert isinstance(items, list)
    if len(items) > MOST_IN_BULK:
        raise TooManyRecords("Invalid input", [FieldProblem("records", f"must have at most {MOST_IN_BULK} items")])
    return items, upload_id


def _echo(list_id: str, item: object, problems: list[RowProblem]) -> dict[str, Any]:
    """A record that was refused, as it was sent, with the API's words for what is wrong with it."""
    members = {name: value for name, value in item.items() if name in _MEMBERS} if isinstance(item, dict) else {}
    return {"record_list_id": list_id, **members, "errors": list(dict.fromkeys(found.code for found in problems))}


_MEMBERS: Final = frozenset(
    (
        "phone_number",
        "phone_numbers",
        "first_name",
        "last_name",
        "timezone",
        "priority",
        "extra_data",
        "external_provider",
        "external_id",
        "external_url",
        "sync_external_id",
    )
)


# Queries -------------------------------------------------------------------------------------------------------------


def _order(value: object) -> object:
    column, colon, direction = str(value).partition(":")
    if column not in ("updated_at", "priority") or direction not in (("asc", "desc") if colon else ("",)):
        raise wrong("must be updated_at or priority, bare or with :asc or :desc")
    return column, direction == "desc"


def _priorities(value: object) -> object:
    terms = [term.strip() for term in str(value).split(",")]
    if not all(term.isascii() and term.isdecimal() and 1 <= int(term[:3]) <= HOT_LEAD for term in terms):
        raise wrong(f"must be a comma-separated list of whole numbers from 1 to {HOT_LEAD}")
    return tuple(map(int, terms))


def _zones(value: object) -> object:
    text = str(value)
    if not 1 <= len(text) <= 500:
        raise wrong("must have 1 to 500 characters")
    # A name that is no zone is kept as it came: it matches no record.
    return tuple(zone_name(term.strip()) or term.strip() for term in text.split(","))


def _search_fields(value: object) -> object:
    names = tuple(dict.fromkeys(name.strip() for name in str(value).split(",")))
    if not set(names) <= set(SEARCH_FIELDS):
        raise wrong(f"must be a comma-separated list of {', '.join(SEARCH_FIELDS)}")
    return names


class RecordQuery(LongPageQuery):
    phone_number: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_PHONE)] | None = None
    upload_request_id: Annotated[str, StringConstraints(min_length=1, max_length=36)] | None = None
    search: Annotated[str, StringConstraints(min_length=3, max_length=80)] | None = None
    search_fields: Annotated[tuple[str, ...], BeforeValidator(_search_fields)] = SEARCH_FIELDS
    order_by: Annotated[tuple[str, bool], BeforeValidator(_order)] = ("updated_at", True)
    priorities: Annotated[tuple[int, ...] | None, BeforeValidator(_priorities)] = None
    timezones: Annotated[tuple[str, ...] | None, BeforeValidator(_zones)] = None
    updated_at_from: Instant | None = None
    updated_at_to: Instant | None = None

    def which(self) -> RecordFilter:
        """Raises `Invalid` where only one of two bounds is given."""
        all_of(both_or_none(self, "updated_at"), "Invalid query")
        upload_id = None if self.upload_request_id is None else uuid_of(self.upload_request_id)
        return RecordFilter(
            phone_number=None if self.phone_number is None else _number(self.phone_number),
            upload=None if upload_id is None else UploadId(upload_id),
            search=self.search,
            search_in=self.search_fields,
            priorities=self.priorities,
            timezones=self.timezones,
            updated_from=self.updated_at_from,
            updated_to=self.updated_at_to,
            nothing=self.upload_request_id is not None and upload_id is None,
        )


def _number(given: str) -> PhoneNumber:
    """A number as a query brings it: its plus sign arrives as a blank when it was not escaped."""
    text = f"+{given.strip().removeprefix('+')}"
    found = read_number(text)
    # What is no number belongs to no record: zero is nobody's.
    return PhoneNumber("+0") if isinstance(found, RowKind) else e164(found)


# The routes ----------------------------------------------------------------------------------------------------------


@router.get("/record-lists/{list_id}/records", summary="List the records of a list")
async def list_records(request: Request, list_id: str, who: Manage) -> Response:
    storage = services_of(request).storage
    await record_lists.get(list_id, by=who, storage=storage)
    query = read_query(request, RecordQuery)
    total, found = await records.listed(
        list_id,
        query.which(),
        order=query.order_by,
        offset=query.offset,
        limit=query.per_page,
        by=who,
        storage=storage,
    )
    items = [shown(request, record) for record in found]
    return hal(request, page_of(request, "records", items, total=total, query=query))


@router.post("/record-lists/{list_id}/records", status_code=201, summary="Add one record")
async def create_record(request: Request, list_id: str, who: Manage) -> Response:
    services = services_of(request)
    await record_lists.get(list_id, by=who, storage=services.storage)
    body = await read_json(request)
    if not isinstance(body, dict):
        raise Invalid("Invalid input", [FieldProblem("body", "must be an object")])
    record = await records.add(
        list_id, sent(body), by=who, storage=services.storage, clock=services.wall, ids=services.ids
    )
    shape = shown(request, record)
    return hal(request, shape, 201, {"Location": shape["_links"]["self"]["href"]})


@router.post("/record-lists/{list_id}/records/bulks", status_code=201, summary="Add many records")
async def create_records(request: Request, list_id: str, who: Manage) -> Response:
    services = services_of(request)
    seen = await record_lists.get(list_id, by=who, storage=services.storage)
    list_id = str(seen.list.id)
    items, upload_id = _bulk(await read_json(request))
    not_objects = [place for place, item in enumerate(items) if not isinstance(item, dict)]
    results = iter(
        await records.add_many(
            list_id,
            [sent(item) for item in items if isinstance(item, dict)],
            upload_id=upload_id,
            by=who,
            storage=services.storage,
            clock=services.wall,
            ids=services.ids,
        )
    )
    embedded = []
    for place, item in enumerate(items):
        if place in not_objects:
            embedded.append({"record_list_id": list_id, "errors": ["REQUIRED_FIELDS"]})
        else:
            result = next(results)
            embedded.append(shown(request, result) if isinstance(result, Record) else _echo(list_id, item, result))
    failed = sum("errors" in item for item in embedded)
    filtered = "" if upload_id is None else f"?upload_request_id={upload_id}"
    return hal(
        request,
        {
            "record_list_id": list_id,
            "has_errors": failed > 0,
            "total_errors": failed,
            "total_created": len(items) - failed,
            "_links": {
                "self": link(request, f"/record-lists/{list_id}/records{filtered}"),
                "record_list": link(request, f"/record-lists/{list_id}"),
            },
            "_embedded": {"records": embedded},
        },
        201,
    )


@router.get("/record-lists/{list_id}/records/{record_id}", summary="Record details")
async def record_details(request: Request, list_id: str, record_id: str, who: Manage) -> Response:
    record = await records.get(list_id, record_id, by=who, storage=services_of(request).storage)
    return hal(request, shown(request, record))
