"""The Asterisk back end. Its far side is a fake that says what a real one was recorded to say.

A real one, with the carrier of `tests/telephony/scenarios` as its endpoint `trunk` and the phone as `ana`, may be named
instead: `OUTDIAL_TEST_ASTERISK=http://user:password@127.0.0.1:8088`.
"""

import asyncio
import itertools
import os
from urllib.parse import urlsplit

from outdial.adapters.clock import RandomIds, WallClock
from outdial.adapters.telephony.asterisk.carrier import AgentPhone, AsteriskCarrier, AsteriskSettings, open_carrier
from outdial.adapters.telephony.asterisk.node import NodeSettings
from outdial.domain.values import PhoneNumber, UserId
from tests.contracts.stage import PATIENCE, Callee, Stage, Story
from tests.telephony.asterisk.fake import fake_asterisk

_FIRST_DIGIT = {
    Callee.PERSON: 8,
    Callee.BRIEF_PERSON: 1,
    Callee.BUSY: 2,
    Callee.NOBODY: 3,
    Callee.UNKNOWN_NUMBER: 4,
    Callee.REJECTS: 5,
    Callee.CONGESTED: 7,
}
REAL = os.environ.get("OUTDIAL_TEST_ASTERISK")


async def connected(carrier: AsteriskCarrier) -> None:
    """Wait until its nodes take calls."""
    async with asyncio.timeout(PATIENCE):
        while any(node.trouble for node in carrier.nodes):  # noqa: ASYNC110 - it tells the log alone
            await asyncio.sleep(0.01)


class AsteriskNetwork:
    """Implements `tests.contracts.stage.Network`."""

    def play(self, story: Story, *, lines: int = 20) -> None:
        async def main() -> None:
            if REAL is not None:
                parts = urlsplit(REAL)
                url = f"{parts.scheme}://{parts.hostname}:{parts.port}"
                await perform(NodeSettings("real", url, parts.username or "", parts.password or "", max_calls=lines))
                return
            async with fake_asterisk() as fake:
                await perform(NodeSettings("fake", fake.url, fake.user, fake.password, max_calls=lines))
                await fake.settled()
                assert fake.channels == {}, "a channel was left"
                assert fake.bridges == {}, "a bridge was left"

        async def perform(node: NodeSettings) -> None:
            async with open_carrier(AsteriskSettings([node], message="sound:vm-intro"), WallClock()) as carrier:
                await connected(carrier)
                ids, numbers = RandomIds(), itertools.count(100)
                agent = UserId(ids.new("user"))
                carrier.phones[agent] = AgentPhone("sip:ana@pbx.example")

                def number(callee: Callee) -> PhoneNumber:
                    return PhoneNumber(f"+{_FIRST_DIGIT[callee]}{next(numbers)}")

                await story(Stage(carrier, WallClock(), ids, number, PhoneNumber("+12025550199"), agent))

        asyncio.run(main())
