"""The wizard of campaigns: from an account that has none to the calls, with keys, with a mouse, and with mistakes."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.console import AXE, Account, Demo, Watch
from tests.browser.stage import BUSY, Stage

Opened = Callable[..., Page]


@pytest.fixture(scope="module")
def demo(stage: Stage) -> Demo:
    """What the fixtures of the console's tests look at."""
    return stage.demo


@pytest.fixture(scope="module")
def newcomer(stage: Stage) -> Account:
    """The administrator of an account without campaigns: it has one of each thing that a campaign needs."""
    account = stage.newcomer("newcomer")
    account.send("POST", "/record-lists", {"name": "Renewals"})
    account.send("POST", "/do-not-call-lists", {"name": "Opted out"})
    account.send("POST", "/v1/users", {"name": "Ana Silva"})
    account.send("POST", "/v1/numbers", {"phone_number": "+12025550111"})
    return account


def tab_to(page: Page, control: Locator) -> None:
    """Go to a control as somebody does who has no mouse."""
    control.wait_for()
    for _ in range(200):
        if control.evaluate("control => control === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {control}")


def at_step(page: Page, heading: str) -> None:
    expect(page.get_by_role("heading", name=heading)).to_be_focused()


def test_the_first_campaign_is_made_with_the_keyboard_alone(
    opened: Opened, newcomer: Account, axe: str, watch: Watch
) -> None:
    page = opened("campaigns", newcomer)
    page.evaluate(axe)
    barriers = {}

    def press(control: Locator, *keys: str) -> None:
        tab_to(page, control)
        for key in keys:
            page.keyboard.press(key)

    def goes_to(heading: str) -> None:
        at_step(page, heading)
        barriers[heading] = page.evaluate(AXE)

    expect(page.get_by_text("No campaigns yet.")).to_be_visible()
    press(page.get_by_role("main").get_by_role("link", name="Create campaign").last, "Enter")
    expect(page.get_by_role("heading", name="New campaign")).to_be_visible()
    press(page.get_by_label("Name", exact=True))
    page.keyboard.type("First of all")
    press(page.get_by_label("Priority"), "ArrowUp", "ArrowUp", "Enter")

    goes_to("2. Records and their numbers")
    press(page.get_by_role("checkbox", name="Renewals"), "Space")
    press(page.get_by_role("button", name="Move Home up"), "Enter")
    press(page.get_by_label("Place of Office"), "Alt+ArrowUp", "Alt+ArrowUp")
    press(page.get_by_role("button", name="Next"), "Enter")

    goes_to("3. Calling hours")
    press(page.get_by_label("Monday: from 1"), "ArrowUp")
    press(page.get_by_role("button", name="Monday's hours for Tuesday to Friday"), "Enter")
    press(page.get_by_label("No calls on public holidays of"))
    page.keyboard.type("pt")
    page.keyboard.press("Enter")

    goes_to("4. Attempts and retries")
    press(page.get_by_label("Attempts per record, at most"), "ArrowUp", "Enter")
    goes_to("5. Pacing")
    press(page.get_by_label("Abandonment cap, %"), "ArrowDown", "Enter")

    goes_to("6. Agents, numbers, do not call")
    for name in ("Ana Silva", "+12025550111", "Opted out"):
        press(page.get_by_role("checkbox", name=name), "Space")
    press(page.get_by_role("button", name="Next"), "Enter")
    goes_to("7. Dispositions")
    press(page.get_by_label("Afterwards: Busy", exact=True), "f")
    press(page.get_by_role("button", name="Next"), "Enter")

    goes_to("8. Review")
    press(page.get_by_role("button", name="Create campaign"), "Enter")
    expect(page.get_by_role("heading", name="First of all")).to_be_visible()
    assert {heading: found for heading, found in barriers.items() if found} == {}

    made = newcomer.get(f"/v1/campaigns/{page.url.split('/')[-2]}")
    assert {name: made[name] for name in FIRST} == FIRST
    assert (made["status"], made["missing"]) == ("READY", [])
    for kind, path in (
        ("record_lists", "/record-lists"),
        ("users", "/v1/users"),
        ("numbers", "/v1/numbers"),
        ("do_not_call_lists", "/do-not-call-lists"),
    ):
        chosen = [{"id": one["id"]} for one in newcomer.get(path)["_embedded"][kind] if one.get("name") != "First"]
        assert made[kind] == chosen


