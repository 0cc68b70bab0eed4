"""What `outdial doctor` looks at where calls go through Asterisks: servers, trunks, sounds, a call if wanted."""

import asyncio
import re
from datetime import datetime
from http import HTTPStatus
from typing import Final

from outdial import bootstrap
from outdial.adapters.clock import WallClock
from outdial.adapters.telephony.asterisk.ari import Ari, AriRefused, AriUnreachable
from outdial.adapters.telephony.asterisk.carrier import AsteriskSettings, open_carrier
from outdial.adapters.telephony.asterisk.node import NodeSettings, look_at, missing_modules
from outdial.cli.asterisk import AsteriskNotReady, asked, at_work, some_node
from outdial.cli.doctor_call import place_test_call
from outdial.cli.doctor_phones import look_at_phone_servers
from outdial.cli.findings import CLOCK_TOLERANCE, Finding, Level, look_at_passwords
from outdial.domain.errors import OutdialError
from outdial.domain.phone_agents import BrowserPhones
from outdial.domain.values import PhoneNumber
from outdial.settings import Settings

_PHONE_MODULES: Final = ("res_http_websocket", "res_pjsip_transport_websocket", "res_srtp")


def look_at_asterisk(settings: Settings, *, test_call: PhoneNumber | None = None) -> list[Finding]:
    """Whether the Asterisk file is right, and each server in it fit for calls; with `test_call` a number is called.

    Nothing is made on a server by looking. A call is only placed while no Outdial works with the servers, since two
    would take each other's channels for what a crash has left.
    """
    if settings.asterisk_file is None:
        return []
    try:
        described = bootstrap.asterisk_settings(settings.asterisk_file)
    except OutdialError as error:
        return [Finding("asterisk file", Level.FAIL, str(error), f"mend {settings.asterisk_file}")]
    found = [look_at_passwords("asterisk file", settings.asterisk_file)]
    return found + asyncio.run(_look_at_fleet(described, test_call))


async def _look_at_fleet(described: AsteriskSettings, test_call: PhoneNumber | None) -> list[Finding]:
    found: list[Finding] = []
    for node in described.nodes:
        async with asked(node) as ari:
            found += await _look_at_node(described, node, ari)
    found += await look_at_phone_servers(described.browser_phones)
    if test_call is None:
        return found
    if busy := await at_work(described):
        said = f"an Outdial is at work with {', '.join(busy)}"
        return [*found, Finding("test call", Level.FAIL, said, "stop it first, or watch one of its calls")]
    async with open_carrier(described, WallClock()) as carrier:
        try:
            await some_node(carrier)
        except AsteriskNotReady as error:
            return [*found, Finding("test call", Level.FAIL, str(error), "see what is said of the servers")]
        return [*found, await place_test_call(carrier, test_call)]


async def _look_at_node(described: AsteriskSettings, node: NodeSettings, ari: Ari) -> list[Finding]:
    where = f"asterisk {node.name}"
    try:
        trouble, version = await look_at(ari)
        if trouble is not None:
            remedy = "load them in modules.conf" if trouble.startswith("modules") else "install one of those versions"
            found = [Finding(where, Level.FAIL, trouble, remedy)]
        else:
            found = [Finding(where, Level.OK, f"Asterisk {version} answers, with all modules that are needed")]
        return [
            *found,
            await _clock(where, ari),
            *await _trunk(where, node, ari),
            *await _messages(where, described, ari),
            *await _phones(where, described.browser_phones, ari),
        ]
    except AriUnreachable as error:
        remedy = f"start it, and check that {node.url} is the address of http.conf and can be reached from here"
        return [Finding(where, Level.FAIL, f"does not answer: {error}", remedy)]
    except AriRefused as error:
        if error.status == HTTPStatus.UNAUTHORIZED:
            remedy = f"let user and password of the file be those of [{node.user}] in ari.conf"
            return [Finding(where, Level.FAIL, "user or password is wrong", remedy)]
        return [Finding(where, Level.FAIL, f"refuses to answer: {error}", "enable it in ari.conf, and load res_ari")]


async def _clock(where: str, ari: Ari) -> Finding:
    """Call detail records and recordings of both are only comparable while they go by the same time."""
    there = datetime.strptime((await ari.ask("GET", "asterisk/ping"))["timestamp"], "%Y-%m-%dT%H:%M:%S.%f%z")
    apart = abs(WallClock().now() - there)
    if apart <= CLOCK_TOLERANCE:
        return Finding(f"{where} clock", Level.OK, "agrees with ours")
    said = f"{apart.total_seconds():.0f} s apart from ours"
    return Finding(f"{where} clock", Level.WARN, said, "synchronise both machines by NTP")


