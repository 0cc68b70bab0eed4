"""Reports: asked for, written in the background, handed out under signed addresses."""

import base64
import binascii
import hmac
import secrets
from asyncio import Event, Task, create_task, sleep, timeout
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final, Self
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from outdial.app.background import ended
from outdial.app.campaigns import uuid_of
from outdial.domain.access import Principal
from outdial.domain.errors import Unavailable
from outdial.domain.reports import (
    ADDRESS_LIFETIME,
    FILE_LIFETIME,
    MOST_JOBS,
    MOST_TRIES,
    ReportAddressRefused,
    ReportFileNotFound,
    ReportFormat,
    ReportJob,
    ReportJobId,
    ReportJobNotFound,
    ReportStatus,
    ReportText,
    ReportTimezoneUnknown,
    TooManyReportJobs,
    check_span,
)
from outdial.domain.values import AccountId
from outdial.domain.zones import zone_name
from outdial.ports.clock import Clock, Ids
from outdial.ports.storage import Storage, UnitOfWork
from outdial.ports.tokens import AccessStore

log = structlog.get_logger(__name__)

ROWS_AT_ONCE: Final = 1_000
"""Calls that are read and stored in one transaction."""
_HELD: Final = timedelta(minutes=1)
"""A writer that stores nothing for so long counts as dead."""
_PAUSE_SECONDS: Final = 2.0
_SIGNATURE_BYTES: Final = 32
_TOKEN_BYTES: Final = 8 + 16 + 8 + _SIGNATURE_BYTES
_HIGHEST_ACCOUNT: Final = 2**31 - 1


async def create(
    *,
    name: str,
    timezone: str,
    form: ReportFormat,
    begins: datetime,
    ends: datetime,
    by: Principal,
    storage: Storage,
    clock: Clock,
    ids: Ids,
) -> ReportJob:
    """Ask for a report; bounds without an offset are in its time zone.

    Raises:
        ReportTimezoneUnknown, ReportBoundsReversed, ReportSpanTooLong: nothing was stored.
        TooManyReportJobs: try again later.
    """
    known = zone_name(timezone)
    if known is None:
        raise ReportTimezoneUnknown
    zone = ZoneInfo(known)
    begins, ends = (at.replace(tzinfo=zone) if at.tzinfo is None else at for at in (begins, ends))
    check_span(begins, ends, zone)
    job = ReportJob(
        ReportJobId(ids.new("report_job")),
        name,
        known,
        form,
        begins.astimezone(UTC),
        ends.astimezone(UTC),
        ReportStatus.CREATED,
        secrets.token_bytes(_SIGNATURE_BYTES),
        clock.now(),
    )
    async with storage.unit_of_work(by.account) as uow:
        if await uow.reports.count_open() >= MOST_JOBS:
            raise TooManyReportJobs
        await uow.reports.add(job)
    return job


