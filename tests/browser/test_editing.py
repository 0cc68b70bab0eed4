"""A campaign in several hands, and a session that ends while somebody types."""

import re
from collections.abc import Callable
from datetime import datetime, time
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect

from outdial.domain.calling_hours import CallingHours
from outdial.domain.campaigns import CallingWindow, WeekDay
from tests.api.conftest import a_campaign, a_strategy
from tests.browser.console import PASSWORD, Demo, Watch

Opened = Callable[..., Page]


def test_what_two_change_at_once_is_merged_and_the_audit_has_both(opened: Opened, demo: Demo, watch: Watch) -> None:
    watch.expected.add(412)
    made = demo.admin.send("POST", "/campaigns", {"name": "In two hands"})
    path, other = f"/v1/campaigns/{made['id']}", demo.account("supervisor")
    page = opened(f"campaigns/{made['id']}/edit")
    page.get_by_label("Priority").fill("2")
    theirs = opened(f"campaigns/{made['id']}/edit", other)
    theirs.get_by_label("Priority").fill("9")
    theirs.get_by_role("button", name="8 Review").click()
    theirs.get_by_role("button", name="Save").click()
    expect(theirs.get_by_role("heading", name="In two hands")).to_be_visible()
    expect(theirs).to_have_url(re.compile("/live$"))
    page.get_by_label("Name", exact=True).fill("In my hands")
    page.get_by_role("button", name="8 Review").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Somebody else has changed this campaign")).to_be_visible()
    page.get_by_label("Take: Priority").select_option("Theirs")
    page.get_by_role("button", name="Merge and go on").click()
    expect(page.get_by_label("Priority")).to_have_value("9")
    page.get_by_role("button", name="8 Review").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="In my hands")).to_be_visible()
    saved = demo.admin.get(path)
    assert (saved["name"], saved["priority"]) == ("In my hands", 9)
    changes = demo.admin.get(f"{path}/audit", action="changed")["_embedded"]["changes"]
    # Whoever saves first also writes down what the wizard presumes.
    mine, first = (set(one["fields"]) for one in changes)
    assert (mine, "priority" in first, "name" in first) == ({"name"}, True, False)
    assert len({one["user_id"] for one in changes}) == 2


def test_a_session_that_ends_while_somebody_types_loses_nothing(opened: Opened, demo: Demo, watch: Watch) -> None:
    watch.expected.add(401)
    page = opened("campaigns/new", demo.account("supervisor"))
    page.get_by_label("Name", exact=True).fill("Typed before the session ended")
    page.get_by_role("button", name="8 Review").click()
    create = page.get_by_role("button", name="Create campaign").element_handle()
    page.context.clear_cookies()
    create.evaluate("button => button.click()")
    layer = page.get_by_role("alertdialog", name="Your session has ended")
    expect(layer).to_be_visible()
    assert demo.admin.get("/campaigns", name="Typed before the session ended")["total"] == 0
    layer.get_by_label("Password").fill(PASSWORD)
    layer.get_by_role("button", name="Sign in").click()
    expect(layer).to_have_count(0)
    # What was asked for goes on by itself.
    expect(page.get_by_role("heading", name="Typed before the session ended")).to_be_visible()
    assert demo.admin.get("/campaigns", name="Typed before the session ended")["total"] == 1


def test_the_hours_preview_says_what_the_dialer_would_decide_in_a_contacts_zone(opened: Opened, demo: Demo) -> None:
    # Open for some hours around now in one zone, and so closed at the other side of the world: far from any edge.
    there, far = ZoneInfo("Asia/Kathmandu"), ZoneInfo("Pacific/Honolulu")
    # The demo's clock, which runs faster than ours.
    now = datetime.fromisoformat(
        demo.admin.get("/v1/console/snapshot", topic=f"campaign:{demo.campaign()['id']}")["ts"]
    )
    hour = now.astimezone(there).hour
    window = CallingWindow(time((hour - 3) % 24), time((hour + 6) % 24), tuple(WeekDay))
    week = [day.value for day in window.week_days]
    weekly = {"from": window.start.isoformat(), "to": window.to.isoformat(), "week_days": week}
    campaign = a_campaign(name="Hours of Kathmandu", dialing_strategy=a_strategy(calling_hours=[weekly]))
    made = demo.admin.send("POST", "/campaigns", campaign)
    page = opened(f"campaigns/{made['id']}/edit")
    page.get_by_role("button", name=re.compile("^3 ")).click()
    hours = CallingHours((window,))
    for zone in (there, far):
        decided = hours.opening((zone.key,), now)
        assert decided.until is not None
        page.get_by_label("Seen from the time zone").fill(zone.key)
        until = decided.until.astimezone(zone)
        word = "open" if decided.is_open else "closed"
        expect(page.locator("[data-hours-preview]")).to_have_text(re.compile(f"{word} until .*{until:%H:%M}"))
