"""Uploaded files are read in the background, one after the other, whatever they fill."""

from asyncio import Queue, Task, create_task
from collections.abc import Sequence
from typing import Final, Self

import structlog

from outdial.app.background import ended
from outdial.app.dnc_imports import import_entries
from outdial.app.imports import AlreadyRead, ImportReport, import_rows
from outdial.domain.errors import Unavailable
from outdial.domain.record_lists import ListKind, TooManyUploads, Upload
from outdial.domain.values import AccountId
from outdial.ports.clock import Clock, Ids
from outdial.ports.storage import Storage
from outdial.ports.uploads import UploadBytes

log = structlog.get_logger(__name__)

MOST_WAITING: Final = 100
"""Files that may wait to be read at a time."""
_PATIENCE_SECONDS: Final = 5.0


class Importer:
    """Reads uploaded files one after the other while its block is entered.

    What it has not finished when the block ends is left as it stands, and is taken up where it was by the next
    `resume`.
    """

    def __init__(self, *, storage: Storage, clock: Clock, ids: Ids, files: UploadBytes) -> None:
        self._storage, self._clock, self._ids, self._files = storage, clock, ids, files
        self._waiting: Queue[tuple[AccountId, Upload]] = Queue(MOST_WAITING)
        self._worker: Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._worker = create_task(self._work(), name="importer")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._worker is not None:
            await ended([self._worker])

    def check_room(self) -> None:
        """Raises `TooManyUploads`."""
        if self._waiting.full():
            raise TooManyUploads(f"{MOST_WAITING} files wait to be read: please try again later")

    def start(self, account: AccountId, upload: Upload) -> None:
        """Read a file as soon as those before it are done."""
        self.check_room()
        self._waiting.put_nowait((account, upload))

    async def resume(self, accounts: Sequence[AccountId]) -> None:
        """Take up what a server that stopped or crashed has left."""
        for account in accounts:
            async with self._storage.unit_of_work(account) as uow:
                left = await uow.uploads.unfinished()
            for upload in left:
                await self._waiting.put((account, upload))

    async def idle(self) -> None:
        """Wait until every file that was started is done."""
        await self._waiting.join()

    async def _work(self) -> None:
        while True:
            account, upload = await self._waiting.get()
            try:
                while not await self._tried(account, upload):
                    await self._clock.sleep(_PATIENCE_SECONDS)
            except AlreadyRead:
                log.info("import_left_to_another", upload_request_id=str(upload.id))
            except Exception:
                # One bad file must not keep the others from being read; the log has what we did wrong.
                log.exception("import_failed", upload_request_id=str(upload.id))
            finally:
                self._waiting.task_done()

    async def _tried(self, account: AccountId, upload: Upload) -> bool:
        """Whether the file is read; not while the database or the store of the bytes is away."""
        try:
            report = await self._read(account, upload)
        except Unavailable as error:
            log.warning("import_interrupted", upload_request_id=str(upload.id), why=error.code)
            return False
        log.info("import_done", upload_request_id=str(upload.id), status=report.status.value, rows=report.rows)
        return True

    async def _read(self, account: AccountId, upload: Upload) -> ImportReport:
        read = import_rows if upload.into is ListKind.RECORDS else import_entries
        async with self._files.text(upload.stored_as, upload.stored_tag) as source:
            report = await read(
                account,
                upload.list_id,
                source,
                storage=self._storage,
                clock=self._clock,
                ids=self._ids,
                upload_id=upload.id,
            )
        await self._files.remove(upload.stored_as)
        return report
