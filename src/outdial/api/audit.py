"""The audit over HTTP: who changed what, and a way back."""

import csv
import enum
import io
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from outdial.api.answers.settings import ChangeShown
from outdial.api.auth import needs
from outdial.api.campaign_settings import read_settings
from outdial.api.describe import Raw, described, pages_of
from outdial.api.hal import hal, instant, link, without_absent
from outdial.api.paging import LongPageQuery, page_of
from outdial.api.services import services_of
from outdial.api.shapes import Instant, any_case, read_query
from outdial.app import audit, campaigns
from outdial.app.campaigns import uuid_of
from outdial.domain.access import Principal, Scope
from outdial.domain.audit import Action, Change, ChangedSince, ChangeNotFound, ChangeNotUndoable, Kind
from outdial.domain.campaigns import CampaignNotFound, CampaignNotPausable, CampaignNotStartable
from outdial.ports.audit import ChangeFilter

router = APIRouter(tags=["Audit"])

Read = Annotated[Principal, needs(Scope.AUDIT_READ)]
Write = Annotated[Principal, needs(Scope.CAMPAIGNS_WRITE)]
AnId = Annotated[str, StringConstraints(max_length=36)]


class CampaignChangesQuery(LongPageQuery):
    action: Annotated[Action, any_case(Action)] | None = None
    client_id: Annotated[str, StringConstraints(max_length=255)] | None = None
    field: Annotated[str, StringConstraints(max_length=255)] | None = Field(
        None, description="A member by its dotted name, or one that others are below"
    )
    at_from: Instant | None = None
    at_to: Instant | None = None

    def which(self) -> ChangeFilter:
        return ChangeFilter(
            action=self.action, client_id=self.client_id, field=self.field, since=self.at_from, until=self.at_to
        )


class ChangesQuery(CampaignChangesQuery):
    kind: Annotated[Kind, any_case(Kind)] | None = None
    thing_id: AnId | None = None
    campaign_id: AnId | None = None

    def which(self) -> ChangeFilter:
        ids = {
            name: uuid_of(given) for name in ("thing_id", "campaign_id") if (given := getattr(self, name)) is not None
        }
        return ChangeFilter(
            campaign=ids.get("campaign_id"),
            kind=self.kind,
            thing=ids.get("thing_id"),
            action=self.action,
            client_id=self.client_id,
            field=self.field,
            since=self.at_from,
            until=self.at_to,
            # An id that is no UUID names nothing of ours.
            nothing=None in ids.values(),
        )


class Format(enum.Enum):
    """Of a file: one line for each change, as JSON or as CSV."""

    CSV = "csv"
    JSONL = "jsonl"


_MEDIA_TYPES: Final = {Format.CSV: "text/csv", Format.JSONL: "application/x-ndjson"}


class ExportQuery(ChangesQuery):
    """The same filters; pages have no meaning here."""

    format: Annotated[Format, any_case(Format)] = Format.CSV


def _shown(request: Request, change: Change) -> dict[str, Any]:
    return without_absent(
        {
            "id": str(change.id),
            "at": instant(change.at),
            "client_id": change.actor.client_id,
            "user_id": str(change.actor.user_id) if change.actor.user_id else None,
            "request_id": change.actor.request_id,
            "kind": change.kind.value,
            "thing_id": str(change.thing),
            "action": change.action.value,
            "fields": list(change.fields),
            "before": dict(change.before),
            "after": dict(change.after),
            "campaign_id": str(change.campaign_id) if change.campaign_id else None,
            "undoes": str(change.undoes) if change.undoes else None,
            "_links": {"self": link(request, f"/v1/audit/{change.id}")},
        }
    )


async def _page(request: Request, query: LongPageQuery, which: ChangeFilter, who: Principal) -> Response:
    storage = services_of(request).storage
    total, changes = await audit.listed(which, offset=query.offset, limit=query.per_page, by=who, storage=storage)
    items = [_shown(request, change) for change in changes]
    return hal(request, page_of(request, "changes", items, total=total, query=query))


@router.get("/v1/audit", summary="Who changed what, the newest first")
@described(pages_of("changes", ChangeShown), query=ChangesQuery)
async def list_changes(request: Request, who: Read) -> Response:
    query = read_query(request, ChangesQuery)
    return await _page(request, query, query.which(), who)


@router.get("/v1/audit/export", summary="Who changed what, all of it as a file, the newest first")
@described(
    Raw(_MEDIA_TYPES[Format.CSV], also=(_MEDIA_TYPES[Format.JSONL],), schema={}),
    says={200: "A line for each change; CSV has a header, and `before` and `after` as JSON in it"},
    query=ExportQuery,
)
async def export_changes(request: Request, who: Read) -> Response:
    query = read_query(request, ExportQuery)
    pieces = audit.everything(query.which(), by=who, storage=services_of(request).storage)
    # What goes wrong at once is told by a status; later the file breaks off.
    first = await anext(pieces, None)
    headers = {
        "Content-Disposition": f'attachment; filename="audit.{query.format.value}"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    lines = _lines(request, first, pieces, query.format)
    return StreamingResponse(lines, media_type=f"{_MEDIA_TYPES[query.format]}; charset=utf-8", headers=headers)


async def _lines(
    request: Request, first: Sequence[Change] | None, rest: AsyncIterator[Sequence[Change]], format_: Format
) -> AsyncIterator[str]:
    """The file, piece by piece."""
    if format_ is Format.CSV:
        yield _csv([_COLUMNS])
    piece = first
    while piece:
        shown = [_shown(request, change) for change in piece]
        if format_ is Format.CSV:
            yield _csv([_cell(one.get(column)) for column in _COLUMNS] for one in shown)
        else:
            for one in shown:
                del one["_links"]
            yield "".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) + "\n" for one in shown)
        piece = await anext(rest, None)


_COLUMNS: Final = (
    *("at", "kind", "thing_id", "action", "before", "after"),
    *("client_id", "user_id", "request_id", "campaign_id", "undoes", "id"),
)


def _cell(value: object) -> object:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value


def _csv(rows: Iterable[Iterable[object]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


@router.get("/v1/campaigns/{campaign_id}/audit", summary="Who changed a campaign, the newest first")
@described(pages_of("changes", ChangeShown), query=CampaignChangesQuery, refuses=(CampaignNotFound,))
async def list_changes_of_campaign(request: Request, campaign_id: str, who: Read) -> Response:
    campaign = await campaigns.get(campaign_id, by=who, storage=services_of(request).storage)
    query = read_query(request, CampaignChangesQuery)
    return await _page(request, query, replace(query.which(), campaign=campaign.id), who)


@router.get("/v1/audit/{change_id}", summary="One change")
@described(ChangeShown, refuses=(ChangeNotFound,))
async def one_change(request: Request, change_id: str, who: Read) -> Response:
    change = await audit.get(uuid_of(change_id), by=who, storage=services_of(request).storage)
    return hal(request, _shown(request, change))


@router.post("/v1/audit/{change_id}/undo", status_code=201, summary="Take a change of a campaign's settings back")
@described(
    ChangeShown,
    refuses=(
        ChangeNotFound,
        CampaignNotFound,
        ChangedSince,
        ChangeNotUndoable,
        CampaignNotStartable,
        CampaignNotPausable,
        (400, "invalid"),
    ),
)
async def undo_change(request: Request, change_id: str, who: Write) -> Response:
    services = services_of(request)
    change = await campaigns.undo(
        change_id,
        read_settings,
        by=who,
        storage=services.storage,
        clock=services.wall,
        holidays=services.holidays,
    )
    return hal(request, _shown(request, change), 201)
