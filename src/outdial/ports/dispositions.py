"""The dispositions of an account, as the use cases need them kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from outdial.domain.dispositions import Disposition, DispositionId


class DispositionStore(Protocol):
    async def add(self, disposition: Disposition) -> None:
        """Raises `DispositionNameTaken`; the unit of work goes on."""
        ...

    async def save(self, disposition: Disposition) -> None:
        """Raises `DispositionNameTaken`; the unit of work goes on."""
        ...

    async def retire(self, disposition_id: DispositionId, now: datetime) -> None: ...

    async def no_default(self, but: DispositionId) -> None:
        """Let no other disposition be the default."""
        ...

    async def get(self, disposition_id: DispositionId, *, lock: bool = False) -> Disposition | None:
        """`None` also for one that is retired."""
        ...

    async def default(self) -> Disposition | None: ...

    async def count(self) -> int: ...

    async def page(self, *, offset: int, limit: int) -> Sequence[Disposition]:
        """Those in use, by name."""
        ...
