"""What every carrier promises, asked of each: the dialer must not be able to tell them apart."""

import asyncio
import dataclasses

import pytest

from outdial.domain.calls import Answered, Bridged, Failed, HangupBy, HungUp, Ringing
from outdial.domain.outcomes import Outcome
from outdial.ports.carrier import NoFreeLine, NoSuchCall
from tests.contracts.stage import Callee, Network, Stage


@pytest.mark.parametrize(
    ("callee", "outcome", "sip_status", "q850"),
    [
        (Callee.BUSY, Outcome.BUSY, 486, 17),
        (Callee.UNKNOWN_NUMBER, Outcome.INVALID_NUMBER, 404, 1),
        (Callee.REJECTS, Outcome.REJECTED, 603, 21),
        (Callee.CONGESTED, Outcome.CONGESTION, 503, 34),
    ],
)
def test_a_call_that_fails_says_how_and_keeps_what_the_network_said(
    network: Network, callee: Callee, outcome: Outcome, sip_status: int, q850: int
) -> None:
    async def story(stage: Stage) -> None:
        call = await stage.call(callee)
        end = await stage.ended(call)
        assert isinstance(end, Failed)
        assert (end.outcome, end.sip_status, end.q850) == (outcome, sip_status, q850)
        assert end.cause
        assert await stage.carrier.calls() == ()

    network.play(story)


def test_what_nobody_answers_is_given_up_after_the_ring_time(network: Network) -> None:
    async def story(stage: Stage) -> None:
        call = await stage.call(Callee.NOBODY, ring_seconds=1.5)
        end = await stage.ended(call)
        assert isinstance(end, Failed)
        assert end.outcome is Outcome.NO_ANSWER
        assert stage.facts(call) == [Ringing(), end]
        told = [event.at for event in stage.events]
        assert (told[-1] - told[0]).total_seconds() > 0.5

    network.play(story)


def test_events_of_a_call_come_in_order_with_exactly_one_end(network: Network) -> None:
    async def story(stage: Stage) -> None:
        call = await stage.call(Callee.BRIEF_PERSON)
        end = await stage.ended(call)
        assert stage.facts(call) == [Ringing(), Answered(), end]
        at = [event.at for event in stage.events]
        assert at == sorted(at)
        assert all(moment.utcoffset() is not None for moment in at)

    network.play(story)


def test_the_callee_who_hangs_up_is_named(network: Network) -> None:
    async def story(stage: Stage) -> None:
        call = await stage.call(Callee.BRIEF_PERSON)
        end = await stage.ended(call)
        assert isinstance(end, HungUp)
        assert (end.by, end.q850) == (HangupBy.CALLEE, 16)

    network.play(story)


def test_a_call_that_is_hung_up_while_it_rings_ends(network: Network) -> None:
    async def story(stage: Stage) -> None:
        call = await stage.call(Callee.NOBODY)
        await stage.heard(call, Ringing)
        await stage.carrier.hang_up(call)
        end = await stage.ended(call)
        assert isinstance(end, HungUp)
        assert end.by is HangupBy.US
        assert await stage.carrier.calls() == ()

    network.play(story)


def test_a_call_that_is_hung_up_before_anything_was_heard_ends(network: Network) -> None:
    async def story(stage: Stage) -> None:
        call = await stage.call(Callee.PERSON)
        await stage.carrier.hang_up(call)
        end = await stage.ended(call)
        assert isinstance(end, HungUp)
        assert end.by is HangupBy.US
        assert Answered() not in stage.facts(call)

    network.play(story)


def test_an_answered_call_that_we_hang_up_ends_by_us(network: Network) -> None:
    async def story(stage: Stage) -> None:
        call = await stage.call(Callee.PERSON)
        await stage.heard(call, Answered)
        await stage.carrier.hang_up(call)
        end = await stage.ended(call)
        assert isinstance(end, HungUp)
        assert end.by is HangupBy.US

    network.play(story)


