"""People ask not to be called while a campaign dials at full speed: after the answer nobody calls them any more."""

import asyncio
import os
from pathlib import Path
from random import Random
from typing import Any

import pytest

from outdial import bootstrap
from outdial.adapters.clock import LoopClock, RandomIds
from outdial.adapters.storage.database import open_database
from outdial.adapters.storage.dialing import DialRows
from outdial.adapters.telephony.simulated.carrier import World
from outdial.api.campaigns import new_campaign
from outdial.app import campaigns, dnc
from outdial.app.campaigns import Named
from outdial.cli.preparation import prepare
from outdial.domain.access import Principal
from outdial.domain.values import PhoneNumber, number_from_int
from outdial.ports.campaigns import Part
from outdial.ports.carrier import NewCall
from outdial.settings import Settings
from outdial.simulation.shift import VIRTUAL_START, Shift, working
from tests.builders.lists import make_list
from tests.simulation.conftest import a_campaign

LONG = bool(os.environ.get("OUTDIAL_TEST_LONG"))
SEEDS = range(5 if LONG else 1)
RECORDS, INSERTS, AGENTS, INSERTING = (3_000, 1_000, 80, 4) if LONG else (600, 200, 60, 4)
ALWAYS_BUSY = World(person=0, machine=0, busy=1, rejected=0, congestion=0, invalid=0, setup_seconds=0.3)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_call_starts_after_the_answer_to_an_insert(
    fresh_database: dict[str, Any], tmp_path: Path, seed: int
) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(make_list(RECORDS, seed, bad=0, duplicates=0).csv_bytes)
    answered: set[PhoneNumber] = set()
    dialed: list[PhoneNumber] = []
    too_late: list[PhoneNumber] = []

    async def main() -> None:
        clock = LoopClock(asyncio.get_running_loop(), VIRTUAL_START)
        server = bootstrap.Server(fresh_database)
        # Two ends of the same database: the engine's, and that of a node that takes the inserts.
        async with (
            open_database(fresh_database, size=4) as ours,
            open_database(fresh_database, size=8) as theirs,
        ):
            here = bootstrap.assemble(Settings(), server, ours, clock=clock, ids=RandomIds(), uploads=tmp_path)
            node = bootstrap.assemble(Settings(), server, theirs, clock=clock, ids=RandomIds(), uploads=tmp_path)
            await here.access.add_account("default", clock.now())
            ready = await prepare(here, path, new_campaign(a_campaign(retry_period=1)), agents=AGENTS)
            by = Principal(await node.account_id(), "test", frozenset())
            opt_outs, _ = await dnc.create(
                name="Opt-outs", by=by, storage=node.storage, clock=clock, ids=node.ids, files=node.uploads
            )
            await campaigns.assign(
                str(ready.campaign.id),
                Part.DNC_LISTS,
                [Named("0", id=str(opt_outs.id))],
                by=by,
                storage=node.storage,
                clock=clock,
            )
            async with theirs.connection() as connection:
                rows = await connection.fetch("select distinct e164 from record_phone order by 1")
            numbers = Random(f"storm:{seed}").sample([number_from_int(row["e164"]) for row in rows], INSERTS)

            rang = asyncio.Condition()

            async def more_calls(wanted: int) -> None:
                async with rang:
                    now = len(dialed)
                    await rang.wait_for(lambda: len(dialed) >= now + wanted)

            async def insert(mine: list[PhoneNumber]) -> None:
                for number in mine:
                    await more_calls(1)
                    await dnc.put_entry(
                        str(opt_outs.id),
                        number=number,
                        expires_on=None,
                        reason=None,
                        by=by,
                        storage=node.storage,
                        clock=clock,
                        ids=node.ids,
                    )
                    answered.add(number)

            shift = Shift(
                users=ready.users,
                seed=seed,
                start=clock.now(),
                world=ALWAYS_BUSY,
                pacer="progressive",
                strict_priority=False,
            )
            async with working(DialRows(ours), shift, clock, ids=here.ids) as live:
                place = live.carrier.originate

                async def watched(call: NewCall) -> None:
                    dialed.append(call.number)
                    if call.number in answered:
                        too_late.append(call.number)
                    await place(call)
                    async with rang:
                        rang.notify_all()

                live.carrier.originate = watched  # type: ignore[method-assign]
                await asyncio.gather(*(insert(numbers[start::INSERTING]) for start in range(INSERTING)))
                at_last_answer = len(dialed)
                await more_calls(AGENTS)
            async with theirs.connection() as connection:
                blocked = await connection.fetchval(
                    "select count(*) from dial_item where reason = 'on_dnc_list' or position > 0"
                )
        assert too_late == []
        assert len(answered) == INSERTS
        # Else the storm would show nothing: calls went on all the while, to listed numbers before their turn, too.
        assert at_last_answer > AGENTS
        assert set(dialed) & answered
        assert blocked

    asyncio.run(main())
