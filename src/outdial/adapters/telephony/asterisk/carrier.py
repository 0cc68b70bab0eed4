"""Calls through a fleet of Asterisks, driven over ARI: channels, bridges and prompts are theirs, decisions ours.

A call's channel has a name made of its id, so that a request may be repeated, and whoever comes after a crash knows
whose channel it is. A channel is made first, dialed when Asterisk has said that it is in our application, and followed
through the events of one socket until it is destroyed, which is always told.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid4

import structlog

from outdial.adapters.telephony.asterisk.ari import AriRefused, AriUnreachable, Event
from outdial.adapters.telephony.asterisk.ear import Ear
from outdial.adapters.telephony.asterisk.node import PREFIX, Node, NodeSettings
from outdial.adapters.telephony.causes import outcome_of
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
from outdial.domain.machine_detection import RULES, Judgement, Profile, Rules, Verdict
from outdial.domain.outcomes import Outcome
from outdial.domain.phone_agents import BrowserPhones
from outdial.domain.values import UserId
from outdial.ports.carrier import CallEvent, CarrierUnreachable, NewCall, NoFreeLine, NoSuchCall, WayOut
from outdial.ports.clock import Clock

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

CALL: Final = f"{PREFIX}call-"
PHONE: Final = f"{PREFIX}phone-"
SNOOP: Final = f"{PREFIX}snoop-"
SOUND: Final = f"{PREFIX}sound-"
BRIDGE: Final = f"{PREFIX}bridge-"
MESSAGE: Final = f"{PREFIX}message-"

_START_SECONDS: Final = 4.0
"""How long a channel may take to appear in our application."""
_END_SECONDS: Final = 8.0
"""After a hang-up, how long the channel's end is waited for before the call counts as over."""
_VERDICT_SECONDS: Final = 8.0
_PHONE_RING_SECONDS: Final = 20
_PHONE_AGAIN_SECONDS: Final = 5.0
"""The pause before a nailed-up phone that was lost is called again."""
# What the far side of a channel that we dial is shown is not the channel's caller id, but its connected line; `i` says
# so to the channel alone, which has not been dialed yet.
_SHOWN_NUMBER: Final = "CONNECTEDLINE(num,i)"
_FROM_US: Final = {_SHOWN_NUMBER: "outdial", "CONNECTEDLINE(name,i)": "Outdial"}
"""What an agent's phone shows: it would be anonymous."""
_ANSWER_BY_ITSELF: Final = {"PJSIP_HEADER(add,Call-Info)": "<sip:outdial>;answer-after=0"}
"""Asks a phone that is to stay up to answer by itself, as `docs/sip.md` has it."""
_GONE: Final = 404
_NOT_THERE: Final = (400, _GONE)
"""A channel, or one that is to go into a bridge or out of it."""
_UNSEEN: Final = "it ended while Asterisk could not be heard"
_UNHEARD: Final = "nothing came back within the ring time"


@dataclass(frozen=True, slots=True)
class AgentPhone:
    """Where an agent takes calls: a SIP address, of which Asterisk knows the user as an endpoint, or a number in E.164,
    which is called like any other. A nailed-up one stays up between calls."""

    address: str
    nailed_up: bool = False


@dataclass(frozen=True, slots=True)
class AsteriskSettings:
    """Attributes:
    message: the safety message, as Asterisk names sounds; messages: further ones, by the names that campaigns use.
    record: keep conversations, in Asterisk's recordings.
    rules: how people are told from machines; None: every answered call is for an agent.
    played_agent_seconds: after how long an agent without a phone, whom the machine plays, hangs up; None: an agent
        without a phone is lost to the call.
    browser_phones: the phones of agents whose browser is one.
    """

    nodes: Sequence[NodeSettings]
    message: str = "sound:vm-goodbye"
    messages: Mapping[str, str] = field(default_factory=dict)
    record: bool = False
    rules: Rules | None = RULES[Profile.PRIVATE]
    played_agent_seconds: float | None = None
    browser_phones: BrowserPhones | None = None


