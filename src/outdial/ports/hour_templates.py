"""The templates of calling hours of an account, as the use cases need them kept."""

from collections.abc import Sequence
from typing import Protocol

from outdial.domain.hour_templates import HourTemplate, HourTemplateId


class HourTemplateStore(Protocol):
    async def add(self, template: HourTemplate) -> None:
        """Raises `HourTemplateNameTaken`; the unit of work goes on."""
        ...

    async def save(self, template: HourTemplate) -> None:
        """Raises `HourTemplateNameTaken`; the unit of work goes on."""
        ...

    async def remove(self, template_id: HourTemplateId) -> None: ...

    async def get(self, template_id: HourTemplateId, *, lock: bool = False) -> HourTemplate | None: ...

    async def count(self) -> int: ...

    async def page(self, *, offset: int, limit: int) -> Sequence[HourTemplate]:
        """Those of the account, by name."""
        ...
