"""The one call that the doctor places on request, over whichever back end there is."""

import asyncio
from typing import Final

from outdial.adapters.clock import RandomIds
from outdial.cli.findings import Finding, Level
from outdial.domain.calls import Answered, Failed, HungUp
from outdial.domain.values import PhoneNumber
from outdial.ports.carrier import CallEvent, Carrier, CarrierUnreachable, NewCall, NoFreeLine

_RING_SECONDS: Final = 20.0


class _TestCall:
    """What is heard of it."""

    def __init__(self) -> None:
        self.id = RandomIds().new("call")
        self.answered = False
        self.end: Failed | HungUp | None = None
        self.decided, self.over = asyncio.Event(), asyncio.Event()

    def hear(self, event: CallEvent) -> None:
        if isinstance(event.fact, Answered):
            self.answered = True
            self.decided.set()
        elif isinstance(event.fact, Failed | HungUp):
            self.end = event.fact
            self.decided.set()
            self.over.set()


async def place_test_call(carrier: Carrier, number: PhoneNumber) -> Finding:
    """Call a number, play the safety message to whoever answers, and hang up."""
    test = _TestCall()
    carrier.listen(test.hear)
    try:
        await carrier.originate(NewCall(test.id, number, None, _RING_SECONDS, False, "doctor"))
    except (NoFreeLine, CarrierUnreachable) as error:
        return Finding("test call", Level.FAIL, str(error), "see what is said of the trunks")
    await test.decided.wait()
    if test.answered:
        await carrier.play_then_hang_up(test.id)
        await test.over.wait()
        return Finding("test call", Level.OK, "answered, heard the message, and was hung up")
    assert isinstance(test.end, Failed)
    said = f"{test.end.outcome.value}: SIP {test.end.sip_status}, Q.850 {test.end.q850}, {test.end.cause}"
    return Finding("test call", Level.FAIL, said, "ask the carrier what this answer means for this number")
