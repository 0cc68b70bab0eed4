"""What agents say of their calls: the account's own words, and what each of them means for the record."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final, NewType
from uuid import UUID

from outdial.domain import retry
from outdial.domain.campaigns import DialingStrategy
from outdial.domain.dnc import DncListId
from outdial.domain.errors import Conflict, NotFound, NotPossible
from outdial.domain.outcomes import Reason
from outdial.domain.retry import DialAgain, NoMore, Phone, Tally
from outdial.domain.verdicts import AnsweredBy

DispositionId = NewType("DispositionId", UUID)

LONGEST_NAME: Final = 60
LONGEST_NOTE: Final = 4000
LONGEST_WAIT: Final = timedelta(days=365)


class Effect(enum.Enum):
    """What a disposition does to the record."""

    FINAL = "FINAL"
    RETRY = "RETRY"
    CALLBACK = "CALLBACK"
    """The record is over for the list; the agent arranges the callback, which is a thing of its own."""
    DO_NOT_CALL = "DO_NOT_CALL"
    """The number goes on a do-not-call list, and the record is over."""


@dataclass(frozen=True, slots=True)
class Disposition:
    """One of the words that agents choose from.

    Attributes:
        retry_after: with `RETRY`, how long to wait; `None` = as the campaign waits between attempts on one phone.
        dnc_list: with `DO_NOT_CALL`, where the number goes.
        is_default: stands for an agent whose wrap-up time ran out. One in an account at most.
        answered_by: who it was, where the word says that: detection is measured by it.
    """

    id: DispositionId
    name: str
    effect: Effect
    created_at: datetime
    updated_at: datetime
    retry_after: timedelta | None = None
    dnc_list: DncListId | None = None
    is_default: bool = False
    answered_by: AnsweredBy | None = None

    def means(self) -> "Meaning":
        return Meaning(self.effect, self.retry_after)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a disposition says about the record, without its name."""

    effect: Effect
    retry_after: timedelta | None = None


def step_after(
    meaning: Meaning,
    strategy: DialingStrategy,
    phones: Sequence[Phone],
    position: int,
    tally: Tally,
    ended_at: datetime,
) -> DialAgain | NoMore:
    """What becomes of a record whose agent has spoken; it stands in for what the outcome alone would say.

    The campaign's number of attempts binds an agent's wish to call again as it binds everything else.
    """
    match meaning.effect:
        case Effect.DO_NOT_CALL:
            return NoMore(Reason.ON_DNC_LIST)
        case Effect.FINAL | Effect.CALLBACK:
            return NoMore(Reason.FINAL_DISPOSITION)
        case Effect.RETRY:
            if tally.counted >= strategy.max_attempts:
                return NoMore(Reason.MAX_ATTEMPTS)
            wait = meaning.retry_after
            if wait is None:
                wait = retry.same_phone_wait(strategy, phones, position)
            return DialAgain(position, ended_at + wait)


class DispositionNotFound(NotFound):
    code: ClassVar[str] = "disposition-not-found"

    def __init__(self) -> None:
        super().__init__("there is no disposition with this id")


class DispositionNameTaken(Conflict):
    code: ClassVar[str] = "disposition-name-taken"

    def __init__(self) -> None:
        super().__init__("another disposition of this account has this name")


class AttemptNotFound(NotFound):
    code: ClassVar[str] = "attempt-not-found"

    def __init__(self) -> None:
        super().__init__("there is no attempt with this id")


class AttemptWithoutAgent(NotPossible):
    """Nobody of ours was in the call, so nobody can say how it went."""

    code: ClassVar[str] = "attempt-without-agent"

    def __init__(self) -> None:
        super().__init__("the attempt ended without an agent: there is nothing to be said about it")
