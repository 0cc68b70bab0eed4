"""The console's stream over a real socket: the whole document first, then patches; refusals that can be read.

Nothing here waits for a time: a test reads until what it is about has come.
"""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from outdial.adapters.storage.database import Database
from outdial.api.auth import COOKIE
from outdial.api.services import Services
from outdial.api.stream import NOT_JSON, NOT_SIGNED_IN, RESTARTING, TOO_MANY, Feed, Hub, Viewer
from outdial.app import logins
from outdial.domain.access import Role, Scope
from outdial.domain.values import AccountId, UserId
from tests.api.conftest import BASE_URL, Bearer, Parts, a_campaign, created
from tests.conftest import SetClock
from tests.domain.test_merge_patch import applied


class Server:
    """The application behind uvicorn on a port of this machine, on the loop of the test."""

    def __init__(self, app: FastAPI) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(app, log_config=None, ws="websockets-sansio", lifespan="off")
        self._server, self._listener = uvicorn.Server(config), listener
        self._server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]
        self._task = asyncio.create_task(self._server.serve([listener]))

    async def stop(self) -> None:
        self._server.should_exit = True
        await self._task

    @contextlib.asynccontextmanager
    async def page(self, headers: dict[str, str]) -> AsyncIterator["Page"]:
        async with connect(f"ws://{self.host}/v1/console/stream", additional_headers=headers) as connection:
            yield Page(connection)


