"""What happens in an account, told as it happens: server-sent events for scripts.

Events are hints: what is true stands in the API. A reader who is too slow, or whose token has run out, is told so and
comes again.
"""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from outdial.api.auth import needs
from outdial.api.describe import Raw, described
from outdial.api.hal import instant
from outdial.api.services import services_of
from outdial.api.shapes import Query, read_query
from outdial.domain.access import TOKEN_LIFETIME, Principal, Scope
from outdial.ports.bus import Bus, Message

router = APIRouter(tags=["Events"])

MOST_WAITING: Final = 1_000
"""Events that may wait for a slow reader; after more, the reader has to look again by itself."""

HEARTBEAT_SECONDS: Final = 15.0
EVENT_STREAM: Final = "text/event-stream"


class EventsQuery(Query):
    topics: Annotated[
        str, Field(max_length=500, description="Beginnings of topics, separated by commas: `agent.,campaign.`")
    ] = ""


class Reader:
    """One reader's queue: bounded, and of one account."""

    def __init__(self, bus: Bus, who: Principal, topics: tuple[str, ...], *, most: int = MOST_WAITING) -> None:
        self._bus, self._who, self._topics, self._most = bus, who, topics, most
        self._queue: deque[Message] = deque()
        self._arrived = asyncio.Event()
        self._missed = False

    def _hear(self, message: Message) -> None:
        if message.account != self._who.account:
            return
        if len(self._queue) >= self._most:
            self._queue.clear()
            self._missed = True
        self._queue.append(message)
        self._arrived.set()

    async def lines(self, *, heartbeat: float, lifetime: float) -> AsyncIterator[str]:
        """The stream, for so many seconds at most."""
        loop = asyncio.get_running_loop()
        end = loop.time() + lifetime
        stop = self._bus.subscribe(self._topics, self._hear)
        try:
            yield "retry: 1000\n\n"
            while (left := end - loop.time()) > 0:
                try:
                    async with asyncio.timeout(min(heartbeat, left)):
                        await self._arrived.wait()
                except TimeoutError:
                    yield ": nothing new\n\n"
                    continue
                self._arrived.clear()
                if self._missed:
                    self._missed = False
                    yield 'event: resync\ndata: {"reason": "events were lost: this reader is too slow"}\n\n'
                while self._queue:
                    yield _line(self._queue.popleft())
            yield 'event: bye\ndata: {"reason": "come again with a new access token"}\n\n'
        finally:
            stop()


def _line(message: Message) -> str:
    data = {"topic": message.topic, "at": instant(message.at), **message.payload}
    return f"event: {message.topic}\ndata: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n"


@router.get("/v1/events", summary="What happens, as it happens: a stream of server-sent events")
@described(Raw(EVENT_STREAM), query=EventsQuery)
async def events(request: Request, who: Annotated[Principal, needs(Scope.EVENTS_READ)]) -> Response:
    query = read_query(request, EventsQuery)
    topics = tuple(word.strip() for word in query.topics.split(",") if word.strip()) or ("",)
    reader = Reader(services_of(request).bus, who, topics)
    lines = reader.lines(heartbeat=HEARTBEAT_SECONDS, lifetime=TOKEN_LIFETIME.total_seconds())
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(lines, media_type=EVENT_STREAM, headers=headers)
