"""Whether the parts that Outdial needs are there, as those who watch over an installation ask for it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """What the database says of itself and of what waits in it.

    Attributes:
        schema, schema_needed: the revision it has, and the one this release was written for.
        dialed: an engine, here or elsewhere, holds the lease on the dialing.
        events, webhooks: how many wait to be handed on.
        campaigns: how many there are, by status.
    """

    schema: str | None
    schema_needed: str
    dialed: bool
    events: int
    webhooks: int
    campaigns: dict[str, int]


class HealthStore(Protocol):
    async def look(self) -> DatabaseState:
        """Raises `Unavailable` when the database does not answer."""
        ...
