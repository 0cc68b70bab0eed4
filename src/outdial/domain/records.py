"""Records: from a row of text to people who can be called, or to the reason why not."""

import enum
import functools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NewType
from uuid import UUID

import phonenumbers

from outdial.domain.errors import NotFound
from outdial.domain.record_lists import UniqueBy
from outdial.domain.values import PhoneNumber, PhoneType, RecordListId
from outdial.domain.zones import ZoneNames, zone_name, zones_of_parsed

RecordId = NewType("RecordId", UUID)

DEFAULT_PRIORITY: Final = 5
"""The priority of a record that gives none and comes with others, in a file or in bulk."""
LONGEST_NAME: Final = 80
FEWEST_DIGITS: Final = 8
MOST_DIGITS: Final = 15
LONGEST_REFERENCE: Final = 255
"""Characters of an external id or provider: both are parts of one index entry."""


class RowKind(enum.Enum):
    """What is wrong with a row; where several things are, the first in this order is the row's kind."""

    WRONG_COLUMN_COUNT = "wrong_column_count"
    WRONG_TYPE = "wrong_type"
    MISSING_FIRST_NAME = "missing_first_name"
    MISSING_LAST_NAME = "missing_last_name"
    NAME_TOO_LONG = "name_too_long"
    NO_PHONE = "no_phone"
    PHONE_LETTERS = "phone_letters"
    PHONE_TOO_SHORT = "phone_too_short"
    PHONE_TOO_LONG = "phone_too_long"
    PHONE_INVALID = "phone_invalid"
    REPEATED_PHONE_TYPE = "repeated_phone_type"
    BAD_TIMEZONE = "bad_timezone"
    TIMEZONE_UNMATCHED = "timezone_unmatched"
    BAD_PRIORITY = "bad_priority"
    MISSING_EXTERNAL_REFERENCE = "missing_external_reference"
    BAD_EXTERNAL_REFERENCE = "bad_external_reference"
    BAD_EXPIRATION_DATE = "bad_expiration_date"
    REASON_TOO_LONG = "reason_too_long"
    RECORD_ON_CALL = "record_on_call"
    DUPLICATE_PHONE_NUMBER = "duplicate_phone_number"
    DUPLICATE_EXTERNAL_REFERENCE = "duplicate_external_reference"

    @property
    def rank(self) -> int:
        return _RANK[self]

    @property
    def is_duplicate(self) -> bool:
        """Nothing is wrong with the row by itself: the list has it already."""
        return self in (RowKind.DUPLICATE_PHONE_NUMBER, RowKind.DUPLICATE_EXTERNAL_REFERENCE)


_RANK: Final = {kind: rank for rank, kind in enumerate(RowKind)}

ROW_ERRORS: Final[Mapping[RowKind, str | Mapping[str, str]]] = {
    RowKind.WRONG_COLUMN_COUNT: "OTHER",
    RowKind.WRONG_TYPE: {
        "first_name": "FIRST_NAME_INVALID",
        "last_name": "LAST_NAME_INVALID",
        "phone_number": "PHONE_NUMBER_INVALID",
        "phone_numbers": "PHONE_NUMBER_INVALID",
        "timezone": "TIMEZONE_INVALID",
        "priority": "PRIORITY_INVALID",
    },
    RowKind.MISSING_FIRST_NAME: "FIRST_NAME_MISSING",
    RowKind.MISSING_LAST_NAME: "LAST_NAME_MISSING",
    RowKind.NAME_TOO_LONG: {"first_name": "FIRST_NAME_INVALID", "last_name": "LAST_NAME_INVALID"},
    RowKind.NO_PHONE: "PHONE_NUMBER_MISSING",
    RowKind.PHONE_LETTERS: "PHONE_NUMBER_INVALID",
    RowKind.PHONE_TOO_SHORT: "PHONE_NUMBER_INVALID",
    RowKind.PHONE_TOO_LONG: "PHONE_NUMBER_INVALID",
    RowKind.PHONE_INVALID: "PHONE_NUMBER_INVALID",
    RowKind.REPEATED_PHONE_TYPE: "OTHER",
    RowKind.BAD_TIMEZONE: "TIMEZONE_INVALID",
    RowKind.TIMEZONE_UNMATCHED: "TIMEZONE_UNMATCHED",
    RowKind.BAD_PRIORITY: "PRIORITY_INVALID",
    RowKind.MISSING_EXTERNAL_REFERENCE: "EXTERNAL_REF_MISSING",
    RowKind.BAD_EXTERNAL_REFERENCE: "OTHER",
    RowKind.BAD_EXPIRATION_DATE: "EXPIRATION_DATE_INVALID",
    RowKind.REASON_TOO_LONG: "OTHER",
    RowKind.RECORD_ON_CALL: "OTHER",
    RowKind.DUPLICATE_PHONE_NUMBER: "PHONE_NUMBER_NOT_UNIQUE",
    RowKind.DUPLICATE_EXTERNAL_REFERENCE: "OTHER",
}
"""The API's word for each kind; where a kind fits several members, by member, `OTHER` for the rest."""


