"""What a pacer saw and decided, line by line, so that its decisions can be gone through again elsewhere.

A log is one JSON value a line: first a heading, then what was asked of the pacer in its order. Calls and agents are
numbered as they appear, so that a log holds nothing about people.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from outdial.domain.errors import FieldProblem, Invalid
from outdial.domain.pacing.base import Pacer, PacerConfig, State
from outdial.domain.pacing.predictive import PredictivePacer
from outdial.domain.pacing.progressive import ProgressivePacer
from outdial.domain.pacing.shadow import ShadowPacer

FORMAT: Final = "outdial-pacer-log"
VERSION: Final = 1

RECORDABLE: Final[dict[str, Callable[[], Pacer]]] = {
    "predictive": PredictivePacer,
    "progressive": ProgressivePacer,
    "shadow": ShadowPacer,
}
"""Pacers that a log can be replayed through, by name."""

_NUMBERED: Final = ("call", "agent")


class LogUnreadable(Invalid):
    """It is not a pacer's log, or not of a version that is known."""

    code = "pacer-log-unreadable"

    def __init__(self, line: int, what: str) -> None:
        super().__init__("this is not a pacer's log that can be replayed", [FieldProblem(f"line {line}", what)])


class RecordingPacer:
    """A pacer that decides as another one, and writes down what it was told, asked and answered.

    Args:
        name: out of `RECORDABLE`.
        write: takes one line without its end.
    """

    def __init__(self, name: str, write: Callable[[str], None]) -> None:
        self._pacer = RECORDABLE[name]()
        self.reactive = self._pacer.reactive
        self._write = write
        self._numbers: dict[tuple[str, Hashable], int] = {}
        self._put({"format": FORMAT, "version": VERSION, "pacer": name})

    @property
    def recorded(self) -> Pacer:
        """The pacer that decides: to be looked at, and told nothing but through this one."""
        return self._pacer

    def start(self, cfg: PacerConfig | Mapping[str, Any]) -> None:
        """Begin afresh (see `Pacer`)."""
        given = PacerConfig.of(cfg)
        self._put(["start", _plain(given)])
        self._pacer.start(given)

    def event(self, now: float, kind: str, **info: Any) -> None:
        """Take note of one fact (see `Pacer`)."""
        for name in _NUMBERED:
            if info.get(name) is not None:
                info[name] = self._numbers.setdefault((name, info[name]), len(self._numbers))
        if isinstance(info.get("cfg"), PacerConfig):
            info["cfg"] = _plain(info["cfg"])
        self._put(["event", now, kind, info])
        self._pacer.event(now, kind, **info)

    def decide(self, now: float, room: int) -> int:
        """What the pacer decides (see `Pacer`)."""
        calls = self._pacer.decide(now, room)
        self._put(["decide", now, room, calls])
        return calls

    def state(self) -> State:
        """What the pacer learned."""
        return self._pacer.state()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a stored state (see `Pacer`)."""
        self._put(["restore", state])
        self._pacer.restore(state)

    def _put(self, line: object) -> None:
        self._write(json.dumps(line, separators=(",", ":")))


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of a replay.

    Attributes:
        recorded, replayed: SHA-256 over the decisions in their order, as recorded and as made again.
        first_difference: number of the first decision, from 1, that is another one; None = all are the same.
    """

    pacer: str
    events: int
    decisions: int
    launched: int
    recorded: str
    replayed: str
    first_difference: int | None

    @property
    def identical(self) -> bool:
        """Whether every decision is the same."""
        return self.recorded == self.replayed


def replay(lines: Iterable[str]) -> Replayed:
    """Let the pacer of a log decide everything again.

    A last line that was cut off, as when the recording process died, is left out.

    Raises:
        LogUnreadable: it is something else.
    """
    pacer: Pacer | None = None
    name, events, decisions, launched, difference = "", 0, 0, 0, None
    before, again = hashlib.sha256(), hashlib.sha256()
    for number, line in enumerate(lines, 1):
        try:
            said = json.loads(line)
        except ValueError:
            if pacer is not None and not line.endswith("\n"):
                break
            raise LogUnreadable(number, "is not JSON") from None
        if pacer is None:
            name = _name_of(said)
            pacer = RECORDABLE[name]()
            continue
        match said:
            case ["start", dict(settings)]:
                pacer.start(settings)
            case ["restore", dict(state)]:
                pacer.restore(state)
            case ["event", float() | int() as now, str(kind), dict(info)]:
                events += 1
                pacer.event(now, kind, **info)
            case ["decide", float() | int() as now, int(room), int(calls)]:
                decisions += 1
                made = pacer.decide(now, room)
                launched += made
                before.update(b"%d;" % calls)
                again.update(b"%d;" % made)
                if made != calls and difference is None:
                    difference = decisions
            case _:
                raise LogUnreadable(number, "is none of start, restore, event and decide")
    if pacer is None:
        raise LogUnreadable(1, "is missing")
    return Replayed(name, events, decisions, launched, before.hexdigest(), again.hexdigest(), difference)


def _name_of(heading: object) -> str:
    match heading:
        case {"format": str(form), "version": int(version), "pacer": str(name)} if form == FORMAT:
            if version != VERSION:
                raise LogUnreadable(1, f"has version {version}, not {VERSION}")
            if name in RECORDABLE:
                return name
    raise LogUnreadable(1, f"is not the heading of {FORMAT}")


def _plain(config: PacerConfig) -> dict[str, Any]:
    return {name: getattr(config, name) for name in PacerConfig.__dataclass_fields__}
