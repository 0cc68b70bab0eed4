"""Users under `/v1`: the people who take calls. The compatible API assigns them to campaigns and cannot make them."""

from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.answers.people import UserShown
from outdial.api.auth import needs
from outdial.api.bodies import read_json
from outdial.api.describe import described, pages_of
from outdial.api.hal import hal, instant, link, nothing, without_absent
from outdial.api.paging import LongPageQuery, page_of
from outdial.api.services import services_of
from outdial.api.shapes import Shape, read_as, read_query
from outdial.app import users
from outdial.app.users import MAX_EMAIL, MAX_NAME
from outdial.domain.access import Principal, Scope
from outdial.domain.logins import LastAdmin
from outdial.ports.users import EmailTaken, User, UserNotFound

Read = Annotated[Principal, needs(Scope.USERS_READ)]
Write = Annotated[Principal, needs(Scope.USERS_WRITE)]

router = APIRouter(prefix="/v1", tags=["Users"])

Name = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME)]
Email = Annotated[str, StringConstraints(min_length=3, max_length=MAX_EMAIL)]


class UserIn(Shape):
    """A new user. Two users of an account cannot share an address."""

    name: Name
    email: Email | None = None


class UserChangeIn(Shape):
    """What is to change of a user; a null takes the address away."""

    name: Name | None = None
    email: Email | None = None


A_USER: Final = {"name": "Ana Lima", "email": "ana@example.com"}


def shown(request: Request, user: User) -> dict[str, Any]:
    return without_absent(
        {
            "id": str(user.id),
            "name": user.name,
            "email": user.email,
            "role": user.role.value,
            "disabled": user.disabled_at is not None,
            "has_password": user.has_password,
            "created_at": instant(user.created_at),
            "_links": {"self": link(request, f"/v1/users/{user.id}"), "users": link(request, "/v1/users")},
        }
    )


@router.get("/users", summary="List users")
@described(pages_of("users", UserShown), query=LongPageQuery)
async def list_users(request: Request, who: Read) -> Response:
    query = read_query(request, LongPageQuery)
    total, found = await users.listed(
        who.account, offset=query.offset, limit=query.per_page, storage=services_of(request).storage
    )
    items = [shown(request, user) for user in found]
    return hal(request, page_of(request, "users", items, total=total, query=query))


@router.post("/users", status_code=201, summary="Create a user")
@described(UserShown, body=UserIn, example=A_USER, makes="user_id", refuses=(EmailTaken,))
async def create_user(request: Request, who: Write) -> Response:
    services = services_of(request)
    new = read_as(UserIn, await read_json(request))
    user = await users.create(
        who.account, name=new.name, email=new.email, storage=services.storage, clock=services.wall, ids=services.ids
    )
    body = shown(request, user)
    return hal(request, body, 201, {"Location": body["_links"]["self"]["href"]})


@router.get("/users/{user_id}", summary="One user")
@described(UserShown, refuses=(UserNotFound,))
async def user_details(request: Request, user_id: str, who: Read) -> Response:
    return hal(request, shown(request, await users.get(who.account, user_id, storage=services_of(request).storage)))


@router.patch("/users/{user_id}", summary="Change a user's name or address")
@described(UserShown, body=UserChangeIn, example=A_USER, refuses=(UserNotFound, EmailTaken))
async def change_user(request: Request, user_id: str, who: Write) -> Response:
    storage = services_of(request).storage
    await users.get(who.account, user_id, storage=storage)
    body = await read_json(request)
    asked = read_as(UserChangeIn, body)
    no_email = "email" in body and body["email"] is None
    user = await users.change(
        who.account, user_id, name=asked.name, email=asked.email, no_email=no_email, storage=storage
    )
    return hal(request, shown(request, user))


@router.delete("/users/{user_id}", status_code=204, summary="Remove a user from the account and all its campaigns")
@described(refuses=(UserNotFound, LastAdmin))
async def remove_user(request: Request, user_id: str, who: Write) -> Response:
    services = services_of(request)
    await users.remove(who.account, user_id, storage=services.storage, clock=services.wall)
    return nothing()
