"""Every route of the API that wants a token, and things to put into its path: for tests of what all routes share."""

from dataclasses import dataclass
from typing import Any, Final

import httpx
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from outdial.api.http import ROUTERS
from outdial.domain.access import Scope
from tests.api.conftest import Parts, a_campaign, created

NOBODY: Final = "00000000-0000-4000-8000-000000000000"
MARK: Final = "Quercus"
"""A word in every text of a `World`."""
WITHOUT_TOKEN: Final = ("/oauth/", "/uploads/", "/openapi.json", "/docs")


@dataclass(frozen=True)
class Door:
    """A route with one of its methods; `demands` are sets of scopes, of which any one will do."""

    method: str
    path: str
    parameters: tuple[str, ...]
    demands: tuple[frozenset[Scope], ...]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def family(self) -> str:
        """Whose things it is about: the same word means another thing in another family."""
        return self.path.removeprefix("/v1").split("/")[1]


def doors() -> list[Door]:
    """All of them, in the order in which they were declared."""
    found = []
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute) and not route.path.startswith(WITHOUT_TOKEN):
                parameters = tuple(parameter.name for parameter in route.dependant.path_params)
                demands = _demands(route.dependant)
                found += [Door(method, route.path, parameters, demands) for method in sorted(route.methods or ())]
    return found


def _demands(dependant: Dependant) -> tuple[frozenset[Scope], ...]:
    for one in (dependant, *dependant.dependencies):
        demanded: tuple[frozenset[Scope], ...] | None = getattr(one.call, "__demands__", None)
        if demanded is not None:
            return demanded
    # The one route whose dependency does not tell what it demands.
    return (frozenset({Scope.DNC_LISTS_READ}), frozenset({Scope.DNC_LISTS_MANAGE}))


@dataclass(frozen=True)
class World:
    """One of each thing that an account can have, by the name that it has in paths."""

    things: dict[str, str]

    def thing(self, door: Door, parameter: str) -> str | None:
        return self.things.get(f"{door.family} {parameter}", self.things.get(parameter))

    def known(self, door: Door) -> bool:
        """Whether there is a thing for every parameter of the door's path."""
        return all(self.thing(door, parameter) is not None for parameter in door.parameters)

    def address(self, door: Door, **other: str) -> str:
        """The door's path with the things of this world in it, but for the others."""
        return door.path.format(**{name: other.get(name, self.thing(door, name)) for name in door.parameters})


def nobodys(door: Door) -> str:
    """The door's path with things that nobody has."""
    return door.path.format(**dict.fromkeys(door.parameters, NOBODY))


async def a_world(api: httpx.AsyncClient, parts: Parts, *, number: str, account: str) -> World:
    """Fill the client's account; `number` begins the numbers in it, and has to be another one in each account."""
    list_path = f"/record-lists/{(await _made(api, '/record-lists', name=f'{MARK} renewals'))['id']}"
    record = await _made(
        api,
        f"{list_path}/records",
        first_name=MARK,
        last_name=MARK,
        phone_numbers=[{"phone_number": f"{number}1", "phone_type": "MOBILE"}],
    )
    upload = await _made(api, f"{list_path}/upload-requests", csv_metadata={"filename": f"{MARK}.csv"})
    dnc_path = f"/do-not-call-lists/{(await _made(api, '/do-not-call-lists', name=f'{MARK} opt-outs'))['id']}"
    entry = await _made(api, f"{dnc_path}/entries", phone_number=f"{number}2", reason=MARK)
    campaign = await created(api, a_campaign(name=f"{MARK} north"))
    ids = {"user_id": await parts.user(account=account), "number_id": await parts.number(f"{number}3", account=account)}
    list_id, dnc_id = (path.rpartition("/")[2] for path in (list_path, dnc_path))
    for kind, one in (
        ("record-lists", list_id),
        ("do-not-call-lists", dnc_id),
        ("users", ids["user_id"]),
        ("numbers", ids["number_id"]),
    ):
        answer = await api.post(f"{campaign}/{kind}", json=[{"id": one}])
        assert answer.status_code == 204, answer.text
    team = (await _made(api, "/v1/teams", name=f"{MARK} team"))["id"]
    for path, thing in (
        (f"/v1/teams/{team}/users", ids["user_id"]),
        (f"{list_path}/teams", team),
        (f"{dnc_path}/teams", team),
        (f"/v1{campaign}/teams", team),
    ):
        answer = await api.post(path, json=[{"id": thing}])
        assert answer.is_success, answer.text
    phone = await _made(api, "/v1/phone-agents", user_id=ids["user_id"], address=f"{number}4")
    return World(
        {
            **ids,
            "campaign_id": campaign.rpartition("/")[2],
            "record-lists list_id": list_id,
            "record_id": record["id"],
            "upload_id": upload["id"],
            "do-not-call-lists list_id": dnc_id,
            "entry_id": entry["id"],
            "team_id": team,
            "phone-agents agent_id": phone["id"],
        }
    )


async def _made(api: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    answer = await api.post(path, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made
