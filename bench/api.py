"""How much the API costs: hot routes beside a bare Starlette route that returns the same bytes, in the same run.

One process, held to one core where the system allows it, serves both from one event loop; the database and the client
that asks have the rest of the machine. The two are asked in turns, so that whatever else the machine does meets
both. Said are ratios of time for a request, and for the bulk the records a second; neither means much between machines.
On a busy machine most of the time is waiting for a core, and ours waits more often, since it asks the database: there
the ratio of the processor time that the serving process used (Linux tells it) says more.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from outdial import bootstrap
from outdial.adapters.clock import WallClock
from outdial.app.access import create_client
from outdial.cli.up import address_of, listening
from outdial.domain.access import DEFAULT_ACCOUNT, Scope

IN_BULK = 100
IN_LIST = 50
CAMPAIGN = json.loads((Path(__file__).parents[1] / "examples/demo.campaign.json").read_text("utf-8"))
# Numbers of a range that is kept for fiction; each bulk goes into a list of its own, so that none is there before.
PEOPLE = [
    {
        "first_name": "Ada",
        "last_name": f"Okafor {place}",
        "phone_numbers": [{"phone_number": f"+120255501{place:02}", "phone_type": "MOBILE"}],
        "external_provider": "crm",
        "external_id": f"K-{place}",
        "extra_data": {"plan": "gold"},
    }
    for place in range(IN_BULK)
]


@dataclass(frozen=True)
class Asked:
    """What one kind of request costs: microseconds for each, with so many connections asking.

    Args:
        cpu_ours, cpu_bare: of them, those in which the serving process worked; 0 where the system does not tell.
    """

    name: str
    ours: float
    bare: float
    cpu_ours: float
    cpu_bare: float
    per_request: int

    @property
    def ratio(self) -> float:
        return self.ours / self.bare

    @property
    def cpu_ratio(self) -> float | None:
        return self.cpu_ours / self.cpu_bare if self.cpu_bare else None

    @property
    def per_second(self) -> float:
        """Records (or answers, where a request is about one thing) a second."""
        return 1e6 * self.per_request / self.ours


# The server ----------------------------------------------------------------------------------------------------------


def bare_app(answers: dict[str, tuple[int, str, bytes]]) -> Starlette:
    """Routes that read what they are sent and answer with fixed bytes."""

    def route(name: str) -> Route:
        status, content_type, content = answers[name]

        async def answer(request: Request) -> Response:
            await request.body()
            return Response(content, status, media_type=content_type)

        return Route(f"/{name}", answer, methods=["GET", "POST"])

    return Starlette(routes=[route(name) for name in answers])


class _Server(uvicorn.Server):
    """Uvicorn that leaves signals alone: two of them share a process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def serving(app: Any) -> AsyncIterator[str]:
    """The address at which an application answers."""
    with listening("127.0.0.1", 0, exact=True) as listener:
        server = _Server(uvicorn.Config(app, log_config=None, access_log=False, server_header=False))
        task = asyncio.create_task(server.serve([listener]))
        yield address_of(listener)
        server.should_exit = True
        await task


async def serve(settings: Any, database: bootstrap.Server, lists: int) -> None:
    """Say on stdout where both answer and what to ask; end when stdin does."""
    async with bootstrap.open_installation(settings, database) as here, serving(bootstrap.http_app(here)) as address:
        made = await create_client(
            DEFAULT_ACCOUNT, name="bench", scopes=tuple(Scope), access=here.access, clock=here.wall_clock
        )
        token = await here.tokens.issue(made.client, made.client.scopes)
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=address, headers=headers, timeout=60) as api:
            campaigns = [(await api.post("/campaigns", json=CAMPAIGN)).json()["id"] for _ in range(IN_LIST)]
            ids = [(await api.post("/record-lists", json={"name": f"L {n}"})).json()["id"] for n in range(lists)]
            sample = (await api.post("/record-lists", json={"name": "Sample"})).json()["id"]
            seen = {
                "campaign": await api.get(f"/campaigns/{campaigns[0]}"),
                "campaigns": await api.get(f"/campaigns?per_page={IN_LIST}"),
                "create": await api.post("/campaigns", json=CAMPAIGN),
                "bulk": await api.post(f"/record-lists/{sample}/records/bulks", json={"records": PEOPLE}),
            }
        assert seen["bulk"].json()["total_created"] == IN_BULK, seen["bulk"].text
        bare = bare_app({name: (a.status_code, a.headers["content-type"], a.content) for name, a in seen.items()})
        async with serving(bare) as bare_address:
            said = {
                "pid": os.getpid(),
                "ours": address,
                "bare": bare_address,
                "token": token,
                "campaign": campaigns[0],
                "lists": ids,
            }
            print(json.dumps(said), flush=True)
            await asyncio.to_thread(sys.stdin.read)


