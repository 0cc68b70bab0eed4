"""What was promised for later, and who is no longer there: scenes in which it becomes later."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Opened
from tests.browser.console import Demo, Watch
from tests.browser.scenes import an_agent, calls_of, press, sign_on, state
from tests.browser.stage import Stage, running_stage


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """One of our own: here days pass."""
    with running_stage() as stage:
        stage.admin.send("POST", "/v1/dispositions", {"name": "Call back", "effect": "CALLBACK"})
        stage.admin.send("POST", "/v1/dispositions", {"name": "Sold", "effect": "FINAL"})
        yield stage


@pytest.fixture(scope="module")
def demo(stage: Stage) -> Demo:
    return stage.demo


def tab_to(page: Page, label: str) -> None:
    """Go there with the keyboard."""
    there = page.get_by_label(label, exact=True)
    for _ in range(40):
        page.keyboard.press("Tab")
        if there.evaluate("(element) => element === document.activeElement"):
            return
    raise AssertionError(f"{label} is not reached by the keyboard")


def type_into(page: Page, label: str, value: str, *ways: str) -> None:
    """Type a date or a time with the keyboard, which the field wants in the way of the machine's language."""
    tab_to(page, label)
    field = page.get_by_label(label, exact=True)
    for way in ways:
        page.keyboard.type(way)
        if field.input_value() == value:
            return
        page.keyboard.press("Shift+Tab")
        tab_to(page, label)
    raise AssertionError(f"{label} is {field.input_value()!r}")


class TestACallback:
    def test_is_refused_at_its_field_when_the_number_is_blocked_or_a_call_is_promised_already(
        self, stage: Stage, seen: Opened, watch: Watch
    ) -> None:
        watch.expected |= {400, 409}
        account, user, campaign = an_agent(stage, "Dora")
        page = seen("desk", account)
        sign_on(page)
        state(page, "previewing")
        press(page, "d", "Dial now")
        state(page, "talking")
        blocked = stage.admin.send("POST", "/do-not-call-lists", {"name": "Asked today"})["id"]
        stage.admin.send("POST", f"/campaigns/{campaign.id}/do-not-call-lists", [{"id": blocked}])
        entry = {"phone_number": campaign.phones[0]}
        made = stage.admin.send("POST", f"/do-not-call-lists/{blocked}/entries", entry)
        page.get_by_role("radio", name="Call back").check()
        page.get_by_label("Date").fill("2026-06-02")
        page.get_by_label("Time", exact=True).fill("10:30")
        save = page.get_by_role("button", name=re.compile("^Save")).first
        refusal = page.locator("#field-time_to_call-error")
        save.click()
        expect(refusal).to_contain_text("do-not-call list")
        expect(page.get_by_label("Time", exact=True)).to_have_attribute("aria-invalid", "true")
        stage.admin.send("DELETE", f"/do-not-call-lists/{blocked}/entries/{made['id']}")
        (session,) = [one for one in stage.admin.get("/v1/agents")["agents"] if one["user_id"] == user]
        record = account.get(f"/v1/sessions/{session['session_id']}")["work"]["record"]["id"]
        promise = {"campaign_id": campaign.id, "record_id": record, "assign_type": "ANY_ELIGIBLE_AGENT"}
        other = stage.admin.send("POST", "/v1/schedule-callbacks", promise | {"time_to_call": "2026-06-02T09:00:00Z"})
        save.click()
        expect(refusal).to_have_text("The record has a callback for this campaign already.")
        stage.admin.send("DELETE", f"/schedule-callbacks/{other['callback_id']}")
        save.click()
        expect(page.get_by_text("The callback is made.")).to_be_visible()
        press(page, "e", "Hang up")

    def test_is_promised_without_a_mouse_and_comes_at_its_time_to_who_promised_it(
        self, stage: Stage, seen: Opened
    ) -> None:
        account, _, campaign = an_agent(stage, "Vera")
        page = seen("desk", account)
        sign_on(page)
        state(page, "previewing")
        press(page, "d", "Dial now")
        state(page, "talking")
        expect(page.get_by_role("radio", name="Call back")).to_be_visible()
        page.keyboard.press("1")
        expect(page.get_by_role("radio", name="Call back")).to_be_checked()
        type_into(page, "Date", "2026-06-02", "06022026", "02062026")
        type_into(page, "Time", "10:30", "1030A", "1030")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_text("Saved: Call back")).to_be_visible()
        press(page, "e", "Hang up")
        state(page, "wrap_up")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_role("heading", name="Bea Berg 1")).to_have_count(0)
        office = seen("callbacks")
        promised = office.get_by_role("row", name=re.compile(re.escape(campaign.phones[0])))
        expect(promised).to_contain_text("Due")

        # Nearly half past ten in Lisbon, on the next day: whoever was not heard of for so long was signed off.
        stage.be_it("2026-06-02T09:29:50Z")
        sign_on(page)
        stage.be_it("2026-06-02T09:30:00Z")
        state(page, "talking")
        expect(page.get_by_role("heading", name="Bea Berg 1")).to_be_visible()
        press(page, "e", "Hang up")
        state(page, "wrap_up")
        page.keyboard.press("2")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_role("heading", name="Bea Berg 1")).to_have_count(0)
        assert [call["number"] for call in calls_of(stage, campaign)] == [2, 1]
        office.reload()
        expect(promised).to_contain_text("Reached")


