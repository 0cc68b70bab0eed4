"""Record lists: what may be sent, what is shown, and the routes of the compatible API; where their files arrive."""

import contextlib
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.answers.lists import (
    ListPatch,
    NewRecordListShown,
    RecordListDetails,
    RecordListShown,
    UploadRequestShown,
)
from outdial.api.auth import needs
from outdial.api.bodies import read_json
from outdial.api.conditional import tagged, unless_changed
from outdial.api.describe import PATCHES, described, pages_of
from outdial.api.files import FileIn, check_says_uploaded, importer_of, signed_url_of
from outdial.api.hal import Link, hal, instant, link, without_absent
from outdial.api.lists import (
    NEWEST_FIRST,
    DetailQuery,
    ListQuery,
    Order,
    both_or_none,
    order_of,
    shown_with_campaigns,
)
from outdial.api.paging import page_of
from outdial.api.services import Services, services_of
from outdial.api.shapes import Shape, any_case, read_as, read_query, wrong
from outdial.api.teams import Teams, teams_of_record_lists
from outdial.app import record_lists
from outdial.app.importer import Importer
from outdial.app.record_lists import Seen
from outdial.app.record_upkeep import Upkeep
from outdial.domain.access import Principal, Scope
from outdial.domain.errors import FieldProblem, Invalid
from outdial.domain.record_lists import (
    FileDiffers,
    ListFileTooLarge,
    NoFile,
    RecordList,
    RecordListNotFound,
    RecordListNotWaiting,
    TooManyUploads,
    UniqueBy,
    Upload,
    UploadFileTooLarge,
    UploadNotFound,
    UploadNotWaiting,
)
from outdial.domain.webhooks import METHODS, header_problem

MOST_HEADERS: Final = 20
"""Of a call to a client's server, besides our own."""

Manage = Annotated[Principal, needs(Scope.RECORD_LISTS_MANAGE)]
Write = Annotated[Principal, needs(Scope.RECORD_LISTS_WRITE)]


@contextlib.asynccontextmanager
async def _importing(app: FastAPI) -> AsyncIterator[None]:
    """Read uploaded files while the application serves, those first that an earlier server has left; tidy up."""
    services: Services = app.state.services
    importer = Importer(storage=services.storage, clock=services.wall, ids=services.ids, files=services.uploads)
    upkeep = Upkeep(
        storage=services.storage,
        access=services.access,
        clock=services.wall,
        files=services.uploads,
        importer=importer,
    )
    async with importer, upkeep:
        await importer.resume([account.id for account in await services.access.accounts()])
        app.state.importer = importer
        app.state.upkeep = upkeep
        yield


router = APIRouter(tags=["Record lists"], lifespan=_importing)


# What is shown -------------------------------------------------------------------------------------------------------


def _self(request: Request, record_list: RecordList | Upload) -> Link:
    list_id = record_list.id if isinstance(record_list, RecordList) else record_list.list_id
    return link(request, f"/record-lists/{list_id}")


def _members(request: Request, record_list: RecordList, who: Principal) -> dict[str, Any]:
    return {
        "id": str(record_list.id),
        "name": record_list.name,
        "unique_identifier_type": record_list.unique_by.value,
        "status": record_list.status.value,
        "records_count": record_list.records_count,
        "account_id": str(who.account),
        "created_at": instant(record_list.created_at),
        "updated_at": instant(record_list.updated_at),
        "_links": {"self": _self(request, record_list)},
    }


def shown(request: Request, seen: Seen, who: Principal, *, teams: Teams | None) -> dict[str, Any]:
    """A list as the API shows it, with the campaigns that use it."""
    members = _members(request, seen.list, who)
    return shown_with_campaigns(request, members, seen, campaigns_by="record_list_id", teams=teams)


def _shown_upload(request: Request, upload: Upload, signed_url: str | None = None) -> dict[str, Any]:
    links = {
        "self": link(request, f"/record-lists/{upload.list_id}/upload-requests/{upload.id}"),
        "record_list": _self(request, upload),
    }
    if signed_url is not None:
        links["upload"] = {"href": signed_url}
    return without_absent(
        {
            "id": str(upload.id),
            "record_list_id": str(upload.list_id),
            "signed_url": signed_url,
            "status": upload.status.value,
            "_links": links,
        }
    )


# What may be sent ----------------------------------------------------------------------------------------------------


class RecordListIn(Shape):
    name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    unique_identifier_type: Annotated[UniqueBy, any_case(UniqueBy)] = UniqueBy.PHONE_NUMBER
    csv_metadata: FileIn | None = None


