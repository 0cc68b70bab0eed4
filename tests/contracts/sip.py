"""The SIP back end, with sipp for the carrier and for the agent's phone."""

import asyncio
import contextlib
import dataclasses
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outdial.adapters.clock import RandomIds, WallClock
from outdial.adapters.media.sounds import tone
from outdial.adapters.telephony.sip.carrier import SipSettings, open_carrier
from outdial.adapters.telephony.sip.phones import Phone
from outdial.adapters.telephony.sip.trunks import TrunkSettings
from outdial.domain.values import PhoneNumber, UserId
from tests.contracts.stage import Callee, Stage, Story
from tests.telephony.sipp import SCENARIOS, Sipp, sipp

# Numbers too short to be anybody's: the carrier goes by their first digit.
_FIRST_DIGIT = {
    Callee.PERSON: 8,
    Callee.BRIEF_PERSON: 1,
    Callee.BUSY: 2,
    Callee.NOBODY: 3,
    Callee.UNKNOWN_NUMBER: 4,
    Callee.REJECTS: 5,
    Callee.CONGESTED: 7,
}


@dataclass(frozen=True, slots=True)
class SipNetwork:
    """Implements `tests.contracts.stage.Network`."""

    carrier: Sipp
    phone: Sipp

    def play(
        self,
        story: Story,
        *,
        lines: int = 20,
        phone: str = "ana",
        nailed_up: bool = False,
        trunk: Mapping[str, Any] | None = None,
        **settings: Any,
    ) -> None:
        """
        Args:
            phone: what the agent's phone is like: a user of the scenario `agent.xml`.
            trunk, settings: what differs from the usual `TrunkSettings` and `SipSettings`.
        """

        async def main() -> None:
            host, port = self.carrier.address
            way_out = TrunkSettings("test", host, port, max_calls=lines, calls_per_second=100.0, ping_seconds=0)
            way_out = dataclasses.replace(way_out, **(trunk or {}))
            async with open_carrier(SipSettings([way_out], **settings), WallClock()) as carrier:
                numbers = itertools.count(100)
                ids = RandomIds()
                agent = UserId(ids.new("user"))
                carrier.phones.phones[agent] = Phone(f"sip:{phone}@127.0.0.1:{self.phone.port}", nailed_up=nailed_up)

                def number(callee: Callee) -> PhoneNumber:
                    return PhoneNumber(f"+{_FIRST_DIGIT[callee]}{next(numbers)}")

                await story(Stage(carrier, WallClock(), ids, number, PhoneNumber("+12025550199"), agent))
                await carrier.close()
                assert (await carrier.media.statistics()).ports == 0, "a port was left open"
            assert carrier.legs == 0, "a leg was left on the network"
            left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            assert not left, "a task was left running"

        asyncio.run(main())


@contextlib.contextmanager
def sip_network(folder: Path) -> Iterator[SipNetwork]:
    """One carrier and one phone for all tests: they take any number of calls."""
    with far_side(folder) as (carrier, phone):
        yield SipNetwork(carrier, phone)


@contextlib.contextmanager
def far_side(
    folder: Path, *, carrier_at: int | None = None, phone_at: int | None = None
) -> Iterator[tuple[Sipp, Sipp]]:
    """The carrier and the phone of `tests/telephony/scenarios`, on ports of their own choice unless these are given."""
    for name in ("carrier", "phone"):
        (folder / name).mkdir()
        (folder / name / "voice.ul").write_bytes(tone(400.0, seconds=1.0))
        (folder / name / "machine.ul").write_bytes(tone(300.0, seconds=1.0))
    with (
        sipp(folder / "carrier", scenario=SCENARIOS / "carrier.xml", calls=None, at=carrier_at) as carrier,
        sipp(folder / "phone", scenario=SCENARIOS / "agent.xml", calls=None, at=phone_at) as phone,
    ):
        yield carrier, phone
