"""How far a long command is, on stderr: a bar on a terminal, a line now and then elsewhere, nothing if nobody asked."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Final

from rich.console import Console
from rich.progress import Progress

from outdial.adapters.clock import WallClock
from outdial.cli.output import say

LINE_SECONDS: Final = 10.0
"""Between two lines of progress where there is no terminal."""

Tell = Callable[[int, int | None], None]
"""Called with how much is done and how much there is, where that is known."""


@contextlib.contextmanager
def progress(verb: str, unit: str, *, quiet: bool) -> Iterator[Tell]:
    """Show what is told; `verb` is as in "42 of 100 rows sent", `unit` the rows."""
    console = Console(stderr=True)
    if quiet:
        yield lambda done, total: None
        return
    if console.is_terminal:
        with Progress(console=console, transient=True) as bar:
            task = bar.add_task(verb.capitalize(), total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
        return
    clock = WallClock()
    said_at = clock.monotonic()

    def line(done: int, total: int | None) -> None:
        nonlocal said_at
        if clock.monotonic() - said_at >= LINE_SECONDS:
            said_at = clock.monotonic()
            say(f"{done} {unit} {verb}" if total is None else f"{done} of {total} {unit} {verb}")

    yield line
