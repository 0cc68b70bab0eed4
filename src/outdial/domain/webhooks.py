"""Calls to a client's own server: what is sent, how it is signed, and when it is tried again."""

import base64
import enum
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, NewType, Self
from uuid import UUID

from outdial.domain.record_lists import UploadId

WebhookId = NewType("WebhookId", UUID)

METHODS: Final = ("DELETE", "GET", "PATCH", "POST", "PUT")
WITH_BODY: Final = ("PATCH", "POST", "PUT")
FIRST_WAIT: Final = timedelta(seconds=10)
LONGEST_WAIT: Final = timedelta(hours=1)
TRIED_FOR: Final = timedelta(hours=24)
"""How long after its making a call is tried again."""
SECRET_BYTES: Final = 32

_OURS: Final = frozenset(
    "connection content-length expect host keep-alive te trailer transfer-encoding upgrade".split()  # noqa: SIM905
)


class WebhookStatus(enum.Enum):
    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    """It was answered with a status from 200 to 299."""
    REFUSED = "REFUSED"
    """We do not call there: the address is not one of the public internet."""
    GIVEN_UP = "GIVEN_UP"


@dataclass(frozen=True, slots=True)
class Webhook:
    """A call that is due or done.

    Args:
        body: exactly what is sent and signed; None: nothing.
        next_at: when it is tried next; None when it is over.
        last_answer: the HTTP status of the last try; None: there was no answer.
        last_problem: why the last try was no success.
    """

    id: WebhookId
    upload: UploadId
    method: str
    endpoint: str
    headers: Mapping[str, str]
    body: str | None
    created_at: datetime
    next_at: datetime | None
    status: WebhookStatus = WebhookStatus.PENDING
    attempts: int = 0
    last_at: datetime | None = None
    last_answer: int | None = None
    last_problem: str | None = None

    def answered(self, status: int, now: datetime) -> Self:
        """The call after a try that was answered; `attempts` counts it already."""
        if 200 <= status < 300:
            return replace(
                self,
                status=WebhookStatus.DELIVERED,
                next_at=None,
                last_at=now,
                last_answer=status,
                last_problem=None,
            )
        return self._again(now, f"the answer was {status}", status)

    def not_answered(self, problem: str, now: datetime) -> Self:
        """The call after a try without an answer; `attempts` counts it already."""
        return self._again(now, problem, None)

    def refused(self, problem: str, now: datetime) -> Self:
        """The call when it turned out that it must not be made."""
        return replace(
            self, status=WebhookStatus.REFUSED, next_at=None, last_at=now, last_answer=None, last_problem=problem
        )

    def _again(self, now: datetime, problem: str, status: int | None) -> Self:
        # 40 doublings are more than there are seconds in any wait.
        wait = min(FIRST_WAIT * 2 ** min(max(self.attempts - 1, 0), 40), LONGEST_WAIT)
        over = now + wait > self.created_at + TRIED_FOR
        return replace(
            self,
            status=WebhookStatus.GIVEN_UP if over else WebhookStatus.PENDING,
            next_at=None if over else now + wait,
            last_at=now,
            last_answer=status,
            last_problem=problem,
        )


def header_problem(name: str, value: str) -> str | None:
    """What keeps a client's header from being sent with a call, if anything does."""
    if not name or not name.isascii() or not all(c.isalnum() or c in "!#$%&'*+-.^_`|~" for c in name):
        return "is not the name of a header"
    if name.lower() in _OURS or name.lower().startswith(("proxy-", "webhook-")):
        return "is set by Outdial"
    if not value.isascii() or not value.isprintable():
        return "must be printable ASCII"
    return None


def signature(secret: bytes, webhook: WebhookId, at: datetime, body: str) -> str:
    """What the header `webhook-signature` says: it proves who sent the body, and when.

    Source:
        Standard Webhooks, version 1: HMAC with SHA-256 over id, seconds since 1970 and body, joined by full stops.
    """
    signed = f"{webhook}.{int(at.timestamp())}.{body}".encode()
    return "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()


def secret_in_words(secret: bytes) -> str:
    """A secret as libraries for checking signatures take it."""
    return "whsec_" + base64.b64encode(secret).decode()