class UniqueIdentifierTypeInvalid(Invalid):
    """The one member that is wrong is the type of the unique identifier."""

    code = "unique-identifier-type-invalid"


def _new_list(body: object) -> RecordListIn:
    try:
        return read_as(RecordListIn, body)
    except Invalid as error:
        if [field.name for field in error.fields] == ["unique_identifier_type"]:
            raise UniqueIdentifierTypeInvalid(str(error), error.fields) from None
        raise


class CsvMetadataMissing(Invalid):
    code = "csv-metadata-missing"


class CallbackEndpointMissing(Invalid):
    code = "callback-endpoint-missing"


class CallbackMethodMissing(Invalid):
    code = "callback-method-missing"


def _endpoint(value: object) -> object:
    try:
        parts = urlsplit(str(value))
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
        fits = fits and (parts.port is None or parts.port > 0)
    except ValueError:
        fits = False
    if isinstance(value, str) and not (fits and value.isascii() and value.isprintable() and " " not in value):
        raise wrong("must be an absolute address of http or https, without a name and password")
    return value


def _method(value: object) -> object:
    if not isinstance(value, str) or value.upper() not in METHODS:
        raise wrong(f"must be one of {', '.join(METHODS)}")
    return value.upper()


def _headers(value: object) -> object:
    if isinstance(value, dict) and len(value) > MOST_HEADERS:
        raise wrong(f"must have at most {MOST_HEADERS} members")
    for name, text in value.items() if isinstance(value, dict) else ():
        if isinstance(text, str) and (problem := header_problem(str(name), text)) is not None:
            raise wrong(f"has a header that {problem}: its name or its value cannot be sent")
    return value


class CallbackIn(Shape):
    endpoint: Annotated[str, StringConstraints(min_length=1, max_length=2083), AfterValidator(_endpoint)]
    method: Annotated[str, BeforeValidator(_method), Field(pattern=f"^({'|'.join(METHODS)})$", examples=["POST"])]
    body: dict[str, Any] | None = None
    headers: Annotated[dict[str, str], AfterValidator(_headers)] | None = None


class UploadRequestIn(Shape):
    csv_metadata: FileIn
    callback_action: CallbackIn | None = None
    send_atlas_notification: bool = False


def _new_upload(body: object) -> UploadRequestIn:
    """Raises `Invalid`, with a code of its own for each of the three members whose absence has one."""
    if not isinstance(body, dict):
        return read_as(UploadRequestIn, body)
    if body.get("csv_metadata") is None:
        raise CsvMetadataMissing("Invalid input", [FieldProblem("csv_metadata", "is required")])
    callback = body.get("callback_action")
    if isinstance(callback, dict):
        # One of the published tables spells it in the plural.
        callback = {"endpoint": callback.get("endpoints"), **callback}
        if not callback["endpoint"]:
            raise CallbackEndpointMissing("Invalid input", [FieldProblem("callback_action.endpoint", "is required")])
        if not callback.get("method"):
            raise CallbackMethodMissing("Invalid input", [FieldProblem("callback_action.method", "is required")])
        body = body | {"callback_action": callback}
    return read_as(UploadRequestIn, body)


class RecordListQuery(ListQuery):
    order_by: Annotated[Order, order_of("name", "records_count", "created_at", "updated_at")] = NEWEST_FIRST

    def clashes(self) -> list[FieldProblem]:
        """Here the bounds of instants are given together, too."""
        return both_or_none(self, "created_at") + both_or_none(self, "updated_at") + super().clashes()


# The routes ----------------------------------------------------------------------------------------------------------


@router.get("/record-lists", summary="List record lists")
@described(pages_of("record_lists", RecordListDetails), query=RecordListQuery)
async def list_record_lists(request: Request, who: Manage) -> Response:
    query = read_query(request, RecordListQuery)
    total, found = await record_lists.listed(
        query.which(),
        order=query.order_by,
        offset=query.offset,
        limit=query.per_page,
        by=who,
        storage=services_of(request).storage,
    )
    teams = await teams_of_record_lists(request, [seen.list.id for seen in found], who, query.fields)
    items = [shown(request, seen, who, teams=teams.get(seen.list.id)) for seen in found]
    return hal(request, page_of(request, "record_lists", items, total=total, query=query))


