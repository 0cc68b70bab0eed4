"""The SIP back end beyond the contract of all carriers: phones, trunks, sound, faults."""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import cast
from uuid import UUID, uuid4

import pytest

from outdial.adapters.clock import RandomIds, WallClock
from outdial.adapters.media.client import MediaSettings
from outdial.adapters.media.g711 import RATE
from outdial.adapters.media.recording import read_recording
from outdial.adapters.media.sounds import silence, tone, write_wav
from outdial.adapters.telephony.sip.carrier import SipCarrier, SipSettings, open_carrier
from outdial.adapters.telephony.sip.configuration import DETECTOR, LISTENERS
from outdial.adapters.telephony.sip.digest import Credentials
from outdial.adapters.telephony.sip.phones import Phone
from outdial.adapters.telephony.sip.transactions import Timers
from outdial.adapters.telephony.sip.trunks import Trunk, TrunkSettings, choose
from outdial.domain.calls import AgentLost, Answered, Bridged, Failed, HangupBy, HungUp, Judged, Ringing
from outdial.domain.machine_detection import Rules
from outdial.domain.outcomes import Outcome
from outdial.domain.values import PhoneNumber, UserId
from outdial.ports.carrier import CallEvent, NewCall, NoFreeLine, NoSuchCall
from tests.contracts.sip import SipNetwork, sip_network
from tests.contracts.stage import PATIENCE, Callee, Stage
from tests.telephony.sipp import CONTACT, Sipp, answer, answer_inside, described, needs_sipp, receive, sipp

pytestmark = needs_sipp


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SipNetwork]:
    with sip_network(tmp_path_factory.mktemp("sipp")) as made:
        yield made


def sip(stage: Stage) -> SipCarrier:
    return cast(SipCarrier, stage.carrier)


async def until(true: Callable[[], object]) -> None:
    """Wait until something has become so."""
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


class TestPhones:
    def test_a_phone_that_stays_up_is_bridged_at_once_and_stays_for_the_next_call(self, network: SipNetwork) -> None:
        async def story(stage: Stage) -> None:
            carrier = sip(stage)
            carrier.phones.seat(stage.agent)
            await until(lambda: carrier.phones.nailed_up(stage.agent))
            for _ in range(2):
                call = await stage.call(Callee.PERSON)
                await stage.heard(call, Answered)
                await stage.carrier.bridge(call, stage.agent)
                assert stage.facts(call)[-1] == Bridged(), "nothing has to ring"
                await until(lambda: carrier.joined_seconds)
                carrier.joined_seconds.clear()
                await stage.carrier.hang_up(call)
                await stage.ended(call)
                assert carrier.phones.states() == {stage.agent: "up"}

        network.play(story, nailed_up=True)

    def test_an_agent_who_hangs_up_ends_the_call(self, network: SipNetwork) -> None:
        async def story(stage: Stage) -> None:
            call = await stage.call(Callee.PERSON)
            await stage.heard(call, Answered)
            await stage.carrier.bridge(call, stage.agent)
            await stage.heard(call, Bridged)
            end = await stage.ended(call)
            assert isinstance(end, HungUp)
            assert end.by is HangupBy.AGENT

        network.play(story, phone="leaver")

    def test_the_sound_of_a_bridged_call_has_two_ends_at_the_media_engine(self, network: SipNetwork) -> None:
        async def story(stage: Stage) -> None:
            call = await stage.call(Callee.PERSON)
            await stage.heard(call, Answered)
            await stage.carrier.bridge(call, stage.agent)
            await stage.heard(call, Bridged)
            await sip(stage).look_at_media()
            load = sip(stage).media_load()
            assert load is not None
            assert load.ports == 2
            assert 0 <= load.tick_busy < 1
            await stage.carrier.hang_up(call)
            await stage.ended(call)

        network.play(story)

    def test_an_agent_who_does_not_answer_is_lost_to_the_call_which_can_be_told_so(self, network: SipNetwork) -> None:
        async def story(stage: Stage) -> None:
            call = await stage.call(Callee.PERSON)
            await stage.heard(call, Answered)
            await stage.carrier.bridge(call, stage.agent)
            phone = sip(stage)._calls[call].phone
            assert phone is not None
            phone.hang_up()  # as when it has rung for too long
            await stage.heard(call, AgentLost)
            await stage.carrier.play_then_hang_up(call)
            end = await stage.ended(call)
            assert isinstance(end, HungUp)
            assert end.by is HangupBy.US

        network.play(story, phone="absent")

    def test_a_phone_that_is_down_is_said_at_once(self, network: SipNetwork) -> None:
        async def story(stage: Stage) -> None:
            call = await stage.call(Callee.PERSON)
            await stage.heard(call, Answered)
            await stage.carrier.bridge(call, stage.agent)
            assert stage.facts(call)[-1] == AgentLost()

        network.play(story, nailed_up=True)


