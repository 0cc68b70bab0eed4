"""The Asterisk back end. Its far side is a fake that says what a real one was recorded to say.

A real one may be named instead: `OUTDIAL_TEST_ASTERISK=http://user:password@127.0.0.1:8088`. Where its endpoints
`trunk` and `ana` have their contacts, on this machine, carrier and phone of `tests/telephony/scenarios` are started.
"""

import asyncio
import contextlib
import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from outdial.adapters.clock import RandomIds, WallClock
from outdial.adapters.telephony.asterisk.ari import Ari
from outdial.adapters.telephony.asterisk.carrier import AgentPhone, AsteriskCarrier, AsteriskSettings, open_carrier
from outdial.adapters.telephony.asterisk.node import NodeSettings
from outdial.domain.values import PhoneNumber, UserId
from tests.contracts.sip import far_side
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


@dataclass(frozen=True, slots=True)
class AsteriskNetwork:
    """Implements `tests.contracts.stage.Network`. `real` is the server to be asked in place of a fake."""

    real: NodeSettings | None = None

    def play(self, story: Story, *, lines: int = 20) -> None:
        async def main() -> None:
            if self.real is not None:
                await perform(replace(self.real, max_calls=lines))
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


@contextlib.contextmanager
def asterisk_network(folder: Path) -> Iterator[AsteriskNetwork]:
    """A fake for each story, or the real server with a far side of its own."""
    if REAL is None:
        yield AsteriskNetwork()
        return
    parts = urlsplit(REAL)
    url = f"{parts.scheme}://{parts.hostname}:{parts.port}"
    real = NodeSettings("real", url, parts.username or "", parts.password or "")
    carrier, phone = asyncio.run(_contacts(real, "trunk", "ana"))
    with far_side(folder, carrier_at=carrier, phone_at=phone):
        yield AsteriskNetwork(real)


async def _contacts(node: NodeSettings, *names: str) -> list[int]:
    """The ports at which a server looks for whom it calls by these names."""
    ari = Ari(node.url, node.user, node.password, node.application)
    ports = []
    for name in names:
        lines = await ari.ask("GET", f"asterisk/config/dynamic/res_pjsip/aor/{name}")
        contact = next(line["value"] for line in lines if line["attribute"] == "contact")
        host, _, port = contact.removeprefix("sip:").rpartition("@")[2].partition(":")
        assert host == "127.0.0.1", f"{name} is at {host}: nobody can be put there"
        ports.append(int(port or 5060))
    await ari.close()
    return ports