@dataclass(slots=True)
class _Call:
    id: UUID
    node: Node
    new: NewCall | None = None
    """None: it was there before us."""
    started: asyncio.Event = field(default_factory=asyncio.Event)
    ringing_told: bool = False
    rings_until: float = float("inf")
    """When Asterisk gives it up, by the loop's clock."""
    answered: bool = False
    bridged: bool = False
    held: bool = False
    """The callee is out of the bridge, where they hear music."""
    ended_by: HangupBy | None = None
    cause: str | None = None
    phone: "_Phone | None" = None
    ear: Ear | None = None
    waits_verdict: bool = False
    entered: set[str] = field(default_factory=set)
    tech_cause: int | None = None
    timers: list[asyncio.TimerHandle] = field(default_factory=list)

    @property
    def channel(self) -> str:
        return f"{CALL}{self.id}"

    @property
    def bridge(self) -> str:
        return f"{BRIDGE}{self.id}"


@dataclass(slots=True)
class _Phone:
    """An agent's channel on a node."""

    agent: UserId
    channel: str
    node: Node
    nailed_up: bool
    up: bool = False
    call: _Call | None = None


class AsteriskCarrier:
    """Implements `outdial.ports.carrier.Carrier`."""

    def __init__(self, settings: AsteriskSettings, clock: Clock, nodes: Sequence[Node]) -> None:
        self._settings, self._clock, self.nodes = settings, clock, nodes
        self.phones: dict[UserId, AgentPhone] = {}
        self._calls: dict[UUID, _Call] = {}
        self._legs: dict[str, _Phone] = {}
        self._seated: set[UserId] = set()
        self._doomed: set[str] = set()
        """Channels that a request without an answer may have made."""
        self._waiting: dict[str, asyncio.Event] = {}
        self._hear: Callable[[CallEvent], None] = lambda event: None
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        for node in nodes:
            node.ari.hear = partial(self._heard, node)
            node.back = partial(self._put_right, node)

    # The port -----------------------------------------------------------------------------------------------------

    def listen(self, hear: Callable[[CallEvent], None]) -> None:
        self._hear = hear

    def free_lines(self) -> int:
        return sum(node.room for node in self.nodes)

    def health(self) -> tuple[WayOut, ...]:
        return tuple(
            WayOut(
                node.settings.name,
                node.trouble or (None if node.settings.weight else "its weight is 0"),
                node.draining,
                node.active,
                node.room,
                node.settings.max_calls,
                node.settings.calls_per_second,
                None if node.answered_at is None else f"Asterisk {node.version}",
                self._moment(node.answered_at),
            )
            for node in self.nodes
        )

    def drain(self, name: str | None = None) -> None:
        for node in self.nodes:
            if name in (None, node.settings.name):
                node.draining = True
                self._spare_phones(node)

    def resume(self, name: str | None = None) -> None:
        for node in self.nodes:
            if name in (None, node.settings.name):
                node.draining = False
        for agent in self._seated:
            self._call_phones(agent)

    async def originate(self, call: NewCall) -> None:
        if call.id in self._calls:
            return
        node = self._choose()
        live = self._calls[call.id] = _Call(call.id, node, call)
        node.take()
        try:
            await self._create(live, call)
        except AriRefused as error:
            self._forget(live)
            raise NoFreeLine(f"{node.settings.name} refuses the call: {error}") from error
        except (AriUnreachable, TimeoutError) as error:
            self._doomed.add(live.channel)
            self._forget(live)
            self._spawn(self._remove(node, live.channel))
            raise CarrierUnreachable(f"{node.settings.name} does not answer: {error}") from error

    async def bridge(self, call_id: UUID, agent: UserId) -> None:
        call = self._answered_call(call_id)
        if agent not in self.phones and self._settings.played_agent_seconds is not None:
            await self._play_agent(call, self._settings.played_agent_seconds)
            return
        phone = self._nailed_up(agent, call.node)
        if phone is None:
            phone = await self._ring(agent, call.node)
        if phone is None or call.id not in self._calls:
            if call.id not in self._calls:
                if phone is not None:
                    self._release(phone)
                raise NoSuchCall("the callee has gone")
            self._tell(call, AgentLost())
            return
        call.phone, phone.call = phone, call
        if phone.up:
            await self._join(call, phone)

    async def hang_up(self, call_id: UUID) -> None:
        call = self._calls.get(call_id)
        if call is not None:
            self._finish(call, HangupBy.US)

    async def play_then_hang_up(self, call_id: UUID) -> None:
        call = self._calls.get(call_id)
        if call is None:
            return
        if not call.answered or call.ended_by is not None:
            self._finish(call, HangupBy.US)
            return
        self._stop_listening(call)
        query = {"media": self._message(call.new)}
        try:
            await call.node.ari.ask("POST", f"channels/{call.channel}/play/{MESSAGE}{call.id}", query)
        except (AriRefused, AriUnreachable) as error:
            log.warning("message_not_played", why=str(error), attempt_id=str(call.id))
            self._finish(call, HangupBy.US)

    async def hold(self, call_id: UUID) -> None:
        call = self._conversation(call_id)
        if call.phone is None:
            return  # the machine plays the agent: the callee hears the music already
        if not call.held:
            await self._command(call, "POST", f"bridges/{call.bridge}/removeChannel", {"channel": call.channel})
            call.held = True
        await self._command(call, "POST", f"channels/{call.channel}/moh")

    async def unhold(self, call_id: UUID) -> None:
        call = self._conversation(call_id)
        if call.held:
            await self._command(call, "DELETE", f"channels/{call.channel}/moh")
            await self._command(call, "POST", f"bridges/{call.bridge}/addChannel", {"channel": call.channel})
            call.held = False

    async def send_digits(self, call_id: UUID, digits: str) -> None:
        call = self._conversation(call_id)
        await self._command(call, "POST", f"channels/{call.channel}/dtmf", {"dtmf": digits})

    async def calls(self) -> tuple[UUID, ...]:
        down = [node.settings.name for node in self.nodes if node.version is None]
        if down:
            raise CarrierUnreachable(f"not known of {', '.join(down)}")
        return tuple(self._calls)

    # Agents -------------------------------------------------------------------------------------------------------

    def know_phone(self, agent: UserId, address: str, *, nailed_up: bool) -> None:
        """Where an agent takes calls."""
        self.phones[agent] = AgentPhone(address, nailed_up)

    def seat(self, agent: UserId) -> None:
        """An agent sits down: a phone that stays up is called, on every node that may have calls for them."""
        self._seated.add(agent)
        self._call_phones(agent)

    def unseat(self, agent: UserId) -> None:
        """An agent has left: their phones are hung up."""
        self._seated.discard(agent)
        self.phones.pop(agent, None)
        for leg in [leg for leg in self._legs.values() if leg.agent == agent]:
            self._spawn(self._remove(leg.node, leg.channel))

    def _call_phones(self, agent: UserId) -> None:
        phone = self.phones.get(agent)
        if phone is None or not phone.nailed_up or agent not in self._seated:
            return
        for node in self.nodes:
            if node.trouble is not None or (node.draining and not node.active):
                continue
            if not any(leg.agent == agent and leg.node is node for leg in self._legs.values()):
                self._spawn(self._nail_up(agent, node))

    def _spare_phones(self, node: Node) -> None:
        """Let phones go that stay up on a node which is drained and has no call left for them."""
        if node.draining and not node.active:
            for leg in self._legs.values():
                if leg.node is node:
                    self._spawn(self._remove(node, leg.channel))

    async def _nail_up(self, agent: UserId, node: Node) -> None:
        if await self._ring(agent, node) is None:
            self._call_again(agent)

    def _call_again(self, agent: UserId) -> None:
        if agent in self._seated:
            self._loop.call_later(_PHONE_AGAIN_SECONDS, self._call_phones, agent)

    # Making a call ------------------------------------------------------------------------------------------------

    def _choose(self) -> Node:
        able = [node for node in self.nodes if node.room > 0]
        if not able:
            if troubles := [f"{node.settings.name}: {node.trouble}" for node in self.nodes if node.trouble]:
                raise NoFreeLine("; ".join(troubles))
            raise NoFreeLine("all lines are in use")
        return min(able, key=lambda node: (node.active / node.settings.weight, node.settings.name))

    async def _create(self, live: _Call, call: NewCall) -> None:
        node = live.node
        query = {
            "endpoint": node.settings.endpoint.format(number=call.number),
            "app": node.settings.application,
            "channelId": live.channel,
            "formats": "ulaw,alaw",
        }
        variables = {} if call.caller_id is None else {_SHOWN_NUMBER: call.caller_id}
        await node.ari.ask("POST", "channels/create", query, {"variables": variables})
        # Dialed earlier, Asterisk answers "channel not in Stasis application".
        async with asyncio.timeout(_START_SECONDS):
            await live.started.wait()
        if live.ended_by is not None or call.id not in self._calls:
            return
        seconds = max(1, round(call.ring_seconds))
        live.rings_until = self._loop.time() + seconds
        try:
            await node.ari.ask("POST", f"channels/{live.channel}/dial", {"timeout": seconds})
        except AriRefused as error:
            if error.status != _GONE:  # else its end is being told
                self._spawn(self._remove(node, live.channel))
                raise

    async def _ring(self, agent: UserId, node: Node) -> _Phone | None:
        """Dial an agent's phone. None: there is none, or it cannot be dialed."""
        address = self.phones.get(agent)
        if address is None:
            log.warning("agent_without_phone", user_id=str(agent))
            return None
        channel = f"{PHONE}{uuid4()}"
        phone = self._legs[channel] = _Phone(agent, channel, node, address.nailed_up)
        started = self._waiting[channel] = asyncio.Event()
        query = {
            "endpoint": _endpoint(address.address, node),
            "app": node.settings.application,
            "channelId": channel,
            "formats": "ulaw,alaw",
        }
        variables = {} if address.address.startswith("+") else _FROM_US
        if variables and address.nailed_up:
            variables = {**variables, **_ANSWER_BY_ITSELF}
        try:
            await node.ari.ask("POST", "channels/create", query, {"variables": variables})
            async with asyncio.timeout(_START_SECONDS):
                await started.wait()
            await node.ari.ask("POST", f"channels/{channel}/dial", {"timeout": _PHONE_RING_SECONDS})
        except (AriRefused, AriUnreachable, TimeoutError) as error:
            log.warning("agent_not_reached", user_id=str(agent), why=str(error) or type(error).__name__)
            self._legs.pop(channel, None)
            self._doomed.add(channel)
            self._spawn(self._remove(node, channel))
            return None
        finally:
            self._waiting.pop(channel, None)
        return phone

    def _nailed_up(self, agent: UserId, node: Node) -> _Phone | None:
        return next(
            (
                leg
                for leg in self._legs.values()
                if leg.agent == agent and leg.node is node and leg.nailed_up and leg.up
            ),
            None,
        )

    async def _join(self, call: _Call, phone: _Phone) -> None:
        """Let the two hear each other; `Bridged` is told when both are in."""
        ari = call.node.ari
        self._stop_listening(call)
        try:
            await ari.ask("POST", f"bridges/{call.bridge}", {"type": "mixing"})
            await ari.ask("POST", f"bridges/{call.bridge}/addChannel", {"channel": f"{call.channel},{phone.channel}"})
        except (AriRefused, AriUnreachable) as error:
            # One of the two has gone, and its end is told; or Asterisk hangs, and the watch says so.
            log.warning("not_bridged", why=str(error), attempt_id=str(call.id))
            if call.id in self._calls and call.ended_by is None and phone.channel not in self._legs:
                self._tell(call, AgentLost())
        else:
            if self._settings.record:
                await self._record(call)

    async def _record(self, call: _Call) -> None:
        query = {"name": str(call.id), "format": "wav", "ifExists": "overwrite"}
        try:
            await call.node.ari.ask("POST", f"bridges/{call.bridge}/record", query)
        except (AriRefused, AriUnreachable) as error:
            log.error("not_recorded", why=str(error), attempt_id=str(call.id))

    # Events -------------------------------------------------------------------------------------------------------

    def _heard(self, node: Node, event: Event) -> None:
        kind = event.get("type")
        match kind:
            case "Dial":
                self._dialed(event)
            case "PlaybackFinished":
                if event["playback"].get("state") == "failed":
                    log.error("message_not_played", why="Asterisk cannot play it", media=event["playback"]["media_uri"])
                self._played(str(event["playback"]["id"]))
            case "StasisStart" | "ChannelHangupRequest" | "ChannelDestroyed" | "ChannelEnteredBridge":
                self._of_channel(node, str(kind), str(event["channel"]["id"]), event)
            case "RecordingFailed":
                log.warning("recording_failed", name=event["recording"].get("name"))

    def _of_channel(self, node: Node, kind: str, channel: str, event: Event) -> None:
        if kind == "StasisStart":
            if channel in self._doomed:
                self._spawn(self._remove(node, channel))
            elif (waiting := self._waiting.get(channel)) is not None:
                waiting.set()
            elif (call := self._call_of(channel)) is not None:
                call.started.set()
            return
        if kind == "ChannelDestroyed":
            self._doomed.discard(channel)
        if (phone := self._legs.get(channel)) is not None:
            if kind == "ChannelDestroyed":
                self._phone_gone(phone)
            elif kind == "ChannelEnteredBridge" and phone.call is not None:
                self._entered(phone.call, channel)
        elif (call := self._call_of(channel)) is not None:
            match kind:
                case "ChannelHangupRequest":
                    call.tech_cause = event.get("tech_cause", call.tech_cause)
                case "ChannelEnteredBridge":
                    self._entered(call, channel)
                case _:
                    self._destroyed(call, event)

    def _dialed(self, event: Event) -> None:
        channel, status = str(event["peer"]["id"]), event.get("dialstatus")
        if (phone := self._legs.get(channel)) is not None:
            if status == "ANSWER":
                self._phone_up(phone)
            return
        call = self._call_of(channel)
        if call is None or call.ended_by is not None:
            return
        if status in ("RINGING", "PROGRESS") and not call.ringing_told:
            call.ringing_told = True
            self._tell(call, Ringing())
        elif status == "ANSWER" and not call.answered:
            call.answered = True
            self._tell(call, Answered())
            if call.new is not None and call.new.detect_machines and call.ended_by is None:
                call.waits_verdict = True
                self._spawn(self._listen_to(call))

    def _entered(self, call: _Call, channel: str) -> None:
        call.entered.add(channel)
        if call.phone is not None and {call.channel, call.phone.channel} <= call.entered and not call.bridged:
            call.bridged = True
            self._tell(call, Bridged())

    def _played(self, playback: str) -> None:
        if playback.startswith(MESSAGE) and (call := self._calls.get(UUID(playback.removeprefix(MESSAGE)))) is not None:
            self._finish(call, HangupBy.US)

    def _destroyed(self, call: _Call, event: Mapping[str, Any]) -> None:
        cause, text = event.get("cause"), event.get("cause_txt")
        status = event.get("tech_cause", call.tech_cause)
        status = status if isinstance(status, int) and status >= 300 else None
        fact: CallFact
        if call.ended_by is not None:
            fact = HungUp(call.ended_by, status, cause, call.cause or text)
        elif call.answered:
            fact = HungUp(HangupBy.CALLEE, status, cause, text)
        elif not call.ringing_told and self._loop.time() >= call.rings_until:
            # Asterisk says "no answer" of a trunk that is dead as well; nobody's phone rang for all that is known.
            fact = Failed(Outcome.LOST, status, cause, _UNHEARD)
        else:
            fact = Failed(outcome_of(status, cause), status, cause, text)
        self._end(call, fact)

    # Agents' phones -----------------------------------------------------------------------------------------------

    async def _play_agent(self, call: _Call, seconds: float) -> None:
        """Nobody of flesh and blood: the callee hears the music that they would hear on hold, and is hung up."""
        self._stop_listening(call)
        try:
            await call.node.ari.ask("POST", f"channels/{call.channel}/moh")
        except (AriRefused, AriUnreachable) as error:
            # The callee has gone, and its end is told; or there is no music, which the callee can do without.
            log.warning("no_hold_music", why=str(error), attempt_id=str(call.id))
        if call.id in self._calls and call.ended_by is None:
            call.bridged = True
            self._later(call, seconds, lambda: self._finish(call, HangupBy.AGENT))
            self._tell(call, Bridged())

    def _phone_up(self, phone: _Phone) -> None:
        phone.up = True
        if phone.call is not None:
            self._spawn(self._join(phone.call, phone))

    def _phone_gone(self, phone: _Phone) -> None:
        self._legs.pop(phone.channel, None)
        call, phone.call = phone.call, None
        if call is not None:
            call.phone = None
            if call.bridged:
                self._finish(call, HangupBy.AGENT)
            elif call.ended_by is None:
                self._tell(call, AgentLost())
        if phone.nailed_up and phone.agent in self._seated:
            log.warning("agent_phone_lost", user_id=str(phone.agent))
            self._call_again(phone.agent)

    def _release(self, phone: _Phone) -> None:
        """A call is over for its agent: what is nailed up stays."""
        phone.call = None
        if not phone.nailed_up:
            self._spawn(self._remove(phone.node, phone.channel))

    # Who answered -------------------------------------------------------------------------------------------------

    async def _listen_to(self, call: _Call) -> None:
        ari, app = call.node.ari, call.node.settings.application
        host = call.node.settings.media_host
        rules = self._settings.rules
        if rules is not None and call.new is not None:
            rules = call.new.rules or rules
        if rules is None:
            self._judged(call, None)
            return
        self._later(call, _VERDICT_SECONDS, lambda: self._judged(call, None))
        try:
            call.ear, port = await Ear.open(host, rules, lambda heard: self._judged(call, heard))
            snoop, sound = f"{SNOOP}{call.id}", f"{SOUND}{call.id}"
            waits = [self._waiting.setdefault(name, asyncio.Event()) for name in (snoop, sound)]
            await ari.ask("POST", f"channels/{call.channel}/snoop/{snoop}", {"spy": "in", "app": app})
            query = {
                "app": app,
                "channelId": sound,
                "external_host": f"{host}:{port}",
                "format": "ulaw",
                "direction": "both",
            }
            await ari.ask("POST", "channels/externalMedia", query)
            async with asyncio.timeout(_START_SECONDS):
                for wait in waits:
                    await wait.wait()
            await ari.ask("POST", f"bridges/{BRIDGE}{SOUND}{call.id}", {"type": "mixing"})
            await ari.ask("POST", f"bridges/{BRIDGE}{SOUND}{call.id}/addChannel", {"channel": f"{snoop},{sound}"})
        except (AriRefused, AriUnreachable, TimeoutError, OSError) as error:
            log.warning("not_listened_to", why=str(error) or type(error).__name__, attempt_id=str(call.id))
            self._judged(call, None)
        if not call.waits_verdict:
            self._stop_listening(call)

    def _judged(self, call: _Call, heard: Judgement | None) -> None:
        """None: nobody could tell, which is for an agent to find out."""
        if not call.waits_verdict:
            return
        call.waits_verdict = False
        self._stop_listening(call)
        verdict = Verdict.NOT_SURE if heard is None else heard.verdict
        if call.ended_by is None:
            self._tell(call, Judged(verdict is Verdict.MACHINE, verdict.value))

    def _stop_listening(self, call: _Call) -> None:
        ear, call.ear = call.ear, None
        if ear is None:
            return
        call.waits_verdict = False
        ear.close()
        for name in (f"{SNOOP}{call.id}", f"{SOUND}{call.id}"):
            self._waiting.pop(name, None)
            self._spawn(self._remove(call.node, name))
        self._spawn(self._remove_bridge(call.node, f"{BRIDGE}{SOUND}{call.id}"))

    # The end ------------------------------------------------------------------------------------------------------

    def _message(self, new: NewCall | None) -> str:
        """A call's safety message, as Asterisk names sounds."""
        name = None if new is None else new.message
        if name is not None and name not in self._settings.messages:
            log.warning("safety_message_unknown", message=name)
        return self._settings.message if name is None else self._settings.messages.get(name, self._settings.message)

    def _finish(self, call: _Call, by: HangupBy, cause: str | None = None) -> None:
        """End a call because of us or of an agent; what is ending already ends for its first reason."""
        if call.ended_by is not None:
            return
        call.ended_by, call.cause = by, cause
        self._later(call, _END_SECONDS, lambda: self._end(call, HungUp(by, None, None, cause)))
        self._spawn(self._remove(call.node, call.channel))

    def _end(self, call: _Call, fact: CallFact) -> None:
        """The last word on a call."""
        if self._calls.get(call.id) is not call:
            return
        self._stop_listening(call)
        self._forget(call)
        phone, call.phone = call.phone, None
        if phone is not None:
            self._release(phone)
        if call.entered:
            self._spawn(self._remove_bridge(call.node, call.bridge))
        self._tell(call, fact)

    def _forget(self, call: _Call) -> None:
        for timer in call.timers:
            timer.cancel()
        call.timers.clear()
        if self._calls.pop(call.id, None) is not None:
            call.node.give_back()
            self._spare_phones(call.node)

    async def _remove(self, node: Node, channel: str) -> None:
        """Hang a channel up; one that is not there has gone by itself."""
        try:
            await node.ari.ask("DELETE", f"channels/{channel}", {"reason_code": 16})
        except AriRefused as error:
            if error.status != _GONE:
                log.warning("channel_not_removed", why=str(error))
        except AriUnreachable as error:
            # Its node is lost, or hangs: when it is back, what is there is looked at.
            log.warning("channel_not_removed", why=str(error))

    async def _remove_bridge(self, node: Node, bridge: str) -> None:
        with contextlib.suppress(AriRefused, AriUnreachable):
            await node.ari.ask("DELETE", f"bridges/{bridge}")

    # After a loss -------------------------------------------------------------------------------------------------

    async def _put_right(self, node: Node) -> None:
        """What is on a node after we were away: calls are ours again, what belongs to no call is removed."""
        channels = {str(one["id"]): one for one in await node.ari.ask("GET", "channels")}
        for call in [one for one in self._calls.values() if one.node is node]:
            if call.channel not in channels and call.started.is_set():
                fact: CallFact = Failed(Outcome.LOST, None, None, _UNSEEN)
                if call.answered or call.ended_by is not None:
                    fact = HungUp(call.ended_by or HangupBy.NETWORK, None, None, _UNSEEN)
                self._end(call, fact)
        for leg in [leg for leg in self._legs.values() if leg.node is node and leg.channel not in channels]:
            self._phone_gone(leg)
        for agent in self._seated:
            self._call_again(agent)
        for name, channel in channels.items():
            if not name.startswith(PREFIX):
                continue
            call_id = _id_of(name)
            if call_id is None or name in self._doomed:
                if name not in self._legs and name not in self._waiting:
                    await self._remove(node, name)
            elif call_id not in self._calls:
                adopted = self._calls[call_id] = _Call(call_id, node, answered=channel.get("state") == "Up")
                adopted.ringing_told = True
                adopted.started.set()
                node.active += 1
            elif channel.get("state") == "Up" and not self._calls[call_id].answered:
                self._dialed({"peer": channel, "dialstatus": "ANSWER"})

    async def close(self) -> None:
        """Hang up whatever is left, and wait for what was begun."""
        for call in list(self._calls.values()):
            self._finish(call, HangupBy.US)
        for leg in list(self._legs.values()):
            self._spawn(self._remove(leg.node, leg.channel))
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        for call in list(self._calls.values()):
            self._forget(call)

    # ------------------------------------------------------------------------------------------------------------

    def _answered_call(self, call_id: UUID) -> _Call:
        call = self._calls.get(call_id)
        if call is None or not call.answered or call.ended_by is not None:
            raise NoSuchCall("the callee has gone")
        return call

    def _conversation(self, call_id: UUID) -> _Call:
        call = self._answered_call(call_id)
        if not call.bridged:
            raise NoSuchCall("there is no conversation in this call")
        return call

    async def _command(self, call: _Call, method: str, path: str, query: Mapping[str, str | int] | None = None) -> None:
        """Have Asterisk do something with a conversation. Raises `NoSuchCall` and `CarrierUnreachable`."""
        try:
            await call.node.ari.ask(method, path, query)
        except AriRefused as error:
            if error.status in _NOT_THERE:
                raise NoSuchCall("the callee has gone") from error
            raise CarrierUnreachable(f"{call.node.settings.name} refuses: {error}") from error
        except AriUnreachable as error:
            raise CarrierUnreachable(f"{call.node.settings.name} does not answer: {error}") from error

    def _call_of(self, channel: str) -> _Call | None:
        call_id = _id_of(channel)
        return None if call_id is None else self._calls.get(call_id)

    def _moment(self, at: float | None) -> datetime | None:
        """An instant of the loop's clock."""
        return None if at is None else self._clock.now() - timedelta(seconds=self._loop.time() - at)

    def _tell(self, call: _Call, fact: CallFact) -> None:
        self._hear(CallEvent(call.id, self._clock.now(), fact))

    def _later(self, call: _Call, seconds: float, act: Callable[[], None]) -> None:
        call.timers.append(self._loop.call_later(seconds, act))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("asterisk_task_failed", exc_info=error)


