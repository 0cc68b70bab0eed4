"""Do-not-call lists and their entries: what may be sent, what is shown, and the routes of the compatible API."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import BeforeValidator, Field, StringConstraints, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.answers.lists import (
    ChangedEntries,
    DeletedEntries,
    DncEntryShown,
    DncListDetails,
    DncListReach,
    DncListShown,
    DncLookUpShown,
    EntryChanges,
    EntryPatch,
    ListPatch,
    NewDncListShown,
    NewDncUploadShown,
)
from outdial.api.auth import needs, needs_one_of
from outdial.api.bodies import read_json
from outdial.api.describe import PATCHES, DaySent, PhoneSent, ZoneSent, described, pages_of
from outdial.api.files import FileIn, check_says_uploaded, importer_of, signed_url_of
from outdial.api.hal import Link, hal, instant, link, nothing, without_absent
from outdial.api.lists import (
    NEWEST_FIRST,
    DetailQuery,
    ListQuery,
    Order,
    bulk_answer,
    failed_deletions,
    order_of,
    shown_with_campaigns,
)
from outdial.api.paging import LongPageQuery, page_of
from outdial.api.services import services_of
from outdial.api.shapes import Query, Shape, all_of, read_as, read_query, wrong
from outdial.api.teams import Teams, teams_of_dnc_lists
from outdial.app import dnc
from outdial.app.campaigns import uuid_of
from outdial.app.dnc import Number, OnList, Seen
from outdial.domain.access import Principal, Scope
from outdial.domain.dnc import (
    LONGEST_NUMBER,
    LONGEST_REASON,
    DncEntry,
    DncEntryNotFound,
    DncList,
    DncListNotFound,
    DncListNotWaiting,
    DncPatchNotAvailable,
    TooManyEntries,
    number_in,
)
from outdial.domain.errors import FieldProblem, Invalid
from outdial.domain.record_lists import FileDiffers, ListFileTooLarge, NoFile, TooManyUploads, UploadFileTooLarge
from outdial.domain.values import PhoneNumber
from outdial.domain.zones import zone_name

MOST_IN_UPDATE: Final = 100
MOST_IN_DELETION: Final = 200


Manage = Annotated[Principal, needs(Scope.DNC_LISTS_MANAGE)]
# Who may manage entries may look at one, too: the published scope list does not have the smaller scope.
ReadEntry = Annotated[Principal, needs_one_of(Scope.DNC_LISTS_READ, Scope.DNC_LISTS_MANAGE)]

router = APIRouter(tags=["Do-not-call lists"])

# What is shown -------------------------------------------------------------------------------------------------------


def _members(request: Request, dnc_list: DncList, who: Principal) -> dict[str, Any]:
    return {
        "id": str(dnc_list.id),
        "name": dnc_list.name,
        "status": dnc_list.status.value,
        "entries_count": dnc_list.entries_count,
        "account_id": str(who.account),
        "created_at": instant(dnc_list.created_at),
        "updated_at": instant(dnc_list.updated_at),
        "_links": {"self": link(request, f"/do-not-call-lists/{dnc_list.id}")},
    }


def shown(request: Request, seen: Seen, who: Principal, *, teams: Teams | None) -> dict[str, Any]:
    """A list as the API shows it, with the campaigns that use it."""
    members = _members(request, seen.list, who)
    return shown_with_campaigns(request, members, seen, campaigns_by="do_not_call_list_id", teams=teams)


def shown_entry(request: Request, entry: DncEntry) -> dict[str, Any]:
    """An entry as the API shows it; one that never expires has no date."""
    dnc_list = f"/do-not-call-lists/{entry.list_id}"
    return without_absent(
        {
            "id": str(entry.id),
            "do_not_call_list_id": str(entry.list_id),
            "phone_number": entry.number,
            "reason": entry.reason,
            "expiration_date": None if entry.expires_on is None else entry.expires_on.isoformat(),
            "created_at": instant(entry.created_at),
            "updated_at": instant(entry.updated_at),
            "_links": {
                "self": link(request, f"{dnc_list}/entries/{entry.id}"),
                "do_not_call_list": link(request, dnc_list),
            },
        }
    )


def _links_of_bulk(request: Request, dnc_list: DncList) -> dict[str, Link]:
    path = f"/do-not-call-lists/{dnc_list.id}"
    return {"self": link(request, f"{path}/entries"), "do_not_call_list": link(request, path)}


# What may be sent ----------------------------------------------------------------------------------------------------

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _day_in(value: object) -> date | None:
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    return None


_NOT_A_DAY: Final = "must be a date such as 2027-06-30"


def _day(value: object) -> object:
    day = _day_in(value)
    if day is None:
        raise wrong(_NOT_A_DAY)
    return day


_NOT_A_NUMBER: Final = "must be a phone number in international form, such as +12025550142"


def _number(value: object) -> object:
    if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_NUMBER:
        raise wrong(f"must be a string of 1 to {LONGEST_NUMBER} characters")
    number = number_in(value)
    if number is None:
        raise wrong(_NOT_A_NUMBER)
    return number


def _zone(value: object) -> object:
    name = zone_name(value) if isinstance(value, str) else None
    if name is None:
        raise wrong("must be an IANA time zone, such as Europe/Lisbon")
    return name


class DncListIn(Shape):
    name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    csv_metadata: FileIn | None = None


class EntryIn(Shape):
    phone_number: Annotated[PhoneNumber, BeforeValidator(_number, json_schema_input_type=PhoneSent)]
    expiration_date: Annotated[date, BeforeValidator(_day, json_schema_input_type=DaySent)] | None = None
    reason: Annotated[str, StringConstraints(max_length=LONGEST_REASON)] | None = None


class EntryIdIn(Shape):
    id: Annotated[str, StringConstraints(min_length=1, max_length=36)]


class OperationIn(Shape):
    op: str
    path: str
    value: Any = None

    @property
    def replaces(self) -> bool:
        return self.op.lower() == "replace"


class NumberAskedIn(Shape):
    phone_number: Annotated[PhoneNumber, BeforeValidator(_number, json_schema_input_type=PhoneSent)]
    timezone: Annotated[str, BeforeValidator(_zone, json_schema_input_type=ZoneSent)]


class BlockedIn(Shape):
    # As many as a page of this family has at most: the answer is one page, so that nobody who overlooks a second one
    # takes a number for free to call.
    phone_numbers: Annotated[list[NumberAskedIn], Field(min_length=1, max_length=500)]


_OPERATIONS: Final = TypeAdapter(Annotated[list[OperationIn], Field(min_length=1)])
_THINGS: Final = TypeAdapter(Annotated[list[EntryIdIn], Field(min_length=1, max_length=MOST_IN_DELETION)])


def _expiration(body: object) -> date:
    """The date that a patch of one entry sets; of several operations the last one counts.

    Raises:
        Invalid: it is no patch, or a value is no date.
        DncPatchNotAvailable: it asks for something else than another expiration date.
    """
    operations = read_as(_OPERATIONS, [body] if isinstance(body, dict) else body)
    allowed = [one.replaces and one.path.removeprefix("/") == "expiration_date" for one in operations]
    days = [_day_in(one.value) for one in operations]
    all_of(
        [
            FieldProblem(f"{place}.value", _NOT_A_DAY)
            for place, (fits, day) in enumerate(zip(allowed, days, strict=True))
            if fits and day is None
        ]
    )
    last = days[-1]
    if not all(allowed) or last is None:
        raise DncPatchNotAvailable
    return last


@dataclass(frozen=True, slots=True)
class Change:
    """One operation of a bulk update: what it asks for, as far as it can be asked for."""

    operation: OperationIn
    entry_id: str | None
    day: date | None


def _bulk_changes(body: object) -> list[Change]:
    """Raises `Invalid` when it is no array of operations, `TooManyEntries` when it is a long one."""
    if isinstance(body, list) and len(body) > MOST_IN_UPDATE:
        raise TooManyEntries("Invalid input", [FieldProblem("body", f"must have at most {MOST_IN_UPDATE} items")])
    changes = []
    for operation in read_as(_OPERATIONS, body):
        path = re.fullmatch(r"/?([^/]{1,36})/expiration_date", operation.path)
        entry_id = path[1] if path and operation.replaces else None
        changes.append(Change(operation, entry_id, _day_in(operation.value)))
    return changes


def _outcome(request: Request, change: Change, changed: Mapping[str, DncEntry]) -> dict[str, Any]:
    """What became of one operation of a bulk update."""
    if change.entry_id is None:
        return {"un_allowed_patch": change.operation.model_dump()}
    if change.day is None:
        return {"id": change.entry_id, "errors": ["EXPIRATION_DATE_INVALID"]}
    if change.entry_id not in changed:
        return {"id": change.entry_id, "errors": ["ENTRY_NOT_FOUND"]}
    return shown_entry(request, changed[change.entry_id])


# Queries -------------------------------------------------------------------------------------------------------------


class DncListQuery(ListQuery):
    order_by: Annotated[Order, order_of("name", "entries_count", "created_at", "updated_at")] = NEWEST_FIRST


class EntryQuery(LongPageQuery):
    phone_number: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NUMBER)] | None = None
    order_by: Annotated[Order, order_of("expiration_date", "created_at", "updated_at")] = NEWEST_FIRST

    @property
    def number(self) -> PhoneNumber | None:
        """The number asked for: its plus sign arrives as a blank when it was not escaped."""
        if self.phone_number is None:
            return None
        # What is no number is on no list: zero is nobody's.
        return number_in(f"+{self.phone_number.strip().removeprefix('+')}") or PhoneNumber("+0")


_NOT_THERE: Final = (DncListNotFound, DncEntryNotFound)

# The routes ----------------------------------------------------------------------------------------------------------


@router.get("/do-not-call-lists", summary="List do-not-call lists")
@described(pages_of("do_not_call_lists", DncListDetails), query=DncListQuery)
async def list_dnc_lists(request: Request, who: Manage) -> Response:
    query = read_query(request, DncListQuery)
    total, found = await dnc.listed(
        query.which(),
        order=query.order_by,
        offset=query.offset,
        limit=query.per_page,
        by=who,
        storage=services_of(request).storage,
    )
    teams = await teams_of_dnc_lists(request, [seen.list.id for seen in found], who, query.fields)
    items = [shown(request, seen, who, teams=teams.get(seen.list.id)) for seen in found]
    return hal(request, page_of(request, "do_not_call_lists", items, total=total, query=query))


@router.post("/do-not-call-lists", status_code=201, summary="Create a do-not-call list")
@described(
    NewDncListShown,
    body=DncListIn,
    example={"name": "Asked by mail"},
    refuses=(ListFileTooLarge,),
    makes="list_id",
)
async def create_dnc_list(request: Request, who: Manage) -> Response:
    services = services_of(request)
    new = read_as(DncListIn, await read_json(request))
    dnc_list, awaited = await dnc.create(
        name=new.name,
        file=None if new.csv_metadata is None else new.csv_metadata.facts(),
        by=who,
        storage=services.storage,
        clock=services.wall,
        ids=services.ids,
        files=services.uploads,
    )
    signed_url = None if awaited is None else signed_url_of(request, awaited)
    body = without_absent({**_members(request, dnc_list, who), "signed_url": signed_url})
    if signed_url is not None:
        body["_links"]["upload"] = {"href": signed_url}
    return hal(request, body, 201, {"Location": body["_links"]["self"]["href"]})


@router.get("/do-not-call-lists/{list_id}", summary="Details of a do-not-call list")
@described(DncListDetails, query=DetailQuery, refuses=(DncListNotFound,))
async def dnc_list_details(request: Request, list_id: str, who: Manage) -> Response:
    seen = await dnc.get(list_id, by=who, storage=services_of(request).storage)
    asked = read_query(request, DetailQuery).fields
    teams = await teams_of_dnc_lists(request, [seen.list.id], who, asked)
    return hal(request, shown(request, seen, who, teams=teams.get(seen.list.id)))


@router.patch("/do-not-call-lists/{list_id}", summary="Say that the file of a list has been sent")
@described(
    DncListShown,
    body=ListPatch,
    body_types=PATCHES,
    refuses=(DncListNotFound, DncListNotWaiting, NoFile, FileDiffers, ListFileTooLarge, TooManyUploads),
)
async def patch_dnc_list(request: Request, list_id: str, who: Manage) -> Response:
    """A file that came to an address of this server is read without this; then this changes nothing."""
    services = services_of(request)
    await dnc.get(list_id, by=who, storage=services.storage)
    check_says_uploaded(await read_json(request))
    await dnc.mark_uploaded(
        list_id,
        by=who,
        storage=services.storage,
        clock=services.wall,
        files=services.uploads,
        importer=importer_of(request),
    )
    seen = await dnc.get(list_id, by=who, storage=services.storage)
    return hal(request, _members(request, seen.list, who))


@router.get("/do-not-call-lists/{list_id}/entries", summary="List the entries of a list")
@described(pages_of("entries", DncEntryShown), query=EntryQuery, refuses=(DncListNotFound,))
async def list_entries(request: Request, list_id: str, who: Manage) -> Response:
    storage = services_of(request).storage
    await dnc.get(list_id, by=who, storage=storage)
    query = read_query(request, EntryQuery)
    total, found = await dnc.entries(
        list_id,
        number=query.number,
        order=query.order_by,
        offset=query.offset,
        limit=query.per_page,
        by=who,
        storage=storage,
    )
    items = [shown_entry(request, entry) for entry in found]
    return hal(request, page_of(request, "entries", items, total=total, query=query))


@router.post("/do-not-call-lists/{list_id}/entries", status_code=201, summary="Put a number on a list")
@described(DncEntryShown, body=EntryIn, refuses=(DncListNotFound,), makes="entry_id")
async def put_entry(request: Request, list_id: str, who: Manage) -> Response:
    services = services_of(request)
    await dnc.get(list_id, by=who, storage=services.storage)
    new = read_as(EntryIn, await read_json(request))
    entry = await dnc.put_entry(
        list_id,
        number=new.phone_number,
        expires_on=new.expiration_date,
        reason=new.reason,
        by=who,
        storage=services.storage,
        clock=services.wall,
        ids=services.ids,
    )
    body = shown_entry(request, entry)
    return hal(request, body, 201, {"Location": body["_links"]["self"]["href"]})


@router.patch("/do-not-call-lists/{list_id}/entries", summary="Change the expiration dates of many entries")
@described(ChangedEntries, body=EntryChanges, refuses=(DncListNotFound, TooManyEntries))
async def patch_entries(request: Request, list_id: str, who: Manage) -> Response:
    services = services_of(request)
    dnc_list = (await dnc.get(list_id, by=who, storage=services.storage)).list
    changes = _bulk_changes(await read_json(request))
    changed = await dnc.set_expirations(
        list_id,
        {one.entry_id: one.day for one in changes if one.entry_id is not None and one.day is not None},
        by=who,
        storage=services.storage,
        clock=services.wall,
    )
    embedded = [_outcome(request, change, changed) for change in changes]
    updated = sum("phone_number" in item for item in embedded)
    return hal(
        request,
        bulk_answer(
            {"do_not_call_list_id": str(dnc_list.id)},
            errors=len(embedded) - updated,
            done={"total_updated": updated},
            links=_links_of_bulk(request, dnc_list),
            embedded={"entries": embedded},
        ),
    )


@router.delete("/do-not-call-lists/{list_id}/entries", summary="Take many numbers off a list")
@described(DeletedEntries, body=_THINGS, refuses=(DncListNotFound,))
async def delete_entries(request: Request, list_id: str, who: Manage) -> Response:
    services = services_of(request)
    dnc_list = (await dnc.get(list_id, by=who, storage=services.storage)).list
    asked = list(dict.fromkeys(thing.id for thing in read_as(_THINGS, await read_json(request))))
    removed = await dnc.remove_entries(list_id, asked, by=who, storage=services.storage, clock=services.wall)
    failed = [one for one in asked if one not in removed]
    return hal(
        request,
        bulk_answer(
            {"id": str(dnc_list.id)},
            errors=len(failed),
            done={"total_deleted": len(removed)},
            links=_links_of_bulk(request, dnc_list),
            embedded=_failures(request, dnc_list, failed),
        ),
    )


def _failures(request: Request, dnc_list: DncList, failed: Sequence[str]) -> dict[str, Any]:
    if not failed:
        return {"failed_records": []}
    no_ids = [one for one in failed if uuid_of(one) is None]
    unknown = [one for one in failed if one not in no_ids]
    return failed_deletions(request, f"/do-not-call-lists/{dnc_list.id}/entries", failed, bad=no_ids, unknown=unknown)


@router.post("/do-not-call-lists/{list_id}/entries/queries", summary="Ask which numbers must not be called today")
@described(pages_of("entries", DncEntryShown), body=BlockedIn, refuses=(DncListNotFound,))
async def query_entries(request: Request, list_id: str, who: Manage) -> Response:
    services = services_of(request)
    await dnc.get(list_id, by=who, storage=services.storage)
    asked = read_as(BlockedIn, await read_json(request))
    found = await dnc.blocked(
        list_id,
        [Number(one.phone_number, one.timezone) for one in asked.phone_numbers],
        by=who,
        storage=services.storage,
        clock=services.clock,
    )
    items = [shown_entry(request, entry) for entry in found]
    query = LongPageQuery(page=1, per_page=500)
    return hal(request, page_of(request, "entries", items, total=len(items), query=query))


@router.get("/do-not-call-lists/{list_id}/entries/{entry_id}", summary="Details of an entry")
@described(DncEntryShown, refuses=_NOT_THERE)
async def entry_details(request: Request, list_id: str, entry_id: str, who: ReadEntry) -> Response:
    entry = await dnc.get_entry(list_id, entry_id, by=who, storage=services_of(request).storage)
    return hal(request, shown_entry(request, entry))


@router.patch("/do-not-call-lists/{list_id}/entries/{entry_id}", summary="Change the expiration date of an entry")
@described(DncEntryShown, body=EntryPatch, body_types=PATCHES, refuses=(*_NOT_THERE, DncPatchNotAvailable))
async def patch_entry(request: Request, list_id: str, entry_id: str, who: Manage) -> Response:
    services = services_of(request)
    await dnc.get_entry(list_id, entry_id, by=who, storage=services.storage)
    day = _expiration(await read_json(request))
    entry = await dnc.set_expiration(list_id, entry_id, day, by=who, storage=services.storage, clock=services.wall)
    return hal(request, shown_entry(request, entry))


@router.delete("/do-not-call-lists/{list_id}/entries/{entry_id}", status_code=204, summary="Take a number off a list")
@described(refuses=_NOT_THERE)
async def delete_entry(request: Request, list_id: str, entry_id: str, who: Manage) -> Response:
    services = services_of(request)
    await dnc.remove_entry(list_id, entry_id, by=who, storage=services.storage, clock=services.wall)
    return nothing()


# Beyond the compatible API -------------------------------------------------------------------------------------------


class AccountWideIn(Shape):
    account_wide: bool


def _reach(request: Request, dnc_list: DncList) -> dict[str, Any]:
    return {
        "id": str(dnc_list.id),
        "name": dnc_list.name,
        "entries_count": dnc_list.entries_count,
        "account_wide": dnc_list.account_wide,
        "_links": {
            "self": link(request, f"/v1/do-not-call-lists/{dnc_list.id}"),
            "do_not_call_list": link(request, f"/do-not-call-lists/{dnc_list.id}"),
        },
    }


class LookUpQuery(Query):
    number: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NUMBER)]

    @property
    def phone_number(self) -> PhoneNumber:
        """Raises `Invalid`."""
        # A plus sign that was not escaped arrives as a blank.
        found = number_in(f"+{self.number.strip().removeprefix('+')}")
        if found is None:
            raise Invalid("Invalid query", [FieldProblem("number", _NOT_A_NUMBER)])
        return found


@router.get("/v1/do-not-call-lists/lookup", summary="What all do-not-call lists say of a number")
@described(DncLookUpShown, query=LookUpQuery)
async def look_number_up(request: Request, who: Manage) -> Response:
    services = services_of(request)
    number = read_query(request, LookUpQuery).phone_number
    asked, found = await dnc.look_up(number, by=who, storage=services.storage, clock=services.clock)
    body = {
        "phone_number": number,
        "blocked": any(one.in_force for one in found),
        "lists_asked": asked,
        "entries": [_on_list(request, one) for one in found],
    }
    return hal(request, body)


def _on_list(request: Request, found: OnList) -> dict[str, Any]:
    actor = found.put_by
    put_by = None
    if actor is not None:
        user_id = None if actor.user_id is None else str(actor.user_id)
        put_by = without_absent({"user_id": user_id, "name": found.name, "client_id": actor.client_id})
    return without_absent(
        {
            "list_name": found.list.name,
            "account_wide": found.list.account_wide,
            "in_force": found.in_force,
            "entry": shown_entry(request, found.entry),
            "put_by": put_by,
        }
    )


class DncUploadIn(Shape):
    csv_metadata: FileIn


@router.post(
    "/v1/do-not-call-lists/{list_id}/upload-requests",
    status_code=201,
    summary="Get an address for a file with more numbers",
)
@described(
    NewDncUploadShown,
    body=DncUploadIn,
    example={"csv_metadata": {"filename": "june.csv", "byte_size": 1024, "content_type": "text/csv"}},
    refuses=(DncListNotFound, UploadFileTooLarge),
)
async def create_dnc_upload(request: Request, list_id: str, who: Manage) -> Response:
    """The file is read as soon as it is there: each number counts from then on."""
    services = services_of(request)
    await dnc.get(list_id, by=who, storage=services.storage)
    awaited = await dnc.request_upload(
        list_id,
        file=read_as(DncUploadIn, await read_json(request)).csv_metadata.facts(),
        by=who,
        storage=services.storage,
        clock=services.wall,
        ids=services.ids,
        files=services.uploads,
    )
    own = link(request, f"/v1/upload-requests/{awaited.upload.id}")
    address = signed_url_of(request, awaited)
    body = {
        "id": str(awaited.upload.id),
        "do_not_call_list_id": list_id,
        "signed_url": address,
        "status": awaited.upload.status.value,
        "_links": {
            "self": own,
            "do_not_call_list": link(request, f"/do-not-call-lists/{list_id}"),
            "upload": {"href": address},
        },
    }
    return hal(request, body, 201, {"Location": own["href"]})


@router.get("/v1/do-not-call-lists/{list_id}", summary="Which campaigns a do-not-call list binds")
@described(DncListReach, refuses=(DncListNotFound,))
async def dnc_list_reach(request: Request, list_id: str, who: Manage) -> Response:
    seen = await dnc.get(list_id, by=who, storage=services_of(request).storage)
    return hal(request, _reach(request, seen.list))


@router.put(
    "/v1/do-not-call-lists/{list_id}", summary="Let a do-not-call list bind all campaigns of the account, or not"
)
@described(DncListReach, body=AccountWideIn, example={"account_wide": True}, refuses=(DncListNotFound,))
async def put_dnc_list_reach(request: Request, list_id: str, who: Manage) -> Response:
    services = services_of(request)
    await dnc.get(list_id, by=who, storage=services.storage)
    wide = read_as(AccountWideIn, await read_json(request)).account_wide
    changed = await dnc.set_reach(list_id, account_wide=wide, by=who, storage=services.storage, clock=services.wall)
    return hal(request, _reach(request, changed))