def row_error(kind: RowKind, member: str) -> str:
    """The API's word for a kind of problem with a member, which may be a dotted path."""
    found = ROW_ERRORS[kind]
    return found if isinstance(found, str) else found.get(member.partition(".")[0], "OTHER")


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row is not taken.

    Args:
        line: the physical line of a file on which the row begins, the header being line 1; 0 outside files.
        column: the header of the column, or the JSON member.
        value: what stood there, as it came.
        code: the API's word for it.
    """

    line: int
    kind: RowKind
    column: str
    value: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class NewPhone:
    number: PhoneNumber
    type: PhoneType
    zones: ZoneNames


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A record that may be stored: `phones` in the order of the chain, the first is the one called first."""

    first_name: str
    last_name: str
    phones: tuple[NewPhone, ...]
    timezone: str | None
    priority: int
    external_provider: str | None = None
    external_id: str | None = None
    external_url: str | None = None
    sync_external_id: bool | None = None
    extra_data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """A stored record."""

    id: RecordId
    list_id: RecordListId
    first_name: str
    last_name: str
    phones: tuple[tuple[PhoneType, PhoneNumber], ...]
    timezone: str | None
    priority: int
    external_provider: str | None
    external_id: str | None
    external_url: str | None
    sync_external_id: bool | None
    extra_data: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime
    leaving: bool = False
    """Somebody wants it deleted, and it goes when its call is over."""


@dataclass(slots=True)
class Draft:
    """A row before it is judged: everything is text as it came, empty where nothing was given.

    Phones are (type, text) in the order of the chain; the member of a phone is its type's value.
    """

    first_name: str = ""
    last_name: str = ""
    phones: Sequence[tuple[PhoneType, str]] = ()
    timezone: str = ""
    priority: str | int = ""
    external_provider: str = ""
    external_id: str = ""
    external_url: str = ""
    sync_external_id: bool | None = None
    extra_data: Mapping[str, Any] = field(default_factory=dict)


@functools.lru_cache(maxsize=4096)
def read_number(text: str, country: str | None = None) -> phonenumbers.PhoneNumber | RowKind:
    """A number out of text, or what is wrong with it: international, or with a `country` as it is dialed there.

    Only the calling code and the length have to fit. Whether an area code is in use today is left to the carrier:
    number plans grow faster than tables of them, and a lead that is refused here is lost.

    The numbers of a row are asked after several times, and what they are is remembered: nobody may change it.

    Source:
        ITU-T E.164: at most 15 digits, the calling code included.
    """
    digits = 0
    for character in text:
        if character.isalpha():
            return RowKind.PHONE_LETTERS
        if "0" <= character <= "9":
            digits += 1
    region = None if text.startswith("+") else country
    # Within a country numbers are shorter, and some are dialed with a prefix: what is possible there is asked below.
    if digits < FEWEST_DIGITS and region is None:
        return RowKind.PHONE_TOO_SHORT
    if digits > MOST_DIGITS and region is None:
        return RowKind.PHONE_TOO_LONG
    if not (text.startswith("+") or region) or not _IN_NUMBERS.issuperset(text.removeprefix("+")):
        return RowKind.PHONE_INVALID
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return RowKind.PHONE_INVALID
    possible = phonenumbers.is_possible_number_with_reason(number)
    return number if possible == phonenumbers.ValidationResult.IS_POSSIBLE else RowKind.PHONE_INVALID


