"""The ways out: what each trunk may carry, whether it works, and which of them takes the next call."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import structlog

from outdial.adapters.telephony.sip.dialogs import Invitation
from outdial.adapters.telephony.sip.digest import Credentials
from outdial.adapters.telephony.sip.sdp import BOTH, Codec
from outdial.adapters.telephony.sip.transactions import Address
from outdial.adapters.telephony.sip.user_agent import Account, Registration, UserAgent
from outdial.domain.outcomes import Outcome
from outdial.domain.values import PhoneNumber

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

_LONGEST_CLOSED: Final = 300.0
"""However long a carrier wants to see no calls: after so many seconds it is tried again."""
_SILENT_CLOSED: Final = 30.0
"""For so many seconds a trunk gets no calls on which nothing came back, twice in a row."""
_PINGS_MISSED: Final = 2
"""How many signs of life have to be missing in a row before a trunk counts as down: one packet may be lost."""


@dataclass(frozen=True, slots=True)
class TrunkSettings:
    """One way out.

    Attributes:
        host, port: where it takes calls. A name is looked up at each sign of life.
        priority: trunks with the lowest number that have room are used; `weight` shares calls among equals.
        max_calls: calls at once. calls_per_second: new ones.
        credentials: for digest; without them the carrier knows us by our address.
        register: tell the carrier where we are, which it needs when it does not know our address.
        domain: of our own address there, in place of `host`.
        caller_ids: the only numbers that the carrier lets us show; any, when empty.
        caller_id: shown in place of one that is not among them, and where the campaign has none.
        prefix: put before each number; plus: whether the numbers keep their `+`.
        asserted: say who calls in P-Asserted-Identity too.
        ping_seconds: pause between signs of life (OPTIONS); 0 asks for none.
        statuses: outcomes of some SIP statuses on this trunk, where they mean something else than usual.
        headers: to be put into each INVITE.
        answer_within: seconds within which anything at all must come back.
    """

    name: str
    host: str
    port: int = 5060
    priority: int = 0
    weight: int = 1
    max_calls: int = 30
    calls_per_second: float = 10.0
    codecs: Sequence[Codec] = BOTH
    credentials: Credentials | None = None
    register: bool = False
    domain: str | None = None
    caller_ids: frozenset[PhoneNumber] = frozenset()
    caller_id: PhoneNumber | None = None
    prefix: str = ""
    plus: bool = True
    asserted: bool = False
    ping_seconds: float = 30.0
    statuses: Mapping[int, Outcome] = field(default_factory=lambda: MappingProxyType({}))
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    answer_within: float = 8.0


class Trunk:
    """A trunk at work."""

    def __init__(self, settings: TrunkSettings, clock: Callable[[], float]) -> None:
        self.settings = settings
        self.active = 0
        self.draining = False
        self._unheard = 0
        self.address: Address | None = None
        self.registration: Registration | None = None
        self.ping_status: int | None = None
        self.answered_at: float | None = None
        """When it gave the last sign of life that it was asked for; None: the last question had no answer."""
        self._answers_pings = False
        self._missed = 0
        self._clock = clock
        self._closed_until, self._closed_because = 0.0, ""
        # A second's worth of calls may go out at once: the dialer asks about once a second.
        self._burst = max(1.0, settings.calls_per_second)
        self._tokens, self._counted_at = self._burst, clock()

    @property
    def trouble(self) -> str | None:
        """Why it takes no calls now; `None` when it does, whether or not it has room."""
        if self.address is None:
            return f"{self.settings.host} is not known by name"
        if self.registration is not None and not self.registration.registered:
            return self.registration.trouble or "not registered"
        if self._missed >= _PINGS_MISSED:
            return "no sign of life"
        if self._closed_until > self._clock():
            return f"closed for {self._closed_until - self._clock():.0f} s: {self._closed_because}"
        return None

    @property
    def room(self) -> int:
        """How many calls it may be given now."""
        if self.trouble is not None or self.draining:
            return 0
        self._refill()
        return max(0, min(self.settings.max_calls - self.active, int(self._tokens)))

    def take(self) -> None:
        """Another call is on it."""
        self._refill()
        self._tokens -= 1.0
        self.active += 1

    def give_back(self) -> None:
        self.active -= 1

    def close_for(self, seconds: float, why: str = "the carrier wants it so") -> None:
        """The next call would meet the same: the carrier said so (503 with Retry-After, RFC 3261 section 21.5.4), or
        said nothing."""
        self._closed_because = why
        self._closed_until = self._clock() + min(seconds, _LONGEST_CLOSED)
        log.warning("trunk_closed", trunk=self.settings.name, seconds=min(seconds, _LONGEST_CLOSED))

    def answered(self, status: int | None) -> None:
        """What came of a sign of life that was asked for: any answer is one, a refusal too."""
        before = self.trouble
        self.ping_status = status
        self.answered_at = None if status is None else self._clock()
        if status is not None:
            self._answers_pings, self._missed = True, 0
        elif self._answers_pings:  # a carrier may ignore them, and take calls all the same
            self._missed += 1
        if self.trouble != before:
            log.warning("trunk_changed", trunk=self.settings.name, trouble=self.trouble)

    def heard(self) -> None:
        """Something came back to a call: a sign of life as well."""
        self._missed = self._unheard = 0

    def nothing_heard(self) -> None:
        """Nothing at all came back to a call; a trunk without signs of life shows so that it is dead."""
        self._unheard += 1
        if self._unheard >= _PINGS_MISSED:
            self._unheard = 0
            self.close_for(_SILENT_CLOSED, "nothing comes back")

    def caller_id(self, wanted: PhoneNumber | None) -> PhoneNumber | None:
        """The number to show; `None` hides it."""
        allowed = self.settings.caller_ids
        return wanted if wanted is not None and (not allowed or wanted in allowed) else self.settings.caller_id

    def dialed(self, number: PhoneNumber) -> str:
        """The number as this carrier wants it."""
        return self.settings.prefix + (number if self.settings.plus else number.removeprefix("+"))

    def invitation(self, number: PhoneNumber, caller_id: PhoneNumber | None, here: Address) -> Invitation:
        """How a number is called over this trunk, as `caller_id` if it may be shown; `here` is our signalling."""
        settings = self.settings
        assert self.address is not None, "a trunk without an address has no room"
        domain = settings.domain or settings.host
        where = domain if settings.port == 5060 else f"{domain}:{settings.port}"
        shown = self.caller_id(caller_id)
        user = "anonymous" if shown is None else shown if settings.plus else shown.removeprefix("+")
        headers = dict(settings.headers)
        if settings.asserted and shown is not None:
            headers["P-Asserted-Identity"] = f"<sip:{user}@{settings.domain or here[0]}>"
        if shown is None:
            headers["Privacy"] = "id"
        return Invitation(
            f"sip:{self.dialed(number)}@{where}",
            self.address,
            f"sip:{user}@{settings.domain or f'{here[0]}:{here[1]}'}",
            credentials=settings.credentials,
            headers=headers,
            anything_within=settings.answer_within,
        )

    async def find(self) -> None:
        """Look the name up."""
        host, port = self.settings.host, self.settings.port
        with contextlib.suppress(OSError):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=2)
            self.address = (str(found[0][4][0]), port)

    async def watch(self, agent: UserAgent) -> None:
        """Ask for signs of life until cancelled."""
        while True:
            await self.find()
            if self.address is not None and self.settings.ping_seconds:
                self.answered(await agent.ping(self.address, self.settings.domain or self.settings.host))
            await asyncio.sleep(self.settings.ping_seconds or 300.0)

    def account(self) -> Account | None:
        """What to register, if that is wanted."""
        settings = self.settings
        if not settings.register or settings.credentials is None or self.address is None:
            return None
        uri = f"sip:{settings.credentials.username}@{settings.domain or settings.host}"
        return Account(self.address, uri if settings.port == 5060 else f"{uri}:{settings.port}", settings.credentials)

    def _refill(self) -> None:
        now = self._clock()
        passed, self._counted_at = now - self._counted_at, now
        self._tokens = min(self._burst, self._tokens + passed * self.settings.calls_per_second)


def choose(trunks: Iterable[Trunk]) -> Trunk | None:
    """The trunk for the next call: of the lowest priority number with room, the one that has least for its weight."""
    able = [trunk for trunk in trunks if trunk.room > 0]
    return min(able, key=lambda t: (t.settings.priority, t.active / t.settings.weight, t.settings.name), default=None)
