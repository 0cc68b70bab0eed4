"""Our side of SIP on one socket: the calls we place, the registrations we keep, the phones that register with us."""

import asyncio
import contextlib
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

import structlog
from sipmessage import URI, CSeq, Request, Response
from sipmessage import Address as NameAddress
from sipmessage.parameters import Parameters

from outdial.adapters.telephony.sip import digest
from outdial.adapters.telephony.sip.dialogs import (
    ALLOW,
    MOST_CHALLENGES,
    USER_AGENT,
    Invitation,
    LegEvent,
    OutgoingLeg,
)
from outdial.adapters.telephony.sip.digest import Challenger, Credentials
from outdial.adapters.telephony.sip.transactions import (
    Address,
    Endpoint,
    NoAnswer,
    ServerTransaction,
    Timers,
    response_to,
)

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

RETRY_SECONDS: Final = 30.0
"""The pause after a registration that failed."""
LONGEST_BINDING: Final = 3600


@dataclass(frozen=True, slots=True)
class Account:
    """What a registrar is told: that calls for `uri` come to us."""

    registrar: Address
    uri: str
    credentials: Credentials
    seconds: int = 300


class Registration:
    """Keeps us registered, and says whether we are. It is renewed well before the time that was granted is over."""

    def __init__(self, agent: "UserAgent", account: Account) -> None:
        self.account = account
        self.registered = False
        self.trouble: str | None = "not asked yet"
        self._agent = agent
        self._call_id, self._tag, self._cseq = f"{uuid4()}@{agent.endpoint.address[0]}", secrets.token_hex(6), 0
        self.asked = asyncio.Event()
        """Set when the registrar, or its silence, has said something."""

    async def run(self) -> None:
        """Register until cancelled; then take it back, if that is answered at once."""
        try:
            while True:
                granted = await self.once(self.account.seconds)
                if granted is None:
                    await asyncio.sleep(RETRY_SECONDS)
                else:
                    # A lost packet costs a few seconds of repetitions: begin early enough to end in time.
                    await asyncio.sleep(max(1.0, min(granted * 0.75, granted - 20.0) if granted > 40 else granted / 2))
        finally:
            if self.registered:
                with contextlib.suppress(asyncio.CancelledError, TimeoutError):
                    async with asyncio.timeout(1.0):
                        await self.once(0)

    async def once(self, seconds: int) -> int | None:
        """Ask for a registration of so many seconds; answers how many were granted, or `None` when it was refused."""
        credentials: tuple[str, str] | None = None
        trouble = None
        for attempt in range(MOST_CHALLENGES + 1):
            request = self._request(seconds)
            if credentials is not None:
                # The header of an earlier try is not carried along: each request is made anew.
                request.headers.set(*credentials)
            try:
                response = await self._agent.endpoint.ask(request, self.account.registrar)
            except NoAnswer:
                trouble = "the registrar does not answer"
                break
            if response.code in (401, 407) and attempt < MOST_CHALLENGES:
                credentials = digest.try_again(response, request, self.account.credentials, first=attempt == 0)
                if credentials is not None:
                    continue
                trouble = "the registrar refuses our credentials"
                break
            if response.code == 423 and response.min_expires is not None and response.min_expires > seconds > 0:
                seconds, credentials = response.min_expires, None
                continue
            if 200 <= response.code < 300:
                self._now(seconds > 0, None)
                return self._granted(response, seconds)
            trouble = f"the registrar answers {response.code} {response.phrase}"
            break
        self._now(False, trouble)
        return None

    def _now(self, registered: bool, trouble: str | None) -> None:
        if (registered, trouble) != (self.registered, self.trouble):
            log.info("sip_registration", registered=registered, trouble=trouble, registrar=self.account.registrar[0])
        self.registered, self.trouble = registered, trouble
        self.asked.set()

    def _request(self, seconds: int) -> Request:
        self._cseq += 1
        host, port = self._agent.endpoint.address
        uri = URI.parse(self.account.uri)
        request = Request("REGISTER", URI.parse(f"sip:{uri.host}" + (f":{uri.port}" if uri.port else "")))
        request.headers.set("Max-Forwards", "70")
        request.headers.set("From", str(NameAddress(uri, parameters=Parameters(tag=self._tag))))
        request.headers.set("To", f"<{uri}>")
        request.call_id = self._call_id
        request.cseq = CSeq(self._cseq, "REGISTER")
        request.headers.set("Contact", f"<sip:{uri.user or 'outdial'}@{host}:{port}>")
        request.headers.set("Expires", str(seconds))
        request.headers.set("User-Agent", USER_AGENT)
        request.headers.set("Content-Length", "0")
        return request

    def _granted(self, response: Response, asked: int) -> int:
        """Seconds of our own binding, if the answer tells; a registrar lists those of others as well."""
        host, port = self._agent.endpoint.address
        for contact in response.contact:
            if (contact.uri.host, contact.uri.port) == (host, port):
                expires = contact.parameters.get("expires")
                if expires is not None and expires.isdigit():
                    return int(expires)
        return response.expires if response.expires is not None else asked


