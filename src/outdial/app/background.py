"""Tasks that work in the background of a block, and their end."""

from asyncio import Task, wait
from collections.abc import Iterable
from typing import Any, Final

_AGAIN_SECONDS: Final = 1.0


async def ended(tasks: Iterable[Task[Any]]) -> None:
    """Cancel tasks and wait until they are over; what they raised is not told.

    They are told again and again: a library that is interrupted in the moment of its answer can lose the first word.
    """
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await wait(left, timeout=_AGAIN_SECONDS)
