"""Templates of calling hours: hours that campaigns begin with, kept once for all of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final, NewType
from uuid import UUID

from outdial.domain.campaigns import CallingWindow, DateException
from outdial.domain.errors import Conflict, NotFound

HourTemplateId = NewType("HourTemplateId", UUID)

LONGEST_NAME: Final = 60


@dataclass(frozen=True, slots=True)
class HourTemplate:
    """Hours under a name. They are copied into a campaign: what becomes of the template later does not touch it.

    Attributes:
        windows: at least one.
        exceptions: dates with other hours, each once, in order.
        holidays: regions on whose public holidays their time zones are closed, as in `domain.campaigns.Extensions`.
    """

    id: HourTemplateId
    name: str
    windows: tuple[CallingWindow, ...]
    created_at: datetime
    updated_at: datetime
    exceptions: tuple[DateException, ...] = ()
    holidays: tuple[str, ...] = ()


class HourTemplateNotFound(NotFound):
    code: ClassVar[str] = "hour-template-not-found"

    def __init__(self) -> None:
        super().__init__("there is no template of calling hours with this id")


class HourTemplateNameTaken(Conflict):
    code: ClassVar[str] = "hour-template-name-taken"

    def __init__(self) -> None:
        super().__init__("another template of calling hours of this account has this name")
