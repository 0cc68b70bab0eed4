"""Which exchanges are tried again, and when: one policy for both clients, carried out by tenacity."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import httpx
from tenacity import RetryCallState
from tenacity.wait import wait_random_exponential

from outdial.client.calls import Answer, Ask

NOTHING_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""There was no connection: the server knows nothing of the request."""
TRY_LATER: Final = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long. The n-th pause is drawn from 0 to `first_pause * 2**n` seconds, so that many clients of
    one server do not come back together; the server's `Retry-After` is obeyed up to `longest_pause`.
    """

    attempts: int = 5
    first_pause: float = 0.5
    longest_pause: float = 20.0

    def pause(self, state: RetryCallState) -> float:
        """Seconds before the next attempt."""
        drawn = wait_random_exponential(multiplier=self.first_pause, max=self.longest_pause)(state)
        answer = None if state.outcome is None or state.outcome.failed else state.outcome.result()
        asked = answer.headers.get("retry-after", "") if isinstance(answer, Answer) else ""
        seconds = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 0
        return min(max(drawn, seconds), self.longest_pause)


def again_if(ask: Ask) -> Callable[[RetryCallState], bool]:
    """Whether to send a request once more: any if nothing was sent, a repeatable one if the server is in trouble."""

    def again(state: RetryCallState) -> bool:
        if state.outcome is None:
            return False
        error = state.outcome.exception()
        if error is not None:
            if isinstance(error, NOTHING_SENT):
                return True
            # An address that cannot be understood does not get better.
            return ask.repeatable and isinstance(error, httpx.TransportError) and not _hopeless(error)
        answer: Answer = state.outcome.result()
        return ask.repeatable and (answer.status in TRY_LATER or _still_running(answer))

    return again


def _still_running(answer: Answer) -> bool:
    """Whether the server works on an earlier sending of this very request: the only conflict that names a time."""
    return answer.status == 409 and "retry-after" in answer.headers


def _hopeless(error: BaseException) -> bool:
    return isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError)


def last_word(state: RetryCallState) -> Any:
    """After the last attempt: its answer, or its error."""
    assert state.outcome is not None
    return state.outcome.result()
