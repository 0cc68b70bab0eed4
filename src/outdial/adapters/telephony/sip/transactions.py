"""SIP over UDP up to transactions: what is sent is sent again until it is answered, what comes twice is answered once.

One socket, one loop, no threads: messages leave in the order in which they were handed in.

Source:
    RFC 3261 section 17, with the client's states after a 2xx of RFC 6026.
"""

import asyncio
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

import structlog
from sipmessage import CSeq, Request, Response, Via
from sipmessage.message import Message
from sipmessage.parameters import Parameters

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

Address = tuple[str, int]

T1: Final = 0.5
"""Seconds until the first repetition: what a round trip is guessed to take."""
T2: Final = 4.0
"""The longest pause between two repetitions of anything but an INVITE."""
GIVE_UP: Final = 64 * T1
"""Seconds after which a request that nobody answers has failed, and for which repetitions are recognised."""

_RECEIVE_BUFFER: Final = 4 * 1024 * 1024
"""Bytes asked for; the machine gives what it allows (net.core.rmem_max)."""

_MAGIC: Final = "z9hG4bK"


@dataclass(frozen=True, slots=True)
class Timers:
    """The times of the transport; tests shorten `give_up`."""

    t1: float = T1
    t2: float = T2
    give_up: float = GIVE_UP


class NoAnswer(Exception):
    """Nobody answered a request in time, or the network refused it."""


class ClientTransaction:
    """A request of ours on its way. `hear` gets each new response, or `None` when nobody answered.

    Responses to an INVITE that are not 2xx are acknowledged here; a 2xx is told each time it comes, since it is for
    the dialog to acknowledge it every time.
    """

    def __init__(
        self, endpoint: "Endpoint", request: Request, to: Address, hear: Callable[[Response | None], None]
    ) -> None:
        self.request, self.to = request, to
        self._endpoint, self._hear = endpoint, hear
        self._data = bytes(request)
        self._invite = request.method == "INVITE"
        self._final: int | None = None
        self._provisional = False
        self._ack: bytes | None = None
        self._pause = endpoint.timers.t1
        loop = endpoint.loop
        self._repeat: asyncio.TimerHandle | None = loop.call_later(self._pause, self._again)
        self._end: asyncio.TimerHandle | None = loop.call_later(endpoint.timers.give_up, self._nobody)
        endpoint.send(self._data, to)

    @property
    def proceeding(self) -> bool:
        """Whether it was heard of, and is not decided: only then may an INVITE be cancelled."""
        return self._provisional and self._final is None

    @property
    def over(self) -> bool:
        return self._final is not None

    def receive(self, response: Response) -> None:
        if self._final is not None:
            if self._ack is not None:
                self._endpoint.send(self._ack, self.to)
            elif self._invite and 200 <= response.code < 300:
                self._hear(response)
            return
        if response.code < 200:
            self._provisional = True
            if self._invite:
                self._stop()  # it may ring for ever: from here on the caller says how long
            self._hear(response)
            return
        self._final = response.code
        self._stop()
        if self._invite and response.code >= 300:
            self._ack = bytes(self._acknowledgement(response))
            self._endpoint.send(self._ack, self.to)
        # Repetitions of the final response are expected for a while, and of an INVITE only are they of use.
        linger = self._endpoint.timers.give_up if self._invite else 0.0
        self._end = self._endpoint.loop.call_later(linger, self._forget)
        self._hear(response)

    def refused(self) -> None:
        """The network says that nobody listens there."""
        if self._final is None and not self._provisional:
            self._nobody()

    def quiet(self) -> None:
        """Send it no more; what comes back is heard for as long as it would have been."""
        if self._repeat is not None:
            self._repeat.cancel()
            self._repeat = None

    def forget(self) -> None:
        """Neither send nor hear anything any more."""
        self._hear = lambda response: None
        self._final = self._final or 408
        self._forget()

    def _acknowledgement(self, response: Response) -> Request:
        ack = Request("ACK", self.request.uri)
        ack.headers.set("Via", self.request.headers["Via"])
        ack.headers.set("Max-Forwards", "70")
        ack.headers.setlist("Route", list(self.request.headers.getlist("Route")))
        ack.headers.set("From", self.request.headers["From"])
        ack.headers.set("To", response.headers["To"])
        ack.headers.set("Call-ID", self.request.call_id)
        ack.cseq = CSeq(self.request.cseq.sequence, "ACK")
        ack.headers.set("Content-Length", "0")
        return ack

    def _again(self) -> None:
        self._endpoint.send(self._data, self.to)
        # An INVITE doubles its pauses without bound; the rest keep asking, for they are not answered by people.
        self._pause = self._pause * 2 if self._invite else min(self._pause * 2, self._endpoint.timers.t2)
        self._repeat = self._endpoint.loop.call_later(self._pause, self._again)

    def _nobody(self) -> None:
        self._final = 408
        self._forget()
        self._hear(None)

    def _stop(self) -> None:
        for timer in (self._repeat, self._end):
            if timer is not None:
                timer.cancel()
        self._repeat = self._end = None

    def _forget(self) -> None:
        self._stop()
        self._endpoint.client_over(self)


