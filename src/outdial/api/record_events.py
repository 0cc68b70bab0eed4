"""For systems beside the dialer: the record behind a call, and what they say has happened to a record."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.auth import needs
from outdial.api.describe import Id, InstantShown, LinkShown, Shown, described, pages_of
from outdial.api.hal import hal, instant, link, nothing, without_absent
from outdial.api.media import JSON
from outdial.api.paging import LongPageQuery, page_of
from outdial.api.services import services_of
from outdial.api.shapes import E, Query, TrueOrFalse, all_of, any_case, read_as, read_query
from outdial.app import record_events
from outdial.domain.access import Principal, Scope
from outdial.domain.campaigns import CampaignNotFound
from outdial.domain.errors import FieldProblem, Invalid
from outdial.domain.record_events import (
    LONGEST_CONTACT_VALUE,
    CallbackDisposition,
    CallDisposition,
    RecordEvent,
    RecordEventKind,
)
from outdial.domain.record_lists import RecordListNotFound
from outdial.domain.records import RecordNotFound

ReadContacts = Annotated[Principal, needs(Scope.INTEGRATION_RECORDS_READ)]
SendEvents = Annotated[Principal, needs(Scope.RECORD_LIST_AUTOMATIONS_WRITE)]
Manage = Annotated[Principal, needs(Scope.RECORD_LISTS_MANAGE)]

router = APIRouter(tags=["Integrations"])

ContactText = Annotated[str, Field(min_length=1, max_length=LONGEST_CONTACT_VALUE, examples=["plan"])]


class FactShown(Shown):
    key: ContactText
    value: ContactText


class ContactShown(Shown):
    """A record that a campaign calls; `id` names the request, as `X-Request-Id` does."""

    id: Annotated[str, Field(examples=["2d1f0b5c8e6d4f2ba3f4d5c6b7a89012"])]
    campaign_id: Id
    contact_name: Annotated[str, Field(examples=["Ines Moreau"])]
    campaign_records: list[FactShown]


class RecordEventShown(Shown):
    id: Id
    record_id: Id
    kind: RecordEventKind
    disposition: CallDisposition | CallbackDisposition | None = None
    final_attempt: bool | None = None
    at: InstantShown
    links: Annotated[dict[str, LinkShown], Field(alias="_links")]


class FinalAttemptQuery(Query):
    is_final_attempt: TrueOrFalse | None = None


@router.get("/dialer-integrations/campaigns/{campaign_id}/contacts/{record_id}", summary="The record behind a call")
@described(ContactShown, answer_types=(JSON,), refuses=(CampaignNotFound, RecordNotFound))
async def contact(request: Request, campaign_id: str, record_id: str, who: ReadContacts) -> Response:
    found = await record_events.contact(campaign_id, record_id, by=who, storage=services_of(request).storage)
    body = {
        "id": request.scope["outdial.request_id"],
        "campaign_id": campaign_id,
        "contact_name": found.name,
        "campaign_records": [{"key": key, "value": value} for key, value in found.facts()],
    }
    return hal(request, body)


# Events --------------------------------------------------------------------------------------------------------------

_HOOKS = "/v1/record-list/{list_id}/record/{record_id}"
_REFUSES = (RecordListNotFound, RecordNotFound, Invalid)


async def _event(
    request: Request,
    list_id: str,
    record_id: str,
    who: Principal,
    kind: RecordEventKind,
    words: type[E] | None = None,
    word: str = "",
) -> Response:
    services = services_of(request)
    await record_events.check_record(list_id, record_id, by=who, storage=services.storage)
    disposition: Any = None
    problems = []
    if request.headers.get("account-id") != str(who.account):
        problems.append(FieldProblem("account-id", "this header must name the account of the access token"))
    if words is not None:
        try:
            disposition = read_as(Annotated[words, any_case(words)], word)  # type: ignore[arg-type]
        except Invalid as error:
            problems.append(FieldProblem("disposition", error.fields[0].description))
    all_of(problems)
    final = read_query(request, FinalAttemptQuery).is_final_attempt if words is CallbackDisposition else None
    await record_events.add(
        list_id,
        record_id,
        kind,
        disposition=disposition,
        final_attempt=final,
        by=who,
        storage=services.storage,
        clock=services.wall,
        ids=services.ids,
    )
    return nothing()


@router.post(
    _HOOKS + "/call-attempt-disposition/{disposition}", status_code=204, summary="Say how calls to a record came out"
)
@described(refuses=_REFUSES)
async def call_attempt_event(
    request: Request, list_id: str, record_id: str, disposition: str, who: SendEvents
) -> Response:
    kind = RecordEventKind.CALL_ATTEMPT
    return await _event(request, list_id, record_id, who, kind, CallDisposition, disposition)


@router.post(_HOOKS + "/schedule-callback-created", status_code=204, summary="Say that a record has a callback")
@described(refuses=_REFUSES)
async def callback_created_event(request: Request, list_id: str, record_id: str, who: SendEvents) -> Response:
    return await _event(request, list_id, record_id, who, RecordEventKind.CALLBACK_CREATED)


@router.post(
    _HOOKS + "/callback-attempt-disposition/{disposition}",
    status_code=204,
    summary="Say how an attempt of a record's callback came out",
)
@described(query=FinalAttemptQuery, refuses=_REFUSES)
async def callback_attempt_event(
    request: Request, list_id: str, record_id: str, disposition: str, who: SendEvents
) -> Response:
    kind = RecordEventKind.CALLBACK_ATTEMPT
    return await _event(request, list_id, record_id, who, kind, CallbackDisposition, disposition)


@router.get(
    "/v1/record-lists/{list_id}/records/{record_id}/events", summary="What was said to have happened to a record"
)
@described(pages_of("events", RecordEventShown), query=LongPageQuery, refuses=(RecordListNotFound, RecordNotFound))
async def events_of_record(request: Request, list_id: str, record_id: str, who: Manage) -> Response:
    storage = services_of(request).storage
    await record_events.check_record(list_id, record_id, by=who, storage=storage)
    query = read_query(request, LongPageQuery)
    total, found = await record_events.listed(
        list_id, record_id, offset=query.offset, limit=query.per_page, by=who, storage=storage
    )
    items = [_shown(request, list_id, event) for event in found]
    return hal(request, page_of(request, "events", items, total=total, query=query))


def _shown(request: Request, list_id: str, event: RecordEvent) -> dict[str, Any]:
    return without_absent(
        {
            "id": str(event.id),
            "record_id": str(event.record),
            "kind": event.kind.value,
            "disposition": None if event.disposition is None else event.disposition.value,
            "final_attempt": event.final_attempt,
            "at": instant(event.at),
            "_links": {"record": link(request, f"/record-lists/{list_id}/records/{event.record}")},
        }
    )
