"""Trunks under `/v1`: the installation's ways to the telephone network, for the account that operates it."""

from typing import Annotated, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.answers.trunks import TrunkShown
from outdial.api.auth import needs
from outdial.api.describe import described, pages_of
from outdial.api.hal import hal, instant, link, without_absent
from outdial.api.paging import LongPageQuery, page_of
from outdial.api.services import services_of
from outdial.api.shapes import read_query
from outdial.app import trunks
from outdial.domain.access import Principal, Scope
from outdial.domain.trunks import Trunk, TrunkNotFound

Read = Annotated[Principal, needs(Scope.TRUNKS_READ)]
Write = Annotated[Principal, needs(Scope.TRUNKS_WRITE)]

router = APIRouter(prefix="/v1", tags=["Trunks"])


def shown(request: Request, trunk: Trunk) -> dict[str, Any]:
    now, path = services_of(request).wall.now(), f"/v1/trunks/{trunk.id}"
    command = "resume" if trunk.drained else "drain"
    return without_absent(
        {
            "id": str(trunk.id),
            "name": trunk.name,
            "state": trunk.state(now).value,
            "drained": trunk.drained,
            "sentence": trunk.sentence(now),
            "trouble": trunk.trouble,
            "calls": trunk.calls,
            "max_calls": trunk.most,
            "calls_per_second": trunk.per_second,
            "sign_of_life": trunk.sign,
            "sign_of_life_at": None if trunk.sign_at is None else instant(trunk.sign_at),
            "heard_at": instant(trunk.heard_at),
            "_links": {
                "self": link(request, path),
                "trunks": link(request, "/v1/trunks"),
                command: link(request, f"{path}/{command}"),
            },
        }
    )


@router.get("/trunks", summary="List the installation's trunks; accounts that do not operate it have none")
@described(pages_of("trunks", TrunkShown), query=LongPageQuery)
async def list_trunks(request: Request, who: Read) -> Response:
    query = read_query(request, LongPageQuery)
    found = await trunks.listed(who.account, storage=services_of(request).storage)
    items = [shown(request, one) for one in found[query.offset : query.offset + query.per_page]]
    return hal(request, page_of(request, "trunks", items, total=len(found), query=query))


@router.get("/trunks/{trunk_id}", summary="One trunk")
@described(TrunkShown, refuses=(TrunkNotFound,))
async def trunk_details(request: Request, trunk_id: str, who: Read) -> Response:
    return hal(request, shown(request, await trunks.get(who.account, trunk_id, storage=services_of(request).storage)))


@router.post("/trunks/{trunk_id}/drain", summary="Give a trunk no further calls; those that it has go on")
@described(TrunkShown, refuses=(TrunkNotFound,))
async def drain_trunk(request: Request, trunk_id: str, who: Write) -> Response:
    return hal(request, shown(request, await trunks.drain(who.account, trunk_id, storage=services_of(request).storage)))


@router.post("/trunks/{trunk_id}/resume", summary="Let a trunk take calls again")
@described(TrunkShown, refuses=(TrunkNotFound,))
async def resume_trunk(request: Request, trunk_id: str, who: Write) -> Response:
    found = await trunks.resume(who.account, trunk_id, storage=services_of(request).storage)
    return hal(request, shown(request, found))