def test_hanging_up_what_is_over_or_was_never_there_is_no_error(network: Network) -> None:
    async def story(stage: Stage) -> None:
        call = await stage.call(Callee.BUSY)
        await stage.ended(call)
        await stage.carrier.hang_up(call)
        await stage.carrier.play_then_hang_up(call)
        await stage.carrier.hang_up(stage.ids.new("call"))
        await asyncio.sleep(0.05)
        assert len([one for one in stage.events if isinstance(one.fact, Failed | HungUp)]) == 1

    network.play(story)


def test_the_same_call_twice_is_one_call(network: Network) -> None:
    async def story(stage: Stage) -> None:
        new = stage.new_call(Callee.BRIEF_PERSON)
        await stage.carrier.originate(new)
        await stage.carrier.originate(new)
        assert await stage.carrier.calls() == (new.id,)
        end = await stage.ended(new.id)
        assert stage.facts(new.id) == [Ringing(), Answered(), end]

    network.play(story)


def test_a_bridged_call_lasts_until_the_callee_goes(network: Network) -> None:
    async def story(stage: Stage) -> None:
        call = await stage.call(Callee.BRIEF_PERSON)
        await stage.heard(call, Answered)
        await stage.carrier.bridge(call, stage.agent)
        await stage.heard(call, Bridged)
        end = await stage.ended(call)
        assert isinstance(end, HungUp)
        assert end.by is HangupBy.CALLEE
        assert stage.facts(call) == [Ringing(), Answered(), Bridged(), end]

    network.play(story)


def test_a_bridged_call_can_be_hung_up(network: Network) -> None:
    async def story(stage: Stage) -> None:
        call = await stage.call(Callee.PERSON)
        await stage.heard(call, Answered)
        await stage.carrier.bridge(call, stage.agent)
        await stage.heard(call, Bridged)
        await stage.carrier.hang_up(call)
        end = await stage.ended(call)
        assert isinstance(end, HungUp)
        assert end.by is HangupBy.US
        assert await stage.carrier.calls() == ()

    network.play(story)


def test_a_callee_is_put_on_hold_and_taken_back_as_often_as_it_is_said(network: Network) -> None:
    async def story(stage: Stage) -> None:
        call = await stage.call(Callee.PERSON)
        await stage.heard(call, Answered)
        await stage.carrier.bridge(call, stage.agent)
        await stage.heard(call, Bridged)
        for command in (stage.carrier.hold, stage.carrier.hold, stage.carrier.unhold, stage.carrier.unhold):
            await command(call)
        await stage.carrier.send_digits(call, "12*#")
        await stage.carrier.hold(call)
        assert await stage.carrier.calls() == (call,)
        await stage.carrier.hang_up(call)
        end = await stage.ended(call)
        assert isinstance(end, HungUp)
        assert end.by is HangupBy.US
        assert stage.facts(call) == [Ringing(), Answered(), Bridged(), end]

    network.play(story)


def test_a_callee_on_hold_may_leave(network: Network) -> None:
    async def story(stage: Stage) -> None:
        call = await stage.call(Callee.BRIEF_PERSON)
        await stage.heard(call, Answered)
        await stage.carrier.bridge(call, stage.agent)
        await stage.heard(call, Bridged)
        await stage.carrier.hold(call)
        end = await stage.ended(call)
        assert isinstance(end, HungUp)
        assert end.by is HangupBy.CALLEE
        assert await stage.carrier.calls() == ()

    network.play(story)


def test_nobody_is_put_on_hold_or_sent_digits_without_a_conversation(network: Network) -> None:
    async def story(stage: Stage) -> None:
        alone, over = await stage.call(Callee.PERSON), await stage.call(Callee.BUSY)
        await stage.ended(over)
        await stage.heard(alone, Answered)
        for call in (alone, over, stage.ids.new("call")):
            for command in (stage.carrier.hold, stage.carrier.unhold):
                with pytest.raises(NoSuchCall):
                    await command(call)
            with pytest.raises(NoSuchCall):
                await stage.carrier.send_digits(call, "1")
        await stage.carrier.hang_up(alone)
        await stage.ended(alone)

    network.play(story)


