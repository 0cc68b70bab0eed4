"""The console's stream: one WebSocket for each page, on which it subscribes to topics.

A subscriber gets the whole document of a topic first and then, at most once a second, a patch to it. What a topic says
is drawn and written as JSON once for all who hear it. A subscriber has one place for each topic: when a patch comes
while the last one is not sent yet, both make room for the whole document, so that a slow reader costs nothing.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any, Final

import structlog
from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from outdial.api.auth import check_same_site, needs_one_of, socket_principal
from outdial.api.describe import InstantShown, Shown, described
from outdial.api.hal import hal, instant
from outdial.api.problems import Refused
from outdial.api.services import Services, services_of
from outdial.api.shapes import Query, read_query
from outdial.api.topics import TOPICS, Document, Drawing, check_may_hear
from outdial.app.background import ended
from outdial.domain.access import CONSOLE, Principal, Scope
from outdial.domain.campaigns import CampaignNotFound
from outdial.domain.errors import NotFound, OutdialError, Unavailable
from outdial.domain.merge_patch import difference
from outdial.domain.values import AccountId
from outdial.ports.bus import Message
from outdial.ports.desk import NoEngine, SessionNotFound

log = structlog.get_logger(__name__)

HEARTBEAT_SECONDS: Final = 2.0
MOST_VIEWERS: Final = 2_000
"""Of one server. More are told so and fall back to polling."""
MOST_TOPICS: Final = 20
LINGERS_SECONDS: Final = 10.0
"""How long a topic that nobody hears is still drawn: for pages that are loaded again, and those that poll."""
LOOKS_AGAIN_AFTER: Final = 30
"""Heartbeats after which it is asked whether the login still holds."""

RESTARTING: Final = 1012
TOO_MANY: Final = 1013
NOT_JSON: Final = 4400
NOT_SIGNED_IN: Final = 4401


class Feed:
    """One topic of one account, drawn while somebody hears it."""

    def __init__(self, services: Services, account: AccountId, topic: str) -> None:
        word, _, thing = topic.partition(":")
        self.topic, self._kind = topic, TOPICS[word]
        # Who may hear it was asked before; what it says is the same for all of them.
        everything = Principal(account, CONSOLE, frozenset(Scope))
        self._drawing = Drawing(services, everything, thing)
        self.viewers: set[Viewer] = set()
        self.seq = 0
        self.document: Document | None = None
        self._at = ""
        self._whole: str | None = None
        self._wake = asyncio.Event()
        self._drawn = asyncio.Event()
        self._unheard_since: float | None = None

    async def run(self) -> None:
        """Draw, tell, wait; ends when nobody has heard it for a while, or what it is about is gone."""
        services, loop = self._drawing.services, asyncio.get_running_loop()
        deaf = services.bus.subscribe(self._kind.hears, self._hear) if self._kind.hears else None
        try:
            while True:
                began = loop.time()
                if self.viewers:
                    self._unheard_since = None
                elif self._unheard_since is None:
                    self._unheard_since = began
                elif began - self._unheard_since >= LINGERS_SECONDS:
                    return
                self._wake.clear()
                try:
                    self.tell(await self._kind.draw(self._drawing))
                except NotFound as gone:
                    self._refuse(gone)
                    return
                except Unavailable as away:
                    log.warning("topic_waits", topic=self.topic, why=away.code)
                await self._next(began)
        finally:
            self._drawn.set()
            if deaf is not None:
                deaf()

    async def _next(self, began: float) -> None:
        """Until it is time, or something was heard; never twice in a tenth of a second."""
        left = began + self._kind.every - asyncio.get_running_loop().time()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.1, left)):
                await self._wake.wait()

    def tell(self, document: Document) -> None:
        """Let everybody have what changed."""
        before, self.document = self.document, document
        patch = document if before is None else difference(before, document)
        if before is not None and not patch:
            return
        self.seq += 1
        self._whole, self._at = None, instant(self._drawing.services.clock.now())
        self._drawn.set()
        if self.viewers:
            delta = (
                None
                if before is None
                else _encode(op="delta", topic=self.topic, seq=self.seq, ts=self._at, patch=patch)
            )
            for viewer in self.viewers:
                viewer.offer(self, delta)

    def whole(self) -> str | None:
        """The snapshot as it is sent, written once; None before there is one."""
        if self._whole is None and self.document is not None:
            self._whole = _encode(op="snapshot", topic=self.topic, seq=self.seq, ts=self._at, data=self.document)
        return self._whole

    async def first(self) -> Document:
        """The document, as soon as there is one. Raises `NotFound` when there will be none."""
        self._wake.set()
        await self._drawn.wait()
        if self.document is None:
            raise NotFound(f"there is nothing behind the topic {self.topic}")
        return self.document

    @property
    def at(self) -> str:
        return self._at

    def _refuse(self, gone: OutdialError) -> None:
        for viewer in list(self.viewers):
            viewer.say(_refusal(gone.code, str(gone), self.topic))
            viewer.leave(self)

    def _hear(self, message: Message) -> None:
        if message.account != self._drawing.by.account:
            return
        if self._drawing.thing and message.payload.get("session_id") != self._drawing.thing:
            return
        self._wake.set()


class Viewer:
    """One page: for each of its topics a place for what it has not been sent yet."""

    def __init__(self) -> None:
        self._places: dict[Feed, str | None] = {}
        """A patch, or None for the whole document."""
        self._words: list[str] = []
        self._arrived = asyncio.Event()
        self.feeds: dict[str, Feed] = {}

    def join(self, feed: Feed) -> None:
        """Hear a topic from its whole document on; asked for again, that comes again."""
        self.feeds[feed.topic] = feed
        feed.viewers.add(self)
        self._places[feed] = None
        self._arrived.set()

    def leave(self, feed: Feed) -> None:
        self.feeds.pop(feed.topic, None)
        self._places.pop(feed, None)
        feed.viewers.discard(self)

    def offer(self, feed: Feed, delta: str | None) -> None:
        """Put a patch in its place, or the whole document: that also over a patch that was not sent yet."""
        self._places[feed] = None if feed in self._places else delta
        self._arrived.set()

    def say(self, word: str) -> None:
        """Something that is said once and in any case."""
        self._words.append(word)
        self._arrived.set()

    async def messages(self) -> AsyncIterator[str]:
        """What is to be sent, as it comes; what comes while one is being sent waits in its place."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._words or self._places:
                if self._words:
                    yield self._words.pop(0)
                    continue
                feed, delta = next(iter(self._places.items()))
                del self._places[feed]
                text = feed.whole() if delta is None else delta
                if text is not None:
                    yield text


