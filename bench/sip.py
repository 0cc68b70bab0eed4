"""What calls over SIP cost: calls a second and conversations at once, until the agent is heard too late.

sipp plays the carrier and the agents' phones, on the same machine: what it takes is told apart. Calls come at a steady
rate in the mix of an ordinary list (40 % answered, 45 % nobody, 10 % busy, 5 % no such number); who answers is bridged
to a phone that stays up. Each level is held until as many conversations go on as it asks for, then measured.

    make bench-sip ARGS="--levels 10:50,20:100"
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

from tests.telephony.sipp import SCENARIOS, Sipp, sipp

from outdial.adapters.clock import WallClock
from outdial.adapters.media.client import MediaEvent
from outdial.adapters.media.sounds import tone
from outdial.adapters.telephony.sip.carrier import SipCarrier, SipSettings, open_carrier
from outdial.adapters.telephony.sip.phones import Phone
from outdial.adapters.telephony.sip.trunks import TrunkSettings
from outdial.domain.calls import Answered, Bridged, Failed, HungUp
from outdial.domain.outcomes import Outcome
from outdial.domain.values import PhoneNumber, UserId
from outdial.ports.carrier import CallEvent, NewCall, NoFreeLine, NoSuchCall

LATEST_SECONDS = 0.2
"""The goal: of twenty callees nineteen hear their agent within so long after they answered."""
RING_SECONDS = 6.0
MIX = (("8", 0.40), ("3", 0.45), ("2", 0.10), ("4", 0.05))
"""First digits of the carrier's scenario, and their shares."""


@dataclass(frozen=True, slots=True)
class Level:
    """What was asked for, and what came of it. Shares are of one core."""

    calls_per_second: float
    bridged: int
    launched_per_second: float
    bridged_mean: float
    signalling_core: float
    media_core: float
    load_core: float
    machine_idle: float
    answered_to_bridge_p50_ms: float
    answered_to_bridge_p95_ms: float
    answered_to_heard_p50_ms: float
    answered_to_heard_p95_ms: float
    tick_late_p99_ms: float
    bridges: int
    lost: int


@dataclass
class Load:
    """Calls at a steady rate, each answered one bridged to a free phone and hung up after a while."""

    carrier: SipCarrier
    agents: list[UserId]
    talk_seconds: float
    answered_at: dict[UUID, float] = field(default_factory=dict)
    bridged: set[UUID] = field(default_factory=set)
    to_bridge: list[float] = field(default_factory=list)
    to_heard: list[float] = field(default_factory=list)
    launched: int = 0
    lost: int = 0

    def __post_init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.free = list(self.agents)
        self.of_call: dict[UUID, UserId] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.carrier.listen(self.hear)
        inner = self.carrier.media.hear

        def heard(event: MediaEvent) -> None:
            if event.kind == "both_heard":
                name = event.key if event.key.startswith("call/") else str(event.about["peer"])
                since = self.answered_at.get(UUID(name.partition("/")[2]))
                if since is not None:
                    self.to_heard.append(self.loop.time() - since)
            inner(event)

        self.carrier.media.hear = heard

    def hear(self, event: CallEvent) -> None:
        call = event.call_id
        match event.fact:
            case Answered():
                self.answered_at[call] = self.loop.time()
                if self.free:
                    self.of_call[call] = self.free.pop()
                    self.spawn(self.bridge(call, self.of_call[call]))
                else:
                    self.spawn(self.carrier.play_then_hang_up(call))
            case Bridged():
                self.bridged.add(call)
                self.to_bridge.append(self.loop.time() - self.answered_at[call])
                self.loop.call_later(self.talk_seconds, lambda: self.spawn(self.carrier.hang_up(call)))
            case Failed() | HungUp() as end:
                self.lost += isinstance(end, Failed) and end.outcome in (Outcome.LOST, Outcome.CARRIER_FAULT)
                self.bridged.discard(call)
                self.answered_at.pop(call, None)
                if (agent := self.of_call.pop(call, None)) is not None:
                    self.free.append(agent)

    async def bridge(self, call: UUID, agent: UserId) -> None:
        with contextlib.suppress(NoSuchCall):
            await self.carrier.bridge(call, agent)

    async def run(self, rate: float) -> None:
        """Place calls for ever."""
        chance, number = random.Random(1), itertools.count(100)  # noqa: S311
        began, sent = self.loop.time(), 0
        while True:
            digit = chance.choices([one for one, _ in MIX], [share for _, share in MIX])[0]
            call = NewCall(uuid4(), PhoneNumber(f"+{digit}{next(number)}"), None, RING_SECONDS, False, "bench")
            try:
                await self.carrier.originate(call)
                self.launched += 1
            except NoFreeLine:
                self.lost += 1
            sent += 1
            await asyncio.sleep(max(0.0, began + sent / rate - self.loop.time()))

    def spawn(self, work: "asyncio._CoroutineLike[None]") -> None:
        task = self.loop.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


def cpu(*processes: int) -> float:
    """Seconds of processor time that processes have taken so far."""
    ticks = 0
    for process in processes:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def idle() -> float:
    """Seconds that the machine's cores have had nothing to do so far, all together."""
    return int(Path("/proc/stat").read_text().split()[4]) / os.sysconf("SC_CLK_TCK")


