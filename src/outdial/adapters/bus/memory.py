"""The bus of one process."""

from collections.abc import Callable

from outdial.ports.bus import Message


class MemoryBus:
    """Implements `outdial.ports.bus.Bus` for listeners on the same loop."""

    def __init__(self) -> None:
        self._listeners: dict[object, tuple[tuple[str, ...], Callable[[Message], None]]] = {}

    def publish(self, message: Message) -> None:
        for topics, hear in list(self._listeners.values()):
            if message.topic.startswith(topics):
                hear(message)

    def subscribe(self, topics: tuple[str, ...], hear: Callable[[Message], None]) -> Callable[[], None]:
        key = object()
        self._listeners[key] = (topics, hear)
        return lambda: self._listeners.pop(key, None) and None
