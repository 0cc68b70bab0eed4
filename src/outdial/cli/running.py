"""Running a command's coroutine so that every way of stopping it unwinds it."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from outdial import bootstrap

Result = TypeVar("Result")


def with_installation(work: Callable[[bootstrap.Installation], Awaitable[Result]]) -> Result:
    """Open the installation that the environment describes, do one thing with it, and close it."""
    settings = bootstrap.read_settings()

    async def main(server: bootstrap.Server) -> Result:
        async with bootstrap.open_installation(settings, server) as here:
            return await work(here)

    with bootstrap.database_server(settings) as server:
        return run_to_end(main(server))


def run_to_end(
    main: Coroutine[Any, Any, Result], loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None
) -> Result:
    """Run `main` on a loop of its own; SIGTERM unwinds it as Ctrl-C does, so that nothing is left behind.

    Raises:
        KeyboardInterrupt: it was stopped by a signal, and has cleaned up.
    """

    async def stoppable() -> Result:
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await main

    outside = signal.getsignal(signal.SIGTERM)
    try:
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            return runner.run(stoppable())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        # A loop that closes leaves the signal's default behind, which would end the process at once.
        signal.signal(signal.SIGTERM, outside)
