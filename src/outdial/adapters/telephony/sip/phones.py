"""The agents' side: phones that we call, for each call or once for all of them.

A nailed-up phone is called when its agent sits down and stays up: a callee who says "hello" is answered at once. An
on-demand one rings for each call.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final
from uuid import uuid4

import structlog

from outdial.adapters.media.client import MediaProcess, MediaRefused
from outdial.adapters.telephony.sip.dialogs import Changed, Invitation, LegEvent, OutgoingLeg, Over, Up
from outdial.adapters.telephony.sip.sdp import BOTH, BadDescription, Codec, NoCommonCodec, describe, read, turned
from outdial.adapters.telephony.sip.transactions import Address
from outdial.adapters.telephony.sip.user_agent import UserAgent, address_of
from outdial.domain.values import PhoneNumber, UserId

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

RING_SECONDS: Final = 20.0
"""How long a phone may ring: a nailed-up one for its agent to sit down, an on-demand one while a callee waits."""
AGAIN_SECONDS: Final = 5.0
"""The pause before a nailed-up phone that was lost is called again."""

_AT_ONCE: Final = 20
_BREATH_SECONDS: Final = 0.01

_ANSWER_BY_ITSELF: Final[Mapping[str, str]] = MappingProxyType(
    {"Call-Info": "<sip:outdial>;answer-after=0", "Alert-Info": "<http://127.0.0.1>;info=alert-autoanswer"}
)
"""Two of the ways in which phones that stay up are asked to answer by themselves; those who know neither ring."""


@dataclass(frozen=True, slots=True)
class Phone:
    """Where an agent takes calls.

    Attributes:
        uri: any SIP address; its user is looked up among the phones that registered with us first. Or a number in
            E.164, which is called over a trunk.
        nailed_up: whether it stays up between calls.
        proxy: where to send calls for a `uri` with a name in it, such as a PBX.
    """

    uri: str
    nailed_up: bool = False
    proxy: Address | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """How a phone is reached: what to send, what may be spoken; `gone` is told when nothing is left on the network."""

    invitation: Invitation
    codecs: Sequence[Codec] = BOTH
    gone: Callable[[], None] = lambda: None


class PhoneLeg:
    """A phone in one call, or nailed up: one leg of SIP and one port of media."""

    def __init__(
        self,
        agent: UserId,
        phone: Phone,
        *,
        ours: UserAgent,
        media: MediaProcess,
        host: str,
        find: Callable[[Phone], Way | str],
        changed: Callable[["PhoneLeg"], None],
    ) -> None:
        self.agent, self.phone = agent, phone
        self.key = f"agent/{uuid4()}"
        self.up = self.over = False
        self.why_over: str | None = None
        self.by_far_side = False
        self._ours, self._media, self._host, self._find, self._changed = ours, media, host, find, changed
        self._leg: OutgoingLeg | None = None
        self._codecs: Sequence[Codec] = BOTH
        self._session = secrets.randbits(31)
        self._port = 0
        self._ringing: asyncio.TimerHandle | None = None

    async def call(self) -> None:
        """Ring it; `changed` is told when it is up, and when it is over."""
        self._port = await self._media.open(self.key)
        if self.over:
            self._media.post("close", self.key)
            return
        way = self._find(self.phone)
        if isinstance(way, str):
            self._end(way)
            return
        self._codecs = way.codecs
        offer = describe(self._host, self._port, codecs=way.codecs, session=self._session)
        self._ringing = asyncio.get_running_loop().call_later(RING_SECONDS, self.hang_up)
        self._leg = self._ours.invite(
            way.invitation, offer, self._hear, gone=lambda leg: way.gone(), answer=self._answer
        )

    def hang_up(self) -> None:
        if self._leg is not None:
            self._leg.hang_up()
        self._end("hung up")

    def _hear(self, leg: OutgoingLeg, event: LegEvent) -> None:
        match event:
            case Up(description):
                if self.over:
                    leg.hang_up()
                    return
                self._stop_ringing()
                if not self._talk_to(description):
                    leg.hang_up(reason='SIP;cause=488;text="no common codec"')
                    self._end("codec mismatch with the phone")
                    return
                self.up = True
                self._changed(self)
            case Changed(description):
                self._talk_to(description)
            case Over(status, _, text, by_far_side):
                self.by_far_side = by_far_side
                self._end(text or f"status {status}")

    def _talk_to(self, description: bytes) -> bool:
        try:
            there = read(description, self._codecs)
        except (NoCommonCodec, BadDescription) as error:
            log.warning("phone_speaks_nothing_of_ours", error=str(error))
            return False
        self._media.post(
            "talk_to",
            self.key,
            host=there.host,
            port=there.port,
            codec=there.codec.payload_type,
            dtmf=there.dtmf,
            muted=there.held,
        )
        return True

    def _answer(self, offer: bytes) -> bytes | None:
        try:
            there = read(offer, self._codecs)
        except (NoCommonCodec, BadDescription):
            return None
        return describe(
            self._host,
            self._port,
            codecs=[there.codec],
            session=self._session,
            version=2,
            dtmf=there.dtmf,
            direction=turned(there.direction),
        )

    def _stop_ringing(self) -> None:
        if self._ringing is not None:
            self._ringing.cancel()
            self._ringing = None

    def _end(self, why: str) -> None:
        self._stop_ringing()
        if self.over:
            return
        self.up, self.over, self.why_over = False, True, why
        if self._port:
            self._media.post("close", self.key)
        self._changed(self)


@dataclass(slots=True)
class _Seat:
    """An agent at work whose phone stays up."""

    phone: Phone
    leg: PhoneLeg | None = None
    again: asyncio.TimerHandle | None = None
    tasks: set[asyncio.Task[None]] = field(default_factory=set)


class Phones:
    """The phones of all agents, and the legs to them."""

    def __init__(
        self,
        ours: UserAgent,
        media: MediaProcess,
        host: str,
        changed: Callable[[PhoneLeg], None],
        spawn: Callable[..., object],
        outside: Callable[[PhoneNumber], Way | str],
    ) -> None:
        """
        Args:
            outside: how a number is called, or why it cannot be now; asked once for each call.
            changed: told of every leg that is up, or over.
            spawn: runs a coroutine, and answers for its errors.
        """
        self._ours, self.media, self._host = ours, media, host
        self._changed, self._spawn, self._outside = changed, spawn, outside
        self.phones: dict[UserId, Phone] = {}
        self._seats: dict[UserId, _Seat] = {}
        self._on_demand: dict[str, PhoneLeg] = {}

    def phone(self, agent: UserId) -> Phone | None:
        return self.phones.get(agent)

    def seat(self, agent: UserId) -> None:
        """The agent is at work: a nailed-up phone is called, and called again whenever it is lost."""
        phone = self.phones.get(agent)
        if phone is not None and phone.nailed_up and agent not in self._seats:
            self._seats[agent] = _Seat(phone)
            self._call_seat(agent)

    def unseat(self, agent: UserId) -> None:
        """The agent has gone home: a nailed-up phone is hung up."""
        seat = self._seats.pop(agent, None)
        if seat is not None:
            if seat.again is not None:
                seat.again.cancel()
            if seat.leg is not None:
                seat.leg.hang_up()

    def nailed_up(self, agent: UserId) -> PhoneLeg | None:
        """The agent's phone, if it stays up and is up now."""
        seat = self._seats.get(agent)
        return seat.leg if seat is not None and seat.leg is not None and seat.leg.up else None

    def ring(self, agent: UserId, phone: Phone) -> PhoneLeg:
        """Call a phone for one call."""
        leg = self._new_leg(agent, phone)
        self._on_demand[leg.key] = leg
        self._spawn(self._call(leg))
        return leg

    async def close(self) -> None:
        """Hang up all of them, a few at a time."""
        for number, agent in enumerate(list(self._seats)):
            self.unseat(agent)
            if number % _AT_ONCE == 0:
                await asyncio.sleep(_BREATH_SECONDS)
        for leg in list(self._on_demand.values()):
            leg.hang_up()

    def states(self) -> dict[UserId, str]:
        """What became of each nailed-up phone, for those who ask."""
        return {
            agent: "up" if seat.leg is not None and seat.leg.up else "ringing" if seat.leg is not None else "lost"
            for agent, seat in self._seats.items()
        }

    # ------------------------------------------------------------------------------------------------------------

    def _new_leg(self, agent: UserId, phone: Phone) -> PhoneLeg:
        return PhoneLeg(
            agent,
            phone,
            ours=self._ours,
            media=self.media,
            host=self._host,
            find=self._find,
            changed=self._leg_changed,
        )

    def _call_seat(self, agent: UserId) -> None:
        seat = self._seats.get(agent)
        if seat is not None and seat.leg is None:
            seat.again = None
            seat.leg = self._new_leg(agent, seat.phone)
            self._spawn(self._call(seat.leg))

    async def _call(self, leg: PhoneLeg) -> None:
        try:
            await leg.call()
        except MediaRefused as error:
            log.warning("phone_not_called", error=str(error))
            leg.hang_up()

    def _leg_changed(self, leg: PhoneLeg) -> None:
        seat = self._seats.get(leg.agent)
        if leg.over:
            self._on_demand.pop(leg.key, None)
            if seat is not None and seat.leg is leg:
                seat.leg = None
                log.info("phone_lost", why=leg.why_over)
                loop = asyncio.get_running_loop()
                seat.again = loop.call_later(AGAIN_SECONDS, self._call_seat, leg.agent)
        self._changed(leg)

    def _find(self, phone: Phone) -> Way | str:
        """How to call it, or why that cannot be: by a registration of it, else its address, else the proxy; a number
        over a trunk."""
        if phone.uri.startswith("+"):
            return self._outside(PhoneNumber(phone.uri))
        registrar = self._ours.registrar
        user = phone.uri.partition(":")[2].partition("@")[0]
        uri, to = phone.uri, phone.proxy or address_of(phone.uri)
        if registrar is not None and (binding := registrar.find(user)) is not None:
            uri, to = binding.uri, binding.address
        if to is None:
            return "the phone is not registered, and its address is no IP address"
        here, port = self._ours.endpoint.address
        headers = _ANSWER_BY_ITSELF if phone.nailed_up else {}
        return Way(Invitation(uri, to, f"sip:outdial@{here}:{port}", "Outdial", headers=headers))
