"""How well people are told from machines, beside the rules that Asterisk's AMD() has by default, on the same sound.

The rules were chosen on one half of the speakers; what is shown is the other half's. Intervals (Wilson's) hold with
95 % confidence. The delay counts from the first word: what came before it was the callee's own silence.
"""

import argparse
import dataclasses
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from tests.detection.greetings import Greeting, Half, Kind, greetings, missing

from outdial.adapters.detection.detector import Detector, samples_of
from outdial.adapters.detection.speech import SpeechActivity, level_of
from outdial.domain.machine_detection import FRAME_MS, RULES, Judgement, Profile, Verdict
from outdial.domain.verdicts import Estimate, estimate

GOALS: Final = ((Kind.PERSON, "at most", 0.01), (Kind.MACHINE, "at least", 0.9))
GOAL_DELAY_MS: Final = 1500


@dataclass(frozen=True)
class Verdicts:
    """What a way of judging said of all greetings of a kind; delays in milliseconds from the first word."""

    kind: Kind
    counts: Counter[Verdict]
    delays: Sequence[int]

    def machine(self) -> Estimate:
        found = estimate(self.counts[Verdict.MACHINE], self.counts.total())
        assert found is not None, "there are greetings of every kind"
        return found


def ours(profile: Profile) -> Callable[[Greeting], tuple[Verdict, int]]:
    def judge(greeting: Greeting) -> tuple[Verdict, int]:
        detector = Detector(RULES[profile])
        judged = next(one for frame in greeting.frames for one in detector.hear(frame) if isinstance(one, Judgement))
        return judged.verdict, judged.after_ms if judged.after_speech_ms is None else judged.after_speech_ms

    return judge


def asterisk(greeting: Greeting) -> tuple[Verdict, int]:
    """The documented defaults of AMD(): 2.5 s of silence, more than 2 words, or a greeting of 1.5 s, is a machine.

    0.8 s of silence after a word is a person; 5 s in all are "not sure". A word is 100 ms, and 50 ms part two of them.
    """
    activity = SpeechActivity()
    words, voice, quiet, began = 0, 0, 0, None
    in_word = False
    for place, frame in enumerate(greeting.frames):
        now = (place + 1) * FRAME_MS
        speech = activity.hear(level_of(float(np.mean(samples_of(frame).astype(np.float64) ** 2))))
        if now >= 5000:
            return Verdict.NOT_SURE, now - (began or 0)
        if speech:
            quiet, voice = 0, voice + FRAME_MS
            if voice >= 100 and not in_word:
                in_word, words = True, words + 1
                began = now - voice if began is None else began
        else:
            quiet += FRAME_MS
            if quiet >= 50:
                in_word, voice = False, 0
        if began is None:
            if now >= 2500:
                return Verdict.MACHINE, now
            continue
        if words > 2 or voice >= 1500:
            return Verdict.MACHINE, now - began
        if quiet >= 800:
            return Verdict.HUMAN, now - began
    return Verdict.NOT_SURE, len(greeting.frames) * FRAME_MS


def judge_all(spoken: Sequence[Greeting], judge: Callable[[Greeting], tuple[Verdict, int]]) -> Iterator[Verdicts]:
    for kind in Kind:
        judged = [judge(one) for one in spoken if one.kind is kind]
        yield Verdicts(kind, Counter(verdict for verdict, _ in judged), sorted(delay for _, delay in judged))


def percentile(ordered: Sequence[int], share: float) -> int:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of levels, noise and lead-in")
    parser.add_argument("--json", action="store_true", help="one object on stdout instead of the table")
    asked = parser.parse_args()
    if lacking := missing():
        print(f"bench: speech is missing ({', '.join(lacking)}): make test installs it as root", file=sys.stderr)
        return 1
    print("speaking …", file=sys.stderr)
    spoken = greetings(Half.TEST, asked.seed)
    ways = {
        "ours, private": ours(Profile.PRIVATE),
        "ours, business": ours(Profile.BUSINESS),
        "AMD() defaults": asterisk,
    }
    found = {name: list(judge_all(spoken, judge)) for name, judge in ways.items()}
    cost = _cost(spoken)
    if asked.json:
        print(json.dumps({"greetings": len(spoken), "cost_us_per_frame": cost, "ways": _as_json(found)}, indent=2))
    else:
        _show(found, len(spoken), cost)
    return 0


def _cost(spoken: Sequence[Greeting]) -> float:
    """Microseconds of this process for a frame that is listened to for words and for tones."""
    frames = [frame for one in spoken[:40] for frame in one.frames[:100]]
    detector = Detector(RULES[Profile.PRIVATE])
    began = time.process_time()
    for frame in frames:
        detector.hear(frame)
    return round((time.process_time() - began) * 1e6 / len(frames), 1)


def _as_json(found: dict[str, list[Verdicts]]) -> dict[str, dict[str, object]]:
    return {
        name: {
            one.kind.value: {
                "greetings": one.counts.total(),
                "verdicts": {verdict.value: one.counts[verdict] for verdict in Verdict},
                "machine": dataclasses.astuple(one.machine()),
                "delay_ms": {"p50": percentile(one.delays, 0.5), "p95": percentile(one.delays, 0.95)},
            }
            for one in kinds
        }
        for name, kinds in found.items()
    }


def _show(found: dict[str, list[Verdicts]], number: int, cost: float) -> None:
    print(f"{number} greetings of speakers the rules were not chosen on; judged machine, with the interval of 95 %\n")
    print("| way | greeting of | number | judged machine | not sure | delay p50 | delay p95 |")
    print("|---|---|---|---|---|---|---|")
    for name, kinds in found.items():
        for one in kinds:
            share = one.machine()
            unsure = one.counts[Verdict.NOT_SURE]
            delays = f"{percentile(one.delays, 0.5)} ms | {percentile(one.delays, 0.95)} ms"
            machine = f"{share.seen:.1%} ({share.low:.1%} to {share.high:.1%})"
            print(f"| {name} | {one.kind.value} | {one.counts.total()} | {machine} | {unsure} | {delays} |")
    print()
    private = {one.kind: one for one in found["ours, private"]}
    for kind, bound, goal in GOALS:
        share = private[kind].machine().seen
        met = share <= goal if bound == "at most" else share >= goal
        print(f"goal, {kind.value} judged machine {bound} {goal:.0%}: {share:.1%}, {'met' if met else 'missed'}")
    delays = sorted(delay for one in private.values() if one.kind is not Kind.COMPANY for delay in one.delays)
    p95 = percentile(delays, 0.95)
    print(f"goal, p95 of the delay at most {GOAL_DELAY_MS} ms: {p95} ms, {'met' if p95 <= GOAL_DELAY_MS else 'missed'}")
    print(f"one stream costs {cost} us for each frame of {FRAME_MS} ms: {cost / FRAME_MS / 10:.2f} % of this core")


if __name__ == "__main__":
    sys.exit(main())
