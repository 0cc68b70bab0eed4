"""`outdial up`: the API and the dialer in one process, on the embedded database or the one of OUTDIAL_DATABASE_URL."""

import asyncio
import contextlib
import errno
import importlib.util
import os
import signal
import socket
from collections.abc import Callable, Iterator
from typing import Annotated

import typer
import uvicorn
from starlette.types import ASGIApp

from outdial import bootstrap
from outdial.cli.output import JsonOption, print_object, say
from outdial.cli.running import run_to_end
from outdial.domain.errors import Conflict, Invalid, Unavailable

DRAIN_SECONDS = 15
"""How long requests that are being answered may take once the server was asked to stop."""

_PORTS_TO_TRY = 100


class PortTaken(Conflict):
    """Another program listens where we were told to."""

    code = "port-taken"

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"port {port} of {host} is taken by another program: stop it, or give another --port")
        self.host, self.port = host, port


class WebSocketsMissing(Unavailable):
    """Without its library the server would refuse every WebSocket, and say so in its log alone."""

    code = "websockets-missing"

    def __init__(self) -> None:
        super().__init__(
            "the package websockets is not installed: the console would not be live; install Outdial again"
        )


def up(
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Listen here, or fail. Without it: 8000, or the next free one.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    simulated_agents: Annotated[
        int | None, typer.Option(min=0, max=1000, help="Agents that the machine plays, for trying things out.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Serve the API and dial, until Ctrl-C or SIGTERM; calls and requests in progress are finished first."""
    asked = {"port": port, "host": host, "simulated_agents": simulated_agents}
    settings = bootstrap.read_settings(**{name: value for name, value in asked.items() if value is not None})

    async def main(server: bootstrap.Server, listener: socket.socket) -> None:
        async with (
            bootstrap.open_installation(settings, server) as here,
            bootstrap.start_engine(here, simulated_agents=settings.simulated_agents),
        ):
            address = address_of(listener)
            first_admin = await bootstrap.first_admin_link(here, address)

            def ready() -> None:
                say(f"Outdial answers at {address} (documentation: {address}/docs). Ctrl-C stops it.")
                say(bootstrap.about_console(address))
                if first_admin is not None:
                    say(f"Nobody can sign in to it yet. Make yourself its admin, within a day: {first_admin}")
                if as_json:
                    found_at = {"address": address, "docs": f"{address}/docs", "pid": os.getpid()}
                    print_object(found_at, as_json=True)

            await serve(bootstrap.http_app(here), listener, ready=ready)
            say("Stopping: finishing what is in progress.")

    with (
        listening(settings.host, settings.port, exact=settings.port_given) as listener,
        bootstrap.database_server(settings, serving=True) as server,
    ):
        run_to_end(main(server, listener), uvicorn.Config("", log_config=None).get_loop_factory())
    say("Stopped.")


@contextlib.contextmanager
def listening(host: str, port: int, *, exact: bool) -> Iterator[socket.socket]:
    """A socket that listens on the port, or, unless `exact`, on the next one that is free.

    It is taken before anything else is started: from now on nobody else can have it, and early callers wait.

    Raises:
        PortTaken: `exact`, and another program has it; or there is none free near it.
        Invalid: this machine has no such address.
    """
    try:
        family, _, _, _, _ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise Invalid(f"cannot listen on {host!r}: {error.strerror}") from error
    for candidate in range(port, min(port + (1 if exact or port == 0 else _PORTS_TO_TRY), 65536)):
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, candidate))
            listener.listen(2048)
        except OSError as error:
            listener.close()
            if error.errno == errno.EADDRINUSE:
                continue
            if error.errno == errno.EADDRNOTAVAIL:
                raise Invalid(f"cannot listen on {host!r}: this machine has no such address") from error
            raise
        with listener:
            yield listener
        return
    raise PortTaken(host, port)


def address_of(listener: socket.socket) -> str:
    """Where a browser on this machine finds it."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104  everywhere: this machine is one of them
        host = "127.0.0.1" if listener.family == socket.AF_INET else "::1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def serve(
    app: ASGIApp, listener: socket.socket, *, ready: Callable[[], None], seconds: float | None = None
) -> None:
    """Answer requests until SIGINT or SIGTERM, or for so many seconds, then finish those in progress.

    A second signal does not wait.
    """
    if importlib.util.find_spec("websockets") is None:
        raise WebSocketsMissing
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        ws="websockets-sansio",
        # What all pages get is written once; it would be compressed for each of them anew.
        ws_per_message_deflate=False,
    )
    server = _Server(config, ready)
    loop = asyncio.get_running_loop()

    def stop() -> None:
        server.force_exit = server.should_exit
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    if seconds is not None:
        loop.call_later(seconds, stop)
    # The handlers stay: what is shut down after this must not be cut short by an impatient second Ctrl-C.
    await server.serve([listener])


class _Server(uvicorn.Server):
    """Uvicorn without its signal handling, which ends the process before the database is stopped."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
