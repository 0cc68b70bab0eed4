"""What the dialer keeps in storage: the work of a campaign, its attempts, and who may dial it."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from outdial.domain.calls import Call
from outdial.domain.campaigns import Campaign
from outdial.domain.dispositions import Meaning
from outdial.domain.outcomes import Outcome, Reason
from outdial.domain.pacing.kept import Counted, Settled
from outdial.domain.retry import DialAgain, NoMore, Phone, Tally
from outdial.domain.values import AccountId, PhoneNumber, PhoneType, UserId
from outdial.ports.callbacks import CallbackWork
from outdial.ports.second_chances import SecondChanceWork


@dataclass(frozen=True, slots=True)
class RunningCampaign:
    """A campaign as the engine needs it; `key` is its key in storage."""

    key: int
    account: AccountId
    campaign: Campaign
    users: tuple[UserId, ...]
    caller_ids: tuple[PhoneNumber, ...]
    pacer_state: Mapping[str, object] | None
    timezone: str = "UTC"
    """The account's: its days and months are the campaign's."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A record taken for dialing, with the number that is next and what the last word needs to know.

    `number` counts the record's attempts in this campaign, the coming one included; `skips` the previews of it that
    agents skipped or let run out.
    """

    record: int
    list_key: int
    priority: int
    position: int
    phone: PhoneNumber
    phone_type: PhoneType
    zone: int
    attempts: int
    number: int
    skips: int = 0


@dataclass(frozen=True, slots=True)
class GivenBack:
    """A claimed record that nobody called. `skipped_at` tells that an agent did not want it, and when."""

    record: int
    skipped_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewAttempt:
    """An attempt that is about to be made: written before the call is sent."""

    id: UUID
    claimed: Claimed
    caller_id: PhoneNumber | None
    started_at: datetime


@dataclass(frozen=True, slots=True)
class OpenAttempt:
    """An attempt without an outcome, with what was written of its call: all of it once it was bridged, else nothing."""

    key: int
    about: NewAttempt
    call: Call


@dataclass(frozen=True, slots=True)
class History:
    """A record's phones and past attempts in a campaign: what `retry.next_step` asks for."""

    phones: tuple[Phone, ...]
    position: int
    tally: Tally


@dataclass(frozen=True, slots=True)
class Ended:
    """An attempt's end and what follows for its record."""

    attempt: int
    record: int
    call: Call
    outcome: Outcome
    step: DialAgain | NoMore
    disposition: int | None = None
    """The key of what the agent had said when `step` was decided."""


@dataclass(frozen=True, slots=True)
class Said:
    """What an agent said of an attempt: the key of the disposition, and what it means."""

    disposition: int
    meaning: Meaning


@dataclass(frozen=True, slots=True)
class Refused:
    """A claimed record that the last word turned down.

    `position` with state ready or waiting; `suppressed` = out of dialing for `reason`.
    """

    record: int
    reason: Reason
    suppressed: bool
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is left to do: for sleeping until something changes, and for saying why nothing dials."""

    ready: bool
    claimed: bool
    next_due: datetime | None
    callbacks: bool = False

    @property
    def exhausted(self) -> bool:
        """Nothing is left; a record that a callback is promised to is left."""
        return not self.ready and not self.claimed and not self.callbacks and self.next_due is None


@dataclass(frozen=True, slots=True)
class Results:
    """What became of a campaign's calls and records so far, each by name."""

    attempts: int
    outcomes: Mapping[str, int]
    left_early: int
    records: int
    final: int
    reasons: Mapping[str, int]


class Placing(Protocol):
    """The last instant before calls are placed: nobody can put their numbers on a DNC list until it is over."""

    @property
    def on_dnc(self) -> frozenset[int]:
        """Records whose number is on a DNC list of the campaign, in force in any of the number's time zones."""
        ...

    async def begin(self, lease: str, fence: int, attempts: Sequence[NewAttempt]) -> Sequence[int | None]:
        """Write the attempts down, in flight; answers their keys, in order.

        `None` stands for one that is not ours to make any more: the lease has another owner, or the record's claim was
        given back.
        """
        ...


