"""A small world for stories: one campaign, a few numbers with a known fate, a few agents, virtual time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from outdial import bootstrap
from outdial.adapters.clock import LoopClock, SeededIds
from outdial.adapters.storage.campaigns import extensions_to_json
from outdial.adapters.storage.database import Row, open_database
from outdial.adapters.storage.dialing import DialRows
from outdial.adapters.telephony.simulated.carrier import Fate
from outdial.api.campaign_settings import read_settings
from outdial.api.campaigns import new_campaign
from outdial.app import campaigns, trunks
from outdial.app.campaigns import Changes
from outdial.cli.preparation import Prepared, prepare
from outdial.dialer.campaign_loop import CampaignLoop
from outdial.domain.access import Principal
from outdial.domain.campaigns import CampaignStatus, Extensions
from outdial.domain.outcomes import Outcome
from outdial.domain.values import PhoneNumber
from outdial.ports.dialing import DialStore
from outdial.settings import Settings
from outdial.simulation.shift import VIRTUAL_START, Live, Shift, working
from outdial.simulation.virtual_time import database_gate, run_in_virtual_time
from tests.conftest import HOLIDAYS
from tests.simulation.conftest import a_campaign

HEADER = "First name,Last name,Mobile,Home,Priority"


def number(n: int) -> PhoneNumber:
    """One of a hundred numbers that are kept for fiction."""
    return PhoneNumber(f"+120255501{n:02}")


def answers(after: float = 5.0, *, talk: float = 60.0, patience: float = 30.0, verdict: float = 1.0) -> Fate:
    return Fate(Outcome.CONNECTED, 1.0, after, verdict, patience_seconds=patience, talk_seconds=talk)


MACHINE = Fate(Outcome.MACHINE, 1.0, 4.0, 1.0, says_machine=True, patience_seconds=60.0)
BUSY = Fate(Outcome.BUSY, 1.0, 2.0)
NO_ANSWER = Fate(Outcome.NO_ANSWER, 1.0, 1e9)
INVALID = Fate(Outcome.INVALID_NUMBER, 1.0, 2.0)
CONGESTION = Fate(Outcome.CONGESTION, 1.0, 2.0)


@dataclass
class World:
    """What a story can do and see. Times are seconds since the first call could be made."""

    here: bootstrap.Installation
    store: DialStore
    prepared: Prepared
    clock: LoopClock
    shift: Shift
    live: Live

    @property
    def loop(self) -> CampaignLoop:
        assert self.live.loop is not None, "the campaign's loop has ended"
        return self.live.loop

    async def run_for(self, seconds: float) -> None:
        await self.clock.sleep(seconds)

    async def change(self, changes: Changes) -> None:
        """Through the use case that the API calls, and a hint to the engine as the API gives it."""
        by = Principal(await self.here.account_id(), "test", frozenset())
        campaign_id = str(self.prepared.campaign.id)
        await campaigns.change(campaign_id, [changes], by=by, storage=self.here.storage, clock=self.clock)
        self.live.engine.hint()

    async def set_strategy(self, **members: Any) -> None:
        """Change members of the dialing strategy as a `PUT` of the settings does, with its hint to the engine."""
        await self.set(lambda document: {"dialing_strategy": {**document["dialing_strategy"], **members}})

    async def set(self, changes: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
        """Change what `changes` makes of the settings, as a `PUT` of them does, with its hint to the engine."""
        by = Principal(await self.here.account_id(), "test", frozenset())
        storage, campaign_id = self.here.storage, str(self.prepared.campaign.id)
        _, document = await campaigns.settings_of(campaign_id, by=by, storage=storage)
        sent = {name: value for name, value in document.items() if name != "running"}
        settings = read_settings({**sent, **changes(document)})
        await campaigns.change_settings(
            campaign_id, settings, by=by, storage=storage, clock=self.clock, holidays=HOLIDAYS
        )
        self.live.engine.hint()

    async def rows(self, query: str, *arguments: Any) -> Sequence[Row]:
        async with self.here.database.connection() as connection:
            return list(await connection.fetch(query, *arguments))

    async def do(self, statement: str, *arguments: Any) -> None:
        async with self.here.database.connection() as connection:
            await connection.execute(statement, *arguments)

    async def attempts(self) -> list[tuple[int, str, str | None]]:
        """All attempts in order: the second at which each began, its number's last two digits, its outcome."""
        rows = await self.rows("select started_at, e164, outcome from attempt order by id")
        return [
            (round((row["started_at"] - self.shift.start).total_seconds()), str(row["e164"])[-2:], row["outcome"])
            for row in rows
        ]

    async def reasons(self) -> Mapping[str, int]:
        return (await self.store.results(1)).reasons

    @contextlib.asynccontextmanager
    async def second_engine(self) -> AsyncIterator[Live]:
        """Another engine on the same database: its own agents and carrier, another name."""
        here = self.here
        async with working(
            self.store, self.shift, self.clock, ids=here.ids, holder="second", trunks=here.trunks
        ) as other:
            yield other

    async def drain_trunk(self, drained: bool = True) -> None:
        """Let the only trunk get no calls, or again, as people do; and look at once."""
        account, storage = await self.here.account_id(), self.here.storage
        [trunk] = await trunks.listed(account, storage=storage)
        await (trunks.drain if drained else trunks.resume)(account, str(trunk.id), storage=storage)
        self.live.engine.hint()


