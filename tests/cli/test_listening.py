"""Which port the server takes."""

import socket
import sys
from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from outdial.cli.up import PortTaken, WebSocketsMissing, address_of, listening, serve
from outdial.domain.errors import Invalid

HERE = "127.0.0.1"


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which another program listens."""
    with socket.create_server((HERE, 0)) as other:
        yield other.getsockname()[1]


def test_a_port_that_was_asked_for_is_not_exchanged(taken: int) -> None:
    with pytest.raises(PortTaken, match=str(taken)), listening(HERE, taken, exact=True):
        pass


def test_a_default_port_that_is_taken_gives_way_to_a_free_one_after_it(taken: int) -> None:
    with listening(HERE, taken, exact=False) as listener:
        assert taken < listener.getsockname()[1] <= taken + 100


def test_two_servers_never_share_a_port() -> None:
    with listening(HERE, 0, exact=True) as first:
        port = first.getsockname()[1]
        with pytest.raises(PortTaken), listening(HERE, port, exact=True):
            pass


def test_the_port_is_free_again_afterwards() -> None:
    with listening(HERE, 0, exact=True) as listener:
        port = listener.getsockname()[1]
    with listening(HERE, port, exact=True) as again:
        assert again.getsockname()[1] == port


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(Invalid, match="no such address"), listening("192.0.2.1", 0, exact=True):
        pass


def test_who_listens_everywhere_is_found_on_this_machine() -> None:
    with listening("0.0.0.0", 0, exact=True) as listener:
        assert address_of(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}"


async def test_without_its_websockets_a_server_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "websockets", None)
    with listening(HERE, 0, exact=True) as listener, pytest.raises(WebSocketsMissing):
        await serve(FastAPI(), listener, ready=lambda: pytest.fail("it must not serve"))
