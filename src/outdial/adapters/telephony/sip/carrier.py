"""Real calls over SIP trunks: `outdial.ports.carrier.Carrier` with signalling and media of our own."""

import asyncio
import contextlib
import dataclasses
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import structlog

from outdial.adapters.media.client import MediaDown, MediaEvent, MediaProcess, MediaRefused, MediaSettings
from outdial.adapters.media.recording import remove_old
from outdial.adapters.media.sounds import HOLD, MESSAGE, WHISPER, message_called
from outdial.adapters.telephony.sip.causes import TRUNK_FAULTS, failed
from outdial.adapters.telephony.sip.dialogs import (
    Changed,
    LegEvent,
    OutgoingLeg,
    Over,
    Progress,
    Up,
)
from outdial.adapters.telephony.sip.phones import Phone, PhoneLeg, Phones, Way
from outdial.adapters.telephony.sip.sdp import BadDescription, NoCommonCodec, describe, read, turned
from outdial.adapters.telephony.sip.transactions import Timers
from outdial.adapters.telephony.sip.trunks import Trunk, TrunkSettings, choose
from outdial.adapters.telephony.sip.user_agent import Registrar, Registration, UserAgent
from outdial.domain.calls import (
    AgentLost,
    Answered,
    Bridged,
    CallFact,
    Failed,
    HangupBy,
    HungUp,
    Judged,
    Ringing,
)
from outdial.domain.machine_detection import RULES, Profile, Rules
from outdial.domain.outcomes import Outcome
from outdial.domain.phone_agents import BrowserPhones
from outdial.domain.values import PhoneNumber, UserId
from outdial.ports.carrier import CallEvent, MediaLoad, NewCall, NoFreeLine, NoSuchCall, WayOut
from outdial.ports.clock import Clock

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

CANCEL_SECONDS: Final = 2.0
"""How long the end of a call that we took back may be awaited: the dialer is not kept from its next one any longer."""
FAILOVER_SECONDS: Final = 9.0
"""How long after its first INVITE a call may still go to another trunk: the dialer allows ten beside the ring time."""
VERDICT_SECONDS: Final = 8.0
"""Without a verdict for so long, nobody can tell person from machine: the call goes to an agent."""
FAREWELL_SECONDS: Final = 5.0
"""How long the network's last answers are awaited when everything is closed."""
_LOOK_AT_MEDIA_SECONDS: Final = 10.0
_AT_ONCE: Final = 20
_BREATH_SECONDS: Final = 0.01
_LONGEST_MESSAGE: Final = 130.0
_OLD_FILES_SECONDS: Final = 3600.0
_RESTART_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class SipSettings:
    """A SIP back end.

    Attributes:
        host, port: where our signalling is; port 0 lets the machine choose. The host is told to the far side.
        phones: who may register with us: what `digest.ha1_of` gave, by username.
        realm: of the phones' passwords.
        detector: the listener of `media.listeners` that tells people from machines; without one nobody is judged.
        rules: what it goes by when a call brings no rules of its own.
        record: record every call, from its answer on; `keep_recordings` is how long recordings are kept.
        early_media: listen to what is heard before the answer, for numbers that are not in service.
        lines: calls at once over all trunks.
        played_agent_seconds: after how long an agent without a phone, whom the machine plays, hangs up.
        browser_phones: the phones of agents whose browser is one; a gateway registers and calls them.
    """

    trunks: Sequence[TrunkSettings]
    host: str = "127.0.0.1"
    port: int = 0
    phones: Mapping[str, str] = field(default_factory=dict)
    realm: str = "outdial"
    media: MediaSettings = field(default_factory=MediaSettings)
    detector: str | None = None
    rules: Rules = RULES[Profile.PRIVATE]
    record: bool = False
    keep_recordings: timedelta | None = None
    early_media: bool = False
    lines: int = 1_000
    played_agent_seconds: float = 30.0
    timers: Timers | None = None
    browser_phones: BrowserPhones | None = None