RETRY = {"status_after_call": "RETRY", "custom": False}
FIRST: dict[str, Any] = {
    "name": "First of all",
    "mode": "PREDICTIVE",
    "priority": 7,
    "run_once": False,
    "strict_priority": True,
    "holidays": ["PT"],
    "exceptions": [],
    "presets": [],
    "dialing_mode_configuration": {
        "max_ring_time_in_secs": 25,
        "answering_machine_detection": False,
        "max_abandonment_rate": 2.9,
        "max_dialing_ratio": 3,
        "abandonment_timeout": {"amount": 2},
    },
    "dialing_strategy": {
        "max_attempts": 6,
        "retry_period": 2,
        "retry_time_unit": "HOURS",
        "calling_hours": [
            {
                "from": "10:00:00",
                "to": "20:00:00",
                "week_days": ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"],
            }
        ],
        "lists_sorting_criteria": "FIFO",
        "record_chain": [
            {"type": type_, "max_attempts": 2 if type_ == "MOBILE" else 1}
            for type_ in ("OFFICE", "HOME", "MOBILE", "EXTRA_1", "EXTRA_2", "EXTRA_3")
        ],
        "dispositions": {
            "busy": {"status_after_call": "FINAL", "custom": False},
            "no_answer": RETRY,
            "abandoned": RETRY,
            "hangup_before_connection": RETRY,
            "agent_hangup_before_connection": RETRY,
            "answering_machine_detection": RETRY,
            "invalid_number": {"status_after_call": "FINAL"},
        },
    },
}


def test_each_step_tells_its_mistakes_and_nothing_typed_is_lost(stage: Stage, opened: Opened, watch: Watch) -> None:
    watch.expected.add(400)
    number = stage.admin.send("POST", "/v1/numbers", {"phone_number": "+12025550112"})["id"]
    page = opened("campaigns/new")
    summary = page.get_by_role("alert").filter(has=page.get_by_role("listitem"))

    def refused(label: str, place: Locator) -> None:
        """The summary has the focus and leads to the place, which says what is wrong as well."""
        expect(summary).to_be_focused()
        said = summary.get_by_role("listitem").first.text_content() or ""
        summary.get_by_role("link", name=label).first.click()
        expect(place).to_be_focused()
        described = place.get_attribute("aria-describedby") or place.get_attribute("id") or ""
        expect(page.locator(f'[id="{described.split()[-1]}"]')).to_have_text(said.partition(": ")[2])

    def mistaken(label: str, control: Locator, wrong: str, right: str) -> None:
        control.fill(wrong)
        page.get_by_role("button", name="Next").click()
        refused(label, control)
        expect(control).to_have_attribute("aria-invalid", "true")
        control.fill(right)

    def next_step(heading: str) -> None:
        page.get_by_role("button", name="Next").click()
        at_step(page, heading)

    name = page.get_by_label("Name", exact=True)
    mistaken("Name", name, "ab", "Full of mistakes")
    next_step("2. Records and their numbers")
    attempts = page.get_by_label("attempts: Home")
    mistaken("Order of a record's numbers", attempts, "0", "3")
    next_step("3. Calling hours")
    for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"):
        page.get_by_role("button", name=f"Remove opening 1 on {day}").click()
    page.get_by_role("button", name="Next").click()
    refused("Calling hours", page.get_by_text("At least one day needs an opening").last)
    page.get_by_role("button", name="Add an opening on Sunday").click()
    next_step("4. Attempts and retries")
    mistaken("Attempts per record", page.get_by_label("Attempts per record, at most"), "101", "4")
    next_step("5. Pacing")
    mistaken("Calls per agent", page.get_by_label("Calls per agent, at most"), "3.5", "1.5")
    next_step("6. Agents, numbers, do not call")
    page.get_by_role("checkbox", name="+12025550112").check()
    next_step("7. Dispositions")
    page.get_by_role("checkbox", name="Busy: own limit").check()
    own = page.get_by_label("Attempts per record, at most: Busy", exact=True)
    mistaken("Dispositions", own, "", "2")
    next_step("8. Review")

    back = page.get_by_role("button", name="Back")
    for control, value in (
        (own, "2"),
        (page.get_by_role("checkbox", name="+12025550112"), None),
        (page.get_by_label("Calls per agent, at most"), "1.5"),
        (page.get_by_label("Attempts per record, at most"), "4"),
        (page.get_by_label("Sunday: from 1"), "09:00"),
        (attempts, "3"),
        (name, "Full of mistakes"),
    ):
        back.click()
        if value is None:
            expect(control).to_be_checked()
        else:
            expect(control).to_have_value(value)

    page.get_by_role("button", name="3 Calling hours").click()
    page.reload()
    page.get_by_role("button", name="Go on with it").click()
    expect(name).to_have_value("Full of mistakes")
    # What is chosen goes away while the wizard is open: only the server can know.
    stage.admin.send("DELETE", f"/v1/numbers/{number}")
    create = page.get_by_role("button", name="Create campaign")
    page.get_by_role("button", name="8 Review").click()
    create.click()
    expect(page.get_by_role("heading", name="6. Agents, numbers, do not call")).to_be_visible()
    refused("Caller numbers", page.get_by_role("group", name=re.compile("^Caller numbers")))
    page.get_by_role("checkbox", name="no longer there").click()
    page.get_by_role("button", name="8 Review").click()
    create.click()
    expect(page.get_by_role("heading", name="Full of mistakes")).to_be_visible()
    (made,) = stage.admin.get("/campaigns", name="Full of mistakes")["_embedded"]["campaigns"]
    saved = stage.admin.get(f"/v1/campaigns/{made['id']}")
    assert (saved["numbers"], saved["dialing_strategy"]["dispositions"]["busy"]["max_attempts"]) == ([], 2)