@pytest.mark.parametrize(("nailed_up", "check"), [(True, "check_it"), (False, "check_it_inverse")])
async def test_only_a_phone_that_stays_up_is_asked_to_answer_by_itself(
    nailed_up: bool, check: str, tmp_path: Path
) -> None:
    asked = f'<ereg regexp="answer-after=0" search_in="msg" {check}="true" assign_to="to"/>'
    with sipp(tmp_path, receive("INVITE", asked), answer("486 Busy Here"), receive("ACK")) as peer:
        settings = SipSettings([TrunkSettings("a", "127.0.0.1", 9, ping_seconds=0)])
        async with open_carrier(settings, WallClock()) as carrier:
            carrier.phones.ring(UserId(uuid4()), Phone(f"sip:ana@127.0.0.1:{peer.port}", nailed_up=nailed_up))
            await peer.done()


class TestAnAgentAtAPlainNumber:
    """Called over a trunk, like anybody else."""

    NUMBER = "+8900"

    def test_is_bridged_and_both_lines_are_given_back(self, network: SipNetwork) -> None:
        async def story(stage: Stage) -> None:
            carrier = sip(stage)
            carrier.know_phone(stage.agent, self.NUMBER, nailed_up=False)
            call = await stage.call(Callee.PERSON)
            await stage.heard(call, Answered)
            await stage.carrier.bridge(call, stage.agent)
            await stage.heard(call, Bridged)
            assert [way.calls for way in carrier.health()] == [2]
            await until(lambda: carrier.joined_seconds)
            await stage.carrier.hang_up(call)
            await stage.ended(call)
            await until(lambda: [way.calls for way in carrier.health()] == [0])

        network.play(story)

    def test_stays_up_between_calls_where_that_is_wanted(self, network: SipNetwork) -> None:
        async def story(stage: Stage) -> None:
            carrier = sip(stage)
            carrier.know_phone(stage.agent, self.NUMBER, nailed_up=True)
            carrier.seat(stage.agent)
            await until(lambda: carrier.phones.nailed_up(stage.agent))
            call = await stage.call(Callee.PERSON)
            await stage.heard(call, Answered)
            await stage.carrier.bridge(call, stage.agent)
            assert stage.facts(call)[-1] == Bridged(), "nothing has to ring"
            await stage.carrier.hang_up(call)
            await stage.ended(call)
            assert [way.calls for way in carrier.health()] == [1]

        network.play(story)

    def test_cannot_be_reached_while_no_trunk_has_room(self, network: SipNetwork) -> None:
        async def story(stage: Stage) -> None:
            sip(stage).know_phone(stage.agent, self.NUMBER, nailed_up=False)
            call = await stage.call(Callee.PERSON)
            await stage.heard(call, Answered)
            await stage.carrier.bridge(call, stage.agent)
            await stage.heard(call, AgentLost)

        network.play(story, lines=1)


