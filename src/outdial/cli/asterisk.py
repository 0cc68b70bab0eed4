"""Real calls from the command line through the Asterisks that OUTDIAL_ASTERISK_FILE describes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Final

from outdial import bootstrap
from outdial.adapters.telephony.asterisk.ari import Ari, AriRefused, AriUnreachable
from outdial.adapters.telephony.asterisk.carrier import AsteriskCarrier, AsteriskSettings, open_carrier
from outdial.adapters.telephony.asterisk.node import NodeSettings, in_use
from outdial.domain.errors import Invalid, Unavailable
from outdial.domain.values import UserId
from outdial.ports.clock import Clock
from outdial.settings import Settings

_NODES_SECONDS: Final = 10.0
_PLAYED_AGENT_SECONDS: Final = 30.0


class AsteriskNotReady(Unavailable):
    """No Asterisk of the fleet takes calls; nothing was called."""

    code = "asterisk-not-ready"


def settings_of(settings: Settings) -> AsteriskSettings:
    """The fleet, for a run whose agents the machine plays.

    Raises:
        Invalid: there is no fleet, or its description cannot be used.
    """
    if settings.asterisk_file is None:
        raise Invalid("--carrier asterisk takes its servers from the file that OUTDIAL_ASTERISK_FILE names")
    return replace(bootstrap.asterisk_settings(settings.asterisk_file), played_agent_seconds=_PLAYED_AGENT_SECONDS)


@contextlib.asynccontextmanager
async def carrier_at_work(
    settings: AsteriskSettings, clock: Clock, agents: Sequence[UserId] = ()
) -> AsyncIterator[AsteriskCarrier]:
    """The back end at work, with a node at least that takes calls. Of `agents` nobody has a phone.

    Raises:
        AsteriskNotReady: no node does; the text says of each why. Or another Outdial works with one: the two would
            take each other's channels for what a crash has left.
    """
    if busy := await at_work(settings):
        raise AsteriskNotReady(f"another Outdial is at work with {', '.join(busy)}: stop it first")
    async with open_carrier(settings, clock) as carrier:
        await some_node(carrier)
        yield carrier


async def at_work(settings: AsteriskSettings) -> list[str]:
    """The nodes that an Outdial works with now, as far as they answer."""
    found = []
    for node in settings.nodes:
        async with asked(node) as ari:
            with contextlib.suppress(AriRefused, AriUnreachable):
                if await in_use(ari):
                    found.append(node.name)
    return found


@contextlib.asynccontextmanager
async def asked(node: NodeSettings) -> AsyncIterator[Ari]:
    """A node that can be asked for things without being heard."""
    ari = Ari(node.url, node.user, node.password, node.application, node.request_seconds)
    try:
        yield ari
    finally:
        await ari.close()


async def some_node(carrier: AsteriskCarrier) -> None:
    """Wait until a node takes calls. Raises `AsteriskNotReady`."""
    try:
        async with asyncio.timeout(_NODES_SECONDS):
            while all(node.trouble for node in carrier.nodes):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    except TimeoutError:
        troubles = "; ".join(f"{node.settings.name}: {node.trouble}" for node in carrier.nodes)
        raise AsteriskNotReady(f"no Asterisk takes calls: {troubles}") from None