@dataclass(slots=True)
class Binding:
    """Where a phone that registered with us can be reached."""

    uri: str
    address: Address
    until: float


class Registrar:
    """Takes registrations of phones that prove who they are."""

    def __init__(self, ha1s: Mapping[str, str], realm: str, clock: Callable[[], float]) -> None:
        self._ha1s, self._clock = ha1s, clock
        self._challenger = Challenger(realm)
        self._bindings: dict[str, Binding] = {}
        self.changed: Callable[[str, bool], None] = lambda username, there: None
        """Told of a phone that came or went."""

    def find(self, username: str) -> Binding | None:
        binding = self._bindings.get(username)
        if binding is not None and binding.until <= self._clock():
            del self._bindings[username]
            return None
        return binding

    def take(self, request: Request, transaction: ServerTransaction) -> None:
        """Answer a REGISTER."""
        now = self._clock()
        header = request.headers.get("Authorization")
        username, stale = (
            (None, False) if header is None else self._challenger.check(header, "REGISTER", self._ha1s, now)
        )
        if username is None or request.to_address.uri.user != username:
            if header is not None and not stale:
                transaction.respond(response_to(request, 403, "Forbidden", tag=secrets.token_hex(4)))
                log.warning("phone_refused", source=transaction.source[0])
                return
            challenged = response_to(request, 401, "Unauthorized", tag=secrets.token_hex(4))
            challenged.headers.set("WWW-Authenticate", self._challenger.challenge(now, stale=stale))
            transaction.respond(challenged)
            return
        ok = response_to(request, 200, "OK", tag=secrets.token_hex(4))
        contact = request.headers.get("Contact")
        was = self.find(username) is not None
        if contact is not None and contact.strip() == "*":
            self._bindings.pop(username, None)
        elif request.contact:
            asked = request.contact[0].parameters.get("expires") or request.headers.get("Expires") or ""
            seconds = min(int(asked), LONGEST_BINDING) if asked.isdigit() else LONGEST_BINDING
            uri = str(request.contact[0].uri)
            if seconds == 0:
                self._bindings.pop(username, None)
            else:
                # The phone is called where it was heard from, which is right behind a NAT too.
                self._bindings[username] = Binding(uri, transaction.source, now + seconds)
                ok.headers.set("Contact", f"<{uri}>;expires={seconds}")
        elif (known := self.find(username)) is not None:
            ok.headers.set("Contact", f"<{known.uri}>;expires={int(known.until - now)}")
        transaction.respond(ok)
        there = self.find(username) is not None
        if there != was:
            self.changed(username, there)


