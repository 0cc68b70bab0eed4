"""What is kept of agents at work: their sessions, what they did when, and what an account says about them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from outdial.domain.agent_days import AgentDay
from outdial.domain.agents import Agent
from outdial.domain.values import AccountId, CampaignId, RecordListId, UserId


@dataclass(frozen=True, slots=True)
class Session:
    """One agent's time at the desk; `ends_at` is when they mean to leave, if they have said so."""

    id: UUID
    account: AccountId
    user: UserId
    campaigns: tuple[CampaignId, ...] | None
    wrap_up: timedelta
    signed_in_at: datetime
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AgentEntry:
    """A line of the log: an agent as they became at `at`, and for whom. `why` tells what happened by itself."""

    session: UUID
    at: datetime
    agent: Agent
    campaign: int | None
    attempt: UUID | None
    why: str | None


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """What an account says about its agents. Only pauses for one of `pause_reasons` can be asked for."""

    wrap_up: timedelta
    extension: timedelta
    pause_reasons: tuple[str, ...]


DEFAULT_SETTINGS: Final = AgentSettings(
    wrap_up=timedelta(seconds=60),
    extension=timedelta(seconds=60),
    pause_reasons=("break", "lunch", "meeting", "training", "technical", "other"),
)


@dataclass(frozen=True, slots=True)
class Contact:
    """A record as an agent sees it."""

    record: UUID
    record_list: RecordListId
    first_name: str
    last_name: str
    timezone: str | None
    extra_data: Mapping[str, object]
    external_id: str | None
    external_url: str | None


class SessionStore(Protocol):
    """The engine's own storage of sessions, of all accounts."""

    async def open_sessions(self) -> Sequence[tuple[Session, Agent]]:
        """Who is signed in, as they were last written down."""
        ...

    async def begin(self, session: Session, agent: Agent) -> None: ...

    async def choose(self, session: UUID, campaigns: tuple[CampaignId, ...] | None) -> None: ...

    async def plan(self, session: UUID, ends_at: datetime) -> None:
        """When the agent means to leave."""
        ...

    async def write(self, entries: Sequence[AgentEntry]) -> None:
        """Write what happened, in order. Who became signed out has no open session any more."""
        ...


class AgentStore(Protocol):
    """What the API asks about agents of one account."""

    async def names(self, users: Collection[UserId]) -> Mapping[UserId, str]: ...

    async def contact(self, record: int) -> Contact | None:
        """The record with this key in storage."""
        ...

    async def settings(self) -> AgentSettings: ...

    async def save_settings(self, settings: AgentSettings) -> None: ...

    async def days(self, begins: datetime, ends: datetime, now: datetime) -> Sequence[AgentDay]:
        """What each agent who was signed in between two instants did between them, by name; states last until `now`."""
        ...