@dataclass(slots=True)
class _Call:
    """A call on a trunk, until its end was told."""

    new: NewCall
    trunk: Trunk
    session: int
    began: float
    """When it was first sent, by the loop's clock."""
    refused: list[Trunk] = field(default_factory=list)
    """Trunks that would not take it."""
    port: int = 0
    leg: OutgoingLeg | None = None
    early: bytes = b""
    answered: bool = False
    ringing_told: bool = False
    ended_by: HangupBy | None = None
    """Who ended it, once that is known; the network's word for it follows."""
    cause: str | None = None
    given_up: bool = False
    phone: PhoneLeg | None = None
    agent: UserId | None = None
    bridged: bool = False
    held: bool = False
    playing: bool = False
    waits_verdict: bool = False
    timers: list[asyncio.TimerHandle] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Of its media port."""
        return f"call/{self.new.id}"


@dataclass(frozen=True, slots=True)
class TrunkHealth(WayOut):
    """How a trunk is doing, for those who ask."""

    address: str = ""
    registered: bool | None = None
    ping_status: int | None = None


class SipCarrier:
    """Implements `outdial.ports.carrier.Carrier`. Made by `open_carrier`."""

    def __init__(
        self, settings: SipSettings, clock: Clock, ours: UserAgent, media: MediaProcess, trunks: Sequence[Trunk]
    ) -> None:
        self.settings = settings
        self._clock, self._ours, self._media, self.trunks = clock, ours, media, tuple(trunks)
        self._loop = asyncio.get_running_loop()
        self._hear: Callable[[CallEvent], None] = lambda event: None
        self._calls: dict[UUID, _Call] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._media_down = False
        self._media_load: MediaLoad | None = None
        self.media_host = settings.media.host
        self.phones = Phones(ours, media, self.media_host, self._phone_changed, self._spawn, self._way_to)
        self.answered_late = 0
        """Calls that were answered just as they were given up, and hung up at once."""
        self.joined_seconds: deque[float] = deque(maxlen=1000)
        """Of bridges: from the command until both sides were heard."""
        self.digits: Callable[[UUID, str], None] = lambda call_id, digit: None
        """Told of DTMF from callees."""
        media.hear, media.died = self._media_said, self._media_died

    # The port -----------------------------------------------------------------------------------------------------

    def listen(self, hear: Callable[[CallEvent], None]) -> None:
        self._hear = hear

    def free_lines(self) -> int:
        if self._media_down:
            return 0
        room = sum(trunk.room for trunk in self.trunks)
        return max(0, min(self.settings.lines - len(self._calls), room))

    def health(self) -> list[TrunkHealth]:
        return [
            TrunkHealth(
                trunk.settings.name,
                trunk.trouble or ("the media engine is being started" if self._media_down else None),
                trunk.draining,
                trunk.active,
                0 if self._media_down else trunk.room,
                trunk.settings.max_calls,
                trunk.settings.calls_per_second,
                None if trunk.ping_status is None else f"OPTIONS {trunk.ping_status}",
                self._moment(trunk.answered_at),
                f"{trunk.settings.host}:{trunk.settings.port}",
                None if trunk.registration is None else trunk.registration.registered,
                trunk.ping_status,
            )
            for trunk in self.trunks
        ]

    def media_load(self) -> MediaLoad | None:
        return self._media_load

    async def look_at_media(self) -> None:
        """Ask the media engine how it is."""
        try:
            seen = await self._media.statistics()
        except MediaDown:
            self._media_load = None
            return
        self._media_load = MediaLoad(seen.ports, seen.tick_busy, seen.late_p99_ms / 1000, seen.skipped)

    def drain(self, name: str | None = None) -> None:
        for trunk in self.trunks:
            trunk.draining |= name in (None, trunk.settings.name)

    def resume(self, name: str | None = None) -> None:
        for trunk in self.trunks:
            trunk.draining &= name not in (None, trunk.settings.name)

    async def originate(self, call: NewCall) -> None:
        if call.id in self._calls:
            return
        trunk = choose(self.trunks) if self.free_lines() else None
        if trunk is None:
            raise NoFreeLine("no trunk takes a call now")
        trunk.take()
        here = self._calls[call.id] = _Call(call, trunk, secrets.randbits(31), self._loop.time())
        try:
            here.port = await self._media.open(here.key)
        except (MediaDown, MediaRefused) as error:
            del self._calls[call.id]
            trunk.give_back()
            raise NoFreeLine(f"there is no port for its sound: {error}") from error
        except asyncio.CancelledError:
            del self._calls[call.id]
            trunk.give_back()
            self._media.post("close", here.key)
            raise
        if here.ended_by is not None:
            self._end(here, HungUp(here.ended_by, None, None, "taken back before it was sent"))
            trunk.give_back()
            return
        self._invite(here)

    async def bridge(self, call_id: UUID, agent: UserId) -> None:
        call = self._calls.get(call_id)
        if call is None or not call.answered or call.ended_by is not None:
            raise NoSuchCall("the callee has gone")
        self._stop_timers(call)
        call.agent = agent
        phone = self.phones.phone(agent)
        if phone is None:
            # Nobody of flesh and blood: the machine plays the agent.
            self._play_agent(call)
            self._later(call, self.settings.played_agent_seconds, lambda: self._finish(call, HangupBy.AGENT))
            self._bridged(call)
        elif not phone.nailed_up:
            call.phone = self.phones.ring(agent, phone)
        elif (leg := self.phones.nailed_up(agent)) is not None:
            call.phone = leg
            self._join(call, leg)
        else:
            call.agent = None
            self._tell(call, AgentLost())

    async def hang_up(self, call_id: UUID) -> None:
        call = self._calls.get(call_id)
        if call is not None:
            self._finish(call, HangupBy.US)

    async def play_then_hang_up(self, call_id: UUID) -> None:
        call = self._calls.get(call_id)
        if call is None:
            return
        if not call.answered:
            self._finish(call, HangupBy.US)
            return
        self._stop_timers(call)
        self._release_phone(call)
        call.playing = True
        self._media.post("part", call.key)
        self._media.post("play", call.key, sound=self._message(call.new.message), play_id="message")
        self._later(call, _LONGEST_MESSAGE, lambda: self._finish(call, HangupBy.US))

    async def hold(self, call_id: UUID) -> None:
        call = self._conversation(call_id)
        call.held = True
        self._media.post("part", call.key)
        self._media.post("play", call.key, sound=HOLD, play_id="hold", repeat=True)

    async def unhold(self, call_id: UUID) -> None:
        call = self._conversation(call_id)
        if not call.held:
            return
        call.held = False
        if call.phone is None:
            self._play_agent(call)
        else:
            self._media.post("join", call.key, peer=call.phone.key, whisper=None)

    async def send_digits(self, call_id: UUID, digits: str) -> None:
        self._media.post("digits", self._conversation(call_id).key, digits=digits)

    async def calls(self) -> tuple[UUID, ...]:
        return tuple(self._calls)

    # Beyond the port ----------------------------------------------------------------------------------------------

    def record(self, call_id: UUID) -> None:
        """Record the call from now on, if it is not already.

        Raises:
            NoSuchCall: the callee has gone.
        """
        self._media.post("record", self._up(call_id).key, name=str(call_id))

    def stop_recording(self, call_id: UUID) -> None:
        call = self._calls.get(call_id)
        if call is not None:
            self._media.post("stop_recording", call.key)

    @property
    def media(self) -> MediaProcess:
        return self._media

    @property
    def port(self) -> int:
        """Where our signalling is."""
        return self._ours.endpoint.address[1]

    @property
    def legs(self) -> int:
        """How many legs the network may still know of: none, when nothing leaks."""
        return self._ours.legs

    async def close(self) -> None:
        """End everything that goes on, and wait a moment for the network to know it."""
        self.drain()
        for number, call in enumerate(list(self._calls.values())):
            self._finish(call, HangupBy.US)
            if number % _AT_ONCE == 0:
                await asyncio.sleep(_BREATH_SECONDS)  # or the answers of all of them come at once, and some are lost
        await self.phones.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self._ours.idle.wait()
        with contextlib.suppress(MediaDown):
            ports = (await self._media.statistics()).ports
            if self._ours.legs or ports:
                log.warning("sip_left_behind", legs=self._ours.legs, ports=ports)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # The INVITE ---------------------------------------------------------------------------------------------------

    def _invite(self, call: _Call) -> None:
        trunk = call.trunk
        invitation = trunk.invitation(call.new.number, call.new.caller_id, self._ours.endpoint.address)
        ours = {"X-Outdial-Attempt": str(call.new.id)}
        call.leg = self._ours.invite(
            dataclasses.replace(invitation, headers={**invitation.headers, **ours}),
            describe(self.media_host, call.port, codecs=trunk.settings.codecs, session=call.session),
            lambda leg, event: self._leg_said(call, leg, event),
            gone=lambda leg: self._leg_gone(trunk, leg),
            answer=lambda offer: self._answer(call, offer),
        )
        self._later(call, call.new.ring_seconds, lambda: self._ring_time_over(call))

    def _leg_gone(self, trunk: Trunk, leg: OutgoingLeg) -> None:
        trunk.give_back()
        self.answered_late += leg.answered_late

    def _passed_on(self, call: _Call, over: Over) -> bool:
        """Give a call that its trunk would not take to the next trunk; false when that is the end of it.

        A number is never called by two trunks at once: the next one gets the call only when this one has refused it, or
        has said nothing at all for its time, and has never said that it rings. What a silent one says later is
        cancelled or hung up on by the leg itself.

        Source: RFC 3263 section 4.3 (a 503 or a time-out: on to the next).
        """
        trunk = call.trunk
        if over.status is None:
            trunk.nothing_heard()
        refused = failed(over, statuses=trunk.settings.statuses, offered="")
        certain = over.status is None or over.status in TRUNK_FAULTS or refused.outcome is Outcome.CONGESTION
        late = self._loop.time() - call.began > FAILOVER_SECONDS
        if not certain or late or call.ringing_told or call.given_up or self._media_down:
            return False
        call.refused.append(trunk)
        following = choose(one for one in self.trunks if one not in call.refused)
        if following is None:
            return False
        log.warning(
            "call_passed_on",
            attempt_id=str(call.new.id),
            trunk=trunk.settings.name,
            status=over.status,
            to=following.settings.name,
        )
        self._stop_timers(call)
        following.take()
        call.trunk = following
        self._invite(call)
        return True

    def _ring_time_over(self, call: _Call) -> None:
        # Who answers in this very moment is a person on the line, whatever our clock says: the call counts.
        assert call.leg is not None
        call.given_up = True
        call.leg.give_up(keep_if_answered=True)
        self._later(call, CANCEL_SECONDS, lambda: self._not_answered(call))

    def _not_answered(self, call: _Call) -> None:
        """The network does not say that it heard our CANCEL; the leg goes on looking after that."""
        assert call.leg is not None
        call.leg.give_up()
        self._end(call, Failed(Outcome.NO_ANSWER, None, None, "not answered in time"))

    def _leg_said(self, call: _Call, leg: OutgoingLeg, event: LegEvent) -> None:
        if leg is not call.leg:
            return  # of a trunk that had its time: the leg ends by itself
        if not isinstance(event, Over) or event.status is not None:
            call.trunk.heard()
        match event:
            case Progress(_, description):
                self._progress(call, description)
            case Up(description):
                self._answered(call, description or call.early)
            case Changed(description):
                self._talk_to(call, description)
            case Over():
                self._over(call, event)

    def _progress(self, call: _Call, description: bytes) -> None:
        if not call.ringing_told and call.ended_by is None:
            call.ringing_told = True
            self._tell(call, Ringing())
        if description and not call.early:
            call.early = description
            if self.settings.early_media:
                with contextlib.suppress(NoCommonCodec, BadDescription):
                    self._talk_to(call, description, muted=True)
                    if self.settings.detector is not None:
                        self._listen(call, self.settings.detector, early=True)

    def _answered(self, call: _Call, description: bytes) -> None:
        if call.ended_by is not None or call.new.id not in self._calls:
            return  # the leg hangs up by itself
        self._stop_timers(call)
        try:
            self._talk_to(call, description)
        except (NoCommonCodec, BadDescription) as error:
            log.error("call_without_sound", trunk=call.trunk.settings.name, error=str(error))
            assert call.leg is not None
            self._end(call, Failed(Outcome.CARRIER_FAULT, 200, 88, str(error)))
            call.leg.hang_up(reason='Q.850;cause=88;text="incompatible destination"')
            return
        call.answered = True
        if self.settings.record:
            self._media.post("record", call.key, name=str(call.new.id))
        self._tell(call, Answered())
        if call.new.detect_machines:
            call.waits_verdict = True
            if self.settings.detector is None:
                self._judged(call, "not_sure")
            else:
                self._listen(call, self.settings.detector)
                self._later(call, VERDICT_SECONDS, lambda: self._judged(call, "not_sure"))

    def _listen(self, call: _Call, detector: str, *, early: bool = False) -> None:
        rules = call.new.rules or self.settings.rules
        settings = {"rules": dataclasses.asdict(rules), "early": early}
        self._media.post("listen", call.key, listener=detector, settings=settings)

    def _message(self, name: str | None) -> str:
        """The sound of a safety message."""
        if name is None:
            return MESSAGE
        if name not in self.settings.media.messages:
            log.warning("safety_message_unknown", message=name)
            return MESSAGE
        return message_called(name)

    def _not_in_service(self, call: _Call) -> None:
        """The network said so in three tones, and a call that is never answered: it need not ring on."""
        if call.leg is not None and not call.answered and call.ended_by is None:
            call.leg.give_up()
            self._end(call, Failed(Outcome.INVALID_NUMBER, 183, None, "announced as not in service"))

    def _judged(self, call: _Call, verdict: str) -> None:
        if call.waits_verdict and call.ended_by is None:
            call.waits_verdict = False
            self._tell(call, Judged(verdict == "machine", verdict))

    def _talk_to(self, call: _Call, description: bytes, *, muted: bool = False) -> None:
        there = read(description, call.trunk.settings.codecs)
        self._media.post(
            "talk_to",
            call.key,
            host=there.host,
            port=there.port,
            codec=there.codec.payload_type,
            dtmf=there.dtmf,
            muted=muted or there.held,
        )

    def _answer(self, call: _Call, offer: bytes) -> bytes | None:
        """To an offer in mid-call: hold, or another address."""
        try:
            there = read(offer, call.trunk.settings.codecs)
        except (NoCommonCodec, BadDescription):
            return None
        return describe(
            self.media_host,
            call.port,
            codecs=[there.codec],
            session=call.session,
            version=2,
            dtmf=there.dtmf,
            direction=turned(there.direction),
        )

    def _over(self, call: _Call, over: Over) -> None:
        if over.retry_after is not None and over.status == 503:
            call.trunk.close_for(over.retry_after)
        if over.status in TRUNK_FAULTS:
            log.error("trunk_refuses_credentials", trunk=call.trunk.settings.name, status=over.status)
        settings = call.trunk.settings
        offered = ", ".join(codec.value for codec in settings.codecs)
        if call.ended_by is not None:
            self._end(call, HungUp(call.ended_by, over.status, over.q850, call.cause or over.text))
        elif call.answered:
            self._end(call, HungUp(HangupBy.CALLEE, over.status, over.q850, over.text))
        elif call.given_up and over.status == 487:
            self._end(call, Failed(Outcome.NO_ANSWER, over.status, over.q850, over.text))
        elif not self._passed_on(call, over):
            self._end(call, failed(over, statuses=settings.statuses, offered=offered))

    # The end ------------------------------------------------------------------------------------------------------

    def _finish(self, call: _Call, by: HangupBy, cause: str | None = None) -> None:
        """End a call because of us or of an agent; of one that is ending already nothing new is to be said."""
        if call.ended_by is not None:
            return
        call.ended_by, call.cause = by, cause
        self._stop_timers(call)
        if call.leg is None:
            return  # its INVITE is about to be sent, and will not be
        call.leg.hang_up()
        if call.new.id in self._calls:
            self._later(call, CANCEL_SECONDS, lambda: self._end(call, HungUp(by, None, None, cause)))

    def _end(self, call: _Call, fact: Failed | HungUp) -> None:
        """The last word on a call."""
        self._stop_timers(call)
        if self._calls.pop(call.new.id, None) is None:
            return
        self._release_phone(call)
        self._media.post("close", call.key)
        self._tell(call, fact)

    # Agents -------------------------------------------------------------------------------------------------------

    def know_phone(self, agent: UserId, address: str, *, nailed_up: bool) -> None:
        """Where an agent takes calls."""
        self.phones.phones[agent] = Phone(address, nailed_up)

    def seat(self, agent: UserId) -> None:
        """An agent sits down: a phone that stays up is called."""
        self.phones.seat(agent)

    def unseat(self, agent: UserId) -> None:
        """An agent has left: their phone is hung up."""
        self.phones.unseat(agent)
        self.phones.phones.pop(agent, None)

    def _way_to(self, number: PhoneNumber) -> Way | str:
        """How an agent is called at a plain number: over a trunk with room, like anybody else."""
        trunk = choose(self.trunks)
        if trunk is None:
            return "no trunk takes a call now"
        trunk.take()
        invitation = trunk.invitation(number, None, self._ours.endpoint.address)
        return Way(invitation, trunk.settings.codecs, trunk.give_back)

    def _join(self, call: _Call, phone: PhoneLeg) -> None:
        self._media.post("join", call.key, peer=phone.key, whisper=WHISPER)
        self._bridged(call)

    def _bridged(self, call: _Call) -> None:
        call.bridged = True
        self._tell(call, Bridged())

    def _release_phone(self, call: _Call) -> None:
        phone, call.phone = call.phone, None
        if phone is None:
            return
        if phone.phone.nailed_up:
            self._media.post("part", phone.key)
        else:
            phone.hang_up()

    def _phone_changed(self, phone: PhoneLeg) -> None:
        call = next((one for one in self._calls.values() if one.phone is phone), None)
        if call is None:
            return
        if phone.up:
            self._join(call, phone)
        elif phone.over:
            call.phone = None
            if call.bridged:
                self._finish(call, HangupBy.AGENT)
            elif call.ended_by is None:
                log.info("agent_not_reached", why=phone.why_over, attempt_id=str(call.new.id))
                self._tell(call, AgentLost())

    # Media --------------------------------------------------------------------------------------------------------

    def _media_said(self, event: MediaEvent) -> None:
        kind, _, name = event.key.partition("/")
        if event.kind == "recorded":
            log.info("call_recorded", attempt_id=name, seconds=event.about["seconds"])
        elif event.kind == "both_heard":
            self.joined_seconds.append(event.about["seconds"])
        call = self._calls.get(UUID(name)) if kind == "call" else None
        if call is None:
            return
        match event.kind:
            case "played" if event.about["play_id"] == "message" and call.playing:
                self._finish(call, HangupBy.US)
            case "silent" if call.answered:
                self._finish(call, HangupBy.NETWORK, f"no sound for {event.about['seconds']:.0f} s")
            case "listened" if event.about["said"].get("not_in_service"):
                self._not_in_service(call)
            case "listened":
                self._judged(call, str(event.about["said"].get("verdict", "not_sure")))
            case "digit":
                self.digits(call.new.id, event.about["digit"])

    def _media_died(self) -> None:
        """Nobody can hear anybody any more: what is up ends, and the engine is started again."""
        self._media_down = True
        for call in list(self._calls.values()):
            self._finish(call, HangupBy.NETWORK, "the media engine ended")
        self._spawn(self._start_media())

    async def _start_media(self) -> None:
        seated = list(self.phones.states())
        await self.phones.close()
        while self._media_down:
            await asyncio.sleep(_RESTART_SECONDS)
            with contextlib.suppress(OSError):
                media = await MediaProcess.start(self.settings.media)
                media.hear, media.died = self._media_said, self._media_died
                await self._media.close()
                self._media = self.phones.media = media
                self._media_down = False
                for agent in seated:
                    self.phones.seat(agent)
                log.warning("media_engine_started_again")

    # ------------------------------------------------------------------------------------------------------------

    def _up(self, call_id: UUID) -> _Call:
        call = self._calls.get(call_id)
        if call is None or not call.answered:
            raise NoSuchCall("the callee has gone")
        return call

    def _conversation(self, call_id: UUID) -> _Call:
        call = self._up(call_id)
        if not call.bridged or call.ended_by is not None:
            raise NoSuchCall("there is no conversation in this call")
        return call

    def _play_agent(self, call: _Call) -> None:
        self._media.post("play", call.key, sound=HOLD, play_id="agent", repeat=True)

    def _moment(self, at: float | None) -> datetime | None:
        """An instant of the loop's clock."""
        return None if at is None else self._clock.now() - timedelta(seconds=self._loop.time() - at)

    def _tell(self, call: _Call, fact: CallFact) -> None:
        self._hear(CallEvent(call.new.id, self._clock.now(), fact))

    def _later(self, call: _Call, seconds: float, act: Callable[[], None]) -> None:
        call.timers.append(self._loop.call_later(seconds, act))

    def _stop_timers(self, call: _Call) -> None:
        for timer in call.timers:
            timer.cancel()
        call.timers.clear()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("sip_task_failed", exc_info=error)


