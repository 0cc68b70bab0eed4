"""What the board shows of a campaign that is being dialed: now, and second by second."""

from outdial.api.services import Services
from outdial.api.topics import TOPICS, Drawing
from outdial.bootstrap import http_app
from outdial.dialer.board import MOST_POINTS
from outdial.domain.access import Principal, Scope
from outdial.domain.agents import AgentState
from outdial.domain.calls import CallState
from outdial.domain.values import AccountId, CampaignId
from tests.dialer.conftest import NO_ANSWER, Tell, World, answers


def test_it_shows_calls_agents_and_what_the_campaign_does(tell: Tell) -> None:
    async def story(world: World) -> None:
        account, board = await world.here.account_id(), world.here.board
        campaign = CampaignId(world.prepared.campaign.id)
        async with board.watching(world.live.engine, world.clock):
            await world.run_for(20)
            now = board.campaigns(account)[campaign]
            assert now.activity == world.loop.activity
            assert now.calls[CallState.BRIDGED] == now.agents[AgentState.TALKING] == 1
            assert (now.agents[AgentState.READY], now.calls[CallState.DIALING]) == (1, 1)
            assert now.dialing_ratio == 0.5, "one unanswered call for two agents at work"
            assert list(now.points.values())[-1] == (2, 1, 1, 1)
            assert board.campaigns(AccountId(account + 1)) == {}
            await world.run_for(MOST_POINTS + 60)
            later = board.campaigns(account)[campaign]
            seconds = list(later.points)
            assert len(seconds) == MOST_POINTS and seconds == sorted(seconds)
            assert later.events[0] == (later.activity.since, later.activity.sentence())
            assert later.events[0][0] >= later.events[-1][0]
        assert board.campaigns(account) == {}, "nobody looks any more"

    tell(story, [answers(5, talk=2000.0), NO_ANSWER], agents=2)


def test_the_topic_of_a_campaign_has_all_of_the_live_page(tell: Tell) -> None:
    async def story(world: World) -> None:
        services: Services = http_app(world.here).state.services
        by = Principal(await world.here.account_id(), "test", frozenset(Scope))
        world.here.desk.serve(world.live.engine)
        world.here.desk.adopt(by.account, world.prepared.users)
        async with world.here.board.watching(world.live.engine, world.clock):
            await world.run_for(20)
            drawing = Drawing(services, by, str(world.prepared.campaign.id))
            shown = await TOPICS["campaign"].draw(drawing)
        assert shown["calls"]["in_flight"] == 2
        assert (shown["calls"]["ringing"], shown["calls"]["talking"]) == (1, 1)
        assert shown["agents"]["states"] | {"ready": 0, "talking": 0} == dict.fromkeys(shown["agents"]["states"], 0)
        assert sorted(one["state"] for one in shown["people"].values()) == ["ready", "talking"]
        assert all("work" not in one for one in shown["people"].values()), "whom they speak to is not for all"
        assert shown["pacing"]["ratio"] == 0.5
        assert shown["chain"][0] | {"list_id": ""} == {
            "list_id": "",
            "name": shown["chain"][0]["name"],
            "position": 1,
            "total": 2,
            "final": 0,
        }
        assert shown["records"]["total"] == 2
        assert list(shown["series"].values())[-1] == [2, 1, 1, 1]
        assert shown["events"][0]["kind"] in {"activity", "change"}

    tell(story, [answers(5, talk=2000.0), NO_ANSWER], agents=2)
