"""Scenes that the demo does not play: calls, agents, network and clock go as each test says."""

import json
import math
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page, WebSocket, WebSocketRoute, expect

from outdial.adapters.telephony.simulated.carrier import Fate
from outdial.domain.outcomes import Outcome
from outdial.domain.pacing.predictive import PredictivePacer
from outdial.simulation.pacing.world import World, play
from tests.browser.console import Account, Demo, Watch, changes_twice
from tests.browser.scenes import an_agent, calls_of, note, press, sign_on, state
from tests.browser.stage import ALL_WEEK, BUSY, LONG_TALK, OnStage, Stage

Opened = Callable[..., Page]


@pytest.fixture(scope="module")
def demo(stage: Stage) -> Demo:
    """What the fixtures of the console's tests look at."""
    return stage.demo


class TestASupervisor:
    def test_starts_a_campaign_and_sees_it_run_with_the_figures_that_the_api_has(
        self, stage: Stage, seen: Opened
    ) -> None:
        team = [stage.admin.send("POST", "/v1/users", {"name": f"Starter {n}"})["id"] for n in range(3)]
        campaign = stage.campaign("Begun", users=team, numbers=4)
        for phone in campaign.phones:
            stage.script(phone, LONG_TALK)
        topic, heard = f"campaign:{campaign.id}", list[dict[str, Any]]()
        page = seen("callbacks")
        page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: heard.append(json.loads(frame))))
        page.goto(f"campaigns/{campaign.id}/live")
        expect(page.get_by_text("Not dialing: not started yet")).to_be_visible()
        expect(page.get_by_text("No dialer is running")).to_have_count(0)
        stage.works(team[0])
        page.get_by_role("button", name="Start: Begun").click()
        page.get_by_role("button", name="Start dialing").click()
        expect(page.get_by_text("Running", exact=True)).to_be_visible()
        expect(page.locator("[data-figure=in-flight]")).to_have_text("1")
        stage.works(*team[1:])
        expect(page.locator("[data-figure=in-flight]")).to_have_text("3")
        expect(page.get_by_text("0 ringing, 0 waiting for an agent, 3 talking")).to_be_visible()
        # All talk for hours: what the page shows stays until the next look, and so at the same number of the stream.
        here = stage.admin.get("/v1/console/snapshot", topic=topic)
        expect(page.get_by_text(f"of {here['data']['records']['total']} records final")).to_be_visible()
        calls = {name: here["data"]["calls"][name] for name in ("in_flight", "ringing", "waiting", "talking")}
        assert calls == {"in_flight": 3, "ringing": 0, "waiting": 0, "talking": 3}
        changes_twice(page, "[data-phase=live]")
        assert here["seq"] in {message["seq"] for message in heard if message.get("topic") == topic}

    def test_is_told_what_a_pause_does_and_when_it_is_done(self, stage: Stage, seen: Opened) -> None:
        account, _, campaign = an_agent(stage, "Paula")
        desk = seen("desk", account)
        sign_on(desk)
        state(desk, "previewing")
        press(desk, "d", "Dial now")
        state(desk, "talking")
        page = seen(f"campaigns/{campaign.id}/live")
        expect(page.locator("[data-figure=in-flight]")).to_have_text("1")
        page.get_by_role("button", name="Pause: Paula's campaign").click()
        expect(page.get_by_role("alertdialog")).to_contain_text("1 call in progress is finished first.")
        page.get_by_role("button", name="Pause dialing").click()
        expect(page.get_by_text("Pausing", exact=True)).to_be_visible()
        press(desk, "e", "Hang up")
        expect(page.get_by_text("Paused", exact=True)).to_be_visible()
        expect(page.get_by_text("Not dialing: paused")).to_be_visible()
        happened = page.get_by_role("list", name="What happened").get_by_role("listitem")
        expect(happened.filter(has_text="Demo paused it")).to_have_text(re.compile("^1[2-9]:[0-9]{2}:[0-9]{2} "))
        changes = stage.admin.get(f"/v1/campaigns/{campaign.id}/audit")["_embedded"]["changes"]
        assert (changes[0]["after"], "user_id" in changes[0]) == ({"running": False}, True)

    def test_sees_abandonment_come_near_its_cap_and_over_it(self, stage: Stage, seen: Opened) -> None:
        campaign = stage.campaign("Too eager")
        page = seen(f"campaigns/{campaign.id}/live")
        expect(page.get_by_text("Too few calls to judge").first).to_be_visible()
        answered(stage, campaign, connected=118, abandoned=0)
        answered(stage, campaign, connected=0, abandoned=3)
        near = looks_of(page, "Near the cap")
        happened = page.get_by_role("list", name="What happened")
        expect(happened).to_contain_text("abandonment is at 80% of its cap or more (2.48% of 3.00%)")
        answered(stage, campaign, connected=0, abandoned=2)
        over = looks_of(page, "Over the cap")
        assert near != over and not set(near) & set(over), "told by a sign and a colour as well"
        expect(happened).to_contain_text("abandonment is over its cap (3.28% of 3.00%)")
        page.goto("campaigns")
        expect(page.get_by_role("row", name=re.compile("Too eager"))).to_contain_text("4.07% of at most 3.0%")

    def test_sees_pacing_fall_when_abandonment_is_over_its_cap(self, stage: Stage, seen: Opened) -> None:
        team = [stage.admin.send("POST", "/v1/users", {"name": f"Eager {n}"})["id"] for n in range(6)]
        campaign = stage.campaign("Overdone", users=team, numbers=30)
        # For one ring time after its start a pacer is careful: nobody is reached by its first calls.
        for place, phone in enumerate(campaign.phones):
            stage.script(phone, UNANSWERED if place < len(team) else replace(LONG_TALK, after=20.0))
        answered(stage, campaign, connected=118, abandoned=0)
        pacer = PredictivePacer()
        play(World(agents=6, p=0.2, hours=1.0, seed=3), pacer)
        stage.sql("update campaign set pacer_state = $2 where uuid::text = $1", campaign.id, pacer.state())
        stage.works(*team)
        page = seen(f"campaigns/{campaign.id}/live")
        campaign.start()
        pacing = page.locator("[data-figure=pacing]")
        expect(pacing).to_have_text("1.00")
        stage.jump(seconds=26)
        expect(pacing).to_have_text(re.compile("^(1[.][1-9]|2[.]0)"))
        stage.jump(seconds=20)
        expect(page.locator("[data-figure=in-flight]")).to_have_text(re.compile("^([7-9]|1[0-2])$"))
        stage.jump(seconds=3)
        expect(page.get_by_text("Over the cap")).to_be_visible()
        expect(pacing).to_have_text("0.00")
        expect(page.locator(".reason-line")).to_contain_text("Holding back: one more call could be abandoned")

    def test_reads_why_nothing_is_dialed(self, stage: Stage, seen: Opened) -> None:
        night = {"calling_hours": [{"from": "03:00:00", "to": "04:00:00", "week_days": ALL_WEEK}]}
        users = {name: stage.admin.send("POST", "/v1/users", {"name": name})["id"] for name in ("Hugo", "Rita", "Ines")}
        stage.campaign("No agents").start()
        closed = stage.campaign("At night", users=[users["Hugo"]], strategy=night)
        retried = stage.campaign("On retry", users=[users["Rita"]])
        over = stage.campaign("All done", users=[users["Ines"]])
        stage.script(retried.phones[0], BUSY)
        stage.script(over.phones[0], Fate(Outcome.INVALID_NUMBER, 0.05, 0.1))
        for campaign in (closed, retried, over):
            campaign.start()
        stage.works(*users.values())
        stage.campaign("Stopped")
        paused = stage.campaign("Held back")
        paused.start()
        paused.status("PAUSED")
        page = seen("campaigns")
        for name, why in (
            ("No agents", "Not dialing: No agent is signed in and off pause"),
            ("At night", "Not dialing: Outside calling hours until 2 Jun, 03:00"),
            ("On retry", "Not dialing: Every record left waits for its next attempt"),
            ("All done", "Every record is final"),
            ("Stopped", "Not dialing: not started yet"),
            ("Held back", "Not dialing: paused"),
        ):
            expect(page.get_by_role("row", name=re.compile(name))).to_contain_text(why)

    def test_reads_that_lines_are_full_and_that_the_carrier_is_down(self, stage: Stage, seen: Opened) -> None:
        talker, caller = (stage.admin.send("POST", "/v1/users", {"name": name})["id"] for name in ("Timo", "Carl"))
        busy = stage.campaign("Has the line", users=[talker])
        stage.script(busy.phones[0], LONG_TALK)
        carrier, before = stage.live.carrier, stage.live.carrier.most_lines
        carrier.most_lines = 1
        busy.start()
        stage.works(talker, caller)
        page = seen("campaigns")
        expect(row(page, "Has the line")).to_contain_text("Every line of the carrier is in use")
        stage.campaign("Wants one", users=[caller]).start()
        expect(row(page, "Wants one")).to_contain_text("Every line of the carrier is in use")
        carrier.trouble = "no answer to OPTIONS"
        expect(row(page, "Wants one")).to_contain_text("Not dialing: The carrier does not take calls")
        expect(row(page, "Wants one")).to_contain_text("Blocked")
        carrier.most_lines, carrier.trouble = before, None
        expect(row(page, "Wants one")).not_to_contain_text("Not dialing: The carrier")

    def test_reads_what_came_of_the_calls_and_takes_it_home(self, stage: Stage, seen: Opened) -> None:
        campaign = stage.campaign("Counted")
        page = seen(f"campaigns/{campaign.id}/results")
        expect(page.get_by_text("No calls in this time.").first).to_be_visible()
        answered(stage, campaign, connected=6, abandoned=2)
        page.reload()
        outcomes = page.get_by_role("region", name="By outcome")
        expect(outcomes.get_by_role("row", name=re.compile("^Connected"))).to_contain_text("675%")
        expect(page.get_by_role("region", name="By disposition")).to_contain_text("nothing said")
        with page.expect_download() as download:
            page.get_by_role("link", name="CSV: By list").click()
        header, row = download.value.path().read_text().splitlines()
        told = dict(zip(header.split(","), row.split(","), strict=True))
        assert (told["dials"], told["connected"], told["abandonment_rate"]) == ("8", "6", "0.25")

    def test_asks_for_a_forecast_and_sees_it_drawn_team_by_team(self, stage: Stage, seen: Opened) -> None:
        campaign = stage.campaign("To be foreseen", numbers=20)
        page = seen(f"campaigns/{campaign.id}/forecast")
        page.get_by_label("Agents", exact=True).fill("twelve")
        page.get_by_role("button", name="Foresee", exact=True).click()
        expect(page.get_by_role("alert")).to_be_focused()
        page.get_by_label("Agents", exact=True).fill("12")
        page.get_by_role("button", name="Foresee", exact=True).click()
        expect(page.get_by_role("group", name="Team by team")).to_be_visible(timeout=240_000)
        asked = stage.admin.get(f"/v1/campaigns/{campaign.id}/forecasts")["_embedded"]["forecasts"][0]
        (scenario,) = asked["result"]["scenarios"]
        team = page.get_by_role("row", name=re.compile("^12 "))
        expect(team).to_contain_text(f"{scenario['attempts']['likely']:,.0f}")
        expect(page.get_by_role("figure", name=re.compile("^How busy the agents are. 12 agents: "))).to_be_visible()


