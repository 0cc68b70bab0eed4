"""A thin client of Asterisk's REST Interface: requests over HTTP, events over one WebSocket.

Every request has a limit of its own, since a server that hangs answers nothing and refuses nothing. The socket is
opened again whenever it was lost; what happened meanwhile is not told by Asterisk, so `connected` asks what there is.

Source: Asterisk 22, rest-api-templates and the generated description under `/ari/api-docs`.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from random import Random
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx
import structlog
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus, WebSocketException

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

Event = Mapping[str, Any]

CONNECTIONS: Final = 64
"""Below Asterisk's `sessionlimit`, which is 100 unless it was raised."""
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 15.0
_SILENCE_SECONDS: Final = 10.0
"""Without a pong for so long the socket counts as lost."""


class AriRefused(Exception):
    """Asterisk answered with an error; nothing was done. `status` is HTTP's."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


class AriUnreachable(Exception):
    """No answer: the request may have been carried out."""


class Ari:
    """One Asterisk's REST Interface for one Stasis application; a request may take so many seconds."""

    def __init__(self, url: str, user: str, password: str, application: str, seconds: float = 5.0) -> None:
        self.application = application
        self.hear: Callable[[Event], None] = lambda event: None
        self.connected: Callable[[], Awaitable[None]] = _nothing
        self.lost: Callable[[str], None] = lambda why: None
        self._events = _events_address(url, user, password, application)
        self._chance = Random(url)  # noqa: S311 - so that a fleet does not come back in step
        self._client = httpx.AsyncClient(
            base_url=url.rstrip("/") + "/ari/",
            auth=(user, password),
            timeout=seconds,
            limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
        )

    async def ask(
        self, method: str, path: str, query: Mapping[str, str | int] | None = None, body: object = None
    ) -> Any:
        """A request's answer; None for one without a body.

        Raises:
            AriRefused: it was refused.
            AriUnreachable: there was no answer.
        """
        try:
            answer = await self._client.request(method, path, params=dict(query or {}), json=body)
        except httpx.TransportError as error:
            raise AriUnreachable(f"{method} {path}: {error or type(error).__name__}") from error
        if answer.is_success:
            return answer.json() if answer.content else None
        try:
            message = str(answer.json()["message"])
        except (ValueError, KeyError, TypeError):
            message = answer.reason_phrase
        raise AriRefused(answer.status_code, message)

    async def listen(self) -> None:
        """Hear events until cancelled, through any number of sockets."""
        pause = _FIRST_PAUSE
        while True:
            try:
                async with connect(
                    self._events, ping_interval=_SILENCE_SECONDS / 2, ping_timeout=_SILENCE_SECONDS / 2, max_size=2**22
                ) as socket:
                    await self.connected()
                    pause = _FIRST_PAUSE
                    async for message in socket:
                        self._take(message)
                why = "closed by Asterisk"
            except InvalidStatus as error:
                why = f"refused with {error.response.status_code}"
            except (AriRefused, AriUnreachable, WebSocketException, OSError, TimeoutError) as error:
                why = str(error) or type(error).__name__
            self.lost(why)
            await asyncio.sleep(pause * self._chance.uniform(0.75, 1.25))
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def close(self) -> None:
        await self._client.aclose()

    def _take(self, message: str | bytes) -> None:
        try:
            event = json.loads(message)
        except ValueError:
            log.warning("ari_event_unreadable")
            return
        self.hear(event)


async def _nothing() -> None:
    """Nobody asks what there is."""


def _events_address(url: str, user: str, password: str, application: str) -> str:
    """The address of the WebSocket. Its password never reaches a log: errors name neither address nor query."""
    parts = urlsplit(url)
    scheme = "wss" if parts.scheme == "https" else "ws"
    query = urlencode({"app": application, "api_key": f"{user}:{password}", "subscribeAll": "false"})
    return f"{scheme}://{parts.netloc}{parts.path.rstrip('/')}/ari/events?{query}"
