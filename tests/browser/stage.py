"""A whole server on a thread of its own whose network, agents and clock a test directs.

The demo shows Outdial at work by chance; here a test says what happens: how each call goes, who works, when it is.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

import uvicorn
from fastapi import FastAPI

from outdial import bootstrap
from outdial.adapters.clock import LoopClock
from outdial.adapters.storage.dialing import DialRows
from outdial.adapters.telephony.simulated.carrier import Fate
from outdial.app import logins
from outdial.app.access import create_account
from outdial.cli.up import address_of, listening
from outdial.domain.outcomes import Outcome
from outdial.domain.values import PhoneNumber, UserId
from outdial.simulation.agents import SimulatedAgents
from outdial.simulation.shift import Live, Shift, begin, stopped_at_the_end
from tests.api.conftest import a_campaign, a_strategy
from tests.browser.console import PATIENCE, Account, Demo, enter

T = TypeVar("T")

MONDAY_NOON: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)
ALL_WEEK: Final = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]


class StageLoop(asyncio.SelectorEventLoop):
    """Its time runs as fast as the wall's, and jumps when a test says so: what waits for a time in between is due."""

    def __init__(self) -> None:
        super().__init__()
        self._jumped = 0.0

    def time(self) -> float:
        return super().time() + self._jumped

    def jump(self, seconds: float) -> None:
        self._jumped += seconds


class Http:
    """The HTTP server of a stage: it can be killed, and come back at the same address."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.address = ""
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None
        self._listening = contextlib.ExitStack()

    async def start(self) -> None:
        port = int(self.address.rpartition(":")[2] or 0)
        listener = self._listening.enter_context(listening("127.0.0.1", port, exact=True))
        self.address = address_of(listener)
        # Nothing is finished first: a page's socket breaks as it does when a process is killed.
        config = uvicorn.Config(self.app, log_config=None, ws="websockets-sansio", lifespan="off")
        self._server = uvicorn.Server(config)
        self._server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]
        self._task = asyncio.create_task(self._server.serve([listener]))

    async def kill(self) -> None:
        if self._server is None or self._task is None:
            return
        self._server.should_exit = self._server.force_exit = True
        await self._task
        self._listening.close()
        self._server = self._task = None


class Stage:
    """See the module. Everything of the server's runs on its loop: a test reaches it by `run`."""

    def __init__(self, loop: StageLoop, here: bootstrap.Installation, live: Live, http: Http) -> None:
        self._loop, self.here, self.live, self.http = loop, here, live, http
        self.demo: Demo
        self._machine = SimulatedAgents(live.pool, here.clock, seed=1)
        self._numbers = iter(range(100, 10_000))

    def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do something on the server's loop, and wait for it."""
        done: Future[T] = asyncio.run_coroutine_threadsafe(work(), self._loop)
        return done.result(PATIENCE)

    @contextlib.contextmanager
    def beside(self, work: AbstractAsyncContextManager[T]) -> Iterator[T]:
        """Something that runs on the server's loop while the block does."""
        opened = self.run(work.__aenter__)
        try:
            yield opened
        finally:
            self.run(lambda: work.__aexit__(None, None, None))

    @property
    def admin(self) -> Account:
        return self.demo.admin

    def jump(self, **by: float) -> None:
        """It is later, at once, by what a `timedelta` is made of; whatever became due happens."""
        self._loop.call_soon_threadsafe(self._loop.jump, timedelta(**by).total_seconds())

    def be_it(self, at: str) -> None:
        """It is this instant, or a later one."""
        self.jump(seconds=max(0.0, (datetime.fromisoformat(at) - self.here.clock.now()).total_seconds()))

    def works(self, *users: str) -> None:
        """These users sit at a desk from now on, ready for calls; the machine plays them."""

        async def sit_down() -> None:
            known = [UserId(UUID(user)) for user in users]
            self.here.desk.adopt(await self.here.account_id(), known)
            self._machine.sign_in(known)

        self.run(sit_down)

    def script(self, number: str, fate: Fate) -> None:
        """Say how calls to a number go from now on."""
        self.live.carrier.script[PhoneNumber(number)] = fate

    def number(self) -> str:
        """One that nobody has, out of a range for fiction."""
        return f"+1202555{next(self._numbers):04}"

    def sql(self, statement: str, *values: Any) -> None:
        """Write what took place before the story begins."""

        async def execute() -> None:
            async with self.here.database.connection() as connection:
                await connection.execute(statement, *values)

        self.run(execute)

    def campaign(self, name: str, *, users: list[str] | None = None, numbers: int = 1, **changes: Any) -> "OnStage":
        """A campaign that lacks nothing: its strategy is that of the API's tests, open all week, with changes."""
        always = {"calling_hours": [{"from": "00:00:00", "to": "00:00:00", "week_days": ALL_WEEK}]}
        strategy = a_strategy(**always | changes.pop("strategy", {}))
        made = self.admin.send("POST", "/campaigns", a_campaign(name=name, dialing_strategy=strategy, **changes))
        listed = self.admin.send("POST", "/record-lists", {"name": f"List of {name}"})["id"]
        caller = self.admin.get("/v1/numbers")["_embedded"]["numbers"]
        caller_id = (caller or [self.admin.send("POST", "/v1/numbers", {"phone_number": "+12025550199"})])[0]["id"]
        phones = [self.number() for _ in range(numbers)]
        for place, phone in enumerate(phones):
            self.admin.send(
                "POST",
                f"/record-lists/{listed}/records",
                {
                    "first_name": "Bea",
                    "last_name": f"Berg {place + 1}",
                    "timezone": "Europe/Lisbon",
                    "phone_numbers": [{"phone_number": phone, "phone_type": "MOBILE"}],
                },
            )
        for kind, ids in (("record-lists", [listed]), ("numbers", [caller_id]), ("users", users or [self._nobody()])):
            self.admin.send("POST", f"/campaigns/{made['id']}/{kind}", [{"id": one} for one in ids])
        return OnStage(self, made["id"], phones)

    def _nobody(self) -> str:
        """A user who never signs in."""
        return str(self.admin.send("POST", "/v1/users", {"name": "Never there"})["id"])

    def newcomer(self, name: str) -> Account:
        """The first administrator of an account that has nothing yet, in by a one-time link."""

        async def link() -> str:
            here = self.here
            account = await create_account(name, access=here.access, clock=here.wall_clock)
            made = await logins.make_link(
                account.id, None, storage=here.storage, logins=here.logins, clock=here.wall_clock
            )
            return made.word

        return enter(self.http.address, self.run(link), name="First", email=f"first@{name}.example.com")

    def _email(self, name: str) -> str:
        return f"{name.lower()}-{next(self._numbers)}@example.com"

    def agent(self, name: str) -> tuple[str, Account]:
        """Somebody of the role agent, with a password."""
        user = self.admin.send("POST", "/v1/users", {"name": name, "email": self._email(name)})["id"]
        self.admin.send("PUT", f"/v1/users/{user}/role", {"role": "agent"})
        link = self.admin.send("POST", f"/v1/users/{user}/password-link")["href"]
        return user, enter(self.http.address, link.rpartition("#")[2])