UNANSWERED = Fate(Outcome.NO_ANSWER, 0.05, math.inf)


def looks_of(page: Page, word: str) -> tuple[str, str]:
    """The sign beside a word, and its colour."""
    pill = page.locator(".pill", has_text=word)
    expect(pill).to_be_visible()
    sign, colour = pill.evaluate("(pill) => [pill.querySelector('svg').innerHTML, getComputedStyle(pill).color]")
    return sign, colour


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row", name=re.compile(name))


def answered(stage: Stage, campaign: OnStage, *, connected: int, abandoned: int) -> None:
    """People answered in the last minutes."""
    stage.sql(
        """insert into attempt (uuid, campaign_id, record_id, list_id, number, priority, e164, phone_type, zone_id,
             mode, fence, started_at, ended_at, outcome, counted)
           select gen_random_uuid(), c.id, n, (select min(id) from record_list), 1, 5, 12025550142, 1, 1,
             'PREDICTIVE', 1, at, at, case when n > $2 then 'abandoned' else 'connected' end, true
           from campaign c, generate_series(1, $2 + $3::int) as n, lateral (
             select $4::timestamptz + interval '1 second' *
               (n + (select count(*) from attempt a where a.campaign_id = c.id)) as at) as t
           where c.uuid::text = $1""",
        campaign.id,
        connected,
        abandoned,
        stage.here.clock.now() - timedelta(minutes=20),
    )


