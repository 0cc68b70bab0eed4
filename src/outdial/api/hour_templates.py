"""The account's templates of calling hours: what a campaign's hours can begin with."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.answers.settings import HOUR_TEMPLATE, HourTemplateShown
from outdial.api.auth import needs
from outdial.api.bodies import read_json
from outdial.api.campaign_settings import ExceptionsIn, HolidaysIn, exceptions_of, holidays_of
from outdial.api.campaigns import WindowIn
from outdial.api.conditional import tagged, unless_changed
from outdial.api.describe import described, pages_of
from outdial.api.hal import hal, instant, link, nothing
from outdial.api.paging import PageQuery, page_of
from outdial.api.services import services_of
from outdial.api.shapes import Shape, read_as, read_query
from outdial.app import hour_templates
from outdial.app.hour_templates import Wanted
from outdial.domain.access import Principal, Scope
from outdial.domain.campaign_document import exceptions_document, windows_document
from outdial.domain.hour_templates import LONGEST_NAME, HourTemplate, HourTemplateNameTaken, HourTemplateNotFound

router = APIRouter(tags=["Templates of calling hours"])

Read = Annotated[Principal, needs(Scope.CAMPAIGNS_READ)]
Write = Annotated[Principal, needs(Scope.CAMPAIGNS_WRITE)]


class HourTemplateIn(Shape):
    """Hours under a name. Two templates of an account cannot share a name."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME)]
    calling_hours: Annotated[list[WindowIn], Field(min_length=1, max_length=100)]
    exceptions: ExceptionsIn
    holidays: HolidaysIn

    def wanted(self) -> Wanted:
        return Wanted(
            self.name,
            tuple(window.value() for window in self.calling_hours),
            exceptions_of(self.exceptions),
            holidays_of(self.holidays),
        )


@router.get("/v1/hour-templates", summary="Templates of calling hours, by name")
@described(pages_of("hour_templates", HourTemplateShown), query=PageQuery)
async def list_hour_templates(request: Request, who: Read) -> Response:
    query = read_query(request, PageQuery)
    total, page = await hour_templates.listed(
        offset=query.offset, limit=query.per_page, by=who, storage=services_of(request).storage
    )
    items = [_shown(request, template) for template in page]
    return hal(request, page_of(request, "hour_templates", items, total=total, query=query))


@router.post("/v1/hour-templates", status_code=201, summary="Make a template of calling hours")
@described(
    HourTemplateShown,
    body=HourTemplateIn,
    example=HOUR_TEMPLATE,
    makes="template_id",
    refuses=(HourTemplateNameTaken,),
)
async def create_hour_template(request: Request, who: Write) -> Response:
    services = services_of(request)
    made = await hour_templates.create(
        read_as(HourTemplateIn, await read_json(request)).wanted(),
        by=who,
        storage=services.storage,
        clock=services.wall,
        ids=services.ids,
        holidays=services.holidays,
    )
    body = _shown(request, made)
    return hal(request, body, 201, {"Location": body["_links"]["self"]["href"]})


@router.get("/v1/hour-templates/{template_id}", summary="One template of calling hours")
@described(HourTemplateShown, tagged=True, refuses=(HourTemplateNotFound,))
async def get_hour_template(request: Request, template_id: str, who: Read) -> Response:
    found = await hour_templates.get(template_id, by=who, storage=services_of(request).storage)
    return tagged(request, found, _shown(request, found))


@router.put(
    "/v1/hour-templates/{template_id}",
    summary="Describe a template of calling hours anew; campaigns that began with it keep their hours",
)
@described(
    HourTemplateShown,
    body=HourTemplateIn,
    example=HOUR_TEMPLATE,
    tagged=True,
    conditional=True,
    refuses=(HourTemplateNotFound, HourTemplateNameTaken),
)
async def change_hour_template(request: Request, template_id: str, who: Write) -> Response:
    services = services_of(request)
    await hour_templates.get(template_id, by=who, storage=services.storage)
    changed = await hour_templates.change(
        template_id,
        read_as(HourTemplateIn, await read_json(request)).wanted(),
        check=unless_changed(request),
        by=who,
        storage=services.storage,
        clock=services.wall,
        holidays=services.holidays,
    )
    return tagged(request, changed, _shown(request, changed))


@router.delete(
    "/v1/hour-templates/{template_id}",
    status_code=204,
    summary="Take a template of calling hours away; campaigns that began with it keep their hours",
)
@described(conditional=True, refuses=(HourTemplateNotFound,))
async def remove_hour_template(request: Request, template_id: str, who: Write) -> Response:
    storage = services_of(request).storage
    await hour_templates.remove(template_id, check=unless_changed(request), by=who, storage=storage)
    return nothing()


def _shown(request: Request, template: HourTemplate) -> dict[str, Any]:
    return {
        "id": str(template.id),
        "name": template.name,
        "calling_hours": windows_document(template.windows),
        "exceptions": exceptions_document(template.exceptions),
        "holidays": list(template.holidays),
        "created_at": instant(template.created_at),
        "updated_at": instant(template.updated_at),
        "_links": {"self": link(request, f"/v1/hour-templates/{template.id}")},
    }
