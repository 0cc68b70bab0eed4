"""What the console's stream costs: drawing and writing a topic once, and sending it to many pages over loopback.

    make bench-stream ARGS="--viewers 1000 --agents 100 --ticks 20"

A campaign of so many agents changes as it does in life: some of them change their state in each tick. Every viewer is a
real WebSocket of another process. Figures are CPU of the serving process: how long the machine took besides is its own
business. One core carries as many viewers as its ticks need at most one second of CPU for a tick.
"""

import argparse
import asyncio
import json
import os
import random
import socket
import sys
import time
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.websockets import WebSocket, WebSocketDisconnect

from outdial.api.stream import Feed, Viewer, _send
from outdial.domain.merge_patch import difference

CHANGE = 0.15
"""The share of agents who change their state in a second: calls and wrap-ups of a few seconds, more than in life."""
POINTS = 600


class Campaign:
    """The document of a campaign's live page, made up, from second to second."""

    def __init__(self, agents: int) -> None:
        self._chance, self._second = random.Random(1), 1_780_000_000  # noqa: S311  the same day each time
        self._people = {f"8d4c1f0e-5f0b-4c8a-9f57-{n:012d}": self._person(f"Agent {n}", n) for n in range(agents)}
        self._points = {str(self._second - n): [24, 5, 12, 60] for n in range(POINTS, 0, -1)}

    def _person(self, name: str, n: int) -> dict[str, Any]:
        since = f"2026-06-01T09:{n % 60:02d}:{self._second % 60:02d}.000Z"
        state = ("ready", "reserved", "talking", "wrap_up", "paused")[n % 5]
        return {"name": name, "state": state, "since": since, "link": "up", "signed_in_at": "2026-06-01T08:00:00.000Z"}

    def tick(self) -> dict[str, Any]:
        self._second += 1
        for key in self._people:
            if self._chance.random() < CHANGE:
                self._people[key] = self._person(self._people[key]["name"], self._chance.randrange(300))
        del self._points[next(iter(self._points))]
        self._points[str(self._second)] = [self._chance.randrange(40), 5, 12, 60]
        return {
            "campaign": {"id": "8d4c1f0e-5f0b-4c8a-9f57-2f6f6f1f4f1d", "name": "Renewals", "status": "RUNNING"},
            "calls": {"in_flight": self._chance.randrange(40), "ringing": 5, "talking": 60, "lines_free": 900},
            "people": dict(self._people),
            "series": dict(self._points),
        }


def encode_cost(agents: int, ticks: int) -> dict[str, float]:
    """Milliseconds of CPU to find out what changed and to write it, for each tick; and its size."""
    campaign, spent, size = Campaign(agents), 0.0, 0
    before = campaign.tick()
    for _ in range(ticks):
        after = campaign.tick()
        began = time.process_time()
        text = json.dumps(difference(before, after), ensure_ascii=False, separators=(",", ":"))
        spent += time.process_time() - began
        size += len(text)
        before = after
    began = time.process_time()
    whole = json.dumps(before, ensure_ascii=False, separators=(",", ":"))
    return {
        "patch_ms": round(1000 * spent / ticks, 3),
        "patch_bytes": round(size / ticks),
        "whole_ms": round(1000 * (time.process_time() - began), 3),
        "whole_bytes": len(whole),
    }


READER = """
import asyncio, sys
from websockets.asyncio.client import connect
async def read(address):
    async with connect(address, compression=None, max_size=None, ping_interval=None) as socket:
        async for message in socket:
            pass
async def main(address, viewers):
    await asyncio.gather(*(read(address) for _ in range(viewers)), return_exceptions=True)
asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


async def send_cost(agents: int, viewers: int, ticks: int) -> dict[str, float]:
    """Milliseconds of CPU of the server for each tick with so many viewers, all of whom got it."""
    feed = Feed(None, 1, "campaign:x")  # type: ignore[arg-type]  # it is told what to say, and draws nothing
    feed._drawing.services = _Clockless()  # type: ignore[assignment]
    campaign, connected, sent = Campaign(agents), asyncio.Semaphore(0), [0]
    app = FastAPI()

    @app.websocket("/")
    async def stream(page: WebSocket) -> None:
        await page.accept()
        viewer = _Counting(sent)
        viewer.join(feed)
        connected.release()
        try:
            await _send(page, viewer)
        except (WebSocketDisconnect, asyncio.CancelledError):
            viewer.leave(feed)

    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="websockets-sansio", ws_per_message_deflate=False))
    serving = asyncio.create_task(server.serve([listener]))
    address = f"ws://127.0.0.1:{listener.getsockname()[1]}/"
    reader = await asyncio.create_subprocess_exec(sys.executable, "-c", READER, address, str(viewers))
    try:
        async with asyncio.timeout(120):
            for _ in range(viewers):
                await connected.acquire()
        feed.tell(campaign.tick())
        await _all(sent, viewers)
        spent = []
        for n in range(ticks):
            document = campaign.tick()
            began = time.process_time()
            feed.tell(document)
            await _all(sent, viewers * (n + 2))
            spent.append(time.process_time() - began)
    finally:
        reader.terminate()
        await reader.wait()
        # Its pages only listen, and would be waited for.
        server.should_exit = server.force_exit = True
        await serving
    spent.sort()
    middle = spent[len(spent) // 2]
    return {
        "tick_ms": round(1000 * middle, 1),
        "viewers": viewers,
        "viewers_per_core": int(viewers / middle),
    }


class _Clockless:
    """The instant of a message does not matter here."""

    @property
    def clock(self) -> "_Clockless":
        return self

    def now(self) -> Any:
        from datetime import UTC, datetime

        return datetime(2026, 6, 1, tzinfo=UTC)


class _Counting(Viewer):
    """Counts what was handed to its socket."""

    def __init__(self, sent: list[int]) -> None:
        super().__init__()
        self._sent = sent

    async def messages(self) -> Any:
        async for message in super().messages():
            yield message
            self._sent[0] += 1


async def _all(sent: list[int], wanted: int) -> None:
    while sent[0] < wanted:  # noqa: ASYNC110  an event for each message would be part of what is measured
        await asyncio.sleep(0.001)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--viewers", type=int, default=1_000)
    asked.add_argument("--agents", type=int, default=100)
    asked.add_argument("--ticks", type=int, default=20)
    options = asked.parse_args()
    result = {
        "agents": options.agents,
        "cores": os.cpu_count(),
        "encode": encode_cost(options.agents, options.ticks),
        "send": asyncio.run(send_cost(options.agents, options.viewers, options.ticks)),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