class TestTheLink:
    def test_tells_that_the_server_is_gone_and_is_live_again_by_itself(
        self, stage: Stage, seen: Opened, watch: Watch
    ) -> None:
        campaign = stage.campaign("Cut off")
        topic, heard = f"campaign:{campaign.id}", []
        page = seen("callbacks")
        page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: heard.append(json.loads(frame))))
        page.clock.install()
        page.goto(f"campaigns/{campaign.id}/live")
        expect(page.locator("[data-phase=live]")).to_be_visible()
        page.evaluate("window.loadedOnce = true")
        # No second passes for the page from here on: it tells at once.
        page.clock.pause_at(page.evaluate("Date.now() + 1000"))
        watch.cut = True
        stage.run(stage.http.kill)
        expect(page.locator("[data-phase=offline]")).to_be_visible()
        page.clock.resume()
        expect(page.get_by_text("clocks have stopped")).to_be_visible()
        said = page.locator("[data-phase=offline]").text_content()
        stage.sql("update campaign set name = 'Cut off no more' where uuid::text = $1", campaign.id)
        assert page.locator("[data-phase=offline]").text_content() == said
        heard.clear()
        stage.run(stage.http.start)
        expect(page.locator("[data-phase=live]")).to_be_visible()
        # What happened meanwhile is there: the whole comes first.
        expect(page.get_by_role("heading", name="Cut off no more")).to_be_visible()
        assert page.evaluate("window.loadedOnce") is True
        changes_twice(page, "[data-phase=live]")
        told = [message for message in heard if message.get("topic") == topic]
        assert [message["op"] for message in told] == ["snapshot", *["delta"] * (len(told) - 1)]
        assert [message["seq"] for message in told] == [told[0]["seq"] + place for place in range(len(told))]
        assert stage.admin.get("/v1/console/snapshot", topic=topic)["seq"] == told[-1]["seq"]

    def test_tells_that_nothing_is_heard_though_the_socket_is_open(self, stage: Stage, opened: Opened) -> None:
        campaign = stage.campaign("Frozen")
        page = opened("callbacks")
        page.clock.install()
        frozen: list[bool] = []

        def between(socket: WebSocketRoute) -> None:
            server = socket.connect_to_server()
            socket.on_message(server.send)
            server.on_message(lambda message: None if frozen else socket.send(message))

        page.route_web_socket("**/v1/console/stream", between)
        page.goto(f"campaigns/{campaign.id}/live")
        expect(page.locator("[data-phase=live]")).to_be_visible()
        frozen.append(True)
        page.clock.fast_forward(6_000)
        expect(page.locator("[data-phase=stale]")).to_be_visible()
        expect(page.get_by_text(re.compile("^No update for \\d+ seconds"))).to_be_visible()
        frozen.clear()
        expect(page.locator("[data-phase=live]")).to_be_visible()

    def test_of_a_hidden_tab_ends_after_a_minute_and_comes_back_with_it(self, stage: Stage, opened: Opened) -> None:
        page = opened("callbacks")
        page.clock.install()
        with page.expect_websocket() as first:
            page.goto(f"campaigns/{stage.campaign('Hidden').id}/live")
        expect(page.locator("[data-phase=live]")).to_be_visible()
        hide(page, hidden=True)
        pass_time(stage, page, first.value, seconds=50)
        with first.value.expect_event("close"):
            page.clock.fast_forward(10_000)
        page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: said.append(str(frame))))
        said: list[str] = []
        with page.expect_websocket() as second:
            hide(page, hidden=False)
        expect(page.locator("[data-phase=live]")).to_be_visible()
        changes_twice(page, "[data-phase=live]")
        first_of_all = next(frame for frame in said if '"topic":"campaign:' in frame)
        assert first_of_all.startswith('{"op":"snapshot"')
        assert not second.value.is_closed()

    def test_of_an_agent_stays_though_the_tab_is_hidden(self, stage: Stage, opened: Opened) -> None:
        account, _, _ = an_agent(stage, "Hilda")
        page = opened("callbacks", account)
        page.clock.install()
        with page.expect_websocket() as socket:
            page.goto("desk")
        sign_on(page)
        state(page, "previewing")
        hide(page, hidden=True)
        pass_time(stage, page, socket.value, seconds=70)
        assert not socket.value.is_closed()


