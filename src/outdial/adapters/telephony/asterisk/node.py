"""One Asterisk of the fleet: whether it may be used, how much room it has, and a watch over its health."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

import structlog

from outdial.adapters.telephony.asterisk.ari import Ari, AriRefused, AriUnreachable

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

PREFIX: Final = "outdial-"
"""What the names of our channels and bridges begin with; whatever else is on the server is none of our business."""

_WATCH_SECONDS: Final = 10.0
_NEEDED_MODULES: Final = ("res_ari_channels", "res_ari_bridges", "res_ari_playbacks", "res_stasis_snoop", "chan_pjsip")
_BROKEN: Final = {(22, 9), (20, 19)}
"""Hanging up bridged channels over ARI locks these up within minutes (upstream issues 1907 and 1928)."""


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """An Asterisk and how it is used.

    Attributes:
        url: of its HTTP server, without `/ari`.
        endpoint: how numbers are dialed there; `{number}` is the number in E.164.
        weight: shares calls among nodes; 0 takes none.
        max_calls, calls_per_second: what this node may be given.
        request_seconds: how long a request may take before its server counts as hung.
        media_host: our address as this Asterisk sees it, for the sound of calls that are listened to.
    """

    name: str
    url: str
    user: str
    password: str
    endpoint: str = "PJSIP/{number}@trunk"
    application: str = "outdial"
    weight: int = 1
    max_calls: int = 200
    calls_per_second: float = 20.0
    request_seconds: float = 5.0
    media_host: str = "127.0.0.1"

    def __repr__(self) -> str:
        return f"NodeSettings({self.name!r}, {self.url!r})"


class Node:
    """A node at work. `heard` gets its events, `back` is asked to put things right whenever it is back."""

    def __init__(self, settings: NodeSettings, clock: Callable[[], float]) -> None:
        self.settings = settings
        self.ari = Ari(settings.url, settings.user, settings.password, settings.application, settings.request_seconds)
        self.active = 0
        self.draining = False
        self.version: str | None = None
        self.answered_at: float | None = None
        """When it was last found fit for calls, by the clock; None: not since it was lost."""
        self.back: Callable[[], Awaitable[None]] | None = None
        self._clock = clock
        self._trouble: str | None = "not connected yet"
        self._burst = max(1.0, settings.calls_per_second)
        self._tokens, self._counted_at = self._burst, clock()
        self.ari.connected, self.ari.lost = self._connected, self._lost

    @property
    def trouble(self) -> str | None:
        """Why it takes no calls now; None when it does, whether or not it has room."""
        return self._trouble

    @property
    def room(self) -> int:
        """How many calls it may be given now."""
        if self._trouble is not None or self.draining or not self.settings.weight:
            return 0
        self._refill()
        return max(0, min(self.settings.max_calls - self.active, int(self._tokens)))

    def take(self) -> None:
        self._refill()
        self._tokens -= 1.0
        self.active += 1

    def give_back(self) -> None:
        self.active -= 1

    async def watch(self) -> None:
        """Make and remove a channel now and then, which a server that hangs does not do; until cancelled."""
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            await self.check()

    async def check(self) -> None:
        """One look: a canary channel, that is never dialed."""
        if self.version is None:
            return
        canary = f"{PREFIX}canary-{uuid4()}"
        endpoint = self.settings.endpoint.format(number="canary")
        try:
            query = {"endpoint": endpoint, "app": self.settings.application, "channelId": canary}
            await self.ari.ask("POST", "channels/create", query)
            await self.ari.ask("DELETE", f"channels/{canary}")
        except AriUnreachable:
            self._now(f"{self.settings.url} does not answer: a canary channel was neither made nor refused")
        except AriRefused as error:
            self._now(f"no channel can be made: {error}")
        else:
            self._now(None)

    async def _connected(self) -> None:
        trouble, self.version = await look_at(self.ari)
        if trouble is None and self.back is not None:
            await self.back()
        self._now(trouble)

    def _lost(self, why: str) -> None:
        self.version = None
        self._now(f"the events' socket is lost: {why}")

    def _now(self, trouble: str | None) -> None:
        if trouble != self._trouble:
            level = log.info if trouble is None else log.warning
            level("asterisk_node", node=self.settings.name, trouble=trouble, version=self.version)
        self._trouble = trouble
        self.answered_at = self._clock() if trouble is None else None

    def _refill(self) -> None:
        now = self._clock()
        passed, self._counted_at = now - self._counted_at, now
        self._tokens = min(self._burst, self._tokens + passed * self.settings.calls_per_second)


async def look_at(ari: Ari) -> tuple[str | None, str]:
    """Why an Asterisk cannot be used, if it cannot, and its version.

    Raises:
        AriRefused, AriUnreachable: it could not be asked.
    """
    info: dict[str, Any] = await ari.ask("GET", "asterisk/info", {"only": "system"})
    version = str(info.get("system", {}).get("version", "unknown"))
    found = re.match(r"(?:certified[/-])?(\d+)\.(\d+)", version)
    if found is not None and (int(found[1]), int(found[2])) in _BROKEN:
        return f"Asterisk {version} locks up when bridged calls are hung up: use 22.10 or later, or 20.18", version
    if missing := await missing_modules(ari, _NEEDED_MODULES):
        return f"modules are not loaded: {', '.join(missing)}", version
    return None, version


async def missing_modules(ari: Ari, needed: Sequence[str]) -> list[str]:
    """Those of the modules that are not loaded.

    Raises:
        AriRefused, AriUnreachable: it could not be asked.
    """
    loaded = {str(module["name"]).removesuffix(".so") for module in await ari.ask("GET", "asterisk/modules")}
    return [module for module in needed if module not in loaded]


async def in_use(ari: Ari) -> bool:
    """Whether a client of our application is connected: an Outdial at work, whose channels are not to be touched.

    Raises:
        AriRefused, AriUnreachable: it could not be asked.
    """
    try:
        await ari.ask("GET", f"applications/{ari.application}")
    except AriRefused as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return False
        raise
    return True
