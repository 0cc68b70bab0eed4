"""A server that answers ARI requests and says what a real Asterisk was recorded to say: see transcripts.json.

What happens to a call is decided by the first digit of its number, as the carrier of the recordings did. Who cuts the
recording short, by a hang-up or by hanging up in mid-ring, hears the end that was recorded for that.
"""

import asyncio
import base64
import contextlib
import inspect
import itertools
import json
import re
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from outdial.adapters.clock import WallClock
from outdial.adapters.media.g711 import FRAME, mixed
from outdial.adapters.media.sounds import tone

Recorded = list[tuple[float, dict[str, Any]]]

TRANSCRIPTS: Final[dict[str, Any]] = json.loads(Path(__file__).with_name("transcripts.json").read_text("utf-8"))
_OF_DIGIT: Final = {
    "1": "brief_person",
    "2": "busy",
    "3": "nobody",
    "4": "unknown",
    "5": "rejected",
    "6": "person",
    "7": "congested",
    "8": "person",
}
_MODULES: Final = ("res_ari_channels", "res_ari_bridges", "res_ari_playbacks", "res_stasis_snoop", "chan_pjsip")


def recorded(name: str, of: str = "{call}", after: str = "dial", until: str | None = None) -> Recorded:
    """The events of a channel in a recording, timed from one step of it up to another."""
    steps = {step: at for at, step in TRANSCRIPTS[name]["steps"]}
    start, end = steps[after], steps.get(until or "", float("inf"))
    return [
        (at - start, event)
        for at, event in TRANSCRIPTS[name]["events"]
        if start < at < end and (event.get("channel") or event.get("peer") or {}).get("id") == of
    ]


_HUNG_UP: Final = recorded("cancelled", after="delete")
_RING_TIMEOUT: Final = [(0.0, event) for at, event in recorded("nobody") if at > 1.0]
_PHONE: Final = recorded("person", of="{phone}", after="agent", until="bridge")


@dataclass
class Channel:
    id: str
    endpoint: str
    state: str = "Down"
    started: bool = False
    coming: list[asyncio.TimerHandle] = field(default_factory=list)
    in_bridge: str | None = None

    def shown(self) -> dict[str, Any]:
        return {"id": self.id, "state": self.state, "name": self.endpoint}