class TestARecordOnTheScreen:
    def test_is_not_called_when_the_time_is_over_after_it_was_skipped(self, stage: Stage, seen: Opened) -> None:
        countdown = {"strategy_type": "AUTOMATIC", "preview_timeout": 25}
        account, _, campaign = an_agent(stage, "Sina", numbers=2, preview=countdown)
        page = seen("desk", account)
        sign_on(page)
        expect(page.get_by_role("heading", name="Bea Berg 1")).to_be_visible()
        press(page, "s", "Skip")
        expect(page.get_by_role("heading", name="Bea Berg 2")).to_be_visible()
        stage.jump(seconds=25)
        state(page, "talking")
        assert [call["phone_number"] for call in calls_of(stage, campaign)] == [campaign.phones[1]]

    def test_is_called_once_when_the_skip_comes_too_late(self, stage: Stage, seen: Opened, watch: Watch) -> None:
        watch.expected |= {404, 409, 422}
        countdown = {"strategy_type": "AUTOMATIC", "preview_timeout": 25}
        account, _, campaign = an_agent(stage, "Tanja", preview=countdown)
        page = seen("desk", account)
        sign_on(page)
        state(page, "previewing")

        def at_zero(route: Route) -> None:
            stage.jump(seconds=25)
            state(page, "talking")
            route.continue_()

        page.route("**/skip", at_zero)
        press(page, "s", "Skip")
        expect(page.get_by_role("alert")).to_contain_text("This record is no longer yours to dial")
        state(page, "talking")
        assert [call["number"] for call in calls_of(stage, campaign)] == [1]

    def test_goes_to_somebody_else_when_its_agent_is_not_heard_of_for_too_long(
        self, stage: Stage, seen: Opened, watch: Watch
    ) -> None:
        account, _, campaign = an_agent(stage, "Gerda")
        page = seen("desk", account)
        sign_on(page)
        state(page, "previewing")
        office = seen("agents")
        watch.cut = True
        page.context.set_offline(True)
        expect(page.get_by_text("The server does not answer.")).to_be_visible()
        stage.jump(seconds=31)
        row = office.get_by_role("row", name=re.compile("^Gerda"))
        expect(row).to_contain_text("Paused")
        expect(row).to_contain_text("the link to the desk was lost")
        other_user, other = stage.agent("Greta")
        stage.admin.send("POST", f"/campaigns/{campaign.id}/users", [{"id": other_user}])
        desk = seen("desk", other)
        sign_on(desk)
        state(desk, "previewing")
        expect(desk.get_by_role("heading", name="Bea Berg 1")).to_be_visible()
        page.context.set_offline(False)
        expect(page.get_by_role("heading", name="On pause: the link to the desk was lost")).to_be_visible()
        assert calls_of(stage, campaign) == []
