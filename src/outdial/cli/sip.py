"""Real calls from the command line: the back end that options describe, and the phones of its agents."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final

from outdial import bootstrap
from outdial.adapters.media.client import MediaSettings
from outdial.adapters.telephony.sip.carrier import SipCarrier, SipSettings
from outdial.adapters.telephony.sip.configuration import DETECTOR, LISTENERS
from outdial.adapters.telephony.sip.phones import Phone
from outdial.adapters.telephony.sip.trunks import TrunkSettings
from outdial.domain.errors import Invalid
from outdial.domain.values import UserId
from outdial.ports.clock import Clock
from outdial.settings import Settings

_PHONES_SECONDS: Final = 10.0
_TRUNK_CALLS: Final = 200


def settings_of(settings: Settings, trunks: Sequence[str], file: Path | None) -> SipSettings:
    """What `--trunk HOST:PORT` or a file describes.

    Raises:
        Invalid: they describe no back end, or both do.
    """
    if (file is None) == (not trunks):
        raise Invalid("real calls take either --trunk HOST:PORT or --sip FILE")
    if file is not None:
        return bootstrap.sip_settings(settings, file)
    found = []
    for text in trunks:
        host, port = host_and_port("--trunk", text)
        found.append(TrunkSettings(text, host, port, max_calls=_TRUNK_CALLS))
    return SipSettings(found, detector=DETECTOR, media=MediaSettings(listeners=LISTENERS))


def host_and_port(option: str, text: str) -> tuple[str, int]:
    """`host:port`, with 5060 where the port is left out.

    Raises:
        Invalid: it is neither.
    """
    match = re.fullmatch(r"([A-Za-z0-9.-]+)(?::([0-9]{1,5}))?", text)
    if match is None or not 0 < int(match[2] or 5060) <= 65535:
        raise Invalid(f"{option} is HOST:PORT, such as 192.0.2.10:5060, not {text!r}")
    return match[1], int(match[2] or 5060)


@contextlib.asynccontextmanager
async def carrier_at_work(
    settings: SipSettings, clock: Clock, agents: Sequence[UserId] = (), *, phones: str | None = None
) -> AsyncIterator[SipCarrier]:
    """The back end at work; with `phones`, the HOST:PORT of their phones, agents have one each, which stays up.

    Raises:
        SipNotStarted: our address cannot be used, or a phone does not answer.
    """
    async with bootstrap.sip_at_work(settings, clock) as carrier:
        if phones is not None:
            host, port = host_and_port("--agent-phones", phones)
            for number, agent in enumerate(agents, 1):
                carrier.phones.phones[agent] = Phone(f"sip:agent{number}@{host}:{port}", nailed_up=True)
                carrier.phones.seat(agent)
            await _all_up(carrier, agents)
        yield carrier


async def _all_up(carrier: SipCarrier, agents: Sequence[UserId]) -> None:
    try:
        async with asyncio.timeout(_PHONES_SECONDS):
            while not all(carrier.phones.nailed_up(agent) for agent in agents):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    except TimeoutError:
        down = sum(carrier.phones.nailed_up(agent) is None for agent in agents)
        raise bootstrap.SipNotStarted(f"{down} of {len(agents)} agents' phones do not answer") from None
