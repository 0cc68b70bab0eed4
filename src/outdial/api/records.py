"""Records of a list: what may be sent, what is shown, and the routes of the compatible API."""

from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import BeforeValidator, Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.answers.records import (
    A_RECORD,
    ChangedRecords,
    CreatedRecords,
    DeletedRecords,
    RecordChanges,
    RecordIn,
    RecordPatch,
    RecordShown,
    RecordsIn,
    RecordsToDelete,
)
from outdial.api.bodies import read_json
from outdial.api.conditional import tagged, unless_changed
from outdial.api.describe import AN_ID, PATCHES, described, order_schema, pages_of, words_schema
from outdial.api.hal import Link, hal, instant, link, nothing, without_absent
from outdial.api.lists import both_or_none, bulk_answer, failed_deletions, order_term
from outdial.api.paging import LongPageQuery, page_of
from outdial.api.record_lists import Manage
from outdial.api.services import services_of
from outdial.api.shapes import Instant, Query, all_of, read_query, wrong
from outdial.app import record_lists, records
from outdial.app.campaigns import uuid_of
from outdial.app.records import Changes, ExtraChange, NoPhoneNumber, NoTimezone, RecordRefused, Sent, UnknownUpload
from outdial.domain.access import Principal
from outdial.domain.errors import FieldProblem, Invalid
from outdial.domain.record_changes import RecordChangeNotAllowed, RecordOnCall
from outdial.domain.record_lists import RecordListNotFound, UploadId
from outdial.domain.records import (
    LONGEST_REFERENCE,
    Draft,
    Record,
    RecordId,
    RecordNotFound,
    RowKind,
    RowProblem,
    e164,
    problem,
    read_number,
)
from outdial.domain.values import HOT_LEAD, PhoneNumber, PhoneType
from outdial.domain.zones import zone_name
from outdial.ports.records import RecordFilter, RecordKey

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


CHANGEABLE: Final = frozenset(("first_name", "last_name", "phone_numbers", "timezone", "priority"))
"""Members of a record that a patch may replace, beside its extra data."""
LARGEST_PATCH: Final = 100


def _patch(body: object) -> Changes:
    """What an array of JSON Patch operations (RFC 6902) asks for; of several values for a member the last counts.

    Raises `Invalid` where it is no such array.
    """
    if not isinstance(body, list) or not 1 <= len(body) <= LARGEST_PATCH:
        raise Invalid("Invalid input", [FieldProblem("body", f"must be an array of 1 to {LARGEST_PATCH} operations")])
    problems: list[FieldProblem] = []
    members: dict[str, Any] = {}
    extra: list[ExtraChange] = []
    forbidden: list[FieldProblem] = []
    for place, operation in enumerate(body):
        op, path = _operation(place, operation, problems)
        if not op or not path:
            continue
        key = path.removeprefix("/extra_data/")
        adds = op == "add"
        allowed = op in ("add", "replace") and (
            path == "/extra_data"
            or (key != path and key != "" and "/" not in key)
            or (not adds and path.removeprefix("/") in CHANGEABLE and path.startswith("/"))
        )
        if not allowed:
            forbidden.append(FieldProblem(f"{place}.path", f"cannot be the target of {op[:20]}"))
        elif "value" not in operation:
            problems.append(FieldProblem(f"{place}.value", "is required"))
        elif path == "/extra_data":
            if isinstance(operation["value"], dict):
                extra.append(ExtraChange(adds, None, operation["value"]))
            else:
                problems.append(FieldProblem(f"{place}.value", "must be an object"))
        elif key != path:
            extra.append(ExtraChange(adds, key.replace("~1", "/").replace("~0", "~"), operation["value"]))
        else:
            members[path.removeprefix("/")] = operation["value"]
    all_of(problems)
    return _changes(members, extra, forbidden)


def _operation(place: int, operation: object, problems: list[FieldProblem]) -> tuple[str, str]:
    """Operation, in lower case, and path of an item of a patch; both empty where the item is none."""
    if not isinstance(operation, dict):
        problems.append(FieldProblem(f"{place}", "must be an object"))
        return "", ""
    wrong_ones = [name for name in ("op", "path") if not isinstance(operation.get(name), str) or not operation[name]]
    problems += [FieldProblem(f"{place}.{name}", "must be a string that is not empty") for name in wrong_ones]
    return ("", "") if wrong_ones else (operation["op"].lower(), operation["path"])


def _changes(members: dict[str, Any], extra: list[ExtraChange], forbidden: list[FieldProblem]) -> Changes:
    read = sent(members)
    # What may be left out of a new record cannot be taken away from one: there is no such operation.
    emptied = [
        problem(RowKind.WRONG_TYPE, name, "", "must have a value")
        for name in ("timezone", "priority")
        if name in members and (members[name] is None or members[name] == "")
    ]
    return Changes(replace(read, problems=[*read.problems, *emptied]), frozenset(members), extra, forbidden)