def child(lists: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = bootstrap.read_settings(home=Path(folder), log_level="error")
        with bootstrap.throwaway_server(settings) as database:
            # Only now: the database is not to be held to this core.
            if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
                os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
            runner = asyncio.Runner(loop_factory=uvicorn.Config("", log_config=None).get_loop_factory())
            with runner:
                runner.run(serve(settings, database, lists))


# The client ----------------------------------------------------------------------------------------------------------

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


def encoded(method: str, path: str, token: str, body: object = None) -> bytes:
    """A request as it goes over the wire: encoded once, so that the client is not what is measured."""
    content = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n"
    if content:
        head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
    return f"{head}\r\n".encode() + content


async def ask(address: str, requests: Iterator[bytes]) -> None:
    """Send requests over one connection, each when the one before it is answered."""
    host, _, port = address.rpartition("/")[2].partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    for request in requests:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        body = await reader.readexactly(int(length[1])) if length else b""
        if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")):
            raise RuntimeError(f"{head.splitlines()[0]!r}: {body[:500]!r}")
    writer.close()
    await writer.wait_closed()


async def microseconds(address: str, requests: Sequence[bytes], connections: int, pid: int) -> tuple[float, float]:
    """For each request, when so many connections share them: by the clock, and of the server's processor time."""
    clock, waiting = WallClock(), iter(requests)
    began, worked = clock.monotonic(), worked_by(pid)
    await asyncio.gather(*(ask(address, waiting) for _ in range(connections)))
    return (
        1e6 * (clock.monotonic() - began) / len(requests),
        (worked_by(pid) - worked) / 1e3 / len(requests),
    )


def worked_by(pid: int) -> int:
    """Nanoseconds for which the main thread of a process has had a core; 0 where the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
    except OSError:
        return 0


async def measure(said: dict[str, Any], rounds: int, count: int, bulks: int, connections: int) -> list[Asked]:
    """Ask for everything in turns; of several rounds the median counts."""
    token, lists = said["token"], iter(said["lists"])

    def bulk(bare: bool) -> list[bytes]:
        body = {"records": PEOPLE}
        paths = ["/bulk"] * bulks if bare else [f"/record-lists/{next(lists)}/records/bulks" for _ in range(bulks)]
        return [encoded("POST", path, token, body) for path in paths]

    def same(method: str, path: str, body: object = None) -> list[bytes]:
        return [encoded(method, path, token, body)] * count

    kinds: list[tuple[str, Any, Any, int]] = [
        (
            "GET a campaign",
            lambda: same("GET", f"/campaigns/{said['campaign']}"),
            lambda: same("GET", "/campaign"),
            1,
        ),
        (
            f"GET a list of {IN_LIST}",
            lambda: same("GET", f"/campaigns?per_page={IN_LIST}"),
            lambda: same("GET", "/campaigns"),
            1,
        ),
        ("POST a campaign", lambda: same("POST", "/campaigns", CAMPAIGN), lambda: same("POST", "/create", CAMPAIGN), 1),
        (f"POST {IN_BULK} records", lambda: bulk(False), lambda: bulk(True), IN_BULK),
    ]
    results = []
    for name, ours, bare, each in kinds:
        times: dict[str, list[tuple[float, float]]] = {"ours": [], "bare": []}
        # The first round warms up: plans, caches, the allocator.
        for number in range(rounds + 1):
            for who, requests in (("ours", ours()), ("bare", bare())):
                spent = await microseconds(said[who], requests, connections, said["pid"])
                if number:
                    times[who].append(spent)
        (ours_at, bare_at), (ours_cpu, bare_cpu) = (
            [median(one[part] for one in times[who]) for who in ("ours", "bare")] for part in (0, 1)
        )
        results.append(Asked(name, ours_at, bare_at, ours_cpu, bare_cpu, each))
        print(f"{name}: {results[-1].ratio:.1f}", file=sys.stderr, flush=True)
    return results


def markdown(results: Sequence[Asked]) -> str:
    lines = [
        "| request | ours / bare | processor time, ours / bare | µs, ours | µs, bare | |",
        "|---|---|---|---|---|---|",
    ]
    for one in results:
        unit = "records" if one.per_request > 1 else "requests"
        cpu = "-" if one.cpu_ratio is None else f"{one.cpu_ratio:.1f} ({one.cpu_ours:.0f} µs / {one.cpu_bare:.0f} µs)"
        lines.append(
            f"| {one.name} | {one.ratio:.1f} | {cpu} | {one.ours:.0f} | {one.bare:.0f} "
            f"| {one.per_second:,.0f} {unit}/s |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Start the server, ask, print the table, write both files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("build/bench"), help="folder for api.json and api.md")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each kind; their median counts")
    parser.add_argument("--count", type=int, default=1000, help="requests in a round")
    parser.add_argument("--bulks", type=int, default=40, help="bulks in a round")
    parser.add_argument("--connections", type=int, default=8, help="connections that ask at a time")
    parser.add_argument("--serve", type=int, metavar="LISTS", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve is not None:
        child(options.serve)
        return
    lists = (options.rounds + 1) * options.bulks
    command = [sys.executable, __file__, "--serve", str(lists)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603
        assert server.stdin is not None and server.stdout is not None
        line = server.stdout.readline()
        if not line:
            sys.exit("the server did not start")
        results = asyncio.run(
            measure(json.loads(line), options.rounds, options.count, options.bulks, options.connections)
        )
        server.stdin.close()
    options.out.mkdir(parents=True, exist_ok=True)
    found = [
        asdict(one) | {"ratio": one.ratio, "cpu_ratio": one.cpu_ratio, "per_second": one.per_second} for one in results
    ]
    (options.out / "api.json").write_text(json.dumps({"schema_version": 1, "results": found}, indent=1) + "\n", "utf-8")
    table = markdown(results)
    (options.out / "api.md").write_text(table, "utf-8")
    print(table, end="")


if __name__ == "__main__":
    main()
