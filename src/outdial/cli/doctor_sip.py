"""What `outdial doctor` looks at where calls go over SIP: trunks, registrations, ports of sound, a call if wanted."""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from outdial import bootstrap
from outdial.adapters.clock import WallClock
from outdial.adapters.telephony.sip.carrier import SipSettings, TrunkHealth
from outdial.cli.doctor_call import place_test_call
from outdial.cli.doctor_phones import look_at_phone_servers
from outdial.cli.findings import Finding, Level, look_at_passwords
from outdial.domain.errors import OutdialError
from outdial.domain.values import PhoneNumber
from outdial.settings import Settings

_TRUNKS_SECONDS: Final = 4.0
"""How long registrars and trunks may take to say something."""
_FEWEST_PORTS: Final = 20


def look_at_sip(settings: Settings, *, test_call: PhoneNumber | None = None) -> list[Finding]:
    """Whether the SIP file is right, and each trunk in it works; with `test_call` a number is called and hung up again.

    Our own address and port must be free: it is to be asked while Outdial does not dial.
    """
    if settings.sip_file is None:
        if test_call is not None:
            return [
                Finding("test call", Level.FAIL, "there is no trunk", "set OUTDIAL_SIP_FILE or OUTDIAL_ASTERISK_FILE")
            ]
        return []
    try:
        described = bootstrap.sip_settings(settings, settings.sip_file)
    except OutdialError as error:
        return [Finding("sip file", Level.FAIL, str(error), f"mend {settings.sip_file}")]
    found = [look_at_passwords("sip file", settings.sip_file), look_at_media_ports(described)]
    try:
        found += asyncio.run(look_at_phone_servers(described.browser_phones))
        return found + asyncio.run(_look_at_trunks(described, test_call))
    except OutdialError as error:
        remedy = "another Outdial that dials has this port: stop it first, or give host and port in the SIP file"
        return [*found, Finding("sip", Level.FAIL, str(error), remedy)]


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
            found.append(await place_test_call(carrier, test_call))
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
