"""The `Idempotency-Key` header: the same POST sent twice is carried out once, and has the same answer twice.

A key is looked at after token and scope, and before everything else of the request. It belongs to the account.
"""

import contextlib
import hashlib
from collections import deque
from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from outdial.api.bodies import LARGEST_JSON
from outdial.api.problems import Refused
from outdial.app.idempotency import Answers, Taken
from outdial.domain.access import Principal
from outdial.domain.errors import FieldProblem, Invalid
from outdial.ports.idempotency import Answer

LONGEST_KEY: Final = 255
_KEPT_HEADERS: Final = (b"content-type", b"location")
_ONCE: Final = "outdial.once"


@contextlib.asynccontextmanager
async def _keeping(app: FastAPI) -> AsyncIterator[None]:
    async with app.state.answers:
        yield


router = APIRouter(lifespan=_keeping)
"""No routes: it keeps house while the application serves."""


class AnsweredBefore(Exception):
    """There is an answer to this request already."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("this request was answered before")
        self.answer = answer


def on_answered_before(request: Request, error: Exception) -> Response:
    assert isinstance(error, AnsweredBefore)
    return Response(error.answer.body, error.answer.status, error.answer.headers)


async def begin_once(request: Request, who: Principal) -> None:
    """To be called when it is known that the caller may do what the request asks: claims its key, if it has one.

    Raises:
        Invalid: the key is not one.
        AnsweredBefore: the work was done before.
        Refused: the key stands for another request (422), or its work is still going on (409).
    """
    once: Once | None = request.scope.get(_ONCE)
    if once is not None:
        await once.begin(request, who)


class Once:
    """One request with a key, from its claim to its answer."""

    def __init__(self, key: str, answers: Answers, receive: Receive) -> None:
        self._key, self._answers, self._receive = key, answers, receive
        self._read: deque[Message] = deque()
        self._claimed: tuple[UUID, Principal] | None = None

    @property
    def claimed(self) -> bool:
        return self._claimed is not None

    async def begin(self, request: Request, who: Principal) -> None:
        if not (0 < len(self._key) <= LONGEST_KEY and self._key.isascii() and self._key.isprintable()):
            said = f"must be 1 to {LONGEST_KEY} printable ASCII characters"
            raise Invalid("Invalid header", [FieldProblem("Idempotency-Key", said)])
        body = await self._body()
        if body is None:
            return  # The route refuses such a body by itself.
        match await self._answers.claim(self._key, _fingerprint(request, body), who.account):
            case UUID() as claim:
                self._claimed = claim, who
            case Answer() as answer:
                raise AnsweredBefore(answer)
            case Taken.OTHER_REQUEST:
                raise Refused("idempotency-key-reused", "the idempotency key was used for another request")
            case Taken.STILL_RUNNING:
                said = "the first request with this idempotency key has no answer yet"
                raise Refused("request-still-running", said, headers={"Retry-After": "1"})

    async def settle(self, answer: Answer | None) -> None:
        if self._claimed is not None:
            claim, who = self._claimed
            await self._answers.settle(claim, answer, who.account)

    async def receive(self) -> Message:
        """The request's messages, for the route: first those that were read here."""
        return self._read.popleft() if self._read else await self._receive()

    async def _body(self) -> bytes | None:
        """The whole body; None when it breaks off, or is longer than any route takes."""
        body = bytearray()
        more = True
        while more:
            message = await self._receive()
            self._read.append(message)
            body += message.get("body", b"")
            if message["type"] != "http.request" or len(body) > LARGEST_JSON:
                return None
            more = message.get("more_body", False)
        return bytes(body)


def _fingerprint(request: Request, body: bytes) -> bytes:
    """What makes a request the same one: path, query and body."""
    head = f"{request.method} {request.url.path}?{request.url.query}\n"
    return hashlib.sha256(head.encode("utf-8", "surrogatepass") + body).digest()


class AnswerOnce:
    """Follows each POST with a key, and keeps its answer before anybody sees it."""

    def __init__(self, app: ASGIApp, answers: Answers) -> None:
        self._app, self._answers = app, answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        keys = [value for name, value in scope.get("headers", ()) if name == b"idempotency-key"]
        if scope["type"] != "http" or scope["method"] != "POST" or not keys:
            await self._app(scope, receive, send)
            return
        once = Once(b",".join(keys).decode("latin-1").strip(), self._answers, receive)
        held: list[Message] = []

        async def hold(message: Message) -> None:
            if once.claimed:
                held.append(message)
            else:
                await send(message)

        try:
            await self._app({**scope, _ONCE: once}, once.receive, hold)
        except Exception:
            await once.settle(None)
            raise
        if once.claimed:
            await once.settle(_answer_in(held))
            for message in held:
                await send(message)


def _answer_in(messages: list[Message]) -> Answer | None:
    """The answer to keep; none where the same request can be sent again.

    So it is where the server failed or was too busy, and where the answer says that nobody may store it: it holds a
    secret, of which not more than a hash is kept anywhere.
    """
    start = next(iter(messages), None)
    if start is None or start["status"] >= 500 or start["status"] == 429 or _holds_a_secret(start):
        return None
    headers = {name.decode(): value.decode("latin-1") for name, value in start["headers"] if name in _KEPT_HEADERS}
    return Answer(start["status"], headers, b"".join(message.get("body", b"") for message in messages[1:]))


def _holds_a_secret(start: Message) -> bool:
    return start["status"] < 400 and any(
        name == b"cache-control" and b"no-store" in value for name, value in start["headers"]
    )
