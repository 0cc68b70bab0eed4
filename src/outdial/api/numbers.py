"""Caller ids under `/v1`: the numbers that campaigns call from. The compatible API can only assign them."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.answers.people import NumberShown
from outdial.api.auth import needs
from outdial.api.bodies import read_json
from outdial.api.describe import described, pages_of
from outdial.api.hal import hal, instant, link, nothing
from outdial.api.paging import LongPageQuery, page_of
from outdial.api.services import services_of
from outdial.api.shapes import Shape, read_as, read_query
from outdial.app import numbers
from outdial.domain.access import Principal, Scope
from outdial.ports.numbers import CallerNumber, NumberNotFound, NumberTaken

Read = Annotated[Principal, needs(Scope.NUMBERS_READ)]
Write = Annotated[Principal, needs(Scope.NUMBERS_WRITE)]

router = APIRouter(prefix="/v1", tags=["Numbers"])


class NumberIn(Shape):
    """A number of the account, in E.164."""

    phone_number: Annotated[str, StringConstraints(min_length=1, max_length=16)]


def shown(request: Request, number: CallerNumber) -> dict[str, Any]:
    return {
        "id": str(number.id),
        "phone_number": number.phone_number,
        "created_at": instant(number.created_at),
        "_links": {"self": link(request, f"/v1/numbers/{number.id}"), "numbers": link(request, "/v1/numbers")},
    }


@router.get("/numbers", summary="List caller ids")
@described(pages_of("numbers", NumberShown), query=LongPageQuery)
async def list_numbers(request: Request, who: Read) -> Response:
    query = read_query(request, LongPageQuery)
    total, found = await numbers.listed(
        who.account, offset=query.offset, limit=query.per_page, storage=services_of(request).storage
    )
    items = [shown(request, number) for number in found]
    return hal(request, page_of(request, "numbers", items, total=total, query=query))


@router.post("/numbers", status_code=201, summary="Add a caller id")
@described(
    NumberShown, body=NumberIn, example={"phone_number": "+12025550142"}, makes="number_id", refuses=(NumberTaken,)
)
async def add_number(request: Request, who: Write) -> Response:
    services = services_of(request)
    new = read_as(NumberIn, await read_json(request))
    number = await numbers.add(
        who.account,
        phone_number=new.phone_number,
        storage=services.storage,
        clock=services.wall,
        ids=services.ids,
    )
    body = shown(request, number)
    return hal(request, body, 201, {"Location": body["_links"]["self"]["href"]})


@router.get("/numbers/{number_id}", summary="One caller id")
@described(NumberShown, refuses=(NumberNotFound,))
async def number_details(request: Request, number_id: str, who: Read) -> Response:
    number = await numbers.get(who.account, number_id, storage=services_of(request).storage)
    return hal(request, shown(request, number))


@router.delete("/numbers/{number_id}", status_code=204, summary="Give a caller id up, in all campaigns too")
@described(refuses=(NumberNotFound,))
async def remove_number(request: Request, number_id: str, who: Write) -> Response:
    services = services_of(request)
    await numbers.remove(who.account, number_id, storage=services.storage, clock=services.wall)
    return nothing()