class TestSound:
    def test_the_callee_is_heard_in_the_recording_and_so_is_the_agent(
        self, network: SipNetwork, tmp_path: Path
    ) -> None:
        async def story(stage: Stage) -> None:
            call = await stage.call(Callee.BRIEF_PERSON)
            await stage.heard(call, Answered)
            await stage.carrier.bridge(call, stage.agent)
            await stage.ended(call)

        network.play(story, record=True, media=MediaSettings(recordings=tmp_path, secret="a key"))
        [path] = tmp_path.iterdir()
        assert path.name.endswith(".wav.enc")
        samples = memoryview(read_recording(path, "a key")[44:]).cast("h")
        left, right = samples[0::2].tolist(), samples[1::2].tolist()
        assert len(left) > 8000
        for side in (left, right):
            assert sum(abs(sample) > 1000 for sample in side) > 4000, "half a second of speech"

    def test_a_callee_on_hold_can_be_taken_back_and_recorded_meanwhile(
        self, network: SipNetwork, tmp_path: Path
    ) -> None:
        async def story(stage: Stage) -> None:
            carrier = sip(stage)
            call = await stage.call(Callee.PERSON)
            await stage.heard(call, Answered)
            with pytest.raises(NoSuchCall):
                await carrier.unhold(call)
            await carrier.bridge(call, stage.agent)
            await stage.heard(call, Bridged)
            carrier.record(call)
            await until(lambda: len(carrier.joined_seconds) == 1)
            await carrier.hold(call)
            await carrier.unhold(call)
            await until(lambda: len(carrier.joined_seconds) == 2)
            carrier.stop_recording(call)
            await stage.carrier.hang_up(call)
            await stage.ended(call)
            with pytest.raises(NoSuchCall):
                await carrier.hold(call)

        network.play(story, media=MediaSettings(recordings=tmp_path))
        assert [path.suffix for path in tmp_path.iterdir()] == [".wav"]

    def test_who_falls_silent_is_hung_up_as_lost_by_the_network(self, network: SipNetwork) -> None:
        async def story(stage: Stage) -> None:
            call = await stage.call(Callee.PERSON)
            await stage.heard(call, Answered)
            port = sip(stage)._calls[call].key
            await sip(stage).media.talk_to(port, "127.0.0.1", 9, codec=0, dtmf=None)
            await sip(stage).media.close_port(port)
            await sip(stage).media.open(port)
            await sip(stage).media.talk_to(port, "127.0.0.1", 9, codec=0, dtmf=None)
            end = await stage.ended(call)
            assert isinstance(end, HungUp)
            assert end.by is HangupBy.NETWORK
            assert "no sound" in str(end.cause)

        network.play(story, media=MediaSettings(silent_seconds=0.4))

    def test_without_a_detector_nobody_is_judged_a_machine(self, network: SipNetwork) -> None:
        async def story(stage: Stage) -> None:
            call = await stage.call(Callee.PERSON, detect_machines=True)
            assert await stage.heard(call, Judged) == Judged(False, "not_sure")

        network.play(story)

    def test_a_detectors_verdict_is_told(self, network: SipNetwork) -> None:
        async def story(stage: Stage) -> None:
            call = await stage.call(Callee.PERSON, detect_machines=True)
            assert await stage.heard(call, Judged) == Judged(True, "machine")

        listeners = {"test": "tests.telephony.sip.detector:Always"}
        network.play(story, detector="test", media=MediaSettings(listeners=listeners))

    def test_a_sound_without_end_is_heard_as_a_machine(self, network: SipNetwork) -> None:
        async def story(stage: Stage) -> None:
            call = await stage.call(Callee.PERSON, detect_machines=True)
            assert (await stage.heard(call, Judged)).machine

        network.play(story, detector=DETECTOR, media=MediaSettings(listeners=LISTENERS))

    def test_a_call_brings_rules_of_its_own(self, network: SipNetwork) -> None:
        async def story(stage: Stage) -> None:
            # The same endless sound; but these rules have given up before it can be known for a machine's.
            new = dataclasses.replace(stage.new_call(Callee.PERSON, detect_machines=True), rules=Rules(limit=100))
            await stage.carrier.originate(new)
            assert await stage.heard(new.id, Judged) == Judged(False, "not_sure")

        network.play(story, detector=DETECTOR, media=MediaSettings(listeners=LISTENERS))

    def test_the_message_that_a_call_names_is_played_to_it(self, network: SipNetwork, tmp_path: Path) -> None:
        write_wav(tmp_path / "north.wav", [8000, -8000] * (3 * RATE // 2))

        async def story(stage: Stage) -> None:
            new = dataclasses.replace(stage.new_call(Callee.PERSON), message="north")
            await stage.carrier.originate(new)
            await stage.heard(new.id, Answered)
            began = stage.clock.monotonic()
            await stage.carrier.play_then_hang_up(new.id)
            await stage.ended(new.id)
            assert stage.clock.monotonic() - began > 2.5, "it lasts three seconds, the usual one only one"

        network.play(story, media=MediaSettings(messages={"north": tmp_path / "north.wav"}))

    def test_a_codec_that_nobody_offered_is_a_fault_of_the_trunk_that_says_so(self, network: SipNetwork) -> None:
        async def story(stage: Stage) -> None:
            new = dataclasses.replace(stage.new_call(Callee.PERSON), number=PhoneNumber("+0100"))
            await stage.carrier.originate(new)
            end = await stage.ended(new.id)
            assert isinstance(end, Failed)
            assert (end.outcome, end.sip_status) == (Outcome.CARRIER_FAULT, 200)
            assert end.cause == "codec mismatch: we speak PCMU, PCMA, the far side G729"

        network.play(story)

    def test_when_the_media_engine_dies_calls_end_and_it_comes_back(self, network: SipNetwork) -> None:
        async def story(stage: Stage) -> None:
            call = await stage.call(Callee.PERSON)
            await stage.heard(call, Answered)
            sip(stage).media._process.kill()
            end = await stage.ended(call)
            assert isinstance(end, HungUp)
            assert end.by is HangupBy.NETWORK
            assert stage.carrier.free_lines() == 0
            await until(stage.carrier.free_lines)
            second = await stage.call(Callee.PERSON)
            await stage.heard(second, Answered)

        network.play(story)


class TestTheWayOut:
    """One trunk each, with a far side that checks what it is sent."""

    @pytest.fixture
    async def office(self) -> AsyncIterator["Office"]:
        office = Office()
        yield office
        await office.close()

    async def test_the_number_and_the_caller_are_shown_as_the_carrier_wants_it(
        self, office: "Office", tmp_path: Path
    ) -> None:
        us = "sip:12025550111@carrier.example"
        check = (
            '<ereg regexp="^INVITE sip:9912025550142@" search_in="msg" check_it="true" assign_to="to"/>'
            f'<ereg regexp="{us}" search_in="hdr" header="From:" check_it="true" assign_to="from"/>'
            f'<ereg regexp="{us}" search_in="hdr" header="P-Asserted-Identity:" check_it="true" assign_to="via"/>'
            '<ereg regexp="gold" search_in="hdr" header="X-Class:" check_it="true" assign_to="cseq"/>'
        )
        with sipp(tmp_path, receive("INVITE", check), answer("486 Busy Here"), receive("ACK")) as peer:
            await office.open(
                *peer.address,
                prefix="99",
                plus=False,
                domain="carrier.example",
                caller_ids=frozenset({PhoneNumber("+12025550111")}),
                caller_id=PhoneNumber("+12025550111"),
                asserted=True,
                headers={"X-Class": "gold"},
            )
            assert (await office.outcome_of_a_call()).sip_status == 486
            await peer.done()

    @pytest.mark.parametrize(
        ("status", "statuses", "outcome"),
        [
            ("404 Not Found", {404: Outcome.NO_ANSWER}, Outcome.NO_ANSWER),
            ("488 Not Acceptable Here", {}, Outcome.CARRIER_FAULT),
            ("480 Temporarily Unavailable", {}, Outcome.NO_ANSWER),
            ("302 Moved", {}, Outcome.CARRIER_FAULT),
            ("607 Unwanted", {}, Outcome.REJECTED),
        ],
    )
    async def test_what_a_status_means(
        self, office: "Office", tmp_path: Path, status: str, statuses: dict[int, Outcome], outcome: Outcome
    ) -> None:
        with sipp(tmp_path, receive("INVITE"), answer(status), receive("ACK")) as peer:
            await office.open(*peer.address, statuses=statuses)
            assert (await office.outcome_of_a_call()).outcome is outcome

    async def test_a_carrier_that_wants_no_calls_for_a_while_gets_none(self, office: "Office", tmp_path: Path) -> None:
        with sipp(tmp_path, receive("INVITE"), answer("503 Busy", "Retry-After: 60"), receive("ACK")) as peer:
            carrier = await office.open(*peer.address)
            assert (await office.outcome_of_a_call()).outcome is Outcome.CONGESTION
            assert carrier.free_lines() == 0
            assert "the carrier wants it so" in str(carrier.health()[0].trouble)
            with pytest.raises(NoFreeLine):
                await office.call()

    async def test_a_trunk_that_refuses_our_credentials_costs_nobody_an_attempt(
        self, office: "Office", tmp_path: Path
    ) -> None:
        challenge = answer("401 Unauthorized", 'WWW-Authenticate: Digest realm="x", nonce="1"')
        steps = [receive("INVITE"), challenge, receive("ACK")] * 2
        with sipp(tmp_path, *steps) as peer:
            await office.open(*peer.address, credentials=Credentials("a", "b"))
            end = await office.outcome_of_a_call()
            assert end.outcome is Outcome.CARRIER_FAULT
            assert "credentials" in str(end.cause)

    async def test_a_dead_trunk_loses_the_call_in_our_own_time(self, office: "Office") -> None:
        await office.open("127.0.0.1", 9, answer_within=0.2)
        end = await office.outcome_of_a_call()
        assert (end.outcome, end.sip_status) == (Outcome.LOST, None)

    async def test_an_answer_in_the_moment_of_giving_up_counts(self, office: "Office", tmp_path: Path) -> None:
        late = answer("200 OK", CONTACT, cseq="CSeq: [$cseq] INVITE", sdp=described())
        cseq = '<ereg regexp="[0-9]+" search_in="hdr" header="CSeq:" assign_to="cseq"/>'
        steps = [receive("INVITE", cseq), answer("180 Ringing", CONTACT), receive("CANCEL"), answer_inside("200 OK")]
        with sipp(tmp_path, *steps, late, receive("ACK"), receive("BYE"), answer_inside("200 OK")) as peer:
            carrier = await office.open(*peer.address)
            call = await office.call(ring_seconds=0.3)
            await until(lambda: Answered() in office.facts)
            await carrier.hang_up(call)
            await peer.done()
        assert office.facts[:2] == [Ringing(), Answered()]

    async def test_a_number_that_is_announced_as_not_in_service_rings_no_longer(
        self, office: "Office", tmp_path: Path
    ) -> None:
        tones = b"".join(tone(hertz, seconds=0.33) for hertz in (950.0, 1400.0, 1800.0))
        (tmp_path / "announcement.ul").write_bytes(tones + silence(1.0))
        cseq = '<ereg regexp="[0-9]+" search_in="hdr" header="CSeq:" assign_to="cseq"/>'
        steps = [receive("INVITE", cseq), answer("183 Session Progress", CONTACT, sdp=described())]
        steps += ['<nop><action><exec rtp_stream="announcement.ul,1,0"/></action></nop>', receive("CANCEL")]
        steps += [
            answer_inside("200 OK"),
            answer("487 Request Terminated", cseq="CSeq: [$cseq] INVITE"),
            receive("ACK"),
        ]
        with sipp(tmp_path, *steps) as peer:
            office.early_media = True
            await office.open(*peer.address)
            end = await office.outcome_of_a_call()
            assert (end.outcome, end.sip_status) == (Outcome.INVALID_NUMBER, 183)
            await peer.done()

    async def test_a_trunk_that_answers_no_signs_of_life_any_more_gets_no_calls(self) -> None:
        now = 100.0
        trunk = Trunk(TrunkSettings("t", "127.0.0.1"), lambda: now)
        await trunk.find()
        for status in (None, None, None):
            trunk.answered(status)
        assert trunk.room > 0, "it may not know OPTIONS"
        trunk.answered(200)
        trunk.answered(None)
        assert trunk.room > 0, "one packet may be lost"
        trunk.answered(None)
        assert (trunk.room, trunk.trouble) == (0, "no sign of life")
        trunk.heard()
        assert trunk.room > 0


class TestTwoTrunks:
    """A call that its trunk would not take goes to the next one, and is never on two of them."""

    ANSWERS = (
        receive("INVITE"),
        answer("180 Ringing", CONTACT),
        answer("200 OK", CONTACT, sdp=described()),
        receive("ACK"),
        receive("BYE"),
        answer_inside("200 OK"),
    )

    @pytest.fixture
    async def office(self) -> AsyncIterator["Office"]:
        office = Office()
        yield office
        await office.close()

    @contextlib.contextmanager
    def peers(self, folder: Path, first: Sequence[str], second: Sequence[str]) -> Iterator[tuple[Sipp, Sipp]]:
        for name in ("first", "second"):
            (folder / name).mkdir()
        with sipp(folder / "first", *first) as one, sipp(folder / "second", *second) as two:
            yield one, two

    async def test_a_refusal_of_the_first_is_no_end_of_the_call(self, office: "Office", tmp_path: Path) -> None:
        refuses = [receive("INVITE"), answer("503 Service Unavailable"), receive("ACK")]
        with self.peers(tmp_path, refuses, self.ANSWERS) as (first, second):
            carrier = await office.open(*first.address, other=second.address)
            call = await office.call()
            await until(lambda: Answered() in office.facts)
            assert [way.calls for way in carrier.health()] == [0, 1]
            await carrier.hang_up(call)
            await until(lambda: len(office.facts) == 3)
            await first.done()
            await second.done()
        assert office.facts[:2] == [Ringing(), Answered()]

    async def test_when_all_refuse_the_last_one_says_how_it_ended(self, office: "Office", tmp_path: Path) -> None:
        refuses = [receive("INVITE"), answer("503 Service Unavailable"), receive("ACK")]
        busy = [receive("INVITE"), answer("486 Busy Here"), receive("ACK")]
        with self.peers(tmp_path, refuses, busy) as (first, second):
            carrier = await office.open(*first.address, other=second.address)
            end = await office.outcome_of_a_call()
            assert (end.outcome, end.sip_status) == (Outcome.BUSY, 486)
            assert office.facts == [end]
            await until(lambda: all(way.calls == 0 for way in carrier.health()))

    async def test_a_trunk_that_said_that_it_rings_keeps_the_call(self, office: "Office", tmp_path: Path) -> None:
        rings = [receive("INVITE"), answer("180 Ringing", CONTACT), answer("503 Service Unavailable"), receive("ACK")]
        with sipp(tmp_path, *rings) as peer:
            await office.open(*peer.address, other=("127.0.0.1", 9))
            end = await office.outcome_of_a_call()
            assert (end.outcome, end.sip_status) == (Outcome.CONGESTION, 503)

    @pytest.mark.parametrize(
        ("late", "asked"), [("180 Ringing", ["CANCEL", "ACK"]), ("200 OK", ["ACK", "BYE"])], ids=["rings", "answers"]
    )
    async def test_what_a_silent_trunk_says_after_its_time_rings_nobody_twice(
        self, office: "Office", tmp_path: Path, late: str, asked: list[str]
    ) -> None:
        office.timers = Timers(0.05, 0.4, 20.0)
        with sipp(tmp_path, *self.ANSWERS) as second:
            first = await SilentTrunk.listen()
            carrier = await office.open(*first.address, answer_within=0.3, other=second.address)
            call = await office.call()
            await until(lambda: Answered() in office.facts)
            invited, clock = first.invites, asyncio.get_running_loop()
            later = clock.time() + 0.6  # by then an INVITE that is still being sent has been repeated
            await until(lambda: clock.time() > later)
            first.speak(late)
            await until(lambda: first.asked == asked)
            await carrier.hang_up(call)
            await second.done()
            await until(lambda: all(way.calls == 0 for way in carrier.health()))
            assert first.invites == invited, "it was called again while another one had the call"
            first.close()
        assert office.facts[:2] == [Ringing(), Answered()]
        assert len(office.facts) == 3
        assert carrier.answered_late == (late == "200 OK")


class TestChoice:
    def trunks(self, *settings: TrunkSettings) -> list[Trunk]:
        made = [Trunk(one, lambda: self.now) for one in settings]
        for trunk in made:
            trunk.address = ("127.0.0.1", 5060)
        return made

    def setup_method(self) -> None:
        self.now = 1000.0

    def spread(self, trunks: list[Trunk], calls: int) -> dict[str, int]:
        for _ in range(calls):
            trunk = choose(trunks)
            if trunk is not None:
                trunk.take()
        return {trunk.settings.name: trunk.active for trunk in trunks}

    def test_the_first_priority_is_filled_before_the_next(self) -> None:
        trunks = self.trunks(TrunkSettings("a", "h", priority=1), TrunkSettings("b", "h", max_calls=3))
        assert self.spread(trunks, 5) == {"b": 3, "a": 2}

    def test_equals_share_by_weight(self) -> None:
        trunks = self.trunks(
            TrunkSettings("a", "h", weight=3, calls_per_second=100), TrunkSettings("b", "h", calls_per_second=100)
        )
        assert self.spread(trunks, 20) == {"a": 15, "b": 5}

    def test_a_trunk_on_which_nothing_comes_back_is_left_alone_for_a_while(self) -> None:
        [trunk] = self.trunks(TrunkSettings("a", "h"))
        trunk.nothing_heard()
        trunk.heard()
        trunk.nothing_heard()
        assert trunk.trouble is None
        trunk.nothing_heard()
        assert "nothing comes back" in str(trunk.trouble)
        self.now += 31.0
        assert trunk.trouble is None

    def test_a_trunk_that_drains_has_no_room_and_no_trouble(self) -> None:
        first, second = self.trunks(TrunkSettings("a", "h"), TrunkSettings("b", "h"))
        first.draining = True
        assert (first.room, first.trouble) == (0, None)
        assert choose([first, second]) is second

    def test_calls_a_second_are_kept_to(self) -> None:
        [trunk] = self.trunks(TrunkSettings("a", "h", calls_per_second=2, max_calls=100))
        launched = 0
        for _ in range(40):  # ten seconds, asked four times a second
            while choose([trunk]) is not None:
                trunk.take()
                launched += 1
            self.now += 0.25
        assert 20 <= launched <= 22


class SilentTrunk(asyncio.DatagramProtocol):
    """A far side that takes an INVITE and says nothing, until it is told to; then it plays by the rules."""

    def __init__(self) -> None:
        self.invites = 0
        self.asked: list[str] = []
        """The methods of what came after it spoke, each once: they may be repeated."""
        self._invite = b""
        self._from: tuple[str, int] = ("", 0)
        self._transport: asyncio.DatagramTransport | None = None

    @classmethod
    async def listen(cls) -> "SilentTrunk":
        _, here = await asyncio.get_running_loop().create_datagram_endpoint(cls, ("127.0.0.1", 0))
        return here

    @property
    def address(self) -> tuple[str, int]:
        assert self._transport is not None
        host, port = self._transport.get_extra_info("sockname")
        return host, port

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        method = data.split(b" ", 1)[0].decode()
        if method == "INVITE":
            self.invites += 1
            self._invite, self._from = data, addr
            return
        if method not in self.asked:
            self.asked.append(method)
        if method in ("CANCEL", "BYE"):
            self._respond("200 OK", data)
        if method == "CANCEL":
            self._respond("487 Request Terminated", self._invite)

    def speak(self, status: str) -> None:
        """Respond to the INVITE."""
        self._respond(status, self._invite, described() if status.startswith("200") else "")

    def _respond(self, status: str, request: bytes, body: str = "") -> None:
        assert self._transport is not None
        body = body.replace("[local_ip]", "127.0.0.1").replace("[media_ip]", "127.0.0.1").replace("[media_port]", "9")
        kept = [
            line for line in request.decode().split("\r\n") if line.startswith(("Via:", "From:", "Call-ID:", "CSeq:"))
        ]
        to = next(line for line in request.decode().split("\r\n") if line.startswith("To:"))
        host, port = self.address
        head = [
            f"SIP/2.0 {status}",
            *kept,
            to if ";tag=" in to else f"{to};tag=late",
            f"Contact: <sip:t@{host}:{port}>",
        ]
        if body:
            head.append("Content-Type: application/sdp")
        lines = [*head, f"Content-Length: {len(body.replace(chr(10), chr(13) + chr(10)))}", "", ""]
        self._transport.sendto(("\r\n".join(lines) + body.replace("\n", "\r\n")).encode(), self._from)

    def close(self) -> None:
        assert self._transport is not None
        self._transport.close()


class Office:
    """A SIP back end with one trunk or two, and all that is told of its calls."""

    def __init__(self) -> None:
        self.events: list[CallEvent] = []
        self.early_media = False
        self.timers = Timers(0.2, 0.4, 1.5)
        self._opened: asyncio.Event = asyncio.Event()
        self._closing: asyncio.Event = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._carrier: SipCarrier | None = None

    @property
    def facts(self) -> list[object]:
        return [event.fact for event in self.events]

    async def open(self, host: str, port: int, *, other: tuple[str, int] | None = None, **trunk: object) -> SipCarrier:
        """With `other`, the address of a trunk for what the first one does not take."""
        trunks = [TrunkSettings("test", host, port, ping_seconds=0, **trunk)]  # type: ignore[arg-type]
        if other is not None:
            trunks.append(TrunkSettings("other", *other, priority=1, ping_seconds=0))

        async def work() -> None:
            back_end = SipSettings(
                trunks,
                timers=self.timers,
                early_media=self.early_media,
                detector=DETECTOR,
                media=MediaSettings(listeners=LISTENERS),
            )
            async with open_carrier(back_end, WallClock()) as carrier:
                carrier.listen(self.events.append)
                self._carrier = carrier
                self._opened.set()
                await self._closing.wait()

        self._task = asyncio.create_task(work())
        await self._opened.wait()
        assert self._carrier is not None
        return self._carrier

    async def close(self) -> None:
        self._closing.set()
        if self._task is not None:
            await self._task

    async def call(self, *, ring_seconds: float = 6.0) -> UUID:
        assert self._carrier is not None
        call = RandomIds().new("call")
        number, caller = PhoneNumber("+12025550142"), PhoneNumber("+12025550199")
        await self._carrier.originate(NewCall(call, number, caller, ring_seconds, False, "key"))
        return call

    async def outcome_of_a_call(self) -> Failed:
        await self.call()
        await until(lambda: any(isinstance(fact, Failed) for fact in self.facts))
        end = self.facts[-1]
        assert isinstance(end, Failed)
        return end
