"""What a busy dashboard costs its browser: script for each tick, the page's memory, and the time until it can be used.

    make bench-console ARGS="--agents 500 --campaigns 20 --ticks 120"

The console in Chromium, against the real server of a browser test's stage. What its stream says is made up, as in
`make bench-stream`: a campaign of so many agents with a full series, and a list of so many campaigns, anew each second.
Script is what Chromium's own profiler counts for the page (scripting, layout and style apart), in processor time of its
main thread; memory is the heap after a forced collection. The time until it can be used is wall time of a machine that
does other things too. Figures are told, not asserted.
"""

import argparse
import json
import time
from statistics import median
from typing import Any

from bench.stream import Campaign
from playwright.sync_api import CDPSession, WebSocketRoute, sync_playwright
from tests.browser.console import chromium, context_of, open_page
from tests.browser.stage import running_stage

from outdial.domain.merge_patch import difference

TICK_MS = 1_000
FIRST_TICKS = 5
"""Not counted: the page is still being put together."""


def measured(agents: int, campaigns: int, ticks: int) -> dict[str, float]:
    with running_stage() as stage, sync_playwright() as playwright:
        campaign_id = stage.campaign("Busy").id
        made_up = Made(agents, campaigns, campaign_id)
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        with context_of(browser, stage.demo, stage.admin) as context:
            page = open_page(context, "callbacks")
            page.locator("h1").wait_for()
            page.route_web_socket("**/v1/console/stream", made_up.join)
            began = time.perf_counter()
            page.goto(f"campaigns/{campaign_id}/live")
            page.locator("[data-figure=in-flight]").wait_for()
            usable = time.perf_counter() - began
            session = context.new_cdp_session(page)
            session.send("Performance.enable", {"timeDomain": "threadTicks"})
            spent: list[dict[str, float]] = []
            heap = [_heap(session)]
            before = _counters(session)
            for tick in range(ticks):
                made_up.tick()
                page.wait_for_timeout(TICK_MS)
                after = _counters(session)
                if tick >= FIRST_TICKS:
                    spent.append({name: 1000 * (after[name] - before[name]) for name in after})
                before = after
            heap.append(_heap(session))
        browser.close()
    return {
        "usable_after_s": round(usable, 2),
        "script_ms_per_tick": round(median(one["ScriptDuration"] for one in spent), 1),
        "layout_and_style_ms_per_tick": round(
            median(one["LayoutDuration"] + one["RecalcStyleDuration"] for one in spent), 1
        ),
        "heap_mb_at_first": round(heap[0], 1),
        "heap_mb_at_last": round(heap[1], 1),
        "heap_growth_mb": round(heap[1] - heap[0], 1),
        "ticks": len(spent),
    }


class Made:
    """A stream whose documents are made up: the whole of them to whoever asks, then what changed."""

    def __init__(self, agents: int, campaigns: int, campaign_id: str) -> None:
        self._campaign, self._id = Campaign(agents), campaign_id
        self._sockets: list[WebSocketRoute] = []
        self._seq = 1
        row = {"status": "RUNNING", "mode": "PREDICTIVE", "priority": 5, "reason": "dialing", "activity": "dialing"}
        self._rows = {str(n): {"id": str(n), "name": f"Campaign {n}", **row} for n in range(campaigns)}
        self._documents = {f"campaign:{campaign_id}": self._live(), "campaigns": self._listed()}

    def join(self, socket: WebSocketRoute) -> None:
        self._sockets.append(socket)
        socket.on_message(lambda said: self._answer(socket, json.loads(said)))

    def _answer(self, socket: WebSocketRoute, asked: dict[str, Any]) -> None:
        if asked["op"] == "sub" and (document := self._documents.get(asked["topic"])) is not None:
            socket.send(self._written("snapshot", asked["topic"], data=document))

    def tick(self) -> None:
        self._seq += 1
        for topic, document in ((f"campaign:{self._id}", self._live()), ("campaigns", self._listed())):
            patch = difference(self._documents[topic], document)
            self._documents[topic] = document
            for socket in self._sockets:
                socket.send(self._written("delta", topic, patch=patch))

    def _written(self, op: str, topic: str, **more: Any) -> str:
        ts = f"2026-06-01T10:{self._seq // 60 % 60:02d}:{self._seq % 60:02d}.000Z"
        return json.dumps({"op": op, "topic": topic, "seq": self._seq, "ts": ts, **more})

    def _live(self) -> dict[str, Any]:
        document = self._campaign.tick()
        people = {key: {"user_id": key, **person} for key, person in document["people"].items()}
        states: dict[str, int] = {}
        for person in people.values():
            states[person["state"]] = states.get(person["state"], 0) + 1
        calls = {"detecting": 0, "waiting": 1, **document["calls"]}
        return {
            **document,
            "campaign": {**document["campaign"], "id": self._id, "mode": "PREDICTIVE", "priority": 5},
            "activity": {"activity": "dialing", "reason": "dialing"},
            "calls": calls,
            "people": people,
            "agents": {"total": len(people), "states": states, "occupancy": 0.8},
            "pacing": {"ratio": 1.4, "limit": 2.0},
            "abandonment": {"rate": 0.02, "abandoned": 4, "live": 200, "cap": 0.03, "days": 30, "enough": True},
        }

    def _listed(self) -> dict[str, Any]:
        calls = self._seq % 40
        return {"campaigns": {key: {**row, "calls": calls, "agents": 25} for key, row in self._rows.items()}}


def _counters(session: CDPSession) -> dict[str, float]:
    """Seconds so far."""
    wanted = ("ScriptDuration", "LayoutDuration", "RecalcStyleDuration")
    found = session.send("Performance.getMetrics")["metrics"]
    return {one["name"]: one["value"] for one in found if one["name"] in wanted}


def _heap(session: CDPSession) -> float:
    """Megabytes that are in use after a collection."""
    session.send("HeapProfiler.collectGarbage")
    used: float = session.send("Runtime.getHeapUsage")["usedSize"]
    return used / 1e6


def main() -> None:
    read = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    read.add_argument("--agents", type=int, default=500)
    read.add_argument("--campaigns", type=int, default=20)
    read.add_argument("--ticks", type=int, default=120, help="seconds that are looked at; 600 for the memory's sake")
    asked = read.parse_args()
    print(json.dumps(measured(asked.agents, asked.campaigns, asked.ticks), indent=2))


if __name__ == "__main__":
    main()