def hide(page: Page, *, hidden: bool) -> None:
    page.evaluate(
        """(hidden) => {
          Object.defineProperty(document, "hidden", {get: () => hidden, configurable: true});
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def pass_time(stage: Stage, page: Page, socket: WebSocket, *, seconds: int) -> None:
    """It is later for the page, who has heard of the server all the time."""
    for _ in range(seconds // 10):
        page.clock.fast_forward(10_000)
        with socket.expect_event("framereceived"):
            stage.jump(seconds=2)


class TestAnAgent:
    def test_works_with_keys_alone(self, stage: Stage, seen: Opened) -> None:
        account, _, campaign = an_agent(stage, "Karla", numbers=2)
        page = seen("desk", account)
        sign_on(page)
        state(page, "previewing")
        expect(page.get_by_role("heading", name="Bea Berg 1")).to_be_visible()
        press(page, "d", "Dial now")
        state(page, "talking")
        expect(page.get_by_role("radio", name="Sold")).to_be_visible()
        page.keyboard.press("3")
        expect(page.get_by_role("radio", name="Sold")).to_be_checked()
        note(page, "wants an offer, e.g. by mail: d s e 1")
        press(page, "e", "Hang up")
        state(page, "wrap_up")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_role("heading", name="Bea Berg 2")).to_be_visible()
        (call,) = [one for one in calls_of(stage, campaign) if "disposition" in one]
        assert (call["disposition"]["name"], call["disposition"]["note"]) == (
            "Sold",
            "wants an offer, e.g. by mail: d s e 1",
        )

    def test_puts_a_person_on_hold_and_presses_keys_and_finds_both_after_a_reload(
        self, stage: Stage, seen: Opened
    ) -> None:
        account, _, campaign = an_agent(stage, "Hella")
        page = seen("desk", account)
        sign_on(page)
        state(page, "previewing")
        press(page, "d", "Dial now")
        state(page, "talking")
        call = UUID(calls_of(stage, campaign)[0]["id"])
        press(page, "h", "Hold")
        expect(page.locator("[data-state=talking]")).to_contain_text("On hold")
        assert stage.live.carrier.held == {call}
        page.reload()
        expect(page.locator("[data-state=talking]")).to_contain_text("They hear music")
        press(page, "h", "Take back")
        expect(page.get_by_role("button", name="Hold")).to_be_visible()
        assert stage.live.carrier.held == set()
        press(page, "k", "Keypad")
        keypad = page.get_by_role("dialog", name="Keypad")
        page.keyboard.type("12")
        keypad.get_by_role("button", name="Key #").click()
        expect(keypad).to_contain_text("Pressed: 12#")
        keypad.get_by_role("button", name="Close").click()
        expect(page.get_by_role("radio", name="Sold")).not_to_be_checked()
        press(page, "e", "Hang up")
        state(page, "wrap_up")
        assert stage.live.carrier.pressed == [(call, "1"), (call, "2"), (call, "#")]

    def test_chooses_for_which_campaigns_to_work(self, stage: Stage, seen: Opened) -> None:
        account, user, campaign = an_agent(stage, "Wanda")
        stage.campaign("Not today", users=[user])
        page = seen("desk", account)
        page.get_by_role("checkbox", name=re.compile("Not today")).uncheck()
        sign_on(page)
        state(page, "previewing")
        (session,) = [one for one in stage.admin.get("/v1/agents")["agents"] if one["user_id"] == user]
        assert session["campaigns"] == [campaign.id]

    def test_has_the_record_dialed_once_when_its_time_is_over(self, stage: Stage, seen: Opened) -> None:
        account, _, campaign = an_agent(stage, "Nora", preview={"strategy_type": "AUTOMATIC", "preview_timeout": 6})
        page = seen("desk", account)
        sign_on(page)
        state(page, "previewing")
        stage.jump(seconds=6)
        state(page, "talking")
        assert [call["number"] for call in calls_of(stage, campaign)] == [1]

    def test_is_told_that_a_record_is_no_longer_theirs_to_dial(self, stage: Stage, seen: Opened, watch: Watch) -> None:
        account, user, campaign = an_agent(stage, "Lena")
        page = seen("desk", account)
        sign_on(page)
        state(page, "previewing")
        # The page hears of nothing any more, while the record is skipped.
        page.route("**/heartbeat", lambda route: None)
        (session,) = [one for one in stage.admin.get("/v1/agents")["agents"] if one["user_id"] == user]
        path = f"/v1/sessions/{session['session_id']}"
        watch.expected |= {404, 409, 422}
        preview = account.get(path)["work"]["preview_id"]
        page.route(f"**/previews/{preview}/dial", skipping_first(account, f"{path}/previews/{preview}/skip"))
        press(page, "d", "Dial now")
        expect(page.get_by_role("alert")).to_contain_text("This record is no longer yours to dial")
        assert calls_of(stage, campaign) == []
        page.unroute("**/heartbeat")

    def test_promises_a_call_only_when_it_may_be_made(self, stage: Stage, seen: Opened, watch: Watch) -> None:
        watch.expected.add(400)
        hours = {
            "calling_hours": [{"from": "09:00:00", "to": "18:00:00", "week_days": ["MONDAY", "TUESDAY", "WEDNESDAY"]}]
        }
        account, _, campaign = an_agent(stage, "Carla", preview=hours)
        page = seen("desk", account)
        sign_on(page)
        state(page, "previewing")
        press(page, "d", "Dial now")
        state(page, "talking")
        expect(page.get_by_role("radio", name="Call back")).to_be_visible()
        page.keyboard.press("1")
        expect(page.get_by_label("Time", exact=True)).to_be_visible()
        page.get_by_label("Date").fill("2026-06-02")
        page.get_by_label("Time", exact=True).fill("20:30")
        page.get_by_role("button", name=re.compile("^Save")).first.click()
        expect(page.get_by_label("Time", exact=True)).to_have_attribute("aria-invalid", "true")
        expect(page.locator("#field-time_to_call-error")).to_contain_text("calling hours")
        page.get_by_label("Time", exact=True).fill("10:30")
        page.get_by_role("button", name=re.compile("^Save")).first.click()
        expect(
            page.get_by_text("The callback is made.").or_(page.get_by_text("Saved: Call back")).first
        ).to_be_visible()
        office = seen("callbacks")
        row = office.get_by_role("row", name=re.compile(re.escape(campaign.phones[0])))
        expect(row).to_contain_text("Bea Berg 1")
        # A supervisor moves it: the rules hold for them as well.
        office.get_by_role("button", name="Reschedule: Bea Berg 1").click()
        office.get_by_label("Time", exact=True).fill("07:00")
        office.get_by_role("dialog").get_by_role("button", name="Reschedule").click()
        expect(office.locator("#field-time_to_call-error")).to_contain_text("calling hours")
        office.get_by_label("Time", exact=True).fill("11:00")
        office.get_by_role("dialog").get_by_role("button", name="Reschedule").click()
        expect(office.get_by_text("It is scheduled for")).to_be_visible()
        office.get_by_role("button", name="Close").click()
        (promised,) = stage.admin.get("/schedule-callbacks", campaign_id=campaign.id)["_embedded"]["callbacks"]
        assert promised["next_time_to_call"] == "2026-06-02T10:00:00.000Z", "eleven in Lisbon"

    def test_keeps_their_words_when_the_wrap_up_runs_out_and_pauses_after_the_call(
        self, stage: Stage, seen: Opened
    ) -> None:
        times = {"wrap_up_seconds": 5, "extension_seconds": 5, "pause_reasons": ["lunch"]}
        account, user, campaign = an_agent(stage, "Olga", numbers=2)
        page = seen("desk", account)
        stage.admin.send("PUT", "/v1/agent-settings", times)
        sign_on(page)
        state(page, "previewing")
        press(page, "d", "Dial now")
        state(page, "talking")
        page.get_by_role("button", name="Pause after this call").click()
        page.get_by_role("menuitem", name="lunch").click()
        expect(page.get_by_text("You go on pause after this call: lunch.")).to_be_visible()
        note(page, "half a word")
        press(page, "e", "Hang up")
        state(page, "wrap_up")
        stage.jump(seconds=5)
        expect(page.get_by_role("heading", name="On pause: lunch")).to_be_visible()
        expect(page.get_by_text("Not saved yet: Bea Berg 1")).to_be_visible()
        expect(page.get_by_label("Notes")).to_have_value("half a word")
        office = seen("agents")
        expect(office.get_by_role("row", name=re.compile("^Olga"))).to_contain_text("lunch")
        office.get_by_role("link", name="By day").click()
        office.get_by_label("Day", exact=True).fill(stage.here.clock.now().date().isoformat())
        expect(office.get_by_role("row", name=re.compile("^Olga"))).to_contain_text("lunch")
        (session,) = [one for one in stage.admin.get("/v1/agents")["agents"] if one["user_id"] == user]
        assert (session["state"], session["reason"]) == ("paused", "lunch")
        assert [call["disposition"]["name"] for call in calls_of(stage, campaign)] == ["No word"]

    def test_keeps_the_form_while_the_link_is_lost(self, stage: Stage, seen: Opened, watch: Watch) -> None:
        account, _, _ = an_agent(stage, "Lisa")
        page = seen("desk", account)
        sign_on(page)
        state(page, "previewing")
        press(page, "d", "Dial now")
        state(page, "talking")
        note(page, "said so far")
        office = seen("agents")
        watch.cut = True
        page.context.set_offline(True)
        expect(page.get_by_text("The server does not answer.")).to_be_visible()
        stage.jump(seconds=6)
        expect(office.get_by_role("row", name=re.compile("^Lisa"))).to_contain_text("link lost")
        page.keyboard.type(", and more")
        page.context.set_offline(False)
        expect(page.get_by_text("The server does not answer.")).to_have_count(0)
        state(page, "talking")
        expect(page.get_by_label("Notes")).to_have_value("said so far, and more")


def skipping_first(account: Account, path: str) -> Callable[..., None]:
    """A request that comes too late: the record was skipped before it."""

    def handle(route: Any) -> None:
        account.send("POST", path)
        route.continue_()

    return handle
