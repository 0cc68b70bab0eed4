"""Messages between the parts of Outdial: hints that something changed. The database is the truth."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from outdial.domain.values import AccountId


@dataclass(frozen=True, slots=True)
class Message:
    """An event that is committed. `topic` is noun and verb, such as `campaign.changed`."""

    topic: str
    account: AccountId
    payload: Mapping[str, object]
    at: datetime


class Bus(Protocol):
    def publish(self, message: Message) -> None:
        """Tell everybody who listens; never waits."""
        ...

    def subscribe(self, topics: tuple[str, ...], hear: Callable[[Message], None]) -> Callable[[], None]:
        """Hear messages whose topic begins with one of `topics`; answers how to stop hearing."""
        ...