async def _watch_media(carrier: SipCarrier) -> None:
    while True:
        await carrier.look_at_media()
        await asyncio.sleep(_LOOK_AT_MEDIA_SECONDS)


@contextlib.asynccontextmanager
async def open_carrier(settings: SipSettings, clock: Clock) -> AsyncIterator[SipCarrier]:
    """A SIP back end at work. At the end of the block its calls are hung up and nothing of it is left.

    Raises:
        OSError: our address or port cannot be used.
        SoundUnusable: a sound file cannot be played.
    """
    async with contextlib.AsyncExitStack() as opened:
        ours = await UserAgent.open(settings.host, settings.port, timers=settings.timers)
        opened.callback(ours.close)
        media = await MediaProcess.start(settings.media)
        loop = asyncio.get_running_loop()
        if settings.phones:
            ours.registrar = Registrar(settings.phones, settings.realm, loop.time)
        trunks = [Trunk(one, loop.time) for one in settings.trunks]
        for trunk in trunks:
            await trunk.find()
        carrier = SipCarrier(settings, clock, ours, media, trunks)
        watching = [loop.create_task(trunk.watch(ours), name="sip trunk") for trunk in trunks]
        for trunk in trunks:
            if (account := trunk.account()) is not None:
                trunk.registration = Registration(ours, account)
                watching.append(loop.create_task(trunk.registration.run(), name="sip registration"))
        watching.append(loop.create_task(_watch_media(carrier), name="media engine"))
        if settings.media.recordings is not None and settings.keep_recordings is not None:
            work = _remove_old(settings.media.recordings, settings.keep_recordings, clock)
            watching.append(loop.create_task(work, name="old recordings"))
        try:
            yield carrier
        finally:
            await carrier.close()
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)
            await carrier.media.close()


async def _remove_old(folder: Path, keep: timedelta, clock: Clock) -> None:
    while True:
        removed = await asyncio.to_thread(remove_old, folder, keep, clock.now().timestamp())
        if removed:
            log.info("recordings_removed", count=removed)
        await asyncio.sleep(_OLD_FILES_SECONDS)