def _bulk_patch(body: object) -> list[tuple[str, Changes]]:
    """The records of a bulk update by id, each with its changes. Raises `Invalid`."""
    if not isinstance(body, list) or not 1 <= len(body) <= MOST_IN_BULK:
        raise Invalid("Invalid input", [FieldProblem("body", f"must be an array of 1 to {MOST_IN_BULK} operations")])
    problems: list[FieldProblem] = []
    several = []
    for place, operation in enumerate(body):
        op, path = _operation(place, operation, problems)
        if not op or not path:
            continue
        record_id = path.removeprefix("/records/")
        if op not in ("add", "replace"):
            problems.append(FieldProblem(f"{place}.op", "must be add or replace"))
        if record_id == path or not 1 <= len(record_id) <= 36:
            problems.append(FieldProblem(f"{place}.path", "must be /records/ and the id of a record"))
        value = operation.get("value")
        if isinstance(value, dict):
            several.append((record_id, _row_changes(value, adds=op == "add")))
        else:
            problems.append(FieldProblem(f"{place}.value", "must be an object"))
    all_of(problems)
    return several


def _row_changes(value: dict[str, Any], *, adds: bool) -> Changes:
    """As in a new record, a null is the same as an absent member, and one that is unknown counts for nothing."""
    given = {name: member for name, member in value.items() if member is not None and name in _MEMBERS}
    extra = given.pop("extra_data", None)
    allowed = frozenset() if adds else CHANGEABLE
    changes = _changes(
        {name: member for name, member in given.items() if name in allowed},
        [ExtraChange(adds, None, extra)] if isinstance(extra, dict) else [],
        [FieldProblem(name, "cannot be changed") for name in given if name not in allowed],
    )
    if extra is not None and not isinstance(extra, dict):
        wrong_type = problem(RowKind.WRONG_TYPE, "extra_data", "", "must be an object")
        return replace(changes, sent=replace(changes.sent, problems=[*changes.sent.problems, wrong_type]))
    return changes


MOST_TO_DELETE: Final = 200
_KEY_KINDS: Final = (
    {"id": 36},
    {"phone_number": LONGEST_PHONE},
    {"external_provider": LONGEST_REFERENCE, "external_id": LONGEST_REFERENCE},
)
"""What records to delete may be named by, and the most characters of each member."""


def _to_delete(body: object) -> tuple[list[tuple[str, RecordKey | None]], bool]:
    """The keys of a bulk deletion, each with the words that name it in the answer; None where it cannot be one.

    The second value says whether they are ids. Raises `Invalid`.
    """
    if not isinstance(body, list) or not 1 <= len(body) <= MOST_TO_DELETE:
        raise Invalid("Invalid input", [FieldProblem("body", f"must be an array of 1 to {MOST_TO_DELETE} items")])
    names = {name for kind in _KEY_KINDS for name in kind}
    first = {name for name in names if isinstance(body[0], dict) and body[0].get(name) is not None}
    kind = next((kind for kind in _KEY_KINDS if kind.keys() == first), None)
    if kind is None:
        description = "must be an object with id, or phone_number, or external_provider and external_id"
        raise Invalid("Invalid input", [FieldProblem("0", description)])
    problems = []
    for place, item in enumerate(body):
        if not isinstance(item, dict) or {name for name in names if item.get(name) is not None} != kind.keys():
            problems.append(FieldProblem(f"{place}", "must be of the same kind as the first item"))
            continue
        for name, longest in kind.items():
            if not isinstance(item[name], str) or not 1 <= len(item[name]) <= longest:
                problems.append(FieldProblem(f"{place}.{name}", f"must be a string of 1 to {longest} characters"))
    all_of(problems)
    return [_key(item) for item in body], "id" in kind


def _key(item: dict[str, str]) -> tuple[str, RecordKey | None]:
    match item:
        case {"id": record_id} if record_id is not None:
            uuid = uuid_of(record_id)
            return record_id, None if uuid is None else RecordId(uuid)
        case {"phone_number": number} if number is not None:
            return number, _read_number(number)
    provider, external_id = item["external_provider"], item["external_id"]
    return f"external_provider={provider}, external_id={external_id}", (provider, external_id)


# Queries -------------------------------------------------------------------------------------------------------------


def _order(value: object) -> object:
    term = order_term(str(value), ("updated_at", "priority"))
    if term is None:
        raise wrong("must be updated_at or priority, bare or with :asc or :desc")
    return term


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


_PRIORITIES: Final = [str(priority) for priority in range(1, HOT_LEAD + 1)]
_ZoneNames = Annotated[str, Field(min_length=1, max_length=500, examples=["Europe/Lisbon,Europe/Madrid"])]