class ServerTransaction:
    """A request of somebody's. What `respond` sends is sent again when the request comes again.

    The final response to an INVITE is repeated by itself until it is acknowledged.
    """

    def __init__(self, endpoint: "Endpoint", key: tuple[str, str], request: Request, source: Address) -> None:
        self.request, self.source = request, source
        self._endpoint, self._key = endpoint, key
        self._sent: bytes | None = None
        self._pause = endpoint.timers.t1
        self._repeat: asyncio.TimerHandle | None = None
        self._end = endpoint.loop.call_later(endpoint.timers.give_up, self._forget)
        self.answered = False

    def respond(self, response: Response) -> None:
        self._sent = bytes(response)
        self._endpoint.send(self._sent, self._return_address())
        if response.code >= 200 and not self.answered:
            self.answered = True
            if self.request.method == "INVITE":
                self._repeat = self._endpoint.loop.call_later(self._pause, self._again)
            self._end.cancel()
            self._end = self._endpoint.loop.call_later(self._endpoint.timers.give_up, self._forget)

    def repeated(self) -> None:
        if self._sent is not None:
            self._endpoint.send(self._sent, self._return_address())

    def acknowledged(self) -> None:
        if self._repeat is not None:
            self._repeat.cancel()
            self._repeat = None

    def _return_address(self) -> Address:
        """Where responses go: where the request came from, which also finds the way through a NAT (RFC 3581)."""
        via = self.request.via[0]
        if "rport" in via.parameters:
            return self.source
        return self.source[0], via.port or 5060

    def _again(self) -> None:
        self.repeated()
        self._pause = min(self._pause * 2, self._endpoint.timers.t2)
        self._repeat = self._endpoint.loop.call_later(self._pause, self._again)

    def _forget(self) -> None:
        self.acknowledged()
        self._end.cancel()
        self._endpoint.server_over(self._key)