async def level(rate: float, bridged: int, seconds: float, peers: "Peers") -> Level:
    """Bring a level up, hold it, measure it."""
    host, port = peers.carrier.address
    trunk = TrunkSettings("bench", host, port, max_calls=5000, calls_per_second=rate * 10, ping_seconds=0)
    async with open_carrier(SipSettings([trunk]), WallClock()) as carrier:
        agents = [UserId(uuid4()) for _ in range(bridged + 20)]
        for agent in agents:
            carrier.phones.phones[agent] = Phone(f"sip:a@127.0.0.1:{peers.phones.port}", nailed_up=True)
            carrier.phones.seat(agent)
            await asyncio.sleep(0.02)
        while not all(map(carrier.phones.nailed_up, agents)):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        talk = bridged / (rate * MIX[0][1])
        load = Load(carrier, agents, talk)
        running = asyncio.create_task(load.run(rate))
        await asyncio.sleep(talk + 2.0)
        await carrier.media.statistics()
        load.to_bridge.clear()
        load.to_heard.clear()
        media = carrier.media.pid
        began, ours, sound = load.loop.time(), cpu(os.getpid()), cpu(media)
        theirs, rested = cpu(peers.carrier.process.pid, peers.phones.process.pid), idle()
        launched, mean, looks = load.launched, 0.0, 0
        while load.loop.time() - began < seconds:
            mean, looks = mean + len(load.bridged), looks + 1
            await asyncio.sleep(0.25)
        passed = load.loop.time() - began
        statistics = await carrier.media.statistics()
        result = Level(
            calls_per_second=rate,
            bridged=bridged,
            launched_per_second=round((load.launched - launched) / passed, 1),
            bridged_mean=round(mean / looks, 1),
            signalling_core=round((cpu(os.getpid()) - ours) / passed, 3),
            media_core=round((cpu(media) - sound) / passed, 3),
            load_core=round((cpu(peers.carrier.process.pid, peers.phones.process.pid) - theirs) / passed, 3),
            machine_idle=round((idle() - rested) / passed, 2),
            answered_to_bridge_p50_ms=_share(load.to_bridge, 0.5),
            answered_to_bridge_p95_ms=_share(load.to_bridge, 0.95),
            answered_to_heard_p50_ms=_share(load.to_heard, 0.5),
            answered_to_heard_p95_ms=_share(load.to_heard, 0.95),
            tick_late_p99_ms=round(statistics.late_p99_ms, 1),
            bridges=len(load.to_heard),
            lost=load.lost,
        )
        running.cancel()
        await asyncio.gather(running, *load.tasks, return_exceptions=True)
        return result


def _share(values: Sequence[float], share: float) -> float:
    return round(sorted(values)[min(len(values) - 1, int(len(values) * share))] * 1000, 1) if values else float("nan")


@dataclass(frozen=True, slots=True)
class Peers:
    carrier: Sipp
    phones: Sipp


@contextlib.contextmanager
def peers() -> Iterator[Peers]:
    """The far side, fresh."""
    with tempfile.TemporaryDirectory(prefix="outdial-bench-") as name:
        folders = [Path(name) / one for one in ("carrier", "phones")]
        for folder in folders:
            folder.mkdir()
            for sound in ("voice.ul", "machine.ul"):
                (folder / sound).write_bytes(tone(400.0, seconds=1.0))
        with (
            sipp(folders[0], scenario=SCENARIOS / "carrier.xml", calls=None) as carrier,
            sipp(folders[1], scenario=SCENARIOS / "agent.xml", calls=None) as phones,
        ):
            yield Peers(carrier, phones)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--levels", default="10:50,20:100,30:150,40:200", help="calls a second : conversations, ...")
    parser.add_argument("--seconds", type=float, default=15.0, help="how long each level is measured")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    results = []
    for text in given.levels.split(","):
        rate, bridged = text.split(":")
        with peers() as far_side:
            result = asyncio.run(level(float(rate), int(bridged), given.seconds, far_side))
        results.append(result)
        if given.json:
            print(json.dumps(asdict(result)), flush=True)
        else:
            print(
                f"{result.launched_per_second:5.1f} calls/s, {result.bridged_mean:5.1f} bridged: "
                f"signalling {result.signalling_core:.2f} + media {result.media_core:.2f} core "
                f"(load generator {result.load_core:.2f}, idle {result.machine_idle:.2f}); "
                f"answer to bridge p50 {result.answered_to_bridge_p50_ms:.0f} "
                f"p95 {result.answered_to_bridge_p95_ms:.0f} ms, "
                f"to both heard p50 {result.answered_to_heard_p50_ms:.0f} "
                f"p95 {result.answered_to_heard_p95_ms:.0f} ms ({result.bridges} bridges); "
                f"tick late p99 {result.tick_late_p99_ms:.1f} ms; {result.lost} lost",
                flush=True,
            )
        if result.answered_to_heard_p95_ms > LATEST_SECONDS * 1000:
            print(f"p95 is over {LATEST_SECONDS * 1000:.0f} ms: this machine's limit, with its load generator on it")
            break


if __name__ == "__main__":
    main()
