"""Agents at their desks over HTTP: a real engine on a simulated network answers behind the routes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from outdial.adapters.clock import LoopClock, RandomIds
from outdial.adapters.storage.agents import SessionRows
from outdial.adapters.storage.database import Database
from outdial.adapters.storage.dialing import DialRows
from outdial.adapters.telephony.simulated.carrier import Fate, SimulatedCarrier
from outdial.api.hal import instant
from outdial.api.services import Services
from outdial.dialer.agent_pool import AgentPool
from outdial.dialer.desk import FrontDesk
from outdial.dialer.engine import Engine, EngineSettings
from outdial.domain.access import Scope
from outdial.domain.outcomes import Outcome
from outdial.domain.pacing.progressive import ProgressivePacer
from outdial.domain.values import PhoneNumber
from tests.api.conftest import BASE_URL, Bearer, Parts, a_campaign, a_strategy, created, fields_of, new_app
from tests.api.held_against import Described
from tests.conftest import SetClock

CALLED = "+12025550107"
ALL_WEEK = [
    {
        "from": "00:00:00",
        "to": "00:00:00",
        "week_days": ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"],
    }
]


@dataclass
class Office:
    """An engine with desks, and a client that may do everything."""

    api: httpx.AsyncClient
    engine: Engine
    carrier: SimulatedCarrier
    parts: Parts
    services: Services

    def engine_now(self) -> datetime:
        return self.services.clock.now()

    async def until(self, session: str, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The session as soon as it is as wanted; the network is played in real time."""
        async with asyncio.timeout(30):
            while True:
                body: dict[str, Any] = (await self.api.get(session)).json()
                if wanted(body):
                    return body
                await asyncio.sleep(0.01)

    async def campaign(self, **changes: Any) -> tuple[str, str]:
        """A running preview campaign with one record, and its only user."""
        strategy = a_strategy(
            calling_hours=ALL_WEEK, strategy_type="MANUAL", max_skip_attempts=1, preview_timeout=300, **changes
        )
        path = await created(self.api, a_campaign(dialing_mode="PREVIEW", dialing_strategy=strategy))
        user, record_list = await self.parts.user(), await self.parts.record_list()
        for kind, uuid in (("users", user), ("numbers", await self.parts.number()), ("record-lists", record_list)):
            assert (await self.api.post(f"{path}/{kind}", json=[{"id": uuid}])).status_code == 204
        record = {
            "first_name": "Bea",
            "last_name": "Berg",
            "phone_numbers": [{"phone_number": CALLED, "phone_type": "MOBILE"}],
            "extra_data": {"plan": "Home 300"},
        }
        made = await self.api.post(f"/record-lists/{record_list}/records", json=record)
        assert made.status_code == 201, made.text
        start = await self.api.patch(path, json={"op": "REPLACE", "path": "status", "value": "RUNNING"})
        assert start.status_code == 200, start.text
        self.engine.hint()
        return path.removeprefix("/campaigns/"), user

    async def sign_in(self, user: str, **more: Any) -> str:
        answer = await self.api.post("/v1/sessions", json={"user_id": user, **more})
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"].removeprefix(BASE_URL)


@pytest.fixture
async def office(
    services: Services, database: Database, bearer: Bearer, parts: Parts, clock: SetClock
) -> AsyncIterator[Office]:
    dial_clock = LoopClock(asyncio.get_running_loop(), clock.now())
    carrier = SimulatedCarrier(dial_clock, seed=1)
    desk = FrontDesk(SessionRows(database), services.storage, services.bus, dial_clock, RandomIds())
    engine = Engine(
        holder="test",
        store=DialRows(database),
        carrier=carrier,
        pool=AgentPool(dial_clock),
        clock=dial_clock,
        ids=RandomIds(),
        new_pacer=lambda running: ProgressivePacer(),
        settings=EngineSettings(poll_seconds=0.05, drain_seconds=0.2),
    )
    app = new_app(replace(services, desk=desk))
    async with desk.open():
        desk.serve(engine)
        running = asyncio.create_task(engine.run())
        while not engine.owns:  # noqa: ASYNC110 - it tells nobody when it has its lease
            await asyncio.sleep(0.01)
        transport = Described(httpx.ASGITransport(app))
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=await bearer()) as client:
            yield Office(client, engine, carrier, parts, services)
        await engine.stop()
        await running


