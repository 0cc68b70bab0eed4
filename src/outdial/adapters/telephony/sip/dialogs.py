"""One call that we place: its INVITE, its answer, its end, and whatever is asked in between.

Source:
    RFC 3261 sections 9 (CANCEL), 12 (dialogs), 13 and 14 (INVITE), 15 (BYE), 22 (authentication); RFC 3326 (Reason).
"""

import asyncio
import enum
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sipmessage import URI, CSeq, MediaType, Request, Response
from sipmessage import Address as NameAddress
from sipmessage.parameters import Parameters

from outdial.adapters.telephony.sip import digest
from outdial.adapters.telephony.sip.digest import Credentials
from outdial.adapters.telephony.sip.transactions import (
    Address,
    ClientTransaction,
    Endpoint,
    ServerTransaction,
    response_to,
)

USER_AGENT: Final = "Outdial"
ALLOW: Final = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO"
MOST_CHALLENGES: Final = 3
"""How often one request is answered with credentials: once, and again for nonces that had become stale."""

_REASON: Final = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')
_CAUSE: Final = re.compile(r"\s*Q\.850\s*;.*?\bcause\s*=\s*(\d+)", re.IGNORECASE)
_TEXT: Final = re.compile(r'text\s*=\s*"((?:[^"\\]|\\.)*)"', re.IGNORECASE)


class LegState(enum.Enum):
    CALLING = "calling"
    """The INVITE is out; nothing but silence or `100 Trying` has come back."""
    RINGING = "ringing"
    CANCELLING = "cancelling"
    """We gave it up; the far side may still answer."""
    UP = "up"
    OVER = "over"


# What happened ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Progress:
    """It rings, or there is something to hear before the answer."""

    status: int
    description: bytes


@dataclass(frozen=True, slots=True)
class Up:
    """It was answered."""

    description: bytes


@dataclass(frozen=True, slots=True)
class Changed:
    """The far side changed the session, such as to hold the call; it has been answered already."""

    description: bytes


@dataclass(frozen=True, slots=True)
class Over:
    """The last word on a leg.

    Attributes:
        status: the final response to the INVITE; `None` when there was none.
        q850, text: of the far side's Reason header, else `text` is the phrase of the response.
        by_far_side: it was up, and the far side hung up.
        retry_after: seconds for which the far side does not want to see any calls.
    """

    status: int | None
    q850: int | None = None
    text: str | None = None
    by_far_side: bool = False
    retry_after: float | None = None


LegEvent = Progress | Up | Changed | Over


@dataclass(frozen=True, slots=True)
class Invitation:
    """Whom to call, as whom, and by which way."""

    uri: str
    to: Address
    from_uri: str
    from_name: str = ""
    credentials: Credentials | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    anything_within: float | None = None
    """Seconds in which anything at all must come back; `None` for the transport's own limit."""


def reason_of(message: Request | Response) -> tuple[int | None, str | None]:
    """The Q.850 cause and its text out of a message's Reason header."""
    for value in message.headers.getlist("Reason"):
        for reason in _REASON.findall(value):
            if cause := _CAUSE.match(reason):
                text = _TEXT.search(reason)
                return int(cause[1]), text[1] if text else None
    return None, None