_IN_NUMBERS: Final = frozenset("0123456789 -.()/\u00a0")


def e164(number: phonenumbers.PhoneNumber) -> PhoneNumber:
    # The library's formatter looks the country's rules up for nothing: E.164 has none but these.
    return PhoneNumber(f"+{number.country_code}{phonenumbers.national_significant_number(number)}")


_SAYS: Final = {
    RowKind.MISSING_FIRST_NAME: "the first name is missing",
    RowKind.MISSING_LAST_NAME: "the last name is missing",
    RowKind.NAME_TOO_LONG: f"a name has at most {LONGEST_NAME} characters",
    RowKind.NO_PHONE: "no phone number is given",
    RowKind.PHONE_LETTERS: "a phone number has no letters",
    RowKind.PHONE_TOO_SHORT: f"a phone number has at least {FEWEST_DIGITS} digits",
    RowKind.PHONE_TOO_LONG: f"a phone number has at most {MOST_DIGITS} digits",
    RowKind.PHONE_INVALID: "not a number in international form, such as +12025550142",
    RowKind.REPEATED_PHONE_TYPE: "a record has at most one number of each type",
    RowKind.BAD_TIMEZONE: "not an IANA time zone, such as Europe/Lisbon",
    RowKind.TIMEZONE_UNMATCHED: "no time zone can be worked out from this number: give one",
    RowKind.BAD_PRIORITY: "a priority is a whole number from 1 to 10",
    RowKind.MISSING_EXTERNAL_REFERENCE: "this list needs an external id and an external provider",
    RowKind.BAD_EXTERNAL_REFERENCE: f"an external reference has at most {LONGEST_REFERENCE} characters",
    RowKind.RECORD_ON_CALL: "the record is on a call: its phone numbers can be changed when the call is over",
    RowKind.DUPLICATE_PHONE_NUMBER: "a record of this list has this number already",
    RowKind.DUPLICATE_EXTERNAL_REFERENCE: "a record of this list has this external reference already",
}


def problem(kind: RowKind, member: str, value: object = "", message: str | None = None) -> RowProblem:
    """A problem with a member of a row that stands in no file."""
    return RowProblem(0, kind, member, str(value), row_error(kind, member), message or _SAYS[kind])


def read_priority(given: str | int, default: int) -> int | None:
    """A priority of 1..10, the default when none is given, None when it is wrong."""
    if given == "":
        return default
    text = str(given)
    if not (text.isascii() and text.isdecimal() and len(text) <= 2):
        return None
    return int(text) if 1 <= int(text) <= 10 else None


def judge(
    draft: Draft, *, unique_by: UniqueBy, default_priority: int = DEFAULT_PRIORITY, country: str | None = None
) -> NewRecord | list[RowProblem]:
    """A record that may be stored, or all that is wrong with it, the most important first.

    With a `country`, numbers that have none in front are numbers of that one. Whether the list has the record already
    is not asked here.
    """
    problems: list[RowProblem] = []
    first_name, last_name = draft.first_name.strip(), draft.last_name.strip()
    if not first_name:
        problems.append(problem(RowKind.MISSING_FIRST_NAME, "first_name", draft.first_name))
    elif len(first_name) > LONGEST_NAME:
        problems.append(problem(RowKind.NAME_TOO_LONG, "first_name", draft.first_name))
    if not last_name:
        problems.append(problem(RowKind.MISSING_LAST_NAME, "last_name", draft.last_name))
    elif len(last_name) > LONGEST_NAME:
        problems.append(problem(RowKind.NAME_TOO_LONG, "last_name", draft.last_name))

    timezone = None
    if given_zone := draft.timezone.strip():
        timezone = zone_name(given_zone)
        if timezone is None:
            problems.append(problem(RowKind.BAD_TIMEZONE, "timezone", draft.timezone))

    phones: list[NewPhone] = []
    types = set()
    for phone_type, given in draft.phones:
        if not (text := given.strip()):
            continue
        if phone_type in types:
            problems.append(problem(RowKind.REPEATED_PHONE_TYPE, phone_type.value, given))
        types.add(phone_type)
        number = read_number(text, country)
        if isinstance(number, RowKind):
            problems.append(problem(number, phone_type.value, given))
            continue
        zones = (timezone,) if timezone else zones_of_parsed(number)
        if not zones and not given_zone:
            problems.append(problem(RowKind.TIMEZONE_UNMATCHED, phone_type.value, given))
        phones.append(NewPhone(e164(number), phone_type, zones))
    if not types:
        problems.append(problem(RowKind.NO_PHONE, "phone_number"))

    priority = read_priority(
        draft.priority if isinstance(draft.priority, int) else draft.priority.strip(), default_priority
    )
    if priority is None:
        problems.append(problem(RowKind.BAD_PRIORITY, "priority", draft.priority))

    provider, external_id = draft.external_provider.strip(), draft.external_id.strip()
    for member, reference in (("external_id", external_id), ("external_provider", provider)):
        if unique_by is UniqueBy.EXTERNAL and not reference:
            problems.append(problem(RowKind.MISSING_EXTERNAL_REFERENCE, member))
        elif len(reference) > LONGEST_REFERENCE:
            problems.append(problem(RowKind.BAD_EXTERNAL_REFERENCE, member, reference))

    if problems or priority is None:
        return in_order(problems)
    return NewRecord(
        first_name,
        last_name,
        tuple(phones),
        timezone,
        priority,
        provider or None,
        external_id or None,
        draft.external_url or None,
        draft.sync_external_id,
        draft.extra_data,
    )


