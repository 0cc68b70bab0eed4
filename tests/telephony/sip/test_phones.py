"""Sound both ways through phones that are not ours: a tone is sent at one end and measured at the other."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from outdial.adapters.clock import RandomIds, WallClock
from outdial.adapters.telephony.sip.carrier import SipSettings, open_carrier
from outdial.adapters.telephony.sip.digest import ha1_of
from outdial.adapters.telephony.sip.phones import Phone
from outdial.adapters.telephony.sip.sdp import Codec
from outdial.adapters.telephony.sip.trunks import TrunkSettings
from outdial.domain.calls import Answered
from outdial.domain.values import PhoneNumber, UserId
from tests.contracts.stage import Callee, Stage
from tests.telephony.sipp import free_port

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="baresip comes for Linux")

PATIENCE = 30.0
CALLEE, AGENT = 523.0, 697.0


class BarePhone:
    """A process of `tests.telephony.phone`."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self._process, self.port = process, port
        self._said: list[dict[str, Any]] = []

    async def says(self, what: str, **about: Any) -> None:
        """Wait until it has said this."""
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            while {"what": what, **about} not in self._said:
                line = await self._process.stdout.readline()
                assert line, f"the phone ended before it said {what} {about}"
                self._said.append(json.loads(line))


@contextlib.asynccontextmanager
async def a_phone(user: str, hertz: float, **orders: Any) -> AsyncIterator[BarePhone]:
    port = free_port()
    given = {"user": user, "port": port, "hertz": hertz, "among": [CALLEE, AGENT], **orders}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.telephony.phone", json.dumps(given)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        phone = BarePhone(process, port)
        await phone.says("ready")
        yield phone
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_callee_and_agent_hear_each_other_and_their_digits() -> None:
    """The agent's phone registers with us; the two speak different laws of G.711."""
    ids = RandomIds()
    agent = UserId(ids.new("user"))
    async with a_phone("callee", CALLEE, digits="7") as callee:
        trunk = TrunkSettings("test", "127.0.0.1", callee.port, codecs=[Codec.PCMA], plus=False, ping_seconds=0)
        settings = SipSettings([trunk], phones={"ana": ha1_of("ana", "outdial", "s3cret")})
        async with (
            open_carrier(settings, WallClock()) as carrier,
            a_phone("ana", AGENT, registrar=f"127.0.0.1:{carrier.port}", password="s3cret") as phone,
        ):
            carrier.phones.phones[agent] = Phone("sip:ana@outdial.example", nailed_up=True)
            carrier.phones.seat(agent)
            digits: asyncio.Queue[str] = asyncio.Queue()
            carrier.digits = lambda call_id, digit: digits.put_nowait(digit)
            await phone.says("answered")
            caller = PhoneNumber("+12025550199")
            stage = Stage(carrier, WallClock(), ids, lambda who: PhoneNumber("callee"), caller, agent)
            call = await stage.call(Callee.PERSON)
            await stage.heard(call, Answered)
            await carrier.bridge(call, agent)
            await phone.says("hears", hertz=CALLEE)
            await callee.says("hears", hertz=AGENT)
            async with asyncio.timeout(PATIENCE):
                assert await digits.get() == "7"
            await phone.says("digit", digit="7")
            await carrier.send_digits(call, "3")
            await callee.says("digit", digit="3")
            await carrier.hang_up(call)
            await stage.ended(call)
            assert carrier.phones.states() == {agent: "up"}
