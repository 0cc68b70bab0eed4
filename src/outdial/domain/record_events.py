"""What outside systems say has happened to a record, and the record as they see it."""

import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NewType
from uuid import UUID

from outdial.domain.records import RecordId

RecordEventId = NewType("RecordEventId", UUID)

LONGEST_CONTACT_VALUE: Final = 255


class RecordEventKind(enum.Enum):
    CALL_ATTEMPT = "call_attempt"
    CALLBACK_CREATED = "callback_created"
    CALLBACK_ATTEMPT = "callback_attempt"


class CallDisposition(enum.Enum):
    """How the calls to a record have come out."""

    EXHAUSTED = "EXHAUSTED"
    CONNECTED = "CONNECTED"


class CallbackDisposition(enum.Enum):
    """How an attempt of a callback came out."""

    SUCCESS = "SUCCESS"
    INVALID_NUMBER = "INVALID_NUMBER"
    NO_ANSWER = "NO_ANSWER"
    AGENT_HANGUP_BEFORE_CONNECTION = "AGENT_HANGUP_BEFORE_CONNECTION"
    BUSY = "BUSY"
    RESCHEDULED = "RESCHEDULED"
    FINALIZED = "FINALIZED"
    UNREACHABLE = "UNREACHABLE"


@dataclass(frozen=True, slots=True)
class RecordEvent:
    """Something that an outside system reported of a record. It changes nothing by itself: it is kept and told on."""

    id: RecordEventId
    record: RecordId
    kind: RecordEventKind
    disposition: CallDisposition | CallbackDisposition | None
    final_attempt: bool | None
    client_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Contact:
    """A record as an outside system sees it: who it is, and what the source system said of it."""

    first_name: str
    last_name: str
    external_provider: str | None
    external_id: str | None
    external_url: str | None
    extra_data: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    def facts(self) -> list[tuple[str, str]]:
        """What is known, as pairs of texts of 1 to 255 characters: what is longer is cut, what is empty left out."""
        given = {
            "external_provider": self.external_provider,
            "external_id": self.external_id,
            "external_url": self.external_url,
            **{key: value for key, value in self.extra_data.items() if key},
        }
        texts = [(key[:LONGEST_CONTACT_VALUE], _text(value)) for key, value in given.items()]
        return [(key, text) for key, text in texts if text]


def _text(value: object) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text[:LONGEST_CONTACT_VALUE]