def in_order(problems: Iterable[RowProblem]) -> list[RowProblem]:
    """Problems of one row, the one that names its kind first."""
    return sorted(problems, key=lambda found: found.kind.rank)


def keys_of(record: NewRecord, unique_by: UniqueBy) -> list[tuple[str, ...]]:
    """What no other record of the list may have: its numbers, its external reference, or nothing."""
    match unique_by:
        case UniqueBy.PHONE_NUMBER:
            return [(phone.number,) for phone in record.phones]
        case UniqueBy.EXTERNAL:
            return [(record.external_provider or "", record.external_id or "")]
        case UniqueBy.NOTHING:
            return []


def duplicate(record: NewRecord, unique_by: UniqueBy, taken: Collection[tuple[str, ...]]) -> RowProblem | None:
    """The problem of a record of which a key is among those that are taken; None when it is new."""
    for place, key in enumerate(keys_of(record, unique_by)):
        if key in taken:
            if unique_by is UniqueBy.EXTERNAL:
                return problem(RowKind.DUPLICATE_EXTERNAL_REFERENCE, "external_id", key[1])
            phone = record.phones[place]
            return problem(RowKind.DUPLICATE_PHONE_NUMBER, phone.type.value, phone.number)
    return None


def _numbers_of(draft: Draft) -> Iterator[tuple[PhoneType, PhoneNumber]]:
    for phone_type, given in draft.phones:
        if (text := given.strip()) and not isinstance(number := read_number(text), RowKind):
            yield phone_type, e164(number)


def keys_of_draft(draft: Draft, unique_by: UniqueBy) -> list[tuple[str, ...]]:
    """As `keys_of`, of a row that may have other things wrong with it."""
    match unique_by:
        case UniqueBy.PHONE_NUMBER:
            return [(number,) for _, number in _numbers_of(draft)]
        case UniqueBy.EXTERNAL:
            key = (draft.external_provider.strip(), draft.external_id.strip())
            return [key] if all(key) else []
        case UniqueBy.NOTHING:
            return []


def duplicates_of(draft: Draft, unique_by: UniqueBy, taken: Collection[tuple[str, ...]]) -> list[RowProblem]:
    """As `duplicate`, of a row that may have other things wrong with it: one problem for each key that is taken."""
    if unique_by is UniqueBy.PHONE_NUMBER:
        return [
            problem(RowKind.DUPLICATE_PHONE_NUMBER, phone_type.value, number)
            for phone_type, number in _numbers_of(draft)
            if (number,) in taken
        ]
    return [
        problem(RowKind.DUPLICATE_EXTERNAL_REFERENCE, "external_id", key[1])
        for key in keys_of_draft(draft, unique_by)
        if key in taken
    ]


class RecordNotFound(NotFound):
    code = "record-not-found"

    def __init__(self, record_id: object) -> None:
        super().__init__(f"there is no record {record_id} in this list")
