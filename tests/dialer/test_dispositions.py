"""Agents' words and system outcomes meet in one use case, in either order, once."""

from datetime import timedelta
from uuid import UUID

import pytest

from outdial.app import dispositions, dnc
from outdial.app.dispositions import Wanted
from outdial.domain.access import Principal
from outdial.domain.dispositions import AttemptWithoutAgent, Disposition, Effect
from outdial.ports.attempts import Attempt, AttemptFilter
from tests.dialer.conftest import NO_ANSWER, Tell, World, answers


async def by(world: World) -> Principal:
    return Principal(await world.here.account_id(), "test", frozenset())


async def made(
    world: World,
    effect: Effect,
    wait: timedelta | None = None,
    dnc_list: str | None = None,
    *,
    is_default: bool = False,
) -> Disposition:
    wanted = Wanted(effect.value.title(), effect, wait, dnc_list, is_default)
    here = world.here
    return await dispositions.create(wanted, by=await by(world), storage=here.storage, clock=here.clock, ids=here.ids)


async def say(world: World, disposition: Disposition, note: str | None = None, *, attempt: int = 1) -> Attempt:
    row = (await world.rows("select uuid from attempt where id = $1", attempt))[0]
    here = world.here
    said = await dispositions.dispose(
        str(row["uuid"]),
        str(disposition.id),
        note,
        account=await here.account_id(),
        storage=here.storage,
        clock=here.clock,
        ids=here.ids,
    )
    world.live.engine.hint()
    return said


async def record(world: World, key: int = 1) -> tuple[str, str | None]:
    row = (await world.rows("select state::text as state, reason from dial_item where record_id = $1", key))[0]
    return row["state"], row["reason"]


class TestDuringTheCall:
    def test_the_word_waits_for_the_end_of_the_call_and_then_holds(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(20.0)
            said = await say(world, await made(world, Effect.RETRY, timedelta(minutes=20)), "asked for Monday")
            assert (said.outcome, said.note) == (None, "asked for Monday")
            assert await record(world) == ("C", None)
            await world.run_for(60.0)
            assert await record(world) == ("W", "waiting_for_retry")
            await world.run_for(20 * 60.0)
            assert [row["number"] for row in await world.rows("select number from attempt order by id")] == [1, 2]

        tell(story, [answers(talk=30.0)])

    def test_a_word_said_while_the_end_is_being_written_is_not_lost(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(20.0)
            disposition = await made(world, Effect.FINAL)
            end = world.store.end

            async def late(campaign: int, ended: object) -> frozenset[int]:
                # The end has been decided, and only now the agent speaks.
                world.store.end = end  # type: ignore[method-assign]
                await say(world, disposition)
                return await end(campaign, ended)  # type: ignore[arg-type]

            world.store.end = late  # type: ignore[method-assign]
            await world.run_for(60.0)
            assert await record(world) == ("D", "final_disposition")

        tell(story, [answers(talk=30.0)])


class TestAfterTheCall:
    def test_the_word_holds_at_once_and_the_engine_hears_of_it(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(60.0)
            assert await record(world) == ("D", "connected")
            await say(world, await made(world, Effect.RETRY, timedelta(minutes=5)))
            assert await record(world) == ("W", "waiting_for_retry")
            await world.run_for(6 * 60.0)
            assert len(await world.rows("select from attempt")) == 2

        tell(story, [answers(talk=30.0)])

    def test_the_same_word_twice_is_one_word(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(60.0)
            final = await made(world, Effect.FINAL)
            first = await say(world, final, "ok")
            await world.run_for(10.0)
            assert await say(world, final, "ok") == first

        tell(story, [answers(talk=30.0)])

    def test_a_correction_takes_the_place_of_what_was_said_before(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(60.0)
            await say(world, await made(world, Effect.RETRY, timedelta(hours=1)))
            await say(world, await made(world, Effect.FINAL))
            assert await record(world) == ("D", "final_disposition")
            await world.run_for(2 * 3600.0)
            assert len(await world.rows("select from attempt")) == 1

        tell(story, [answers(talk=30.0)])

    def test_a_correction_after_the_next_call_changes_the_books_alone(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(60.0)
            await say(world, await made(world, Effect.RETRY, timedelta(minutes=5)))
            await world.run_for(10 * 60.0)
            final = await made(world, Effect.FINAL)
            said = await say(world, final)
            assert said.disposition == final.id
            assert await record(world) == ("D", "connected")

        tell(story, [answers(talk=30.0)])

    def test_do_not_call_puts_the_number_on_the_list_and_ends_the_record(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(60.0)
            here, who = world.here, await by(world)
            made_list, _ = await dnc.create(
                name="Opt-outs", by=who, storage=here.storage, clock=here.clock, ids=here.ids, files=here.uploads
            )
            said = await say(world, await made(world, Effect.DO_NOT_CALL, dnc_list=str(made_list.id)))
            entries = await world.rows("select e164 from dnc_entry")
            assert [f"+{row['e164']}" for row in entries] == [said.phone]
            assert await record(world) == ("D", "on_dnc_list")

        tell(story, [answers(talk=30.0)])

    def test_a_call_that_no_agent_was_in_has_nothing_to_be_said_about(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(60.0)
            with pytest.raises(AttemptWithoutAgent):
                await say(world, await made(world, Effect.FINAL))

        tell(story, [NO_ANSWER])


def test_attempt_ids_are_uuids(tell: Tell) -> None:
    async def story(world: World) -> None:
        await world.run_for(60.0)
        campaign = str(world.prepared.campaign.id)
        total, page = await dispositions.attempts(
            campaign,
            AttemptFilter(),
            offset=0,
            limit=10,
            by=await by(world),
            storage=world.here.storage,
        )
        assert total == 1
        assert isinstance(page[0].id, UUID)
        assert page[0].user is not None

    tell(story, [answers(talk=30.0)])
