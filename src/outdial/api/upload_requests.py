"""What became of files: beside the compatible API, which only knows the status of the list."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from outdial.api.answers.uploads import UploadShown
from outdial.api.auth import needs, needs_one_of
from outdial.api.describe import Raw, described, pages_of
from outdial.api.hal import hal, instant, link, without_absent
from outdial.api.paging import LongPageQuery, page_of
from outdial.api.problems import Refused
from outdial.api.services import services_of
from outdial.api.shapes import read_query
from outdial.app import dnc, record_lists, uploads, webhooks
from outdial.domain.access import Principal, Scope
from outdial.domain.dnc import DncListNotFound
from outdial.domain.record_lists import ListKind, RecordListNotFound, Upload, UploadNotFound
from outdial.domain.webhooks import Webhook

_SCOPE: Final[Mapping[ListKind, Scope]] = {
    ListKind.RECORDS: Scope.RECORD_LISTS_MANAGE,
    ListKind.DNC: Scope.DNC_LISTS_MANAGE,
}
_LISTS: Final[Mapping[ListKind, tuple[str, str]]] = {
    ListKind.RECORDS: ("record_list", "/record-lists"),
    ListKind.DNC: ("do_not_call_list", "/do-not-call-lists"),
}
_CSV: Final = "text/csv; charset=utf-8"

ManageRecords = Annotated[Principal, needs(Scope.RECORD_LISTS_MANAGE)]
ManageDnc = Annotated[Principal, needs(Scope.DNC_LISTS_MANAGE)]
ManageEither = Annotated[Principal, needs_one_of(Scope.RECORD_LISTS_MANAGE, Scope.DNC_LISTS_MANAGE)]

router = APIRouter(tags=["Uploads"])


def shown(request: Request, upload: Upload, call: Webhook | None) -> dict[str, Any]:
    """A file as `/v1` shows it, with the call that tells of it if there is one."""
    name, path = _LISTS[upload.into]
    own = f"/v1/upload-requests/{upload.id}"
    report = upload.report or {}
    links = {"self": link(request, own), name: link(request, f"{path}/{upload.list_id}")}
    if upload.header:
        links["rejects"] = link(request, f"{own}/rejects")
    return without_absent(
        {
            "id": str(upload.id),
            f"{name}_id": str(upload.list_id),
            "status": upload.status.value,
            "first_file": upload.first_file,
            "filename": upload.facts.filename,
            "byte_size": upload.facts.byte_size,
            "stored_bytes": upload.stored_bytes,
            "expires_at": instant(upload.expires_at),
            "rows_done": upload.rows_done,
            "rows_total": upload.rows_total,
            "accepted": report.get("accepted", 0),
            "updated": report.get("updated", 0),
            "rejected": report.get("rejected", 0),
            "duplicates": report.get("duplicates", 0),
            "by_kind": report.get("by_kind", {}),
            "on_do_not_call_lists": report.get("on_do_not_call_lists"),
            "corrupted": report.get("corrupted"),
            "cancel_asked_at": None if upload.cancel_asked_at is None else instant(upload.cancel_asked_at),
            "callback": None if call is None else _shown_call(call),
            "_links": links,
        }
    )


def _shown_call(call: Webhook) -> dict[str, Any]:
    return without_absent(
        {
            "status": call.status.value,
            "attempts": call.attempts,
            "next_at": None if call.next_at is None else instant(call.next_at),
            "last_at": None if call.last_at is None else instant(call.last_at),
            "last_answer": call.last_answer,
            "last_problem": call.last_problem,
        }
    )


async def _found(request: Request, upload_id: str, who: Principal) -> Upload:
    upload = await uploads.get(upload_id, by=who, storage=services_of(request).storage)
    scope = _SCOPE[upload.into]
    if scope not in who.scopes:
        raise Refused("scope-missing", f"the access token lacks the scope {scope.value}")
    return upload


@router.get("/v1/record-lists/{list_id}/upload-requests", summary="List the files of a record list")
@described(pages_of("upload_requests", UploadShown), query=LongPageQuery, refuses=(RecordListNotFound,))
async def list_uploads_of_record_list(request: Request, list_id: str, who: ManageRecords) -> Response:
    seen = await record_lists.get(list_id, by=who, storage=services_of(request).storage)
    return await _listed(request, ListKind.RECORDS, seen.list.id, who)


@router.get("/v1/do-not-call-lists/{list_id}/upload-requests", summary="List the files of a do-not-call list")
@described(pages_of("upload_requests", UploadShown), query=LongPageQuery, refuses=(DncListNotFound,))
async def list_uploads_of_dnc_list(request: Request, list_id: str, who: ManageDnc) -> Response:
    seen = await dnc.get(list_id, by=who, storage=services_of(request).storage)
    return await _listed(request, ListKind.DNC, seen.list.id, who)


async def _listed(request: Request, into: ListKind, list_id: Any, who: Principal) -> Response:
    query = read_query(request, LongPageQuery)
    total, found = await uploads.of_list(
        into, list_id, offset=query.offset, limit=query.per_page, by=who, storage=services_of(request).storage
    )
    calls = await webhooks.of_uploads([upload.id for upload in found], by=who, storage=services_of(request).storage)
    items = [shown(request, upload, calls.get(upload.id)) for upload in found]
    return hal(request, page_of(request, "upload_requests", items, total=total, query=query))


@router.get("/v1/upload-requests/{upload_id}", summary="How far a file has been read, and what became of its rows")
@described(UploadShown, refuses=(UploadNotFound,))
async def upload_details(request: Request, upload_id: str, who: ManageEither) -> Response:
    upload = await _found(request, upload_id, who)
    calls = await webhooks.of_uploads([upload.id], by=who, storage=services_of(request).storage)
    return hal(request, shown(request, upload, calls.get(upload.id)))


@router.get("/v1/upload-requests/{upload_id}/rejects", summary="The rows of a file that were not taken, and why")
@described(Raw("text/csv"), answer_types=("text/csv",), refuses=(UploadNotFound,))
async def upload_rejects(request: Request, upload_id: str, who: ManageEither) -> Response:
    """A CSV file: the columns of the file, then `row`, `column`, `value`, `code` and `message`. Kept for 30 days."""
    upload = await _found(request, upload_id, who)
    rows = uploads.rejects(upload, by=who, storage=services_of(request).storage)
    headers = {"Content-Disposition": f'attachment; filename="rejects-{upload.id}.csv"'}
    return StreamingResponse(rows, headers=headers, media_type=_CSV)