class DialStore(CallbackWork, SecondChanceWork, Protocol):
    """The dialer's own storage. Every write names the campaign and the owner's fence where ownership matters."""

    async def take_lease(self, name: str, holder: str, *, seconds: float, now: datetime | None) -> int | None:
        """Become or stay the owner of `name`; answers the fence, or `None` while somebody else owns it.

        `now` is the server's own clock unless a simulation gives one: clocks of machines differ.
        """
        ...

    async def drop_lease(self, name: str, holder: str) -> None: ...

    async def running_campaigns(self) -> Sequence[RunningCampaign]:
        """Every campaign that is asked to run, of all accounts, by priority descending and age."""
        ...

    async def zones(self) -> Mapping[int, tuple[str, ...]]:
        """The interned sets of time zones."""
        ...

    async def zones_of(self, campaign: int, *, fresh: bool) -> frozenset[int]:
        """The zone sets of the phones in the campaign's lists; with `fresh` of those records only that are not yet
        enrolled, so that an empty answer means that nobody came."""
        ...

    async def enrol(self, campaign: RunningCampaign, unreachable: frozenset[int]) -> int:
        """Take records into the campaign that are in its accepted lists and not yet in its work; how many came.

        A bounded step: call again until it answers 0. A record begins with the first phone of the chain whose zone
        is not in `unreachable`; with none, it is final at once.
        """
        ...

    async def promote(self, campaign: int, now: datetime) -> int:
        """Make records ready whose waiting time is over; how many."""
        ...

    async def claim(
        self,
        campaign: RunningCampaign,
        *,
        lease: str,
        fence: int,
        open_zones: Mapping[int, datetime],
        wanted: int,
        strict: bool,
    ) -> Sequence[Claimed]:
        """Take up to `wanted` records, best first. `open_zones` says when each open zone's window closes."""
        ...

    async def refuse(self, campaign: int, refusals: Sequence[Refused]) -> None: ...

    async def holds(self, campaign: int, record: int, lease: str, fence: int) -> bool:
        """Whether a record that was claimed a while ago is still claimed under this lease and fence."""
        ...

    async def give_back(self, campaign: int, records: Sequence[GivenBack]) -> None:
        """Make claimed records ready again. A skipped one comes after those that were never attempted."""
        ...

    def placing(
        self, campaign: RunningCampaign, claims: Sequence[Claimed], days: Sequence[date]
    ) -> AbstractAsyncContextManager[Placing]:
        """Hold the numbers of the claims while the block runs: from the last look at DNC lists until the carrier has
        accepted the calls. `days` has for each claim the earliest date it is in the number's time zones.

        Raises:
            Unavailable: the lists could not be read; no call may be placed.
        """
        ...

    async def histories(self, campaign: int, records: Sequence[int]) -> Mapping[int, History]: ...

    async def said(self, attempts: Sequence[int]) -> Mapping[int, Said]:
        """What agents have said of these attempts so far, by attempt; of most of them nothing."""
        ...

    async def connected(self, calls: Sequence[tuple[int, Call]]) -> None:
        """Write down that agents talk with the people of these attempts, so that a crash does not have them called
        again; of an attempt that has ended nothing is changed."""
        ...

    async def end(self, campaign: int, ended: Sequence[Ended]) -> frozenset[int]:
        """Write ends down, once each: an attempt that has an outcome keeps it.

        Answers the attempts that an agent has spoken about since `step` was decided: they are not ended yet.
        """
        ...

    async def left_behind(self) -> Sequence[RunningCampaign]:
        """Campaigns that are not asked to run, and have attempts without an outcome or claimed records."""
        ...

    async def open_attempts(self, campaign: int, fence: int) -> Sequence[OpenAttempt]:
        """The attempts without an outcome that were begun under this fence or an earlier one."""
        ...

    async def release_claims(self, campaign: int, lease: str, fence: int, *, keep: Sequence[int] = ()) -> int:
        """Give back the records that are claimed without an attempt, but those of `keep`; how many.

        Whoever lost the lease gives back nothing.
        """
        ...

    async def records_left(self, campaign: int, most: int) -> int | None:
        """How many records are ready or wait to be dialed again; `None` if they are more than `most`."""
        ...

    async def backlog(self, campaign: int) -> Backlog: ...

    async def note(
        self, campaign: int, activity: Mapping[str, object], pacer_state: Mapping[str, object] | None
    ) -> None:
        """Store what the engine observes, and what the pacer learned; members that it does not have stay."""
        ...

    async def settled_since(self, campaign: int, counted: Counted) -> tuple[Sequence[Settled], int]:
        """The live calls that a state with this in it does not know of, the earliest first; and the newest attempt.

        Calls that were made for a certain agent are not among them: no pacer counts those.
        """
        ...

    async def tell(self, campaign: int, topic: str, facts: Mapping[str, object], now: datetime) -> None:
        """An event of the campaign: its id and these facts."""
        ...

    async def run_out(self, campaign: int, now: datetime) -> None:
        """All records are final: ask for a person's attention, and pause a campaign that runs once."""
        ...

    async def goes_on(self, campaign: int, now: datetime) -> None:
        """There is something to dial again: nobody's attention is needed any more."""
        ...

    async def results(self, campaign: int) -> Results: ...