class RecordQuery(LongPageQuery):
    phone_number: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_PHONE)] | None = None
    upload_request_id: Annotated[str, StringConstraints(min_length=1, max_length=36)] | None = None
    search: Annotated[str, StringConstraints(min_length=3, max_length=80)] | None = None
    search_fields: Annotated[tuple[str, ...], BeforeValidator(_search_fields), words_schema(*SEARCH_FIELDS)] = (
        SEARCH_FIELDS
    )
    order_by: Annotated[tuple[str, bool], BeforeValidator(_order), order_schema("updated_at", "priority")] = (
        "updated_at",
        True,
    )
    priorities: Annotated[tuple[int, ...], BeforeValidator(_priorities), words_schema(*_PRIORITIES)] | None = None
    timezones: Annotated[tuple[str, ...], BeforeValidator(_zones, json_schema_input_type=_ZoneNames)] | None = None
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
    # What is no number belongs to no record: zero is nobody's.
    return _read_number(given) or PhoneNumber("+0")


def _read_number(given: str) -> PhoneNumber | None:
    found = read_number(f"+{given.strip().removeprefix('+')}")
    return None if isinstance(found, RowKind) else e164(found)


class NumberQuery(Query):
    phone_number: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_PHONE)]


class ReferenceQuery(Query):
    external_provider: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_REFERENCE)]
    external_id: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_REFERENCE)]


class ZoneQuery(LongPageQuery):
    search: Annotated[str, StringConstraints(min_length=3, max_length=35)] | None = None


LATER: Final = {202: "A record is on a call, and is deleted within 5 s after it"}
_NOT_THERE: Final = (RecordListNotFound, RecordNotFound)


# The routes ----------------------------------------------------------------------------------------------------------


@router.get("/record-lists/{list_id}/records", summary="List the records of a list")
@described(pages_of("records", RecordShown), query=RecordQuery, refuses=(RecordListNotFound,))
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
@described(
    RecordShown,
    body=RecordIn,
    example=A_RECORD,
    refuses=(RecordListNotFound, RecordRefused, NoPhoneNumber, NoTimezone),
    makes="record_id",
)
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
@described(
    CreatedRecords,
    body=RecordsIn,
    refuses=(RecordListNotFound, TooManyRecords, UnknownUpload),
)
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
        bulk_answer(
            {"record_list_id": list_id},
            errors=failed,
            done={"total_created": len(items) - failed},
            links=_links_of_bulk(request, list_id, filtered),
            embedded={"records": embedded},
        ),
        201,
    )


def _links_of_bulk(request: Request, list_id: str, filtered: str = "") -> dict[str, Link]:
    path = f"/record-lists/{list_id}"
    return {"self": link(request, f"{path}/records{filtered}"), "record_list": link(request, path)}


@router.patch("/record-lists/{list_id}/records/bulks", summary="Change many records")
@described(ChangedRecords, body=RecordChanges, refuses=(RecordListNotFound,))
async def change_records(request: Request, list_id: str, who: Manage) -> Response:
    services = services_of(request)
    seen = await record_lists.get(list_id, by=who, storage=services.storage)
    list_id = str(seen.list.id)
    several = _bulk_patch(await read_json(request))
    asked = [one for one in several if not _asks_nothing(one[1])]
    results = iter(await records.change_many(list_id, asked, by=who, storage=services.storage, clock=services.wall))
    embedded = []
    for record_id, changes in several:
        result = ["REQUIRED_FIELDS"] if _asks_nothing(changes) else next(results)
        if isinstance(result, Record):
            embedded.append(shown(request, result))
        else:
            embedded.append({"id": record_id, "record_list_id": list_id, "errors": list(dict.fromkeys(result))})
    failed = sum("errors" in item for item in embedded)
    changed = len(embedded) - failed
    return hal(
        request,
        bulk_answer(
            {"record_list_id": list_id},
            errors=failed,
            done={"total_created": changed, "total_updated": changed},
            links=_links_of_bulk(request, list_id),
            embedded={"records": embedded},
        ),
    )


def _asks_nothing(changes: Changes) -> bool:
    return not (changes.members or changes.extra or changes.forbidden or changes.sent.problems)