def _endpoint(address: str, node: Node) -> str:
    """How a phone's address is dialed on a node."""
    if address.startswith("+"):
        return node.settings.endpoint.format(number=address)
    return f"PJSIP/{address.removeprefix('sips:').removeprefix('sip:').partition('@')[0]}"


def _id_of(channel: str) -> UUID | None:
    """The call that a channel is of; None for any other channel."""
    try:
        return UUID(channel.removeprefix(CALL)) if channel.startswith(CALL) else None
    except ValueError:
        return None


@contextlib.asynccontextmanager
async def open_carrier(settings: AsteriskSettings, clock: Clock) -> AsyncIterator[AsteriskCarrier]:
    """The back end at work on all of its nodes; at the end of the block its calls are hung up.

    A node that does not answer yet takes no calls until it does: an Asterisk that restarts stops nobody.
    """
    loop = asyncio.get_running_loop()
    nodes = [Node(one, loop.time) for one in settings.nodes]
    carrier = AsteriskCarrier(settings, clock, nodes)
    working = [loop.create_task(node.ari.listen(), name="ari events") for node in nodes]
    working += [loop.create_task(node.watch(), name="ari watch") for node in nodes]
    try:
        yield carrier
    finally:
        await carrier.close()
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        for node in nodes:
            await node.ari.close()
