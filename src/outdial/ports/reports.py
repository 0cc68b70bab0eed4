"""Report jobs and their files, as the use cases need them kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from outdial.domain.reports import LoggedCall, ReportJob, ReportJobId


class ReportStore(Protocol):
    """Report jobs of one account."""

    async def count_open(self) -> int:
        """How many jobs wait or run; nobody else begins one until this unit of work ends."""
        ...

    async def add(self, job: ReportJob) -> None: ...

    async def get(self, job_id: ReportJobId) -> ReportJob:
        """Raises `ReportJobNotFound`."""
        ...

    async def page(self, *, offset: int, limit: int) -> tuple[int, list[ReportJob]]:
        """How many jobs there are, and one page of them, the newest first."""
        ...

    async def claim(self, now: datetime, until: datetime) -> ReportJob | None:
        """Take the oldest job that waits, or whose writer said nothing for too long; pieces of its file are gone.

        It counts as being written until `until`. `tries` of the answer counts this one, and must be shown to `put`
        and `finish`.
        """
        ...

    async def calls(self, job: ReportJob, *, after: tuple[datetime, int] | None, limit: int) -> Sequence[LoggedCall]:
        """A page of the job's calls in the order of their start; `after` names the last one of the page before."""
        ...

    async def put(self, job: ReportJob, place: int, data: bytes, until: datetime) -> bool:
        """Store a piece of the file; False: another writer has taken the job over, and nothing was stored."""
        ...

    async def finish(self, job: ReportJob) -> None:
        """Store the job's status and when it was done, unless another writer has taken it over."""
        ...

    async def piece(self, job_id: ReportJobId, place: int) -> bytes | None:
        """A piece of a file, counted from 0; None after the last one."""
        ...

    async def forget(self, done_before: datetime) -> int:
        """Remove files that were done before, and say so in their jobs; answers how many."""
        ...
