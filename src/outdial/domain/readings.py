"""How a file of records is to be read: what its bytes and columns mean, and what holds for rows that do not say."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import phonenumbers

from outdial.domain.values import PhoneType


class Encoding(enum.Enum):
    UTF_8 = "UTF-8"
    """With or without a byte order mark."""
    UTF_16 = "UTF-16"
    """With one."""
    WINDOWS_1252 = "WINDOWS-1252"


SEPARATORS: Final = (",", ";", "\t", "|")
COUNTRIES: Final = frozenset(phonenumbers.SUPPORTED_REGIONS)
"""Two capital letters each, as in ISO 3166-1."""


class ColumnUse(enum.Enum):
    """What a column of a file becomes."""

    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    MOBILE = PhoneType.MOBILE.value
    HOME = PhoneType.HOME.value
    OFFICE = PhoneType.OFFICE.value
    EXTRA_1 = PhoneType.EXTRA_1.value
    EXTRA_2 = PhoneType.EXTRA_2.value
    EXTRA_3 = PhoneType.EXTRA_3.value
    EXTERNAL_ID = "external_id"
    EXTERNAL_PROVIDER = "external_provider"
    TIMEZONE = "timezone"
    PRIORITY = "priority"
    EXTRA_DATA = "extra_data"
    """Kept with the record under its own name."""
    LEAVE_OUT = "leave_out"

    @property
    def phone_type(self) -> PhoneType | None:
        return _PHONE_TYPES.get(self.value)

    @property
    def is_member(self) -> bool:
        """Whether at most one column of a file can be this."""
        return self not in (ColumnUse.EXTRA_DATA, ColumnUse.LEAVE_OUT)


class DuplicateRule(enum.Enum):
    """What becomes of a row of which the list has the record already."""

    REFUSE = "REFUSE"
    UPDATE = "UPDATE"
    """The record gets what the row gives. What is known of its calls stays."""


_PHONE_TYPES: Final = {kind.value: kind for kind in PhoneType}


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read; without any word of the client's as the compatible API reads it.

    Args:
        columns: what each column becomes, in their order; None: what their names say.
        timezone: of records that give none; None: the zones of their numbers.
        country: of numbers without a country in front; None: such a number is wrong.
        duplicates: what becomes of rows of records that the list has.
    """

    encoding: Encoding = Encoding.UTF_8
    separator: str = ","
    columns: tuple[ColumnUse, ...] | None = None
    timezone: str | None = None
    country: str | None = None
    duplicates: DuplicateRule = DuplicateRule.REFUSE

    def as_json(self) -> dict[str, Any]:
        columns = None if self.columns is None else [use.value for use in self.columns]
        return {
            "encoding": self.encoding.value,
            "separator": self.separator,
            "columns": columns,
            "timezone": self.timezone,
            "country": self.country,
            "duplicates": self.duplicates.value,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        columns = stored["columns"]
        return cls(
            Encoding(stored["encoding"]),
            stored["separator"],
            None if columns is None else tuple(ColumnUse(use) for use in columns),
            stored["timezone"],
            stored["country"],
            DuplicateRule(stored.get("duplicates", DuplicateRule.REFUSE.value)),
        )
