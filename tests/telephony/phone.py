"""A phone that is not ours (baresip), as a process: it answers, sends a tone, and says which tone and digits it hears.

Started as `python -m tests.telephony.phone`, with its orders as one JSON object; what happens comes as one JSON object
a line. One phone a process: its library allows no more.
"""

import asyncio
import json
import math
import sys
from array import array
from typing import Any

from baresip.call import Call
from baresip.config import Account, Config
from baresip.errors import AudioNotActive, AudioRestarted
from baresip.runtime import Runtime
from baresip.ua import UserAgent

RATE = 8000
WINDOW = RATE // 4


def say(what: str, **about: Any) -> None:
    print(json.dumps({"what": what, **about}), flush=True)


def tone(hertz: float, first: int, count: int) -> bytes:
    samples = (int(8000 * math.sin(2 * math.pi * hertz * n / RATE)) for n in range(first, first + count))
    return array("h", samples).tobytes()


def loudest(samples: "array[int]", among: list[float]) -> float | None:
    """Which of these tones carries at least half of the sound; `None` for silence and for other sound."""
    power = sum(sample * sample for sample in samples)
    if power < len(samples) * 300**2:
        return None
    best = max(among, key=lambda hertz: _power(samples, hertz))
    return best if _power(samples, best) > power * len(samples) / 4 else None


def _power(samples: "array[int]", hertz: float) -> float:
    """The square of the sum that a tone of amplitude a adds up to: (a n / 2)²; its own power is a² n / 2."""
    turn = 2 * math.pi * hertz / RATE
    real = sum(sample * math.cos(turn * n) for n, sample in enumerate(samples))
    imaginary = sum(sample * math.sin(turn * n) for n, sample in enumerate(samples))
    return real * real + imaginary * imaginary


async def talk(call: Call, orders: dict[str, Any]) -> None:
    """Send a tone, and listen."""
    sent, heard = 0, array("h")
    told: float | None = None
    while True:
        try:
            call.audio.write(tone(orders["hertz"], sent, RATE // 50))
            sent += RATE // 50
            heard.frombytes(call.audio.read(RATE // 5 * 2))
        except (AudioNotActive, AudioRestarted):
            pass
        if len(heard) >= WINDOW:
            now = loudest(heard[-WINDOW:], orders["among"])
            heard = array("h")
            if now is not None and now != told:
                told = now
                say("hears", hertz=now)
                if orders.get("digits"):
                    await call.send_dtmf(orders.pop("digits"))
        await asyncio.sleep(0.02)


async def main() -> None:
    orders = json.loads(sys.argv[1])
    runtime = Runtime()
    listen = f"sip_listen 127.0.0.1:{orders['port']}\n"
    await runtime.start(Config(net_interface="127.0.0.1", extra_config_text=listen, max_concurrent_calls=None))
    talking: set[asyncio.Task[None]] = set()
    try:
        account = Account(
            user=orders["user"],
            domain=orders.get("registrar", f"127.0.0.1:{orders['port']}"),
            password=orders.get("password", ""),
            reg_interval=60 if "registrar" in orders else 0,
        )
        agent = await UserAgent.create(runtime, account)

        async def answer(call: Call) -> None:
            call.on_dtmf(lambda digit: say("digit", digit=digit.digit))
            await call.answer()
            await call.wait_established()
            say("answered")
            await talk(call, orders)

        def incoming(call: Call) -> None:
            task = asyncio.create_task(answer(call))
            talking.add(task)
            task.add_done_callback(talking.discard)

        agent.on_incoming(incoming)
        if "registrar" in orders:
            await agent.register()
        say("ready")
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)  # until whoever started it is done
    finally:
        for task in talking:
            task.cancel()
        await runtime.close()


if __name__ == "__main__":
    asyncio.run(main())