async def get(job_id: str, *, by: Principal, storage: Storage) -> ReportJob:
    """Raises `ReportJobNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        return await _found(uow, job_id)


async def listed(*, offset: int, limit: int, by: Principal, storage: Storage) -> tuple[int, Sequence[ReportJob]]:
    """How many jobs there are, and one page of them, the newest first."""
    async with storage.unit_of_work(by.account) as uow:
        return await uow.reports.page(offset=offset, limit=limit)


# The file ------------------------------------------------------------------------------------------------------------


async def address(job_id: str, *, by: Principal, storage: Storage, clock: Clock) -> str:
    """The secret part of an address under which a file can be fetched for a while, without any other permission.

    Raises:
        ReportFileNotFound: there is no such job, or it has no file.
    """
    async with storage.unit_of_work(by.account) as uow:
        try:
            job = await _found(uow, job_id)
        except ReportJobNotFound:
            raise ReportFileNotFound(job_id) from None
    if job.status is not ReportStatus.DONE:
        raise ReportFileNotFound(job_id)
    until = int((clock.now() + ADDRESS_LIFETIME).timestamp())
    said = by.account.to_bytes(8, "big") + job.id.bytes + until.to_bytes(8, "big")
    return base64.urlsafe_b64encode(said + _signature(job, said)).decode()


async def opened(token: str, *, storage: Storage, clock: Clock) -> tuple[ReportJob, AsyncIterator[bytes]]:
    """The job and the bytes of the file that an address leads to.

    Raises:
        ReportAddressRefused: the address is forged or out of date.
        ReportFileNotFound: the file is no longer kept.
    """
    parts = b""
    with suppress(ValueError, binascii.Error):
        parts = base64.b64decode(token, altchars=b"-_", validate=True)
    said, signature = parts[:-_SIGNATURE_BYTES], parts[-_SIGNATURE_BYTES:]
    number = int.from_bytes(said[:8], "big")
    if len(parts) != _TOKEN_BYTES or number > _HIGHEST_ACCOUNT:
        raise ReportAddressRefused
    account, job_id = AccountId(number), ReportJobId(UUID(bytes=said[8:24]))
    async with storage.unit_of_work(account) as uow:
        try:
            job = await uow.reports.get(job_id)
        except ReportJobNotFound:
            raise ReportAddressRefused from None
    in_time = clock.now().timestamp() < int.from_bytes(said[24:32], "big")
    if not hmac.compare_digest(signature, _signature(job, said)) or not in_time:
        raise ReportAddressRefused
    if job.status is not ReportStatus.DONE:
        raise ReportFileNotFound(job_id)
    return job, _pieces(account, job.id, storage)


async def _pieces(account: AccountId, job_id: ReportJobId, storage: Storage) -> AsyncIterator[bytes]:
    """The file piece by piece, so that a long one is never in memory as a whole."""
    for place in count():
        async with storage.unit_of_work(account) as uow:
            data = await uow.reports.piece(job_id, place)
        if data is None:
            return
        yield data


def _signature(job: ReportJob, said: bytes) -> bytes:
    return hmac.digest(job.secret, said, "sha256")


async def _found(uow: UnitOfWork, job_id: str) -> ReportJob:
    uuid = uuid_of(job_id)
    if uuid is None:
        raise ReportJobNotFound(job_id)
    return await uow.reports.get(ReportJobId(uuid))


# In the background ---------------------------------------------------------------------------------------------------


class ReportWriter:
    """Writes the files of report jobs one after the other while its block is entered, and forgets old ones.

    Several servers may do so on one database: each job is taken by one of them, and taken over when that one falls
    silent.
    """

    def __init__(
        self, *, storage: Storage, access: AccessStore, clock: Clock, rows_at_once: int = ROWS_AT_ONCE
    ) -> None:
        self._storage, self._access, self._clock, self._rows_at_once = storage, access, clock, rows_at_once
        self._asked = Event()
        self._worker: Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._worker = create_task(self._work(), name="report writer")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._worker is not None:
            await ended([self._worker])

    def wake(self) -> None:
        """Look for jobs at once."""
        self._asked.set()

    async def once(self) -> int:
        """Write all files that are asked for and forget those that were kept long enough; how many were written.

        Raises `Unavailable`: what was begun is begun anew later.
        """
        written = 0
        for account in await self._access.accounts():
            async with self._storage.unit_of_work(account.id) as uow:
                await uow.reports.forget(self._clock.now() - FILE_LIFETIME)
            while (job := await self._claimed(account.id)) is not None:
                written += await self._write(account.id, job)
        return written

    async def _claimed(self, account: AccountId) -> ReportJob | None:
        now = self._clock.now()
        async with self._storage.unit_of_work(account) as uow:
            return await uow.reports.claim(now, now + _HELD)

    async def _write(self, account: AccountId, job: ReportJob) -> bool:
        status, rows = ReportStatus.FAILED, 0
        if job.tries <= MOST_TRIES:
            try:
                rows = await self._write_pieces(account, job)
                status = ReportStatus.DONE
            except _TakenOver:
                log.info("report_left_to_another", report_job_id=str(job.id))
                return False
            except Unavailable:
                raise
            except Exception:
                # One bad job must not keep the others from being written; the log has what we did wrong.
                log.exception("report_failed", report_job_id=str(job.id))
        async with self._storage.unit_of_work(account) as uow:
            await uow.reports.finish(replace(job, status=status, done_at=self._clock.now()))
        log.info("report_done", report_job_id=str(job.id), status=status.value, rows=rows)
        return status is ReportStatus.DONE

    async def _write_pieces(self, account: AccountId, job: ReportJob) -> int:
        text = ReportText(job.format, job.timezone)
        waiting, after, rows, place = text.opening(), None, 0, 0
        while True:
            async with self._storage.unit_of_work(account) as uow:
                calls = await uow.reports.calls(job, after=after, limit=self._rows_at_once)
                whole = len(calls) < self._rows_at_once
                waiting += text.rows(calls) + (text.closing() if whole else "")
                held = await uow.reports.put(job, place, waiting.encode(), self._clock.now() + _HELD)
                if not held:
                    raise _TakenOver
            rows += len(calls)
            if whole:
                return rows
            waiting, place, after = "", place + 1, (calls[-1].started_at, calls[-1].place)

    async def _work(self) -> None:
        while True:
            self._asked.clear()
            try:
                await self.once()
            except Unavailable as error:
                log.warning("reports_wait", why=error.code)
                await sleep(_PAUSE_SECONDS)
            except Exception:
                # It is tried again: jobs stay where they are.
                log.exception("reports_failed")
                await sleep(_PAUSE_SECONDS)
            with suppress(TimeoutError):
                async with timeout(_PAUSE_SECONDS):
                    await self._asked.wait()


class _TakenOver(Exception):
    """Another writer has the job."""
