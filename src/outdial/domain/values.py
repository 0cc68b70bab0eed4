"""Words that every part of the domain shares: phone numbers, phone types, the identity of things."""

import enum
from typing import Final, NewType
from uuid import UUID

AccountId = NewType("AccountId", int)
CampaignId = NewType("CampaignId", UUID)
RecordListId = NewType("RecordListId", UUID)
UserId = NewType("UserId", UUID)

PhoneNumber = NewType("PhoneNumber", str)
"""A number in E.164 with its plus sign, such as `+12025550142`."""

HOT_LEAD: Final = 11
"""The priority of a record that was added alone without one: above every other."""


class PhoneType(enum.Enum):
    """What a record's phone is; `code` is the stored form and never changes its meaning."""

    MOBILE = "MOBILE"
    HOME = "HOME"
    OFFICE = "OFFICE"
    EXTRA_1 = "EXTRA_1"
    EXTRA_2 = "EXTRA_2"
    EXTRA_3 = "EXTRA_3"

    @property
    def code(self) -> int:
        return _CODE_OF_TYPE[self]

    @classmethod
    def of_code(cls, code: int) -> "PhoneType":
        return _TYPE_OF_CODE[code]


_CODE_OF_TYPE: Final = {
    PhoneType.MOBILE: 1,
    PhoneType.HOME: 2,
    PhoneType.OFFICE: 3,
    PhoneType.EXTRA_1: 4,
    PhoneType.EXTRA_2: 5,
    PhoneType.EXTRA_3: 6,
}
_TYPE_OF_CODE: Final = {code: kind for kind, code in _CODE_OF_TYPE.items()}


def number_to_int(number: PhoneNumber) -> int:
    """The digits of an E.164 number as an integer: how it is stored and compared."""
    return int(number[1:])


def number_from_int(digits: int) -> PhoneNumber:
    return PhoneNumber(f"+{digits}")
