"""A Python client of the API, blocking (`Client`) and for asyncio (`AsyncClient`).

    with Client("https://dialer.example.com", client_id, client_secret) as outdial:
        for campaign in outdial.campaigns(status="READY"):
            outdial.start_campaign(campaign["id"])

It uses nothing of the server.
"""

from outdial.client.asynchronous import AsyncClient
from outdial.client.blocking import Client
from outdial.client.errors import (
    ApiError,
    ClientError,
    Conflict,
    Field,
    Invalid,
    NotAllowed,
    NotFinished,
    NotFound,
    NotPossible,
    TooManyRequests,
    Unavailable,
    UnexpectedAnswer,
    Unreachable,
)
from outdial.client.files import OnProgress
from outdial.client.model import (
    Activity,
    Assigned,
    AssignedKind,
    Callback,
    CallbackFilter,
    Campaign,
    CampaignFilter,
    DncEntry,
    DncList,
    Duplicates,
    ListKind,
    NewRecord,
    NextRecords,
    NumberToAssign,
    Page,
    Reasons,
    Record,
    RecordFilter,
    RecordList,
    RecordWhy,
    RefusedRecord,
    Team,
    UniqueBy,
    Upload,
    UploadRequest,
)
from outdial.client.retries import Patience

__all__ = [
    "Activity",
    "ApiError",
    "Assigned",
    "AssignedKind",
    "AsyncClient",
    "Callback",
    "CallbackFilter",
    "Campaign",
    "CampaignFilter",
    "Client",
    "ClientError",
    "Conflict",
    "DncEntry",
    "DncList",
    "Duplicates",
    "Field",
    "Invalid",
    "ListKind",
    "NewRecord",
    "NextRecords",
    "NotAllowed",
    "NotFinished",
    "NotFound",
    "NotPossible",
    "NumberToAssign",
    "OnProgress",
    "Page",
    "Patience",
    "Reasons",
    "Record",
    "RecordFilter",
    "RecordList",
    "RecordWhy",
    "RefusedRecord",
    "Team",
    "TooManyRequests",
    "Unavailable",
    "UnexpectedAnswer",
    "UniqueBy",
    "Unreachable",
    "Upload",
    "UploadRequest",
]