Story = Callable[[World], Awaitable[None]]
Tell = Callable[..., None]


@pytest.fixture
def tell(fresh_database: dict[str, Any], tmp_path: Path) -> Tell:
    """Play a story: `fates` are those of number(0), number(1), …, one record each unless `rows` says otherwise.

    With `desks` the agents are people who have to sign in; else the machine plays them and they are there.
    """

    def play(
        story: Story,
        fates: Sequence[Fate],
        *,
        rows: Sequence[str] | None = None,
        agents: int = 1,
        body: dict[str, Any] | None = None,
        store: Callable[[DialStore], DialStore] = lambda real: real,
        before: Callable[[bootstrap.Installation, Prepared], Awaitable[None]] | None = None,
        pacer: str = "progressive",
        desks: bool = False,
        calls_per_second: float | None = None,
        pacer_logs: Path | None = None,
    ) -> None:
        lines = rows or [f"A{n},B,{number(n)},," for n in range(len(fates))]
        path = tmp_path / "list.csv"
        path.write_text("\n".join([HEADER, *lines]) + "\n", "utf-8")

        async def main() -> None:
            clock = LoopClock(asyncio.get_running_loop(), VIRTUAL_START)
            async with open_database(fresh_database, size=1, gate=database_gate) as database:
                here = bootstrap.assemble(
                    Settings(),
                    bootstrap.Server(fresh_database),
                    database,
                    clock=clock,
                    ids=SeededIds(1),
                    uploads=tmp_path,
                )
                await here.access.add_account("default", clock.now())
                ready = await prepare(here, path, new_campaign(body or a_campaign()), agents=agents)
                if before is not None:
                    await before(here, ready)
                users = [] if desks else ready.users
                shift = Shift(
                    users=users,
                    seed=1,
                    start=clock.now(),
                    virtual=True,
                    pacer=pacer,
                    calls_per_second=calls_per_second,
                    pacer_logs=pacer_logs,
                )
                dial_store = store(DialRows(database))
                async with (
                    here.desk.open(),
                    working(dial_store, shift, clock, ids=here.ids, trunks=here.trunks) as live,
                ):
                    here.desk.serve(live.engine)
                    live.carrier.script.update({number(n): fate for n, fate in enumerate(fates)})
                    await story(World(here, dial_store, ready, clock, shift, live))

        run_in_virtual_time(main())

    return play


def extended(extensions: Extensions) -> Callable[[bootstrap.Installation, Prepared], Awaitable[None]]:
    """Before the story begins: give the campaign what the compatible API does not know."""

    async def change(here: bootstrap.Installation, prepared: Prepared) -> None:
        async with here.database.connection() as connection:
            await connection.execute("update campaign set extensions = $1", extensions_to_json(extensions))

    return change


def at(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


async def paused(world: World) -> None:
    await world.change(Changes(status=CampaignStatus.PAUSED))
