"""The shapes of requests and answers, in the API's own words; members that the API leaves out may be missing here too.

Answers may have more members than are named: a newer server tells more.
"""

from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, NotRequired, TypedDict, TypeVar

T = TypeVar("T")

AssignedKind = Literal["record-lists", "do-not-call-lists", "users", "numbers"]
ListKind = Literal["record-lists", "do-not-call-lists"]
UniqueBy = Literal["PHONE_NUMBER", "EXTERNAL", "NOTHING"]
Duplicates = Literal["REFUSE", "UPDATE"]
"""What becomes of a row of which the list has the record already."""

FINAL_LIST_STATUSES: Final = frozenset({"ACCEPTED", "REJECTED", "CORRUPTED"})
"""Of a record list whose first file has been read."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a collection; pages count from 1, `total` counts the items of all of them."""

    items: list[T]
    total: int
    page: int
    total_pages: int


class Campaign(TypedDict):
    id: str
    name: str
    status: str
    priority: int
    run_once: bool
    action_required: bool
    created_at: str
    dialing_mode: NotRequired[str]
    dialing_mode_configuration: NotRequired[dict[str, Any]]
    dialing_strategy: NotRequired[dict[str, Any]]


class CampaignFilter(TypedDict, total=False):
    """Which campaigns; instants are RFC 3339, `order_by` is a column, bare or with `:asc` or `:desc`."""

    name: str
    search: str
    status: str
    dialing_mode: str
    priority: int
    action_required: bool
    user_id: str
    record_list_id: str
    do_not_call_list_id: str
    created_at_from: str
    created_at_to: str
    order_by: str
    fields: str


class Progress(TypedDict):
    total: int
    final: int
    reasons: dict[str, int]


class Activity(TypedDict):
    """What a campaign is really doing; `activity` is missing while nobody asked for it to run."""

    status: str
    reason: str
    attempts: int
    outcomes: dict[str, int]
    records: Progress
    activity: NotRequired[str]


class Reason(TypedDict):
    """A rule and how many records it binds; `next_at` is when the first of them can be dialed, if that is known."""

    reason: str
    description: str
    records: int
    next_at: NotRequired[str]


class Reasons(TypedDict):
    """Every record of a campaign's lists under exactly one rule; `campaign` is what it is doing as a whole."""

    total: int
    campaign: dict[str, Any]
    reasons: list[Reason]


class RecordWhy(TypedDict):
    """Why one record is or is not dialed; `place` counts from 1 among those who are next."""

    record_id: str
    record_list_id: str
    reason: str
    description: str
    priority: int
    attempts: int
    next_at: NotRequired[str]
    place: NotRequired[int]
    phone_number: NotRequired[str]
    last_attempt: NotRequired[dict[str, Any]]
    campaign: NotRequired[dict[str, Any]]


class NextRecords(TypedDict):
    count: int
    records: list[RecordWhy]


class Assigned(TypedDict):
    id: str
    phone_number: NotRequired[str]


class NumberToAssign(TypedDict, total=False):
    """A thing to assign: by `id`, or a caller id by its number in E.164."""

    id: str
    phone_number: str


class RecordList(TypedDict):
    id: str
    name: str
    status: str
    unique_identifier_type: str
    records_count: int
    created_at: str
    updated_at: str
    signed_url: NotRequired[str]


class UploadRequest(TypedDict):
    id: str
    record_list_id: str
    status: str
    signed_url: NotRequired[str]


class Upload(TypedDict):
    """A file that was sent to a list: how far it has been read, and what became of its rows."""

    id: str
    record_list_id: NotRequired[str]
    status: str
    rows_done: int
    rows_total: NotRequired[int]
    accepted: int
    updated: int
    """Rows that updated a record which the list had already."""
    rejected: int
    """Without the duplicates."""
    duplicates: int
    by_kind: dict[str, int]
    corrupted: NotRequired[str]
    """Why nothing could be read."""


class Check(TypedDict):
    """What an import of a file would report."""

    rows: int
    accepted: int
    updated: int
    """Rows that updated a record which the list had already."""
    rejected: int
    """Without the duplicates."""
    duplicates: int
    by_kind: dict[str, int]
    on_do_not_call_lists: int
    corrupted: NotRequired[str]
    """Why nothing can be read."""


class Phone(TypedDict):
    phone_number: str
    phone_type: str


class Record(TypedDict):
    id: str
    record_list_id: str
    phone_numbers: list[Phone]
    first_name: str
    last_name: str
    priority: int
    created_at: str
    updated_at: str
    phone_number: NotRequired[str]
    timezone: NotRequired[str]
    extra_data: NotRequired[dict[str, Any]]
    external_provider: NotRequired[str]
    external_id: NotRequired[str]
    external_url: NotRequired[str]


class RecordFilter(TypedDict, total=False):
    """Which records; several priorities or time zones are separated by commas, `*` stands for anything in `search`."""

    phone_number: str
    upload_request_id: str
    search: str
    search_fields: str
    priorities: str
    timezones: str
    updated_at_from: str
    updated_at_to: str
    order_by: str


class NewRecord(TypedDict, total=False):
    """A record as it is sent: both names, and `phone_numbers` or one `phone_number`, are needed."""

    first_name: str
    last_name: str
    phone_numbers: list[Phone]
    phone_number: str
    timezone: str
    priority: int
    extra_data: dict[str, Any]
    external_provider: str
    external_id: str
    external_url: str
    sync_external_id: bool


class RefusedRecord(TypedDict):
    """A record of a bulk that was not stored: what was sent of it, and why, in words such as `PHONE_NUMBER_INVALID`."""

    errors: list[str]
    first_name: NotRequired[str]
    last_name: NotRequired[str]
    phone_numbers: NotRequired[list[Phone]]
    external_id: NotRequired[str]


class Team(TypedDict):
    id: str
    name: str


class Callback(TypedDict):
    """A scheduled callback; a read of it alone tells more."""

    callback_id: str
    status: str
    campaign_id: str
    record_id: str
    phone_number: str
    next_time_to_call: str
    assign_type: str
    created_at: str
    timezone: NotRequired[str]


class CallbackFilter(TypedDict, total=False):
    """Which callbacks; instants are RFC 3339, ids and names that may be several are separated by commas."""

    phone_number: str
    campaign_id: str
    record_id: str
    status: str
    agent_id: str
    team_id: str
    ring_group: str
    start_time: str
    end_time: str


class DncList(TypedDict):
    id: str
    name: str
    status: str
    entries_count: int
    created_at: str
    updated_at: str


class DncEntry(TypedDict):
    id: str
    do_not_call_list_id: str
    phone_number: str
    created_at: str
    updated_at: str
    reason: NotRequired[str]
    expiration_date: NotRequired[str]