async def _trunk(where: str, node: NodeSettings, ari: Ari) -> list[Finding]:
    """Whether calls have somewhere to go. Other forms of `endpoint` name none that could be asked for."""
    named = re.fullmatch(r"PJSIP/[^@/]*@([^/@]+)", node.endpoint)
    if named is None:
        return []
    check, trunk = f"{where} trunk", named[1]
    state = await endpoint_state(ari, f"PJSIP/{trunk}")
    if state is None:
        remedy = f"describe [{trunk}] in pjsip.conf, or name another one in `endpoint` of the file"
        return [Finding(check, Level.FAIL, f"there is no endpoint {trunk}", remedy)]
    if state == "offline":
        remedy = f"check the contact of [{trunk}], the firewall, and that the carrier lets this server in"
        return [Finding(check, Level.WARN, f"{trunk} does not answer, or is not registered", remedy)]
    if not await _is_asked_for_life(ari, trunk):
        remedy = f"give [{trunk}] a qualify_frequency of 30 in pjsip.conf: else calls are lost before anybody knows"
        return [Finding(check, Level.WARN, f"nobody finds out when {trunk} is dead", remedy)]
    return [Finding(check, Level.OK, f"{trunk} is {state}")]


async def endpoint_state(ari: Ari, endpoint: str) -> str | None:
    """What Asterisk says of an endpoint: online, offline or unknown; None: there is none of this name."""
    try:
        return str((await ari.ask("GET", f"endpoints/{endpoint}"))["state"])
    except AriRefused as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return None
        raise


async def _is_asked_for_life(ari: Ari, endpoint: str) -> bool:
    """Whether Asterisk sends OPTIONS to all that an endpoint of PJSIP stands for; without it, all is "online"."""
    for aor in (await _configured(ari, "endpoint", endpoint, "aors")).split(","):
        if float(await _configured(ari, "aor", aor.strip(), "qualify_frequency") or 0) == 0:
            return False
    return True


async def _configured(ari: Ari, kind: str, name: str, attribute: str) -> str:
    """A line of an object's configuration in PJSIP; empty where there is none."""
    lines = await ari.ask("GET", f"asterisk/config/dynamic/res_pjsip/{kind}/{name}")
    return next((str(line["value"]) for line in lines if line["attribute"] == attribute), "")


async def _messages(where: str, described: AsteriskSettings, ari: Ari) -> list[Finding]:
    """Whether the safety messages are there: people would be hung up on in silence. Only sounds can be asked for, and
    of those only what is in no folder, which a path of ARI's cannot name."""
    media = [described.message, *described.messages.values()]
    sounds = {one.removeprefix("sound:") for one in media if one.startswith("sound:") and "/" not in one}
    missing = []
    for sound in sorted(sounds):
        try:
            await ari.ask("GET", f"sounds/{sound}")
        except AriRefused as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            missing.append(sound)
    if missing:
        remedy = "install it among Asterisk's sounds, or name another one in the file"
        return [Finding(f"{where} message", Level.FAIL, f"there is no sound {', '.join(missing)}", remedy)]
    return [Finding(f"{where} message", Level.OK, f"{', '.join(sorted(sounds))} can be played")] if sounds else []


async def _phones(where: str, phones: BrowserPhones | None, ari: Ari) -> list[Finding]:
    """Whether browsers can be phones there: modules and endpoints."""
    if phones is None:
        return []
    check = f"{where} phones"
    if missing := await missing_modules(ari, _PHONE_MODULES):
        said = f"modules are not loaded: {', '.join(missing)}"
        remedy = "load them in modules.conf; res_srtp is only built where libsrtp2 is there"
        return [Finding(check, Level.FAIL, said, remedy)]
    states = {user: await endpoint_state(ari, f"PJSIP/{user}") for user in phones.passwords}
    if unknown := sorted(user for user, state in states.items() if state is None):
        return [Finding(check, Level.FAIL, f"there is no endpoint {', '.join(unknown)}", "describe it in pjsip.conf")]
    here = sum(state == "online" for state in states.values())
    return [Finding(check, Level.OK, f"phones in browsers are known, and {here} of {len(states)} registered")]