class Page:
    """What a page does with its socket: it keeps the documents of its topics up to date."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.documents: dict[str, dict[str, Any]] = {}
        self.seqs: dict[str, list[int]] = {}

    async def ask(self, op: str, topic: str) -> None:
        await self.connection.send(json.dumps({"op": op, "topic": topic}))

    async def next(self, *ops: str) -> dict[str, Any]:
        """The next message of these kinds, with all that came before it taken in."""
        while True:
            message: dict[str, Any] = json.loads(await self.connection.recv())
            topic = message.get("topic", "")
            if message["op"] == "snapshot":
                self.documents[topic] = message["data"]
                self.seqs[topic] = [message["seq"]]
            elif message["op"] == "delta":
                self.documents[topic] = applied(message["patch"], self.documents[topic])
                self.seqs[topic].append(message["seq"])
            if message["op"] in ops:
                return message

    async def closed(self) -> int:
        """With which code the server closes."""
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                await self.connection.recv()
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code


@pytest.fixture
async def server(app: FastAPI) -> AsyncIterator[Server]:
    running = Server(app)
    try:
        yield running
    finally:
        await running.stop()
        await app.state.hub.close()


async def test_a_page_gets_the_whole_first_and_then_what_changed(
    server: Server, bearer: Bearer, api: httpx.AsyncClient
) -> None:
    first = (await created(api, a_campaign(name="North"))).rpartition("/")[2]
    async with server.page(await bearer()) as page:
        await page.ask("sub", "campaigns")
        await page.next("snapshot")
        (shown,) = page.documents["campaigns"]["campaigns"].values()
        assert (shown["id"], shown["name"], shown["status"]) == (first, "North", "INCOMPLETE")
        assert shown["reason"].startswith("the campaign is INCOMPLETE")
        assert (shown["records"], shown["abandonment"]["live"]) == ({"total": 0, "final": 0}, 0)
        second = (await created(api, a_campaign(name="South"))).rpartition("/")[2]
        delta = await page.next("delta")
        assert delta["patch"].keys() == {"campaigns"} and delta["patch"]["campaigns"].keys() == {second}
        assert (await api.delete(f"/campaigns/{first}")).status_code == 204
        assert (await page.next("delta"))["patch"] == {"campaigns": {first: None}}
        assert page.documents["campaigns"]["campaigns"].keys() == {second}
        begin = page.seqs["campaigns"][0]
        assert page.seqs["campaigns"] == [begin, begin + 1, begin + 2]


async def test_asked_again_the_whole_comes_again_and_a_heartbeat_comes_unasked(server: Server, bearer: Bearer) -> None:
    async with server.page(await bearer()) as page:
        assert (await page.next("heartbeat"))["ts"].endswith("Z")
        for _ in range(2):
            await page.ask("sub", "agents")
            assert (await page.next("snapshot"))["data"]["total"] == 0


async def test_a_campaign_shows_what_is_counted_of_it(server: Server, bearer: Bearer, api: httpx.AsyncClient) -> None:
    path = await created(api)
    topic = f"campaign:{path.rpartition('/')[2]}"
    async with server.page(await bearer()) as page:
        await page.ask("sub", topic)
        data = (await page.next("snapshot"))["data"]
    assert data["campaign"]["mode"] == "PREDICTIVE"
    assert data["abandonment"] == {"rate": 0.0, "abandoned": 0, "live": 0, "cap": 0.03, "days": 30, "enough": False}
    assert data["records"]["penetration"] == 0.0
    assert data["rates"] == {}
    assert [event["kind"] for event in data["events"]] == ["change"]
    assert "calls" not in data, "no engine dials it"
    polled = await api.get("/v1/console/snapshot", params={"topic": topic})
    assert (polled.status_code, polled.json()["data"]) == (200, data)


async def test_a_campaign_tells_how_abandonment_came_near_its_cap(
    server: Server, bearer: Bearer, api: httpx.AsyncClient, database: Database, clock: SetClock
) -> None:
    path = await created(api)
    # Of 120 people who answered, one a minute, the last three were given up: 2.5 % of a cap of 3 %.
    async with database.connection() as connection:
        await connection.execute(
            """insert into attempt (uuid, campaign_id, record_id, list_id, number, priority, e164, phone_type, zone_id,
                 mode, fence, started_at, ended_at, outcome, counted)
               select gen_random_uuid(), c.id, n, 1, 1, 5, 12025550142, 1, 1, 'PREDICTIVE', 1, at, at,
                 case when n > 117 then 'abandoned' else 'connected' end, true
               from campaign c, generate_series(1, 120) as n,
                 lateral (select $1::timestamptz + n * interval '1 minute' as at) as t""",
            clock.now() - timedelta(hours=3),
        )
    topic = f"campaign:{path.rpartition('/')[2]}"
    async with server.page(await bearer()) as page:
        await page.ask("sub", topic)
        data = (await page.next("snapshot"))["data"]
        await page.ask("sub", "campaigns")
        await page.next("snapshot")
    assert data["abandonment"] == {"rate": 0.025, "abandoned": 3, "live": 120, "cap": 0.03, "days": 30, "enough": True}
    assert list(data["rates"].values())[-4:] == [0.0, 0.0085, 0.0168, 0.025]
    assert len(data["rates"]) == 21, "those of a hundred answers and more"
    news = [event["text"] for event in data["events"] if event["kind"] == "abandonment"]
    assert news == ["abandonment is at 80% of its cap or more (2.50% of 3.00%)"]
    (row,) = page.documents["campaigns"]["campaigns"].values()
    assert row["abandonment"] == data["abandonment"]


@pytest.mark.parametrize(
    ("topic", "code"),
    [
        ("weather", "unknown-topic"),
        ("campaigns:8d4c1f0e-5f0b-4c8a-9f57-2f6f6f1f4f1d", "unknown-topic"),
        ("campaign:", "unknown-topic"),
        ("campaign:8d4c1f0e-5f0b-4c8a-9f57-2f6f6f1f4f1d", "campaign-not-found"),
        ("session:8d4c1f0e-5f0b-4c8a-9f57-2f6f6f1f4f1d", "session-not-found"),
    ],
)
async def test_a_topic_that_cannot_be_heard_is_refused_and_the_others_go_on(
    server: Server, bearer: Bearer, topic: str, code: str
) -> None:
    async with server.page(await bearer()) as page:
        await page.ask("sub", topic)
        refused = await page.next("refused")
        assert (refused["topic"], refused["code"]) == (topic, code)
        await page.ask("sub", "agents")
        await page.next("snapshot")


async def test_a_topic_needs_its_scopes(server: Server, bearer: Bearer, api: httpx.AsyncClient) -> None:
    campaign = (await created(api)).rpartition("/")[2]
    async with server.page(await bearer(Scope.CAMPAIGNS_READ)) as page:
        await page.ask("sub", f"campaign:{campaign}")
        refused = await page.next("refused")
        assert (refused["code"], refused["message"]) == ("scope-missing", "this topic needs the scope agents:read")


async def test_another_account_hears_nothing_of_ours(server: Server, bearer: Bearer, api: httpx.AsyncClient) -> None:
    campaign = (await created(api)).rpartition("/")[2]
    async with server.page(await bearer(account="other")) as page:
        await page.ask("sub", "campaigns")
        assert (await page.next("snapshot"))["data"] == {"campaigns": {}}
        await page.ask("sub", f"campaign:{campaign}")
        assert (await page.next("refused"))["code"] == "campaign-not-found"


class TestWhoMayConnect:
    async def test_a_login_may_from_our_own_page(self, server: Server, services: Services, parts: Parts) -> None:
        account, user = (await services.access.account("default")).id, UserId(UUID(await parts.user()))
        await services.logins.set_role(account, user, Role.VIEWER, None)
        login = await logins.begin(account, user, logins=services.logins, clock=services.wall)
        cookie = {"Cookie": f"{COOKIE}={login.word}"}
        async with server.page({**cookie, "Origin": f"http://{server.host}"}) as page:
            await page.ask("sub", "campaigns")
            await page.next("snapshot")
        with pytest.raises(InvalidStatus, match="403"):
            async with server.page({**cookie, "Origin": "https://evil.example"}):
                pass

    @pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}, {"Cookie": f"{COOKIE}=nonsense"}])
    async def test_nobody_is_told_so(self, server: Server, headers: dict[str, str]) -> None:
        async with server.page(headers) as page:
            assert (await page.next("refused"))["code"] == "unauthorized"
            assert await page.closed() == NOT_SIGNED_IN

    async def test_when_there_are_too_many_they_are_told_so(
        self, server: Server, app: FastAPI, services: Services, bearer: Bearer
    ) -> None:
        app.state.hub = Hub(services, most=1)
        headers = await bearer()
        async with server.page(headers) as first:
            await first.next("heartbeat")
            async with server.page(headers) as second:
                refused = await second.next("refused")
                assert (refused["code"], "takes no more" in refused["message"]) == ("too-many-viewers", True)
                assert await second.closed() == TOO_MANY
        async with server.page(headers) as third:
            await third.next("heartbeat")

    async def test_what_is_no_request_ends_the_connection(self, server: Server, bearer: Bearer) -> None:
        async with server.page(await bearer()) as page:
            await page.connection.send("hello")
            assert (await page.next("refused"))["code"] == "invalid"
            assert await page.closed() == NOT_JSON


async def test_a_server_that_stops_says_that_it_comes_back(app: FastAPI, bearer: Bearer) -> None:
    running = Server(app)
    async with running.page(await bearer()) as page:
        await page.next("heartbeat")
        stopped = asyncio.create_task(running.stop())
        assert await page.closed() == RESTARTING
        await stopped


async def test_a_reader_who_is_too_slow_gets_the_whole_instead_of_what_was_missed(services: Services) -> None:
    feed, viewer = Feed(services, AccountId(1), "agents"), Viewer()
    messages = viewer.messages()

    async def received() -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await anext(messages))
        return message

    feed.tell({"total": 1})
    viewer.join(feed)
    assert (await received())["op"] == "snapshot"
    feed.tell({"total": 2})
    assert (await received())["patch"] == {"total": 2}
    feed.tell({"total": 3})
    feed.tell({"total": 4})
    late = await received()
    assert (late["op"], late["seq"], late["data"]) == ("snapshot", 4, {"total": 4})
    feed.tell({"total": 4})
    feed.tell({"total": 5})
    assert ((await received())["seq"], feed.seq) == (5, 5), "what stayed the same is not told"


async def test_what_a_page_gets_is_written_once_for_all(services: Services) -> None:
    feed, viewers = Feed(services, AccountId(1), "agents"), [Viewer() for _ in range(3)]
    feed.tell({"total": 1})
    for viewer in viewers:
        viewer.join(feed)
    streams = [viewer.messages() for viewer in viewers]
    wholes = [await anext(stream) for stream in streams]
    feed.tell({"total": 2})
    patches = [await anext(stream) for stream in streams]
    assert wholes[0] is wholes[1] is wholes[2]
    assert patches[0] is patches[1] is patches[2]


async def test_polling_needs_a_topic_that_there_is(api: httpx.AsyncClient) -> None:
    for query in ({"topic": "weather"}, {"topic": "campaign:x"}, {"topic": "session:x"}):
        assert (await api.get("/v1/console/snapshot", params=query)).status_code == 404
    assert (await api.get(f"{BASE_URL}/v1/console/snapshot", params={"topic": "agents"})).json()["data"]["total"] == 0