@router.post("/record-lists", status_code=201, summary="Create a record list, with an address for its file")
@described(
    NewRecordListShown,
    body=RecordListIn,
    example={"name": "Renewals in May", "unique_identifier_type": "PHONE_NUMBER"},
    refuses=(UniqueIdentifierTypeInvalid, ListFileTooLarge),
    makes="list_id",
)
async def create_record_list(request: Request, who: Manage) -> Response:
    services = services_of(request)
    new = _new_list(await read_json(request))
    record_list, awaited = await record_lists.create(
        name=new.name,
        unique_by=new.unique_identifier_type,
        file=None if new.csv_metadata is None else new.csv_metadata.facts(),
        by=who,
        storage=services.storage,
        clock=services.wall,
        ids=services.ids,
        files=services.uploads,
    )
    signed_url = None if awaited is None else signed_url_of(request, awaited)
    body = without_absent({**_members(request, record_list, who), "signed_url": signed_url})
    if signed_url is not None:
        body["_links"]["upload"] = {"href": signed_url}
    return hal(request, body, 201, {"Location": body["_links"]["self"]["href"]})


@router.get("/record-lists/{list_id}", summary="Record list details")
@described(RecordListDetails, query=DetailQuery, tagged=True, refuses=(RecordListNotFound,))
async def record_list_details(request: Request, list_id: str, who: Manage) -> Response:
    seen = await record_lists.get(list_id, by=who, storage=services_of(request).storage)
    asked = read_query(request, DetailQuery).fields
    teams = await teams_of_record_lists(request, [seen.list.id], who, asked)
    return tagged(request, seen.list, shown(request, seen, who, teams=teams.get(seen.list.id)))


@router.patch("/record-lists/{list_id}", summary="Say that the file of a list has been sent")
@described(
    RecordListShown,
    body=ListPatch,
    body_types=PATCHES,
    conditional=True,
    refuses=(RecordListNotFound, RecordListNotWaiting, NoFile, FileDiffers, ListFileTooLarge, TooManyUploads),
)
async def patch_record_list(request: Request, list_id: str, who: Write) -> Response:
    services = services_of(request)
    await record_lists.get(list_id, by=who, storage=services.storage)
    check_says_uploaded(await read_json(request))
    record_list = await record_lists.mark_list_uploaded(
        list_id,
        check=unless_changed(request),
        by=who,
        storage=services.storage,
        clock=services.wall,
        files=services.uploads,
        importer=importer_of(request),
    )
    return hal(request, _members(request, record_list, who))


@router.post(
    "/record-lists/{list_id}/upload-requests", status_code=201, summary="Get an address for a file with more records"
)
@described(
    UploadRequestShown,
    body=UploadRequestIn,
    example={"csv_metadata": {"filename": "may.csv", "byte_size": 1024, "content_type": "text/csv"}},
    refuses=(
        RecordListNotFound,
        CsvMetadataMissing,
        CallbackEndpointMissing,
        CallbackMethodMissing,
        UploadFileTooLarge,
    ),
    makes="upload_id",
)
async def create_upload_request(request: Request, list_id: str, who: Manage) -> Response:
    services = services_of(request)
    await record_lists.get(list_id, by=who, storage=services.storage)
    new = _new_upload(await read_json(request))
    awaited = await record_lists.request_upload(
        list_id,
        file=new.csv_metadata.facts(),
        callback=None if new.callback_action is None else new.callback_action.model_dump(exclude_none=True),
        by=who,
        storage=services.storage,
        clock=services.wall,
        ids=services.ids,
        files=services.uploads,
    )
    body = _shown_upload(request, awaited.upload, signed_url_of(request, awaited))
    return hal(request, body, 201, {"Location": body["_links"]["self"]["href"]})


@router.patch("/record-lists/{list_id}/upload-requests/{upload_id}", summary="Say that a file has been sent")
@described(
    UploadRequestShown,
    body=ListPatch,
    body_types=PATCHES,
    refuses=(
        RecordListNotFound,
        UploadNotFound,
        UploadNotWaiting,
        NoFile,
        FileDiffers,
        UploadFileTooLarge,
        TooManyUploads,
    ),
)
async def patch_upload_request(request: Request, list_id: str, upload_id: str, who: Manage) -> Response:
    services = services_of(request)
    await record_lists.get_upload(list_id, upload_id, by=who, storage=services.storage)
    body = await read_json(request)
    # The value may be left out: there is only one.
    check_says_uploaded({"value": "UPLOADED"} | body if isinstance(body, dict) else body)
    upload = await record_lists.mark_upload_uploaded(
        list_id,
        upload_id,
        by=who,
        storage=services.storage,
        clock=services.wall,
        files=services.uploads,
        importer=importer_of(request),
    )
    return hal(request, _shown_upload(request, upload))