class UserAgent:
    """The socket, and who on it is meant by what comes in."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.registrar: Registrar | None = None
        self._legs: dict[tuple[str, str], OutgoingLeg] = {}
        self.idle = asyncio.Event()
        """Set while there is no leg that the network may still know of."""
        self.idle.set()
        endpoint.take = self._take

    @classmethod
    async def open(cls, host: str, port: int, *, timers: Timers | None = None) -> "UserAgent":
        """Listen on this address; port 0 lets the machine choose.

        Raises:
            OSError: the address is taken, or none of this machine's.
        """
        return cls(await Endpoint.open(host, port, timers=timers))

    def close(self) -> None:
        self.endpoint.close()
        self._legs.clear()

    @property
    def legs(self) -> int:
        """How many legs the network may still know of."""
        return len(self._legs)

    def invite(
        self,
        invitation: Invitation,
        offer: bytes,
        hear: Callable[[OutgoingLeg, LegEvent], None],
        *,
        gone: Callable[[OutgoingLeg], None] = lambda leg: None,
        answer: Callable[[bytes], bytes | None] = lambda offer: None,
    ) -> OutgoingLeg:
        """Place a call: see `OutgoingLeg`."""

        def left(leg: OutgoingLeg) -> None:
            self._legs.pop(leg.key, None)
            if not self._legs:
                self.idle.set()
            gone(leg)

        leg = OutgoingLeg(self.endpoint, invitation, offer, hear, gone=left, answer=answer)
        self._legs[leg.key] = leg
        self.idle.clear()
        return leg

    async def ping(self, to: Address, host: str) -> int | None:
        """Ask a peer for a sign of life (OPTIONS); its status, or `None` when there was none."""
        here, port = self.endpoint.address
        request = Request("OPTIONS", URI.parse(f"sip:{host}" + (f":{to[1]}" if to[1] != 5060 else "")))
        request.headers.set("Max-Forwards", "70")
        request.headers.set("From", f"<sip:outdial@{here}>;tag={secrets.token_hex(6)}")
        request.headers.set("To", f"<{request.uri}>")
        request.call_id = f"{secrets.token_hex(12)}@{here}"
        request.cseq = CSeq(1, "OPTIONS")
        request.headers.set("Contact", f"<sip:outdial@{here}:{port}>")
        request.headers.set("User-Agent", USER_AGENT)
        request.headers.set("Content-Length", "0")
        try:
            return (await self.endpoint.ask(request, to)).code
        except NoAnswer:
            return None

    def _take(self, request: Request, transaction: ServerTransaction | None) -> None:
        tag = request.to_address.parameters.get("tag")
        leg = self._legs.get((request.call_id, tag)) if tag is not None else None
        if leg is not None:
            leg.take(request, transaction)
            return
        if transaction is None:
            return
        match request.method:
            case "OPTIONS" if tag is None:
                ok = response_to(request, 200, "OK", tag=secrets.token_hex(4))
                ok.headers.set("Allow", ALLOW)
                transaction.respond(ok)
            case "REGISTER" if self.registrar is not None:
                self.registrar.take(request, transaction)
            case "CANCEL":
                transaction.respond(response_to(request, 481, "Call/Transaction Does Not Exist"))
            case "INVITE" if tag is None:
                # We call; nobody calls us.
                transaction.respond(response_to(request, 403, "Forbidden", tag=secrets.token_hex(4)))
            case _ if tag is not None:
                transaction.respond(response_to(request, 481, "Call/Transaction Does Not Exist"))
            case _:
                refused = response_to(request, 405, "Method Not Allowed", tag=secrets.token_hex(4))
                refused.headers.set("Allow", ALLOW)
                transaction.respond(refused)


def address_of(uri: str) -> Address | None:
    """Where a SIP address with a plain IP address in it is reached; `None` when its host is a name."""
    parsed = URI.parse(uri)
    host = parsed.host.strip("[]")
    return (host, parsed.port or 5060) if re.fullmatch(r"[0-9.]+|[0-9A-Fa-f:]*:[0-9A-Fa-f:]*", host) else None
