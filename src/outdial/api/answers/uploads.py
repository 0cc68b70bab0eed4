"""Files that were sent to lists, as `/v1` shows them."""

from typing import Annotated

from pydantic import Field

from outdial.api.describe import Count, Id, InstantShown, LinkShown, Shown
from outdial.domain.record_lists import ListStatus
from outdial.domain.webhooks import WebhookStatus


class UploadLinks(Shown):
    """`rejects` once the file has been read."""

    self_: LinkShown = Field(alias="self")
    record_list: LinkShown | None = None
    do_not_call_list: LinkShown | None = None
    rejects: LinkShown | None = None


class CallbackShown(Shown):
    """The call that tells the client's server what became of its file."""

    status: WebhookStatus
    attempts: Count
    next_at: Annotated[InstantShown, Field(description="When it is tried next; left out when it is over")] | None = None
    last_at: InstantShown | None = None
    last_answer: Annotated[int, Field(examples=[503], description="An HTTP status")] | None = None
    last_problem: Annotated[str, Field(examples=["the answer was 503"])] | None = None


class UploadShown(Shown):
    """A file that fills a list: how far it has been read, and what became of its rows."""

    id: Id
    record_list_id: Id | None = None
    do_not_call_list_id: Id | None = None
    status: ListStatus
    first_file: Annotated[bool, Field(description="Whether the list was made for this file")]
    filename: Annotated[str, Field(examples=["may.csv"])] | None = None
    byte_size: Count | None = None
    stored_bytes: Annotated[Count, Field(description="Left out until the file is here")] | None = None
    expires_at: Annotated[InstantShown, Field(description="Until when its address takes it")]
    rows_done: Count
    rows_total: Annotated[Count, Field(description="Left out until the file has been read once")] | None = None
    accepted: Count
    updated: Annotated[Count, Field(description="Rows that updated a record which the list had already")]
    rejected: Annotated[Count, Field(description="Without the duplicates")]
    duplicates: Count
    by_kind: Annotated[dict[str, int], Field(examples=[{"phone_letters": 3}], description="Of the rejected rows")]
    on_do_not_call_lists: (
        Annotated[Count, Field(description="Accepted and updating rows with a number on a do-not-call list")] | None
    ) = None
    corrupted: Annotated[str, Field(examples=["the file is empty"], description="Why nothing could be read")] | None = (
        None
    )
    cancel_asked_at: (
        Annotated[InstantShown, Field(description="Since when its records are taken back; it ends as REJECTED")] | None
    ) = None
    callback: CallbackShown | None = None
    links: UploadLinks = Field(alias="_links")
