"""Public holidays, as the use cases ask for them."""

from collections.abc import Mapping
from typing import Protocol

from outdial.domain.calling_hours import HolidayCalendar


class Holidays(HolidayCalendar, Protocol):
    """Whose holidays are known, besides which days they are."""

    def knows(self, region: str) -> bool:
        """Whether the holidays of a country or of a part of it are known."""
        ...

    def regions(self) -> Mapping[str, tuple[str, ...]]:
        """The countries whose holidays are known, each with its parts that have holidays of their own."""
        ...
