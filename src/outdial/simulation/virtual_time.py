"""An event loop on which waiting takes no time: its clock jumps to the next timer, and stands still for the database.

Under it the real engine and a real PostgreSQL live through days in minutes, and the same seed gives the same log.
What makes that so, and what broke it when it was tried, is in docs/adr/0006.
"""

import asyncio
import contextlib
import itertools
import selectors
from collections.abc import Callable, Coroutine, Iterator
from contextvars import Context
from typing import Any, Final, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

PATIENCE: Final = 20.0
"""Real seconds that a reply of the database may take before the run is given up."""


class VirtualTimeError(RuntimeError):
    """The simulated world cannot go on: nothing is left that could happen, or the database does not answer."""


class _Moment(float):
    """A time that knows when it was asked for: of equal ones the earlier asked comes first."""

    __slots__ = ("ticket",)
    ticket: int

    def __lt__(self, other: float) -> bool:
        if isinstance(other, _Moment) and float(self) == float(other):
            return self.ticket < other.ticket
        return float(self) < float(other)


class _Selector(selectors.DefaultSelector):
    """Tells the loop that its wait is over, at once; waits in earnest only for the database."""

    owner: "VirtualTimeLoop"

    def select(self, timeout: float | None = None) -> list[Any]:
        loop = self.owner
        if not loop.virtual:
            return super().select(timeout)
        if timeout is not None and timeout <= 0:
            return []  # work first: replies are looked at only when nothing is left to run
        if loop.in_flight:
            events = super().select(PATIENCE)
            if not events:
                loop.give_up("the database did not reply")
            return events
        if timeout is None:
            loop.give_up("every task waits and no timer is set")
            return []
        loop.jump()
        return []


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Runs until done in as little real time as its work takes. One connection to the database at a time."""

    def __init__(self) -> None:
        selector = _Selector()
        selector.owner = self
        self._virtual_now = 0.0
        self._tickets = itertools.count()
        self.virtual = True
        self.in_flight = 0
        super().__init__(selector)
        self._clock_resolution = 1e-9

    def time(self) -> float:
        return self._virtual_now if self.virtual else super().time()

    def call_at(
        self, when: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        moment = _Moment(when)
        moment.ticket = next(self._tickets)
        return super().call_at(moment, callback, *args, context=context)

    def jump(self) -> None:
        """Move the clock to the next timer that is still wanted."""
        scheduled: list[asyncio.TimerHandle] = self._scheduled  # type: ignore[attr-defined]
        if scheduled:  # asyncio has just thrown out the cancelled ones in front
            self._virtual_now = max(self._virtual_now, float(scheduled[0].when()))

    def give_up(self, why: str) -> None:
        """Go on in real time, so that clean-up can run, and let everything that waits know why."""
        self.virtual = False
        error = VirtualTimeError(why)
        for task in asyncio.all_tasks(self):
            task.cancel(str(error))

    @contextlib.contextmanager
    def waiting_for_reply(self) -> Iterator[None]:
        """Time stands still inside: to be entered around every conversation with the outside."""
        self.in_flight += 1
        try:
            yield
        finally:
            self.in_flight -= 1


@contextlib.contextmanager
def database_gate() -> Iterator[None]:
    """A gate for `open_database` that stops virtual time while the server works."""
    loop = asyncio.get_running_loop()
    if isinstance(loop, VirtualTimeLoop):
        with loop.waiting_for_reply():
            yield
    else:
        yield


def run_in_virtual_time(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end on a virtual-time loop.

    Raises:
        VirtualTimeError: nothing was left that could happen, or the database did not answer.
    """
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        try:
            return runner.run(main)
        except asyncio.CancelledError as exc:
            raise VirtualTimeError(*exc.args) from exc
