"""What `outdial doctor` looks at where calls go over SIP: trunks, registrations, ports of sound, a call if wanted."""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from outdial import bootstrap
from outdial.adapters.clock import RandomIds, WallClock
from outdial.adapters.telephony.sip.carrier import SipCarrier, SipSettings, TrunkHealth
from outdial.cli.findings import Finding, Level
from outdial.domain.calls import Answered, Failed, HungUp
from outdial.domain.errors import OutdialError
from outdial.domain.values import PhoneNumber
from outdial.ports.carrier import CallEvent, NewCall, NoFreeLine
from outdial.settings import Settings

_TRUNKS_SECONDS: Final = 4.0
"""How long registrars and trunks may take to say something."""
_TEST_RING_SECONDS: Final = 20.0
_FEWEST_PORTS: Final = 20


def look_at_sip(settings: Settings, *, test_call: PhoneNumber | None = None) -> list[Finding]:
    """Whether the SIP file is right, and each trunk in it works; with `test_call` a number is called and hung up again.

    Our own address and port must be free: it is to be asked while Outdial does not dial.
    """
    if settings.sip_file is None:
        if test_call is not None:
            return [Finding("test call", Level.FAIL, "there is no trunk", "set OUTDIAL_SIP_FILE")]
        return []
    try:
        described = bootstrap.sip_settings(settings, settings.sip_file)
    except OutdialError as error:
        return [Finding("sip file", Level.FAIL, str(error), f"mend {settings.sip_file}")]
    found = [_look_at_file(settings), look_at_media_ports(described)]
    try:
        return found + asyncio.run(_look_at_trunks(described, test_call))
    except OutdialError as error:
        remedy = "another Outdial that dials has this port: stop it first, or give host and port in the SIP file"
        return [*found, Finding("sip", Level.FAIL, str(error), remedy)]


def _look_at_file(settings: Settings) -> Finding:
    """Whether others can read the passwords in it."""
    assert settings.sip_file is not None
    if settings.sip_file.stat().st_mode & 0o077:
        remedy = f"chmod 600 {settings.sip_file}"
        return Finding("sip file", Level.WARN, "others of this machine can read its passwords", remedy)
    return Finding("sip file", Level.OK, f"{settings.sip_file} describes a SIP back end")


def look_at_media_ports(described: SipSettings) -> Finding:
    """Whether there are ports for the sound of as many calls as the trunks take, and whether they can be had."""
    first, last = described.media.ports
    there = (last - first) // 2 + 1
    # A call takes two: one to the callee and one to the agent.
    calls = min(described.lines, sum(trunk.max_calls for trunk in described.trunks))
    said = f"{there} ports for sound, {first} to {last} on {described.media.host}"
    for port in range(first, min(last, first + 2 * _FEWEST_PORTS), 2):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
            try:
                trial.bind((described.media.host, port))
            except OSError as error:
                remedy = "free the port, or choose other ones in [media] of the SIP file"
                return Finding("media ports", Level.FAIL, f"{described.media.host}:{port}: {error.strerror}", remedy)
    if there < 2 * calls:
        remedy = f"let first_port and last_port be {4 * calls} apart, or give the trunks fewer calls"
        return Finding("media ports", Level.WARN, f"{said}, for {calls} calls with two sides each", remedy)
    return Finding("media ports", Level.OK, said)


async def _look_at_trunks(described: SipSettings, test_call: PhoneNumber | None) -> list[Finding]:
    trunks = [replace(trunk, ping_seconds=trunk.ping_seconds or 30.0) for trunk in described.trunks]
    async with bootstrap.sip_at_work(replace(described, trunks=trunks), WallClock()) as carrier:
        await _wait(lambda: all(trunk.ping_status is not None for trunk in carrier.health()))
        await _wait(lambda: all(trunk.registered is not False for trunk in carrier.health()))
        found = [one for trunk in carrier.health() for one in findings_of(trunk)]
        if test_call is not None:
            found.append(await _call(carrier, test_call))
        return found


async def _wait(true: Callable[[], bool]) -> None:
    """Until it is so, or has had its time."""
    for _ in range(int(_TRUNKS_SECONDS / 0.05)):
        if true():
            return
        await asyncio.sleep(0.05)


def findings_of(trunk: TrunkHealth) -> list[Finding]:
    """What is to be said of a trunk that was asked for a sign of life."""
    where = f"trunk {trunk.name}"
    found = []
    if trunk.ping_status is None:
        remedy = f"check host and port, the firewall, and that {trunk.address} lets this machine in"
        found.append(Finding(where, Level.WARN, f"{trunk.address} does not answer OPTIONS", remedy))
    else:
        found.append(Finding(where, Level.OK, f"{trunk.address} answers ({trunk.ping_status})"))
    if trunk.registered:
        found.append(Finding(f"{where} registration", Level.OK, "registered"))
    elif trunk.registered is not None:
        remedy = "check username, password and domain of the trunk"
        found.append(Finding(f"{where} registration", Level.FAIL, trunk.trouble or "not registered", remedy))
    return found


class _TestCall:
    """What is heard of the one call."""

    def __init__(self) -> None:
        self.id = RandomIds().new("call")
        self.answered = False
        self.end: Failed | HungUp | None = None
        self.decided, self.over = asyncio.Event(), asyncio.Event()

    def hear(self, event: CallEvent) -> None:
        if isinstance(event.fact, Answered):
            self.answered = True
            self.decided.set()
        elif isinstance(event.fact, Failed | HungUp):
            self.end = event.fact
            self.decided.set()
            self.over.set()


async def _call(carrier: SipCarrier, number: PhoneNumber) -> Finding:
    test = _TestCall()
    carrier.listen(test.hear)
    try:
        await carrier.originate(NewCall(test.id, number, None, _TEST_RING_SECONDS, False, "doctor"))
    except NoFreeLine as error:
        return Finding("test call", Level.FAIL, str(error), "see what is said of the trunks")
    await test.decided.wait()
    if test.answered:
        await carrier.play_then_hang_up(test.id)
        await test.over.wait()
        return Finding("test call", Level.OK, "answered, heard the message, and was hung up")
    assert isinstance(test.end, Failed)
    said = f"{test.end.outcome.value}: SIP {test.end.sip_status}, Q.850 {test.end.q850}, {test.end.cause}"
    return Finding("test call", Level.FAIL, said, "ask the carrier what this answer means for this number")