def test_bridging_somebody_who_has_gone_is_refused(network: Network) -> None:
    async def story(stage: Stage) -> None:
        call = await stage.call(Callee.BUSY)
        await stage.ended(call)
        with pytest.raises(NoSuchCall):
            await stage.carrier.bridge(call, stage.agent)

    network.play(story)


def test_who_hears_the_message_is_hung_up_on_by_us_at_its_end(network: Network) -> None:
    async def story(stage: Stage) -> None:
        call = await stage.call(Callee.PERSON)
        await stage.heard(call, Answered)
        began = stage.clock.monotonic()
        await stage.carrier.play_then_hang_up(call)
        end = await stage.ended(call)
        assert isinstance(end, HungUp)
        assert end.by is HangupBy.US
        assert stage.clock.monotonic() - began > 0.5, "nobody can have heard anything"

    network.play(story)


def test_a_message_of_a_name_that_nobody_knows_is_the_usual_one(network: Network) -> None:
    async def story(stage: Stage) -> None:
        new = dataclasses.replace(stage.new_call(Callee.PERSON), message="nobody-knows-it")
        await stage.carrier.originate(new)
        await stage.heard(new.id, Answered)
        began = stage.clock.monotonic()
        await stage.carrier.play_then_hang_up(new.id)
        end = await stage.ended(new.id)
        assert isinstance(end, HungUp)
        assert end.by is HangupBy.US
        assert stage.clock.monotonic() - began > 0.5, "nobody can have heard anything"

    network.play(story)


def test_a_message_for_a_call_that_was_not_answered_ends_it(network: Network) -> None:
    async def story(stage: Stage) -> None:
        call = await stage.call(Callee.NOBODY)
        await stage.heard(call, Ringing)
        await stage.carrier.play_then_hang_up(call)
        end = await stage.ended(call)
        assert isinstance(end, HungUp)
        assert end.by is HangupBy.US

    network.play(story)


def test_a_carrier_that_is_drained_goes_on_with_the_calls_it_has_and_takes_no_others(network: Network) -> None:
    async def story(stage: Stage) -> None:
        assert not any(way.down for way in stage.carrier.health())
        call = await stage.call(Callee.PERSON)
        assert sum(way.calls for way in stage.carrier.health()) == 1
        stage.carrier.drain()
        assert all(way.down and way.trouble is None and way.room == 0 for way in stage.carrier.health())
        assert stage.carrier.free_lines() == 0
        with pytest.raises(NoFreeLine):
            await stage.call(Callee.PERSON)
        await stage.heard(call, Answered)
        await stage.carrier.bridge(call, stage.agent)
        await stage.heard(call, Bridged)
        await stage.carrier.hang_up(call)
        await stage.ended(call)

    network.play(story)


def test_a_way_that_is_drained_by_its_name_takes_calls_again_when_it_is_taken_back(network: Network) -> None:
    async def story(stage: Stage) -> None:
        [way] = stage.carrier.health()
        assert (way.calls, way.most) == (0, 20)
        stage.carrier.drain("nobody-knows-it")
        assert not stage.carrier.health()[0].draining
        stage.carrier.drain(way.name)
        with pytest.raises(NoFreeLine):
            await stage.call(Callee.PERSON)
        stage.carrier.resume("nobody-knows-it")
        assert stage.carrier.health()[0].draining
        stage.carrier.resume(way.name)
        stage.carrier.drain()
        stage.carrier.resume()
        call = await stage.call(Callee.BRIEF_PERSON)
        end = await stage.ended(call)
        assert isinstance(end, HungUp)

    network.play(story)


def test_lines_are_taken_and_given_back(network: Network) -> None:
    async def story(stage: Stage) -> None:
        assert stage.carrier.free_lines() == 2
        calls = {await stage.call(Callee.NOBODY), await stage.call(Callee.NOBODY)}
        assert stage.carrier.free_lines() == 0
        with pytest.raises(NoFreeLine):
            await stage.call(Callee.PERSON)
        assert set(await stage.carrier.calls()) == calls
        for call in calls:
            await stage.carrier.hang_up(call)
        for call in calls:
            await stage.ended(call)
        assert stage.carrier.free_lines() == 2
        assert await stage.carrier.calls() == ()

    network.play(story, lines=2)
