"""Calls to clients' servers: how they are kept until they have been made, and who makes them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from outdial.domain.errors import Invalid, Unavailable
from outdial.domain.record_lists import UploadId
from outdial.domain.webhooks import Webhook


class WebhookStore(Protocol):
    """Calls of one account, and the secret they are signed with."""

    async def add(self, new: Webhook) -> None: ...

    async def take_due(self, now: datetime, *, again_at: datetime, limit: int) -> Sequence[Webhook]:
        """Calls that are to be tried now, this try counted; nobody else takes them before `again_at`."""
        ...

    async def save(self, tried: Webhook) -> None:
        """Store what became of a try, unless another one has begun since."""
        ...

    async def of_uploads(self, uploads: Collection[UploadId]) -> Mapping[UploadId, Webhook]: ...

    async def page(self, *, offset: int, limit: int) -> tuple[int, Sequence[Webhook]]:
        """How many calls were asked for, and one page of them, the newest first."""
        ...

    async def secret(self) -> bytes | None: ...

    async def set_secret(self, secret: bytes, at: datetime, *, replace: bool) -> bytes:
        """Store a secret; without `replace` only where there is none. Answers the one that holds now."""
        ...


class CallRefused(Invalid):
    """We do not call there; it would be the same at any later time."""

    code = "webhook-refused"


class NoAnswer(Unavailable):
    """There was no answer; the call may have been received all the same."""

    code = "webhook-not-answered"


class WebhookCaller(Protocol):
    async def call(self, method: str, endpoint: str, headers: Mapping[str, str], body: bytes | None) -> int:
        """Make a call; answers the HTTP status. Redirections are answers, and are not followed.

        Raises:
            CallRefused: the address is no public one.
            NoAnswer: it may have been received; it may be tried again.
        """
        ...
