"""What has to be done for record lists some time after somebody asked for it, or because nobody did."""

from asyncio import Event, Task, create_task, gather, sleep
from dataclasses import replace
from typing import Final, Self

import structlog

from outdial.app.records import remove_released
from outdial.domain.errors import Unavailable
from outdial.domain.values import AccountId
from outdial.ports.clock import Clock
from outdial.ports.record_lists import UploadBytes
from outdial.ports.storage import Storage
from outdial.ports.tokens import AccessStore

log = structlog.get_logger(__name__)

_PAUSE_SECONDS: Final = 2.0
"""Records whose deletion had to wait are gone within 5 s after their call."""


async def remove_unannounced_files(account: AccountId, *, storage: Storage, clock: Clock, files: UploadBytes) -> int:
    """Remove files that were sent and never said to be complete before their address expired; answers how many.

    They hold people's names and numbers, and nothing would ever read them.
    """
    async with storage.unit_of_work(account) as uow:
        now = clock.now()
        left = await uow.record_lists.unannounced_uploads(now)
        for upload in left:
            await uow.record_lists.save_upload(replace(upload, stored_bytes=None), now)
        # Before the commit: after a crash in between they are found and removed again, not kept for ever.
        for upload in left:
            files.remove(upload.stored_as)
    return len(left)


class Upkeep:
    """Does what is due every few seconds while its block is entered."""

    def __init__(self, *, storage: Storage, access: AccessStore, clock: Clock, files: UploadBytes) -> None:
        self._storage, self._access, self._clock, self._files = storage, access, clock, files
        self._worker: Task[None] | None = None
        self._caught_up = Event()

    async def __aenter__(self) -> Self:
        self._worker = create_task(self._work(), name="record list upkeep")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._worker is not None:
            self._worker.cancel()
            await gather(self._worker, return_exceptions=True)

    async def caught_up(self) -> None:
        """Wait until all that was due when the block was entered is done."""
        await self._caught_up.wait()

    async def once(self) -> None:
        """Do what is due now, for every account.

        Raises `Unavailable`; what goes wrong otherwise is in the log, and does not keep other accounts waiting.
        """
        for account in await self._access.accounts():
            try:
                await self._tidy(account.id)
            except Unavailable:
                raise
            except Exception:
                log.exception("record_list_upkeep_failed", account=account.id)

    async def _tidy(self, account: AccountId) -> None:
        records = await remove_released(account, storage=self._storage, clock=self._clock)
        files = await remove_unannounced_files(account, storage=self._storage, clock=self._clock, files=self._files)
        if records or files:
            log.info("record_lists_tidied", account=account, released_records=records, unannounced_files=files)

    async def _work(self) -> None:
        while True:
            try:
                await self.once()
            except Unavailable as error:
                log.warning("record_list_upkeep_waits", why=error.code)
            else:
                self._caught_up.set()
            await sleep(_PAUSE_SECONDS)