class Hub:
    """The topics that are heard on this server, and how many hear them."""

    def __init__(self, services: Services, *, most: int = MOST_VIEWERS) -> None:
        self._services, self.most = services, most
        self._feeds: dict[tuple[AccountId, str], Feed] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.viewers = 0

    def feed(self, account: AccountId, topic: str) -> Feed:
        """The topic, which is drawn from now on."""
        key = account, topic
        feed = self._feeds.get(key)
        if feed is None:
            feed = self._feeds[key] = Feed(self._services, account, topic)
            task = asyncio.create_task(self._run(key, feed), name=f"topic {topic}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return feed

    async def close(self) -> None:
        """Draw nothing any more."""
        await ended(self._tasks)

    async def _run(self, key: tuple[AccountId, str], feed: Feed) -> None:
        try:
            await feed.run()
        except Exception:
            log.exception("topic_failed", topic=feed.topic)
            for viewer in list(feed.viewers):
                viewer.say(_refusal("internal-error", "this topic failed; the log has why", feed.topic))
                viewer.leave(feed)
        finally:
            self._feeds.pop(key, None)


@contextlib.asynccontextmanager
async def _drawing(app: Any) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await app.state.hub.close()


router = APIRouter(tags=["Console"], lifespan=_drawing)


def _encode(**members: object) -> str:
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"))


def _refusal(code: str, message: str, topic: str | None = None) -> str:
    about = {} if topic is None else {"topic": topic}
    return _encode(op="refused", **about, code=code, message=message)


@router.websocket("/v1/console/stream")
async def stream(socket: WebSocket) -> None:
    hub: Hub = socket.app.state.hub
    try:
        check_same_site(socket)
    except Refused:
        await socket.close(NOT_SIGNED_IN)  # before it is accepted: a plain 403
        return
    await socket.accept()
    try:
        who = await socket_principal(socket)
    except Refused as refused:
        await _turn_away(socket, NOT_SIGNED_IN, refused.key, str(refused))
        return
    if hub.viewers >= hub.most:
        said = f"{hub.viewers} pages are connected, and this server takes no more: yours goes on by asking now and then"
        await _turn_away(socket, TOO_MANY, "too-many-viewers", said)
        return
    hub.viewers += 1
    viewer = Viewer()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_send(socket, viewer))
            group.create_task(_beat(socket, viewer))
            group.create_task(_listen(socket, hub, viewer, who))
    except* (WebSocketDisconnect, _Over):
        pass
    finally:
        hub.viewers -= 1
        for feed in list(viewer.feeds.values()):
            viewer.leave(feed)


