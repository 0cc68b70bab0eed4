"""How well a campaign tells people from machines in production: its verdicts held against what agents say of the calls.

Of the calls judged machine only a sample reaches an agent (`Detection.sampled`); of the others every one that is
connected does. Each is counted when its agent has said who it was. Shares come with the bounds of an interval in which
they lie with a confidence of 95 %: a sample is small for long.
"""

import enum
import math
from dataclasses import dataclass

_Z = 1.959964


class AnsweredBy(enum.Enum):
    """Who an agent says it was, by the disposition that they choose."""

    PERSON = "PERSON"
    MACHINE = "MACHINE"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share (0..1) as it was seen, and between which bounds it lies."""

    seen: float
    low: float
    high: float


def estimate(hits: int, of: int) -> Estimate | None:
    """The share of `hits`; None when there was nothing to see.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, 1927: the score
    interval, which holds for small samples and for shares near 0.
    """
    if not of:
        return None
    share, z2 = hits / of, _Z * _Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return Estimate(share, max(0.0, middle - half), min(1.0, middle + half))


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What was counted over a time.

    Attributes:
        machine, person, not_sure: calls by verdict; of those that are not sure an agent gets all.
        sampled: calls judged machine that an agent got all the same.
        sampled_said, sampled_persons: of these, those whose agent said who it was, and those who were people.
        passed: calls of the other two verdicts that an agent got; passed_said, passed_machines: as above, of machines.
        delay_p50, delay_p95: seconds from the answer to the verdict.
    """

    machine: int = 0
    person: int = 0
    not_sure: int = 0
    sampled: int = 0
    sampled_said: int = 0
    sampled_persons: int = 0
    passed: int = 0
    passed_said: int = 0
    passed_machines: int = 0
    delay_p50: float | None = None
    delay_p95: float | None = None

    @property
    def false_discovery(self) -> Estimate | None:
        """The share of the verdicts "machine" that were people."""
        return estimate(self.sampled_persons, self.sampled_said)

    @property
    def passed_on(self) -> Estimate | None:
        """The share of machines among the calls that were brought to agents as people."""
        return estimate(self.passed_machines, self.passed_said)

    @property
    def false_positive(self) -> Estimate | None:
        """The share of the people who answered that were taken for machines, which is to say hung up on."""
        return self._share(self.machine, self.false_discovery, self.person + self.not_sure, self.passed_on)

    @property
    def missed(self) -> Estimate | None:
        """The share of the machines that answered that were taken for people."""
        return self._share(self.person + self.not_sure, self.passed_on, self.machine, self.false_discovery)

    @staticmethod
    def _share(taken: int, wrongly: Estimate | None, others: int, of_others: Estimate | None) -> Estimate | None:
        """What was wrongly taken, of all of its kind: the rest of its kind are those of the others rightly taken.

        It grows with both shares, so that their bounds give its own; they may both be off at once: it is cautious.
        """
        if wrongly is None or of_others is None:
            return None

        def share(wrong: float, wrong_of_others: float) -> float:
            wrongly_taken, rightly = taken * wrong, others * (1 - wrong_of_others)
            return wrongly_taken / (wrongly_taken + rightly) if wrongly_taken + rightly else 0.0

        return Estimate(
            share(wrongly.seen, of_others.seen),
            share(wrongly.low, of_others.low),
            share(wrongly.high, of_others.high),
        )
