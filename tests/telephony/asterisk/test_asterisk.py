"""What only the Asterisk back end has to master: servers that must not be used, that hang, restart or are drained."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from uuid import uuid4

import pytest

from outdial.adapters.clock import RandomIds, WallClock
from outdial.adapters.telephony.asterisk.carrier import (
    CALL,
    PHONE,
    SNOOP,
    AgentPhone,
    AsteriskCarrier,
    AsteriskSettings,
    open_carrier,
)
from outdial.adapters.telephony.asterisk.node import NodeSettings
from outdial.domain.calls import AgentLost, Answered, Bridged, Failed, HangupBy, HungUp, Judged, Ringing
from outdial.domain.machine_detection import Rules
from outdial.domain.outcomes import Outcome
from outdial.domain.values import PhoneNumber, UserId
from outdial.ports.carrier import CarrierUnreachable, NewCall, NoFreeLine
from tests.contracts.asterisk import connected
from tests.contracts.stage import PATIENCE, Callee, Stage
from tests.telephony.asterisk.fake import FakeAsterisk, fake_asterisk

PERSON, MACHINE, NOBODY = PhoneNumber("+8100"), PhoneNumber("+6100"), PhoneNumber("+3100")


@pytest.fixture
async def fake() -> AsyncIterator[FakeAsterisk]:
    async with fake_asterisk() as made:
        yield made


def node(fake: FakeAsterisk, name: str = "one", **about: float) -> NodeSettings:
    return NodeSettings(name, fake.url, fake.user, fake.password, **about)  # type: ignore[arg-type]


def a_call(number: PhoneNumber, *, detect_machines: bool = False) -> NewCall:
    call_id = uuid4()
    return NewCall(call_id, number, PhoneNumber("+12025550199"), 6.0, detect_machines, str(call_id))


def on_stage(carrier: AsteriskCarrier) -> Stage:
    def number(callee: Callee) -> PhoneNumber:
        return PERSON if callee is Callee.PERSON else NOBODY

    ids = RandomIds()
    agent = UserId(ids.new("user"))
    carrier.phones[agent] = AgentPhone("sip:ana@pbx.example")
    return Stage(carrier, WallClock(), ids, number, PhoneNumber("+12025550199"), agent)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110 - servers and sockets tell nobody
            await asyncio.sleep(0.01)


async def trouble(carrier: AsteriskCarrier, says: str) -> None:
    """Wait until its first node says what is wrong with it."""
    await until(lambda: says in (carrier.nodes[0].trouble or ""))
    with pytest.raises(NoFreeLine, match="one: "):
        await carrier.originate(a_call(PERSON))


class TestWhatMayBeUsed:
    @pytest.mark.parametrize("version", ["22.9.0", "22.9.1", "20.19.0", "certified/20.19-cert1"])
    async def test_versions_that_lock_up_take_no_calls(self, fake: FakeAsterisk, version: str) -> None:
        fake.version = version
        async with open_carrier(AsteriskSettings([node(fake)]), WallClock()) as carrier:
            await trouble(carrier, f"Asterisk {version} locks up")
            assert carrier.free_lines() == 0

    async def test_modules_that_are_not_loaded_are_named(self, fake: FakeAsterisk) -> None:
        fake.modules.remove("res_stasis_snoop")
        async with open_carrier(AsteriskSettings([node(fake)]), WallClock()) as carrier:
            await trouble(carrier, "modules are not loaded: res_stasis_snoop")

    async def test_a_wrong_password_is_told_without_it(self, fake: FakeAsterisk) -> None:
        wrong = NodeSettings("one", fake.url, fake.user, "guessed")
        async with open_carrier(AsteriskSettings([wrong]), WallClock()) as carrier:
            await trouble(carrier, "lost")
            assert "guessed" not in str(carrier.nodes[0].trouble)
            assert "guessed" not in repr(wrong)


async def test_the_callee_is_shown_the_callers_number(fake: FakeAsterisk) -> None:
    async with open_carrier(AsteriskSettings([node(fake)]), WallClock()) as carrier:
        await connected(carrier)
        call = a_call(NOBODY)
        await carrier.originate(call)
        # A real one sends an anonymous INVITE for CALLERID(num), and this number for the connected line's.
        assert fake.variables[f"{CALL}{call.id}"] == {"CONNECTEDLINE(num,i)": "+12025550199"}


async def test_a_trunk_on_which_nothing_comes_back_costs_no_attempt(fake: FakeAsterisk) -> None:
    async with open_carrier(AsteriskSettings([node(fake)]), WallClock()) as carrier:
        await connected(carrier)
        stage = on_stage(carrier)
        call = replace(a_call(PhoneNumber("+9100")), ring_seconds=1.0)
        await carrier.originate(call)
        end = await stage.ended(call.id)
        assert end == Failed(Outcome.LOST, 480, 19, "nothing came back within the ring time")
        assert stage.facts(call.id) == [end]


class TestWhoAnswered:
    @pytest.mark.parametrize(("number", "machine"), [(PERSON, False), (MACHINE, True)])
    async def test_is_heard_through_a_snoop_channel(
        self, fake: FakeAsterisk, number: PhoneNumber, machine: bool
    ) -> None:
        async with open_carrier(AsteriskSettings([node(fake)]), WallClock()) as carrier:
            await connected(carrier)
            stage = on_stage(carrier)
            call = a_call(number, detect_machines=True)
            await carrier.originate(call)
            judged = await stage.heard(call.id, Judged)
            assert judged.machine is machine
            await until(lambda: list(fake.channels) == [f"{CALL}{call.id}"] and not fake.bridges)

    async def test_a_call_that_cannot_be_listened_to_is_for_an_agent(self, fake: FakeAsterisk) -> None:
        fake.refusals.append((r"POST channels/.*/snoop/.*", 500))
        async with open_carrier(AsteriskSettings([node(fake)]), WallClock()) as carrier:
            await connected(carrier)
            stage = on_stage(carrier)
            call = a_call(PERSON, detect_machines=True)
            await carrier.originate(call)
            assert await stage.heard(call.id, Judged) == Judged(False, "not_sure")

    async def test_a_call_brings_rules_of_its_own(self, fake: FakeAsterisk) -> None:
        async with open_carrier(AsteriskSettings([node(fake)]), WallClock()) as carrier:
            await connected(carrier)
            stage = on_stage(carrier)
            # A person to the usual rules, who pauses only after this has become too long for one.
            call = replace(a_call(PERSON, detect_machines=True), rules=Rules(longest_greeting=200, longer_greeting=100))
            await carrier.originate(call)
            assert await stage.heard(call.id, Judged) == Judged(True, "machine")

    @pytest.mark.parametrize(
        ("name", "media"), [("north", "sound:north"), ("south", "sound:usual"), (None, "sound:usual")]
    )
    async def test_the_message_that_a_call_names_is_played_to_it(
        self, fake: FakeAsterisk, name: str | None, media: str
    ) -> None:
        settings = AsteriskSettings([node(fake)], message="sound:usual", messages={"north": "sound:north"})
        async with open_carrier(settings, WallClock()) as carrier:
            await connected(carrier)
            stage = on_stage(carrier)
            call = replace(a_call(PERSON), message=name)
            await carrier.originate(call)
            await stage.heard(call.id, Answered)
            await carrier.play_then_hang_up(call.id)
            await stage.ended(call.id)
            assert fake.played == [media]


class TestAgents:
    async def test_a_nailed_up_phone_stays_for_the_next_call(self, fake: FakeAsterisk) -> None:
        async with open_carrier(AsteriskSettings([node(fake)], record=True), WallClock()) as carrier:
            await connected(carrier)
            stage = on_stage(carrier)
            carrier.phones[stage.agent] = AgentPhone("sip:ana@pbx.example", nailed_up=True)
            carrier.seat(stage.agent)
            await until(lambda: any(one.state == "Up" for one in fake.channels.values()))
            (phone,) = fake.channels
            assert fake.variables[phone]["PJSIP_HEADER(add,Call-Info)"] == "<sip:outdial>;answer-after=0"
            calls = []
            for _ in range(2):
                call = await stage.call(Callee.PERSON)
                calls.append(str(call))
                await stage.heard(call, Answered)
                await carrier.bridge(call, stage.agent)
                await stage.heard(call, Bridged)
                await carrier.hang_up(call)
                await stage.ended(call)
                assert phone in fake.channels
            assert fake.recordings == calls
            carrier.unseat(stage.agent)
            await until(lambda: not fake.channels)

    async def test_a_nailed_up_phone_leaves_a_node_with_its_last_call_when_that_is_drained(
        self, fake: FakeAsterisk
    ) -> None:
        async with open_carrier(AsteriskSettings([node(fake)]), WallClock()) as carrier:
            await connected(carrier)
            stage = on_stage(carrier)
            carrier.phones[stage.agent] = AgentPhone("sip:ana@pbx.example", nailed_up=True)
            carrier.seat(stage.agent)
            await until(lambda: any(one.state == "Up" for one in fake.channels.values()))
            call = await stage.call(Callee.PERSON)
            await stage.heard(call, Answered)
            carrier.drain("one")
            await carrier.bridge(call, stage.agent)
            await stage.heard(call, Bridged)
            assert len(fake.channels) == 2
            await carrier.hang_up(call)
            await until(lambda: not fake.channels)
            carrier.resume("one")
            await until(lambda: any(one.state == "Up" for one in fake.channels.values()))

    async def test_an_agent_without_a_phone_is_lost_to_the_call(self, fake: FakeAsterisk) -> None:
        async with open_carrier(AsteriskSettings([node(fake)]), WallClock()) as carrier:
            await connected(carrier)
            stage = on_stage(carrier)
            call = await stage.call(Callee.PERSON)
            await stage.heard(call, Answered)
            await carrier.bridge(call, UserId(uuid4()))
            await stage.heard(call, AgentLost)

    async def test_where_the_machine_plays_them_the_callee_hears_music_and_is_hung_up(self, fake: FakeAsterisk) -> None:
        settings = AsteriskSettings([node(fake)], played_agent_seconds=0.05)
        async with open_carrier(settings, WallClock()) as carrier:
            await connected(carrier)
            stage = on_stage(carrier)
            call = await stage.call(Callee.PERSON)
            await stage.heard(call, Answered)
            await carrier.bridge(call, UserId(uuid4()))
            await stage.heard(call, Bridged)
            assert f"POST channels/{CALL}{call}/moh" in fake.asked
            end = await stage.ended(call)
            assert isinstance(end, HungUp)
            assert end.by is HangupBy.AGENT

    async def test_when_the_agent_hangs_up_the_call_ends_by_them(self, fake: FakeAsterisk) -> None:
        async with open_carrier(AsteriskSettings([node(fake)]), WallClock()) as carrier:
            await connected(carrier)
            stage = on_stage(carrier)
            call = await stage.call(Callee.PERSON)
            await stage.heard(call, Answered)
            await carrier.bridge(call, stage.agent)
            await stage.heard(call, Bridged)
            phone = next(name for name in fake.channels if name.startswith(PHONE))
            assert fake.variables[phone] == {"CONNECTEDLINE(num,i)": "outdial", "CONNECTEDLINE(name,i)": "Outdial"}
            await carrier.nodes[0].ari.ask("DELETE", f"channels/{phone}")
            end = await stage.ended(call)
            assert isinstance(end, HungUp)
            assert end.by is HangupBy.AGENT


class TestHold:
    async def test_takes_the_callee_out_of_the_bridge_and_back_and_presses_keys_for_them(
        self, fake: FakeAsterisk
    ) -> None:
        async with open_carrier(AsteriskSettings([node(fake)]), WallClock()) as carrier:
            await connected(carrier)
            stage = on_stage(carrier)
            call = await stage.call(Callee.PERSON)
            await stage.heard(call, Answered)
            await carrier.bridge(call, stage.agent)
            await stage.heard(call, Bridged)
            (bridge,) = fake.bridges.values()
            callee = f"{CALL}{call}"
            assert callee in bridge
            await carrier.hold(call)
            assert [name[: len(PHONE)] for name in bridge] == [PHONE]
            assert f"POST channels/{callee}/moh" in fake.asked
            await carrier.unhold(call)
            assert callee in bridge
            assert f"DELETE channels/{callee}/moh" in fake.asked
            await carrier.send_digits(call, "1#")
            assert fake.pressed == [(callee, "1#")]

    async def test_that_was_done_by_halves_is_done_when_it_is_asked_for_again(self, fake: FakeAsterisk) -> None:
        async with open_carrier(AsteriskSettings([node(fake)]), WallClock()) as carrier:
            await connected(carrier)
            stage = on_stage(carrier)
            call = await stage.call(Callee.PERSON)
            await stage.heard(call, Answered)
            await carrier.bridge(call, stage.agent)
            await stage.heard(call, Bridged)
            (bridge,) = fake.bridges.values()
            for refused, command, members in (
                ("POST .*/moh", carrier.hold, 1),
                ("POST .*/addChannel", carrier.unhold, 2),
            ):
                fake.refusals.append((refused, 409))
                with pytest.raises(CarrierUnreachable):
                    await command(call)
                await command(call)
                assert len(bridge) == members


class TestLosses:
    async def test_calls_go_on_when_the_socket_comes_back(self, fake: FakeAsterisk) -> None:
        async with open_carrier(AsteriskSettings([node(fake)]), WallClock()) as carrier:
            await connected(carrier)
            stage = on_stage(carrier)
            call = await stage.call(Callee.NOBODY)
            await stage.heard(call, Ringing)
            await fake.drop_sockets()
            await until(lambda: carrier.nodes[0].trouble is not None)
            with pytest.raises(CarrierUnreachable, match="not known of one"):
                await carrier.calls()
            await connected(carrier)
            assert await carrier.calls() == (call,)
            await carrier.hang_up(call)
            end = await stage.ended(call)
            assert isinstance(end, HungUp)

    async def test_what_ended_or_was_answered_meanwhile_is_found(self, fake: FakeAsterisk) -> None:
        async with open_carrier(AsteriskSettings([node(fake)]), WallClock()) as carrier:
            await connected(carrier)
            stage = on_stage(carrier)
            gone, answered = await stage.call(Callee.NOBODY), await stage.call(Callee.NOBODY)
            await stage.heard(answered, Ringing)
            fake.deaf = True
            fake.channels.pop(f"{CALL}{gone}")
            fake.channels[f"{CALL}{answered}"].state = "Up"
            await fake.drop_sockets()
            await until(lambda: carrier.nodes[0].trouble is not None)
            fake.deaf = False
            end = await stage.ended(gone)
            assert isinstance(end, Failed)
            assert end.outcome is Outcome.LOST
            await stage.heard(answered, Answered)

    async def test_what_an_earlier_process_left_is_adopted_or_removed(self, fake: FakeAsterisk) -> None:
        left = uuid4()
        fake.add(f"{CALL}{left}")
        for name in (f"{PHONE}{uuid4()}", f"{SNOOP}{left}", "1700000000.1"):
            fake.add(name)
        async with open_carrier(AsteriskSettings([node(fake)]), WallClock()) as carrier:
            await connected(carrier)
            assert await carrier.calls() == (left,)
            await until(lambda: set(fake.channels) == {f"{CALL}{left}", "1700000000.1"})
            stage = on_stage(carrier)
            await carrier.play_then_hang_up(left)
            end = await stage.ended(left)
            assert isinstance(end, HungUp)
            assert end.by is HangupBy.US

    async def test_a_server_that_hangs_is_found_by_its_canary_and_takes_no_calls(self, fake: FakeAsterisk) -> None:
        async with open_carrier(AsteriskSettings([node(fake, request_seconds=0.1)]), WallClock()) as carrier:
            await connected(carrier)
            await carrier.nodes[0].check()
            assert carrier.nodes[0].trouble is None
            fake.freeze()
            await carrier.nodes[0].check()
            assert "canary" in str(carrier.nodes[0].trouble)
            fake.thaw()
            await carrier.nodes[0].check()
            assert carrier.nodes[0].trouble is None

    async def test_a_call_whose_request_had_no_answer_is_removed_when_it_shows_itself(self, fake: FakeAsterisk) -> None:
        async with open_carrier(AsteriskSettings([node(fake, request_seconds=0.1)]), WallClock()) as carrier:
            await connected(carrier)
            fake.freeze()
            call = a_call(NOBODY)
            with pytest.raises(CarrierUnreachable, match="one does not answer"):
                await carrier.originate(call)
            assert await carrier.calls() == ()
            fake.thaw()
            await until(lambda: f"{CALL}{call.id}" in fake.made and not fake.channels)
            assert f"POST channels/{CALL}{call.id}/dial" not in fake.asked

    async def test_a_dial_that_is_refused_leaves_no_channel(self, fake: FakeAsterisk) -> None:
        fake.refusals.append((r"POST channels/.*/dial", 409))
        async with open_carrier(AsteriskSettings([node(fake)]), WallClock()) as carrier:
            await connected(carrier)
            with pytest.raises(NoFreeLine, match="refuses the call: 409"):
                await carrier.originate(a_call(PERSON))
            await until(lambda: not fake.channels)
            assert await carrier.calls() == ()


class TestFleet:
    async def test_calls_are_shared_by_weight(self, fake: FakeAsterisk) -> None:
        async with fake_asterisk() as other:
            nodes = [node(fake, "one", weight=3), node(other, "two", weight=1)]
            async with open_carrier(AsteriskSettings(nodes), WallClock()) as carrier:
                await connected(carrier)
                stage = on_stage(carrier)
                for _ in range(8):
                    await stage.call(Callee.NOBODY)
                assert [one.active for one in carrier.nodes] == [6, 2]

    async def test_a_node_that_is_drained_keeps_its_calls_and_gets_no_others(self, fake: FakeAsterisk) -> None:
        async with fake_asterisk() as other:
            nodes: list[NodeSettings] = [node(fake, "one"), node(other, "two")]
            async with open_carrier(AsteriskSettings(nodes), WallClock()) as carrier:
                await connected(carrier)
                stage = on_stage(carrier)
                first = await stage.call(Callee.PERSON)
                await stage.heard(first, Answered)
                carrier.drain("one")
                for _ in range(3):
                    await stage.call(Callee.NOBODY)
                assert [one.active for one in carrier.nodes] == [1, 3]
                await carrier.bridge(first, stage.agent)
                await stage.heard(first, Bridged)
