"""What `outdial doctor` looks at where agents' browsers are their phones: the addresses that browsers go to."""

from typing import Final

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from outdial.cli.findings import Finding, Level
from outdial.domain.phone_agents import BrowserPhones

_SECONDS: Final = 5.0
_SIP: Final = Subprotocol("sip")


async def look_at_phone_servers(phones: BrowserPhones | None) -> list[Finding]:
    """Whether each server can be reached from here, and speaks SIP over WebSocket."""
    return [] if phones is None else [await _look_at(server) for server in phones.servers]


async def _look_at(server: str) -> Finding:
    check = "browser phones"
    try:
        async with connect(server, subprotocols=[_SIP], open_timeout=_SECONDS) as socket:
            speaks_sip = socket.subprotocol == _SIP
    except (OSError, WebSocketException, TimeoutError) as error:
        said = f"{server} cannot be reached from here: {error or type(error).__name__}"
        return Finding(check, Level.FAIL, said, "check the address, its certificate, and the proxy in front of it")
    if not speaks_sip:
        remedy = "name the address of SIP over WebSocket; an Asterisk's ends with /ws"
        return Finding(check, Level.FAIL, f"{server} speaks no SIP", remedy)
    return Finding(check, Level.OK, f"{server} takes phones")
