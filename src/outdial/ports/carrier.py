"""The road to the telephone network: a few commands, answered when accepted; what happens is told by events."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable
from uuid import UUID

from outdial.domain.calls import CallFact
from outdial.domain.errors import Unavailable
from outdial.domain.machine_detection import Rules
from outdial.domain.values import PhoneNumber, UserId


@dataclass(frozen=True, slots=True)
class NewCall:
    """A call to be placed. Its id is ours, so that a command may be repeated after a time-out.

    Attributes:
        key: tells this call from every other, repeatably from run to run: record and attempt number.
        ring_seconds: unanswered for so long, it is given up.
        rules: how people are told from machines; `None` = as the carrier does it.
        message: the name of the safety message; `None` = the carrier's usual one.
    """

    id: UUID
    number: PhoneNumber
    caller_id: PhoneNumber | None
    ring_seconds: float
    detect_machines: bool
    key: str
    rules: Rules | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class CallEvent:
    """Something that happened to a call, stamped where it was observed. Events of one call come in order."""

    call_id: UUID
    at: datetime
    fact: CallFact


@dataclass(frozen=True, slots=True)
class WayOut:
    """One of a carrier's ways to the network, such as a trunk, as it is now.

    Attributes:
        trouble: why it takes no calls; `None` when it does, whether or not it has room.
        draining: it goes on with the calls it has, and gets no others.
        calls: how many it has.
        room: how many more it may be given.
        most: how many it may have at once.
        per_second: how many new ones it may be given in a second; `None`: any number.
        sign: its last answer to the question whether it lives, given at `sign_at`; `None`: none, or it is not asked.
    """

    name: str
    trouble: str | None
    draining: bool
    calls: int
    room: int
    most: int
    per_second: float | None = None
    sign: str | None = None
    sign_at: datetime | None = None

    @property
    def down(self) -> bool:
        """No call can be placed this way, however long one waits for room."""
        return self.trouble is not None or self.draining


class NoFreeLine(Unavailable):
    """Nothing was sent; the attempt may be made again at once."""

    code = "no-free-line"


class CarrierUnreachable(Unavailable):
    """It may be ringing; never redial before the ring timeout passed."""

    code = "carrier-unreachable"


class NoSuchCall(Unavailable):
    """The call is over; its last event has been or will be delivered. Or it is none yet of the kind that is meant."""

    code = "no-such-call"


class Carrier(Protocol):
    """One way of placing calls. Every call ends with exactly one `Failed` or `HungUp`."""

    def listen(self, hear: Callable[[CallEvent], None]) -> None:
        """Name the one who is told of every event, at once and in order."""
        ...

    def free_lines(self) -> int:
        """How many more calls may be launched now, by lines and by calls per second."""
        ...

    def health(self) -> Sequence[WayOut]:
        """Every way out, as it is now. Where all are down there is no free line, and none to be waited for."""
        ...

    def drain(self, name: str | None = None) -> None:
        """Give a way out no further calls, or with `None` none at all; those that are there go on."""
        ...

    def resume(self, name: str | None = None) -> None:
        """Let a way out that is drained take calls again, or with `None` all of them."""
        ...

    def originate(self, call: NewCall) -> Awaitable[None]:
        """Ring `call.number`.

        Raises:
            NoFreeLine: nothing was sent.
            CarrierUnreachable: it may be ringing.
        """
        ...

    def bridge(self, call_id: UUID, agent: UserId) -> Awaitable[None]:
        """Let the two hear each other.

        Raises:
            NoSuchCall: the callee has gone.
        """
        ...

    def hang_up(self, call_id: UUID) -> Awaitable[None]:
        """End the call, whatever its state; a call that is over already is no error."""
        ...

    def play_then_hang_up(self, call_id: UUID) -> Awaitable[None]:
        """Play the call's safety message to the callee, then end the call; if nobody has answered, end it at once.

        A message of a name that the carrier does not know is its usual one: nobody is left in silence. Whether
        somebody has answered only the carrier knows: the event may still be on its way.
        """
        ...

    def hold(self, call_id: UUID) -> Awaitable[None]:
        """Let the callee hear music, and nobody the callee, until `unhold`; the agent hears silence.

        Raises:
            NoSuchCall: the two are not in a conversation, or no longer.
            CarrierUnreachable: it may have been done; doing it again does no harm.
        """
        ...

    def unhold(self, call_id: UUID) -> Awaitable[None]:
        """Let the callee and the agent hear each other again; raises as `hold` does."""
        ...

    def send_digits(self, call_id: UUID, digits: str) -> Awaitable[None]:
        """Press keys of a telephone (0-9, A-D, * and #) for the callee's side; raises as `hold` does, and done again
        they are pressed again."""
        ...

    def calls(self) -> Awaitable[tuple[UUID, ...]]:
        """The calls that exist now, in no promised order: for putting things right after a restart.

        Raises:
            CarrierUnreachable: not known.
        """
        ...


@dataclass(frozen=True, slots=True)
class MediaLoad:
    """How well a media engine of ours keeps its beat.

    Attributes:
        ports: ends of calls that it has.
        tick_busy: fraction of each 20 ms that its own sounds took lately: the tick budget.
        tick_late_seconds: how late a tick was lately, at the 99th percentile.
        ticks_skipped: those that were too late to be made up for, since it was started.
    """

    ports: int
    tick_busy: float
    tick_late_seconds: float
    ticks_skipped: int


@runtime_checkable
class MovesMedia(Protocol):
    """What a carrier can tell besides, when the sound of calls goes through an engine of ours."""

    def media_load(self) -> MediaLoad | None:
        """As of some seconds ago; `None` while the engine is not there."""
        ...


@runtime_checkable
class Watched(Protocol):
    """What a carrier can tell besides, when its stream of events may die without an end."""

    def silent_seconds(self) -> float:
        """For how long the stream has not been known to be alive, in seconds of dialing time; 0 = it is."""
        ...
