"""Agents' phones in a running installation: called when their agents sit down, hung up when they go home."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from outdial import bootstrap
from outdial.adapters.clock import RandomIds, WallClock
from outdial.adapters.media.sounds import tone
from outdial.adapters.storage.database import Database
from outdial.adapters.storage.unit_of_work import SqlStorage
from outdial.adapters.telephony.sip.carrier import SipSettings, open_carrier
from outdial.adapters.telephony.sip.trunks import TrunkSettings
from outdial.app import phone_agents, users
from outdial.dialer.agent_pool import AgentPool
from outdial.domain.access import Principal
from outdial.domain.agents import AgentState
from outdial.domain.phone_agents import PhoneMode
from outdial.domain.values import AccountId, UserId
from tests.contracts.stage import PATIENCE
from tests.telephony.sipp import SCENARIOS, needs_sipp, sipp


async def an_agent_with_a_phone(database: Database, address: str) -> UserId:
    clock, ids = WallClock(), RandomIds()
    async with database.connection() as connection:
        account = AccountId(
            await connection.fetchval("insert into account (name, created_at) values ('default', now()) returning id")
        )
    storage = SqlStorage(database, clock)
    [user] = await users.ensure_simulated(account, 1, storage=storage, clock=clock, ids=ids)
    by = Principal(account, "test", frozenset())
    await phone_agents.create(
        user_id=str(user.id), address=address, mode=PhoneMode.NAILED_UP, by=by, storage=storage, clock=clock, ids=ids
    )
    return user.id


@needs_sipp
async def test_a_nailed_up_phone_is_up_while_its_agent_is_signed_in(database: Database, tmp_path: Path) -> None:
    (tmp_path / "voice.ul").write_bytes(tone(400.0, seconds=1.0))
    clock = WallClock()
    pool = AgentPool(clock)
    with sipp(tmp_path, scenario=SCENARIOS / "agent.xml", calls=None) as peer:
        agent = await an_agent_with_a_phone(database, f"sip:ana@127.0.0.1:{peer.port}")
        settings = SipSettings([TrunkSettings("a", "127.0.0.1", 9, ping_seconds=0)])
        here, live = cast(Any, SimpleNamespace(database=database)), cast(Any, SimpleNamespace(pool=pool))
        async with open_carrier(settings, clock) as carrier, bootstrap.phones_of(here, live, carrier):

            async def until(states: dict[UserId, str]) -> None:
                async with asyncio.timeout(PATIENCE):
                    while carrier.phones.states() != states:  # noqa: ASYNC110
                        await asyncio.sleep(0.02)

            pool.sign_in(agent)
            await until({agent: "up"})
            pool.leave(agent, AgentState.SIGNED_OUT)
            await until({})
