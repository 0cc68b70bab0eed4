"""One answer for each idempotency key: claimed before the work, kept after it, forgotten after a day."""

import enum
from asyncio import Task, create_task, sleep
from datetime import timedelta
from typing import Final, Self
from uuid import UUID

import structlog

from outdial.app.background import ended
from outdial.domain.errors import Unavailable
from outdial.domain.values import AccountId
from outdial.ports.clock import Clock, Ids
from outdial.ports.idempotency import Answer
from outdial.ports.storage import Storage
from outdial.ports.tokens import AccessStore

log = structlog.get_logger(__name__)

KEPT: Final = timedelta(hours=24)
"""How long a key stands for the same request. Answers can name people: they are not kept longer."""

GIVEN_UP: Final = timedelta(minutes=5)
"""After this time a request without an answer counts as lost with its server: the same request may be sent again.

No request works that long. It may have done its work before its server broke down, and then does it twice: the price of
not refusing its client for a day.
"""

_PAUSE_SECONDS: Final = 60.0
_MOST_UNSETTLED: Final = 10_000


class Taken(enum.Enum):
    """Why a key cannot be had, where there is no answer to repeat."""

    STILL_RUNNING = "still-running"
    """The work of the first request is not over; or a server broke down in it less than `GIVEN_UP` ago."""

    OTHER_REQUEST = "other-request"
    """The key stands for another request."""


class Answers:
    """The kept answers of all accounts.

    While its block is entered it forgets old answers, and writes down what a database that was away could not take.
    """

    def __init__(self, *, storage: Storage, access: AccessStore, clock: Clock, ids: Ids) -> None:
        self._storage, self._access, self._clock, self._ids = storage, access, clock, ids
        self._unsettled: dict[UUID, tuple[AccountId, Answer | None]] = {}
        self._worker: Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._worker = create_task(self._work(), name="kept answers")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._worker is not None:
            await ended([self._worker])

    async def claim(self, key: str, fingerprint: bytes, account: AccountId) -> UUID | Answer | Taken:
        """A claim for the work that is to be done now and settled afterwards, or what an earlier request made of it."""
        await self._settle_the_rest()
        claim, now = self._ids.new("idempotency_claim"), self._clock.now()
        async with self._storage.unit_of_work(account) as uow:
            earlier = await uow.answers.claim(
                key, claim, fingerprint, now=now, kept_since=now - KEPT, at_work_since=now - GIVEN_UP
            )
        if earlier is None:
            return claim
        if earlier.fingerprint != fingerprint:
            return Taken.OTHER_REQUEST
        return earlier.answer or Taken.STILL_RUNNING

    async def settle(self, claim: UUID, answer: Answer | None, account: AccountId) -> None:
        """Keep the answer of a claim; without one, the work failed and may be tried again with the same key."""
        if len(self._unsettled) < _MOST_UNSETTLED:
            self._unsettled[claim] = account, answer
        try:
            await self._settle(claim, answer, account)
        except Unavailable as error:
            # The client has its answer all the same; until it can be written down the key counts as running.
            log.warning("answer_not_kept_yet", why=error.code)

    async def forget_old(self) -> int:
        """Remove the answers that have been kept long enough; how many."""
        before = self._clock.now() - KEPT
        forgotten = 0
        for account in await self._access.accounts():
            async with self._storage.unit_of_work(account.id) as uow:
                forgotten += await uow.answers.forget(before)
        return forgotten

    async def _settle(self, claim: UUID, answer: Answer | None, account: AccountId) -> None:
        async with self._storage.unit_of_work(account) as uow:
            if answer is None:
                await uow.answers.release(claim)
            else:
                await uow.answers.complete(claim, answer)
        self._unsettled.pop(claim, None)

    async def _settle_the_rest(self) -> None:
        for claim, (account, answer) in list(self._unsettled.items()):
            await self._settle(claim, answer, account)

    async def _work(self) -> None:
        while True:
            try:
                await self._settle_the_rest()
                await self.forget_old()
            except Unavailable as error:
                log.warning("kept_answers_wait", why=error.code)
            except Exception:
                # It is tried again: what is old stays old.
                log.exception("kept_answers_failed")
            await sleep(_PAUSE_SECONDS)
