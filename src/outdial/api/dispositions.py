"""The account's dispositions: what agents may say of a call, and what each means for the record."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.answers.dialing import DispositionShown
from outdial.api.auth import needs, needs_one_of
from outdial.api.bodies import read_json
from outdial.api.describe import described, pages_of
from outdial.api.hal import hal, instant, link, nothing, without_absent
from outdial.api.paging import PageQuery, page_of
from outdial.api.services import services_of
from outdial.api.shapes import Shape, any_case, read_as, read_query
from outdial.app import dispositions
from outdial.app.dispositions import Wanted
from outdial.domain.access import Principal, Scope
from outdial.domain.dispositions import (
    LONGEST_NAME,
    LONGEST_WAIT,
    Disposition,
    DispositionNameTaken,
    DispositionNotFound,
    Effect,
)
from outdial.domain.verdicts import AnsweredBy

router = APIRouter(tags=["Dispositions"])

Reader = Annotated[Principal, needs_one_of(Scope.CAMPAIGNS_READ, Scope.DESK_USE)]
Writer = Annotated[Principal, needs(Scope.CAMPAIGNS_WRITE)]


class DispositionIn(Shape):
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME)]
    effect: Annotated[Effect, any_case(Effect)]
    retry_after_in_secs: Annotated[int, Field(ge=1, le=int(LONGEST_WAIT.total_seconds()))] | None = None
    do_not_call_list_id: str | None = None
    default: bool = False
    answered_by: Annotated[AnsweredBy, any_case(AnsweredBy)] | None = None

    def wanted(self) -> Wanted:
        wait = self.retry_after_in_secs
        return Wanted(
            self.name,
            self.effect,
            None if wait is None else timedelta(seconds=wait),
            self.do_not_call_list_id,
            self.default,
            self.answered_by,
        )


@router.get("/v1/dispositions", summary="The dispositions that agents choose from, by name")
@described(pages_of("dispositions", DispositionShown), query=PageQuery)
async def list_dispositions(request: Request, who: Reader) -> Response:
    query = read_query(request, PageQuery)
    total, page = await dispositions.listed(
        offset=query.offset, limit=query.per_page, by=who, storage=services_of(request).storage
    )
    items = [_shown(request, disposition) for disposition in page]
    return hal(request, page_of(request, "dispositions", items, total=total, query=query))


@router.post("/v1/dispositions", status_code=201, summary="Make a disposition")
@described(
    DispositionShown,
    body=DispositionIn,
    example={"name": "Sold", "effect": "FINAL"},
    makes="disposition_id",
    refuses=(DispositionNameTaken,),
)
async def create_disposition(request: Request, who: Writer) -> Response:
    wanted = read_as(DispositionIn, await read_json(request)).wanted()
    services = services_of(request)
    made = await dispositions.create(wanted, by=who, storage=services.storage, clock=services.clock, ids=services.ids)
    body = _shown(request, made)
    return hal(request, body, 201, {"Location": body["_links"]["self"]["href"]})


@router.get("/v1/dispositions/{disposition_id}", summary="One disposition")
@described(DispositionShown, refuses=(DispositionNotFound,))
async def get_disposition(request: Request, disposition_id: str, who: Reader) -> Response:
    found = await dispositions.get(disposition_id, by=who, storage=services_of(request).storage)
    return hal(request, _shown(request, found))


@router.put("/v1/dispositions/{disposition_id}", summary="Describe a disposition anew")
@described(
    DispositionShown,
    body=DispositionIn,
    example={"name": "Call again", "effect": "RETRY", "retry_after_in_secs": 3600},
    refuses=(DispositionNotFound, DispositionNameTaken),
)
async def change_disposition(request: Request, disposition_id: str, who: Writer) -> Response:
    services = services_of(request)
    await dispositions.get(disposition_id, by=who, storage=services.storage)
    wanted = read_as(DispositionIn, await read_json(request)).wanted()
    changed = await dispositions.change(disposition_id, wanted, by=who, storage=services.storage, clock=services.clock)
    return hal(request, _shown(request, changed))


@router.delete("/v1/dispositions/{disposition_id}", status_code=204, summary="Take a disposition out of use")
@described(refuses=(DispositionNotFound,))
async def retire_disposition(request: Request, disposition_id: str, who: Writer) -> Response:
    services = services_of(request)
    await dispositions.retire(disposition_id, by=who, storage=services.storage, clock=services.clock)
    return nothing()


def _shown(request: Request, disposition: Disposition) -> dict[str, Any]:
    wait = disposition.retry_after
    return without_absent(
        {
            "id": str(disposition.id),
            "name": disposition.name,
            "effect": disposition.effect.value,
            "retry_after_in_secs": None if wait is None else int(wait.total_seconds()),
            "do_not_call_list_id": None if disposition.dnc_list is None else str(disposition.dnc_list),
            "default": disposition.is_default,
            "answered_by": None if disposition.answered_by is None else disposition.answered_by.value,
            "created_at": instant(disposition.created_at),
            "updated_at": instant(disposition.updated_at),
            "_links": {"self": link(request, f"/v1/dispositions/{disposition.id}")},
        }
    )