class Endpoint(asyncio.DatagramProtocol):
    """A UDP socket that speaks SIP. `take` is handed every new request; ACKs of 2xx are handed to it as well."""

    def __init__(self, *, timers: Timers | None = None) -> None:
        self.timers = timers or Timers()
        self.loop = asyncio.get_running_loop()
        self.take: Callable[[Request, ServerTransaction | None], None] = lambda request, transaction: None
        self.address: Address = ("", 0)
        self.received = self.sent = self.malformed = 0
        self._transport: asyncio.DatagramTransport | None = None
        self._clients: dict[tuple[str, str], ClientTransaction] = {}
        self._servers: dict[tuple[str, str], ServerTransaction] = {}

    @classmethod
    async def open(cls, host: str, port: int, *, timers: Timers | None = None) -> "Endpoint":
        """Listen on this address; port 0 lets the machine choose.

        Raises:
            OSError: the address is taken, or none of this machine's.
        """
        endpoint = cls(timers=timers)
        await endpoint.loop.create_datagram_endpoint(lambda: endpoint, local_addr=(host, port))
        return endpoint

    def close(self) -> None:
        """Send and hear nothing any more; no timer of it runs on."""
        for client in list(self._clients.values()):
            client.forget()
        for server in list(self._servers.values()):
            server._forget()
        if self._transport is not None:
            self._transport.close()

    # Sending ----------------------------------------------------------------------------------------------------

    def request(self, request: Request, to: Address, hear: Callable[[Response | None], None]) -> ClientTransaction:
        """Send a request that is complete but for its `Via`; a CANCEL brings its own."""
        if request.headers.get("Via") is None:
            request.headers.set("Via", str(self.new_via()))
        transaction = ClientTransaction(self, request, to, hear)
        self._clients[_client_key(request)] = transaction
        return transaction

    def new_via(self) -> Via:
        branch = {"branch": _MAGIC + secrets.token_hex(10), "rport": None}
        return Via("UDP", self.address[0], self.address[1], Parameters(**branch))

    async def ask(self, request: Request, to: Address) -> Response:
        """Send a request and wait for its final response.

        Raises:
            NoAnswer: there was none.
        """
        done: asyncio.Future[Response | None] = self.loop.create_future()

        def hear(response: Response | None) -> None:
            if not done.done() and (response is None or response.code >= 200):
                done.set_result(response)

        transaction = self.request(request, to, hear)
        try:
            response = await done
        finally:
            if not done.done() or done.cancelled():
                transaction.forget()
        if response is None:
            raise NoAnswer(f"{request.method} was not answered")
        return response

    def send(self, data: bytes, to: Address) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self.sent += 1
            self._transport.sendto(data, to)

    # Hearing ----------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)
        # Answers come in bursts: what finds no room is lost, and asked for again after half a second.
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        host, port = transport.get_extra_info("sockname")[:2]
        self.address = (host, port)

    def datagram_received(self, data: bytes, source: Address) -> None:
        self.received += 1
        if not data.strip():
            return  # a keep-alive
        try:
            message = Message.parse(data)
            length = message.content_length
            if length is not None:
                message.body = message.body[:length]
            if isinstance(message, Response):
                self._response(message)
            else:
                self._request(message, (source[0], source[1]))
        except (ValueError, KeyError, IndexError, UnicodeDecodeError, AssertionError) as error:
            # What somebody sends is theirs: neither its text nor numbers in it belong into our log.
            self.malformed += 1
            log.warning("sip_message_malformed", source=source[0], error=type(error).__name__)

    def error_received(self, exc: Exception) -> None:
        # The kernel does not say which datagram was refused; whoever waits for a first answer finds out by time.
        log.debug("sip_network_error", error=str(exc))

    def _response(self, response: Response) -> None:
        via = response.via[0]
        client = self._clients.get((str(via.parameters.get("branch")), response.cseq.method))
        if client is not None:
            client.receive(response)

    def _request(self, request: Request, source: Address) -> None:
        via = request.via[0]
        seen = {"received": source[0]}
        if "rport" in via.parameters:
            seen["rport"] = str(source[1])
        rest = request.headers.getlist("Via")[0].split(",", 1)[1:]
        top = str(Via(via.transport, via.host, via.port, via.parameters.replace(**seen)))
        request.headers.setlist("Via", [top, *rest, *request.headers.getlist("Via")[1:]])
        branch = str(via.parameters.get("branch") or f"{request.call_id}/{request.cseq.sequence}")
        sender = f"{branch}/{via.host}:{via.port}"
        if request.method == "ACK":
            invite = self._servers.get((sender, "INVITE"))
            if invite is not None:
                invite.acknowledged()
            self.take(request, None)
            return
        key = (sender, request.method)
        known = self._servers.get(key)
        if known is not None:
            known.repeated()
            return
        transaction = self._servers[key] = ServerTransaction(self, key, request, source)
        self.take(request, transaction)

    def client_over(self, client: ClientTransaction) -> None:
        self._clients.pop(_client_key(client.request), None)

    def server_over(self, key: tuple[str, str]) -> None:
        self._servers.pop(key, None)


def response_to(request: Request, code: int, phrase: str, *, tag: str | None = None) -> Response:
    """A response with what every response takes over from its request."""
    response = Response(code, phrase)
    response.headers.setlist("Via", list(request.headers.getlist("Via")))
    if request.headers.getlist("Record-Route"):
        response.headers.setlist("Record-Route", list(request.headers.getlist("Record-Route")))
    response.headers.set("From", request.headers["From"])
    to = request.headers["To"]
    if tag is not None and "tag" not in request.to_address.parameters:
        to += f";tag={tag}"
    response.headers.set("To", to)
    response.headers.set("Call-ID", request.call_id)
    response.headers.set("CSeq", request.headers["CSeq"])
    response.headers.set("Content-Length", "0")
    return response


def _client_key(request: Request) -> tuple[str, str]:
    branch = request.via[0].parameters.get("branch")
    return str(branch), request.method
