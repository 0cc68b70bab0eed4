"""The chance that a launched call becomes a live one, estimated without favouring quick results.

Busy signals and wrong numbers report back within seconds, people take their time. An average over *finished* calls
therefore sees too few people while many calls are pending, dials more, and sees still fewer. Here each launch
counts, for as much as a live verdict could have arrived by now.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

BUCKET_SECONDS = 0.5
MEMORY_DIALS = 300
PRIOR_LIVES, PRIOR_DIALS = 3.2, 8.0
LOWEST, HIGHEST = 0.002, 0.98


@dataclass(slots=True, eq=False)
class Cohort:
    """The calls launched within the same half second.

    Attributes:
        at: when its first call was launched, seconds.
        launched, live, ringing: how many were sent, were found live, ring now.
        matured: already part of the long-run sums.
    """

    key: int
    at: float
    launched: int = 0
    live: int = 0
    ringing: int = 0
    matured: bool = False


class AnswerRate:
    """Lives per dial over about the last 300 dials; also holds the ringing calls by age.

    Attributes:
        heard: dials, since the beginning and without fading, whose verdict has come in, as of the last estimate.
    """

    def __init__(self) -> None:
        self.cohorts: deque[Cohort] = deque()
        self.lives = PRIOR_LIVES
        self.dials = PRIOR_DIALS
        self.heard = 0.0
        self._young: deque[Cohort] = deque()
        self._matured = 0

    def launched(self, now: float) -> Cohort:
        """Count a launch; returns the cohort to which its later fate is credited."""
        key = int(now / BUCKET_SECONDS)
        if not self.cohorts or self.cohorts[-1].key < key:
            cohort = Cohort(key, now)
            self.cohorts.append(cohort)
            self._young.append(cohort)
        cohort = self.cohorts[-1]
        cohort.launched += 1
        cohort.ringing += 1
        return cohort

    def withdrawn(self, cohort: Cohort) -> None:
        """A call was never placed: neither a dial nor ringing."""
        cohort.launched -= 1
        cohort.ringing -= 1

    def found_live(self, cohort: Cohort) -> None:
        """Credit a live verdict to the launch it came from, however late."""
        if cohort.matured:
            self.lives += 1
        else:
            cohort.live += 1

    def loosen(self, factor: float) -> None:
        """Believe what was seen so much less: the list, the caller id or the time zone changed."""
        self.lives /= factor
        self.dials /= factor

    def mature(self, now: float, age: float) -> None:
        """Move cohorts older than `age` seconds, whose verdicts are in, to the fading sums."""
        fade = 1 / MEMORY_DIALS
        young = self._young
        while young and now - young[0].at > age:
            cohort = young.popleft()
            cohort.matured = True
            self._matured += cohort.launched
            # Calls of one cohort fade among themselves too: on average half of them came after a given one.
            gain = max(0.2, 1 - fade * cohort.launched / 2)
            kept = (1 - fade) ** cohort.launched
            self.lives = self.lives * kept + cohort.live * gain
            self.dials = self.dials * kept + cohort.launched * gain
        while self.cohorts and self.cohorts[0].matured and self.cohorts[0].ringing <= 0:
            self.cohorts.popleft()

    def estimate(self, now: float, arrived: Callable[[float], float], delay: float = 0.0) -> float:
        """Live verdicts per launch, a fraction.

        Args:
            now: seconds.
            arrived: share of live answers that have come in within so many seconds of launch.
            delay: seconds from an answer to its verdict.
        """
        lives, heard = self.lives, 0.0
        then = now - delay
        for cohort in self._young:
            lives += cohort.live
            if cohort.at < then:  # the youngest can have no verdict yet
                heard += cohort.launched * arrived(then - cohort.at)
        self.heard = self._matured + heard
        return min(HIGHEST, max(LOWEST, lives / (self.dials + heard)))