@router.delete("/record-lists/{list_id}/records/bulks", summary="Delete many records")
@described(
    DeletedRecords,
    also={202: None},
    says=LATER,
    body=RecordsToDelete,
    example=[{"id": AN_ID}],
    refuses=(RecordListNotFound,),
)
async def delete_records(request: Request, list_id: str, who: Manage) -> Response:
    services = services_of(request)
    seen = await record_lists.get(list_id, by=who, storage=services.storage)
    list_id = str(seen.list.id)
    named, by_id = _to_delete(await read_json(request))
    deleted = await records.delete(
        list_id, [key for _, key in named], by=who, storage=services.storage, clock=services.wall
    )
    if deleted.on_call:
        return accepted()
    unknown = [named[place] for place in deleted.unknown]
    # Any text may be an id, but a number that is none is a mistake of the client's.
    not_numbers = [words for words, key in unknown if key is None and not by_id]
    return hal(
        request,
        bulk_answer(
            {"record_list_id": list_id},
            errors=len(unknown),
            done={"total_deleted": deleted.gone},
            links=_links_of_bulk(request, list_id),
            embedded=failed_deletions(
                request,
                f"/record-lists/{list_id}/records",
                [words for words, _ in unknown if by_id],
                bad=not_numbers,
                unknown=[words for words, _ in unknown if words not in not_numbers],
            ),
        ),
    )


@router.get("/record-lists/{list_id}/records/timezones", summary="List the time zones that the records of a list name")
@described(pages_of("timezones", str), query=ZoneQuery, refuses=(RecordListNotFound,))
async def list_timezones(request: Request, list_id: str, who: Manage) -> Response:
    storage = services_of(request).storage
    await record_lists.get(list_id, by=who, storage=storage)
    query = read_query(request, ZoneQuery)
    total, names = await records.timezones(
        list_id, query.search, offset=query.offset, limit=query.per_page, by=who, storage=storage
    )
    page = page_of(request, "timezones", [], total=total, query=query)
    return hal(request, page | {"count": len(names), "_embedded": {"timezones": names}})


@router.delete("/record-lists/{list_id}/records", status_code=204, summary="Delete the records with a phone number")
@described(also={202: None}, says=LATER, query=NumberQuery, conditional=True, refuses=_NOT_THERE)
async def delete_by_number(request: Request, list_id: str, who: Manage) -> Response:
    await record_lists.get(list_id, by=who, storage=services_of(request).storage)
    number = read_query(request, NumberQuery).phone_number
    return await _delete(request, list_id, _read_number(number), number, who)


@router.delete(
    "/record-lists/{list_id}/external-records",
    status_code=204,
    summary="Delete the records with an external reference",
)
@described(also={202: None}, says=LATER, query=ReferenceQuery, conditional=True, refuses=_NOT_THERE)
async def delete_by_reference(request: Request, list_id: str, who: Manage) -> Response:
    await record_lists.get(list_id, by=who, storage=services_of(request).storage)
    query = read_query(request, ReferenceQuery)
    return await _delete(
        request, list_id, (query.external_provider, query.external_id), f"with the reference {query.external_id}", who
    )


@router.delete("/record-lists/{list_id}/records/{record_id}", status_code=204, summary="Delete a record")
@described(also={202: None}, says=LATER, conditional=True, refuses=_NOT_THERE)
async def delete_record(request: Request, list_id: str, record_id: str, who: Manage) -> Response:
    uuid = uuid_of(record_id)
    return await _delete(request, list_id, None if uuid is None else RecordId(uuid), record_id, who)


async def _delete(request: Request, list_id: str, key: RecordKey | None, named: str, who: Principal) -> Response:
    """204 when it is done, 202 when a record is on a call and goes within seconds after it."""
    services = services_of(request)
    check = unless_changed(request)
    deleted = await records.delete(list_id, [key], check=check, by=who, storage=services.storage, clock=services.wall)
    if deleted.unknown:
        raise RecordNotFound(named)
    return accepted() if deleted.on_call else nothing()


def accepted() -> Response:
    """202: it will be done, and there is nothing to say yet."""
    return Response(status_code=202)


@router.patch("/record-lists/{list_id}/records/{record_id}", summary="Change a record")
@described(
    RecordShown,
    body=RecordPatch,
    body_types=PATCHES,
    tagged=True,
    conditional=True,
    refuses=(*_NOT_THERE, RecordRefused, RecordChangeNotAllowed, RecordOnCall),
)
async def change_record(request: Request, list_id: str, record_id: str, who: Manage) -> Response:
    services = services_of(request)
    await records.get(list_id, record_id, by=who, storage=services.storage)
    changes = _patch(await read_json(request))
    check = unless_changed(request)
    record = await records.change(
        list_id, record_id, changes, check=check, by=who, storage=services.storage, clock=services.wall
    )
    return tagged(request, record, shown(request, record))


@router.get("/record-lists/{list_id}/records/{record_id}", summary="Record details")
@described(RecordShown, tagged=True, refuses=_NOT_THERE)
async def record_details(request: Request, list_id: str, record_id: str, who: Manage) -> Response:
    record = await records.get(list_id, record_id, by=who, storage=services_of(request).storage)
    return tagged(request, record, shown(request, record))
