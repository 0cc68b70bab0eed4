"""Agents' desks without an engine: whoever signs in sits there, and what they do changes nothing."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from outdial.domain.agents import Agent, AgentState
from outdial.domain.values import AccountId
from outdial.ports.clock import Clock
from outdial.ports.desk import NewSession, Seat, SessionNotFound


class Seats:
    """A `Desk` for tests of what all routes share."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._taken = clock, list[Seat]()

    async def seats(self, account: AccountId) -> Sequence[Seat]:
        return [seat for seat in self._taken if seat.account == account]

    async def seat(self, account: AccountId, session: UUID) -> Seat:
        for seat in await self.seats(account):
            if seat.session == session:
                return seat
        raise SessionNotFound

    async def sign_in(self, new: NewSession) -> tuple[Seat, bool]:
        for known in await self.seats(new.account):
            if known.agent.id == new.user:
                return known, False
        now = self._clock.now()
        agent = Agent(new.user, AgentState.READY, now, seen_at=now)
        seat = Seat(uuid4(), new.account, agent, new.campaigns, None, None, now)
        self._taken.append(seat)
        return seat, True

    async def _unmoved(self, account: AccountId, session: UUID, *_: object, **__: object) -> Seat:
        return await self.seat(account, session)

    heard = ready = pause = dial = skip = hang_up = hold = unhold = send_digits = wrap_up_done = extend_wrap_up = (
        sign_out
    ) = _unmoved