def previewing(body: dict[str, Any]) -> bool:
    return bool(body["state"] == "previewing")


class TestAnAgentsDay:
    async def test_preview_dial_talk_wrap_up_and_sign_out(self, office: Office) -> None:
        office.carrier.script[PhoneNumber(CALLED)] = Fate(Outcome.CONNECTED, 0.01, 0.02, 0.0, talk_seconds=1000.0)
        campaign, user = await office.campaign()
        session = await office.sign_in(user)
        body = await office.until(session, previewing)
        assert body["campaign_id"] == campaign
        assert body["until"]
        work = body["work"]
        assert (work["phone_number"], work["attempt"], work["skips_left"]) == (CALLED, 1, 1)
        assert (work["record"]["first_name"], work["record"]["extra_data"]) == ("Bea", {"plan": "Home 300"})
        dial = await office.api.post(body["_links"]["dial"]["href"])
        assert dial.status_code == 200, dial.text
        talking = await office.until(session, lambda body: body["state"] == "talking")
        assert talking["work"]["attempt_id"]
        assert (await office.api.post(talking["_links"]["hang-up"]["href"])).status_code == 200
        wrapping = await office.until(session, lambda body: body["state"] == "wrap_up")
        assert wrapping["work"]["attempt_id"] == talking["work"]["attempt_id"]
        longer = (await office.api.post(wrapping["_links"]["wrap-up-extend"]["href"])).json()
        assert longer["until"] > wrapping["until"]
        again = await office.api.post(f"{session}/wrap-up/extend")
        assert (again.status_code, again.json()["code"]) == (422, "wrap-up-not-extendable")
        done = (await office.api.post(f"{session}/wrap-up/done")).json()
        assert done["state"] == "ready"
        gone = (await office.api.delete(session)).json()
        assert gone["state"] == "signed_out"
        await asyncio.sleep(0)
        after = await office.api.get(session)
        assert (after.status_code, after.json()["code"]) == (404, "session-not-found")

    async def test_a_conversation_is_put_on_hold_and_taken_back_and_keys_are_pressed_in_it(
        self, office: Office
    ) -> None:
        office.carrier.script[PhoneNumber(CALLED)] = Fate(Outcome.CONNECTED, 0.01, 0.02, 0.0, talk_seconds=1000.0)
        _, user = await office.campaign()
        session = await office.sign_in(user)
        body = await office.until(session, previewing)
        assert "on_hold" not in body
        assert {"hold", "unhold", "digits"}.isdisjoint(body["_links"])
        for path, said in (("hold", None), ("unhold", None), ("digits", {"digits": "1"})):
            refused = await office.api.post(f"{session}/{path}", json=said)
            assert (refused.status_code, refused.json()["code"]) == (422, "not-in-call")
        await office.api.post(body["_links"]["dial"]["href"])
        talking = await office.until(session, lambda body: body["state"] == "talking")
        assert talking["on_hold"] is False
        held = (await office.api.post(talking["_links"]["hold"]["href"])).json()
        assert (held["state"], held["on_hold"], "hold" in held["_links"]) == ("talking", True, False)
        assert (await office.api.get(session)).json()["on_hold"] is True, "whoever looks again sees it"
        pressed = await office.api.post(held["_links"]["digits"]["href"], json={"digits": "12*#A"})
        assert pressed.status_code == 200
        assert [digits for _, digits in office.carrier.pressed] == ["12*#A"]
        back = (await office.api.post(held["_links"]["unhold"]["href"])).json()
        assert (back["on_hold"], "unhold" in back["_links"]) == (False, False)
        for digits in ("", "12x", "1" * 33, None, 12):
            answer = await office.api.post(f"{session}/digits", json={"digits": digits})
            assert (answer.status_code, fields_of(answer)) == (400, {"digits"}), digits
        office.carrier.break_down()
        unreached = await office.api.post(f"{session}/hold")
        assert (unreached.status_code, unreached.json()["code"]) == (503, "carrier-unreachable")
        office.carrier.mend()
        await office.api.post(f"{session}/hang-up")
        wrapping = await office.until(session, lambda body: body["state"] == "wrap_up")
        assert "on_hold" not in wrapping

    async def test_signing_in_again_shows_the_same_session(self, office: Office) -> None:
        user = await office.parts.user()
        session = await office.sign_in(user, ready=False)
        again = await office.api.post("/v1/sessions", json={"user_id": user})
        assert again.status_code == 200
        assert session.endswith(again.json()["id"])
        assert (again.json()["state"], again.json()["reason"]) == ("paused", "signed_in")

    async def test_the_end_of_a_shift_is_shown_and_moves_and_is_not_past(self, office: Office) -> None:
        user, now = await office.parts.user(), office.engine_now()
        ends_at = instant(now + timedelta(hours=4))
        session = await office.sign_in(user, ends_at=ends_at)
        assert (await office.api.get(session)).json()["ends_at"] == ends_at
        later = instant(now + timedelta(hours=5))
        again = await office.api.post("/v1/sessions", json={"user_id": user, "ends_at": later})
        assert (again.status_code, again.json()["ends_at"]) == (200, later)
        (agent,) = (await office.api.get("/v1/agents")).json()["agents"]
        assert agent["ends_at"] == later
        for refused_as in (instant(now - timedelta(seconds=1)), "18:00"):
            refused = await office.api.post("/v1/sessions", json={"user_id": user, "ends_at": refused_as})
            assert (refused.status_code, fields_of(refused)) == (400, {"ends_at"})

    async def test_pause_needs_one_of_the_accounts_reasons(self, office: Office) -> None:
        session = await office.sign_in(await office.parts.user())
        refused = await office.api.post(f"{session}/pause", json={"reason": "golf"})
        assert (refused.status_code, fields_of(refused)) == (400, {"reason"})
        paused = await office.api.post(f"{session}/pause", json={"reason": "lunch"})
        assert (paused.json()["state"], paused.json()["reason"]) == ("paused", "lunch")
        settings = {"wrap_up_seconds": 30, "extension_seconds": 20, "pause_reasons": ["golf"]}
        assert (await office.api.put("/v1/agent-settings", json=settings)).status_code == 200
        shown = (await office.api.get("/v1/agent-settings")).json()
        assert {name: shown[name] for name in settings} == settings
        assert (await office.api.post(f"{session}/pause", json={"reason": "golf"})).json()["reason"] == "golf"

    async def test_a_screen_says_by_itself_that_it_has_lost_the_microphone(self, office: Office) -> None:
        user = await office.parts.user()
        session = await office.sign_in(user)
        paused = (await office.api.post(f"{session}/pause", json={"reason": "microphone_lost"})).json()
        assert (paused["state"], paused["reason"]) == ("paused", "microphone_lost")

    async def test_pause_after_the_call_is_shown_and_taken_back_by_ready(self, office: Office) -> None:
        session = await office.sign_in(await office.parts.user())
        asked = (await office.api.post(f"{session}/pause", json={"after_call": True, "reason": "lunch"})).json()
        assert (asked["state"], asked["leaving"], asked["leaving_reason"]) == ("ready", "paused", "lunch")
        assert "leaving" not in (await office.api.post(f"{session}/ready")).json()


