"""A file of records from its arrival to its import: looked at, checked, imported as somebody says, or taken back."""

from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import AfterValidator, Field, WithJsonSchema
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.answers.previews import CheckShown, FileSampleShown, SeparatorShown
from outdial.api.answers.uploads import UploadShown
from outdial.api.auth import needs
from outdial.api.bodies import read_json
from outdial.api.describe import described
from outdial.api.files import importer_of
from outdial.api.hal import hal, without_absent
from outdial.api.services import services_of
from outdial.api.shapes import Query, Shape, any_case, read_as, read_query, wrong
from outdial.api.upload_requests import shown
from outdial.app import previews, record_lists, uploads
from outdial.app.imports import ImportReport
from outdial.domain.access import Principal, Scope
from outdial.domain.readings import COUNTRIES, ColumnUse, DuplicateRule, Encoding, Reading
from outdial.domain.record_lists import (
    FileDiffers,
    ListFileTooLarge,
    ListKind,
    NoFile,
    TooManyUploads,
    Upload,
    UploadFileTooLarge,
    UploadNotFound,
    UploadNotWaiting,
    UploadOver,
)
from outdial.domain.zones import LONGEST_NAME, zone_name

MOST_PROBLEMS: Final = 100
"""Rows that are shown one by one with a check; the counts are always complete."""
MOST_COLUMNS: Final = 1_000

Manage = Annotated[Principal, needs(Scope.RECORD_LISTS_MANAGE)]

router = APIRouter(tags=["Uploads"])


def _zone(value: str) -> str:
    name = zone_name(value)
    if name is None:
        raise wrong("must be an IANA time zone, such as Europe/Lisbon")
    return name


def _country(value: str) -> str:
    if value.upper() not in COUNTRIES:
        raise wrong("must be a country as in ISO 3166, such as PT")
    return value.upper()


class ReadingIn(Shape):
    """How a file is read; `columns` has one item for each column, and without it their names decide."""

    encoding: Annotated[Encoding, any_case(Encoding)] = Encoding.UTF_8
    separator: SeparatorShown = ","
    columns: (
        Annotated[list[Annotated[ColumnUse, any_case(ColumnUse)]], Field(min_length=1, max_length=MOST_COLUMNS)] | None
    ) = None
    timezone: (
        Annotated[
            str,
            AfterValidator(_zone),
            Field(max_length=LONGEST_NAME),
            WithJsonSchema({"type": "string", "format": "time-zone", "examples": ["Europe/Lisbon"]}),
        ]
        | None
    ) = None
    country: (
        Annotated[
            str,
            AfterValidator(_country),
            WithJsonSchema({"type": "string", "enum": sorted(COUNTRIES), "examples": ["PT"]}),
        ]
        | None
    ) = None
    duplicates: Annotated[
        DuplicateRule,
        any_case(DuplicateRule),
        Field(description="What becomes of a row of which the list has the record already"),
    ] = DuplicateRule.REFUSE

    def reading(self) -> Reading:
        columns = None if self.columns is None else tuple(self.columns)
        return Reading(self.encoding, self.separator, columns, self.timezone, self.country, self.duplicates)


class SampleQuery(Query):
    encoding: Annotated[Encoding, any_case(Encoding)] | None = None
    separator: SeparatorShown | None = None


_EXAMPLE: Final = {"encoding": "UTF-8", "separator": ",", "country": "PT"}
_NOT_WAITING: Final = (UploadNotFound, UploadNotWaiting, NoFile, FileDiffers, ListFileTooLarge, UploadFileTooLarge)


async def _found(request: Request, upload_id: str, who: Principal) -> Upload:
    """A file of a record list: those of do-not-call lists are read as soon as they are here."""
    upload = await uploads.get(upload_id, by=who, storage=services_of(request).storage)
    if upload.into is not ListKind.RECORDS:
        raise UploadNotFound(upload_id)
    return upload


@router.get("/v1/upload-requests/{upload_id}/sample", summary="The first rows of a file, and what its columns may be")
@described(FileSampleShown, query=SampleQuery, refuses=_NOT_WAITING)
async def upload_sample(request: Request, upload_id: str, who: Manage) -> Response:
    services = services_of(request)
    upload = await _found(request, upload_id, who)
    query = read_query(request, SampleQuery)
    found = await previews.sample(
        upload,
        encoding=query.encoding,
        separator=query.separator,
        by=who,
        storage=services.storage,
        files=services.uploads,
    )
    reading = found.reading
    body = {
        "encoding": reading.encoding.value,
        "separator": reading.separator,
        "columns": [
            {"name": name, "use": use.value} for name, use in zip(found.header, reading.columns or (), strict=False)
        ],
        "timezone": reading.timezone,
        "country": reading.country,
        "duplicates": reading.duplicates.value,
        "rows": [{"line": row.line, "raw": row.raw, "cells": list(row.cells)} for row in found.rows],
        "corrupted": found.why_corrupted,
    }
    return hal(request, without_absent(body))


@router.post("/v1/upload-requests/{upload_id}/check", summary="What an import of a file would report; stores nothing")
@described(CheckShown, body=ReadingIn, example=_EXAMPLE, refuses=_NOT_WAITING)
async def check_upload(request: Request, upload_id: str, who: Manage) -> Response:
    services = services_of(request)
    upload = await _found(request, upload_id, who)
    reading = read_as(ReadingIn, await read_json(request)).reading()
    report = await previews.check(
        upload, reading, by=who, storage=services.storage, clock=services.wall, files=services.uploads
    )
    return hal(request, _shown_check(report))


def _shown_check(report: ImportReport) -> dict[str, Any]:
    return without_absent(
        {
            "rows": report.rows,
            "accepted": report.accepted,
            "updated": report.updated,
            "rejected": report.rejected,
            "duplicates": report.duplicates,
            "by_kind": report.by_kind,
            "on_do_not_call_lists": report.on_do_not_call_lists,
            "corrupted": report.why_corrupted,
            "problems": [
                {
                    "row": problem.line,
                    "column": problem.column,
                    "value": problem.value,
                    "code": problem.code,
                    "kind": problem.kind.value,
                    "message": problem.message,
                }
                for problem in report.problems[:MOST_PROBLEMS]
            ],
        }
    )


@router.post("/v1/upload-requests/{upload_id}/import", summary="Import a file that has been sent, read as is said here")
@described(UploadShown, body=ReadingIn, example=_EXAMPLE, refuses=(*_NOT_WAITING, TooManyUploads))
async def import_upload(request: Request, upload_id: str, who: Manage) -> Response:
    services = services_of(request)
    upload = await _found(request, upload_id, who)
    reading = read_as(ReadingIn, await read_json(request)).reading()
    await previews.waiting(upload, services.uploads)
    begun = await record_lists.mark_upload_uploaded(
        str(upload.list_id),
        upload_id,
        reading=reading,
        by=who,
        storage=services.storage,
        clock=services.wall,
        files=services.uploads,
        importer=importer_of(request),
    )
    return hal(request, shown(request, begun, None))


@router.post("/v1/upload-requests/{upload_id}/cancel", summary="Take a file back, and the records that it has brought")
@described(UploadShown, refuses=(UploadNotFound, UploadOver))
async def cancel_upload(request: Request, upload_id: str, who: Manage) -> Response:
    """Records that are on a call go when it is over. The file is over, as `REJECTED`, when the others are gone."""
    services = services_of(request)
    upload = await _found(request, upload_id, who)
    canceled = await uploads.cancel(
        upload, by=who, storage=services.storage, clock=services.wall, files=services.uploads
    )
    return hal(request, shown(request, canceled, None))