def test_a_record_is_dialed_in_the_order_that_its_chain_was_put_in(stage: Stage, opened: Opened) -> None:
    user, agent = stage.agent("Carla")
    campaign = stage.campaign("In order", users=[user], numbers=0, strategy={"max_attempts": 3})
    listed = stage.admin.get(f"/campaigns/{campaign.id}/record-lists")["_embedded"]["record_lists"][0]["id"]
    phones = {type_: stage.number() for type_ in ("MOBILE", "HOME", "OFFICE")}
    for phone in phones.values():
        stage.script(phone, BUSY)
    record = {
        "first_name": "Bea",
        "last_name": "Berg",
        "timezone": "Europe/Lisbon",
        "phone_numbers": [{"phone_number": phone, "phone_type": type_} for type_, phone in phones.items()],
    }
    stage.admin.send("POST", f"/record-lists/{listed}/records", record)

    page = opened(f"campaigns/{campaign.id}/edit")
    page.get_by_role("button", name="2 Records").click()
    chain = page.get_by_role("list", name="Order of a record's numbers")
    items = chain.locator("> li")

    def in_order(*names: str) -> None:
        expect(chain.locator(".chain-name")).to_have_text([*names, "Extra 1", "Extra 2", "Extra 3"])

    in_order("Mobile", "Home", "Office")
    items.nth(2).locator(".chain-grip").drag_to(items.nth(0))
    in_order("Office", "Mobile", "Home")
    # A drag that is given up ends without a drop.
    carried = page.evaluate_handle("new DataTransfer()")
    items.nth(2).locator(".chain-grip").dispatch_event("dragstart", {"dataTransfer": carried})
    items.nth(0).dispatch_event("dragover", {"dataTransfer": carried})
    items.nth(2).locator(".chain-grip").dispatch_event("dragend", {"dataTransfer": carried})
    in_order("Office", "Mobile", "Home")
    page.get_by_label("Place of Mobile").focus()
    page.keyboard.press("Alt+ArrowDown")
    in_order("Office", "Home", "Mobile")
    page.get_by_label("Place of Home").select_option("1")
    in_order("Home", "Office", "Mobile")
    page.get_by_role("button", name="8 Review").click()
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(re.compile("/live$"))

    campaign.start()
    agent.send("POST", "/v1/sessions", {"user_id": user})
    expect(page.get_by_role("row", name="Busy")).to_contain_text("3")
    calls = stage.admin.get(f"/v1/campaigns/{campaign.id}/attempts")["_embedded"]["attempts"]
    assert [call["phone_type"] for call in calls][::-1] == ["HOME", "OFFICE", "MOBILE"]
