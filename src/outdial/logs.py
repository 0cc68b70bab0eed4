"""Logs: events with fields, on stderr. No secret, no name and no whole phone number belongs into one."""

import contextlib
import logging
import sys
from collections.abc import Iterator

import structlog
from structlog.typing import Processor


def configure(*, as_json: bool, level: str) -> None:
    """Send our events and those of the libraries to stderr, in one form; `level` is `debug` to `error`.

    stdout is left alone: it belongs to the result of a command.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Processor]
    if as_json:
        last = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    else:
        # Without values of variables: a traceback may pass through people's data.
        plain = structlog.dev.plain_traceback
        last = [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last]
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # httpx tells every request with its whole address: numbers that are called through an Asterisk are in there.
    for library in ("asyncio", "alembic", "httpx", "sqlalchemy", "uvicorn", "uvicorn.error"):
        logging.getLogger(library).setLevel(max(logging.WARNING, root.level))
    # Its lines hold whole addresses of requests, query and all.
    logging.getLogger("uvicorn.access").disabled = True
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Only warnings while a table is drawn on the same screen: a line in between would break the picture."""
    root = logging.getLogger()
    before = root.level
    root.setLevel(max(logging.WARNING, before))
    try:
        yield
    finally:
        root.setLevel(before)