class OutgoingLeg:
    """A dialog that we begin. What happens is told to `hear`, in order; the last event is `Over`, exactly once."""

    def __init__(
        self,
        endpoint: Endpoint,
        invitation: Invitation,
        offer: bytes,
        hear: Callable[["OutgoingLeg", LegEvent], None],
        *,
        gone: Callable[["OutgoingLeg"], None],
        answer: Callable[[bytes], bytes | None],
    ) -> None:
        """Send the INVITE.

        Args:
            gone: told when nothing of the leg is left on the network, which is when its last request was answered.
            answer: makes our answer to a new offer of the far side; `None` refuses it (488).
        """
        self._endpoint, self._invitation, self._hear, self._gone, self._answer = (
            endpoint,
            invitation,
            hear,
            gone,
            answer,
        )
        self.state = LegState.CALLING
        self.call_id = f"{secrets.token_hex(12)}@{endpoint.address[0]}"
        self.answered_late = False
        """The answer came when we had given up; it was acknowledged and hung up."""
        self._tag, self._far_to = secrets.token_hex(6), f"<{invitation.uri}>"
        self._far_tag: str | None = None
        self._cseq = secrets.randbelow(10_000) + 1
        self._far_cseq = -1
        self._target, self._routes, self._next_hop = invitation.uri, list[str](), invitation.to
        self._offer = offer
        self._acks: dict[str, bytes] = {}
        self._open = 0  # requests of ours that are not answered yet
        self._told = self._left = False
        self._keep_if_answered = False
        self._cancelled: ClientTransaction | None = None
        self._nobody: asyncio.TimerHandle | None = None
        if invitation.anything_within is not None:
            self._nobody = endpoint.loop.call_later(invitation.anything_within, self._nothing_heard)
        self._transaction = self._invite(offer, 0)

    @property
    def up(self) -> bool:
        return self.state is LegState.UP

    @property
    def key(self) -> tuple[str, str]:
        """What requests inside the dialog are recognised by: Call-ID and our tag."""
        return self.call_id, self._tag

    # What can be asked ------------------------------------------------------------------------------------------

    def give_up(self, *, keep_if_answered: bool = False) -> None:
        """Take the call back before it is answered.

        The CANCEL waits for a sign of life, as it must (RFC 3261 section 9.1). With `keep_if_answered` an answer that
        crosses it counts; else it is acknowledged and hung up.
        """
        if self.state in (LegState.CALLING, LegState.RINGING):
            self.state, self._keep_if_answered = LegState.CANCELLING, keep_if_answered
            if self._transaction.proceeding:
                self._cancel()
        elif self.state is LegState.CANCELLING:
            self._keep_if_answered = self._keep_if_answered and keep_if_answered

    def hang_up(self, *, reason: str | None = None) -> None:
        """End it, whatever its state; of an answered leg this is the end at once."""
        if self.state is not LegState.UP:
            self.give_up()
            return
        self.state = LegState.OVER
        self._bye(reason)
        self._tell(Over(200))

    def change(self, offer: bytes, done: Callable[[bytes | None], None]) -> None:
        """Offer another session (hold, another codec); `done` gets the answer, or `None` when it was refused."""
        if self.state is not LegState.UP:
            done(None)
            return

        def hear(response: Response | None) -> None:
            if response is None or response.code >= 300:
                done(None)
            elif response.code >= 200:
                self._acknowledge(response)
                done(response.body)

        self._offer = offer
        self._send("INVITE", hear, body=offer)

    # Requests of the far side -----------------------------------------------------------------------------------

    def take(self, request: Request, transaction: ServerTransaction | None) -> None:
        """Something was asked inside the dialog."""
        if transaction is None:
            return  # the ACK of an answer of ours: whoever repeats that has been told
        sequence = request.cseq.sequence
        if sequence <= self._far_cseq:
            transaction.respond(response_to(request, 500, "Server Internal Error"))
            return
        self._far_cseq = sequence
        match request.method:
            case "BYE":
                transaction.respond(response_to(request, 200, "OK"))
                if self.state in (LegState.UP, LegState.CANCELLING):
                    self.state = LegState.OVER
                    q850, text = reason_of(request)
                    self._tell(Over(200, q850, text, by_far_side=True))
            case "INVITE":
                self._invited_again(request, transaction)
            case "OPTIONS" | "INFO":
                ok = response_to(request, 200, "OK")
                ok.headers.set("Allow", ALLOW)
                transaction.respond(ok)
            case _:
                refused = response_to(request, 405, "Method Not Allowed")
                refused.headers.set("Allow", ALLOW)
                transaction.respond(refused)

    def _invited_again(self, request: Request, transaction: ServerTransaction) -> None:
        if self.state is not LegState.UP:
            transaction.respond(response_to(request, 481, "Call/Transaction Does Not Exist"))
            return
        answer = self._answer(request.body) if request.body else self._offer
        if answer is None:
            transaction.respond(response_to(request, 488, "Not Acceptable Here"))
            return
        ok = response_to(request, 200, "OK")
        ok.headers.set("Contact", self._contact())
        ok.headers.set("Content-Type", "application/sdp")
        ok.headers.set("Content-Length", str(len(answer)))
        ok.body = answer
        transaction.respond(ok)
        if request.contact:
            self._target = str(request.contact[0].uri)
        if request.body:
            self._hear(self, Changed(request.body))

    # The INVITE -------------------------------------------------------------------------------------------------

    def _invite(self, offer: bytes, challenges: int, authorization: tuple[str, str] | None = None) -> ClientTransaction:
        request = self._new_request("INVITE", body=offer)
        for name, value in self._invitation.headers.items():
            request.headers.set(name, value)
        if authorization is not None:
            request.headers.set(*authorization)
        return self._endpoint.request(
            request, self._next_hop, lambda response: self._invite_answered(request, response, challenges)
        )

    def _invite_answered(self, request: Request, response: Response | None, challenges: int) -> None:
        if response is None:
            self._failed(Over(None, text="the far side does not answer"))
            return
        if self._nobody is not None:
            self._nobody.cancel()
            self._nobody = None
        if response.code < 200:
            self._progress(response)
        elif response.code < 300:
            self._answered(response)
        elif self.state is not LegState.OVER:
            if self.state is not LegState.CANCELLING and response.code in (401, 407) and challenges < MOST_CHALLENGES:
                header = digest.try_again(response, request, self._invitation.credentials, first=challenges == 0)
                if header is not None:
                    self._transaction = self._invite(self._offer, challenges + 1, header)
                    return
            q850, text = reason_of(response)
            retry_after = response.headers.get("Retry-After")
            found = re.match(r"\d+", retry_after or "")
            self._failed(Over(response.code, q850, text or response.phrase, False, float(found[0]) if found else None))

    def _progress(self, response: Response) -> None:
        if self.state is LegState.CANCELLING:
            self._cancel()
        elif response.code > 100 and self.state in (LegState.CALLING, LegState.RINGING):
            self.state = LegState.RINGING
            self._hear(self, Progress(response.code, response.body))

    def _answered(self, response: Response) -> None:
        tag = response.to_address.parameters.get("tag") or ""
        if self._far_tag is not None and tag != self._far_tag:
            # A proxy forked the call and a second phone answered too: it must not be left waiting (13.2.2.4).
            self._reject_fork(response)
            return
        if tag in self._acks:
            self._endpoint.send(self._acks[tag], self._next_hop)
            return
        self._learn(response, tag)
        self._acknowledge(response)
        if self.state is LegState.CANCELLING and not self._keep_if_answered:
            self.answered_late = True
            self.state = LegState.OVER
            self._bye('SIP;cause=487;text="answered as it was given up"')
            self._tell(Over(200, text="answered as it was given up"))
        elif self.state is LegState.OVER:
            self._bye(None)
        else:
            self.state = LegState.UP
            self._hear(self, Up(response.body))

    def _learn(self, response: Response, tag: str) -> None:
        self._far_tag, self._far_to = tag, response.headers["To"]
        if response.contact:
            self._target = str(response.contact[0].uri)
        self._routes = [str(route) for route in reversed(response.record_route)]
        self._next_hop = self._hop()

    def _hop(self) -> Address:
        """Where requests inside the dialog go: to the first proxy of the route, else to the contact.

        A name, and an address that is not the one we called, is left to the proxy that we called: its network knows.
        """
        uri = NameAddress.parse(self._routes[0]).uri if self._routes else URI.parse(self._target)
        host = uri.host.strip("[]")
        if re.fullmatch(r"[0-9.]+|[0-9A-Fa-f:]+", host):
            return host, uri.port or 5060
        return self._invitation.to

    def _acknowledge(self, response: Response) -> None:
        ack = self._new_request("ACK", sequence=response.cseq.sequence)
        ack.headers.set("Via", str(self._endpoint.new_via()))
        data = bytes(ack)
        self._acks = {self._far_tag or "": data}
        self._endpoint.send(data, self._next_hop)

    def _reject_fork(self, response: Response) -> None:
        here = (self._far_tag, self._far_to, self._target, self._routes, self._next_hop, self._acks)
        tag = response.to_address.parameters.get("tag") or ""
        self._learn(response, tag)
        self._acknowledge(response)
        self._bye(None)
        self._far_tag, self._far_to, self._target, self._routes, self._next_hop, self._acks = here

    def _failed(self, over: Over) -> None:
        self.state = LegState.OVER
        self._tell(over)

    def _nothing_heard(self) -> None:
        if not self._transaction.proceeding and not self._transaction.over:
            # Whatever comes yet is cancelled, or acknowledged and hung up; and nobody is called from here on.
            self._transaction.quiet()
            self.state = LegState.CANCELLING
            self._tell(Over(None, text="the far side does not answer"))

    # Other requests ---------------------------------------------------------------------------------------------

    def _cancel(self) -> None:
        if self._cancelled is self._transaction:
            return
        self._cancelled = self._transaction
        invite = self._transaction.request
        cancel = Request("CANCEL", invite.uri)
        cancel.headers.set("Via", invite.headers["Via"])
        cancel.headers.set("Max-Forwards", "70")
        cancel.headers.setlist("Route", list(invite.headers.getlist("Route")))
        for name in ("From", "To", "Call-ID"):
            cancel.headers.set(name, invite.headers[name])
        cancel.cseq = CSeq(invite.cseq.sequence, "CANCEL")
        cancel.headers.set("Content-Length", "0")
        self._open += 1
        self._endpoint.request(cancel, self._transaction.to, lambda response: self._done(response))
        # Some never answer what was cancelled: then the INVITE is given up as well (9.1).
        self._endpoint.loop.call_later(self._endpoint.timers.give_up, self._cancelled_in_vain, self._transaction)

    def _cancelled_in_vain(self, transaction: ClientTransaction) -> None:
        if not transaction.over:
            transaction.forget()
            self._failed(Over(None, text="the CANCEL was not heeded"))

    def _bye(self, reason: str | None) -> None:
        self._send("BYE", lambda response: None, headers={} if reason is None else {"Reason": reason})

    def _send(
        self,
        method: str,
        hear: Callable[[Response | None], None],
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        challenges: int = 0,
        authorization: tuple[str, str] | None = None,
    ) -> None:
        """Send a request inside the dialog, with credentials when it is challenged."""
        request = self._new_request(method, body=body)
        for name, value in (headers or {}).items():
            request.headers.set(name, value)
        if authorization is not None:
            request.headers.set(*authorization)
        self._open += 1

        def answered(response: Response | None) -> None:
            if response is not None and response.code in (401, 407) and challenges < MOST_CHALLENGES:
                again = digest.try_again(response, request, self._invitation.credentials, first=challenges == 0)
                if again is not None:
                    self._send(
                        method,
                        hear,
                        body=body,
                        headers=headers,
                        challenges=challenges + 1,
                        authorization=again,
                    )
                    self._done(response)
                    return
            hear(response)
            self._done(response)

        self._endpoint.request(request, self._next_hop, answered)

    def _done(self, response: Response | None) -> None:
        if response is None or response.code >= 200:
            self._open -= 1
            self._perhaps_gone()

    def _new_request(self, method: str, *, body: bytes = b"", sequence: int | None = None) -> Request:
        if sequence is None:
            self._cseq += 1
            sequence = self._cseq
        request = Request(method, URI.parse(self._target))
        request.headers.setlist("Route", list(self._routes))
        request.headers.set("Max-Forwards", "70")
        name = NameAddress(URI.parse(self._invitation.from_uri), self._invitation.from_name, Parameters(tag=self._tag))
        request.headers.set("From", str(name))
        request.headers.set("To", self._far_to)
        request.call_id = self.call_id
        request.cseq = CSeq(sequence, method)
        if method == "INVITE":
            request.headers.set("Contact", self._contact())
            request.headers.set("Allow", ALLOW)
        request.headers.set("User-Agent", USER_AGENT)
        if body:
            request.content_type = MediaType.parse("application/sdp")
            request.body = body
        request.headers.set("Content-Length", str(len(body)))
        return request

    def _contact(self) -> str:
        host, port = self._endpoint.address
        return f"<sip:{URI.parse(self._invitation.from_uri).user or 'outdial'}@{host}:{port}>"

    # The end ----------------------------------------------------------------------------------------------------

    def _tell(self, over: Over) -> None:
        if not self._told:
            self._told = True
            if self._nobody is not None:
                self._nobody.cancel()
            self._hear(self, over)
        self._perhaps_gone()

    def _perhaps_gone(self) -> None:
        if self._told and self._open == 0 and self._transaction.over and not self._left:
            self._left = True
            self._gone(self)