class TestPreviews:
    async def test_a_skip_is_counted_and_a_late_dial_is_refused(self, office: Office) -> None:
        _, user = await office.campaign()
        session = await office.sign_in(user)
        first = await office.until(session, previewing)
        assert (await office.api.post(first["_links"]["skip"]["href"])).status_code == 200
        late = await office.api.post(first["_links"]["dial"]["href"])
        assert (late.status_code, late.json()["code"]) == (422, "preview-over")
        second = await office.until(session, previewing)
        assert second["work"]["skips_left"] == 0
        assert "skip" not in second["_links"]
        refused = await office.api.post(second["_links"]["dial"]["href"].replace("/dial", "/skip"))
        assert (refused.status_code, refused.json()["code"]) == (422, "no-skip-left")

    async def test_a_number_that_was_listed_meanwhile_is_not_called(self, office: Office) -> None:
        campaign, user = await office.campaign()
        session = await office.sign_in(user)
        body = await office.until(session, previewing)
        dnc = await office.parts.dnc_list()
        await office.api.post(f"/campaigns/{campaign}/do-not-call-lists", json=[{"id": dnc}])
        listed = await office.api.post(
            f"/do-not-call-lists/{dnc}/entries", json={"phone_number": CALLED, "reason": "asked"}
        )
        assert listed.status_code == 201, listed.text
        refused = await office.api.post(body["_links"]["dial"]["href"])
        assert (refused.status_code, refused.json()["code"]) == (422, "preview-not-dialed")
        assert "on_dnc_list" in refused.json()["message"]


