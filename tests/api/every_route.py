"""Every route of the API that wants a token, and things to put into its path: for tests of what all routes share."""

import json
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import httpx
from fastapi.routing import APIRoute
from joserfc.jwk import ECKey

from outdial.api.describe import Raw, demanded, description_of
from outdial.api.events import EVENT_STREAM
from outdial.api.http import ROUTERS
from outdial.domain.access import Scope
from tests.api.conftest import Parts, a_campaign, created

NOBODY: Final = "00000000-0000-4000-8000-000000000000"
MARK: Final = "Quercus"
"""A word in every text of a `World`."""


def routes() -> list[APIRoute]:
    """All of them, in the order in which they were declared."""
    return [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]


WORDS: Final = {"disposition": "CONNECTED", "preview_id": NOBODY}
"""Parts of paths that name no thing, or (a preview) one that comes and goes: late commands about it are no 404."""


@dataclass(frozen=True)
class Door:
    """A route that wants a token, with one of its methods.

    Args:
        parameters: of its path, as far as they name things.
        demands: sets of scopes, of which any one will do.
        has_an_end: False for a stream that goes on: who asks in this process waits for the end of an answer.
    """

    method: str
    path: str
    parameters: tuple[str, ...]
    demands: tuple[frozenset[Scope], ...]
    reads_a_body: bool
    has_an_end: bool = True

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def family(self) -> str:
        """Whose things it is about: the same word means another thing in another family."""
        return self.path.removeprefix("/v1").split("/")[1]


def doors() -> list[Door]:
    """Every way in."""
    found = []
    for route in routes():
        demands, description = demanded(route), description_of(route)
        if demands is not None:
            parameters = tuple(one.name for one in route.dependant.path_params if one.name not in WORDS)
            reads = description is not None and description.body is not None
            ends = description is None or description.answer != Raw(EVENT_STREAM)
            found += [
                Door(method, route.path, parameters, demands, reads, ends) for method in sorted(route.methods or ())
            ]
    return found


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
        return door.path.format(**WORDS, **{name: other.get(name, self.thing(door, name)) for name in door.parameters})


def nobodys(door: Door) -> str:
    """The door's path with things that nobody has."""
    return door.path.format(**WORDS, **dict.fromkeys(door.parameters, NOBODY))


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
    callback = await _made(
        api,
        "/v1/schedule-callbacks",
        campaign_id=campaign.rpartition("/")[2],
        record_id=record["id"],
        time_to_call="2026-06-06T15:00:00Z",
    )
    disposition = await _made(api, "/v1/dispositions", name=f"{MARK} sold", effect="FINAL")
    template = await _made(
        api,
        "/v1/hour-templates",
        name=f"{MARK} hours",
        calling_hours=[{"from": "09:00:00", "to": "18:00:00", "week_days": ["MONDAY"]}],
    )
    job = await api.post(
        "/data/reports/outbound_dialer_calls/jobs",
        json={"name": MARK, "timespan": {"from": "2026-06-01T00:00:00Z", "to": "2026-06-02T00:00:00Z"}},
    )
    attempt = await _an_attempt(parts, campaign.rpartition("/")[2], f"{number}1")
    forecast = await _a_forecast(parts, campaign.rpartition("/")[2])
    trunk = await _a_trunk(parts)
    session = await _made(api, "/v1/sessions", user_id=ids["user_id"])
    changes = (await api.get("/v1/audit")).json()["_embedded"]["changes"]
    phone = await _made(api, "/v1/phone-agents", user_id=ids["user_id"], address=f"{number}4")
    key = json.dumps(ECKey.generate_key("P-256").as_dict(private=False))
    client = await _made(api, "/v1/clients", name=f"{MARK} sync", scopes=["campaigns:read"], public_key=key)
    return World(
        {
            **ids,
            "client_id": client["client_id"],
            "key_id": client["key_ids"][0],
            "campaign_id": campaign.rpartition("/")[2],
            "record-lists list_id": list_id,
            "record_id": record["id"],
            "upload_id": upload["id"],
            "do-not-call-lists list_id": dnc_id,
            "entry_id": entry["id"],
            "team_id": team,
            "phone-agents agent_id": phone["id"],
            "session_id": session["id"],
            "change_id": changes[0]["id"],
            "callback_id": callback["callback_id"],
            "disposition_id": disposition["id"],
            "template_id": template["id"],
            "job_id": job.json()["job"]["id"],
            "attempt_id": attempt,
            "forecast_id": forecast,
            "trunk_id": trunk,
            "record-list list_id": list_id,
            "day": "2026-06-01",
        }
    )


async def _made(api: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    answer = await api.post(path, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def _an_attempt(parts: Parts, campaign_id: str, number: str) -> str:
    """A call of a campaign, straight into its table: nobody dials here."""
    attempt = uuid4()
    async with parts.database.transaction() as connection:
        await connection.execute(
            """
            insert into attempt (uuid, campaign_id, record_id, list_id, number, priority, e164, phone_type, zone_id,
                                 mode, fence, started_at, ended_at, outcome, counted)
            select $1, id, 1, 1, 1, 5, $3, 1, 1, 'PREDICTIVE', 1, created_at, created_at, 'no_answer', true
            from campaign where uuid = $2
            """,
            attempt,
            campaign_id,
            int(number),
        )
    return str(attempt)


async def _a_trunk(parts: Parts) -> str:
    """A trunk of the installation, straight into its table: no engine tells of one here."""
    async with parts.database.transaction() as connection:
        return str(
            await connection.fetchval(
                """
                insert into trunk (uuid, name, place, draining, calls, most, heard_at)
                values ($1, $2, 0, false, 1, 30, $3)
                on conflict (name) do update set calls = 1 returning uuid
                """,
                uuid4(),
                MARK,
                parts.clock.now(),
            )
        )


async def _a_forecast(parts: Parts, campaign_id: str) -> str:
    """A forecast that is being made, straight into its table: nobody makes it here."""
    forecast = uuid4()
    async with parts.database.transaction() as connection:
        await connection.execute(
            """
            insert into forecast (uuid, campaign_id, status, asked, created_at, until)
            select $1, id, 'RUNNING', '{}', created_at, created_at + interval '1 hour' from campaign where uuid = $2
            """,
            forecast,
            campaign_id,
        )
    return str(forecast)
