"""What has to be done for record lists some time after somebody asked for it, or because nobody did."""

from asyncio import Event, Task, create_task, sleep
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Final, Self

import structlog

from outdial.app.background import ended
from outdial.app.dnc import begin_file
from outdial.app.importer import Importer
from outdial.app.records import remove_released
from outdial.domain.errors import Conflict, Invalid, Unavailable
from outdial.domain.record_lists import UPLOAD_LIFETIME, ListKind
from outdial.domain.values import AccountId
from outdial.ports.clock import Clock
from outdial.ports.storage import Storage
from outdial.ports.tokens import AccessStore
from outdial.ports.uploads import UploadBytes

log = structlog.get_logger(__name__)

_PAUSE_SECONDS: Final = 2.0
"""Records whose deletion had to wait are gone within 5 s after their call."""
_SWEEP_SECONDS: Final = 600.0
REJECTS_ARE_KEPT: Final = timedelta(days=30)
"""How long the rows of a file that were not taken can be asked for: they name people."""
EXPIRED_IS_KEPT: Final = timedelta(days=1)
"""How long a token that has run out can still be looked up by those who wonder why it stopped working."""


async def remove_unannounced_files(account: AccountId, *, storage: Storage, clock: Clock, files: UploadBytes) -> int:
    """Remove files that were sent and never said to be complete before their address expired; answers how many.

    They hold people's names and numbers, and nothing would ever read them.
    """
    async with storage.unit_of_work(account) as uow:
        now = clock.now()
        left = await uow.uploads.unannounced(now)
        for upload in left:
            await uow.uploads.save(replace(upload, stored_bytes=None), now)
        # Before the commit: after a crash in between they are found and removed again, not kept for ever.
        for upload in left:
            await files.remove(upload.stored_as)
    return len(left)


async def remove_leftover_files(*, storage: Storage, access: AccessStore, clock: Clock, files: UploadBytes) -> int:
    """Remove files that nobody will read: begun and never finished, read already, or of uploads that are gone.

    Those that changed a short while ago stay: a file is there before it is known that it is wanted.
    """
    now = clock.now()
    names = {one.name for one in await files.kept() if one.changed_at < now - UPLOAD_LIFETIME}
    for account in await access.accounts() if names else ():
        async with storage.unit_of_work(account.id) as uow:
            names -= await uow.uploads.wanted(names, now)
    for name in sorted(names):
        await files.remove(name)
    return len(names)


async def begin_dnc_files(
    account: AccountId, *, storage: Storage, clock: Clock, files: UploadBytes, importer: Importer
) -> None:
    """Let files of do-not-call lists be read of which nobody says that they are there: no client has to."""
    async with storage.unit_of_work(account) as uow:
        awaited = await uow.uploads.awaited(ListKind.DNC, clock.now())
    for upload in awaited:
        # What is wrong with a file is told to the client that announces it; here it is only not read.
        with suppress(Invalid, Conflict):
            await begin_file(account, upload, storage=storage, clock=clock, files=files, importer=importer)


class Upkeep:
    """Does what is due every few seconds while its block is entered."""

    def __init__(
        self,
        *,
        storage: Storage,
        access: AccessStore,
        clock: Clock,
        files: UploadBytes,
        importer: Importer | None = None,
    ) -> None:
        self._storage, self._access, self._clock, self._files = storage, access, clock, files
        self._importer = importer
        self._swept_at: float | None = None
        self._worker: Task[None] | None = None
        self._caught_up = Event()

    async def __aenter__(self) -> Self:
        self._worker = create_task(self._work(), name="record list upkeep")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._worker is not None:
            await ended([self._worker])

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
        if self._swept_at is None or self._clock.monotonic() - self._swept_at >= _SWEEP_SECONDS:
            await self._sweep()
            self._swept_at = self._clock.monotonic()

    async def _tidy(self, account: AccountId) -> None:
        records = await remove_released(account, storage=self._storage, clock=self._clock)
        files = await remove_unannounced_files(account, storage=self._storage, clock=self._clock, files=self._files)
        if records or files:
            log.info("record_lists_tidied", account=account, released_records=records, unannounced_files=files)

        if self._importer is not None:
            await begin_dnc_files(
                account, storage=self._storage, clock=self._clock, files=self._files, importer=self._importer
            )

    async def _sweep(self) -> None:
        """What need not be done every few seconds."""
        now = self._clock.now()
        files = await remove_leftover_files(
            storage=self._storage, access=self._access, clock=self._clock, files=self._files
        )
        rejects = 0
        for account in await self._access.accounts():
            async with self._storage.unit_of_work(account.id) as uow:
                rejects += await uow.uploads.forget_rejects(now - REJECTS_ARE_KEPT)
        tokens = await self._access.forget_expired(now - EXPIRED_IS_KEPT)
        if files or rejects or tokens:
            log.info("swept", leftover_files=files, rejects=rejects, expired_tokens=tokens)

    async def _work(self) -> None:
        while True:
            try:
                await self.once()
            except Unavailable as error:
                log.warning("record_list_upkeep_waits", why=error.code)
            except Exception:
                log.exception("record_list_upkeep_failed")
            else:
                self._caught_up.set()
            await sleep(_PAUSE_SECONDS)
