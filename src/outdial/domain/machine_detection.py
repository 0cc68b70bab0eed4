"""Is it a person or a machine that answered: judged by how the first words are spoken, frame by frame.

A person says a short word and waits; a machine speaks on. What cannot be told apart goes to an agent: to hang up on a
person costs more than to show an agent a machine. The rules know nothing of sound, only whether there is speech in a
frame of 20 ms; `adapters.detection` listens.

Source: the rules are common practice (initial silence, length of the greeting, silence after it); the numbers were
chosen on the tune half of the greetings of `tests/detection`, and ADR 0011 says how.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from hashlib import blake2b
from typing import Final
from uuid import UUID

FRAME_MS: Final = 20
LONGEST_LIMIT: Final = 7500
"""Milliseconds after which every carrier stops listening, whatever the rules say."""


class Verdict(enum.Enum):
    """Who answered; the values are the words of attempts and events."""

    HUMAN = "human"
    MACHINE = "machine"
    NOT_SURE = "not_sure"


class Cause(enum.Enum):
    """What the verdict rests on."""

    SHORT_GREETING = "short_greeting"
    LONG_GREETING = "long_greeting"
    SILENCE = "silence"
    OUT_OF_TIME = "out_of_time"
    TONE = "tone"


@dataclass(frozen=True, slots=True)
class Rules:
    """How much is heard before it is judged; all in milliseconds.

    Attributes:
        initial_silence: without a word for so long, nobody can tell.
        longest_greeting: who speaks for longer than this, short pauses within included, is a machine.
        pause: silence that ends a greeting: then it was a person. Machines pause too after a "Hello".
        longer_greeting: a greeting of more than this needs only `short_pause`: there are not many words left to come
            before it is too long for a person's.
        shortest_word: sound shorter than this is a click and no word.
        limit: after so long without another verdict, nobody can tell.
    """

    initial_silence: int = 2500
    longest_greeting: int = 1340
    pause: int = 600
    longer_greeting: int = 700
    short_pause: int = 400
    shortest_word: int = 80
    limit: int = 5000

    @property
    def contradiction(self) -> str | None:
        """What makes no sense of the rules taken together; None when they do."""
        if self.short_pause > self.pause:
            return "short_pause may not be longer than pause"
        if self.longer_greeting > self.longest_greeting:
            return "longer_greeting may not be longer than longest_greeting"
        if max(self.initial_silence, self.longest_greeting) >= self.limit:
            return "initial_silence and longest_greeting have to be shorter than limit"
        return None


RULE_NAMES: Final = tuple(rule.name for rule in fields(Rules))


class Profile(enum.Enum):
    """Named sets of rules, for a campaign to choose from."""

    PRIVATE = "private"
    """For private numbers: people say a word or two."""
    BUSINESS = "business"
    """For lists with companies on them, whose people greet at length: fewer machines are caught, and later."""


RULES: Final[Mapping[Profile, Rules]] = {
    Profile.PRIVATE: Rules(),
    Profile.BUSINESS: Rules(longest_greeting=4400, pause=700, longer_greeting=1400, short_pause=500, limit=7000),
}


@dataclass(frozen=True, slots=True)
class Detection:
    """How a campaign tells people from machines.

    Attributes:
        profile: whose rules it goes by; None = those of the carrier it is dialed over.
        changed: rules of its own in place of the profile's: names of `Rules`, with milliseconds.
        sampled: the share (0..1) of calls judged machine that are brought to an agent all the same, so that it can be
            measured how often that is a person.
    """

    profile: Profile | None = None
    changed: tuple[tuple[str, int], ...] = ()
    sampled: float = 0.0

    @property
    def rules(self) -> Rules | None:
        return None if self.profile is None else replace(RULES[self.profile], **dict(self.changed))

    def samples(self, call: UUID) -> bool:
        """Whether a call is one of those sampled: always the same ones, by their ids, which are as good as chance."""
        return int.from_bytes(blake2b(call.bytes, digest_size=4).digest()) < self.sampled * 2**32


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, with what it rests on.

    Attributes:
        after_ms: from the answer.
        after_speech_ms: from the first word; none was heard where it is None.
    """

    verdict: Verdict
    cause: Cause
    after_ms: int
    after_speech_ms: int | None


@dataclass(frozen=True, slots=True)
class Listening:
    """What has been heard so far; `hear` answers the next state. Times in milliseconds since the answer."""

    rules: Rules = field(default_factory=Rules)
    heard: int = 0
    began: int | None = None
    """When the first word began."""
    spoke_until: int = 0
    """When speech was last heard, once there was a word."""
    run: int = 0
    """How long the present sound has lasted without a gap."""

    def hear(self, speech: bool) -> "Listening | Judgement":
        """Take in another frame of 20 ms."""
        now = self.heard + FRAME_MS
        run = self.run + FRAME_MS if speech else 0
        began, spoke_until = self.began, self.spoke_until
        if run >= self.rules.shortest_word:
            began = now - run if began is None else began
            spoke_until = now
        if (judged := self._judge(now, began, spoke_until)) is not None:
            return judged
        return Listening(self.rules, now, began, spoke_until, run)

    def tone(self) -> Judgement:
        """A steady tone was heard: people do not whistle when they pick up."""
        since = None if self.began is None else self.heard - self.began
        return Judgement(Verdict.MACHINE, Cause.TONE, self.heard, since)

    def _judge(self, now: int, began: int | None, spoke_until: int) -> Judgement | None:
        rules = self.rules
        if began is None:
            return Judgement(Verdict.NOT_SURE, Cause.SILENCE, now, None) if now >= rules.initial_silence else None
        since = now - began
        greeting = spoke_until - began
        if greeting > rules.longest_greeting:
            return Judgement(Verdict.MACHINE, Cause.LONG_GREETING, now, since)
        if now - spoke_until >= (rules.short_pause if greeting > rules.longer_greeting else rules.pause):
            return Judgement(Verdict.HUMAN, Cause.SHORT_GREETING, now, since)
        return Judgement(Verdict.NOT_SURE, Cause.OUT_OF_TIME, now, since) if now >= rules.limit else None
