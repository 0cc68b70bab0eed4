"""A user agent of ours on the loopback, and what it hears."""

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

import pytest

from outdial.adapters.telephony.sip.dialogs import Invitation, LegEvent, OutgoingLeg
from outdial.adapters.telephony.sip.digest import Credentials
from outdial.adapters.telephony.sip.sdp import BOTH, describe
from outdial.adapters.telephony.sip.transactions import Timers
from outdial.adapters.telephony.sip.user_agent import UserAgent
from tests.telephony.sipp import Sipp

PATIENCE = 10.0
OFFER = describe("127.0.0.1", 40_000, codecs=BOTH, session=1)

Kind = TypeVar("Kind", bound=LegEvent)


class Phone:
    """Calls people, and remembers what it heard."""

    def __init__(self, agent: UserAgent) -> None:
        self.agent = agent
        self.heard: list[LegEvent] = []
        self.gone = asyncio.Event()
        self._news = asyncio.Event()

    def call(
        self, peer: Sipp, number: str = "+12025550142", *, credentials: Credentials | None = None, **more: float
    ) -> OutgoingLeg:
        return self.call_address(peer.address, number, credentials=credentials, **more)

    def call_address(
        self,
        to: tuple[str, int],
        number: str = "+12025550142",
        *,
        credentials: Credentials | None = None,
        **more: float,
    ) -> OutgoingLeg:
        host = f"{to[0]}:{to[1]}"
        from_uri = f"sip:+12025550199@127.0.0.1:{self.agent.endpoint.address[1]}"
        invitation = Invitation(f"sip:{number}@{host}", to, from_uri, credentials=credentials, **more)  # type: ignore[arg-type]
        return self.agent.invite(
            invitation, OFFER, self._hear, gone=lambda leg: self.gone.set(), answer=lambda offer: OFFER
        )

    def _hear(self, leg: OutgoingLeg, event: LegEvent) -> None:
        self.heard.append(event)
        self._news.set()

    async def hears(self, kind: type[Kind], nth: int = 1) -> Kind:
        """Wait for the nth event of a kind."""
        async with asyncio.timeout(PATIENCE):
            while True:
                found = [event for event in self.heard if isinstance(event, kind)]
                if len(found) >= nth:
                    return found[nth - 1]
                self._news.clear()
                await self._news.wait()

    async def is_gone(self) -> None:
        """Wait until the network knows nothing of the call any more."""
        async with asyncio.timeout(PATIENCE):
            await self.gone.wait()
        assert self.agent.legs == 0


@pytest.fixture
async def phone() -> AsyncIterator[Phone]:
    """With a transport that gives up after two seconds instead of 32."""
    agent = await UserAgent.open("127.0.0.1", 0, timers=Timers(t1=0.2, t2=0.4, give_up=2.0))
    yield Phone(agent)
    agent.close()