class TestWhatAnAgentSaysOfACall:
    async def talking(self, office: Office) -> str:
        """A session in which the agent has the record on the line."""
        office.carrier.script[PhoneNumber(CALLED)] = Fate(Outcome.CONNECTED, 0.01, 0.02, 0.0, talk_seconds=1000.0)
        _, user = await office.campaign()
        session = await office.sign_in(user)
        body = await office.until(session, previewing)
        assert (await office.api.post(body["_links"]["dial"]["href"])).status_code == 200
        await office.until(session, lambda body: body["state"] == "talking")
        return session

    async def test_a_callback_is_promised_while_they_talk(self, office: Office) -> None:
        session = await self.talking(office)
        body = (await office.api.get(session)).json()
        soon = {"time_to_call": instant(office.engine_now() + timedelta(hours=1))}
        answer = await office.api.post(body["_links"]["callback"]["href"], json=soon)
        assert answer.status_code == 201, answer.text
        promised = answer.json()
        assert (promised["phone_number"], promised["assign_type"]) == (CALLED, "MYSELF_IF_AVAILABLE")
        assert promised["agents"] == [{"agent_id": body["user_id"]}]
        assert promised["interaction_id"] == body["work"]["attempt_id"]
        again = await office.api.post(body["_links"]["callback"]["href"], json=soon)
        assert (again.status_code, again.json()["code"]) == (409, "callback-exists")
        late = await office.api.post(body["_links"]["callback"]["href"], json={"time_to_call": "2020-01-01T00:00:00Z"})
        assert (late.status_code, fields_of(late)) == (400, {"time_to_call"})

    async def test_a_disposition_is_given_during_the_call_and_corrected_in_the_wrap_up(self, office: Office) -> None:
        session = await self.talking(office)
        words = {}
        for name, effect in (("Sold", "FINAL"), ("Call later", "RETRY")):
            made = await office.api.post("/v1/dispositions", json={"name": name, "effect": effect})
            words[name] = made.json()["id"]
        path = (await office.api.get(session)).json()["_links"]["disposition"]["href"]
        said = await office.api.put(path, json={"disposition_id": words["Call later"]})
        assert said.status_code == 200, said.text
        assert said.json()["disposition"]["name"] == "Call later"
        await office.api.post(f"{session}/hang-up")
        await office.until(session, lambda body: body["state"] == "wrap_up")
        sold = {"disposition_id": words["Sold"], "note": "two years"}
        assert (await office.api.put(path, json=sold)).json()["disposition"]["note"] == "two years"
        (newest, *_) = (await office.api.get("/v1/audit?kind=attempt")).json()["_embedded"]["changes"]
        assert newest["before"] == {"disposition_id": words["Call later"]}
        assert newest["after"] == {"disposition_id": words["Sold"], "note": "two years"}
        assert newest["client_id"]

    async def test_without_a_connected_call_there_is_nothing_to_say(self, office: Office) -> None:
        _, user = await office.campaign()
        session = await office.sign_in(user)
        body = await office.until(session, previewing)
        assert not {"callback", "disposition"} & body["_links"].keys()
        answer = await office.api.post(f"{session}/callback", json={"time_to_call": "2030-01-01T00:00:00Z"})
        assert (answer.status_code, answer.json()["code"]) == (422, "not-in-call")


