"""Record lists, do-not-call lists, their entries and uploads, as the API shows them."""

from typing import Annotated, Any, Literal

from pydantic import Field

from outdial.api.answers.campaigns import TeamOfShown
from outdial.api.describe import (
    AN_ID,
    Address,
    Count,
    DaySent,
    DayShown,
    Id,
    InstantShown,
    LinkShown,
    PageLinks,
    PhoneShown,
    SelfLink,
    Shown,
)
from outdial.api.shapes import Shape
from outdial.domain.record_lists import ListStatus, UniqueBy

ListName = Annotated[str, Field(min_length=1, max_length=120, examples=["Renewals in May"])]
SignedUrl = Annotated[Address, Field(description="Where to PUT the file: good once, and for some time")]


class CampaignUsingShown(Shown):
    id: Id
    campaign_name: Annotated[str, Field(examples=["Renewals north"])]
    links: SelfLink = Field(alias="_links")


class CampaignsUsing(Shown):
    campaigns: list[CampaignUsingShown]


class CampaignPageShown(Shown):
    """The campaigns that use a list; its links lead to more of them, and to all that is known of them."""

    total: Count
    count: Count
    page: Annotated[int, Field(ge=1, examples=[1])]
    per_page: Annotated[int, Field(ge=1, examples=[50])]
    total_pages: Annotated[int, Field(ge=1, examples=[1])]
    embedded: CampaignsUsing = Field(alias="_embedded")
    links: PageLinks = Field(alias="_links")


class UploadLinks(SelfLink):
    upload: LinkShown | None = None


class RecordListShown(Shown):
    id: Id
    name: ListName
    unique_identifier_type: UniqueBy
    status: ListStatus
    records_count: Count
    account_id: Annotated[str, Field(examples=["1"])]
    created_at: InstantShown
    updated_at: InstantShown
    links: SelfLink = Field(alias="_links")


class RecordListDetails(RecordListShown):
    """A record list with the campaigns that use it; teams where they are asked for."""

    teams: list[TeamOfShown] | None = None
    campaign_page: CampaignPageShown


class NewRecordListShown(RecordListShown):
    """A record list with the address for its file, if it was made for one."""

    signed_url: SignedUrl | None = None
    links: UploadLinks = Field(alias="_links")


class UploadRequestLinks(Shown):
    self_: LinkShown = Field(alias="self")
    record_list: LinkShown
    upload: LinkShown | None = None


class UploadRequestShown(Shown):
    id: Id
    record_list_id: Id
    signed_url: SignedUrl | None = None
    status: ListStatus
    links: UploadRequestLinks = Field(alias="_links")


class DncUploadLinks(SelfLink):
    do_not_call_list: LinkShown
    upload: LinkShown


class NewDncUploadShown(Shown):
    id: Id
    do_not_call_list_id: Id
    signed_url: SignedUrl
    status: ListStatus
    links: DncUploadLinks = Field(alias="_links")


class DncListShown(Shown):
    id: Id
    name: ListName
    status: ListStatus
    entries_count: Count
    account_id: Annotated[str, Field(examples=["1"])]
    created_at: InstantShown
    updated_at: InstantShown
    links: SelfLink = Field(alias="_links")


class NewDncListShown(DncListShown):
    """A do-not-call list with the address for its file, if it was made for one."""

    signed_url: SignedUrl | None = None
    links: UploadLinks = Field(alias="_links")


class DncListDetails(DncListShown):
    """A do-not-call list with the campaigns that use it; teams where they are asked for."""

    teams: list[TeamOfShown] | None = None
    campaign_page: CampaignPageShown


class ReachLinks(Shown):
    self_: LinkShown = Field(alias="self")
    do_not_call_list: LinkShown


class DncListReach(Shown):
    """Whom a do-not-call list binds: every campaign of the account, or those it is assigned to."""

    id: Id
    name: ListName
    entries_count: Count
    account_wide: bool
    links: ReachLinks = Field(alias="_links")


class EntryLinks(Shown):
    self_: LinkShown = Field(alias="self")
    do_not_call_list: LinkShown


class DncEntryShown(Shown):
    """A number that must not be called, for ever or to the end of a day."""

    id: Id
    do_not_call_list_id: Id
    phone_number: PhoneShown
    reason: Annotated[str, Field(max_length=1000, examples=["asked on a call"])] | None = None
    expiration_date: DayShown | None = None
    created_at: InstantShown
    updated_at: InstantShown
    links: EntryLinks = Field(alias="_links")


class FailedEntry(Shown):
    """An operation that was not carried out."""

    id: str
    errors: list[str] = Field(min_length=1, examples=[["ENTRY_NOT_FOUND"]])


class UnallowedOperation(Shown):
    op: str
    path: str
    value: Any


class UnallowedPatch(Shown):
    """An operation that asks for something else than another expiration date."""

    un_allowed_patch: UnallowedOperation


class EntryOutcomes(Shown):
    entries: list[DncEntryShown | FailedEntry | UnallowedPatch]


class ChangedEntries(Shown):
    """What became of each operation, in their order."""

    do_not_call_list_id: Id
    has_errors: bool
    total_errors: Count
    total_updated: Count
    embedded: EntryOutcomes = Field(alias="_embedded")
    links: EntryLinks = Field(alias="_links")


class FailedDeletion(Shown):
    id: str
    links: SelfLink = Field(alias="_links")


class WhyNotDeleted(Shown):
    """The words of the request that are no ids or numbers, and those that nothing goes by."""

    bad_request_param: list[str]
    record_not_found: list[str]


class FailedDeletions(Shown):
    failed_records: list[FailedDeletion]
    reason: WhyNotDeleted | None = None


class DeletedEntries(Shown):
    id: Id
    has_errors: bool
    total_errors: Count
    total_deleted: Count
    embedded: FailedDeletions = Field(alias="_embedded")
    links: EntryLinks = Field(alias="_links")


class PutBy(Shown):
    """Whom the entry has its date and its reason from."""

    user_id: Id | None = None
    name: Annotated[str, Field(examples=["Ana Silva"])] | None = None
    client_id: Annotated[str, Field(examples=["crm"])] | None = None


class OnListShown(Shown):
    """An entry of the number; without `put_by` a file has brought it."""

    list_name: ListName
    account_wide: bool
    in_force: Annotated[bool, Field(description="Whether it forbids a call today, somewhere where the number may be")]
    entry: DncEntryShown
    put_by: PutBy | None = None


class DncLookUpShown(Shown):
    """What the do-not-call lists of the account say of a number."""

    phone_number: PhoneShown
    blocked: Annotated[bool, Field(description="Whether an entry is in force")]
    lists_asked: Count
    entries: list[OnListShown]


# What changes them ---------------------------------------------------------------------------------------------------


class SayUploaded(Shape):
    op: Literal["replace"]
    path: Literal["/status"]
    value: Literal["UPLOADED"]


ListPatch = Annotated[list[SayUploaded], Field(min_length=1, max_length=1)]
"""What is promised; a single operation outside an array is understood as well."""


class ReplaceExpiration(Shape):
    op: Literal["replace"]
    path: Literal["/expiration_date"]
    value: DaySent


EntryPatch = Annotated[list[ReplaceExpiration], Field(min_length=1)]


class EntryChange(Shape):
    op: Literal["replace"]
    path: Annotated[str, Field(pattern="^/[^/]{1,36}/expiration_date$", examples=[f"/{AN_ID}/expiration_date"])]
    value: DaySent


EntryChanges = Annotated[list[EntryChange], Field(min_length=1, max_length=100)]
