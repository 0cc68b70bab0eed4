"""How tasks in the background of a block end."""

import asyncio

from outdial.app.background import ended
from outdial.simulation.virtual_time import run_in_virtual_time


def test_a_task_that_does_not_hear_the_first_word_is_told_again() -> None:
    async def main() -> tuple[int, bool]:
        heard = 0

        async def deaf() -> None:
            nonlocal heard
            while True:
                try:
                    await asyncio.sleep(3600)
                except asyncio.CancelledError:
                    heard += 1
                    if heard == 2:
                        raise

        async def broken() -> None:
            raise ZeroDivisionError

        tasks = [asyncio.create_task(deaf()), asyncio.create_task(broken())]
        await asyncio.sleep(1)
        await ended(tasks)
        return heard, all(task.done() for task in tasks)

    assert run_in_virtual_time(main()) == (2, True)


def test_where_nothing_works_nothing_is_waited_for() -> None:
    run_in_virtual_time(ended([]))
