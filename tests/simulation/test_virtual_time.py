"""Waiting takes no time, order is kept, and nothing hangs for ever."""

import asyncio
import os
import threading

import pytest

from outdial.simulation.virtual_time import VirtualTimeError, VirtualTimeLoop, database_gate, run_in_virtual_time


def test_a_day_of_sleep_is_a_day_of_the_loops_clock() -> None:
    async def main() -> float:
        await asyncio.sleep(86_400 * 3)
        return asyncio.get_running_loop().time()

    assert run_in_virtual_time(main()) == 86_400 * 3


def test_timers_of_one_instant_fire_in_the_order_in_which_they_were_set() -> None:
    async def main() -> list[int]:
        fired: list[int] = []
        loop = asyncio.get_running_loop()
        for number in range(50):
            loop.call_later(1.0, fired.append, number)
        await asyncio.sleep(2.0)
        return fired

    assert run_in_virtual_time(main()) == list(range(50))


def test_a_timeout_over_a_sleep_fires_exactly() -> None:
    async def main() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5.0):
                await asyncio.sleep(3600)
        return asyncio.get_running_loop().time()

    assert run_in_virtual_time(main()) == 5.0


def test_time_stands_still_while_the_outside_works() -> None:
    async def main() -> tuple[float, bytes]:
        loop = asyncio.get_running_loop()
        reading, writing = os.pipe()
        arrived: asyncio.Future[bytes] = loop.create_future()

        def receive() -> None:
            loop.remove_reader(reading)
            arrived.set_result(os.read(reading, 10))

        loop.add_reader(reading, receive)
        ticking = asyncio.create_task(asyncio.sleep(1000))
        sender = threading.Timer(0.05, os.write, (writing, b"reply"))
        sender.start()
        with database_gate():
            reply = await arrived
        at = loop.time()
        ticking.cancel()
        sender.join()
        os.close(reading)
        os.close(writing)
        return at, reply

    assert run_in_virtual_time(main()) == (0.0, b"reply")


def test_when_everybody_waits_and_no_timer_is_set_the_run_says_so() -> None:
    async def main() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(VirtualTimeError, match="no timer is set"):
        run_in_virtual_time(main())


def test_cleaning_up_still_works_after_giving_up() -> None:
    cleaned: list[str] = []

    async def main() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            await asyncio.sleep(0.001)
            cleaned.append("yes")

    with pytest.raises(VirtualTimeError):
        run_in_virtual_time(main())
    assert cleaned == ["yes"]


def test_the_gate_is_open_on_an_ordinary_loop() -> None:
    async def main() -> bool:
        with database_gate():
            return not isinstance(asyncio.get_running_loop(), VirtualTimeLoop)

    assert asyncio.run(main())