class OnStage:
    """A campaign of a stage."""

    def __init__(self, stage: Stage, campaign_id: str, phones: list[str]) -> None:
        self._stage, self.id, self.phones = stage, campaign_id, phones

    def status(self, status: str) -> None:
        body = {"op": "REPLACE", "path": "status", "value": status}
        self._stage.admin.send("PATCH", f"/campaigns/{self.id}", body)

    def start(self) -> None:
        self.status("RUNNING")


LONG_TALK: Final = Fate(Outcome.CONNECTED, 0.05, 0.1, 0.05, patience_seconds=600.0, talk_seconds=36_000.0)
"""Answers at once, and talks until the agent hangs up."""
BUSY: Final = Fate(Outcome.BUSY, 0.05, 0.1)


@contextlib.contextmanager
def running_stage(**given: object) -> Iterator[Stage]:
    """A stage with its own throw-away database; nothing of it stays. `given` are settings."""
    settings = bootstrap.read_settings(port=0, **given)
    begun: Future[tuple[Stage, str]] = Future()
    over: list[Callable[[], object]] = []

    async def play(server: bootstrap.Server) -> None:
        loop, end = asyncio.get_running_loop(), asyncio.Event()
        assert isinstance(loop, StageLoop)
        over.append(lambda: loop.call_soon_threadsafe(end.set))
        clock = LoopClock(loop, MONDAY_NOON)
        async with bootstrap.open_installation(settings, server, clock=clock) as here:
            # Where time jumps, an ownership must outlive the jump.
            shift = Shift(users=[], seed=1, start=clock.now(), lease_seconds=timedelta(days=365).total_seconds())
            live = begin(DialRows(here.database), shift, clock, ids=here.ids)
            async with stopped_at_the_end(live), bootstrap.hints_for(here, live):
                app = bootstrap.http_app(here)
                async with app.router.lifespan_context(app):
                    http = Http(app)
                    await http.start()
                    link = await bootstrap.demo_link(here, http.address)
                    begun.set_result((Stage(loop, here, live, http), link.rpartition("#")[2]))
                    await end.wait()
                    await http.kill()

    def act() -> None:
        try:
            with bootstrap.throwaway_server(settings) as server, asyncio.Runner(loop_factory=StageLoop) as runner:
                runner.run(play(server))
        except BaseException as failed:
            if not begun.done():
                begun.set_exception(failed)
            raise

    thread = threading.Thread(target=act, name="stage")
    thread.start()
    try:
        stage, token = begun.result(PATIENCE)
        stage.demo = Demo(stage.http.address, enter(stage.http.address, token))
        yield stage
    finally:
        for end in over:
            end()
        thread.join(PATIENCE)
