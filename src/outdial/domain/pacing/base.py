"""What the dialer, the simulator and the benchmark ask of a pacer: facts in, a number of calls out."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from outdial.domain.pacing.windows import Window

AgentId = Hashable
CallId = Hashable
State = dict[str, Any]
"""A pacer's memory as plain JSON values; monotonic times never appear in it."""


@dataclass(frozen=True, slots=True)
class PacerConfig:
    """One campaign's pacing settings.

    Attributes:
        cap: largest allowed abandoned / (abandoned + connected), a fraction (0..1).
        ratio: unanswered calls allowed per agent, at least 1. The caller of `decide` applies it (see `room` there).
        tab: abandonment timeout: seconds an answered person waits for an agent before we give the call up.
        maxring: seconds a call may ring.
        amd: answering-machine detection runs between the answer and the verdict.
        ring_mode: what `ratio` multiplies; 0 = agents signed in and not on pause.
        agents: agents ready at the start. Only used when no `login` or `idle` came before the first decision.
        windows: periods that each have to keep the cap: "24h", "30d", "month"; none = the campaign as a whole.
        timezone: whose days and months those are.
    """

    cap: float = 0.03
    ratio: float = 3.0
    tab: float = 2.0
    maxring: float = 25.0
    amd: bool = True
    ring_mode: int = 0
    agents: int = 0
    windows: tuple[str, ...] = ()
    timezone: str = "UTC"

    def __post_init__(self) -> None:
        if not 0 <= self.cap <= 1:
            raise ValueError(f"cap is a fraction in 0..1, not {self.cap!r}")
        if self.ratio < 1:
            raise ValueError(f"ratio is at least 1, not {self.ratio!r}")
        if self.tab < 0 or self.maxring <= 0:
            raise ValueError("tab is at least 0 s and maxring more than 0 s")
        object.__setattr__(self, "windows", tuple(Window(window) for window in self.windows))

    @property
    def zone(self) -> ZoneInfo:
        """`timezone` as a zone."""
        return ZoneInfo(self.timezone)

    @classmethod
    def of(cls, cfg: PacerConfig | Mapping[str, Any]) -> PacerConfig:
        """Accept a mapping with the attributes above as keys: missing ones take the default, others are ignored."""
        if isinstance(cfg, PacerConfig):
            return cfg
        return cls(**{f.name: cfg[f.name] for f in fields(cls) if f.name in cfg})


@runtime_checkable
class Pacer(Protocol):
    """Decides how many calls to launch; one object per campaign, not shared between threads.

    Facts come in through `event(now, kind, **info)`, `now` being seconds of a monotonic clock at which the thing
    happened. The kinds, with their keywords:

    ==============  ======================  =====================================================================
    kind            info                    meaning
    ==============  ======================  =====================================================================
    ``launched``    call                    sent to the carrier
    ``ended``       call, result            over before it was live: no_answer, busy, invalid, hangup (before the
                                            verdict), or not_launched (congestion, no line: not the callee's doing)
    ``answered``    call                    picked up
    ``verdict``     call, live              a person (True), or not worth an agent (False, ends the call); without
                                            AMD it follows `answered` at once with live=True
    ``queued``      call                    live, waits for an agent
    ``connected``   call, agent, waited     bridged after `waited` seconds; may come without `queued`
    ``abandoned``   call, waited,           live and never bridged; by_caller = hung up before the timeout
                    by_caller
    ``talk_end``    agent                   the agent's conversation is over, wrap-up begins
    ``idle``        agent                   ready for the next call
    ``login``       agent                   signed in and ready, also after a pause
    ``logout``      agent                   signed out or on pause; during a call: leaves when it is over
    ==============  ======================  =====================================================================

    Unknown kinds, calls and agents, duplicates and late events are harmless.
    """

    reactive: bool
    """`decide` is also wanted right after every event, not only every 0.5 to 2 s."""

    def start(self, cfg: PacerConfig | Mapping[str, Any]) -> None:
        """Begin afresh with these settings, forgetting everything."""

    def event(self, now: float, kind: str, **info: Any) -> None:
        """Take note of one fact."""

    def decide(self, now: float, room: int) -> int:
        """How many calls to launch now: 0..room. `room` = least of ratio, line, rate and list limits."""

    def state(self) -> State:
        """What was learned, to be stored."""

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a stored `state` after `start`, in this or another process."""