class _Over(Exception):
    """The connection is closed, by us."""


async def _turn_away(socket: WebSocket, status: int, code: str, message: str) -> None:
    await socket.send_text(_refusal(code, message))
    await socket.close(status)


async def _send(socket: WebSocket, viewer: Viewer) -> None:
    async for message in viewer.messages():
        await socket.send_text(message)


async def _beat(socket: WebSocket, viewer: Viewer) -> None:
    """Say that the link is there; now and then ask whether the login is."""
    clock = services_of(socket).clock
    while True:
        for _ in range(LOOKS_AGAIN_AFTER):
            viewer.say(_encode(op="heartbeat", ts=instant(clock.now())))
            await asyncio.sleep(HEARTBEAT_SECONDS)
        try:
            await socket_principal(socket)
        except Refused as refused:
            await _turn_away(socket, NOT_SIGNED_IN, refused.key, str(refused))
            raise _Over from None


async def _listen(socket: WebSocket, hub: Hub, viewer: Viewer, who: Principal) -> None:
    """What the page asks for, until it goes."""
    while True:
        asked = _read(await socket.receive_text())
        if asked is None:
            await _turn_away(socket, NOT_JSON, "invalid", 'send {"op": "sub" or "unsub", "topic": "..."}')
            raise _Over
        op, topic = asked
        if op == "unsub":
            if topic in viewer.feeds:
                viewer.leave(viewer.feeds[topic])
            continue
        if topic not in viewer.feeds and len(viewer.feeds) >= MOST_TOPICS:
            viewer.say(_refusal("too-many-topics", f"a page can hear {MOST_TOPICS} topics", topic))
            continue
        word, _, thing = topic.partition(":")
        try:
            await check_may_hear(services_of(socket), who, word, thing)
        except Refused as refused:
            code = "unknown-topic" if refused.key == "unknown-path" else refused.key
            viewer.say(_refusal(code, str(refused), topic))
        except OutdialError as error:
            viewer.say(_refusal(error.code, str(error), topic))
        else:
            viewer.join(hub.feed(who.account, topic))


def _read(text: str) -> tuple[str, str] | None:
    """What is asked, and of which topic; None for what is no request."""
    try:
        asked = json.loads(text)
    except ValueError:
        return None
    if not isinstance(asked, Mapping) or asked.get("op") not in ("sub", "unsub"):
        return None
    op, topic = asked["op"], asked.get("topic")
    return (op, topic) if isinstance(topic, str) and len(topic) <= 100 else None


class SnapshotQuery(Query):
    topic: Annotated[str, Field(max_length=100, examples=["campaigns"], description="As on the stream")] = "campaigns"


class SnapshotShown(Shown):
    """A topic as it is now: what the stream sends first."""

    topic: Annotated[str, Field(examples=["campaigns"])]
    seq: Annotated[int, Field(ge=1, examples=[1])]
    ts: InstantShown
    data: dict[str, Any]


@router.get(
    "/v1/console/snapshot", summary="A topic of the console's stream, for pages whose WebSocket is not let through"
)
@described(SnapshotShown, query=SnapshotQuery, refuses=(CampaignNotFound, SessionNotFound, NoEngine, "unknown-path"))
async def snapshot(
    request: Request,
    who: Annotated[Principal, needs_one_of(Scope.CAMPAIGNS_READ, Scope.AGENTS_READ, Scope.DESK_USE)],
) -> Response:
    topic = read_query(request, SnapshotQuery).topic
    word, _, thing = topic.partition(":")
    await check_may_hear(services_of(request), who, word, thing)
    hub: Hub = request.app.state.hub
    feed = hub.feed(who.account, topic)
    data = await feed.first()
    return hal(request, {"topic": topic, "seq": feed.seq, "ts": feed.at, "data": data})
