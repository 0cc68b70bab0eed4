"""Answers that are kept, so that a request which is sent twice is carried out once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer as it is kept: status, the headers that belong to its content, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Earlier:
    """What is known of an earlier request with the same key; no answer yet while its work is not over."""

    fingerprint: bytes
    answer: Answer | None


class AnswerStore(Protocol):
    """The answers of one account."""

    async def claim(
        self, key: str, claim: UUID, fingerprint: bytes, *, now: datetime, kept_since: datetime, at_work_since: datetime
    ) -> Earlier | None:
        """Take a key for a request, unless one claimed at or after `kept_since` has it.

        From the same request it is taken, too, if that has no answer and was claimed before `at_work_since`: whoever
        worked on it is gone.

        `None`: it is taken, and everybody sees so as soon as the transaction is over.
        """
        ...

    async def complete(self, claim: UUID, answer: Answer) -> None:
        """Keep the answer of a claim; one that has been given up or removed is left alone."""
        ...

    async def release(self, claim: UUID) -> None:
        """Give a key back that has no answer yet."""
        ...

    async def forget(self, before: datetime) -> int:
        """Remove what was claimed before an instant; answers how many keys."""
        ...