class TestSupervisors:
    async def test_they_see_who_is_at_work_and_may_send_them_on_pause_and_home(self, office: Office) -> None:
        campaign, user = await office.campaign()
        session = await office.sign_in(user)
        other = await office.parts.user()
        await office.sign_in(other, ready=False)
        await office.until(session, previewing)
        body = (await office.api.get("/v1/agents")).json()
        assert (body["total"], body["states"]["previewing"], body["states"]["paused"]) == (2, 1, 1)
        only = (await office.api.get(f"/v1/agents?campaign_id={campaign}")).json()
        assert [agent["user_id"] for agent in only["agents"]] == [user]
        one = (await office.api.get(f"/v1/agents/{user}")).json()
        assert (one["name"], one["work"]["record"]["last_name"]) == ("Ana", "Berg")
        paused = (await office.api.post(f"/v1/agents/{user}/pause", json={})).json()
        assert (paused["state"], paused["reason"]) == ("paused", "supervisor")
        assert (await office.api.post(f"/v1/agents/{user}/sign-out")).json()["state"] == "signed_out"
        await asyncio.sleep(0)
        assert (await office.api.get("/v1/agents")).json()["total"] == 1

    async def test_who_is_not_signed_in_is_not_found(self, office: Office) -> None:
        for user in (str(uuid4()), "nobody"):
            answer = await office.api.get(f"/v1/agents/{user}")
            assert (answer.status_code, answer.json()["code"]) == (404, "agent-not-found")


class TestRefusals:
    async def test_without_an_engine_everything_is_unavailable_with_a_clear_code(
        self, services: Services, bearer: Bearer, parts: Parts
    ) -> None:
        user = await parts.user()
        transport = Described(httpx.ASGITransport(new_app(replace(services, desk=None))))
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=await bearer()) as api:
            for answer in (
                await api.post("/v1/sessions", json={"user_id": user}),
                await api.get(f"/v1/sessions/{uuid4()}"),
                await api.get("/v1/agents"),
            ):
                assert (answer.status_code, answer.json()["code"]) == (503, "no-engine")

    async def test_unknown_users_and_campaigns_are_named(self, office: Office) -> None:
        answer = await office.api.post("/v1/sessions", json={"user_id": str(uuid4()), "campaigns": ["x"]})
        assert (answer.status_code, fields_of(answer)) == (400, {"user_id", "campaigns.0"})

    async def test_another_accounts_session_does_not_exist(self, office: Office, bearer: Bearer) -> None:
        session = await office.sign_in(await office.parts.user())
        stranger = await bearer(account="other")
        for path in (f"{session}/ready", f"{session}/hang-up", f"{session}/previews/{uuid4()}/dial"):
            answer = await office.api.post(path, headers=stranger)
            assert (answer.status_code, answer.json()["code"]) == (404, "session-not-found")
        assert (await office.api.get("/v1/agents", headers=stranger)).json()["total"] == 0

    async def test_looking_needs_one_scope_and_doing_the_other(self, office: Office, bearer: Bearer) -> None:
        session = await office.sign_in(await office.parts.user())
        reader = await bearer(Scope.AGENTS_READ)
        assert (await office.api.get(session, headers=reader)).status_code == 200
        assert (await office.api.post(f"{session}/ready", headers=reader)).status_code == 403

    async def test_the_events_of_a_session_are_on_the_bus(self, office: Office) -> None:
        heard: list[tuple[str, object]] = []
        office.services.bus.subscribe(
            ("agent.",), lambda message: heard.append((message.topic, message.payload["state"]))
        )
        session = await office.sign_in(await office.parts.user())
        await office.api.delete(session)
        assert heard == [("agent.changed", "ready"), ("agent.changed", "signed_out")]
