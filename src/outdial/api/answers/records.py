"""Records of a list, as they are sent and as the API shows them."""

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from outdial.api.answers.lists import FailedDeletions
from outdial.api.describe import AN_ID, Count, Id, InstantShown, LinkShown, PhoneSent, PhoneShown, Shown, ZoneSent
from outdial.api.shapes import Shape
from outdial.domain.records import LONGEST_NAME, LONGEST_REFERENCE, ROW_ERRORS
from outdial.domain.values import HOT_LEAD, PhoneType

PersonName = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, pattern=r"\S", examples=["Ana"])]
Reference = Annotated[str, Field(max_length=LONGEST_REFERENCE, examples=["crm"])]
WebAddress = Annotated[str, Field(max_length=2083, examples=["https://crm.example/contacts/7"])]

ROW_WORDS: Final = sorted(
    {word for words in ROW_ERRORS.values() for word in ([words] if isinstance(words, str) else words.values())}
    | {"OTHER", "REQUIRED_FIELDS"}
)


class PhoneOfRecord(Shown):
    phone_number: PhoneShown
    phone_type: PhoneType


class RecordLinks(Shown):
    self_: LinkShown = Field(alias="self")
    record_list: LinkShown


class RecordShown(Shown):
    """A record; `phone_number` is the first of its numbers."""

    id: Id
    record_list_id: Id
    phone_number: PhoneShown
    phone_numbers: list[PhoneOfRecord]
    first_name: str
    last_name: str
    timezone: Annotated[str, Field(examples=["America/New_York"])] | None = None
    priority: Annotated[int, Field(ge=1, le=HOT_LEAD, description="11 is a record that was added alone, without one")]
    extra_data: dict[str, Any]
    external_provider: Reference | None = None
    external_id: Reference | None = None
    external_url: WebAddress | None = None
    sync_external_id: bool | None = None
    created_at: InstantShown
    updated_at: InstantShown
    links: RecordLinks = Field(alias="_links")


class PhoneIn(Shape):
    phone_number: PhoneSent
    phone_type: PhoneType


class RecordIn(Shape):
    """A record to be stored. A list whose records are told apart by external references demands both members of one."""

    phone_number: Annotated[PhoneSent, Field(description="Where there are no `phone_numbers`: MOBILE")] | None = None
    phone_numbers: Annotated[list[PhoneIn], Field(description="At most one of each type")] | None = None
    first_name: PersonName
    last_name: PersonName
    timezone: Annotated[ZoneSent, Field(description="Left out: every zone of the number's prefix")] | None = None
    priority: Annotated[int, Field(ge=1, le=10)] | None = None
    extra_data: dict[str, Any] | None = None
    external_provider: Reference | None = None
    external_id: Reference | None = None
    external_url: WebAddress | None = None
    sync_external_id: bool | None = None


A_RECORD: Final[dict[str, Any]] = {
    "first_name": "Ana",
    "last_name": "Silva",
    "phone_numbers": [{"phone_number": "+12025550142", "phone_type": "MOBILE"}],
    "timezone": "America/New_York",
    "priority": 7,
    "extra_data": {"plan": "gold"},
}


class RefusedRecord(Shown):
    """A record of a bulk that was refused, as it was sent, with what is wrong with it."""

    id: Any = None
    record_list_id: Id
    phone_number: Any = None
    phone_numbers: Any = None
    first_name: Any = None
    last_name: Any = None
    timezone: Any = None
    priority: Any = None
    extra_data: Any = None
    external_provider: Any = None
    external_id: Any = None
    external_url: Any = None
    sync_external_id: Any = None
    errors: Annotated[list[str], Field(min_length=1, json_schema_extra={"items": {"enum": ROW_WORDS}})]


class RecordOutcomes(Shown):
    records: list[RecordShown | RefusedRecord]


class CreatedRecords(Shown):
    """What became of each record of a bulk, in their order."""

    record_list_id: Id
    has_errors: bool
    total_errors: Count
    total_created: Count
    embedded: RecordOutcomes = Field(alias="_embedded")
    links: RecordLinks = Field(alias="_links")


class ChangedRecords(CreatedRecords):
    """What became of each operation, in their order."""

    total_updated: Count


class DeletedRecords(Shown):
    record_list_id: Id
    has_errors: bool
    total_errors: Count
    total_deleted: Count
    embedded: FailedDeletions = Field(alias="_embedded")
    links: RecordLinks = Field(alias="_links")


# What changes records ------------------------------------------------------------------------------------------------


class ReplaceName(Shape):
    op: Literal["replace"]
    path: Literal["/first_name", "/last_name"]
    value: PersonName


class ReplacePhones(Shape):
    op: Literal["replace"]
    path: Literal["/phone_numbers"]
    value: Annotated[list[PhoneIn], Field(min_length=1, max_length=6, description="At most one of each type")]


class ReplaceZone(Shape):
    op: Literal["replace"]
    path: Literal["/timezone"]
    value: ZoneSent


class ReplacePriority(Shape):
    op: Literal["replace"]
    path: Literal["/priority"]
    value: Annotated[int, Field(ge=1, le=10)]


class ChangeExtraData(Shape):
    op: Literal["add", "replace"]
    path: Literal["/extra_data"]
    value: dict[str, Any]


class ChangeExtraMember(Shape):
    op: Literal["add", "replace"]
    path: Annotated[str, Field(pattern="^/extra_data/[^/~]+$", examples=["/extra_data/plan"])]
    value: Any


RecordPatch = Annotated[
    list[ReplaceName | ReplacePhones | ReplaceZone | ReplacePriority | ChangeExtraData | ChangeExtraMember],
    Field(min_length=1, max_length=100),
]
"""JSON Patch (RFC 6902), as far as records take it."""


class RecordMembers(Shape):
    """Members to replace; where the operation is `add`, only extra data."""

    phone_numbers: list[PhoneIn] | None = None
    first_name: PersonName | None = None
    last_name: PersonName | None = None
    timezone: ZoneSent | None = None
    priority: Annotated[int, Field(ge=1, le=10)] | None = None
    extra_data: dict[str, Any] | None = None


class RecordChange(Shape):
    op: Literal["add", "replace"]
    path: Annotated[str, Field(pattern="^/records/[^/]{1,36}$", examples=[f"/records/{AN_ID}"])]
    value: RecordMembers


RecordChanges = Annotated[list[RecordChange], Field(min_length=1, max_length=100)]


class RecordsIn(Shape):
    """Each is taken or refused by itself, also one that is no record at all."""

    records: Annotated[list[Any], Field(min_length=1, max_length=100, examples=[[A_RECORD]])]
    upload_request_id: Annotated[str, Field(min_length=1, max_length=36)] | None = None


class ById(Shape):
    id: Annotated[str, Field(min_length=1, max_length=36, examples=[AN_ID])]


class ByNumber(Shape):
    phone_number: PhoneSent


class ByReference(Shape):
    external_provider: Annotated[Reference, Field(min_length=1)]
    external_id: Annotated[Reference, Field(min_length=1)]


RecordsToDelete = (
    Annotated[list[ById], Field(min_length=1, max_length=200)]
    | Annotated[list[ByNumber], Field(min_length=1, max_length=200)]
    | Annotated[list[ByReference], Field(min_length=1, max_length=200)]
)
