"""A SIP server on a WebSocket, for phones in browsers: it takes their registration, and calls them.

Source: RFC 7118. What arrives on the only connection is answered by a thread of its own; tests wait for what they want.
"""

import contextlib
import queue
import threading
from collections.abc import Iterator
from typing import Final
from uuid import uuid4

from sipmessage import Address, Request, Response
from sipmessage.message import Message
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve
from websockets.typing import Subprotocol

from outdial.adapters.telephony.sip.digest import Challenger, ha1_of

PATIENCE: Final = 30.0
"""Seconds: only used up where something is broken."""
_HOST: Final = "registrar.invalid"


class Registrar:
    """`refuses` lets nobody in. `contact` is where the phone said that it is; None while none is connected."""

    def __init__(self, user: str, password: str) -> None:
        self.refuses = False
        self.url = ""
        self.contact: str | None = None
        self.registered = threading.Event()
        self.left = threading.Event()
        self.left.set()
        self._challenger = Challenger("test")
        self._phones = {user: ha1_of(user, "test", password)}
        self._socket: ServerConnection | None = None
        self._calls: dict[str, Call] = {}

    def connection(self, socket: ServerConnection) -> None:
        self._socket = socket
        self.left.clear()
        with contextlib.suppress(ConnectionClosed):
            for data in socket:
                self._take(data.encode() if isinstance(data, str) else data)
        self.contact = None
        self.registered.clear()
        self.left.set()

    def drop(self) -> None:
        """Lose the connection; the phone may come back."""
        assert self._socket is not None
        self._socket.close(1001)

    def invite(self, sdp: str, *headers: str) -> "Call":
        """Call the phone."""
        assert self.contact is not None
        call = Call(self, self.contact)
        self._calls[call.id] = call
        call.ask("INVITE", *headers, sdp=sdp)
        return call

    def send(self, lines: list[str], sdp: str) -> None:
        assert self._socket is not None
        body = [f"Content-Length: {len(sdp.encode())}", *(["Content-Type: application/sdp"] if sdp else [])]
        self._socket.send("\r\n".join([*lines, *body, "", sdp]))

    def answer(self, request: Request, status: str, *headers: str, sdp: str = "") -> None:
        copied = [
            f"{name}: {value}" for name in ("Via", "From", "Call-ID", "CSeq") for value in request.headers.getlist(name)
        ]
        to = _one(request, "To")
        self.send([f"SIP/2.0 {status}", *copied, f"To: {to}" + ("" if ";tag=" in to else ";tag=r"), *headers], sdp)

    def _take(self, data: bytes) -> None:
        if not data.strip():
            return  # keeps the connection open
        message = Message.parse(data)
        call = self._calls.get(_one(message, "Call-ID"))
        if call is not None:
            call.heard.put(message)
        elif isinstance(message, Request) and message.method == "REGISTER":
            self._register(message)

    def _register(self, request: Request) -> None:
        if self.refuses:
            self.answer(request, "403 Forbidden")
            return
        said = request.headers.get("Authorization")
        user, _ = (None, False)
        if said is not None:
            user, _ = self._challenger.check(said, "REGISTER", self._phones, 0.0)
        if user is None:
            self.answer(request, "401 Unauthorized", f"WWW-Authenticate: {self._challenger.challenge(0.0)}")
            return
        contact = _one(request, "Contact")
        if "expires=0" in contact:
            self.answer(request, "200 OK")
            return
        # First, so that whoever has waited finds the phone where it says that it is.
        self.contact = str(Address.parse(contact).uri)
        self.answer(request, "200 OK", f"Contact: {contact};expires=120")
        self.registered.set()


class Call:
    """A call to the phone. `heard` has what the phone says of it."""

    def __init__(self, registrar: Registrar, contact: str) -> None:
        self.id = f"{uuid4()}"
        self.heard: queue.Queue[Message] = queue.Queue()
        self._registrar, self._contact = registrar, contact
        self._from, self._to = f"<sip:outdial@{_HOST}>;tag=f", f"<{contact}>"
        self._number = 0

    def ask(self, method: str, *headers: str, sdp: str = "") -> None:
        self._number += method != "ACK"
        lines = [
            f"{method} {self._contact} SIP/2.0",
            f"Via: SIP/2.0/WS {_HOST};branch=z9hG4bK{uuid4().hex}",
            "Max-Forwards: 70",
            f"From: {self._from}",
            f"To: {self._to}",
            f"Call-ID: {self.id}",
            f"CSeq: {self._number} {method}",
            f"Contact: <sip:outdial@{_HOST};transport=ws>",
            *headers,
        ]
        self._registrar.send(lines, sdp)

    def answered(self) -> str:
        """Wait until the phone is answered; its SDP."""
        final = self.final()
        assert final.code == 200, final.code
        self._to = _one(final, "To")
        self.ask("ACK")
        return final.body.decode()

    def final(self) -> Response:
        """Wait for the answer to the last request."""
        while True:
            message = self.heard.get(timeout=PATIENCE)
            if isinstance(message, Response) and message.code >= 200:
                return message

    def asked(self, method: str) -> Request:
        """Wait for a request of the phone's."""
        while True:
            message = self.heard.get(timeout=PATIENCE)
            if isinstance(message, Request) and message.method == method:
                return message

    def agree(self, request: Request) -> None:
        self._registrar.answer(request, "200 OK")


def _one(message: Message, name: str) -> str:
    return message.headers.get(name) or ""


@contextlib.contextmanager
def registrar(user: str, password: str) -> Iterator[Registrar]:
    """A registrar on a free port of this machine, for one phone."""
    made = Registrar(user, password)
    with serve(made.connection, "127.0.0.1", 0, subprotocols=[Subprotocol("sip")]) as server:
        made.url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}/ws"
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            yield made
        finally:
            if not made.left.is_set():
                made.drop()
            server.shutdown()
            serving.join()
