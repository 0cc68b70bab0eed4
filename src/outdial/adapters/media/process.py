"""The media engine as a process: commands come in on a socket, one JSON object a line, and answers and events go out.

A process of its own, because 20 ms are short: neither the dialer's work nor its garbage collection may fall into them.
It ends when the socket does, so that it never outlives the dialer.
"""

import asyncio
import contextlib
import dataclasses
import gc
import importlib
import json
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from outdial.adapters.media import sounds
from outdial.adapters.media.engine import Engine, NewListener


def main() -> None:
    """Serve the socket whose number is the first argument."""
    # Ctrl-C is for the dialer: it ends its calls first, then the socket, and so this.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    connection = socket.socket(fileno=int(sys.argv[1]))
    connection.setblocking(False)
    new_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
    with contextlib.suppress(ImportError):  # it is not made for every platform
        import uvloop

        new_loop = uvloop.new_event_loop
    # What lives now lives for ever; what comes is small and mostly freed by count.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_serve(connection))


async def _serve(connection: socket.socket) -> None:
    reader, writer = await asyncio.open_connection(sock=connection)

    def say(message: Mapping[str, Any]) -> None:
        writer.write(json.dumps(message).encode() + b"\n")

    configuration = json.loads(await reader.readline())
    recordings = configuration["recordings"]
    engine = Engine(
        configuration["host"],
        lambda key, kind, **more: say({"event": kind, "key": key, **more}),
        ports=tuple(configuration["ports"]),
        listeners={name: _found(place) for name, place in configuration["listeners"].items()},
        recordings=None if recordings is None else Path(recordings),
        secret=configuration["secret"],
        silent_seconds=configuration["silent_seconds"],
    )
    message, hold = configuration["message"], configuration["hold"]
    messages = {name: Path(path) for name, path in configuration["messages"].items()}
    engine.sounds.update(sounds.standard(message and Path(message), hold and Path(hold), messages))
    try:
        while line := await reader.readline():
            command = json.loads(line)
            try:
                answer = await _obey(engine, command)
            except (KeyError, ValueError, OSError) as error:
                say({"re": command["no"], "error": f"{type(error).__name__}: {error}"})
            else:
                say({"re": command["no"], "answer": answer})
    except ConnectionError:
        pass  # the dialer is gone
    finally:
        engine.close()
        writer.close()


async def _obey(engine: Engine, command: Mapping[str, Any]) -> Any:
    key = command.get("key", "")
    match command["do"]:
        case "open":
            return await engine.open(key)
        case "talk_to":
            engine.port(key).talk_to(
                *(command["host"], command["port"]),
                codec=command["codec"],
                dtmf=command["dtmf"],
                muted=command.get("muted", False),
            )
        case "join":
            whisper = engine.sounds[command["whisper"]] if command["whisper"] else b""
            engine.port(key).join(engine.port(command["peer"]), whisper=whisper)
        case "part":
            engine.port(key).part()
        case "play":
            engine.port(key).play(
                engine.sounds[command["sound"]], command["play_id"], repeat=command.get("repeat", False)
            )
        case "stop":
            engine.port(key).stop()
        case "digits":
            engine.port(key).send_digits(command["digits"])
        case "listen":
            engine.listen(key, command["listener"], command["settings"])
        case "record":
            engine.record(key, command["name"])
        case "stop_recording":
            engine.stop_recording(engine.port(key))
        case "close":
            counted = engine.close_port(key)
            return None if counted is None else dataclasses.asdict(counted)
        case "statistics":
            return dataclasses.asdict(engine.statistics())
        case unknown:
            raise ValueError(f"no such command: {unknown}")
    return None


def _found(place: str) -> NewListener:
    """A listener's factory by `module:name`."""
    module, _, name = place.partition(":")
    return cast(NewListener, getattr(importlib.import_module(module), name))


if __name__ == "__main__":
    main()