class FakeAsterisk:
    """See the module. Tests turn its knobs and look at its `channels` and `bridges`."""

    user, password = "outdial", "secret"

    def __init__(self) -> None:
        self.url = ""
        self.version = "22.10.1"
        self.modules = list(_MODULES)
        self.ahead = timedelta()
        """Its clock, compared with ours."""
        self.endpoints = {"trunk": "online", "ana": "online"}
        self.sounds = {"vm-goodbye"}
        self.qualified = 30
        """Seconds between the questions whether the trunk lives; 0 asks none."""
        self.channels: dict[str, Channel] = {}
        self.bridges: dict[str, list[str]] = {}
        self.asked: list[str] = []
        self.variables: dict[str, dict[str, str]] = {}
        """Of the channels that were made, by their names."""
        self.made: list[str] = []
        """The names of all channels that ever were."""
        self.recordings: list[str] = []
        self.played: list[str] = []
        self.pressed: list[tuple[str, str]] = []
        """The keys that were pressed, by the channel that heard them."""
        self.refusals: list[tuple[str, int]] = []
        """Requests, as patterns, that are refused next, each once."""
        self.deaf = False
        """Events are lost, as while nobody is connected."""
        self._thawed = asyncio.Event()
        self._thawed.set()
        self._sockets: set[WebSocket] = set()
        self._outbox: set[asyncio.Task[None]] = set()
        self._ports = itertools.count()

    # Knobs --------------------------------------------------------------------------------------------------------

    def freeze(self) -> None:
        """Requests are taken and never answered."""
        self._thawed.clear()

    def thaw(self) -> None:
        self._thawed.set()

    async def drop_sockets(self) -> None:
        for one in list(self._sockets):
            await one.close(1012)

    async def settled(self) -> None:
        """Wait until what is on its way has arrived."""
        for _ in range(500):
            if not self.channels and not self.bridges:
                return
            await asyncio.sleep(0.01)

    def add(self, channel: str, state: str = "Up") -> None:
        """A channel of before."""
        self.channels[channel] = Channel(channel, "PJSIP/trunk", state, started=True)

    # HTTP ---------------------------------------------------------------------------------------------------------

    def app(self) -> Starlette:
        def route(method: str, path: str, answer: Callable[[Request], Any]) -> Route:
            async def asked(request: Request) -> Response:
                said = request.headers.get("authorization", "")
                if said != f"Basic {base64.b64encode(f'{self.user}:{self.password}'.encode()).decode()}":
                    return JSONResponse({"message": "Authentication required"}, 401)
                line = f"{method} {request.url.path.removeprefix('/ari/')}"
                self.asked.append(line)
                await self._thawed.wait()
                for refusal in self.refusals:
                    if re.fullmatch(refusal[0], line):
                        self.refusals.remove(refusal)
                        return JSONResponse({"message": "refused by the test"}, refusal[1])
                found = answer(request)
                found = await found if inspect.isawaitable(found) else found
                return Response(status_code=204) if found is None else found

            return Route(f"/ari/{path}", asked, methods=[method])

        return Starlette(
            routes=[
                route("GET", "asterisk/info", lambda _: JSONResponse({"system": {"version": self.version}})),
                route("GET", "asterisk/modules", lambda _: JSONResponse([{"name": f"{m}.so"} for m in self.modules])),
                route("GET", "asterisk/ping", lambda _: JSONResponse({"ping": "pong", "timestamp": self._time()})),
                route("GET", "asterisk/config/dynamic/res_pjsip/{kind}/{name}", self._configured),
                route("GET", "applications/{name}", self._application),
                route("GET", "endpoints/PJSIP/{name}", self._endpoint),
                route("GET", "sounds/{name}", self._sound_file),
                route("GET", "channels", lambda _: JSONResponse([one.shown() for one in self.channels.values()])),
                route("POST", "channels/create", self._create),
                route("POST", "channels/externalMedia", self._external_media),
                route("POST", "channels/{id}/dial", self._dial),
                route("POST", "channels/{id}/snoop/{snoop}", self._snoop),
                route("POST", "channels/{id}/play/{play}", self._play),
                route("POST", "channels/{id}/moh", self._music),
                route("DELETE", "channels/{id}/moh", self._music),
                route("POST", "channels/{id}/dtmf", self._digits),
                route("DELETE", "channels/{id}", self._delete),
                route("POST", "bridges/{id}", self._make_bridge),
                route("POST", "bridges/{id}/addChannel", self._add_channel),
                route("POST", "bridges/{id}/removeChannel", self._remove_channel),
                route("POST", "bridges/{id}/record", self._record),
                route("DELETE", "bridges/{id}", self._remove_bridge),
                WebSocketRoute("/ari/events", self._events),
            ]
        )

    def _time(self) -> str:
        return f"{WallClock().now() + self.ahead:%Y-%m-%dT%H:%M:%S.000+0000}"

    def _application(self, request: Request) -> Response:
        return JSONResponse({"name": request.path_params["name"]}) if self._sockets else _missing("Application")

    def _endpoint(self, request: Request) -> Response:
        name = request.path_params["name"]
        state = self.endpoints.get(name)
        return JSONResponse({"resource": name, "state": state}) if state is not None else _missing("Endpoint")

    def _configured(self, request: Request) -> Response:
        if (name := request.path_params["name"]) not in self.endpoints:
            return _missing("Object")
        about = {"endpoint": ("aors", name), "aor": ("qualify_frequency", str(self.qualified))}
        attribute, value = about[request.path_params["kind"]]
        return JSONResponse([{"attribute": attribute, "value": value}])

    def _sound_file(self, request: Request) -> Response:
        name = request.path_params["name"]
        return JSONResponse({"id": name}) if name in self.sounds else _missing("Sound")

    def _music(self, request: Request) -> Response | None:
        return None if request.path_params["id"] in self.channels else _missing("Channel")

    def _digits(self, request: Request) -> Response | None:
        if request.path_params["id"] not in self.channels:
            return _missing("Channel")
        self.pressed.append((request.path_params["id"], request.query_params["dtmf"]))
        return None

    async def _create(self, request: Request) -> Response:
        query = request.query_params
        self.variables[query["channelId"]] = (json.loads(await request.body() or "{}")).get("variables", {})
        if query["channelId"] in self.channels:
            return JSONResponse({"message": "Channel with given unique ID already exists"}, 409)
        return self._made(Channel(query["channelId"], query["endpoint"]))

    def _made(self, channel: Channel) -> Response:
        self.channels[channel.id] = channel
        self.made.append(channel.id)
        self._later(channel, 0.001, lambda: self._start(channel))
        return JSONResponse(channel.shown())

    def _start(self, channel: Channel) -> None:
        channel.started = True
        self._say({"type": "StasisStart", "args": [], "channel": channel.shown()})

    def _dial(self, request: Request) -> Response | None:
        channel = self.channels.get(request.path_params["id"])
        if channel is None:
            return _missing("Channel")
        if not channel.started:
            return JSONResponse({"message": "Channel not in Stasis application"}, 409)
        if not channel.endpoint.endswith("@trunk"):
            self._play_back(channel, _PHONE)
            return None
        digit = channel.endpoint.removeprefix("PJSIP/").lstrip("+")[0]
        if digit != "9":
            self._play_back(channel, recorded(_OF_DIGIT[digit], until="agent"))
        if digit in "39":  # nobody answers; of a 9 nothing is heard at all, and a real one ends it with the same events
            self._later(channel, float(request.query_params["timeout"]), lambda: self._cut(channel, _RING_TIMEOUT))
        return None

    def _delete(self, request: Request) -> Response | None:
        channel = self.channels.get(request.path_params["id"])
        if channel is None:
            return _missing("Channel")
        self._cut(channel, _HUNG_UP)
        return None

    def _snoop(self, request: Request) -> Response:
        if request.path_params["id"] not in self.channels:
            return _missing("Channel")
        return self._made(Channel(request.path_params["snoop"], f"Snoop/{request.path_params['id']}", "Up"))

    def _external_media(self, request: Request) -> Response:
        query = request.query_params
        return self._made(Channel(query["channelId"], f"UnicastRTP/{query['external_host']}", "Up"))

    def _play(self, request: Request) -> Response | None:
        channel = self.channels.get(request.path_params["id"])
        if channel is None:
            return _missing("Channel")
        self.played.append(request.query_params["media"])
        steps = {step: at for at, step in TRANSCRIPTS["message"]["steps"]}
        for at, event in TRANSCRIPTS["message"]["events"]:
            if event["type"].startswith("Playback"):
                said = {**event, "playback": {**event["playback"], "id": request.path_params["play"]}}
                self._later(channel, at - steps["play"], lambda said=said: self._say(said))  # type: ignore[misc]
        return JSONResponse({"id": request.path_params["play"]}, 201)

    def _make_bridge(self, request: Request) -> Response:
        self.bridges.setdefault(request.path_params["id"], [])
        return JSONResponse({"id": request.path_params["id"]})

    def _add_channel(self, request: Request) -> Response | None:
        bridge = self.bridges.get(request.path_params["id"])
        if bridge is None:
            return _missing("Bridge")
        names = request.query_params["channel"].split(",")
        if any(name not in self.channels for name in names):
            return JSONResponse({"message": "Channel not found"}, 400)
        for name in names:
            bridge.append(name)
            channel = self.channels[name]
            channel.in_bridge = request.path_params["id"]
            self._say({"type": "ChannelEnteredBridge", "bridge": {"id": channel.in_bridge}, "channel": channel.shown()})
            if channel.endpoint.startswith("UnicastRTP/"):
                self._sound(channel, names)
        return None

    def _remove_channel(self, request: Request) -> Response | None:
        bridge = self.bridges.get(request.path_params["id"])
        if bridge is None:
            return _missing("Bridge")
        channel = self.channels.get(request.query_params["channel"])
        if channel is None:
            return JSONResponse({"message": "Channel not found"}, 400)
        if channel.id not in bridge:
            return JSONResponse({"message": "Channel not in this bridge"}, 422)
        bridge.remove(channel.id)
        channel.in_bridge = None
        self._say(
            {"type": "ChannelLeftBridge", "bridge": {"id": request.path_params["id"]}, "channel": channel.shown()}
        )
        return None

    def _record(self, request: Request) -> Response:
        self.recordings.append(request.query_params["name"])
        return JSONResponse({"name": request.query_params["name"]}, 201)

    def _remove_bridge(self, request: Request) -> Response | None:
        if self.bridges.pop(request.path_params["id"], None) is None:
            return _missing("Bridge")
        return None

    # Events -------------------------------------------------------------------------------------------------------

    async def _events(self, viewer: WebSocket) -> None:
        if viewer.query_params.get("api_key") != f"{self.user}:{self.password}":
            await viewer.close(1008)
            return
        await viewer.accept()
        self._sockets.add(viewer)
        try:
            while True:
                await viewer.receive_text()
        except WebSocketDisconnect:
            pass
        finally:
            self._sockets.discard(viewer)

    def _say(self, event: dict[str, Any]) -> None:
        if self.deaf:
            return
        for viewer in self._sockets:
            task = asyncio.create_task(viewer.send_json(event))
            self._outbox.add(task)
            task.add_done_callback(self._outbox.discard)

    def _play_back(self, channel: Channel, events: Recorded) -> None:
        for at, event in events:
            self._later(channel, at, lambda event=event: self._happen(channel, event))  # type: ignore[misc]

    def _cut(self, channel: Channel, events: Recorded) -> None:
        for timer in channel.coming:
            timer.cancel()
        self._play_back(channel, events)

    def _happen(self, channel: Channel, event: dict[str, Any]) -> None:
        part = "peer" if "peer" in event else "channel"
        channel.state = event[part]["state"] if event["type"] != "ChannelDestroyed" else channel.state
        if event["type"] == "ChannelDestroyed":
            self.channels.pop(channel.id, None)
            if channel.in_bridge in self.bridges:
                self.bridges[channel.in_bridge].remove(channel.id)
        self._say({**event, part: channel.shown()})

    def _later(self, channel: Channel, seconds: float, act: Callable[[], None]) -> None:
        channel.coming.append(asyncio.get_running_loop().call_later(seconds, act))

    def _sound(self, channel: Channel, bridged: list[str]) -> None:
        """What the snooped call says, by its digit: a machine speaks on, a person says a word.

        It is sent all at once: who listens counts frames.
        """
        snooped = next(self.channels[name].endpoint.removeprefix("Snoop/") for name in bridged if name != channel.id)
        digit = self.channels[snooped].endpoint.removeprefix("PJSIP/").lstrip("+")[0]
        seconds = 4.0 if digit == "6" else 0.4
        quiet = b"\xff" * FRAME
        voice = voice_of(seconds)
        frames = [quiet] * 20 + [voice[at : at + FRAME] for at in range(0, len(voice), FRAME)] + [quiet] * 60
        host, _, port = channel.endpoint.removeprefix("UnicastRTP/").rpartition(":")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for place, frame in enumerate(frames):
                header = bytes([0x80, 0x00]) + place.to_bytes(2, "big") + (place * FRAME).to_bytes(4, "big") + bytes(4)
                sender.sendto(header + frame, (host, int(port)))


def voice_of(seconds: float) -> bytes:
    """Something between the tones: three at once, which is nobody's beep."""
    return mixed(mixed(tone(310.0, seconds=seconds), tone(520.0, seconds=seconds)), tone(830.0, seconds=seconds))


def _missing(what: str) -> Response:
    return JSONResponse({"message": f"{what} not found"}, 404)


@contextlib.asynccontextmanager
async def fake_asterisk() -> AsyncIterator[FakeAsterisk]:
    """A fake on a free port of this machine, stopped at the end of the block."""
    fake = FakeAsterisk()
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0))
        fake.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = uvicorn.Server(
            uvicorn.Config(fake.app(), log_level="error", lifespan="off", timeout_graceful_shutdown=1)
        )
        serving = asyncio.create_task(server.serve([listener]))
        while not server.started:  # noqa: ASYNC110 - it tells nobody when it has begun
            await asyncio.sleep(0.005)
        try:
            yield fake
        finally:
            fake.thaw()
            server.should_exit = True
            await serving
